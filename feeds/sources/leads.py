"""Where a list leads: addresses written in one way, and what the list says of each.

Knows addresses (RFC 3986), and which entries of a list have a page of their own. Must never know
how a document is asked for, or what its page says.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from unicodedata import normalize
from urllib.parse import quote, urlsplit, urlunsplit

from config.values import (
    DEFAULT_PORTS,
    WITHOUT_JOINERS,
    host_of,
    is_above_or_below,
    is_web_address,
)
from feeds.draft import Draft, Parsed
from feeds.identity.candidates import titled
from feeds.identity.ids import content_hash

# Longer than any address of a news item; it becomes a key in the store.
_LONGEST_ADDRESS_CHARS = 2_000
# Everything an address may hold is left as it came (RFC 3986 section 2); the rest is encoded.
_ADDRESS_CHARACTERS = "!#$%&'()*+,/:;=?@[]~-._"
# Forms whose entries may have no id: their titles tell them apart.
_WITHOUT_IDS = frozenset({"rss", "rdf"})


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
    if not is_web_address(text) or not text.translate(WITHOUT_JOINERS).isprintable():
        return None
    parts = urlsplit(text)
    scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    if "@" in parts.netloc:
        return None
    name = f"[{host}]"
    if ":" not in host:
        try:  # the name DNS knows a host by; some can have none
            name = normalize("NFKC", host).lower().encode("idna").decode()
        except UnicodeError:
            return None
    place = name if port in (None, DEFAULT_PORTS[scheme]) else f"{name}:{port}"
    path, query = (quote(part, _ADDRESS_CHARACTERS) for part in (parts.path or "/", parts.query))
    written = urlunsplit((scheme, place, path, query, ""))
    # The ASCII name of a host may hold what its letters did not ("¸" is a blank and a mark).
    is_sound = len(written) <= _LONGEST_ADDRESS_CHARS and is_web_address(written)
    return written if is_sound else None


def is_near(url: str, hosts: Collection[str]) -> bool:
    """Whether the host of ``url`` is one of ``hosts``, below one, or what one is below.

    So feeds.example.org leads to www.example.org, but not to shop.example.org, and github.io not
    to a.github.io: whoever writes a list must not choose whom we ask.
    """
    return any(is_above_or_below(host_of(url), near) for near in hosts)


def is_sent_back(lead: Lead, url: str | None, lists: Collection[str]) -> bool:
    """Whether one of the ``lists``, or the front page of its site, came instead of a page: many
    sites say so that it is no more.
    """
    came = address(url or "")
    if came is None or came == lead.name:
        return False
    is_front = urlsplit(came)[2:] == ("/", "", "")
    return came in lists or (is_front and is_above_or_below(host_of(came), host_of(lead.name)))


def leads(parsed: Parsed, lists: Collection[str] = ()) -> tuple[Lead, ...]:
    """The items a list leads to, each address once, in its order.

    Entries that share a page with others, or lead to one of the ``lists``, are on no page of their
    own: nobody can say which of them it tells of.
    """
    told: dict[str, list[Draft]] = {}
    for draft in parsed.drafts:
        name = address(draft.url or "") if draft.partial else None
        if name is not None and name not in lists:
            told.setdefault(name, []).append(draft)
    found = {
        name: Lead(name=name, draft=first)
        for name, (first, *others) in told.items()
        if not any(_is_another(first, other) for other in others)
    }
    for lead in located(parsed, is_sitemap=False):
        before = found.get(lead.name)
        if before is None:
            found[lead.name] = lead
        elif before.modified is None:
            found[lead.name] = replace(before, modified=lead.modified)
    return tuple(found.values())


def _is_another(first: Draft, draft: Draft) -> bool:
    """Whether two entries with one page are two items: a list may show one twice."""
    ids = (first.guid, draft.guid)
    places = [(each.url or "").partition("#")[2] for each in (first, draft)]
    is_placed_apart = all(places) and places[0] != places[1]
    if titled(first) == titled(draft):
        return is_placed_apart and all(ids) and ids[0] != ids[1]
    # One id that entries of several titles have is none.
    return is_placed_apart or all(ids) or first.form in _WITHOUT_IDS


def stands_alone(draft: Draft, pages: Collection[str], lists: Collection[str]) -> bool:
    """Whether an entry is all that can be had of its item: none of the ``pages`` that the list
    leads to is the item's. A link from one of the ``lists`` to another alone tells of no item.
    """
    name = address(draft.url or "")
    if not draft.partial or name is None:
        return True
    return name not in pages and (
        name not in lists or "#" in (draft.url or "") or draft.guid is not None
    )


def located(parsed: Parsed, *, is_sitemap: bool) -> Iterator[Lead]:
    """What a sitemap leads to: the lists that a list of lists names, or pages."""
    for location in parsed.locations:
        if location.is_sitemap is is_sitemap and (name := address(location.url)):
            yield Lead(name=name, modified=location.modified)
