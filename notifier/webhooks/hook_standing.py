"""How far a receiver was told, and what follows from its answers.

Knows when something is told no more. Must never know how a receiver is reached, or what is kept.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

#: A receiver that takes nothing for so long does not get any more what is older than that.
GIVE_UP: Final = timedelta(days=5)
#: What stands in a row and on a page is read by people.
_LONGEST_PROBLEM_CHARS: Final = 500
_GONE: Final = 410
#: It says of an event that it is none, not that it has trouble: others may be worth its while.
_REFUSED: Final = frozenset((400, 409, 413, 415, 422))
#: A receiver that is being mended may say so for a moment.
_MOST_REFUSALS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHook:
    """A receiver at ``url`` that was told of all changes of items up to the number ``items_told``,
    and of all in the log of events up to ``events_told``; last at ``told_at``.

    It is told no more before ``due_at``: by whoever tells it now, or as it failed so many times in
    a row ``since`` then, for the ``problem``, the last ``refusals`` of them as it wants none of the
    next event; and never where it ``ended_at`` a moment. So many events it ``missed``.
    """

    name: str
    url: str
    items_told: int
    events_told: int
    due_at: datetime | None = None
    failures: int = 0
    refusals: int = 0
    problem: str = ""
    since: datetime | None = None
    ended_at: datetime | None = None
    told_at: datetime | None = None
    missed: int = 0

    def beyond(self, items_told: int, events_told: int, missed: int = 0) -> "ToldHook":
        """It was told up to there, or is not to be: so many more it missed."""
        return replace(
            self,
            items_told=max(self.items_told, items_told),
            events_told=max(self.events_told, events_told),
            missed=self.missed + missed,
        )


def heard(told: ToldHook, now: datetime) -> ToldHook:
    """It took an event: all is well."""
    return replace(told, failures=0, refusals=0, problem="", since=None, told_at=now)


def failed(
    told: ToldHook, status: int, problem: str, *, now: datetime, again_at: datetime
) -> ToldHook:
    """It did not take an event, by this answer or none (0), and is told again then, or never."""
    is_over = status == _GONE
    return replace(
        told,
        due_at=None if is_over else again_at,
        failures=told.failures + 1,
        refusals=told.refusals + 1 if status in _REFUSED else 0,
        problem=problem[:_LONGEST_PROBLEM_CHARS],
        since=told.since or now,
        # "410: disable the endpoint" (Standard Webhooks).
        ended_at=now if is_over else None,
    )


def wants_none(told: ToldHook) -> bool:
    """Whether it refused one event so often that it is to be told the next one."""
    return told.refusals >= _MOST_REFUSALS


def oldest_told(told: ToldHook, now: datetime) -> datetime | None:
    """The moment before which what happened is told no more, as the receiver failed for so long;
    None where all is told.
    """
    is_over = told.since is not None and now - told.since > GIVE_UP
    return now - GIVE_UP if is_over else None
