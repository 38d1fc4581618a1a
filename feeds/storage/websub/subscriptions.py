"""Subscriptions at our own hub, and what is to be delivered to each: the ledger of its deliveries.

Knows whose turn a delivery is, and the hub's cursor in the publications. Must never know HTTP, or
decide what comes of a delivery.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    null,
    select,
    update,
)

from feeds.storage.columns import Instant
from feeds.storage.database import last_number
from feeds.storage.engines import upsert
from feeds.storage.tables import counters, publications
from feeds.storage.websub.claims import due_rows, take
from feeds.storage.websub.publications import latest
from feeds.storage.websub.tables import feed_subscriptions
from feeds.storage.websub.verifications import AskedSubscription

_CURSOR = "publications.distributed"

# Read at a time to find hosts that have a turn; what is left over is read again when one is free.
_LOOKED_AT = 500
# Of one host at a time.
_MOST_OF_A_HOST = 50

_table = feed_subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDelivery:
    """The document at ``path`` is to be delivered as it was at its change number ``wanted``, or is
    since. It is ours until ``due_at``.
    """

    id: int
    callback: str
    path: str
    host: str
    secret: str
    wanted: int
    due_at: datetime
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEnd:
    """What came of one try: it is delivered, or due again at ``again_at``; then ``failures`` is how
    often in a row it failed.
    """

    delivery: FeedDelivery
    failures: int
    again_at: datetime | None = None


# -- Who subscribes --------------------------------------------------------------------------------


def count(connection: Connection, now: datetime) -> int:
    """How many subscriptions there are that did not end."""
    query = select(func.count()).select_from(_table).where(_table.c.expires_at > now)
    return connection.scalar(query) or 0


def count_of_host(connection: Connection, host: str, now: datetime) -> int:
    """How many subscriptions a host has that did not end."""
    its = and_(_table.c.host == host, _table.c.expires_at > now)
    return connection.scalar(select(func.count()).select_from(_table).where(its)) or 0


def is_subscribed(connection: Connection, path: str, callback: str, now: datetime) -> bool:
    """Whether the subscription is there and did not end."""
    its = and_(_table.c.path == path, _table.c.callback == callback, _table.c.expires_at > now)
    return connection.scalar(select(_table.c.id).where(its)) is not None


def grant(connection: Connection, asked: AskedSubscription, now: datetime) -> None:
    """The subscription is there, in place of the one it renews; what that one waits for stays."""
    connection.execute(delete(_table).where(_table.c.expires_at <= now))
    expires_at = now + timedelta(seconds=asked.lease_seconds)
    known = latest(connection)
    row = {
        "callback": asked.callback,
        "path": asked.path,
        "host": asked.host,
        "secret": asked.secret,
        "expires_at": expires_at,
    }
    first = {"wanted": known, "told": known, "due_at": None, "failures": 0}
    key = [_table.c.path, _table.c.callback]
    upsert(connection, _table, [row | first], replace=False, key=key)
    its = and_(_table.c.path == asked.path, _table.c.callback == asked.callback)
    connection.execute(update(_table).where(its).values(row))


def end(connection: Connection, path: str, callback: str) -> None:
    """There is no such subscription any more."""
    its = and_(_table.c.path == path, _table.c.callback == callback)
    connection.execute(delete(_table).where(its))


# -- What is to be delivered -----------------------------------------------------------------------


def is_any_due(
    connection: Connection, now: datetime, busy: Collection[str], *, failing: bool
) -> bool:
    """Whether `claim` would find something, or `fan_out` something new."""
    due = select(_table.c.id).where(_due(now, busy, failing=failing)).limit(1)
    if connection.scalar(due) is not None:
        return True
    cursor = last_number(connection, _CURSOR)
    return cursor < latest(connection)


def fan_out(connection: Connection, now: datetime) -> None:
    """All documents that changed since it was done last are wanted by who subscribed to them.

    One that is tried again later still is, and then gets the newest.
    """
    upsert(connection, counters, [{"name": _CURSOR, "value": 0}], replace=False)
    mine = select(counters.c.value).filter_by(name=_CURSOR).with_for_update()
    cursor: int = connection.execute(mine).scalar_one()
    upto = latest(connection)
    if cursor >= upto:
        return
    connection.execute(delete(_table).where(_table.c.expires_at <= now))
    changed = (
        select(publications.c.number).where(publications.c.path == _table.c.path).scalar_subquery()
    )
    later = select(publications.c.path).where(publications.c.number > cursor)
    due_at = func.coalesce(_table.c.due_at, literal(now, Instant))
    wanting = and_(_table.c.path.in_(later), _table.c.told < changed)
    connection.execute(update(_table).where(wanting).values(wanted=changed, due_at=due_at))
    connection.execute(update(counters).filter_by(name=_CURSOR).values(value=upto))


def claim(
    connection: Connection,
    now: datetime,
    until: datetime,
    busy: Collection[str],
    hosts: int,
    *,
    failing: bool,
) -> Sequence[FeedDelivery]:
    """What is due to up to so many hosts that are not ``busy``, longest due first, is ours to
    deliver ``until`` then: what is ``failing``, or what is not.
    """
    is_due, order = _due(now, busy, failing=failing), (_table.c.due_at, _table.c.id)
    found = due_rows(connection, _table, is_due, *order, limit=_LOOKED_AT)
    by_host: dict[str, list[FeedDelivery]] = {}
    for row in found:
        if row.host in by_host or len(by_host) < hosts:
            by_host.setdefault(row.host, []).append(_delivery(row))
    claimed = [one for each in by_host.values() for one in each[:_MOST_OF_A_HOST]]
    take(connection, _table.c.id, [one.id for one in claimed], until)
    return [replace(one, due_at=until) for one in claimed]


def settle(connection: Connection, ended: Sequence[DeliveryEnd], now: datetime) -> None:
    """What came of deliveries is on record, but for those that were somebody else's by then.

    What changed meanwhile is due at once.
    """
    rows = [
        {
            "one": each.delivery.id,
            "turn": each.delivery.due_at,
            "sent": each.delivery.wanted,
            "knows": each.delivery.wanted if each.again_at is None else 0,
            "again": each.again_at,
            "failed": each.failures,
            "at": now,
        }
        for each in ended
    ]
    if rows:
        connection.execute(_SETTLE, rows)


def give_up(connection: Connection, one: FeedDelivery) -> None:
    """Nothing is delivered there any more: the subscription has ended."""
    connection.execute(delete(_table).where(_table.c.id == one.id, _table.c.due_at == one.due_at))


_SETTLE = (
    update(_table)
    .where(_table.c.id == bindparam("one"), _table.c.due_at == bindparam("turn", type_=Instant))
    .values(
        told=case((_table.c.told < bindparam("knows"), bindparam("knows")), else_=_table.c.told),
        due_at=func.coalesce(
            bindparam("again", type_=Instant),
            case(
                (_table.c.wanted > bindparam("sent"), bindparam("at", type_=Instant)), else_=null()
            ),
        ),
        failures=bindparam("failed"),
    )
)


def _due(now: datetime, busy: Collection[str], *, failing: bool) -> ColumnElement[bool]:
    return and_(
        _table.c.due_at <= now,
        _table.c.expires_at > now,
        _table.c.host.not_in(busy),
        _table.c.failures > 0 if failing else _table.c.failures == 0,
    )


def _delivery(row: Row[Any]) -> FeedDelivery:
    return FeedDelivery(
        id=row.id,
        callback=row.callback,
        path=row.path,
        host=row.host,
        secret=row.secret,
        wanted=row.wanted,
        due_at=row.due_at,
        failures=row.failures,
    )
