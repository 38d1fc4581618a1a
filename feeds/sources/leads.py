"""Where a list leads: the addresses of its items and of further lists, and which may be asked.

Knows addresses (RFC 3986) and what a list says of each. Must never ask one.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from unicodedata import normalize
from urllib.parse import quote, urlsplit, urlunsplit

from config.values import host_of, is_web_address
from feeds.draft import Draft, Parsed
from feeds.identity.ids import content_hash

# Longer than any address of a news item; it becomes a key in the store.
_LONGEST_ADDRESS_CHARS = 2_000
_PORTS = {"http": 80, "https": 443}
# Everything an address may hold is left as it came (RFC 3986 section 2); the rest is encoded.
_ADDRESS_CHARACTERS = "!#$%&'()*+,/:;=?@[]~-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """An address that a list names, and what it says of the document there."""

    name: str
    draft: Draft | None = None
    modified: datetime | None = None

    @property
    def told(self) -> str:
        """Changes when the list says something else; "" where it says nothing."""
        if self.modified is not None:
            return self.modified.isoformat()
        return content_hash(self.draft) if self.draft is not None else ""

    @property
    def day(self) -> date | None:
        """No later day is known for what is there; None where nothing is known."""
        if self.draft is not None and self.draft.issued is not None:
            return self.draft.issued.day
        return self.modified.date() if self.modified is not None else None


def address(url: str) -> str | None:
    """The one way we write an address: without fragment and default port; None if it is none."""
    text = url.strip().replace(" ", "%20")
    if not is_web_address(text) or not text.isprintable():
        return None
    parts = urlsplit(text)
    scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    if "@" in parts.netloc:
        return None
    try:
        name = f"[{host}]" if ":" in host else _ascii(host)
    except UnicodeError:
        return None
    place = name if port in (None, _PORTS[scheme]) else f"{name}:{port}"
    path, query = (quote(part, _ADDRESS_CHARACTERS) for part in (parts.path or "/", parts.query))
    written = urlunsplit((scheme, place, path, query, ""))
    # The ASCII name of a host may hold what its letters did not ("¸" is a blank and a mark).
    is_sound = len(written) <= _LONGEST_ADDRESS_CHARS and is_web_address(written)
    return written if is_sound else None


def _ascii(host: str) -> str:
    """The name DNS knows a host by. Raises UnicodeError where it can have none."""
    return normalize("NFKC", host).lower().encode("idna").decode()


def is_near(url: str, hosts: Collection[str]) -> bool:
    """Whether the host of ``url`` is one of ``hosts``, below one, or what one is below.

    So feeds.example.org leads to www.example.org, but a.pages.test not to b.pages.test: whoever
    writes a list must not choose whom we ask.
    """
    host = host_of(url)
    return any(host == near or _is_below(host, near) or _is_below(near, host) for near in hosts)


def _is_below(host: str, other: str) -> bool:
    """Whether it is a sub-domain; nothing counts as below a top-level domain."""
    return "." in other and host.endswith(f".{other}")


def leads(parsed: Parsed) -> tuple[Lead, ...]:
    """The items a list leads to, each address once, in its order."""
    found: dict[str, Lead] = {}
    told = (
        Lead(name=name, draft=draft)
        for draft in parsed.drafts
        if not stands_alone(draft) and (name := address(draft.url or ""))
    )
    for lead in (*told, *_located(parsed, is_sitemap=False)):
        before = found.get(lead.name)
        if before is None:
            found[lead.name] = lead
        elif before.modified is None:
            found[lead.name] = replace(before, modified=lead.modified)
    return tuple(found.values())


def stands_alone(draft: Draft) -> bool:
    """Whether nothing more can be had of it: it is whole, or no address leads on."""
    return not draft.partial or address(draft.url or "") is None


def children(parsed: Parsed) -> Iterator[Lead]:
    """The lists that a list of lists leads to."""
    return _located(parsed, is_sitemap=True)


def _located(parsed: Parsed, *, is_sitemap: bool) -> Iterator[Lead]:
    for location in parsed.locations:
        if location.is_sitemap is is_sitemap and (name := address(location.url)):
            yield Lead(name=name, modified=location.modified)
