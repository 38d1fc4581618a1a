"""What stands in one person's digest: which items, under which heading, in which order.

Knows topics, items and windows. Must never know how a digest is shown, or who gets it.

Work for one subscriber is proportional to the items of the topics followed, not to all items of a
run: those are sorted by topic once (`by_topic`), and each digest reads its own topics only.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from feeds.model import Item, TopicRef
from notifier.model import Digest, Section, Window


def by_topic(news: Iterable[Item]) -> Mapping[TopicRef, Sequence[Item]]:
    """Each item under every topic it belongs to; a topic's newest (highest number) first."""
    found: dict[TopicRef, list[Item]] = {}
    for item in sorted(news, key=_age):
        for topic in item.topics:
            found.setdefault(topic, []).append(item)
    return found


def compose(
    topics: Sequence[TopicRef],
    news: Mapping[TopicRef, Sequence[Item]],
    window: Window,
    *,
    limit: int,
    late: Iterable[tuple[TopicRef, int]] = (),
) -> Digest | None:
    """The digest of one window for one person, or None where nothing matched.

    ``topics`` is in the person's order, ``news`` as `by_topic` sorts it. An item stands under the
    first topic that matched and names the others that did. Of more than ``limit`` items each
    section keeps its newest, and the places are dealt round by round, so that a busy topic does
    not crowd out a quiet one. For a topic in ``late`` the window begins only after the item number
    beside it.
    """
    windows = dict.fromkeys(topics, window)
    windows |= {topic: replace(window, after=min(since, window.upto)) for topic, since in late}
    sections: dict[TopicRef, list[Item]] = {}
    matched: dict[int, list[TopicRef]] = {}
    for topic, covered in windows.items():
        for item in _within(news.get(topic, ()), covered):
            if item.number not in matched:
                matched[item.number] = []
                sections.setdefault(topic, []).append(item)
            matched[item.number].append(topic)
    if not matched:
        return None
    places = _deal([len(items) for items in sections.values()], limit)
    return Digest(
        sections=tuple(
            Section(
                topic=topic,
                items=tuple(items[:kept]),
                also_in=tuple(tuple(matched[item.number][1:]) for item in items[:kept]),
                left_out=len(items) - kept,
            )
            for (topic, items), kept in zip(sections.items(), places, strict=True)
        ),
        total=len(matched),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSizes:
    """What a section takes: its ``head``, with a line on what is left out, and each item."""

    head: int
    items: Sequence[int]


def fitting(sections: Sequence[SectionSizes], room: int) -> Sequence[int]:
    """How many items of each section stand in ``room``: of so many as stand there at all, one in
    each, then another in each, and so on; no section has one behind an item that does not fit.
    """
    kept = []
    for section in sections:
        room -= section.head + section.items[0]
        if room < 0:
            room += section.head + section.items[0]
            break
        kept.append(1)
    open_ = set(range(len(kept)))
    while open_:
        for place in sorted(open_):
            size = next(iter(sections[place].items[kept[place] : kept[place] + 1]), room + 1)
            if size > room:
                open_.remove(place)
            else:
                room -= size
                kept[place] += 1
    return kept


def _within(items: Sequence[Item], window: Window) -> Sequence[Item]:
    newest = bisect_left(items, -window.upto, key=_age)
    oldest = bisect_left(items, -window.after, key=_age)
    return items[newest:oldest]


def _deal(sizes: Sequence[int], limit: int) -> list[int]:
    """How many of each section get one of ``limit`` places, dealt one a round in order."""
    dealt = [0] * len(sizes)
    left = min(limit, sum(sizes))
    while left > 0:
        for section, size in enumerate(sizes):
            if left > 0 and dealt[section] < size:
                dealt[section] += 1
                left -= 1
    return dealt


def _age(item: Item) -> int:
    return -item.number
