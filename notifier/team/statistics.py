"""Statistics: who follows what over the months, items a month, mails a day.

Knows what is counted. Must never count who opened a mail: nothing in one tells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from feeds.selection import EVERYWHERE
from feeds.storage import entries
from feeds.storage.database import Database
from feeds.times import months_to
from notifier.model import DeliveryState
from notifier.storage.team import numbers

_MONTHS: Final = 6
_DAYS: Final = 30
_MOST_SELECTIONS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedCounts:
    """How many followed a selection, by its query and by its name, at the end of each month."""

    query: str
    label: str
    counts: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Who follows what at the end of each of the ``months``, this one until now; ``items`` that are
    dated in a month, the latest first; ``mails`` of a day by what became of them.
    """

    months: Sequence[str]
    followers: Sequence[FollowedCounts]
    items: Mapping[str, int]
    mails: Mapping[date, Mapping[DeliveryState, int]]


def figures(database: Database, named: Callable[[str], str], now: datetime) -> Figures:
    """What there is to tell; ``named`` says what a selection is called, by its query."""
    months = [*months_to(now.date(), _MONTHS)]
    moments = [*(datetime.combine(day, time(), UTC) for day in months), now]
    with database.reading() as connection:
        found = numbers.followers(connection, moments)
        mailed = numbers.mails(connection, now.date() - timedelta(days=_DAYS))
        past = entries.histories(connection, [EVERYWHERE]).get(EVERYWHERE)
    most = sorted(found.items(), key=lambda each: (-each[1][-1], each[0]))[:_MOST_SELECTIONS]
    dated = sorted(past.months.items(), reverse=True)[: 2 * _MONTHS] if past else []
    return Figures(
        # Each ends where the next begins, and this one has come as far as now.
        months=[f"{day:%Y-%m}" for day in months],
        followers=[
            FollowedCounts(query=query, label=named(query), counts=counts[1:])
            for query, counts in most
        ],
        items=dict(dated),
        mails=mailed,
    )
