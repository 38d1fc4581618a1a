"""An index of terms in the store's own engine: SQLite's FTS5, or a GIN index of tsvectors.

Knows how each engine writes terms and queries, and what it does fast. Must never know what a term
means, or why it is looked for.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    table,
    text,
)

from feeds.search.query import Choice, Phrase, Query
from feeds.search.terms import BREAK
from feeds.storage.tables import is_shown, items, searchable

#: Before the rank of every item.
FIRST = -(2**62)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item in the index, at the ``moment`` when it became news: in general, or where it was
    filed late. ``places`` have no order, ``words`` have.
    """

    item: int
    moment: datetime
    is_late: bool
    places: Sequence[str]
    words: Sequence[str]


class Hit(NamedTuple):
    """An entry that was found; the smaller its ``rank``, the newer."""

    item: int
    rank: int
    is_late: bool
    is_shown: bool


def rank_of(moment: datetime) -> int:
    """The place of a moment among all, the latest first: microseconds before 1970."""
    return (_EPOCH - moment) // _MICROSECOND


def moment_of(rank: int) -> datetime:
    """The moment of a rank."""
    return _EPOCH - rank * _MICROSECOND


def replace(connection: Connection, numbers: Collection[int], entries: Sequence[Entry]) -> None:
    """Of the items of these numbers the index holds these entries, and no others."""
    is_sqlite = connection.dialect.name == "sqlite"
    old = searchable.c.item.in_(numbers)
    if is_sqlite:
        known = connection.execute(select(searchable.c.rank, searchable.c.terms).where(old))
        _in_fts5(connection, _FORGET, [(rank, _unpacked(terms)) for rank, terms in known])
    connection.execute(delete(searchable).where(old))
    ranks = _free_ranks(connection, entries)
    ranked = [*zip(ranks, entries, strict=True)]
    rows = [
        {
            "rank": rank,
            "item": each.item,
            "is_late": each.is_late,
            "terms": _packed(each) if is_sqlite else _tsvector(each, rank),
        }
        for rank, each in ranked
    ]
    if rows:
        connection.execute(insert(searchable), rows)
    if is_sqlite:
        _in_fts5(connection, _LEARN, [(rank, _spelt(each)) for rank, each in ranked])


def find(connection: Connection, query: Query, after: int, limit: int) -> Sequence[Hit]:
    """The newest entries of a query of a higher rank than ``after``; less than ``limit`` only
    where there are no more. Those of items that were hidden meanwhile are among them.
    """
    if connection.dialect.name == "sqlite":
        asked = {"query": _match(query), "after": after, "limit": limit}
        return [Hit(*row) for row in connection.execute(_ON_SQLITE, asked)]
    return _on_postgresql(connection, query, after, limit)


def within(connection: Connection, query: Query, after: int, upto: int) -> Sequence[Hit]:
    """All entries of a query of the ranks ``(after, upto]``, the newest first, as by `find`."""
    asked = {"after": after, "upto": upto}
    if connection.dialect.name == "sqlite":
        rows = connection.execute(_WITHIN_ON_SQLITE, asked | {"query": _match(query)})
        return [Hit(*row) for row in rows]
    bits = _SPANS[0]
    spans = range(_span(bits, upto), _span(bits, after) + 1)
    either = "|".join(f"'{bits}:{span}'" for span in spans)
    spelt = f"{_tsquery(query)}&({either})"
    connection.execute(_BY_INDEX, {"to": "off"})
    rows = connection.execute(_WITHIN_ON_POSTGRESQL, asked | {"query": spelt})
    hits = [Hit(*row) for row in rows]
    connection.execute(_BY_INDEX, {"to": "on"})
    return hits


def following(connection: Connection, query: Query, before: int, limit: int) -> Sequence[Hit]:
    """Some of the oldest entries of a query of a lower rank than ``before``, the oldest first;
    none only where there are none. Hidden ones are among them, as by `find`.
    """
    asked = {"before": before, "limit": limit}
    if connection.dialect.name == "sqlite":
        rows = connection.execute(_FOLLOWING_ON_SQLITE, asked | {"query": _match(query)})
        return [Hit(*row) for row in rows]
    spelt = _tsquery(query)
    hits: Sequence[Hit] = ()
    connection.execute(_BY_INDEX, {"to": "off"})
    for bits in (*_SPANS, None):
        span = "" if bits is None else f"&({_spans(bits, before, 1)})"
        rows = connection.execute(_FOLLOWING_ON_POSTGRESQL, asked | {"query": f"{spelt}{span}"})
        if hits := [Hit(*row) for row in rows]:
            break
    connection.execute(_BY_INDEX, {"to": "on"})
    return hits


def _free_ranks(connection: Connection, entries: Sequence[Entry]) -> list[int]:
    """The ranks of these entries, of which no two are the same, nor that of another in the index.

    Moments are unique but for odd coincidences: what comes second is a microsecond older.
    """
    ranks = [rank_of(each.moment) for each in entries]
    while True:
        query = select(searchable.c.rank).where(searchable.c.rank.in_(ranks))
        taken = set(connection.scalars(query))
        is_free = True
        for at, rank in enumerate(ranks):
            if rank in taken:
                ranks[at] = rank + 1
                is_free = False
            taken.add(rank)
        if is_free:
            return ranks


# -- SQLite ----------------------------------------------------------------------------------------

# Its rows are read in the order of their numbers, so these are ranks. It keeps no texts: to forget
# one it has to be told what it learnt (https://sqlite.org/fts5.html, 6.4).
_FTS5 = "searchable_terms"
_LEARN = f"INSERT INTO {_FTS5} (rowid, terms) VALUES (?, ?)"  # noqa: S608 - a constant
_FORGET = f"INSERT INTO {_FTS5} ({_FTS5}, rowid, terms) VALUES ('delete', ?, ?)"  # noqa: S608

_fts5 = table(_FTS5, column("rowid"), column(_FTS5))
_matching = (
    select(searchable.c.item, searchable.c.rank, searchable.c.is_late, is_shown)
    .select_from(_fts5)
    .join(searchable, searchable.c.rank == _fts5.c.rowid)
    .join(items, items.c.number == searchable.c.item)
    .where(_fts5.c[_FTS5].op("MATCH")(bindparam("query")))
)
_older = _matching.where(_fts5.c.rowid > bindparam("after")).order_by(_fts5.c.rowid)
_ON_SQLITE = _older.limit(bindparam("limit"))
_WITHIN_ON_SQLITE = _older.where(_fts5.c.rowid <= bindparam("upto"))
_FOLLOWING_ON_SQLITE = (
    _matching.where(_fts5.c.rowid < bindparam("before"))
    .order_by(_fts5.c.rowid.desc())
    .limit(bindparam("limit"))
)


def _in_fts5(connection: Connection, statement: str, rows: Sequence[tuple[int, str]]) -> None:
    if rows:
        connection.exec_driver_sql(statement, list(rows))


def _spelt(entry: Entry) -> str:
    return " ".join((*entry.places, BREAK, *entry.words))


def _packed(entry: Entry) -> bytes:
    return zlib.compress(_spelt(entry).encode(), 1)


def _unpacked(terms: bytes) -> str:
    return zlib.decompress(terms).decode()


def _match(query: Query) -> str:
    """The query in FTS5's words (https://sqlite.org/fts5.html, 3): all in quotes, so plain."""
    match = " AND ".join(f"({_any(choice)})" for choice in query.wanted)
    if query.unwanted:
        unwanted = " OR ".join(map(_any, query.unwanted))
        match = f"({match}) NOT ({unwanted})"
    exempt = f" NOT ({_any(query.filed)})" if query.filed else ""
    return f"({match}) NOT ({_any(query.late)}{exempt})"


def _any(choice: Choice) -> str:
    return " OR ".join(f'"{" ".join(each.terms)}"{" *" if each.is_open else ""}' for each in choice)


# -- PostgreSQL ------------------------------------------------------------------------------------

# Its index knows no order: it is asked for what is of the last days, then of four or sixteen times
# as long and so on, then for all, until there is enough: the last answer takes longest. So many
# bits of a second are 6 days, 24, 97, a year, four.
_SPANS = (19, 21, 23, 25, 27)
# The planner takes what is frequent for cheaper to be read whole, unaware of texts kept elsewhere.
_BY_INDEX = text("SELECT set_config('enable_seqscan', :to, true), set_config('jit', 'off', true)")
_found = (
    select(searchable.c.item, searchable.c.rank, searchable.c.is_late)
    .where(text("searchable.terms @@ CAST(:query AS tsquery)"))
    .cte("found")
    .prefix_with("MATERIALIZED")
)
_newest = (
    select(_found)
    .where(_found.c.rank > bindparam("after"))
    .order_by(_found.c.rank)
    .limit(bindparam("limit"))
    .subquery("newest")
)
_ON_POSTGRESQL = (
    select(_newest.c.item, _newest.c.rank, _newest.c.is_late, is_shown)
    .join(items, items.c.number == _newest.c.item)
    .order_by(_newest.c.rank)
)
_shown = select(_found.c.item, _found.c.rank, _found.c.is_late, is_shown).join(
    items, items.c.number == _found.c.item
)
_WITHIN_ON_POSTGRESQL = _shown.where(
    _found.c.rank > bindparam("after"), _found.c.rank <= bindparam("upto")
).order_by(_found.c.rank)
_FOLLOWING_ON_POSTGRESQL = (
    _shown.where(_found.c.rank < bindparam("before"))
    .order_by(_found.c.rank.desc())
    .limit(bindparam("limit"))
)
_NEWEST = select(func.min(searchable.c.rank))


def _on_postgresql(connection: Connection, query: Query, after: int, limit: int) -> Sequence[Hit]:
    newest = after if after > FIRST else connection.scalar(_NEWEST)
    if newest is None:
        return ()
    asked = {"after": after, "limit": limit}
    spelt = _tsquery(query)
    hits: Sequence[Hit] = ()
    connection.execute(_BY_INDEX, {"to": "off"})
    spans = [None, *reversed(_SPANS)]
    while spans and len(hits) < limit:
        bits = spans.pop()
        span = "" if bits is None else f"&({_spans(bits, newest)})"
        rows = connection.execute(_ON_POSTGRESQL, asked | {"query": f"{spelt}{span}"})
        hits = [Hit(*row) for row in rows]
        if not hits and len(spans) > 1:
            # Nor will four times as long hold enough.
            spans.pop()
    connection.execute(_BY_INDEX, {"to": "on"})
    return hits


def _spans(bits: int, rank: int, beside: int = -1) -> str:
    """The span of a moment and the one before or after, so that no less than one of its length is
    asked.
    """
    here = _span(bits, rank)
    return f"'{bits}:{here}'|'{bits}:{here + beside}'"


def _span(bits: int, rank: int) -> int:
    return -rank // _MICROSECONDS >> bits


def _tsvector(entry: Entry, rank: int) -> str:
    """The entry as tsvectors are written; terms hold nothing that would have to be escaped."""
    positions: defaultdict[str, list[int]] = defaultdict(list)
    for position, word in enumerate(entry.words, start=1):
        positions[word].append(position)
    positions.pop(BREAK, None)
    words = (f"'{word}':{','.join(map(str, at))}" for word, at in positions.items())
    spans = (f"{bits}:{_span(bits, rank)}" for bits in _SPANS)
    places = (f"'{place}'" for place in (*entry.places, *spans))
    return " ".join((*places, *words))


def _tsquery(query: Query) -> str:
    wanted = "&".join(map(_either, query.wanted))
    unwanted = "".join(f"&!{_either(choice)}" for choice in query.unwanted)
    exempt = f"&!{_either(query.filed)}" if query.filed else ""
    return f"{wanted}{unwanted}&!({_either(query.late)}{exempt})"


def _either(choice: Choice) -> str:
    return f"({'|'.join(map(_adjacent, choice))})"


def _adjacent(phrase: Phrase) -> str:
    return "<->".join(f"'{term}'{':*' if phrase.is_open else ''}" for term in phrase.terms)
