"""The overview: what is wrong, what there is, how sources do, statistics, and who did what.

Knows what these pages show. Must never find out by itself what is wrong, or change what is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.routing import Route

from feeds.storage.columns import number_in
from feeds.storage.database import Database
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.model import DeliveryState
from notifier.storage.team import accounts, deeds
from notifier.team.document_deeds import DocumentDeeds
from notifier.team.noted import TeamAct
from notifier.team.statistics import Figures

_MOST_DEEDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """What `fieldfare status` says, as a page."""

    status: Callable[[], object]

    def routes(self, gate: Gate) -> Sequence[Route]:
        return (gate.page("/", TeamRole.EDITOR, self._show),)

    def _show(self, _asked: TeamRequest) -> View:
        return View("overview.html", "Overview", {"held": self.status()})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage:
    """The list of what is ``listed``, as the command of that name has it."""

    deeds: DocumentDeeds
    listed: Callable[[], Sequence[object]]

    def routes(self, gate: Gate) -> Sequence[Route]:
        look = Button(self._look, TeamAct.LOOKED, "source")
        return (
            gate.page("/sources", TeamRole.EDITOR, self._show),
            gate.form("/sources/look", TeamRole.EDITOR, look),
        )

    def _show(self, _asked: TeamRequest) -> View:
        return View("sources.html", "Sources", {"sources": self.listed()})

    def _look(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.look(asked.value("source")).said, "/sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsPage:
    """The page of all figures there are."""

    figures: Callable[[], Figures]

    def routes(self, gate: Gate) -> Sequence[Route]:
        return (gate.page("/statistics", TeamRole.EDITOR, self._show),)

    def _show(self, _asked: TeamRequest) -> View:
        told = {"told": self.figures(), "states": [*DeliveryState]}
        return View("statistics.html", "Statistics", told)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedsPage:
    """The list, and whose accounts there are."""

    database: Database

    def routes(self, gate: Gate) -> Sequence[Route]:
        return (gate.page("/deeds", TeamRole.OPERATOR, self._show),)

    def _show(self, asked: TeamRequest) -> View:
        with self.database.reading() as connection:
            found = deeds.latest(connection, _MOST_DEEDS + 1, number_in(asked.value("before")))
            people = accounts.every(connection)
        older = found[_MOST_DEEDS - 1].number if len(found) > _MOST_DEEDS else None
        told = {"deeds": found[:_MOST_DEEDS], "older": older, "people": people}
        return View("deeds.html", "Who did what", told)
