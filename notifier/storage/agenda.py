"""The agenda: who is due, and where each stands once their digest is planned.

Knows the due moments and cursors of subscribers. Must never know what a digest holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, func, select, union_all, update

from notifier.model import Frequency, Subscriber, SubscriberState
from notifier.storage.tables import subscribers

__all__ = ["Due", "Move", "advance", "counts", "due", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Who is due, and the item number up to which every one of them is covered already."""

    ids: tuple[int, ...]
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a subscriber stands once a digest was planned, or found to be empty."""

    subscriber: int
    cursor: int
    due_at: datetime | None


def due(connection: Connection, now: datetime, upto: int) -> Due:
    """Everybody whose moment has come, and immediate ones for whom there are newer items."""
    scheduled = _active().where(subscribers.c.due_at <= now)
    immediate = _active().where(
        subscribers.c.frequency == Frequency.IMMEDIATE, subscribers.c.cursor < upto
    )
    found = connection.execute(union_all(scheduled, immediate).order_by("id")).all()
    return Due(
        ids=tuple(row.id for row in found),
        after=min([upto, *(row.cursor for row in found)]),
    )


def unchanged(connection: Connection, people: Sequence[Subscriber]) -> frozenset[int]:
    """The ids of those who are as they were read, locked until the transaction ends.

    Left out are those whom another transaction holds: it plans for them, or changes them.
    """
    columns = subscribers.c
    rows = connection.execute(
        select(columns.id, columns.state, columns.epoch, columns.cursor, columns.due_at)
        .where(columns.id.in_([person.id for person in people]))
        .order_by(columns.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    read = {one.id: (one.id, one.state, one.epoch, one.cursor, one.due_at) for one in people}
    return frozenset(row.id for row in rows if tuple(row) == read[row.id])


def advance(connection: Connection, moves: Sequence[Move]) -> None:
    """Each subscriber is covered up to the cursor and due again at the moment given."""
    if not moves:
        return
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == bindparam("who"))
        .values(cursor=bindparam("upto"), due_at=bindparam("again")),
        [{"who": move.subscriber, "upto": move.cursor, "again": move.due_at} for move in moves],
    )


def counts(connection: Connection) -> dict[SubscriberState, int]:
    """How many subscribers there are in each state."""
    rows = connection.execute(
        select(subscribers.c.state, func.count()).group_by(subscribers.c.state)
    )
    found = {SubscriberState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in SubscriberState}


def _active() -> Select[tuple[int, int]]:
    return select(subscribers.c.id, subscribers.c.cursor).where(
        subscribers.c.state == SubscriberState.ACTIVE
    )
