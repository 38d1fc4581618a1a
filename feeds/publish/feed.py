"""The selections that are published as feeds: which there are, and what each says of itself.

Knows the taxonomy and the site. Must never know a format, or which items there are: which entries
a feed holds is told by `select.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from feeds.model import Topic, TopicKind, TopicRef
from feeds.taxonomy import Taxonomy

if TYPE_CHECKING:
    from feeds.publish.site import Site

#: The kinds that have feeds of their own, with the folder these live in. Order of publication.
FOLDERS = {TopicKind.FIELD: "fields", TopicKind.ISSUER: "issuers"}

#: What stands above them where both are listed.
HEADINGS = {TopicKind.FIELD: "Fields of work", TopicKind.ISSUER: "Issued by"}


@dataclass(frozen=True, slots=True)
class FeedRef:
    """Names one feed for ever: everything there is, or (with a ``topic``) what is filed there."""

    topic: TopicRef | None = None

    def __post_init__(self) -> None:
        if self.topic is not None and self.topic.kind not in FOLDERS:
            raise ValueError(f"{self.topic} has no feed: only {', '.join(FOLDERS)} topics do")

    @classmethod
    def of(cls, topic: TopicRef) -> Self | None:
        """The feed of a topic, None where its kind has none."""
        return cls(topic) if topic.kind in FOLDERS else None

    @property
    def path(self) -> str:
        """The name within ``feeds/``, without an extension."""
        return f"{FOLDERS[self.topic.kind]}/{self.topic.slug}" if self.topic else "all"

    @property
    def page(self) -> str:
        """The address of its web page, relative to that of the site."""
        return f"feeds/{self.path}/"

    @property
    def atom(self) -> str:
        """The address of its Atom file, relative to that of the site."""
        return f"feeds/{self.path}.atom"


ALL = FeedRef()

# What the documents of feeds end in, among all that is published.
_ENDINGS = (".atom", ".json", ".rss")


def is_feed(path: str) -> bool:
    """Whether a published file is a document that readers subscribe to, by its path."""
    return path.startswith("feeds/") and path.endswith(_ENDINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed as others name it, with the feeds below it."""

    feed: FeedRef
    label: str
    closed: bool
    below: tuple["FeedLink", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFeed:
    """What a feed says of itself (RFC 4287 4.1.1); ``address`` is its Atom file's, ``page`` that
    of its web page, both absolute. ``hubs`` tell at once that it changed (WebSub).
    """

    ref: FeedRef
    id: str
    label: str
    title: str
    sentence: str
    closed: bool
    author: str
    language: str
    home: str
    address: str
    page: str
    parent: FeedLink | None
    children: tuple[FeedLink, ...]
    hubs: tuple[str, ...]


def feeds_of(topics: Collection[TopicRef]) -> tuple[FeedRef, ...]:
    """`ALL`, then the feeds of those topics that have one: fields first, each kind in order."""
    found = dict.fromkeys(topic for kind in FOLDERS for topic in topics if topic.kind is kind)
    return (ALL, *map(FeedRef, found))


def describe(ref: FeedRef, site: "Site", taxonomy: Taxonomy) -> PublishedFeed:
    """The feed of a reference. Raises UnknownTopic where the taxonomy has no such topic."""
    topic = taxonomy.get(ref.topic) if ref.topic else None
    label = topic.label if topic else "All news"
    return PublishedFeed(
        ref=ref,
        id=site.identity.feed(ref.path),
        label=label,
        title=f"{label} · {site.publisher}",
        sentence=_sentence(topic, site, taxonomy),
        closed=bool(topic and topic.closed),
        author=site.publisher,
        language=site.language,
        home=f"{site.url}/",
        address=f"{site.url}/{ref.atom}",
        page=f"{site.url}/{ref.page}",
        parent=_link(taxonomy.get(topic.parent), taxonomy) if topic and topic.parent else None,
        children=_link(topic, taxonomy).below if topic else (),
        hubs=site.hubs,
    )


def tree(kind: TopicKind, taxonomy: Taxonomy) -> tuple[FeedLink, ...]:
    """All feeds of one kind, children below their parents, in the order of the taxonomy."""
    return tuple(_link(each, taxonomy) for each in taxonomy.of(kind) if each.parent is None)


def _link(topic: Topic, taxonomy: Taxonomy) -> FeedLink:
    return FeedLink(
        feed=FeedRef(topic.ref),
        label=topic.label,
        closed=topic.closed,
        below=tuple(_link(taxonomy.get(each), taxonomy) for each in taxonomy.children(topic.ref)),
    )


def _sentence(topic: Topic | None, site: "Site", taxonomy: Taxonomy) -> str:
    news = f"{site.organisation} news".strip()
    if topic is None:
        return f"All {news}, newest first."
    below = ", its parts included" if taxonomy.children(topic.ref) else ""
    if topic.ref.kind is TopicKind.ISSUER:
        return f"News issued by {topic.label}{below}, newest first."
    first = news[0].upper() + news[1:]
    return f"{first} in the field of work {topic.label}{below}, newest first."
