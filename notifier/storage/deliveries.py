"""Deliveries as rows: queued when a digest is planned, listed, counted, shown and withdrawn.

Knows the table ``deliveries``. Must never know SMTP, nor how a delivery is sent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from notifier.model import DeliveryState, Planned
from notifier.storage.tables import deliveries, renderings, subscribers

_WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one address, and what became of it so far."""

    id: int
    subscriber: int
    period: str
    message_id: str
    recipient: str
    state: DeliveryState
    due_at: datetime
    attempts: int
    in_doubt: int
    reply: str | None
    created_at: datetime
    settled_at: datetime | None


def queue(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    """Each is to be sent from ``now`` on."""
    if not planned:
        return
    connection.execute(
        insert(deliveries),
        [
            {
                "subscriber": one.subscriber.id,
                "period": one.period,
                "message_id": one.personal["message_id"],
                "recipient": one.personal["recipient"],
                "rendering": one.rendering,
                "personal": json.dumps(dict(one.personal), ensure_ascii=False),
                "state": DeliveryState.QUEUED,
                "due_at": now,
                "attempts": 0,
                "in_doubt": 0,
                "created_at": now,
            }
            for one in planned
        ],
    )


def drop(connection: Connection, owners: Sequence[int], now: datetime) -> None:
    """What still waits to be sent to these subscribers is not sent."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.subscriber.in_(owners), deliveries.c.state.in_(_WAITING))
        .values(state=DeliveryState.SUPPRESSED, settled_at=now)
    )


def release(connection: Connection, number: int, now: datetime, *, send: bool) -> bool:
    """A delivery held in doubt is to be sent once more, or counts as failed.

    False where none of that number is held.
    """
    decided = DeliveryState.QUEUED if send else DeliveryState.FAILED
    held = (
        update(deliveries)
        .where(deliveries.c.id == number, deliveries.c.state == DeliveryState.UNCERTAIN)
        .values(state=decided, due_at=now, settled_at=None if send else now)
        .returning(deliveries.c.id)
    )
    return connection.execute(held).scalar() is not None


def counts(connection: Connection) -> dict[DeliveryState, int]:
    """How many deliveries there are in each state."""
    rows = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
    found = {DeliveryState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in DeliveryState}


def latest(
    connection: Connection, limit: int, state: DeliveryState | None = None
) -> list[Delivery]:
    """The deliveries planned last, the latest first; those in ``state`` where one is given."""
    columns = (deliveries.c[field.name] for field in fields(Delivery))
    wanted = select(*columns).order_by(deliveries.c.id.desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(deliveries.c.state == state)
    rows = connection.execute(wanted).mappings()
    return [Delivery(**{**row, "state": DeliveryState(row["state"])}) for row in rows]


def personal_copy(connection: Connection, public_id: str, period: str) -> bytes | None:
    """The very message that this person got for this period; None where there was none."""
    row = connection.execute(
        select(renderings.c.template, deliveries.c.personal)
        .join_from(deliveries, renderings, deliveries.c.rendering == renderings.c.digest)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.id)
        .where(subscribers.c.public_id == public_id, deliveries.c.period == period)
    ).one_or_none()
    if row is None:
        return None
    # Who only counts deliveries need not wait for what puts messages together.
    from notifier.mail.message import fill  # noqa: PLC0415

    return fill(row.template, json.loads(row.personal))
