"""Digests as rows: who is due one, what was planned for whom, and the messages those share.

Knows the due moments and cursors of subscribers, and the tables ``digests`` and ``renderings``.
Must never know what a digest holds, or what is sent when.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, not_, select, union_all, update

from feeds.storage.engines import upsert
from notifier.model import Frequency, Planned, Subscriber, SubscriberState
from notifier.storage.tables import digests, renderings, subscribers

_ACTIVE = select(subscribers.c.id, subscribers.c.cursor).where(
    subscribers.c.state == SubscriberState.ACTIVE
)


def due(connection: Connection, now: datetime, upto: int) -> dict[int, int]:
    """Everybody whose moment has come, and immediate ones for whom there are newer items.

    By id, in the order they came, with the item number up to which each is covered already.
    """
    moment = subscribers.c.due_at <= now
    at_once = subscribers.c.frequency == Frequency.IMMEDIATE
    scheduled = _ACTIVE.where(moment, not_(at_once))
    immediate = _ACTIVE.where(moment, at_once, subscribers.c.cursor < upto)
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


def record(connection: Connection, planned: Sequence[Planned], now: datetime) -> frozenset[int]:
    """Each is on record; returns the subscribers for whom it was not before.

    Who inserts the row for a subscriber and a period has planned it; nobody does so twice.
    """
    rows = [
        {
            "subscriber": one.subscriber.id,
            "period": one.period,
            "after": one.window.after,
            "upto": one.window.upto,
            "items": one.items,
            "skipped": one.skipped,
            "planned_at": now,
        }
        for one in planned
    ]
    new = upsert(connection, digests, rows, replace=False, returning=[digests.c.subscriber])
    return frozenset(row.subscriber for row in new)


def latest(connection: Connection, subscriber: int, now: datetime) -> tuple[date, datetime] | None:
    """The day of somebody's last digest, immediate mail apart, and when it was planned.

    What was planned later than ``now`` was so by a clock that was wrong.
    """
    row = connection.execute(
        select(digests.c.period, digests.c.planned_at)
        .where(digests.c.subscriber == subscriber, digests.c.period.not_like("n%"))
        .where(digests.c.planned_at <= now)
        .order_by(digests.c.planned_at.desc(), digests.c.period.desc())
        .limit(1)
    ).one_or_none()
    return row and (date.fromisoformat(row.period), row.planned_at)


def keep(connection: Connection, rendered: Mapping[str, bytes], now: datetime) -> None:
    """The messages are there, each under its digest."""
    rows = [
        {"digest": digest, "template": template, "created_at": now}
        for digest, template in sorted(rendered.items())
    ]
    upsert(connection, renderings, rows, replace=False)


# Made once: making it takes longer than running it.
_TEMPLATES = select(renderings.c.digest, renderings.c.template).where(
    renderings.c.digest.in_(bindparam("wanted", expanding=True))
)


def templates(connection: Connection, wanted: Sequence[str]) -> dict[str, bytes]:
    """The messages under these digests."""
    rows = connection.execute(_TEMPLATES, {"wanted": wanted})
    return {row.digest: row.template for row in rows}
