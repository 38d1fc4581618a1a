"""The doors by which what comes back is fetched: each is looked at, and what cannot be read is told
until it can.

Knows what doors have in common. Must never know a protocol, or what a mail says.
"""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Protocol

from notifier.errors import MailboxUnreadable
from notifier.incidents.incident import IncidentKind, Trouble
from notifier.incidents.journal import Journal
from notifier.mail.relay_standing import anonymous


class Door(Protocol):
    """Where mails lie until they are taken; its ``name`` begins with that of its setting."""

    @property
    def name(self) -> str: ...

    def read(self, take: Callable[[bytes], object], stopping: Event) -> int:
        """Each new mail was taken: how many. Raises MailboxUnreadable, and StoreError, and then the
        rest stays for the next look.
        """
        ...


def look(
    journal: Journal, doors: Sequence[Door], take: Callable[[bytes], object], stopping: Event
) -> None:
    """What lies at each of the doors was taken; what is wrong with any of them is in the journal,
    and with no other. Raises StoreError.
    """
    wrong = []
    for door in doors:
        try:
            door.read(take, stopping)
        except MailboxUnreadable as error:
            problem = anonymous(error.problem)
            wrong.append(Trouble(kind=IncidentKind.MAILBOX, subject=door.name, problem=problem))
    journal.only((IncidentKind.MAILBOX,), wrong, "")
