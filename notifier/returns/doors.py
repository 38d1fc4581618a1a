"""The doors by which what comes back is fetched: each is looked at, and what cannot be read is an
incident until it can.

Knows what doors have in common. Must never know a protocol, or what a mail says.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event
from typing import Protocol

import structlog

from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.errors import MailboxUnreadable
from notifier.mail.incident import anonymous, unreachable
from notifier.storage import incidents

#: How the name of each begins, which is that of its setting; no mail server is called so.
OF_RETURNS = "returns."

log = structlog.get_logger(__name__)


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
    database: Database,
    doors: Sequence[Door],
    take: Callable[[bytes], object],
    clock: Callable[[], datetime],
    stopping: Event,
) -> None:
    """What lies at each of the doors was taken; what is wrong with any of them is on record for all
    nodes, and with no other. Raises StoreError.
    """
    wrong = {}
    for door in doors:
        try:
            door.read(take, stopping)
        except MailboxUnreadable as error:
            wrong[door.name] = anonymous(error.problem)
    with database.reading() as connection:
        known = incidents.every(connection)
    before = {name: each.problem for name, each in known.items() if name.startswith(OF_RETURNS)}
    if wrong != before:
        with database.writing() as connection:
            _keep(connection, wrong, clock())
    for name, problem in wrong.items() - before.items():
        log.warning("mailbox unreadable", mailbox=name, problem=problem)
    for name in before.keys() - wrong.keys():
        log.info("mailbox read again", mailbox=name)


def _keep(connection: Connection, wrong: dict[str, str], now: datetime) -> None:
    """Nothing else is wrong."""
    for name in incidents.every(connection):
        if name.startswith(OF_RETURNS) and name not in wrong:
            incidents.keep(connection, name, None)
    for name, problem in wrong.items():
        incidents.keep(
            connection, name, unreachable(incidents.known(connection, name), problem, now)
        )
