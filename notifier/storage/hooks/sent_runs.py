"""Digests that went out, counted by the periods they were planned for.

Knows the table ``deliveries``, whose digests are numbered as they are planned, by one planner at a
time. Must never know whom a digest was for.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

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


def begin(connection: Connection) -> None:
    """Digests that are planned from now on are told of."""
    last = connection.scalar(select(func.max(deliveries.c.id))) or 0
    upsert(connection, counters, [{"name": _CURSOR, "value": last}], replace=False)


def is_any(connection: Connection) -> bool:
    """Whether there is any delivery of which nobody was told."""
    counted = connection.scalar(select(counters.c.value).where(counters.c.name == _CURSOR))
    return counted is None or counted < (connection.scalar(select(func.max(deliveries.c.id))) or 0)


def take(connection: Connection, now: datetime) -> Sequence[SentRun]:
    """The next runs of which each mail was tried, or has waited for long, in the order in which
    they were planned: nobody else gets them.
    """
    begin(connection)
    mine = select(counters.c.value).where(counters.c.name == _CURSOR).with_for_update()
    after: int = connection.execute(mine).scalar_one()
    # By the primary key, from where we are: SQLite would rather read all that are in a state.
    untried = deliveries.c.state.concat("").in_((DeliveryState.QUEUED, DeliveryState.SENDING))
    waiting = (
        select(deliveries.c.id)
        .where(deliveries.c.id > after, _is_digest, untried, deliveries.c.attempts == 0)
        .where(deliveries.c.created_at > now - PATIENCE)
        .order_by(deliveries.c.id)
        .limit(1)
    )
    first = connection.scalar(waiting)
    upto = first - 1 if first else connection.scalar(select(func.max(deliveries.c.id))) or 0
    if upto <= after:
        return ()
    connection.execute(counters.update().filter_by(name=_CURSOR).values(value=upto))
    return _counted(connection, after, upto, now)


def _counted(connection: Connection, after: int, upto: int, now: datetime) -> Sequence[SentRun]:
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
