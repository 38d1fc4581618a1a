"""Statistics: who follows what over the months, items a month, mails a day.

Knows what the page shows. Must never count who opened a mail: nothing in one tells.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from starlette.routing import Route

from feeds.selection import EVERYWHERE
from feeds.storage import entries
from feeds.storage.database import Database
from feeds.times import months_to
from notifier.account import TeamRole
from notifier.admin.gate import Gate, TeamRequest, View
from notifier.model import DeliveryState
from notifier.storage.team import numbers

_HERE: Final = "/statistics"
_MONTHS: Final = 6
_DAYS: Final = 30
_MOST_SELECTIONS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsPage:
    """The page; ``named`` says what a selection is called, by its query."""

    database: Database
    named: Callable[[str], str]
    clock: Callable[[], datetime]

    def routes(self, gate: Gate) -> Sequence[Route]:
        return (gate.page("/statistics", TeamRole.EDITOR, self._show),)

    def _show(self, _asked: TeamRequest) -> View:
        return View("statistics.html", "Statistics", self._told())

    def _told(self) -> dict[str, object]:
        now = self.clock()
        months = months_to(now.date(), _MONTHS)
        moments = [*(datetime.combine(day, time(), UTC) for day in months), now]
        with self.database.reading() as connection:
            found = numbers.followers(connection, moments)
            mailed = numbers.mails(connection, now.date() - timedelta(days=_DAYS))
            past = entries.histories(connection, [EVERYWHERE]).get(EVERYWHERE)
        most = sorted(found.items(), key=lambda each: (-each[1][-1], each[0]))[:_MOST_SELECTIONS]
        return {
            "months": [f"{moment:%Y-%m}" for moment in moments[1:]],
            "followers": [(self.named(query), counts[1:]) for query, counts in most],
            "items": sorted(past.months.items(), reverse=True)[: 2 * _MONTHS] if past else [],
            "mails": mailed.items(),
            "states": [*DeliveryState],
        }
