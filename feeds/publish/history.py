"""What a feed's history looks like now, and which of its pages are to be written for that.

Knows the order of questions to the store. Must never know SQL, a format or a file.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from feeds import search
from feeds.publish.past.archive import ArchivePage, ChainLink, Months, PageChain, changed
from feeds.selection import Place, Selection
from feeds.storage import Connection, entries
from feeds.storage.entries import Latest, Outstanding
from feeds.times import month_of, span_of

# Of a page in several forms this one is written first.
_PAGE = re.compile(r"(feeds/.+/)([0-9]{4}-[0-9]{2})(?:-[0-9]+)?\.atom")
# All there are.
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What may have changed in the history of a place since it was published: the ``items`` that
    did, as they are filed there, and the ``months`` of which nobody knows what did.
    """

    items: Sequence[Latest] = ()
    months: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The ``chain`` of the pages of a selection, which of its links are to be written, those of new
    pages first, and which pages are ``gone``.
    """

    selection: Selection
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


def months_of(paths: Collection[str]) -> Mapping[str, Collection[str]]:
    """Of which months there are pages of histories among published files, by the address of the
    page of their feed.
    """
    months: defaultdict[str, set[str]] = defaultdict(set)
    for found in filter(None, map(_PAGE.fullmatch, paths)):
        months[found[1]].add(found[2])
    return months


def anywhere(changes: Collection[Change]) -> Change:
    """What may have changed in the history of a selection: nobody knows what of all that did is, or
    was, among what it asks for.
    """
    months = {month for change in changes for month in change.months}
    items = (each for change in changes for each in change.items)
    return Change(months=months | {month_of(each.news_at) for each in items})


def all_of(
    connection: Connection, selection: Selection, published: PageChain, size: int
) -> History:
    """The whole history of a selection, every page to be written, and which of the
    ``published`` ones are no more.
    """
    moments = (month_of(at) for _, at in filed(connection, selection))
    months = {month: len([*some]) for month, some in groupby(moments)}
    now = PageChain(months=months, size=size)
    written, old = ([*each.links(each.names)] for each in (now, published))
    names = {link.page.name for link in written}
    gone = [link.page for link in old if link.page.name not in names]
    return History(selection=selection, chain=now, written=written, gone=gone)


def since(
    connection: Connection, selection: Selection, published: Months, change: Change, size: int
) -> History:
    """The same after a change, with what that changed of the ``published`` one."""
    of_month: dict[str, list[Latest]] = {month: [] for month in change.months}
    for each in change.items:
        of_month.setdefault(month_of(each.news_at), []).append(each)
    months, first = dict(published), {}
    for month, items in of_month.items():
        here = filed(connection, selection, month)
        months[month] = len(here)
        keys = [(each.news_at, each.item) for each in here]
        # Where these items stand, or would stand.
        places = (bisect_left(keys, (each.news_at, each.item)) for each in items)
        first[month] = 0 if month in change.months else min(places)
    before = PageChain(months=published, size=size)
    now = PageChain(months={month: count for month, count in months.items() if count}, size=size)
    written, gone = changed(before, now, first)
    return History(selection=selection, chain=now, written=written, gone=gone)


def filed(connection: Connection, selection: Selection, month: str = "") -> Sequence[Latest]:
    """The items of a selection in the order in which they became news, or those of one month: as
    far as the index of search follows where it is no place.
    """
    if place := selection.place:
        return entries.history(connection, place, month)
    if month:
        return search.became_news(connection, selection, *span_of(month))[::-1]
    return search.latest(connection, selection, _MOST)[::-1]


def held(
    connection: Connection, selection: Selection, pages: Sequence[ArchivePage]
) -> Mapping[ArchivePage, Sequence[int]]:
    """The numbers of the items on these pages, in the order in which they became news."""
    found = {
        month: [each.item for each in filed(connection, selection, month)]
        for month in dict.fromkeys(page.month for page in pages)
    }
    return {page: found[page.month][page.start : page.start + page.count] for page in pages}
