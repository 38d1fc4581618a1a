"""What somebody asked for, and what is assumed where they did not.

Knows the words of preferences. Must never know what is made of them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from notifier.model import Frequency, Weekday

#: Beyond it nobody knows the rules of a zone, and in the end the calendar ends.
LONGEST_PAUSE = timedelta(days=36_525)


def spelt_hour(minute: int) -> str:
    """A minute of the day as it is typed: 07:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def named_days(days: Collection[int]) -> tuple[str, ...]:
    """The names of weekdays, of which Monday is 0, in their order."""
    return tuple(list(Weekday)[day] for day in sorted(days))


def numbered_days(names: Iterable[str]) -> frozenset[int]:
    """The weekdays of these names, of which Monday is 0. Raises ValueError."""
    return frozenset(list(Weekday).index(Weekday(name)) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What somebody asked for in words; None, or nothing, where they said nothing.

    ``topics`` are each followed by itself, ``selections`` are the queries of others; ``muted`` and
    ``unmuted`` are topics, too. Where ``is_all`` is set, nothing is followed but what is named, and
    in that order.
    """

    topics: tuple[str, ...] = ()
    selections: tuple[str, ...] = ()
    everything: bool = False
    muted: tuple[str, ...] = ()
    unmuted: tuple[str, ...] = ()
    frequency: Frequency | None = None
    minute: int | None = None
    weekdays: frozenset[int] | None = None
    zone: ZoneInfo | None = None
    language: str | None = None
    quiet_minutes: int | None = None
    paused_until: date | None = None
    is_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What a newcomer gets without asking, and the languages there are to choose from."""

    zone: ZoneInfo
    language: str
    languages: Sequence[str]
