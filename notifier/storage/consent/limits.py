"""How often something may be asked for, counted in the store, which all nodes share.

Knows the table ``limits``. Must never know what is asked for, or by whom: a key is a keyed hash.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from feeds.storage.engines import upsert
from notifier.storage.tables import limits

#: Longer than any span that is counted.
_KEPT = timedelta(days=2)


class Limit(NamedTuple):
    """No more than ``most`` of what has this ``key`` within a span of time."""

    key: str
    span: timedelta
    most: int


# Made once, as each request of a flood would make them anew: that took longer than the store does.
_IS_IT = (limits.c.key == bindparam("of"), limits.c.since == bindparam("begun"))
_ONE_MORE = (
    update(limits)
    .where(*_IS_IT, limits.c.count < bindparam("most"))
    .values(count=limits.c.count + 1)
)
_ONE_LESS = update(limits).where(*_IS_IT).values(count=limits.c.count - 1)
_COUNTED = select(limits.c.key, limits.c.since, limits.c.count).where(
    limits.c.key.in_(bindparam("keys", expanding=True))
)


def used_up(connection: Connection, wanted: Sequence[Limit], now: datetime) -> frozenset[Limit]:
    """Those of them under which no more may be asked for at present; nothing is counted, and nobody
    waited for.
    """
    counted = connection.execute(_COUNTED, {"keys": [each.key for each in wanted]})
    counts = {(key, since): count for key, since, count in counted}
    return frozenset(
        each for each in wanted if counts.get((each.key, _since(each.span, now)), 0) >= each.most
    )


def take(connection: Connection, wanted: Sequence[Limit], now: datetime) -> Limit | None:
    """One more is counted under each of these, or under none: then the first that is used up.

    Spans begin at midnight UTC, and again after each, on every node. All that ask for one key wait
    for each other here, so that no two take what is the last.
    """
    taken: list[Limit] = []
    # In one order, so that no two wait for each other's.
    for each in sorted(wanted):
        if not _is_counted(connection, each, now):
            for other in taken:
                connection.execute(_ONE_LESS, {"of": other.key, "begun": _since(other.span, now)})
            return each
        taken.append(each)
    return None


def _is_counted(connection: Connection, limit: Limit, now: datetime) -> bool:
    """Whether one more was counted; most of the time there is a row, and one statement does."""
    since = _since(limit.span, now)
    wanted = {"of": limit.key, "begun": since, "most": limit.most}
    if connection.execute(_ONE_MORE, wanted).rowcount:
        return True
    row = {"key": limit.key, "since": since, "count": 0}
    upsert(connection, limits, [row], replace=False)
    return bool(connection.execute(_ONE_MORE, wanted).rowcount)


def forget(connection: Connection, now: datetime) -> None:
    """What was counted in spans that ended is gone."""
    connection.execute(delete(limits).where(limits.c.since < now - _KEPT))


def _since(span: timedelta, now: datetime) -> datetime:
    beginning = datetime(1970, 1, 1, tzinfo=UTC)
    return beginning + (now - beginning) // span * span
