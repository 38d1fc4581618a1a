"""Names that items bear and nobody knows, each with the topics it may stand for.

Knows what the page shows. Must never decide what a name means.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.routing import Route

from feeds.errors import UnknownTopic
from feeds.ingest import retag
from feeds.model import Topic
from feeds.storage.database import Database
from feeds.storage.topics import Unknown
from feeds.taxonomy import Taxonomy
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View

_HERE: Final = "/names"
#: What is rarer is mapped after these are.
_MOST: Final = 200
_MOST_NEAR: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesPage:
    """The list of what is ``unknown``; what is mapped is published at once."""

    database: Database
    taxonomy: Taxonomy
    unknown: Callable[[], Sequence[Unknown]]
    publish: Callable[[], int]
    clock: Callable[[], datetime]

    def routes(self, gate: Gate) -> Sequence[Route]:
        mapped = Button(self._map, "mapped a name", "name", "topic")
        return (
            gate.page("/names", TeamRole.EDITOR, self._show),
            gate.form("/names/map", TeamRole.EDITOR, mapped),
        )

    def _show(self, _asked: TeamRequest) -> View:
        found = self.unknown()
        names = [(each, [*self._near(each)], self._all(each)) for each in found[:_MOST]]
        return View("names.html", "Names", {"names": names, "more": max(0, len(found) - _MOST)})

    def _near(self, unknown: Unknown) -> Iterator[Topic]:
        """The topics of its kind whose names are most like it, the most alike first."""
        try:
            self.taxonomy.find(f"{unknown.kind}:{unknown.label}")
        except UnknownTopic as error:
            found = (self.taxonomy.find(name) for name in error.near)
            yield from [each for each in found if each.ref.kind is unknown.kind][:_MOST_NEAR]

    def _all(self, unknown: Unknown) -> Sequence[Topic]:
        return [each for each in self.taxonomy.of(unknown.kind) if not each.closed]

    def _map(self, asked: TeamRequest) -> Done:
        topic, name = asked.value("topic"), asked.value("name")
        done = retag.map_names(
            self.database,
            self.taxonomy,
            topic,
            [name],
            now=self.clock(),
            publish=self.publish,
        )
        return Done(f"It stands for {topic}: {done.items} items are filed anew.", _HERE)
