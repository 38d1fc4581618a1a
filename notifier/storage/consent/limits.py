"""How often something may be asked for, counted in the store, which all nodes share.

Knows the table ``limits``. Must never know what is asked for, or by whom: a key is a keyed hash.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, update

from feeds.storage.engines import upsert
from notifier.storage.tables import limits

#: Longer than any span that is counted.
_KEPT = timedelta(days=2)


class Limit(NamedTuple):
    """No more than ``most`` of what has this ``key`` within a span of time."""

    key: str
    span: timedelta
    most: int


def take(connection: Connection, wanted: Sequence[Limit], now: datetime) -> Limit | None:
    """One more is counted under each of these, or under none: then the first that is used up.

    Spans begin at midnight UTC, and again after each, on every node. All that ask for one key wait
    for each other here, so that no two take what is the last.
    """
    used_up = None
    with connection.begin_nested() as counting:
        # In one order, so that no two wait for each other's.
        for each in sorted(wanted):
            row = {"key": each.key, "since": _since(each.span, now), "count": 0}
            upsert(connection, limits, [row], replace=False)
            is_it = (limits.c.key == row["key"], limits.c.since == row["since"])
            more = update(limits).where(*is_it).values(count=limits.c.count + 1)
            count = connection.execute(more.returning(limits.c.count)).scalar_one()
            used_up = used_up or (each if count > each.most else None)
        if used_up:
            counting.rollback()
    return used_up


def forget(connection: Connection, now: datetime) -> None:
    """What was counted in spans that ended is gone."""
    connection.execute(delete(limits).where(limits.c.since < now - _KEPT))


def _since(span: timedelta, now: datetime) -> datetime:
    beginning = datetime(1970, 1, 1, tzinfo=UTC)
    return beginning + (now - beginning) // span * span
