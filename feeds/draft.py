"""The words of taking in: bytes as they came, a publisher's habits, what was understood.

Knows the stages a document goes through before anything is stored. Must never know where
documents come from, how they are read or what becomes of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from feeds.model import (
    NO_RIGHTS,
    Author,
    Enclosure,
    Issued,
    Label,
    Mark,
    Provenance,
    Rights,
    TopicKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes as they came, not yet understood.

    ``name`` identifies the document within its source (a relative path, an address). ``url`` is
    where it was found in the end, ``media_type`` the Content-Type it came with, parameters and
    all. ``lead`` is what a listing or feed said of the one item this document should hold, and
    ``fetched`` when it came: nothing in it was issued later. What ``is_cut`` did not come whole.
    """

    source: str
    name: str
    body: bytes
    url: str | None = None
    media_type: str | None = None
    lead: "Draft | None" = None
    fetched: datetime | None = None
    is_cut: bool = False

    @property
    def latest(self) -> date | None:
        """The last day it may speak of, in the zone where that begins first."""
        return self.fetched.date() + timedelta(days=1) if self.fetched else None


class DateOrder(StrEnum):
    """What 12/05/2015 means at one publisher."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class DateStyle(NamedTuple):
    """How days are written somewhere: what 12/05/2015 means, and the language whose short months
    are months there.
    """

    order: DateOrder | None = None
    language: str | None = None


#: Nobody said how days are written.
UNSTATED = DateStyle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How one publisher's documents are to be read, where its documents do not say.

    ``form`` names the one form to read them in, "" stands for recognition. ``language`` is that
    of documents that do not tell theirs. A ``forced`` document was vouched for by a person: it
    is read as an item even if it looks like none. The text of a PDF is read where ``pdf_text`` says
    so.

    CSS selectors say where pages keep what we look for; "" leaves it to us. ``listing_entry`` finds
    the blocks of a listing, the other ``listing_`` ones look within one.
    """

    form: str = ""
    date_style: DateStyle = UNSTATED
    language: str = "en"
    forced: bool = False
    pdf_text: bool = False
    listing_entry: str = ""
    listing_title: str = ""
    listing_date: str = ""
    listing_lead: str = ""
    page_title: str = ""
    page_date: str = ""
    page_text: str = ""


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same item in another language (RFC 4287 hreflang)."""

    language: str
    url: str


#: What is said of them.
LONGEST_RIGHTS_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a parser understood of one news item; nothing here is judged or stored yet.

    ``paragraphs`` is the body in reading order, each entry plain text without line breaks;
    ``markup`` the same as sanitised HTML where the document had any. A ``partial`` draft is what
    a listing, feed or sitemap says in passing: it fills gaps and never replaces what a whole one
    said. ``url`` is the item's canonical address, ``also_at`` others it was seen under. ``guid``
    is the publisher's own id for it (RSS guid, atom:id, JSON Feed id, a pusher's key);
    ``provenance`` is there for an entry of an Atom feed, whose id is kept. ``updated`` is the day
    of its last change, where nobody says when it was issued: that was no later. ``authors`` are
    those named for who wrote it, known issuers among them. ``rights`` is what is said of them, and
    the address of the licence, each "" where nobody tells it.
    """

    form: str
    title: str
    summary: str = ""
    paragraphs: tuple[str, ...] = ()
    markup: str = ""
    partial: bool = False
    url: str | None = None
    also_at: tuple[str, ...] = ()
    guid: str | None = None
    provenance: Provenance | None = None
    issued: Issued | None = None
    updated: date | None = None
    dateline: str | None = None
    language: str | None = None
    alternates: tuple[Alternate, ...] = ()
    content_type: Label | None = None
    issuers: tuple[Label, ...] = ()
    fields: tuple[Label, ...] = ()
    countries: tuple[Label, ...] = ()
    authors: tuple[Author, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    rights: Rights = NO_RIGHTS
    marks: frozenset[Mark] = frozenset()

    @property
    def body(self) -> str:
        """The body as stored: paragraphs separated by one blank line."""
        return "\n\n".join(self.paragraphs)

    @property
    def labels(self) -> tuple[Label, ...]:
        """Every topic the draft names: issuers, fields, countries, kind."""
        kinds = (self.content_type,) if self.content_type else ()
        return (*self.issuers, *self.fields, *self.countries, *kinds)

    def filed(self, labels: Iterable[Label]) -> "Draft":
        """The draft under these labels alone, each topic and each unknown name once."""
        its: dict[TopicKind, dict[str, Label]] = {kind: {} for kind in TopicKind}
        for label in labels:
            its[label.kind].setdefault(label.slug or f"? {label.text}", label)
        return replace(
            self,
            issuers=tuple(its[TopicKind.ISSUER].values()),
            fields=tuple(its[TopicKind.FIELD].values()),
            countries=tuple(its[TopicKind.COUNTRY].values()),
            content_type=next(iter(its[TopicKind.TYPE].values()), None),
        )


class Reason(StrEnum):
    """Why a document was refused; the value is stable, `explanation` is for people."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    BINARY = "binary"
    MENU_ONLY = "menu-only"
    INCOMPLETE = "incomplete"
    NOT_NEWS = "not-news"
    LOGIN = "login"
    CHALLENGE = "challenge"
    ERROR_PAGE = "error-page"
    MALFORMED = "malformed"
    HOSTILE = "hostile"
    COSTLY = "too-costly"
    FAILED = "failed"

    @property
    def explanation(self) -> str:
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    Reason.UNREADABLE: "the document could not be read",
    Reason.EMPTY: "the document is empty",
    Reason.TOO_LARGE: "the document is too large",
    Reason.BINARY: "the document is not text in a known encoding",
    Reason.MENU_ONLY: "the page holds a navigation menu and no article",
    Reason.INCOMPLETE: "the article is cut off: its title or body is missing",
    Reason.NOT_NEWS: "the document is in no known form of a news item",
    Reason.LOGIN: "the page asks to log in and shows no article",
    Reason.CHALLENGE: "the page checks whether its reader is a browser and shows no article",
    Reason.ERROR_PAGE: "the page says that something is wrong, and shows no article",
    Reason.MALFORMED: "the document breaks the rules of its format",
    Reason.HOSTILE: "the document is made to do harm",
    Reason.COSTLY: "the document takes more to understand than any may",
    Reason.FAILED: "this program failed on the document; please report it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A parser's no: why, and the evidence a person needs to judge it.

    It ``is_undecided`` where nothing speaks against an item, nor for one: other pages may.
    """

    reason: Reason
    evidence: str = ""
    is_undecided: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        explanation = self.reason.explanation
        return f"{explanation} ({self.evidence})" if self.evidence else explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """An address a sitemap lists (sitemaps.org): of a page, or of another sitemap."""

    url: str
    modified: datetime | None = None
    is_sitemap: bool = False


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a document's changes are announced (WebSub): the hub, and the topic's own address."""

    url: str
    topic: str


#: The forms of lists that are made for programs, and say all that they show.
FEEDS = frozenset({"rss", "rdf", "atom", "json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What one document holds: its form and its drafts.

    A list (a listing, a feed, a sitemap) may hold none; then ``next_page`` leads to the older
    part of it, ``locations`` to pages whose items it does not describe, ``hub`` to who tells of
    its changes. Of its entries, ``silent_entries`` say nothing: neither a title nor any words, or
    only half of it; ``lost_files`` of them have no address. One that ``is_cut`` ends before it
    should, and one that ``may_hold_more`` was not read to its end, or does not say where its
    entries end: what it lacks may exist.
    """

    form: str
    drafts: tuple[Draft, ...]
    is_list: bool = False
    next_page: str | None = None
    locations: tuple[Location, ...] = ()
    hub: Hub | None = None
    silent_entries: int = 0
    lost_files: int = 0
    is_cut: bool = False
    may_hold_more: bool = False

    def __post_init__(self) -> None:
        if not (self.drafts or self.is_list):
            raise ValueError("a parsed document holds at least one draft; refuse it otherwise")
