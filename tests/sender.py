"""One delivery run, which a test gives a process of its own so that it can kill it.

Knows the store, the server and the folder it is told. Must never know when it will be killed.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

from feeds.storage.database import Database
from notifier.mail import Transport
from notifier.mail.maildir import Maildir
from notifier.mail.send import deliver
from notifier.mail.smtp.relay import Relay
from notifier.storage import VERSIONS
from tests.outbox import NOW, a_ledger

CONNECTIONS = 4


def send(url: str, target: str, minutes: float) -> None:
    now = NOW + timedelta(minutes=minutes)
    doubts = 1 if target.isdigit() else 1000  # a Maildir knows what it has
    database = Database.open(url, VERSIONS)
    asyncio.run(deliver(a_ledger(database, now=now, doubts=doubts), _transport(target)))
    database.close()


def _transport(target: str) -> Transport:
    if not target.isdigit():
        return Maildir(Path(target))
    return Relay(host="127.0.0.1", port=int(target), security="none", connections=CONNECTIONS)
