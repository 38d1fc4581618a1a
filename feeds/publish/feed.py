"""A feed as readers see it: its id, its addresses, what it is in one sentence, its relatives.

Knows the taxonomy and the site. Must never know a format.
"""

from dataclasses import dataclass

from feeds.model import Topic, TopicKind, TopicRef
from feeds.publish.select import FeedRef
from feeds.publish.site import Site, feed_page, feed_path
from feeds.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another feed by its name."""

    feed: FeedRef
    label: str
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A feed with what is below it, as indexes show them."""

    root: Related
    branches: tuple["Branch", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a feed says of itself (RFC 4287 4.1.1); ``address`` is its Atom file's, ``page`` that
    of its web page, both absolute.
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
    parent: Related | None
    children: tuple[Related, ...]


def describe(ref: FeedRef, site: Site, taxonomy: Taxonomy) -> Feed:
    """The feed of a reference. Raises UnknownTopic where the taxonomy has no such topic."""
    topic = taxonomy.get(ref.topic) if ref.topic else None
    label = topic.label if topic else "All news"
    return Feed(
        ref=ref,
        id=site.identity.feed(ref.path),
        label=label,
        title=f"{label} · {site.publisher}",
        sentence=_sentence(topic, site, taxonomy),
        closed=bool(topic and topic.closed),
        author=site.publisher,
        language=site.language,
        home=f"{site.url}/",
        address=site.url + feed_path(ref),
        page=site.url + feed_page(ref),
        parent=_related(taxonomy.get(topic.parent)) if topic and topic.parent else None,
        children=_children(ref.topic, taxonomy),
    )


def tree(kind: TopicKind, taxonomy: Taxonomy) -> tuple[Branch, ...]:
    """All feeds of one kind, children below their parents, in the order of the taxonomy."""
    return tuple(_branch(each, taxonomy) for each in taxonomy.of(kind) if each.parent is None)


def _branch(topic: Topic, taxonomy: Taxonomy) -> Branch:
    below = (taxonomy.get(child) for child in taxonomy.children(topic.ref))
    return Branch(root=_related(topic), branches=tuple(_branch(child, taxonomy) for child in below))


def _related(topic: Topic) -> Related:
    return Related(feed=FeedRef(topic.ref), label=topic.label, closed=topic.closed)


def _children(ref: TopicRef | None, taxonomy: Taxonomy) -> tuple[Related, ...]:
    below = taxonomy.children(ref) if ref else ()
    return tuple(_related(taxonomy.get(child)) for child in below)


def _sentence(topic: Topic | None, site: Site, taxonomy: Taxonomy) -> str:
    news = f"{site.organisation} news".strip()
    if topic is None:
        return f"All {news}, newest first."
    below = ", its parts included" if taxonomy.children(topic.ref) else ""
    if topic.ref.kind is TopicKind.ISSUER:
        return f"News issued by {topic.label}{below}, newest first."
    first = news[0].upper() + news[1:]
    return f"{first} in the field of work {topic.label}{below}, newest first."
