"""Documents that were refused, each with the reason: vouched for, or put aside.

Knows what the page shows. Must never show a document but as plain text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.routing import Route

from feeds.errors import SourceError
from feeds.ingest.report import IngestReport
from feeds.storage import documents, overview
from feeds.storage.database import Database
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View

_HERE: Final = "/quarantine"
#: More than anybody reads to know what it is.
_MOST_BYTES: Final = 60_000
_MOST_LISTED: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinePage:
    """The list, and each document; ``promote`` reads one as an item."""

    database: Database
    promote: Callable[[str, str], IngestReport]

    def routes(self, gate: Gate) -> Sequence[Route]:
        editor = TeamRole.EDITOR
        buttons = {
            "promote": Button(self._promote, "vouched for", "document", "source"),
            "dismiss": Button(self._dismiss, "put aside", "document", "source"),
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
        with self.database.reading() as connection:
            held = overview.quarantine(connection, most=_MOST_LISTED)
            more = overview.quarantined(connection) - len(held)
        told = {"held": held, "more": more}
        return View("quarantine.html", "Quarantine", told)

    def _show_one(self, asked: TeamRequest) -> View:
        source, name = asked.value("source"), asked.value("document")
        with self.database.reading() as connection:
            held = overview.quarantine(connection, source, name)
            body = documents.latest(connection, source, name) or b""
        if not held:
            raise SourceError(source, f"holds no document {name!r} in quarantine")
        return View("document.html", name, {"one": held[0], "size": len(body), "text": _text(body)})

    def _promote(self, asked: TeamRequest) -> Done:
        source, name = asked.value("source"), asked.value("document")
        report = self.promote(source, name)
        if report.quarantine:
            why, place = (
                report.quarantine[0].reason,
                urlencode({"source": source, "document": name}),
            )
            return Done(f"It could not be read all the same: {why}", f"{_HERE}/document?{place}")
        return Done(f"{report.added} items added, {report.revised} revised.", _HERE)

    def _dismiss(self, asked: TeamRequest) -> Done:
        source, name = asked.value("source"), asked.value("document")
        with self.database.writing() as connection:
            if not documents.dismiss(connection, source, name):
                raise SourceError(source, f"holds no document {name!r} in quarantine")
        return Done("It is listed again only when it changes.", _HERE)


def _text(body: bytes) -> str:
    """What can be read of it; what moves a cursor or turns the writing direction is a mark."""
    text = body[:_MOST_BYTES].decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each in "\n\t" else "�" for each in text)
