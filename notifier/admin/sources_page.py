"""The sources: how each does, and that one is to be asked at once.

Knows what the page shows. Must never ask a source itself: the job that does is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.routing import Route

from feeds.errors import SourceError
from feeds.storage.database import Database
from feeds.storage.origins import standings
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View

_HERE: Final = "/sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage:
    """The list of what is ``listed``, as the command of that name has it."""

    database: Database
    listed: Callable[[], Sequence[object]]

    def routes(self, gate: Gate) -> Sequence[Route]:
        look = Button(self._look, "asked a source at once", "source")
        return (
            gate.page("/sources", TeamRole.EDITOR, self._show),
            gate.form("/sources/look", TeamRole.EDITOR, look),
        )

    def _show(self, _asked: TeamRequest) -> View:
        return View("sources.html", "Sources", {"sources": self.listed()})

    def _look(self, asked: TeamRequest) -> Done:
        """The next beat of its job asks it, whatever pause it had."""
        name = asked.value("source")
        with self.database.writing() as connection:
            if not standings.look_now(connection, name):
                raise SourceError(name, "is asked at every beat, or never was; nothing to hasten")
        return Done("It is asked within a minute, where a daemon runs.", _HERE)
