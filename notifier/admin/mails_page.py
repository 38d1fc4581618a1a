"""Mails: what waits, failed or is in doubt, what came back by domain, and what is let go on.

Knows what the page shows. Must never show an address: readers have a page of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.routing import Route

from feeds.storage.columns import number_in
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.errors import DeliveryRefused, PreferenceRefused
from notifier.model import DeliveryState
from notifier.storage import deliveries, returns, senders
from notifier.team.mail_deeds import MailDeeds
from notifier.team.noted import TeamAct

_HERE: Final = "/mails"
_MOST: Final = 100
_A_DAY: Final = timedelta(days=1)
#: What somebody may have to do something about.
_LISTED: Final = (DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailsPage:
    """The page of deliveries and domains, with what can be done to them."""

    deeds: MailDeeds

    def routes(self, gate: Gate) -> Sequence[Route]:
        buttons = {
            "pause": Button(self._pause, TeamAct.HALTED, detail="reason"),
            "resume": Button(self._resume, TeamAct.WENT_ON),
            "release": Button(self._release, TeamAct.LET_GO, "delivery"),
            "drop": Button(self._drop, TeamAct.DROPPED, "delivery"),
            "resend": Button(self._resend, TeamAct.RESENT, "delivery"),
            "refused": Button(self._refused, TeamAct.OFFERED),
            "end-pause": Button(self._end, TeamAct.ENDED, "domain"),
        }
        forms = (gate.form(f"/mails/{at}", TeamRole.OPERATOR, each) for at, each in buttons.items())
        return (gate.page("/mails", TeamRole.OPERATOR, self._show), *forms)

    def _show(self, asked: TeamRequest) -> View:
        now, named = self.deeds.clock(), asked.value("state")
        states = [DeliveryState(named)] if named in {*DeliveryState} else _LISTED
        about = asked.value("about") or None
        if about and "@" in about:
            raise PreferenceRefused("readers are looked for on their own page, where that is noted")
        with self.deeds.database.reading() as connection:
            listed = [
                each
                for state in ([None] if about else states)
                for each in deliveries.latest(connection, _MOST, state, about)
            ]
            told = {
                "counts": deliveries.counts(connection),
                "listed": listed,
                "about": about,
                "returned": returns.counts(connection, now - _A_DAY),
                "paused": returns.paused(connection, now),
                "halt": senders.halted(connection),
            }
        return View("mails.html", "Mails", told)

    def _pause(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.pause(asked.account.name, asked.value("reason")).said, _HERE)

    def _resume(self, _asked: TeamRequest) -> Done:
        return Done(self.deeds.resume().said, _HERE)

    def _release(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.release(_number(asked)).said, _HERE)

    def _drop(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.drop(_number(asked)).said, _HERE)

    def _resend(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.resend(_number(asked)).said, _HERE)

    def _refused(self, _asked: TeamRequest) -> Done:
        return Done(self.deeds.offer_again().said, _HERE)

    def _end(self, asked: TeamRequest) -> Done:
        return Done(self.deeds.end_pause(asked.value("domain")).said, _HERE)


def _number(asked: TeamRequest) -> int:
    """Of a delivery. Raises DeliveryRefused."""
    number = number_in(asked.value("delivery"))
    if number is None:
        raise DeliveryRefused(asked.value("delivery"), "that is no id of a delivery")
    return number
