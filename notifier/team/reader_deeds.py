"""One reader as support looks after them: found, told what they got, paused, unsubscribed, erased.

Knows the order of calls, and what is said of each: never an address, as that is noted. Must never
list people whom nobody asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.errors import PreferenceRefused, UnknownSubscriber, UnusableAddress
from notifier.model import Subscriber, SubscriberState
from notifier.storage import subscribers, suppressions
from notifier.storage.suppressions import Keyed, Suppression
from notifier.subscribers.own_data import OwnData, erase, own_data
from notifier.subscribers.preferences import Preferences
from notifier.subscribers.subscribe import checked
from notifier.team.noted import Came

#: Who gets each item at once has thousands.
_MOST_MAILS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Who has an address, if anybody, and whether it must not be mailed."""

    person: Subscriber | None
    suppressed: Suppression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDeeds:
    """What an operator sees and does of one reader, by the id that addresses of pages have.
    ``change`` gives somebody what they prefer, as whoever asks for that; ``zone`` is the site's.
    """

    database: Database
    keyed: Keyed
    zone: ZoneInfo
    change: Callable[[str, Preferences, str], Subscriber]
    clock: Callable[[], datetime]

    def sought(self, address: str) -> Sought:
        """Who has that address. Raises PreferenceRefused."""
        usable = usable_address(address)
        with self.database.reading() as connection:
            return Sought(
                person=subscribers.by_address(connection, usable, self.zone),
                suppressed=suppressions.of(connection, self.keyed(usable)),
            )

    def known(self, connection: Connection, public_id: str) -> Subscriber:
        """Whoever has that id. Raises UnknownSubscriber."""
        person = subscribers.by_public_id(connection, public_id, self.zone)
        if person is None or person.state is SubscriberState.ERASED:
            raise UnknownSubscriber(public_id)
        return person

    def told(self, public_id: str) -> OwnData:
        """What is kept of somebody, with the latest mails. Raises UnknownSubscriber."""
        with self.database.reading() as connection:
            person = self.known(connection, public_id)
            return own_data(connection, person, self.keyed, _MOST_MAILS)

    def prefer(self, public_id: str, preferences: Preferences, who: str) -> Came:
        """Somebody gets what they prefer; what is named is all that they follow from now on.

        Raises PreferenceRefused and what says that there is no such thing, UnknownSubscriber.
        """
        self.change(self._active(public_id).address, preferences, who)
        return Came("They get what was asked for.")

    def pause(self, public_id: str, until: date, who: str) -> Came:
        """Somebody gets nothing before a day. Raises PreferenceRefused, UnknownSubscriber."""
        person = self._active(public_id)
        self.change(person.address, Preferences(paused_until=until), who)
        return Came(f"Nothing is sent before {until}.")

    def resume(self, public_id: str, who: str) -> Came:
        """A pause of somebody's is over. Raises PreferenceRefused, UnknownSubscriber."""
        person = self._active(public_id)
        # By their own calendar, as the end of a pause is.
        today = self.clock().astimezone(person.zone).date()
        self.change(person.address, Preferences(paused_until=today), who)
        return Came("Their next digest covers what was missed.", person.paused_until is not None)

    def _active(self, public_id: str) -> Subscriber:
        with self.database.reading() as connection:
            person = self.known(connection, public_id)
        if person.state is not SubscriberState.ACTIVE:
            raise PreferenceRefused("they get nothing at present, and only they begin it again")
        return person

    def leave(self, public_id: str) -> Came:
        """Somebody gets no more mail. Raises UnknownSubscriber."""
        with self.database.writing() as connection:
            person = self.known(connection, public_id)
            left = subscribers.leave(connection, person.public_id, self.clock())
        return Came("They get nothing more." if left else "They got nothing.", left)

    def erase(self, public_id: str) -> Came:
        """Somebody is forgotten (GDPR, Article 17). Raises UnknownSubscriber."""
        with self.database.reading() as connection:
            address = self.known(connection, public_id).address
        erase(self.database, address, self.keyed, self.zone, now=self.clock())
        return Came("All is forgotten but that they are not to be mailed.")

    def suppress(self, address: str, reason: str) -> Came:
        """No mail goes to that address. Raises PreferenceRefused."""
        address_hash = self.keyed(usable_address(address))
        with self.database.writing() as connection:
            suppressions.bar(connection, address_hash, reason, self.clock())
        return Came("No mail goes to that address.")

    def lift(self, address_hash: str) -> Came:
        """Mail may go to the address of that hash again."""
        with self.database.writing() as connection:
            lifted = suppressions.lift(connection, address_hash)
        return Came("Mail may go there again." if lifted else "It was not suppressed.", lifted)


def usable_address(typed: str) -> str:
    """Raises PreferenceRefused, whose words say nothing of what was typed: they are noted."""
    try:
        return checked(typed)
    except UnusableAddress as error:
        raise PreferenceRefused("that is no address that mail can be sent to") from error
