"""What stands in one person's digest: which items, under which heading, in which order.

Knows selections, items and windows. Must never know how a digest is shown, or who gets it.

Work for one subscriber is proportional to what is new in the selections they follow, not to all
items of a run: `News` has it by selection, and by item.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from feeds.model import Item, TopicRef
from feeds.selection import Selection
from notifier.model import Digest, Frequency, Match, Section, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """A selection that somebody follows, or did, by its ``key``: they get what is new of it by a
    change in ``(since, until]``, in the digests of one frequency. These had ``reached`` so far when
    they began to, so that the first one that goes further begins with ``since``.
    """

    key: int
    selection: Selection
    frequency: Frequency
    since: int
    reached: int
    until: int | None = None

    def new(self, windows: Mapping[Frequency, Window]) -> tuple[int, int]:
        """Between which changes something is new to them, the first one apart."""
        window = windows.get(self.frequency)
        if window is None or window.upto <= self.reached:
            return 0, 0
        last = window.upto if self.until is None else min(window.upto, self.until)
        return (window.after if window.after > self.reached else self.since), last

    def had(self, windows: Mapping[Frequency, Window]) -> tuple[int, int]:
        """Between which changes something was new to them before."""
        window = windows.get(self.frequency)
        if self.until is not None and (window is None or window.after >= self.until):
            return self.since, self.until
        if window is None or window.after <= self.reached:
            return 0, 0
        return self.since, window.after

    def matching(self, news: "News", windows: Mapping[Frequency, Window]) -> Sequence[Match]:
        """What is new to them, the earliest first."""
        after, upto = self.new(windows)
        matches = news.matches.get(self.key, ())
        first, last = (bisect_right(matches, number, key=itemgetter(0)) for number in (after, upto))
        return matches[first:last]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What came to be of selections, by their keys, the earliest first; of each of these items by
    which change it did, by key; and the ``items`` that are shown.
    """

    matches: Mapping[int, Sequence[Match]]
    numbers: Mapping[int, Mapping[int, int]]
    items: Mapping[int, Item]


def compose(
    interests: Sequence[Interest],
    news: News,
    windows: Mapping[Frequency, Window],
    *,
    limit: int,
    muted: frozenset[TopicRef] = frozenset(),
    told: Collection[int] | None = None,
) -> Digest | None:
    """The digest of some windows for one person, or None where nothing is left for it.

    ``interests`` are in the person's order, those that are over among them. An item stands under
    the first selection that matched and names the others that did. None is of a ``muted`` topic,
    was ``told``, or was new by another of the selections in a window covered before: where it is
    known what they were told, by another that they follow still. Of more than
    ``limit`` items each section keeps its newest, and the places are dealt round by round, so that
    a busy selection does not crowd out a quiet one.
    """
    # Of what is over something may have waited when they left, and was not sent then.
    count = [each for each in interests if told is None or each.until is None]
    had = [(each.key, *each.had(windows)) for each in count]
    sections: dict[Selection, list[Item]] = {}
    matched: dict[int, list[Selection]] = {}
    for interest in interests:
        for _, number, is_again in reversed(interest.matching(news, windows)):
            item = news.items.get(number)
            if item is None or number in (told or ()) or not muted.isdisjoint(item.topics):
                continue
            if number not in matched:
                by_key = news.numbers[number]
                # Where some had it and others did not, only what was told tells.
                if not is_again and any(
                    since < by_key.get(key, 0) <= upto for key, since, upto in had
                ):
                    continue
                matched[number] = []
                sections.setdefault(interest.selection, []).append(item)
            if interest.selection not in matched[number]:
                matched[number].append(interest.selection)
    if not matched:
        return None
    places = _deal([len(items) for items in sections.values()], limit)
    return Digest(
        sections=tuple(
            _section(selection, items[:kept], matched, len(items) - kept)
            for (selection, items), kept in zip(sections.items(), places, strict=True)
        ),
        total=len(matched),
    )


def _section(
    selection: Selection,
    items: Sequence[Item],
    matched: Mapping[int, Sequence[Selection]],
    left_out: int,
) -> Section:
    also_in = tuple(tuple(matched[item.number][1:]) for item in items)
    return Section(selection=selection, items=tuple(items), also_in=also_in, left_out=left_out)


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
