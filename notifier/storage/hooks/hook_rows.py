"""Receivers of webhooks, each with its cursors in the changes of items and in the log of events.

Knows the table ``webhooks``. Must never decide when a receiver is told again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from feeds.storage.database import last_number
from feeds.storage.engines import upsert
from feeds.storage.tables import counters, items
from feeds.storage.websub import claims
from notifier.storage.hooks.hook_log import COUNTER
from notifier.storage.hooks.tables import hook_events
from notifier.storage.hooks.tables import webhooks as table
from notifier.webhooks.hook_standing import ToldHook

#: By this name changes of items are numbered.
CHANGES = "changes"


def configure(connection: Connection, urls: Mapping[str, str]) -> None:
    """These are the receivers, by name: one that is new is told what happens from now on, one that
    is none is forgotten. One at another address goes on where it was, as if it had never failed.
    """
    known = {each.name: each for each in every(connection)}
    connection.execute(delete(table).where(table.c.name.not_in(urls)))
    for name, url in urls.items():
        before = known.get(name) or at_present(connection, name, url)
        if before.url != url or name not in known:
            upsert(connection, table, [asdict(afresh(replace(before, url=url)))])


def at_present(connection: Connection, name: str, url: str) -> ToldHook:
    """A receiver that is told what happens from now on."""
    changes, events = (last_number(connection, counter) for counter in (CHANGES, COUNTER))
    return ToldHook(name=name, url=url, items_told=changes, events_told=events)


def afresh(told: ToldHook) -> ToldHook:
    """It is told at once, whatever it said before."""
    return replace(told, due_at=None, failures=0, refusals=0, problem="", since=None, ended_at=None)


def are_configured(connection: Connection, urls: Mapping[str, str]) -> bool:
    """Whether these are the receivers there are rows of."""
    return {each.name: each.url for each in every(connection)} == urls


def every(connection: Connection) -> Sequence[ToldHook]:
    """All receivers, by name."""
    return [ToldHook(**row._asdict()) for row in connection.execute(_EVERY)]


def is_any_due(connection: Connection, now: datetime, busy: Collection[str]) -> bool:
    """Whether a receiver is to be told something now, but those ``busy`` already."""
    return connection.scalar(select(table.c.name).where(_due(now, busy)).limit(1)) is not None


def claim(
    connection: Connection, now: datetime, until: datetime, busy: Collection[str], limit: int
) -> Sequence[ToldHook]:
    """Receivers that are due, those that do well first, are ours alone to tell ``until`` then."""
    return claims.claim(
        connection, table.c.name, _due(now, busy), until, limit=limit, told=ToldHook
    )


def keep(connection: Connection, before: ToldHook, after: ToldHook) -> bool:
    """The receiver that was claimed as ``before`` does so now; False where somebody else claimed it
    since, it is to be told anew, or it is none any more.
    """
    return claims.keep(connection, table.c.name, asdict(before), asdict(after))


def replay(connection: Connection, told: ToldHook) -> None:
    """A receiver is told at once what lies behind that, whoever tells it now."""
    row = asdict(afresh(told))
    connection.execute(update(table).where(table.c.name == told.name).values(row))


class WaitingEvents(NamedTuple):
    """How many changes of items and how many other events a receiver may have to be told yet."""

    items: int
    events: int


def waiting(connection: Connection, told: ToldHook) -> WaitingEvents:
    """What lies before a receiver, whether it wants that or not."""
    changed = select(func.count()).where(items.c.change > told.items_told)
    others = select(func.count()).where(hook_events.c.number > told.events_told)
    return WaitingEvents(
        connection.execute(changed).scalar_one(), connection.execute(others).scalar_one()
    )


def _due(now: datetime, busy: Collection[str]) -> ColumnElement[bool]:
    last_change, last_event = (
        func.coalesce(select(counters.c.value).where(counters.c.name == name).scalar_subquery(), 0)
        for name in (CHANGES, COUNTER)
    )
    return and_(
        or_(table.c.due_at.is_(None), table.c.due_at <= now),
        table.c.ended_at.is_(None),
        or_(table.c.items_told < last_change, table.c.events_told < last_event),
        table.c.name.not_in(busy),
    )


_EVERY = select(table).order_by(table.c.name)
