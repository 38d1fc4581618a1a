"""The agenda: who is due, and where each stands once their digest is planned.

Knows the due moments and cursors of subscribers. Must never know what a digest holds.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, func, select, union_all, update

from notifier.model import Frequency, Planned, Subscriber, SubscriberState
from notifier.storage.tables import subscribers


def due(connection: Connection, now: datetime, upto: int) -> dict[int, int]:
    """Everybody whose moment has come, and immediate ones for whom there are newer items.

    By id, in the order they came, with the item number up to which each is covered already.
    """
    scheduled = _active().where(subscribers.c.due_at <= now)
    immediate = _active().where(
        subscribers.c.frequency == Frequency.IMMEDIATE, subscribers.c.cursor < upto
    )
    found = connection.execute(union_all(scheduled, immediate).order_by("id"))
    return {row.id: row.cursor for row in found}


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


def advance(connection: Connection, planned: Sequence[Planned]) -> None:
    """Each subscriber is covered, and due again, as planned."""
    if not planned:
        return
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == bindparam("who"))
        .values(cursor=bindparam("upto"), due_at=bindparam("again")),
        [
            {"who": one.subscriber.id, "upto": one.cursor, "again": one.due_again_at}
            for one in planned
        ],
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
