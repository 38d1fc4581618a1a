"""One delivery run as a process of its own, so that a test can kill it.

Knows the store, the server and the folder it is told on the command line. Must never know when
it will be killed.
"""

import asyncio
import sys
from pathlib import Path

from feeds.storage.database import Database
from notifier.mail import Transport
from notifier.mail.maildir import Maildir
from notifier.mail.send import deliver
from notifier.mail.smtp.relay import Relay
from notifier.storage import VERSIONS
from tests.outbox import a_ledger

CONNECTIONS = 4


def main(url: str, target: str) -> None:
    database = Database.open(url, VERSIONS)
    print("open", flush=True)
    report = asyncio.run(deliver(a_ledger(database), _transport(target)))
    print(report, flush=True)
    database.close()


def _transport(target: str) -> Transport:
    if not target.isdigit():
        return Maildir(Path(target))
    return Relay(host="127.0.0.1", port=int(target), security="none", connections=CONNECTIONS)


if __name__ == "__main__":
    main(*sys.argv[1:])
