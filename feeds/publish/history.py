"""What a feed's history looks like now, and which of its pages are to be written for that.

Knows the order of questions to the store. Must never know SQL, a format or a file.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from feeds.publish.past.archive import ArchivePage, ChainLink, Months, PageChain, changed
from feeds.selection import Place
from feeds.storage import Connection, entries
from feeds.storage.entries import Latest, Outstanding
from feeds.times import month_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What may have changed in the history of a place since it was published: the ``items`` that
    did, as they are filed there, and the ``months`` of which nobody knows what did.
    """

    items: Sequence[Latest] = ()
    months: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The ``chain`` of the pages of a place, which of its links are to be written, those of new
    pages first, and which pages are ``gone``.
    """

    place: Place
    chain: PageChain
    written: Sequence[ChainLink]
    gone: Sequence[ArchivePage]


def changes(connection: Connection, state: Outstanding) -> Mapping[Place, Change]:
    """What may have changed in the history of each place by all that is outstanding."""
    items: defaultdict[Place, list[Latest]] = defaultdict(list)
    for place, each in entries.filed(connection, state.published, state.upto):
        items[place].append(each)
    months: defaultdict[Place, set[str]] = defaultdict(set)
    for touch in state.touched:
        if touch.month:
            months[touch.place].add(touch.month)
    places = items.keys() | months.keys()
    return {place: Change(items=items[place], months=months[place]) for place in places}


def all_of(connection: Connection, place: Place, published: PageChain, size: int) -> History:
    """The whole history of a place, every page to be written, and which of the ``published`` ones
    are no more.
    """
    filed = entries.history(connection, place)
    months = {month: len([*some]) for month, some in groupby(month_of(at) for _, at in filed)}
    now = PageChain(months=months, size=size)
    written, old = ([*each.links(each.names)] for each in (now, published))
    names = {link.page.name for link in written}
    gone = [link.page for link in old if link.page.name not in names]
    return History(place=place, chain=now, written=written, gone=gone)


def since(
    connection: Connection, place: Place, published: Months, change: Change, size: int
) -> History:
    """The history of a place after a change, with what that changed of the ``published`` one."""
    of_month: dict[str, list[Latest]] = {month: [] for month in change.months}
    for each in change.items:
        of_month.setdefault(month_of(each.news_at), []).append(each)
    months, first = dict(published), {}
    for month, items in of_month.items():
        filed = entries.history(connection, place, month)
        months[month] = len(filed)
        first[month] = 0 if month in change.months else min(_places(filed, items))
    before = PageChain(months=published, size=size)
    now = PageChain(months={month: count for month, count in months.items() if count}, size=size)
    written, gone = changed(before, now, first)
    return History(place=place, chain=now, written=written, gone=gone)


def held(
    connection: Connection, place: Place, pages: Sequence[ArchivePage]
) -> Mapping[ArchivePage, Sequence[int]]:
    """The numbers of the items on these pages, in the order in which they became news."""
    filed = {
        month: [each.item for each in entries.history(connection, place, month)]
        for month in dict.fromkeys(page.month for page in pages)
    }
    return {page: filed[page.month][page.start : page.start + page.count] for page in pages}


def _places(filed: Sequence[Latest], items: Sequence[Latest]) -> Iterator[int]:
    """Where these items stand among what is filed, or would stand."""
    keys = [(each.news_at, each.item) for each in filed]
    return (bisect_left(keys, (each.news_at, each.item)) for each in items)
