"""The words of syndication: what a feed and its entries say, in whichever dialect.

Knows what the dialects have in common. Must never know how any of them writes it, nor what we
make of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from feeds.draft import Alternate, Hub
from feeds.model import Enclosure, Issued, Provenance

__all__ = ["MOST_ENTRIES", "Category", "Entry", "Feed", "Wording"]

# Publishers list 10 to 500; a whole archive in one file stays below this. The rest is not read.
MOST_ENTRIES = 10_000


class Wording(NamedTuple):
    """Words as they were written: plain text, or HTML whose links count from ``base``."""

    text: str = ""
    is_html: bool = False
    base: str | None = None

    def __bool__(self) -> bool:
        return bool(self.text)


NO_WORDS = Wording()


class Category(NamedTuple):
    """What an entry is filed under (RFC 4287, 4.2.2); ``scheme`` may say in which facet."""

    term: str
    label: str = ""
    scheme: str = ""


class Entry(NamedTuple):
    """One entry; ``urls`` are its addresses, the canonical one first, all absolute."""

    title: Wording
    summary: Wording = NO_WORDS
    content: Wording = NO_WORDS
    guid: str | None = None
    urls: tuple[str, ...] = ()
    alternates: tuple[Alternate, ...] = ()
    issued: Issued | None = None
    language: str | None = None
    categories: tuple[Category, ...] = ()
    authors: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What one document of a dialect says; ``authors`` wrote every entry that names none."""

    form: str
    entries: Iterable[Entry]
    language: str | None = None
    authors: tuple[str, ...] = ()
    hub: Hub | None = None
    next_page: str | None = None
