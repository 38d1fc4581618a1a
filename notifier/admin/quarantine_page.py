"""Documents that were refused, each with the reason: vouched for, or put aside.

Knows what the page shows. Must never show a document but as plain text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.routing import Route

from feeds.storage import overview
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.team.document_deeds import DocumentDeeds
from notifier.team.noted import TeamAct

_HERE: Final = "/quarantine"
_MOST_LISTED: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinePage:
    """The list, and each document, with what can be done about it."""

    deeds: DocumentDeeds

    def routes(self, gate: Gate) -> Sequence[Route]:
        editor = TeamRole.EDITOR
        buttons = {
            "promote": Button(self._promote, TeamAct.PROMOTED, "document", "source"),
            "dismiss": Button(self._dismiss, TeamAct.DISMISSED, "document", "source"),
        }
        return (
            gate.page("/quarantine", editor, self._show),
            gate.page("/quarantine/document", editor, self._show_one),
            *(
                gate.form(f"/quarantine/{at}", TeamRole.EDITOR, each)
                for at, each in buttons.items()
            ),
        )

    def _show(self, _asked: TeamRequest) -> View:
        with self.deeds.database.reading() as connection:
            held = overview.quarantine(connection, most=_MOST_LISTED)
            more = overview.quarantined(connection) - len(held)
        told = {"held": held, "more": more}
        return View("quarantine.html", "Quarantine", told)

    def _show_one(self, asked: TeamRequest) -> View:
        source, name = asked.value("source"), asked.value("document")
        found = self.deeds.held(source, name)
        told = {"one": found.held, "size": found.size, "text": found.text}
        return View("document.html", name, told)

    def _promote(self, asked: TeamRequest) -> Done:
        source, name = asked.value("source"), asked.value("document")
        came = self.deeds.vouch(source, name)
        place = f"/document?{urlencode({'source': source, 'document': name})}"
        return Done(came.said, f"{_HERE}{'' if came.changed else place}")

    def _dismiss(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.dismiss(asked.value("source"), asked.value("document")).said, _HERE)
