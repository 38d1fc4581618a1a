"""What receivers of webhooks are told of beside the items, in commit order.

Knows the table ``hook_events``, and its counter. Must never know what an event is about.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from feeds.storage.columns import among
from feeds.storage.database import last_number, next_numbers
from notifier.storage.hooks.tables import hook_events as table
from notifier.webhooks import HookEventKind
from notifier.webhooks.hook_event import HookEvent

#: By this name its events are numbered.
COUNTER = "hook_events"
#: Who runs the house may have a receiver told again what happened within that.
KEPT: Final = timedelta(days=30)


def add(connection: Connection, events: Sequence[HookEvent], now: datetime) -> None:
    """Each of these is in the log, once, however often it is said, and nothing old any more."""
    connection.execute(delete(table).where(table.c.at < now - KEPT))
    # Nobody else adds any until the transaction ends.
    next_numbers(connection, COUNTER, 0)
    uids = {each.uid: each for each in events}
    known = set(connection.scalars(select(table.c.uid).where(among(table.c.uid, uids))))
    new = [each for uid, each in uids.items() if uid not in known]
    if new:
        numbers = next_numbers(connection, COUNTER, len(new))
        rows = [
            {
                "number": number,
                "uid": each.uid,
                "kind": each.kind.value,
                "at": each.at,
                "text": each.text,
                "data": each.data,
            }
            for number, each in zip(numbers, new, strict=True)
        ]
        connection.execute(insert(table), rows)


def following(connection: Connection, after: int, limit: int) -> Sequence[tuple[int, HookEvent]]:
    """The next events behind a number, each with its own."""
    query = select(table).where(table.c.number > after).order_by(table.c.number)
    return [
        (
            row.number,
            HookEvent(
                uid=row.uid,
                kind=HookEventKind(row.kind),
                at=row.at,
                text=row.text,
                data=row.data,
            ),
        )
        for row in connection.execute(query.limit(limit))
    ]


def before(connection: Connection, moment: datetime) -> int:
    """The number of the last event that happened before a moment; 0 where none is known."""
    first = connection.scalar(select(func.min(table.c.number)).where(table.c.at >= moment))
    return last_number(connection, COUNTER) if first is None else first - 1
