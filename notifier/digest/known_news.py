"""What is at hand of the news while messages are made: read once, and anew once something changed.

Knows what the store is asked, and how little of it. Must never know what a digest says.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from feeds.errors import MalformedSelection
from feeds.model import Item, TopicRef
from feeds.selection import Selection
from feeds.storage import Connection, read_items
from feeds.storage.database import last_number
from notifier.digest.compose import Interest, News
from notifier.model import Frequency, Match, Window
from notifier.storage import matches
from notifier.storage.subscribers import FollowedSpan

#: What is new to somebody: their interests, and the windows of a digest.
Asked = tuple[Sequence[Interest], Mapping[Frequency, Window]]


@dataclass(slots=True)
class KnownNews:
    """Selections, what matched them, and the items that are shown.

    ``moved`` tells what topics are by now that were renamed or merged.
    """

    moved: Mapping[TopicRef, TopicRef]
    upto: tuple[int, int] = (-1, -1)
    items: dict[int, Item] = field(default_factory=dict)
    _selections: dict[int, Selection | None] = field(default_factory=dict)
    _matches: dict[int, Sequence[Match]] = field(default_factory=dict)
    _numbers: dict[int, Mapping[int, int]] = field(default_factory=dict)
    _floors: dict[int, int] = field(default_factory=dict)

    @property
    def news(self) -> News:
        return News(matches=self._matches, numbers=self._numbers, items=self.items)

    def forget(self, connection: Connection) -> None:
        """Nothing is at hand that was read before something changed."""
        upto = (matches.matched(connection), last_number(connection, "changes"))
        if upto != self.upto:
            self.upto = upto
            for kept in (self.items, self._matches, self._numbers, self._floors):
                kept.clear()

    def interests(self, connection: Connection, spans: Iterable[FollowedSpan]) -> list[Interest]:
        """What somebody follows by the topics of today, but for selections that are none."""
        spans = [*spans]
        if unknown := {each.key for each in spans} - self._selections.keys():
            for key, query in matches.queries(connection, unknown).items():
                self._selections[key] = self._selection(query)
        known = ((each, self._selections[each.key]) for each in spans)
        return [
            Interest(
                key=each.key,
                selection=selection,
                frequency=each.frequency,
                since=each.since,
                reached=each.reached,
                until=each.until,
            )
            for each, selection in known
            if selection is not None
        ]

    def learn(self, connection: Connection, asked: Sequence[Asked]) -> None:
        """What is new to these people is at hand.

        Of each selection what matched since the earliest change that is asked for, and no more:
        whoever was covered long ago makes nobody read all.
        """
        floors: dict[int, int] = {}
        for interests, windows in asked:
            for each in interests:
                after, upto = each.new(windows)
                if after < upto:
                    floors[each.key] = min(after, floors.get(each.key, after))
        missing = defaultdict[int, list[int]](list)
        for key, floor in floors.items():
            if floor < self._floors.get(key, floor + 1):
                missing[floor].append(key)
        for floor, keys in missing.items():
            found = matches.beyond(connection, keys, floor)
            self._matches |= {key: found.get(key, ()) for key in keys}
            self._floors |= dict.fromkeys(keys, floor)
        news = self.news
        new = {
            match.item
            for interests, windows in asked
            for each in interests
            for match in each.matching(news, windows)
        }
        if unknown := new - self._numbers.keys():
            self._numbers |= matches.of_items(connection, unknown)
            self.learn_items(connection, unknown)

    def learn_items(self, connection: Connection, numbers: Collection[int]) -> None:
        """Those of these items that are shown are at hand."""
        if unknown := set(numbers) - self.items.keys():
            shown = read_items.shown(connection, unknown)
            self.items |= {item.number: item for item in shown}

    def _selection(self, query: str) -> Selection | None:
        try:
            selection = Selection.parse(query)
        except MalformedSelection:
            return None
        topics = frozenset(self.moved.get(topic, topic) for topic in selection.topics)
        return replace(selection, topics=topics)
