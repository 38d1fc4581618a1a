"""Names that items bear and nobody knows, each with the topics it may stand for.

Knows what the page shows. Must never decide what a name means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.routing import Route

from feeds.model import Topic
from feeds.storage.topics import Unknown
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.team.document_deeds import DocumentDeeds
from notifier.team.noted import TeamAct

_HERE: Final = "/names"
#: What is rarer is mapped after these are.
_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesPage:
    """The list of what is ``unknown``, each with what it may stand for."""

    deeds: DocumentDeeds
    unknown: Callable[[], Sequence[Unknown]]

    def routes(self, gate: Gate) -> Sequence[Route]:
        mapped = Button(self._map, TeamAct.MAPPED, "name", "topic")
        return (
            gate.page("/names", TeamRole.EDITOR, self._show),
            gate.form("/names/map", TeamRole.EDITOR, mapped),
        )

    def _show(self, _asked: TeamRequest) -> View:
        found = self.unknown()
        names = [(each, [*self.deeds.near(each)], self._all(each)) for each in found[:_MOST]]
        return View("names.html", "Names", {"names": names, "more": max(0, len(found) - _MOST)})

    def _all(self, unknown: Unknown) -> Sequence[Topic]:
        return [each for each in self.deeds.taxonomy.of(unknown.kind) if not each.closed]

    def _map(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.map([asked.value("name")], asked.value("topic")).said, _HERE)
