"""Mails: what waits, failed or is in doubt, what came back by domain, and what is let go on.

Knows what the page shows. Must never show an address: readers have a page of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.routing import Route

from feeds.storage.columns import number_in
from feeds.storage.database import Database
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.errors import DeliveryRefused
from notifier.model import DeliveryState
from notifier.storage import deliveries, returns, senders
from notifier.storage.watched import relay_standings

_HERE: Final = "/mails"
_MOST: Final = 100
_A_DAY: Final = timedelta(days=1)
#: What somebody may have to do something about.
_LISTED: Final = (DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailsPage:
    """The page of deliveries and domains; where somebody says that mail servers take our mail
    again, they are ``mended`` until they refuse it.
    """

    database: Database
    mended: Callable[[], object]
    clock: Callable[[], datetime]

    def routes(self, gate: Gate) -> Sequence[Route]:
        buttons = {
            "pause": Button(self._pause, "stopped all mail", detail="reason"),
            "resume": Button(self._resume, "let mail go on"),
            "release": Button(self._release, "released a mail", "delivery"),
            "drop": Button(self._drop, "dropped a mail", "delivery"),
            "resend": Button(self._resend, "sent a mail once more", "delivery"),
            "refused": Button(self._refused, "released all that was refused"),
            "end-pause": Button(self._end, "ended a domain's pause", "domain"),
        }
        forms = (gate.form(f"/mails/{at}", TeamRole.OPERATOR, each) for at, each in buttons.items())
        return (gate.page("/mails", TeamRole.OPERATOR, self._show), *forms)

    def _show(self, asked: TeamRequest) -> View:
        now, named = self.clock(), asked.value("state")
        states = [DeliveryState(named)] if named in {*DeliveryState} else _LISTED
        about = asked.value("about") or None
        with self.database.reading() as connection:
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
        halt = senders.Halt(
            since=self.clock(), who=asked.account.name, reason=asked.value("reason")
        )
        with self.database.writing() as connection:
            senders.pause(connection, halt)
        return Done("What is on the wire ends, and nothing more leaves.", _HERE)

    def _resume(self, _asked: TeamRequest) -> Done:
        with self.database.writing() as connection:
            was_paused = senders.resume(connection)
        return Done("Mail goes on." if was_paused else "It was not stopped.", _HERE)

    def _release(self, asked: TeamRequest) -> Done:
        return self._let_go(asked, send=True)

    def _drop(self, asked: TeamRequest) -> Done:
        return self._let_go(asked, send=False)

    def _let_go(self, asked: TeamRequest, *, send: bool) -> Done:
        number = _number(asked)
        with self.database.writing() as connection:
            if not deliveries.release(connection, number, self.clock(), send=send):
                raise DeliveryRefused(number, "it is not held in doubt, and did not fail")
        return Done("Queued once more." if send else "Dropped.", _HERE)

    def _resend(self, asked: TeamRequest) -> Done:
        number = _number(asked)
        with self.database.writing() as connection:
            if not deliveries.resend(connection, number, self.clock()):
                raise DeliveryRefused(number, "it was not accepted, or its reader has left")
        return Done("Queued once more, to the last byte.", _HERE)

    def _refused(self, _asked: TeamRequest) -> Done:
        with self.database.writing() as connection:
            count = relay_standings.offer_again(connection, self.clock())
        self.mended()
        return Done(f"{count} queued once more.", _HERE)

    def _end(self, asked: TeamRequest) -> Done:
        with self.database.writing() as connection:
            waited = returns.let_go(connection, asked.value("domain"), self.clock()) or 0
        return Done(f"{waited} digests that waited are to be sent.", _HERE)


def _number(asked: TeamRequest) -> int:
    """Of a delivery. Raises DeliveryRefused."""
    number = number_in(asked.value("delivery"))
    if number is None:
        raise DeliveryRefused(asked.value("delivery"), "that is no id of a delivery")
    return number
