"""Readers: finding one by their address, what they got and why not, and what support does for them.

Knows what the page shows, and each of its buttons. Must never list addresses nobody asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.errors import PreferenceRefused, UnknownSubscriber, UnusableAddress
from notifier.model import Subscriber, SubscriberState
from notifier.storage import subscribers, suppressions
from notifier.storage.suppressions import Keyed
from notifier.subscribers.own_data import OwnData, erase, own_data
from notifier.subscribers.preferences import Preferences
from notifier.subscribers.subscribe import checked
from notifier.web.private_pages import PRIVATE
from notifier.web.view import MAIL_POLICY

_HERE: Final = "/readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersPage:
    """One reader at a time. ``change`` gives somebody what they prefer; ``preview`` is the HTML of
    what they would get now; ``zone`` is the site's.
    """

    database: Database
    keyed: Keyed
    zone: ZoneInfo
    change: Callable[[str, Preferences], Subscriber]
    preview: Callable[[str], str]
    clock: Callable[[], datetime]

    def routes(self, gate: Gate) -> Sequence[Route]:
        buttons = {
            "/find": Button(self._find, "looked for a reader"),
            "/suppress": Button(self._suppress, "suppressed an address", detail="reason"),
            "/lift": Button(self._lift, "lifted a suppression", detail="reason"),
            "/{reader}/pause": Button(self._pause, "paused a reader's mails", "reader", "until"),
            "/{reader}/resume": Button(self._resume, "ended a reader's pause", "reader"),
            "/{reader}/unsubscribe": Button(self._leave, "unsubscribed", "reader", "reason"),
            "/{reader}/erase": Button(self._erase, "erased a reader", "reader", "reason"),
        }
        return (
            gate.page(_HERE, TeamRole.OPERATOR, lambda _: View("readers.html", "Readers")),
            gate.page(f"{_HERE}/{{reader}}", TeamRole.OPERATOR, self._show_one),
            gate.page(f"{_HERE}/{{reader}}/preview", TeamRole.OPERATOR, self._preview),
            *(gate.form(f"{_HERE}{at}", TeamRole.OPERATOR, each) for at, each in buttons.items()),
        )

    def _show_one(self, asked: TeamRequest) -> View:
        told = self._told(asked.value("reader"))
        return View("reader.html", told.address, {"data": told})

    def _find(self, asked: TeamRequest) -> Done:
        """By a form that says it in its body: no address of a reader is part of one of ours, and
        of no line of a log.
        """
        address = _address(asked)
        with self.database.reading() as connection:
            person = subscribers.by_address(connection, address, self.zone)
            barred = suppressions.of(connection, self.keyed(address))
        if person:
            return Done("Found.", _place(person))
        why = f"; it is not to be mailed: {barred.reason}, {barred.detail}" if barred else ""
        return Done(f"Nobody ever subscribed by that address{why}.", _HERE)

    def _told(self, public_id: str) -> OwnData:
        """All that is kept of somebody. Raises UnknownSubscriber."""
        with self.database.reading() as connection:
            return own_data(connection, self._known(connection, public_id), self.keyed)

    def _known(self, connection: Connection, public_id: str) -> Subscriber:
        person = subscribers.by_public_id(connection, public_id, self.zone)
        if person is None or person.state is SubscriberState.ERASED:
            raise UnknownSubscriber(public_id)
        return person

    def _preview(self, asked: TeamRequest) -> Response:
        """What they would get now; nothing of it is kept, and its links are nobody's."""
        policy = {**PRIVATE, "content-security-policy": MAIL_POLICY}
        return HTMLResponse(self.preview(self._told(asked.value("reader")).address), headers=policy)

    # -- What support does -------------------------------------------------------------------------

    def _pause(self, asked: TeamRequest) -> Done:
        try:
            until = date.fromisoformat(asked.value("until"))
        except ValueError as error:
            raise PreferenceRefused("say the day on which mails go on, as 2026-12-24") from error
        return Done(f"Nothing is sent before {until}.", self._paused(asked, lambda _: until))

    def _resume(self, asked: TeamRequest) -> Done:
        page = self._paused(asked, lambda each: self.clock().astimezone(each.zone).date())
        return Done("Their next digest covers what was missed.", page)

    def _paused(self, asked: TeamRequest, until: Callable[[Subscriber], date]) -> str:
        """The page of whoever gets nothing before a day. Raises PreferenceRefused."""
        with self.database.reading() as connection:
            person = self._known(connection, asked.value("reader"))
        if person.state is not SubscriberState.ACTIVE:
            raise PreferenceRefused("they get nothing at present, and only they begin it again")
        self.change(person.address, Preferences(paused_until=until(person)))
        return _place(person)

    def _leave(self, asked: TeamRequest) -> Done:
        with self.database.writing() as connection:
            person = self._known(connection, asked.value("reader"))
            left = subscribers.leave(connection, person.public_id, self.clock())
        return Done("They get nothing more." if left else "They got nothing.", _place(person))

    def _erase(self, asked: TeamRequest) -> Done:
        address = self._told(asked.value("reader")).address
        erase(self.database, address, self.keyed, self.zone, now=self.clock())
        return Done("All is forgotten but that they are not to be mailed.", _HERE)

    def _suppress(self, asked: TeamRequest) -> Done:
        address_hash = self.keyed(_address(asked))
        with self.database.writing() as connection:
            suppressions.bar(connection, address_hash, asked.value("reason"), self.clock())
        return Done("No mail goes to that address.", _HERE)

    def _lift(self, asked: TeamRequest) -> Done:
        with self.database.writing() as connection:
            lifted = suppressions.lift(connection, self.keyed(_address(asked)))
        return Done("Mail may go there again." if lifted else "It was not suppressed.", _HERE)


def _address(asked: TeamRequest) -> str:
    """Raises PreferenceRefused, whose words say nothing of what was typed: they are noted."""
    try:
        return checked(asked.value("address"))
    except UnusableAddress as error:
        raise PreferenceRefused("that is no address that mail can be sent to") from error


def _place(person: Subscriber) -> str:
    return f"{_HERE}/{person.public_id}"
