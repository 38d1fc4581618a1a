"""Digests that went out, counted by the periods they were planned for.

Knows the table ``deliveries``, whose digests are numbered as they are planned, by one planner at a
time. Must never know whom a digest was for.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from feeds.storage.engines import upsert
from feeds.storage.tables import counters
from notifier.model import DeliveryState
from notifier.storage.tables import deliveries
from notifier.webhooks.hook_event import SentRun

#: By this name it is remembered up to which delivery digests were counted.
_CURSOR = "hook_events.digests"
#: A run is told of once each of its mails was tried; what waits for longer is counted as waiting.
PATIENCE: Final = timedelta(days=1)

_is_digest = deliveries.c.notice.is_(None)


class FoundRuns(NamedTuple):
    """The runs between two deliveries that are over; each delivery up to ``tried`` was tried."""

    after: int
    upto: int
    tried: int
    runs: Sequence[SentRun]


def begin(connection: Connection) -> None:
    """Digests that are planned from now on are told of, where none were before."""
    upsert(connection, counters, [{"name": _CURSOR, "value": _last(connection)}], replace=False)


def end(connection: Connection) -> None:
    """Nobody is told of digests: whoever wants that later is told of those that come then."""
    connection.execute(counters.delete().where(counters.c.name == _CURSOR))


def find(connection: Connection, tried: int, now: datetime) -> FoundRuns:
    """The next runs of which each mail was tried, or has waited for long, in the order in which
    they were planned, beyond what `take` had.

    All up to the number ``tried`` were so before, and are not looked at again for that.
    """
    after = connection.scalar(select(counters.c.value).where(counters.c.name == _CURSOR))
    if after is None:
        after = _last(connection)
    # By the primary key, from where we are: SQLite would rather read all that are in a state.
    untried = deliveries.c.state.concat("").in_((DeliveryState.QUEUED, DeliveryState.SENDING))
    waiting = (
        select(deliveries.c.id, deliveries.c.period)
        .where(deliveries.c.id > max(after, tried), _is_digest)
        .where(untried, deliveries.c.attempts == 0, deliveries.c.created_at > now - PATIENCE)
        .order_by(deliveries.c.id)
        .limit(1)
    )
    first = connection.execute(waiting).one_or_none()
    if first is None:
        upto = max(after, _last(connection))
        return FoundRuns(after, upto, upto, _counted(connection, after, upto, now))
    # A run is told of once, not with each part of it.
    its = (deliveries.c.id > after, _is_digest, deliveries.c.period == first.period)
    begins = select(deliveries.c.id).where(*its).order_by(deliveries.c.id).limit(1)
    upto = connection.execute(begins).scalar_one() - 1
    return FoundRuns(after, upto, first.id - 1, _counted(connection, after, upto, now))


def take(connection: Connection, found: FoundRuns) -> bool:
    """Nobody else finds these runs from now on; False where somebody else took them."""
    mine = counters.update().where(counters.c.name == _CURSOR, counters.c.value == found.after)
    return connection.execute(mine.values(value=found.upto)).rowcount > 0


def _last(connection: Connection) -> int:
    return connection.scalar(select(func.max(deliveries.c.id))) or 0


def _counted(connection: Connection, after: int, upto: int, now: datetime) -> Sequence[SentRun]:
    if upto <= after:
        return ()
    its = deliveries.c
    query = (
        select(its.period, its.state, func.count(), func.min(its.id), func.min(its.created_at))
        .add_columns(func.max(its.settled_at))
        .where(its.id.between(after + 1, upto), _is_digest, its.state != DeliveryState.SKIPPED)
        .group_by(its.period, its.state)
    )
    rows = defaultdict(list)
    for period, *counted in connection.execute(query):
        rows[period].append(counted)
    runs = [
        SentRun(
            period=period,
            first=min(first for _, _, first, _, _ in counted),
            planned_at=min(planned for *_, planned, _ in counted),
            at=max((at for *_, at in counted if at), default=now),
            counts={state: count for state, count, *_ in counted},
        )
        for period, counted in rows.items()
    ]
    return sorted(runs, key=lambda run: run.first)
