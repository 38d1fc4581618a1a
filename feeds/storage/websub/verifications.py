"""Requests to our own hub that their subscribers are to confirm.

Knows whose turn a request is, and how many a host did not confirm. Must never know HTTP, or how
many are too many.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from feeds.storage.websub.claims import due_rows, take
from feeds.storage.websub.tables import subscription_requests as table

#: A host that confirms nothing is asked no more for so long, once it was asked often.
REMEMBERED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSubscription:
    """A request to subscribe or unsubscribe (``mode``) a callback to the document at ``path``, by
    a ``client`` ("" for nobody in particular).

    Once it is kept it has an ``id``, and is whoever's it is until ``due_at``.
    """

    mode: str
    callback: str
    path: str
    host: str
    client: str
    secret: str
    lease_seconds: int
    asked_at: datetime
    due_at: datetime | None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """How many requests a host did not confirm lately: of one client, and of all."""

    of_client: int
    of_host: int


def unconfirmed(connection: Connection, asked: AskedSubscription, now: datetime) -> Unconfirmed:
    """How often the host of a request was asked in vain, for its client and for all."""
    found = connection.execute(
        select(func.count().filter(table.c.client == asked.client), func.count())
        .select_from(table)
        .where(
            table.c.host == asked.host,
            table.c.due_at.is_(None),
            table.c.asked_at > now - REMEMBERED_FOR,
        )
    ).one()
    return Unconfirmed(*found)


def waiting(connection: Connection) -> int:
    """How many requests wait."""
    query = select(func.count()).select_from(table).where(table.c.due_at.is_not(None))
    return connection.scalar(query) or 0


def is_waiting(connection: Connection, path: str, callback: str) -> bool:
    """Whether a request for the two is still to be confirmed, or just being so."""
    its = and_(table.c.path == path, table.c.callback == callback, table.c.due_at.is_not(None))
    return connection.scalar(select(table.c.id).where(its).limit(1)) is not None


def add(connection: Connection, asked: AskedSubscription) -> None:
    """The request is to be confirmed; those that were not confirmed long ago are forgotten."""
    old = and_(table.c.due_at.is_(None), table.c.asked_at <= asked.asked_at - REMEMBERED_FOR)
    connection.execute(delete(table).where(old))
    row = asdict(asked)
    del row["id"]
    connection.execute(insert(table).values(row))


def is_any_due(connection: Connection, now: datetime, busy: Collection[str]) -> bool:
    """Whether a request is to be confirmed now by a host that is not ``busy``."""
    return connection.scalar(select(table.c.id).where(_due(now, busy)).limit(1)) is not None


def claim(
    connection: Connection, now: datetime, until: datetime, busy: Collection[str], hosts: int
) -> Sequence[AskedSubscription]:
    """The first request of each of so many hosts that are not ``busy`` is ours ``until`` then."""
    # More than may wait (feeds/websub/hub.py).
    found = due_rows(connection, table, _due(now, busy), table.c.id, limit=1_000)
    firsts: dict[str, AskedSubscription] = {}
    for row in found:
        if len(firsts) < hosts:
            firsts.setdefault(row.host, AskedSubscription(**row._asdict() | {"due_at": until}))
    take(connection, table.c.id, [each.id for each in firsts.values()], until)
    return [*firsts.values()]


def fail(connection: Connection, asked: AskedSubscription) -> None:
    """The request was not confirmed; it counts for a while."""
    connection.execute(update(table).where(table.c.id == asked.id).values(due_at=None))


def forget(connection: Connection, asked: AskedSubscription) -> None:
    """The request was confirmed, or nothing is to be asked any more."""
    connection.execute(delete(table).where(table.c.id == asked.id))


def _due(now: datetime, busy: Collection[str]) -> ColumnElement[bool]:
    return and_(table.c.due_at <= now, table.c.host.not_in(busy))
