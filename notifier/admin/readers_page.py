"""Readers: finding one by their address, what they got and why not, and what support does for them.

Knows what the page shows, and each of its buttons. Must never list addresses nobody asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from config.values import time_zone
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.errors import PreferenceRefused
from notifier.model import Frequency, Weekday
from notifier.subscribers.listed import minute_of_day
from notifier.subscribers.preferences import Preferences, numbered_days
from notifier.team.noted import TeamAct
from notifier.team.reader_deeds import ReaderDeeds, usable_address
from notifier.web.private_pages import PRIVATE
from notifier.web.view import MAIL_POLICY

_HERE: Final = "/readers"
#: The selection that has no query, as the form writes it.
_EVERYTHING: Final = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersPage:
    """One reader at a time; ``preview`` is the HTML of what they would get now."""

    deeds: ReaderDeeds
    preview: Callable[[str], str]

    def routes(self, gate: Gate) -> Sequence[Route]:
        buttons = {
            "/find": Button(self._find, TeamAct.SOUGHT),
            "/suppress": Button(self._suppress, TeamAct.SUPPRESSED, detail="reason"),
            "/lift": Button(self._lift, TeamAct.LIFTED, detail="reason"),
            "/{reader}/change": Button(self._change, TeamAct.CHANGED, "reader", "reason"),
            "/{reader}/pause": Button(self._pause, TeamAct.PAUSED, "reader", "until"),
            "/{reader}/resume": Button(self._resume, TeamAct.RESUMED, "reader"),
            "/{reader}/unsubscribe": Button(self._leave, TeamAct.UNSUBSCRIBED, "reader", "reason"),
            "/{reader}/erase": Button(self._erase, TeamAct.ERASED, "reader", "reason"),
        }
        return (
            gate.page(_HERE, TeamRole.OPERATOR, lambda _: View("readers.html", "Readers")),
            gate.page(f"{_HERE}/{{reader}}", TeamRole.OPERATOR, self._show_one),
            gate.page(f"{_HERE}/{{reader}}/preview", TeamRole.OPERATOR, self._preview),
            *(gate.form(f"{_HERE}{at}", TeamRole.OPERATOR, each) for at, each in buttons.items()),
        )

    def _show_one(self, asked: TeamRequest) -> View:
        told = self.deeds.told(asked.value("reader"))
        return View("reader.html", told.address, {"data": told, "weekdays": [*Weekday]})

    def _find(self, asked: TeamRequest) -> Done:
        """By a form that says it in its body: no address of a reader is part of one of ours, and
        of no line of a log.
        """
        sought = self.deeds.sought(asked.value("address"))
        if sought.person:
            its = sought.person.public_id
            return Done(f"Found: {its}.", f"{_HERE}/{its}")
        barred = sought.suppressed
        why = f"; it is not to be mailed: {barred.reason}, {barred.detail}" if barred else ""
        return Done(f"Nobody ever subscribed by that address{why}.", _HERE)

    def _preview(self, asked: TeamRequest) -> Response:
        """What they would get now; nothing of it is kept, and its links are nobody's."""
        policy = {**PRIVATE, "content-security-policy": MAIL_POLICY}
        return HTMLResponse(
            self.preview(self.deeds.told(asked.value("reader")).address), headers=policy
        )

    # -- What support does -------------------------------------------------------------------------

    def _change(self, asked: TeamRequest) -> Done:
        """What is left empty stays as it is; what is followed and muted is all of it."""
        reader = asked.value("reader")
        wanted = _preferred(asked, frozenset(self.deeds.told(reader).muted))
        return Done(self.deeds.prefer(reader, wanted, asked.account.name).said, _place(asked))

    def _pause(self, asked: TeamRequest) -> Done:
        try:
            until = date.fromisoformat(asked.value("until"))
        except ValueError as error:
            raise PreferenceRefused("say the day on which mails go on, as 2026-12-24") from error
        came = self.deeds.pause(asked.value("reader"), until, asked.account.name)
        return Done(came.said, _place(asked))

    def _resume(self, asked: TeamRequest) -> Done:
        came = self.deeds.resume(asked.value("reader"), asked.account.name)
        return Done(came.said, _place(asked))

    def _leave(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.leave(asked.value("reader")).said, _place(asked))

    def _erase(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.erase(asked.value("reader")).said, _HERE)

    def _suppress(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.suppress(asked.value("address"), asked.value("reason")).said, _HERE)

    def _lift(self, asked: TeamRequest) -> Done:
        hashed = self.deeds.keyed(usable_address(asked.value("address")))
        return Done(self.deeds.lift(hashed).said, _HERE)


def _preferred(asked: TeamRequest, muted: frozenset[str]) -> Preferences:
    """What the form says. Raises PreferenceRefused."""
    followed = [line.strip() for line in asked.value("followed").splitlines() if line.strip()]
    never = asked.value("muted").split()
    often, at, zone = (asked.value(name) for name in ("frequency", "at", "timezone"))
    try:
        return Preferences(
            selections=tuple(line for line in followed if line != _EVERYTHING),
            everything=_EVERYTHING in followed,
            muted=tuple(topic for topic in never if topic not in muted),
            unmuted=tuple(sorted(muted.difference(never))),
            frequency=Frequency(often) if often else None,
            minute=minute_of_day(at) if at else None,
            weekdays=numbered_days(asked.sent.get("on", ())) or None,
            zone=time_zone(zone) if zone else None,
            language=asked.value("language") or None,
            is_all=True,
        )
    except ValueError as error:
        raise PreferenceRefused(str(error)) from error


def _place(asked: TeamRequest) -> str:
    return f"{_HERE}/{asked.value('reader')}"
