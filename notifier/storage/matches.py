"""Selections that are followed, and which items came to be of each by which change.

Knows the tables ``selections`` and ``matches``, and how far the changes were followed. Must never
know what a selection is, or who follows it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Integer, bindparam, select

from feeds.storage import changes
from feeds.storage.database import last_number, next_numbers
from feeds.storage.engines import upsert
from feeds.storage.tables import counters
from notifier.model import Match
from notifier.storage.tables import matches, selections

#: By this name the last change is counted up to which everything is matched.
_MATCHED = "matched"


def keys(connection: Connection, queries: Collection[str]) -> Mapping[str, int]:
    """The keys of selections, by their canonical queries; new ones are matched from now on."""
    found = _keys(connection, queries)
    if new := [query for query in queries if query not in found]:
        # Whoever matches now does so before we read which change is the last, or knows of these.
        next_numbers(connection, _MATCHED, 0)
        rows = [{"query": query} for query in sorted(new)]
        upsert(connection, selections, rows, replace=False, key=[selections.c.query])
        found = _keys(connection, queries)
    return found


def since(connection: Connection, key: int) -> Sequence[tuple[int, str]]:
    """The selections with a higher key, each with its query, the first one first."""
    columns = (selections.c.id, selections.c.query)
    rows = connection.execute(select(*columns).where(selections.c.id > key).order_by(columns[0]))
    return [(row.id, row.query) for row in rows]


def ripe(connection: Connection, hold: timedelta, now: datetime) -> int:
    """The number of the last change that may be mailed: each waits for the length of a ``hold``."""
    if hold and (held := changes.fresh(connection, matched(connection), now - hold, now)):
        return held[0][0] - 1
    return last_number(connection, "changes")


def held(connection: Connection, hold: timedelta, now: datetime) -> Mapping[int, datetime]:
    """The items that wait for that, the first one first, and from when on each is mailed."""
    found: dict[int, datetime] = {}
    for _, item, at in changes.fresh(connection, matched(connection), now - hold, now):
        found.setdefault(item, at + hold)
    return found


def matched(connection: Connection) -> int:
    """The number of the last change that everything is matched with."""
    return last_number(connection, _MATCHED)


def hold(connection: Connection) -> int:
    """As `matched`; nobody else matches anything until the transaction ends."""
    next_numbers(connection, _MATCHED, 0)
    return matched(connection)


def add(connection: Connection, found: Mapping[int, Sequence[Match]], upto: int) -> None:
    """These came to be of selections, by their keys, and all up to a change is matched.

    What was of one before is so again: some were told of it then, and some were not.
    """
    known = of_items(connection, {match.item for each in found.values() for match in each})
    seen = {(key, item) for item, numbers in known.items() for key in numbers}
    rows = []
    for key, each in sorted(found.items()):
        for match in each:
            is_again = match.is_again or (key, match.item) in seen
            rows.append({"selection": key, **match._asdict(), "is_again": is_again})
            seen.add((key, match.item))
    upsert(connection, matches, rows)
    upsert(connection, counters, [{"name": _MATCHED, "value": upto}])


def beyond(
    connection: Connection, keys: Collection[int], after: int
) -> Mapping[int, Sequence[Match]]:
    """What matched these selections by changes after one, the earliest first."""
    rows = connection.execute(_BEYOND, {"keys": [*keys], "after": after})
    found = defaultdict[int, list[Match]](list)
    for key, *match in rows:
        found[key].append(Match(*match))
    return found


def of_items(connection: Connection, items: Collection[int]) -> Mapping[int, Mapping[int, int]]:
    """By which change each of these items came to be of which selections, by its number."""
    found: dict[int, dict[int, int]] = {item: {} for item in items}
    for item, key, number in connection.execute(_OF_ITEMS, {"items": [*items]}):
        found[item][key] = number
    return found


def queries(connection: Connection, keys: Collection[int]) -> Mapping[int, str]:
    """The queries of selections, by their keys."""
    rows = connection.execute(_QUERIES, {"keys": [*keys]})
    return {row.id: row.query for row in rows}


def _keys(connection: Connection, queries: Collection[str]) -> dict[str, int]:
    rows = connection.execute(_IDS, {"queries": [*queries]})
    return {row.query: row.id for row in rows}


# Made once: making them would take longer than running them.
_IDS = select(selections).where(selections.c.query.in_(bindparam("queries", expanding=True)))
_QUERIES = select(selections).where(selections.c.id.in_(bindparam("keys", expanding=True)))
_BEYOND = (
    select(matches.c.selection, matches.c.number, matches.c.item, matches.c.is_again)
    .where(matches.c.selection.in_(bindparam("keys", expanding=True)))
    .where(matches.c.number > bindparam("after", type_=Integer))
    .order_by(matches.c.number)
)
_OF_ITEMS = select(matches.c.item, matches.c.selection, matches.c.number).where(
    matches.c.item.in_(bindparam("items", expanding=True))
)
