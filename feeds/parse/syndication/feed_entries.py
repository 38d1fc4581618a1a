"""What a feed and its entries say, in whichever dialect, and the values they say it with.

Knows what the dialects have in common, and how addresses, ids and files are written in feeds. Must
never know which element or member they stood in, nor what we make of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urljoin

from config.values import (
    CONTROLS,
    are_related,
    canonical_language,
    host_of,
    is_above_or_below,
    is_web_address,
    media_type,
)
from feeds.draft import Alternate, Hub
from feeds.model import NO_RIGHTS, Author, Enclosure, Issued, Provenance, Rights
from feeds.parse.href import as_read, joined_plainly
from feeds.parse.prose import is_placeholder
from feeds.pictures import Picture

# Publishers list 10 to 500; a whole archive in one file stays below this. The rest is not read.
MOST_ENTRIES = 10_000
# More are a gallery, and not what a reader expects of one news item.
_MOST_ENCLOSURES = 20
# The longest address servers and browsers pass on.
_LONGEST_CHARS = 2_048
_CONTROLS = re.compile(rf"[{CONTROLS}\ud800-\udfff]+")
# No file is larger, and databases hold no larger number.
_MOST_BYTES = 2**53


class TextConstruct(NamedTuple):
    """Words as they were written: plain text, or HTML whose links count from ``base``."""

    text: str = ""
    is_html: bool = False
    base: str | None = None

    def __bool__(self) -> bool:
        return bool(self.text)


NO_WORDS = TextConstruct()


def html_words(text: str, base: str | None) -> TextConstruct:
    """Words in HTML; a CDATA section that was wrapped twice is none in HTML, which would lose its
    first words, and a header in front of them holds the title and a menu.
    """
    if "<" not in text:
        return TextConstruct(text, is_html=True, base=base)
    if text.startswith("<header"):
        text = text.partition("</header>")[2].strip() or text
    if "<![CDATA[" in text:
        text = text.replace("<![CDATA[", "").replace("]]>", "").replace("]]&gt;", "").strip()
    return TextConstruct(text, is_html=True, base=base)


class RawCategory(NamedTuple):
    """What an entry is filed under (RFC 4287, 4.2.2); ``scheme`` may say in which facet."""

    term: str
    label: str = ""
    scheme: str = ""


class StatedPictures(NamedTuple):
    """Pictures that stand beside the words of an entry or a feed, and ``previews``, of which one
    stands for it where it shows none.
    """

    whole: tuple[Picture, ...] = ()
    previews: tuple[Picture, ...] = ()


NO_PICTURES = StatedPictures()


class RawEntry(NamedTuple):
    """One entry; ``urls`` are its addresses, the canonical one first, all absolute; ``updated`` is
    as it says, and ``pictures`` are those it is shown with. ``others`` are names of who may have
    issued it, besides its ``authors``: who published it, or is credited. Among the ``enclosures``
    None stands for each file whose address is none, or counts from nowhere.
    """

    title: TextConstruct
    summary: TextConstruct = NO_WORDS
    content: TextConstruct = NO_WORDS
    guid: str | None = None
    urls: tuple[str, ...] = ()
    alternates: tuple[Alternate, ...] = ()
    issued: Issued | None = None
    updated: str = ""
    language: str | None = None
    categories: tuple[RawCategory, ...] = ()
    authors: tuple[Author, ...] = ()
    others: tuple[str, ...] = ()
    enclosures: tuple[Enclosure | None, ...] = ()
    pictures: StatedPictures = NO_PICTURES
    rights: Rights = NO_RIGHTS
    provenance: Provenance | None = None

    @property
    def files(self) -> tuple[Enclosure, ...]:
        """Those that can be had."""
        return tuple(filter(None, self.enclosures)) if self.enclosures else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """What one document of a dialect says; ``authors`` wrote every entry that names none, and
    who else may have issued those are the ``others``. ``pictures`` are of the feed itself.

    Of one that ``is_cut`` the end is missing, and ``half_entries`` were left out with it. One that
    ``is_guessed`` does not say where its entries end.
    """

    form: str
    entries: Iterable[RawEntry]
    language: str | None = None
    authors: tuple[Author, ...] = ()
    others: tuple[str, ...] = ()
    pictures: StatedPictures = NO_PICTURES
    hub: Hub | None = None
    next_page: str | None = None
    is_cut: bool = False
    is_guessed: bool = False
    half_entries: int = 0


def absolute(address: str | None, base: str | None) -> str | None:
    """An http or https address joined to ``base``; None where it is none, a word for none, or has
    no base.
    """
    if not address:
        return None
    if len(address) <= _LONGEST_CHARS and is_web_address(address):
        return _with_plain_scheme(address)
    if (joined := joined_plainly(base, address)) is not None:
        return joined
    text = as_read(address)
    if is_placeholder(text) or not text or len(text) > _LONGEST_CHARS:
        return None
    try:
        joined = text if text.startswith(("http://", "https://")) else urljoin(base or "", text)
    except ValueError:
        return None
    return _with_plain_scheme(joined) if is_web_address(joined) else None


def _with_plain_scheme(address: str) -> str:
    """The same with its scheme in small letters (RFC 3986, 6.2.2.1)."""
    if address.startswith(("http://", "https://")):
        return address
    scheme, _, rest = address.partition(":")
    return f"{scheme.lower()}:{rest}"


def items_only(
    addresses: Iterable[str | None], home: str | None, found_at: str | None = None
) -> tuple[str, ...]:
    """Each address that can be one item's, once, in order: neither the site's home nor its root.

    A new site of another's, which an entry may tell of, is one: ``home``, or else the address the
    feed was ``found_at``, tells whose site it is.
    """
    known = dict.fromkeys(addresses)
    return tuple(
        [
            each
            for each in known
            if each and each != home and not (_is_root(each) and _is_of(each, home, found_at))
        ]
    )


def base_of_links(stated: str | None, home: str | None, found_at: str | None) -> str | None:
    """What relative addresses count from where no xml:base is ``stated``: the site a feed is of,
    if somebody else's host serves it, or nobody knows who does.
    """
    if stated is None:
        return home
    if stated != found_at or not (home and stated):
        return stated
    # Most are of one host, as is seen without reading them.
    is_same = home.split("/", 3)[:3] == stated.split("/", 3)[:3]
    return stated if is_same or is_above_or_below(host_of(home), host_of(stated)) else home


def identifier(text: str) -> str | None:
    """An id without white space around it or controls in it; None where it is none."""
    kept = text.strip() if text.isprintable() else _CONTROLS.sub("", text).strip()
    is_sound = 0 < len(kept) <= _LONGEST_CHARS and not is_placeholder(kept)
    return kept if is_sound else None


def language_tag(text: str | None) -> str | None:
    """The one tag of a language that somebody states, of which some write pages."""
    return canonical_language(text[:40]) if text else None


def once(found: Iterable[Enclosure | None]) -> tuple[Enclosure | None, ...]:
    """The first files of an entry, each address once, behind them those that are nowhere."""
    by_url: dict[str, Enclosure] = {}
    lost: list[None] = []
    for each in found:
        if each is None:
            lost.append(each)
        elif len(by_url) < _MOST_ENCLOSURES:
            by_url.setdefault(each.url, each)
    return (*by_url.values(), *lost)


def enclosure(
    address: str | None, base: str | None, kind: str | None, length: str | None, title: str = ""
) -> Enclosure | None:
    """A file at a sound address; what is said of it is kept where that can be true."""
    url = absolute(address, base)
    if url is None:
        return None
    name = " ".join(title.split())[:300]
    return Enclosure(url=url, media_type=media_type(kind), length=_size(length), title=name)


def _size(text: str | None) -> int | None:
    """A number of bytes above 0: feeds write 0 where they do not know."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
        return None
    return int(digits) if 0 < int(digits) < _MOST_BYTES else None


def _is_of(root: str, *sites: str | None) -> bool:
    return any(are_related(host_of(root), host_of(site)) for site in sites if site)


def _is_root(address: str) -> bool:
    # "https://example.org/" has three slashes, the last one at its end.
    parts = address.split("/", 3)
    return (len(parts) < 4 or parts[3] in {"", "#"}) and "?" not in address
