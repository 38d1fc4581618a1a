"""Which items are of a selection, the latest first: one door, whatever engine keeps the store.

Knows the index of terms and what it cannot tell. Must never know addresses, feeds or pages.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from feeds.search import fulltext
from feeds.search.fulltext import FIRST, Hit, moment_of, rank_of
from feeds.search.index import begin_anew, filed, follow, followed
from feeds.search.query import CORRECTED, Query, query_of, was_there
from feeds.selection import Selection
from feeds.storage.entries import Latest
from feeds.storage.tables import items

__all__ = [
    "became_news",
    "begin_anew",
    "corrected",
    "first_since",
    "follow",
    "followed",
    "latest",
    "moment_of",
    "rank_of",
]

# How many are looked at for the first that is shown.
_FIRST_AT_ONCE = 20
# Of those corrected, so many of the latest are looked at for those corrected last.
_MOST_CORRECTED = 1_000


def latest(
    connection: Connection, selection: Selection, limit: int, before: datetime | None = None
) -> Sequence[Latest]:
    """The items of a selection that became news last, newest first, as far as the index follows.

    An item became news there when it was filed under the last of what the selection asks for.
    ``before`` continues behind the last of those given before, by its moment; each has its own.
    """
    query = query_of(selection)
    return _latest(connection, selection, query, limit, before) if query else []


def became_news(
    connection: Connection, selection: Selection, start: datetime, end: datetime
) -> Sequence[Latest]:
    """All items of a selection that became news in ``[start, end)``, the newest first."""
    query = query_of(selection)
    if query is None:
        return []
    hits = fulltext.within(connection, query, rank_of(end), rank_of(start))
    return [*_true(connection, selection, hits)]


def first_since(connection: Connection, selection: Selection, moment: datetime) -> Latest | None:
    """The first item of a selection that became news at a ``moment`` or later."""
    query = query_of(selection)
    before = rank_of(moment) + 1
    hits = fulltext.following(connection, query, before, _FIRST_AT_ONCE) if query else ()
    while query and hits:
        for each in _true(connection, selection, hits):
            return each
        hits = fulltext.following(connection, query, hits[-1].rank, _FIRST_AT_ONCE)
    return None


def corrected(
    connection: Connection, selection: Selection, since: datetime, limit: int
) -> Sequence[Latest]:
    """The items that became news there before ``since`` and were significantly changed later, the
    last changed first.
    """
    query = query_of(selection, CORRECTED)
    if query is None:
        return []
    known = _latest(connection, selection, query, _MOST_CORRECTED, since)
    changed = (
        select(items.c.number)
        .where(items.c.number.in_([each.item for each in known]), items.c.updated_at > since)
        .order_by(items.c.updated_at.desc(), items.c.number.desc())
        .limit(limit)
    )
    moments = dict(known)
    return [Latest(number, moments[number]) for number in connection.scalars(changed)]


def _latest(
    connection: Connection,
    selection: Selection,
    query: Query,
    limit: int,
    before: datetime | None,
) -> Sequence[Latest]:
    after = FIRST if before is None else rank_of(before)
    found: list[Latest] = []
    while len(found) < limit:
        hits = fulltext.find(connection, query, after, limit)
        found += _true(connection, selection, hits)
        if len(hits) < limit:
            break
        after = hits[-1].rank
    return found[:limit]


def _true(connection: Connection, selection: Selection, hits: Sequence[Hit]) -> Iterator[Latest]:
    """Those that are shown, each when it first was in the selection."""
    late = [hit.item for hit in hits if hit.is_late]
    places = filed(connection, late) if late else {}
    for hit in hits:
        moment = moment_of(hit.rank)
        if hit.is_shown and not (hit.is_late and was_there(selection, places[hit.item], moment)):
            yield Latest(hit.item, moment)
