"""What stands in one person's digest: which items, under which heading, in which order.

Knows topics, items and windows. Must never know how a digest is shown, or who gets it.

Work for one subscriber is proportional to the items of the topics followed, not to all items of a
run: those are shelved by topic once (`Shelf`), and each digest reads its shelves only.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Self

from feeds.model import TopicRef
from notifier.model import Digest, News, Section, Window

__all__ = ["Shelf", "compose"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The items of a run by topic, each topic's newest (highest number) first."""

    by_topic: Mapping[TopicRef, tuple[News, ...]]

    @classmethod
    def of(cls, news: Iterable[News]) -> Self:
        """Shelves each item under every topic it belongs to."""
        shelves: dict[TopicRef, list[News]] = {}
        for item in sorted(news, key=_age):
            for topic in item.topics:
                shelves.setdefault(topic, []).append(item)
        return cls({topic: tuple(items) for topic, items in shelves.items()})

    def within(self, window: Window, topic: TopicRef) -> tuple[News, ...]:
        """The items of ``topic`` that ``window`` covers, newest first."""
        items = self.by_topic.get(topic, ())
        newest = bisect_left(items, -window.upto, key=_age)
        oldest = bisect_left(items, -window.after, key=_age)
        return items[newest:oldest]


@dataclass(slots=True)
class _Match:
    item: News
    topics: list[TopicRef]


def compose(
    topics: Sequence[TopicRef],
    shelf: Shelf,
    window: Window,
    *,
    limit: int,
    late: Iterable[tuple[TopicRef, int]] = (),
) -> Digest | None:
    """The digest of one window for one person, or None where nothing matched.

    ``topics`` is in the person's order. An item stands under the first topic that matched and
    names the others that did. Of more than ``limit`` items each section keeps its newest, and the
    places are dealt round by round, so that a busy topic does not crowd out a quiet one. For a
    topic in ``late`` the window begins only after the item number beside it.
    """
    windows = dict.fromkeys(topics, window)
    windows |= {topic: replace(window, after=min(since, window.upto)) for topic, since in late}
    matches = _matches(windows, shelf)
    if not matches:
        return None
    sections = [list(group) for _, group in groupby(matches, key=_heading)]
    places = _deal([len(section) for section in sections], limit)
    return Digest(
        sections=tuple(map(_section, sections, places)),
        total=len(matches),
        left_out=len(matches) - sum(places),
    )


def _matches(windows: Mapping[TopicRef, Window], shelf: Shelf) -> list[_Match]:
    """Each item once with all the topics it matched, in the order of the digest."""
    found: dict[int, _Match] = {}
    for topic, window in windows.items():
        for item in shelf.within(window, topic):
            found.setdefault(item.number, _Match(item, [])).topics.append(topic)
    return list(found.values())


def _section(matches: Sequence[_Match], places: int) -> Section:
    kept = matches[:places]
    return Section(
        topic=_heading(matches[0]),
        items=tuple(match.item for match in kept),
        also_in=tuple(tuple(match.topics[1:]) for match in kept),
        left_out=len(matches) - len(kept),
    )


def _deal(sizes: Sequence[int], limit: int) -> list[int]:
    """How many of each pile get one of ``limit`` places, dealt one a round in order."""
    dealt = [0] * len(sizes)
    left = min(limit, sum(sizes))
    while left > 0:
        for pile, size in enumerate(sizes):
            if left > 0 and dealt[pile] < size:
                dealt[pile] += 1
                left -= 1
    return dealt


def _heading(match: _Match) -> TopicRef:
    return match.topics[0]


def _age(item: News) -> int:
    return -item.number
