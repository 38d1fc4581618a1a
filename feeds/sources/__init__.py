"""Where documents come from: what every source can say, one file a kind of source.

Knows the outside of a source. Must never know what its documents mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from feeds.draft import Document, Draft, Refused
from feeds.fetch import Outsized

__all__ = [
    "Absent",
    "CrawlScope",
    "Fetched",
    "Gone",
    "LeadOnly",
    "Refusal",
    "Same",
    "Seen",
    "Shown",
    "Source",
    "Unlisted",
    "Waiting",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlScope:
    """How far a look goes.

    ``listing_pages`` of a list are read; a ``backfill`` reads all, as far back as ``since``, and
    asks for no known page again. What a ``complete`` list does not show is withdrawn. Pages are
    fetched only where ``follow`` says so.
    """

    follow: bool = True
    listing_pages: int = 1
    complete: bool = False
    backfill: bool = False
    since: date | None = None

    def leaves_out(self, day: date | None) -> bool:
        """Whether what is of that day is too old; what has no day never is."""
        return self.since is not None and day is not None and day < self.since


@dataclass(frozen=True, slots=True)
class Same:
    """The document is what it was; ``signature`` where another is to be remembered from now on."""

    name: str
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The document may be half written; it is looked at again next time."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document that is new or changed, and the signature it has now, "" for its digest.

    ``is_listing`` says that its items come as documents of their own: it is kept and remembered,
    and only what is asked of it on the way is read from it; ``silent_entries`` of it said nothing.
    ``is_page`` says that a list led to it as to the page of one item: if it is a list itself, it is
    not what was meant. Where it gives no text, and the item is as its list tells it, it has the
    signature ``awaited`` instead. What a list that ``is_complete`` shows no more is withdrawn.
    """

    document: Document
    signature: str = ""
    is_listing: bool = False
    is_page: bool = False
    is_complete: bool = False
    awaited: str = ""
    silent_entries: int = 0

    @property
    def name(self) -> str:
        return self.document.name


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadOnly:
    """An item whose own page cannot be had now, as the ``listing`` that leads to it tells it.

    ``signature`` says when its page is asked for again, "" at the next look; ``outsized`` what is
    in its place where that is too large.
    """

    name: str
    lead: Draft
    listing: Document
    signature: str = ""
    outsized: Outsized | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The publisher withdrew the document: 410, deleted, or absent from a list of all."""

    name: str


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A list that showed the document does not show it any more; it may still be there."""

    name: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The document is not there any more, which says nothing of what it showed."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A document that cannot be had, and why."""

    name: str
    refused: Refused


#: What becomes of a document; and all that a scan says.
Shown = Same | Waiting | Fetched | LeadOnly | Gone | Refusal
Seen = Shown | Unlisted | Absent


class Source(Protocol):
    """A place documents come from; ``name`` is part of every id minted here."""

    @property
    def name(self) -> str: ...

    @property
    def is_whole(self) -> bool:
        """Whether a scan sees every document there is, so that one not seen is gone."""

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:
        """Every document, by name, in an order of its own; one at a time is held.

        ``known`` holds signatures by name: a document that still has its own is not read.
        Raises SourceError if the source as a whole cannot be read.
        """

    @property
    def expected(self) -> int | None:
        """About how many documents a scan will have seen, as far as is known by now; else None.

        Costs little when asked again. Raises SourceError.
        """
