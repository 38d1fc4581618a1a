"""The words of the feeds side: topics, and news items as they are remembered.

Knows the shape of news and topics. Must never know where documents come from, how rows are
stored or what a mail is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple, Self

from config.values import nearest_language

#: Hears how much of long work is done, and of how much, where that is known.
Progress = Callable[[int, int | None], None]


class TopicKind(StrEnum):
    """The facets of the taxonomy one can follow."""

    FIELD = "field"
    ISSUER = "issuer"
    COUNTRY = "country"
    TYPE = "type"
    __hash__ = str.__hash__  # As of the value that it is equal to, and in a third of the time.


class SourceKind(StrEnum):
    """What a source is; settings name all but a path, which the words of a command do."""

    FOLDER = "folder"
    WEB = "web"
    PUSH = "push"
    PATH = "path"

    def named(self, what: object) -> str:
        """The name of a source that tells its kind: no name that settings may give has a colon."""
        return f"{self}:{what}"

    @classmethod
    def of(cls, source: str) -> Self | None:
        """The kind that a source's name tells; None where it is one that settings give."""
        kind, separator, _ = source.partition(":")
        return cls(kind) if separator and kind in set(cls) else None


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

    @property
    def place(self) -> tuple[str, str]:
        """Where items of this topic are filed (`feeds.selection.Place`)."""
        return self.kind.value, self.slug

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
    """A term of the taxonomy (RFC 4287 category); ``labels`` are further ones, each with the tag of
    its language.

    ``former_slugs`` are those it had, the first one first, ``merged`` those of what became a part
    of it; where it is closed, ``successor`` goes on in its place.
    """

    ref: TopicRef
    label: str
    parent: TopicRef | None = None
    aliases: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    closed: bool = False
    former_slugs: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    successor: TopicRef | None = None
    labels: tuple[tuple[str, str], ...] = ()
    language: str = ""

    @property
    def first_slug(self) -> str:
        """The slug it had first, of which the id of its feed is made for ever (RFC 4287 4.2.6)."""
        return next(iter(self.former_slugs), self.ref.slug)

    def label_in(self, tag: str, otherwise: str = "") -> str:
        """What it is called in a language, or in the nearest one that has a label of its own; else
        what is said ``otherwise``, or the usual label.
        """
        labels = dict(self.labels)
        near = nearest_language(tag, labels)
        return labels[near] if near else otherwise or self.label

    def language_in(self, tag: str, otherwise: str = "") -> str:
        """The language of what `label_in` says: one of its labels, or else what is said
        ``otherwise``, or that of the usual ones; "" where the taxonomy does not tell it.
        """
        return nearest_language(tag, dict(self.labels)) or otherwise or self.language


class Ending(StrEnum):
    """Why a feed is over under a name: what it is of has another one, is part of another topic by
    now, is done, or taxonomy and settings have nothing of it any more.
    """

    RENAMED = "renamed"
    MERGED = "merged"
    CLOSED = "closed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerTopic:
    """What no topic is any more: a slug that one had, or a topic that was merged into another.

    ``into`` has its items; a slug of one that was merged later is that one's all the same.
    """

    ref: TopicRef
    label: str
    first_slug: str
    ending: Ending
    into: TopicRef


#: The kind of what has a feed and is no topic: a selection that settings give a name.
SAVED_SELECTION = "selection"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRecord:
    """What has a feed of its own as it was last known: a topic by its ``kind`` and slug, or a
    `SAVED_SELECTION` by its name; ``ending`` is None while it goes on.

    ``first_slug`` is the one it had first, and ``query`` that of what its feed holds. ``at`` is
    when it was first known to have ended, and ``into`` what has its items or goes on in its place,
    if anything of its kind does. ``held`` are the numbers of the items it had last, where they are
    found elsewhere by now, the latest first.
    """

    kind: str
    slug: str
    label: str
    query: str
    first_slug: str
    ending: Ending | None = None
    at: datetime | None = None
    into: str | None = None
    held: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What it is remembered by."""
        return self.kind, self.slug


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
    """Where an issue date was read; a dateline is evidence, the others are statements.

    ``line`` is the place and date below the title of form B, ``push`` what a publisher pushed,
    ``editor`` what somebody here corrected.
    """

    LABEL = "label"
    DATELINE = "dateline"
    LISTING = "listing"
    FEED = "feed"
    PAGE = "page"
    LINE = "line"
    PUSH = "push"
    EDITOR = "editor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """When the publisher issued an item: a day, or an aware UTC instant where it said so."""

    day: date
    at: datetime | None = None
    origin: IssuedFrom

    def __post_init__(self) -> None:
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("an issue instant needs a time zone")

    @property
    def iso(self) -> str:
        """The machine's form of the day or the instant (HTML, 4.5.14; ISO 8601)."""
        return (self.at.astimezone(UTC) if self.at else self.day).isoformat()


#: What a file is whose name ends so, where nobody says it (IANA's registry of media types). What
#: may be several things, or a page, is not told by its name.
TYPES_OF_FILES = {
    end: kind
    for kind, ends in {
        "application/epub+zip": "epub",
        "application/msword": "doc",
        "application/pdf": "pdf",
        "application/rtf": "rtf",
        "application/vnd.ms-excel": "xls",
        "application/vnd.ms-powerpoint": "ppt",
        "application/vnd.oasis.opendocument.presentation": "odp",
        "application/vnd.oasis.opendocument.spreadsheet": "ods",
        "application/vnd.oasis.opendocument.text": "odt",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/zip": "zip",
        "audio/aac": "aac",
        "audio/flac": "flac",
        "audio/mp4": "m4a",
        "audio/mpeg": "mp3",
        "audio/ogg": "oga ogg opus",
        "audio/wav": "wav",
        "image/avif": "avif",
        "image/gif": "gif",
        "image/jpeg": "jpeg jpg",
        "image/png": "png",
        "image/svg+xml": "svg",
        "image/tiff": "tif tiff",
        "image/webp": "webp",
        "text/calendar": "ics",
        "text/csv": "csv",
        "text/plain": "txt",
        "text/vtt": "vtt",
        "video/mp4": "m4v mp4",
        "video/ogg": "ogv",
        "video/quicktime": "mov",
        "video/webm": "webm",
    }.items()
    for end in ends.split()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an item (RFC 4287 4.2.7.2), with what its source says of it: its type,
    "" where it says none, and its ``length`` in bytes, where it is known.
    """

    url: str
    media_type: str = ""
    length: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote an item (RFC 4287 3.2), without a mail address; ``uri`` is a page of theirs, ""
    where none is told.
    """

    name: str
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The Atom feed an entry came from (atom:source), and the id it has there for ever.

    ``feed_home`` and ``feed_self`` are the addresses of its page and of itself, "" where it tells
    none.
    """

    entry_id: str
    feed_id: str
    feed_title: str
    feed_updated: datetime | None = None
    feed_authors: tuple[Author, ...] = ()
    feed_home: str = ""
    feed_self: str = ""
    feed_rights: str = ""


class Rights(NamedTuple):
    """On which terms others may have an item: in words, and by the address of a ``licence``, each
    "" where nobody says.
    """

    words: str = ""
    licence: str = ""


NO_RIGHTS = Rights()


class Mark(StrEnum):
    """What we did to an item's words, or concluded, so that nobody takes it for the publisher's."""

    MENDED = "mended"
    INFERRED_ISSUER = "inferred-issuer"
    GUESSED_LANGUAGE = "guessed-language"
    PROMOTED = "promoted"


class Fresh(StrEnum):
    """Whether an item was news when it arrived. Only news is mailed; an archive is published."""

    NEWS = "news"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news item as remembered: permanent ``uid`` (its atom:id) and ``slug`` (its page).

    ``number`` is its place in commit order, ``change`` that of its latest revision.
    ``topics`` holds every topic it belongs to, parents included.
    ``updated_at``, unique in the store (RFC 4287 4.2.15), is when it last changed or came back.
    ``group`` is the number of the first item of those that say it in several languages; a
    ``partial`` one shows what a list says of it. Its sources withdrew it at ``withdrawn_at``.
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
    countries: tuple[Label, ...] = ()
    markup: str = ""
    authors: tuple[Author, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    provenance: Provenance | None = None
    marks: frozenset[Mark] = frozenset()
    group: int = 0
    content_hash: str = ""
    partial: bool = False
    withdrawn_at: datetime | None = None
    rights: Rights = NO_RIGHTS

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def labels(self) -> Iterable[Label]:
        """Every label the item carries: issuers, fields, countries, kind."""
        yield from self.issuers
        yield from self.fields
        yield from self.countries
        if self.content_type:
            yield self.content_type
