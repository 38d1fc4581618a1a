"""Ids: of items, of the things feeds name, and of an item's contents; and addresses as URIs.

Knows what an id is minted from. Must never know the store, the clock or today's address.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from config.values import UNPRINTABLE, dns_name, published_address
from feeds.model import Label

if TYPE_CHECKING:
    from feeds.draft import Draft

# Raise it when what is hashed changes: no item is then taken for changed by its source.
_HASH_VERSION = 1
# 80 bits: among a million items two would meet with a chance of 4e-13.
_SLUG_BYTES = 10
# PostgreSQL takes 2,704 bytes in an index row, of which the source's name is a part.
_LONGEST_BYTES = 1_000
_KEPT_CHARS = 100
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
# RFC 3987, absolute, of whatever scheme.
_IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:[^\s{UNPRINTABLE}<>\"{{}}|\\^`\[\]]+")
# RFC 4151, section 2.1: a host name or a mail address, and what may follow it.
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
_SPECIFIC = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
# Section 2.1, too: the authority, and the day, month or year from which it was theirs.
_TAG = re.compile(
    rf"tag:{_AUTHORITY.pattern},[0-9]{{4}}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?:"
    rf"{_SPECIFIC.pattern}(?:#{_SPECIFIC.pattern})?"
)
# RFC 8141, section 2; the namespace of RFC 9562 holds UUIDs and nothing else.
_URN = re.compile(
    r"urn:(?!urn:|uuid:)[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:[^/?#\s][^\s]*"
    r"|urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
# What a program may run, or what names something of one moment on one machine.
_NO_NAMES = frozenset({"about", "blob", "data", "file", "javascript", "vbscript"})
_CODE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Behind its scheme; what is longer is no name, and every feed would repeat it.
_LONGEST_ID_CHARS = 500
_QUERY_OF_PICTURE = re.compile(r'(<img src="[^"?]*)\?([^"]*)')
# Some hosts sign the address of a picture anew for each who asks, or keep it from caches: what
# stands there for that alone, by the names that clouds and their customers have for it.
_PASSING = re.compile(
    r"(?:x-(?:amz|goog|oss|cos)-[a-z-]+|(?:aws|google|oss)access(?:key)?id|expires|sign(?:ature)?|"
    r"key-pair-id|policy|sig|s[te]|hmac|i?tok(?:en)?|hdne?[at]s?|__token__|auth_key|_nc_[a-z]+|o[he]|"
    r"cb|cache-?bust(?:er)?|nocache|r(?:a)?nd(?:om)?|ts|timestamp|_)=.*|s=[0-9a-f]{32,}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who mints ids, and the day from which the name was theirs; fixed for a store's life."""

    authority: str
    minted: date

    def __post_init__(self) -> None:
        tag_uri(self.authority, self.minted, "item", "")

    def item(self, slug: str) -> str:
        """The permanent atom:id of an item."""
        return tag_uri(self.authority, self.minted, "item", slug)

    def feed(self, path: str) -> str:
        """The permanent atom:id of a feed, such as ``fields/policing``."""
        return tag_uri(self.authority, self.minted, "feed", path)


def tag_uri(authority: str, minted: date, kind: str, slug: str) -> str:
    """``tag:AUTHORITY,YYYY-MM-DD:KIND/SLUG`` (RFC 4151). Raises ValueError."""
    if not _AUTHORITY.fullmatch(authority):
        raise ValueError(f"{authority!r} is no host name or mail address, as a tag: id needs")
    if not _SPECIFIC.fullmatch(slug):
        raise ValueError(f"{slug!r} holds characters that a tag: id cannot")
    return f"tag:{authority},{minted.isoformat()}:{kind}/{slug}"


def is_permanent(text: str) -> bool:
    """Whether ``text`` can be an atom:id for ever: an IRI to the letter of its scheme (RFC 3987,
    4151 for tag:, 8141 for urn:), no address with a password, and no longer than a name.
    """
    scheme, _, rest = text.partition(":")
    is_one = _IRI.fullmatch(text) and text.isprintable() and not _CODE.search(text)
    if not is_one or len(rest) > _LONGEST_ID_CHARS or scheme.lower() in _NO_NAMES:
        return False
    match scheme.lower():
        case "http" | "https":
            return published_address(text) == text
        case "tag":
            return _TAG.fullmatch(text) is not None
        case "urn":
            return _URN.fullmatch(text) is not None
        case _:
            return True


def item_slug(source: str, key: str) -> str:
    """16 letters and digits that name an item for ever, from its first source and key there."""
    digest = hashlib.sha256(f"{source}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest[:_SLUG_BYTES]).decode().lower()


def bounded(name: str) -> str:
    """``name``, or what stands for one too long for an index: its beginning and its hash."""
    encoded = name.encode("utf-8", "surrogatepass")
    if len(encoded) <= _LONGEST_BYTES:
        return name
    return f"{name[:_KEPT_CHARS]}~{hashlib.sha256(encoded).hexdigest()}"


def content_hash(draft: "Draft") -> str:
    """Equal for two drafts that say the same, whatever their form, address and white space.

    The order of topics says nothing (pages and listings differ in it), so it is left out, as are
    signatures in the addresses of pictures. What came later (markup, countries, files,
    authors, rights) counts where it is there: no hash from before changes.
    """
    said: list[object] = [
        _plain(draft.title),
        _plain(draft.summary),
        [_plain(paragraph) for paragraph in draft.paragraphs],
        str(draft.issued.at or draft.issued.day) if draft.issued else "",
        draft.language,
        draft.content_type and _topic(draft.content_type),
        sorted(map(_topic, draft.issuers)),
        sorted(map(_topic, draft.fields)),
    ]
    later = {
        "markup": _QUERY_OF_PICTURE.sub(_lasting, draft.markup),
        "countries": sorted(map(_topic, draft.countries)),
        "enclosures": [[each.url, each.media_type, each.title] for each in draft.enclosures],
        "authors": [[each.name, each.uri] for each in draft.authors],
        "rights": [*draft.rights] if any(draft.rights) else [],
    }
    said += [[name, value] for name, value in later.items() if value]
    return f"{_HASH_VERSION}:{_digest(said)}"


def _lasting(picture: re.Match[str]) -> str:
    """The address of a picture without what is another each time somebody asks."""
    kept = (each for each in picture[2].split("&amp;") if not _PASSING.fullmatch(each))
    return "?".join(filter(None, (picture[1], "&amp;".join(kept))))


def told_hash(draft: "Draft", content: str) -> str:
    """Equal for two drafts that tell the same in every respect; ``content`` is their hash."""
    origin = draft.provenance.entry_id if draft.provenance else None
    alternates = [[each.language, each.url] for each in draft.alternates]
    places = [draft.url, draft.also_at, draft.guid, origin, alternates]
    return _digest([content, draft.partial, draft.dateline, *places])[:32]


# Made once: two are asked for each item.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _digest(said: object) -> str:
    return hashlib.sha256(_ENCODER.encode(said).encode()).hexdigest()


def _plain(text: str) -> str:
    return " ".join(text.split())


def _topic(label: Label) -> str:
    return str(label.ref) if label.ref else f"? {_plain(label.text)}"


def published_uri(text: str | None) -> str | None:
    """A published address for programs that know no IRI: in ASCII (RFC 3987, section 3.1), the host
    by the name that DNS knows it by. RSS has URIs alone, and to the W3C's validator long IRIs are
    none.
    """
    address = published_address(text)
    if address is None or address.isascii():
        return address
    scheme, _, rest = address.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    name, colon, port = host.partition(":")
    known = _registered(name)
    encoded = quote(rest[len(host) :], safe=_ASCII)
    return f"{scheme}://{known}{colon}{port}{encoded}" if known else None


def _registered(name: str) -> str | None:
    if name.isascii():
        return name
    import idna  # noqa: PLC0415 - most hosts are ASCII

    try:
        known = idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        known = dns_name(name)
    # Letters that look like a slash or a blank become one.
    return known if _HOST.fullmatch(known) else None
