"""When a digest is due, and which day or week it is the digest of.

Knows cadences and the rules of local time. Must never know what time it is now, or what a digest
holds.

Each local day (week) has one due moment: the first instant at which the clock on the wall shows
the wanted minute, or a later one where that minute was skipped. So a gap takes the first valid
minute after it and a fold its first occurrence. A day that a place skipped altogether (30 December
2011 in Samoa) has no daily digest; a weekly one that falls on it comes when the skip ends.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

from notifier.model import Cadence, Frequency

_DAY = timedelta(days=1)
_DAYS_PER_WEEK = 7
_SECOND = timedelta(seconds=1)
# A million people have some hundred cadences, and one run asks for each at one moment.
_KEPT_CADENCES = 512


@lru_cache(_KEPT_CADENCES)
def next_due(cadence: Cadence, after: datetime) -> datetime | None:
    """The first due moment later than ``after``, in UTC; None for an immediate cadence."""
    if cadence.frequency is Frequency.IMMEDIATE:
        return None
    first = _local_day(cadence, after)
    moments = (_moment(cadence, day) for day in _days(cadence, first, step=1))
    return next(moment for moment in moments if moment is not None and moment > after)


@lru_cache(_KEPT_CADENCES)
def latest_due(cadence: Cadence, at: datetime) -> datetime:
    """The last due moment not later than ``at``, in UTC; an immediate cadence is always due."""
    if cadence.frequency is Frequency.IMMEDIATE:
        return at.astimezone(UTC)
    return _latest(cadence, at)[1]


@lru_cache(_KEPT_CADENCES)
def period(cadence: Cadence, due: datetime, upto: int) -> str:
    """Names what a digest due then covers: ``2026-11-24``, ``2026-W48``, or ``n123`` by item.

    The name is that of the local day (ISO 8601 week) the due moment belongs to, which neither
    repeats nor skips when clocks change. ``upto`` is the last item number, for immediate ones.
    """
    if cadence.frequency is Frequency.IMMEDIATE:
        return f"n{upto}"
    day = _latest(cadence, due)[0]
    if cadence.frequency is Frequency.DAILY:
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _latest(cadence: Cadence, at: datetime) -> tuple[date, datetime]:
    # A fold over midnight may have shown the morrow's minute already.
    start = _local_day(cadence, at) + _DAY
    days = ((day, _moment(cadence, day)) for day in _days(cadence, start, step=-1))
    return next((day, moment) for day, moment in days if moment is not None and moment <= at)


def _local_day(cadence: Cadence, at: datetime) -> date:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(cadence.zone).date()


def _days(cadence: Cadence, start: date, *, step: int) -> Iterator[date]:
    """The days of the cadence from ``start`` on, forwards or backwards."""
    if cadence.weekday is None:
        return (start + _DAY * step * n for n in count())
    ahead = (cadence.weekday - start.weekday()) * step % _DAYS_PER_WEEK
    return (start + _DAY * step * (ahead + _DAYS_PER_WEEK * n) for n in count())


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
