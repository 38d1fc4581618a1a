"""When digests are due, as rows: moments that many share.

Knows the table ``cadences``. Must never know the rules of local time, or who is due.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    func,
    or_,
    select,
    update,
)

from config.values import time_zone
from feeds.storage.columns import Instant
from feeds.storage.engines import upsert
from notifier.model import Cadence, Frequency
from notifier.storage.tables import cadences, coverage

#: Stands for no first day at all: what is unique has no nulls.
_ALWAYS = date.min
_ANYWHERE = ZoneInfo("UTC")
#: By which cadence somebody's digests come, or came until they left.
IS_THEIRS = cadences.c.id == func.coalesce(coverage.c.cadence, coverage.c.was)
_UNIQUE = ("frequency", "minute", "weekdays", "timezone", "first", "quiet_minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A cadence that is kept under a key; ``is_lost`` where its zone is no more, and another one
    stands for it. ``period`` names what is being planned, if anything is.
    """

    key: int
    cadence: Cadence
    is_lost: bool
    due_at: datetime | None
    period: str


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of that name; None where there is none (any more)."""
    with suppress(ValueError):
        return time_zone(name)
    return None


def spelt_days(days: Collection[int]) -> str:
    """Days as a column of weekdays has them (`notifier.storage.tables.cadences`)."""
    return "".join(str(day + 1) for day in sorted(days))


def days_of(spelt: str) -> frozenset[int]:
    """The days of such a column, Monday being 0."""
    return frozenset(int(day) - 1 for day in spelt)


def timing(row: Row[Any], otherwise: ZoneInfo) -> Timing:
    """A row of `cadences`; a zone ``otherwise`` stands for one that is no more."""
    zone = zone_named(row.timezone)
    return Timing(
        key=row.id,
        cadence=Cadence(
            frequency=Frequency(row.frequency),
            minute=row.minute,
            zone=zone or otherwise,
            weekdays=days_of(row.weekdays),
            first=None if row.first == _ALWAYS else row.first,
            quiet_minutes=row.quiet_minutes,
        ),
        is_lost=zone is None,
        due_at=row.due_at,
        period=row.period,
    )


def key_of(connection: Connection, cadence: Cadence, due_at: datetime | None, cursor: int) -> int:
    """The key of a cadence, due at a moment unless it is known. An immediate one is due by what
    matched beyond the ``cursor``, or beyond an earlier one, and at that moment at the latest.
    """
    row = {
        "frequency": cadence.frequency,
        "minute": cadence.minute,
        "weekdays": spelt_days(cadence.weekdays),
        "timezone": cadence.zone.key,
        "first": cadence.first or _ALWAYS,
        "quiet_minutes": cadence.quiet_minutes,
    }
    new = {**row, "due_at": due_at, "period": "", "cursor": cursor}
    unique = [cadences.c[name] for name in _UNIQUE]
    upsert(connection, cadences, [new], replace=False, key=unique)
    is_it = [column == row[column.name] for column in unique]
    if cadence.frequency is Frequency.IMMEDIATE:
        earlier = update(cadences).where(*is_it, cadences.c.cursor > cursor)
        connection.execute(earlier.values(cursor=cursor))
        if due_at is not None:
            wake(connection, due_at, *is_it)
    key: int = connection.execute(select(cadences.c.id).where(*is_it)).scalar_one()
    return key


# -- Which are due ---------------------------------------------------------------------------------

_DUE = select(cadences).where(cadences.c.due_at <= bindparam("now", type_=Instant))
_LATER = select(cadences).where(cadences.c.due_at > bindparam("now", type_=Instant))


def is_any_due(connection: Connection, now: datetime) -> bool:
    return connection.execute(_DUE.limit(1), {"now": now}).first() is not None


def due(connection: Connection, now: datetime, otherwise: ZoneInfo) -> Sequence[Timing]:
    """Those whose moment has come, daily ones first, immediate ones last."""
    rows = connection.execute(_DUE.order_by(cadences.c.due_at, cadences.c.id), {"now": now})
    order = (Frequency.DAILY, Frequency.WEEKLY, Frequency.IMMEDIATE)
    return sorted(_usable(rows, otherwise), key=lambda each: order.index(each.cadence.frequency))


def unusable(connection: Connection, now: datetime) -> int:
    """Nobody is due any more by what is no cadence: how many people would be."""
    rows = connection.execute(_DUE, {"now": now}).all()
    usable = {each.key for each in _usable(rows, _ANYWHERE)}
    keys = [row.id for row in rows if row.id not in usable]
    if keys:
        never = update(cadences).where(cadences.c.id.in_(keys))
        connection.execute(never.values(due_at=None))
    theirs = coverage.c.cadence.in_(keys)
    return connection.scalar(select(func.count()).select_from(coverage).where(theirs)) or 0


def _usable(rows: Iterable[Row[Any]], otherwise: ZoneInfo) -> Iterator[Timing]:
    for row in rows:
        with suppress(ValueError):
            yield timing(row, otherwise)


def coming(connection: Connection, now: datetime, otherwise: ZoneInfo) -> Sequence[Timing]:
    """Those whose moment is still to come, as far as they know."""
    rows = connection.execute(
        _LATER.where(cadences.c.frequency != Frequency.IMMEDIATE), {"now": now}
    )
    return list(_usable(rows, otherwise))


def wake(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> None:
    """Something matched, or is wanted otherwise: immediate digests may be due, or ``which`` are."""
    is_immediate = cadences.c.frequency == Frequency.IMMEDIATE
    is_later = or_(cadences.c.due_at.is_(None), cadences.c.due_at > now)
    connection.execute(update(cadences).where(is_immediate, *which, is_later).values(due_at=now))


def end_quiet(connection: Connection, now: datetime) -> None:
    """Nobody waits for quiet minutes any more: they may be those of a clock that was ahead."""
    connection.execute(update(coverage).where(coverage.c.due_at > now).values(due_at=None))


def pass_over(connection: Connection, upto: int) -> None:
    """Everybody counts as told of what happened up to that change."""
    for table in (coverage, cadences):
        earlier = update(table).where(table.c.cursor < upto)
        connection.execute(earlier.values(cursor=upto))


def begin(connection: Connection, periods: Mapping[int, str]) -> None:
    """These cadences, by their keys, are being planned for these periods."""
    statement = update(cadences).where(cadences.c.id == bindparam("key"))
    rows = [{"key": key, "name": period} for key, period in periods.items()]
    if rows:
        connection.execute(statement.values(period=bindparam("name")), rows)


def put_off(connection: Connection, moments: Mapping[int, datetime | None]) -> None:
    """Nothing is being planned for these cadences, by their keys, and they are due then."""
    statement = update(cadences).where(cadences.c.id == bindparam("key"))
    rows = [{"key": key, "at": at} for key, at in moments.items()]
    if rows:
        connection.execute(statement.values(period="", due_at=bindparam("at", type_=Instant)), rows)
