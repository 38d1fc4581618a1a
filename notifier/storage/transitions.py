"""What became of deliveries, step by step, with times, replies and nodes.

Knows the table ``transitions``. Must never know why a state follows another.

A delivery's own row holds its present state, when it was planned and, where it was accepted, when
and with which reply. So that a mail that is accepted at once costs no further row, only what went
another way is noted here, as it was when it came into that state.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, literal, null, select

from feeds.storage.columns import Instant, among
from notifier.model import Cause, DeliveryState
from notifier.storage.tables import deliveries, transitions

_KEPT = ("delivery", "at", "state", "claimed_at", "node", "due_at", "reply", "cause")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A delivery came into a state; ``again_at`` is set where it was to be tried again then."""

    at: datetime
    state: DeliveryState
    node: str | None = None
    reply: str | None = None
    cause: Cause | None = None
    again_at: datetime | None = None


def note(
    connection: Connection,
    which: ColumnElement[bool],
    at: datetime | ColumnElement[datetime],
    *,
    was_tried: bool,
) -> None:
    """The present state of the deliveries is a step of their history, and what was said.

    ``was_tried`` tells that it came of an attempt, of which the row knows the beginning.
    """
    columns = deliveries.c
    claimed = (columns.claimed_at, columns.node) if was_tried else (null(), null())
    moment = literal(at, Instant) if isinstance(at, datetime) else at
    kept = select(
        columns.id, moment, columns.state, *claimed, columns.due_at, columns.reply, columns.cause
    )
    connection.execute(insert(transitions).from_select(_KEPT, kept.where(which)))


def forget(connection: Connection, wanted: Sequence[int]) -> None:
    """Nothing is known any more of what became of these deliveries."""
    connection.execute(delete(transitions).where(among(transitions.c.delivery, wanted)))


def histories(connection: Connection, wanted: Sequence[int]) -> dict[int, tuple[Transition, ...]]:
    """All that became of each of these deliveries, the first first."""
    noted = defaultdict[int, list[Transition]](list)
    theirs = among(transitions.c.delivery, wanted)
    for row in connection.execute(select(transitions).where(theirs).order_by(transitions.c.id)):
        noted[row.delivery] += _noted(row)
    own = select(deliveries).where(among(deliveries.c.id, wanted))
    return {
        row.id: (_planned(row), *noted[row.id], *_unnoted(row)) for row in connection.execute(own)
    }


def _planned(row: Row[Any]) -> Transition:
    """It was to be sent, unless there was nothing to tell even then."""
    if row.state == DeliveryState.SKIPPED and row.claimed_at is None:
        return Transition(at=row.created_at, state=DeliveryState.SKIPPED, reply=row.reply)
    return Transition(at=row.created_at, state=DeliveryState.QUEUED)


def _noted(row: Row[Any]) -> Iterator[Transition]:
    state = DeliveryState(row.state)
    if row.claimed_at:
        yield Transition(at=row.claimed_at, state=DeliveryState.SENDING, node=row.node)
    waits = state in {DeliveryState.QUEUED, DeliveryState.DEFERRED}
    yield Transition(
        at=row.at,
        state=state,
        node=row.node,
        reply=row.reply,
        cause=Cause(row.cause) if row.cause else None,
        again_at=row.due_at if waits else None,
    )


def _unnoted(row: Row[Any]) -> Iterator[Transition]:
    """What the delivery's own row tells: that it is on the wire, or was accepted."""
    state = DeliveryState(row.state)
    if state in {DeliveryState.SENDING, DeliveryState.ACCEPTED}:
        yield Transition(at=row.claimed_at, state=DeliveryState.SENDING, node=row.node)
    if state is DeliveryState.ACCEPTED:
        yield Transition(at=row.settled_at, state=state, node=row.node, reply=row.reply)
