"""Which feeds there are, and which of them a change touches.

Knows topics and the paths of feeds. Must never know how a feed is written or where.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from feeds.model import TopicKind, TopicRef

#: The kinds that have feeds of their own, with the folder these live in. Order of publication.
FOLDERS = {TopicKind.FIELD: "fields", TopicKind.ISSUER: "issuers"}


@dataclass(frozen=True, slots=True)
class FeedRef:
    """Names one feed for ever: everything there is, or (with a ``topic``) what is filed there."""

    topic: TopicRef | None = None

    def __post_init__(self) -> None:
        if self.topic is not None and self.topic.kind not in FOLDERS:
            raise ValueError(f"{self.topic} has no feed: only {', '.join(FOLDERS)} topics do")

    @property
    def path(self) -> str:
        """The address below ``/feeds/``, without an extension."""
        return f"{FOLDERS[self.topic.kind]}/{self.topic.slug}" if self.topic else "all"

    @classmethod
    def of(cls, topic: TopicRef) -> Self | None:
        """The feed of a topic, None where its kind has none."""
        return cls(topic) if topic.kind in FOLDERS else None


ALL = FeedRef()


def feeds_of(topics: Iterable[TopicRef]) -> tuple[FeedRef, ...]:
    """`ALL`, then the feeds of those topics that have one: fields first, each kind in order."""
    found = dict.fromkeys(feed for topic in topics if (feed := FeedRef.of(topic)))
    ranks = list(FOLDERS)
    return (ALL, *sorted(found, key=lambda feed: ranks.index(feed.topic.kind) if feed.topic else 0))
