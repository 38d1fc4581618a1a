"""Mails as the team looks after them: stopped and let go on, released, dropped, sent once more.

Knows the order of calls, and what is said of each. Must never know who anybody is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.errors import DeliveryRefused, UnknownDelivery
from notifier.storage import deliveries, returns, senders
from notifier.storage.senders import Halt
from notifier.storage.watched import relay_standings
from notifier.team.noted import Came


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDeeds:
    """What an operator does; where somebody says that mail servers take our mail again, they are
    ``mended`` until they refuse it.
    """

    database: Database
    mended: Callable[[], object]
    clock: Callable[[], datetime]

    def pause(self, who: str, reason: str, *, digests_only: bool = False) -> Came:
        """No further message leaves, of any node."""
        halt = Halt(since=self.clock(), who=who, reason=reason, digests_only=digests_only)
        with self.database.writing() as connection:
            senders.pause(connection, halt)
        return Came("What is on the wire ends, and nothing more leaves.")

    def resume(self) -> Came:
        """Mail leaves again."""
        with self.database.writing() as connection:
            was_paused = senders.resume(connection)
        return Came("Mail goes on." if was_paused else "It was not stopped.", was_paused)

    def release(self, number: int) -> Came:
        """What failed or is held in doubt is to be sent once more. Raises DeliveryRefused."""
        return self._let_go(number, send=True)

    def drop(self, number: int) -> Came:
        """What is held in doubt is not sent any more. Raises DeliveryRefused."""
        return self._let_go(number, send=False)

    def _let_go(self, number: int, *, send: bool) -> Came:
        with self.database.writing() as connection:
            _known(connection, number)
            if not deliveries.release(connection, number, self.clock(), send=send):
                raise DeliveryRefused(number, "it is not held in doubt, and did not fail")
        return Came("Queued once more." if send else "Dropped.")

    def resend(self, number: int) -> Came:
        """What was accepted is to be sent once more, to the last byte. Raises DeliveryRefused."""
        with self.database.writing() as connection:
            _known(connection, number)
            if not deliveries.resend(connection, number, self.clock()):
                raise DeliveryRefused(number, "it was not accepted, or its reader has left")
        return Came("Queued once more, to the last byte.")

    def offer_again(self) -> Came:
        """What a mail server refused us for is offered again at once."""
        with self.database.writing() as connection:
            count = relay_standings.offer_again(connection, self.clock())
        self.mended()
        return Came(f"{count} queued once more.", bool(count))

    def end_pause(self, domain: str) -> Came:
        """Digests to a domain wait no more for what came back of it."""
        with self.database.writing() as connection:
            waited = returns.let_go(connection, domain, self.clock())
        text = "It was not paused." if waited is None else f"{waited} digests that waited are sent."
        return Came(text, waited is not None)


def _known(connection: Connection, number: int) -> None:
    """Raises UnknownDelivery."""
    if deliveries.owner(connection, number) is None:
        raise UnknownDelivery(number)
