"""The words of the feeds side: what came in, what we understood, what we remember.

Knows the shape of news and topics. Must never know where documents come from, how rows are
stored or what a mail is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

__all__ = [
    "Document",
    "Draft",
    "Fresh",
    "Issued",
    "IssuedFrom",
    "Item",
    "Label",
    "Parsed",
    "Progress",
    "Reason",
    "Refused",
    "Topic",
    "TopicKind",
    "TopicRef",
]


#: Hears how much of long work is done, and of how much, where that is known.
Progress = Callable[[int, int | None], None]


class TopicKind(StrEnum):
    """The facets of the taxonomy one can follow."""

    FIELD = "field"
    ISSUER = "issuer"
    COUNTRY = "country"
    TYPE = "type"


@dataclass(frozen=True, slots=True, order=True)
class TopicRef:
    """Names one topic for ever: its slug outlives every label it had."""

    kind: TopicKind
    slug: str

    def __post_init__(self) -> None:
        if not self.slug:
            raise ValueError(f"a {self.kind} topic needs a slug")

    def __str__(self) -> str:
        return f"{self.kind}:{self.slug}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads the form people write, ``kind:slug``. Raises ValueError."""
        kind, separator, slug = text.partition(":")
        if not separator or kind not in set(TopicKind):
            allowed = ", ".join(TopicKind)
            raise ValueError(f"{text!r} is not a topic: write KIND:SLUG with KIND one of {allowed}")
        return cls(TopicKind(kind), slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A term of the taxonomy (RFC 4287 category)."""

    ref: TopicRef
    label: str
    parent: TopicRef | None = None
    aliases: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name as the document printed it, with the topic it stands for, if anyone knows."""

    kind: TopicKind
    text: str
    slug: str | None

    @property
    def ref(self) -> TopicRef | None:
        return TopicRef(self.kind, self.slug) if self.slug else None


class IssuedFrom(StrEnum):
    """Where an issue date was read; a dateline is evidence, the others are statements."""

    LABEL = "label"
    DATELINE = "dateline"
    LISTING = "listing"
    FEED = "feed"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """When the publisher issued an item: a day, or an aware UTC instant where it said so."""

    day: date
    at: datetime | None = None
    origin: IssuedFrom

    def __post_init__(self) -> None:
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("an issue instant needs a time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes as they came, not yet understood.

    ``name`` identifies the document within its source (a relative path, an address).
    """

    source: str
    name: str
    body: bytes
    fetched_at: datetime
    url: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a parser understood of one news item; nothing here is judged or stored yet.

    ``paragraphs`` is the body in reading order, each entry plain text without line breaks.
    """

    form: str
    title: str
    summary: str = ""
    paragraphs: tuple[str, ...] = ()
    url: str | None = None
    issued: Issued | None = None
    dateline: str | None = None
    language: str | None = None
    content_type: Label | None = None
    issuers: tuple[Label, ...] = ()
    fields: tuple[Label, ...] = ()

    @property
    def body(self) -> str:
        """The body as stored: paragraphs separated by one blank line."""
        return "\n\n".join(self.paragraphs)


class Reason(StrEnum):
    """Why a document was refused; the value is stable, `explanation` is for people."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    BINARY = "binary"
    MENU_ONLY = "menu-only"
    INCOMPLETE = "incomplete"
    NOT_NEWS = "not-news"

    @property
    def explanation(self) -> str:
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    Reason.UNREADABLE: "the file could not be read",
    Reason.EMPTY: "the document is empty",
    Reason.TOO_LARGE: "the document is larger than ingest.max_document_bytes allows",
    Reason.BINARY: "the document is not text in a known encoding",
    Reason.MENU_ONLY: "the page holds a navigation menu and no article",
    Reason.INCOMPLETE: "the article is cut off: its title or body is missing",
    Reason.NOT_NEWS: "the document is in no known form of a news item",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A parser's no: why, and the evidence a person needs to judge it."""

    reason: Reason
    evidence: str = ""

    def __str__(self) -> str:
        explanation = self.reason.explanation
        return f"{explanation} ({self.evidence})" if self.evidence else explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What one document holds: its form and at least one draft."""

    form: str
    drafts: tuple[Draft, ...]

    def __post_init__(self) -> None:
        if not self.drafts:
            raise ValueError("a parsed document holds at least one draft; refuse it otherwise")


class Fresh(StrEnum):
    """Whether an item was news when it arrived. Only news is mailed; an archive is published."""

    NEWS = "news"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news item as remembered: permanent ``uid`` (its atom:id) and ``slug`` (its page).

    ``number`` is its place in commit order, ``change`` that of its latest revision.
    ``topics`` holds every topic it belongs to, parents included.
    ``updated_at`` is the last significant change and unique in the store (RFC 4287 4.2.15).
    """

    number: int
    change: int
    uid: str
    slug: str
    source: str
    title: str
    summary: str
    body: str
    url: str | None
    issued: Issued | None
    dateline: str | None
    language: str
    content_type: Label | None
    issuers: tuple[Label, ...]
    fields: tuple[Label, ...]
    topics: frozenset[TopicRef]
    freshness: Fresh
    revision: int
    first_seen_at: datetime
    updated_at: datetime

    @property
    def labels(self) -> Iterable[Label]:
        """Every label the item carries: issuers, fields, kind."""
        yield from self.issuers
        yield from self.fields
        if self.content_type:
            yield self.content_type
