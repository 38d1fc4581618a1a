"""Deliveries on their way: claimed by a node, settled by it, or recovered when it vanished.

Knows which state follows which in the table ``deliveries``. Must never know SMTP or what a reply
means.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError

from feeds.storage.columns import Instant
from notifier.model import DeliveryState, Settlement, SubscriberState
from notifier.storage import suppressions
from notifier.storage.deliveries import drop
from notifier.storage.suppressions import Keyed, Suppression
from notifier.storage.tables import deliveries, subscribers
from notifier.storage.transitions import note

#: Said of what was on the wire when its sender died, and of an outcome that cannot be written.
_DIED = "its sender ended before an answer was on record"
_NOT_RECORDED = "the store did not take what became of it"
#: What is wrong with a row; anything else is wrong with the store.
_NOT_TAKEN = (DataError, IntegrityError, UnicodeError)

#: Why an address is suppressed that its own server declared dead.
_REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is this node's to send, and no other's."""

    id: int
    message_id: str
    recipient: str
    rendering: str
    personal: Mapping[str, str]
    attempts: int
    in_doubt: int
    created_at: datetime
    tried_at: datetime | None


# Made once: these run for every few messages, and making them would take longer than running them.
_FIRST = (
    select(deliveries.c.id)
    .where(deliveries.c.state == DeliveryState.QUEUED, deliveries.c.due_at <= bindparam("at"))
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
    # In a subquery PostgreSQL might run the locking SELECT more than once and claim more.
    .cte("first")
)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id.in_(select(_FIRST.c.id)))
    .values(state=DeliveryState.SENDING, node=bindparam("by"), claimed_at=bindparam("at"))
    .returning(*(deliveries.c[field.name] for field in fields(Claimed)))
)
_SETTLE = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.state == DeliveryState.SENDING,
        deliveries.c.node == bindparam("by"),
    )
    .values(
        state=bindparam("becomes"),
        reply=bindparam("said"),
        due_at=func.coalesce(bindparam("again", type_=Instant), deliveries.c.due_at),
        settled_at=bindparam("settled"),
        attempts=deliveries.c.attempts + 1,
        in_doubt=deliveries.c.in_doubt + bindparam("doubt"),
        cause=bindparam("because"),
        tried_at=func.coalesce(deliveries.c.tried_at, deliveries.c.claimed_at),
    )
)


def waiting(
    connection: Connection, node: str, now: datetime, stale: datetime, *, enough: int
) -> int:
    """How many deliveries there are to send or to recover now, counted no further than enough."""
    some = select(deliveries.c.id).where(
        or_(_due(DeliveryState.QUEUED, now), _due(DeliveryState.DEFERRED, now), _lost(node, stale))
    )
    counted = select(func.count()).select_from(some.limit(enough).subquery())
    return connection.execute(counted).scalar_one()


def wake(connection: Connection, now: datetime) -> None:
    """What was deferred until now, or before, is queued again."""
    connection.execute(
        update(deliveries)
        .where(_due(DeliveryState.DEFERRED, now))
        .values(state=DeliveryState.QUEUED)
    )


def recover(
    connection: Connection, node: str, now: datetime, stale: datetime, *, doubts: int
) -> int:
    """What this node left on the wire when it died is queued again, or held for a person.

    So is what any node claimed before ``stale``. Nobody knows whether those messages went out: each
    is in doubt once more, held where it was ``doubts`` times before, else sent behind all that is
    due, and none is sent again to somebody who left meanwhile. Returns how many there were. Only
    for a node that sends nothing at present.
    """
    held = deliveries.c.in_doubt >= doubts
    recovered = connection.scalars(
        update(deliveries)
        .where(_lost(node, stale))
        .values(
            state=case((held, DeliveryState.UNCERTAIN), else_=DeliveryState.QUEUED),
            # Whatever ended its sender must not meet it first each time.
            due_at=now,
            reply=_DIED,
            cause=None,
            settled_at=case((held, bindparam("at", now, Instant)), else_=None),
            attempts=deliveries.c.attempts + 1,
            in_doubt=deliveries.c.in_doubt + 1,
            tried_at=func.coalesce(deliveries.c.tried_at, deliveries.c.claimed_at),
        )
        .returning(deliveries.c.id)
    ).all()
    if recovered:
        note(connection, deliveries.c.id.in_(recovered), now, was_tried=True)
        _withdraw(connection, recovered, now)
    return len(recovered)


def claim(connection: Connection, node: str, now: datetime, count: int) -> list[Claimed]:
    """Up to ``count`` deliveries that are due, the longest due first, are this node's to send."""
    rows = connection.execute(_CLAIM, {"by": node, "at": now, "most": count})
    return [Claimed(**{**row, "personal": json.loads(row["personal"])}) for row in rows.mappings()]


def settle(
    connection: Connection,
    node: str,
    now: datetime,
    settlements: Sequence[Settlement],
    keyed: Keyed,
) -> list[int]:
    """Each outcome is on record, unless the delivery was taken from this node meanwhile.

    One that the store does not take is held as uncertain, and spoils no other; their ids are
    returned. A dead address is suppressed by its ``keyed`` hash, and with it what else waits to be
    sent there. What is to be tried again is not, where its owner left meanwhile.
    """
    if not settlements:
        return []
    rows = [
        {
            "delivery": one.delivery,
            "by": node,
            "becomes": one.state,
            "said": one.reply,
            "because": one.cause,
            "again": one.again_at,
            "settled": None if one.again_at else now,
            "doubt": int(one.was_in_doubt),
        }
        for one in settlements
    ]
    # What is accepted at once, which is nearly all, needs no second row.
    other = [one.delivery for one in settlements if one.state is not DeliveryState.ACCEPTED]
    mine = connection.scalars(_mine(node, other)).all() if other else []
    held = [] if _is_recorded(connection, rows) else _one_by_one(connection, rows, now)
    if noted := {*mine, *held}:
        note(connection, deliveries.c.id.in_(noted), now, was_tried=True)
    if dead := [one for one in settlements if one.dead and one.delivery not in held]:
        _suppress(connection, dead, now, keyed)
    if tried := [one.delivery for one in settlements if one.again_at]:
        _withdraw(connection, tried, now)
    return held


def _mine(node: str, among: Sequence[int]) -> Select[int]:
    """Those of the deliveries that this node has on the wire."""
    on_the_wire = (deliveries.c.state == DeliveryState.SENDING, deliveries.c.node == node)
    return select(deliveries.c.id).where(deliveries.c.id.in_(among), *on_the_wire)


def _is_recorded(connection: Connection, rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether the store took all of the rows; else it took none."""
    try:
        with connection.begin_nested():
            connection.execute(_SETTLE, rows)
    except _NOT_TAKEN:
        return False
    return True


def _one_by_one(
    connection: Connection, rows: Sequence[Mapping[str, object]], now: datetime
) -> list[int]:
    """Every row is on record, those that the store does not take as held: the ids of these."""
    refused = [row for row in rows if not _is_recorded(connection, [row])]
    held = {"becomes": DeliveryState.UNCERTAIN, "said": _NOT_RECORDED, "because": None}
    again = {"again": None, "settled": now, "doubt": 1}
    for row in refused:
        connection.execute(_SETTLE, {**row, **held, **again})
    return [int(str(row["delivery"])) for row in refused]


def _suppress(
    connection: Connection, settlements: Sequence[Settlement], now: datetime, keyed: Keyed
) -> None:
    suppressions.add(
        connection,
        [
            Suppression(address_hash=keyed(one.dead), reason=_REFUSED, detail=one.reply, since=now)
            for one in settlements
            if one.dead
        ],
    )
    owners = select(deliveries.c.subscriber).where(
        deliveries.c.id.in_([one.delivery for one in settlements])
    )
    drop(connection, connection.scalars(owners).all(), now)


def _withdraw(connection: Connection, tried: Sequence[int], now: datetime) -> None:
    """Whoever left while a message was on the wire is not offered it again.

    Their row is locked: who leaves at this very moment either is seen here, or sees what waits.
    """
    left = (
        select(subscribers.c.id)
        .join_from(subscribers, deliveries)
        .where(deliveries.c.id.in_(tried), subscribers.c.state == SubscriberState.LEFT)
        .with_for_update(read=True, of=subscribers)
    )
    drop(connection, connection.scalars(left).all(), now)


def _due(state: DeliveryState, now: datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.state == state, deliveries.c.due_at <= now)


def _lost(node: str, stale: datetime) -> ColumnElement[bool]:
    return and_(
        deliveries.c.state == DeliveryState.SENDING,
        or_(deliveries.c.node == node, deliveries.c.claimed_at < stale),
    )
