"""When a digest is due, and which day it is the digest of.

Knows cadences and the rules of local time. Must never know what time it is now, or what a digest
holds.

Each local day of a cadence has one due moment: the first instant at which the clock on the wall
shows the wanted minute, or a later one where that minute was skipped. So a gap takes the first
valid minute after it and a fold its first occurrence. A day that a place skipped altogether (30
December 2011 in Samoa) has no daily digest; a weekly one that falls on it comes when the skip ends.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from notifier.model import EVERY_DAY, Cadence, Frequency

# How the names of immediate periods begin, and those of weekly deliveries end.
_AT_ONCE, _WEEKLY = "n", "-weekly"
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_SECOND = timedelta(seconds=1)
# A million people have some hundred cadences, and one run asks for each at one moment.
_KEPT_CADENCES = 512


@lru_cache(_KEPT_CADENCES)
def next_due(cadence: Cadence, after: datetime) -> datetime:
    """The first due moment later than ``after``, in UTC.

    Of an immediate cadence, the first moment at which the next mail may leave after one that did at
    ``after``.
    """
    if cadence.frequency is Frequency.IMMEDIATE:
        quiet = after.astimezone(UTC) + timedelta(minutes=cadence.quiet_minutes)
        return max(quiet, _begins(cadence)) if cadence.first else quiet
    return _next(cadence, after)[1]


@lru_cache(_KEPT_CADENCES)
def latest_due(cadence: Cadence, at: datetime) -> datetime | None:
    """The last due moment not later than ``at``, in UTC; None before the first one.

    An immediate cadence is always due, from the beginning of its first day on.
    """
    if cadence.frequency is Frequency.IMMEDIATE:
        return at.astimezone(UTC) if not cadence.first or _begins(cadence) <= at else None
    latest = _latest(cadence, at)
    return latest and latest[1]


@lru_cache(_KEPT_CADENCES)
def period(cadence: Cadence, due: datetime, upto: int) -> str:
    """Names what a digest due then is the digest of: a day, ``2026-11-24``, or ``n123`` by item.

    The name is that of the local day which the due moment belongs to; it neither repeats nor skips
    when clocks change. ``upto`` is the last item number, for immediate ones. Raises ValueError for
    a moment before the first one.
    """
    if cadence.frequency is Frequency.IMMEDIATE:
        return period_at_once(upto)
    latest = _latest(cadence, due)
    if latest is None:
        raise ValueError(f"nothing is due before {cadence.first}")
    return latest[0].isoformat()


def period_at_once(upto: int) -> str:
    """Names what an immediate mail is of that tells all up to a number."""
    return f"{_AT_ONCE}{upto}"


def delivery_name(frequency: Frequency, period: str) -> str:
    """What the delivery of a period is called: a weekly one may stand beside a daily one."""
    return f"{period}{_WEEKLY}" if frequency is Frequency.WEEKLY else period


def named_so(name: str) -> tuple[Frequency, date | None]:
    """Of which frequency and day the delivery of that name is; None for an immediate one."""
    if name.startswith(_AT_ONCE):
        return Frequency.IMMEDIATE, None
    day = date.fromisoformat(name.removesuffix(_WEEKLY))
    return (Frequency.WEEKLY if name.endswith(_WEEKLY) else Frequency.DAILY), day


def paused(cadence: Cadence, until: date) -> Cadence:
    """The cadence whose next digest is the first one of ``until`` or of a later day."""
    if cadence.frequency is Frequency.IMMEDIATE:
        return replace(cadence, first=until)
    return replace(cadence, first=next(_days(replace(cadence, first=None), until)))


def continued(cadence: Cadence, day: date, at: datetime, now: datetime) -> Cadence:
    """The cadence for somebody who changes to it ``now``, after the digest of ``day`` made ``at``.

    No second digest comes on a local day that had one, in the zone before or in this one; and a
    weekly one comes within seven days of the last, on the seventh where its weekday is further off:
    where that has passed, on the next day it can. One whose first day is later stays as it is.
    """
    taken = max(day, _local_day(cadence, at))
    if cadence.frequency is Frequency.IMMEDIATE or (cadence.first and cadence.first > taken):
        return cadence
    plain = replace(cadence, first=None)
    coming = _next(plain, now, since=taken + _DAY)[0]
    if cadence.frequency is Frequency.WEEKLY and coming > taken + _WEEK:
        anyday = replace(plain, frequency=Frequency.DAILY, weekdays=EVERY_DAY)
        coming = _next(anyday, now, since=taken + _WEEK)[0]
    return plain if _next(plain, now)[0] == coming else replace(plain, first=coming)


def _next(cadence: Cadence, after: datetime, since: date = date.min) -> tuple[date, datetime]:
    """The first day of the cadence, not before ``since``, whose due moment is later."""
    days = _days(cadence, max(_local_day(cadence, after), since))
    moments = ((day, _moment(cadence, day)) for day in days)
    return next((day, due) for day, due in moments if due is not None and due > after)


def _latest(cadence: Cadence, at: datetime) -> tuple[date, datetime] | None:
    # A fold over midnight may have shown the morrow's minute already.
    days = _days(cadence, _local_day(cadence, at) + _DAY, backwards=True)
    moments = ((day, _moment(cadence, day)) for day in days)
    return next(((day, due) for day, due in moments if due is not None and due <= at), None)


def _begins(cadence: Cadence) -> datetime:
    """The first instant of the first day of the cadence."""
    return _first_shown(cadence.zone, datetime.combine(cadence.first or date.min, time()))


def _local_day(cadence: Cadence, at: datetime) -> date:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(cadence.zone).date()


def _days(cadence: Cadence, start: date, *, backwards: bool = False) -> Iterator[date]:
    """The days of the cadence from ``start`` on; backwards they end with its first one."""
    first = cadence.first or date.min
    day = start if backwards else max(start, first)
    while day >= first:
        if day == first or day.weekday() in cadence.weekdays:
            yield day
        day += -_DAY if backwards else _DAY


def _moment(cadence: Cadence, day: date) -> datetime | None:
    """The due moment of ``day``; None where a daily digest falls on a day nobody lived."""
    hour, minute = divmod(cadence.minute, 60)
    moment = _first_shown(cadence.zone, datetime.combine(day, time(hour, minute)))
    was_skipped = _shown(cadence.zone, moment).date() != day
    if was_skipped and cadence.frequency is Frequency.DAILY and not _was_lived(cadence.zone, day):
        return None
    return moment


def _was_lived(zone: ZoneInfo, day: date) -> bool:
    midnight = datetime.combine(day, time())
    return _first_shown(zone, midnight) != _first_shown(zone, midnight + _DAY)


def _first_shown(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first instant, in UTC, at which clocks in the zone show ``wall`` or later."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(zone, instant) == wall:
        return instant
    # PEP 495: in a gap, fold 0 counts with the offset before it and lands behind the change,
    # fold 1 with the offset after it and lands in front. The change itself lies between.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change_between(zone, before, instant)


def _change_between(zone: ZoneInfo, before: datetime, behind: datetime) -> datetime:
    """The instant, to the second, from which on the offset is that of ``behind``."""
    offset = behind.astimezone(zone).utcoffset()

    def has_changed(second: int) -> bool:
        return (before + _SECOND * second).astimezone(zone).utcoffset() == offset

    seconds = (behind - before) // _SECOND
    return before + _SECOND * bisect_left(range(seconds), x=True, key=has_changed)


def _shown(zone: ZoneInfo, instant: datetime) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
