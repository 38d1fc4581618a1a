"""Which selections an item is of, out of all that anybody follows.

Knows facets and words, and how few selections have to be looked at. Must never know who follows
one, or when.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from feeds.model import TopicKind, TopicRef
from feeds.search.query import Query, Terms, finds, found_by, query_of, spoken
from feeds.search.terms import terms_of
from feeds.selection import LANGUAGE, Place, Selection

#: An item is looked at as it was and as it is, and again where it changes soon.
_REMEMBERED_ITEMS = 64
#: The facet by which a selection is found is the one that leaves fewest items.
_BY_RARITY = (TopicKind.COUNTRY, TopicKind.ISSUER, TopicKind.FIELD, TopicKind.TYPE)


@dataclass(frozen=True, slots=True)
class Filed:
    """An item as selections see it: its topics, parents among them, its language and its texts."""

    topics: frozenset[TopicRef]
    language: str
    texts: tuple[str, ...]


class SelectionIndex:
    """Selections, each under a key of its own, found by one facet of each.

    ``moved`` tells what topics are by now that were renamed or merged.
    """

    def __init__(self, moved: Mapping[TopicRef, TopicRef]) -> None:
        self._moved = moved
        self._selections: dict[int, Selection] = {}
        self._queries: dict[int, Query | None] = {}
        self._by_place: defaultdict[Place | None, list[int]] = defaultdict(list)

    def add(self, key: int, selection: Selection) -> None:
        """It is among those that are found from now on."""
        today = replace(selection, topics=self._today(selection.topics))
        self._selections[key] = today
        if today.words:
            self._queries[key] = query_of(today)
        for place in _keys(today):
            self._by_place[place].append(key)

    def entered(self, before: Filed | None, now: Filed) -> Sequence[int]:
        """The keys of the selections that an item is of ``now``, and was not of ``before``."""
        item = replace(now, topics=self._today(now.topics))
        was = before and replace(before, topics=self._today(before.topics))
        places = [None, *(topic.place for topic in item.topics), *spoken(item.language)]
        found = {key for place in places for key in self._by_place.get(place, ())}
        return [
            key
            for key in sorted(found)
            if self._takes(key, item) and not (was and self._takes(key, was))
        ]

    def _takes(self, key: int, item: Filed) -> bool:
        selection = self._selections[key]
        if not selection.takes(item.topics, item.language):
            return False
        if key not in self._queries:
            return True
        query = self._queries[key]
        return query is not None and finds(query, _terms(item))

    def _today(self, topics: frozenset[TopicRef]) -> frozenset[TopicRef]:
        if self._moved.keys().isdisjoint(topics):
            return topics
        return frozenset(self._moved.get(topic, topic) for topic in topics)


def _keys(selection: Selection) -> Iterator[Place | None]:
    """Where one of the items of a selection is filed at least; None for anywhere."""
    for kind in _BY_RARITY:
        if topics := selection.of(kind):
            yield from (topic.place for topic in topics)
            return
    if selection.languages:
        yield from ((LANGUAGE, tag) for tag in selection.languages)
        return
    yield None


@lru_cache(_REMEMBERED_ITEMS)
def _terms(item: Filed) -> Terms:
    title, summary, body = item.texts
    told = (title, "" if summary in body else summary, body)
    places = (*(topic.place for topic in item.topics), *spoken(item.language))
    return found_by(places, terms_of(told, item.language))
