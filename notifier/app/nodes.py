"""The nodes of an installation: one of each name, one alone where a file is kept, each seen by all.

Knows the locks of a store and how nodes wake each other. Must never know what a node does.
"""

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event
from urllib.parse import quote

from feeds.errors import StoreBusy, StoreError
from feeds.storage.database import Database
from notifier.errors import DaemonRuns
from notifier.storage import senders

#: Whoever only looks whether one runs holds its lock for a moment, and is no daemon.
_LOOK_SECONDS = 0.3


@contextmanager
def alone(database: Database, node: str) -> Iterator[None]:
    """No other daemon runs on this store, on PostgreSQL under this node's name.

    Raises DaemonRuns.
    """
    with ExitStack() as held:
        try:
            held.enter_context(database.exclusive(_lock(database, node), _LOOK_SECONDS))
        except StoreBusy as busy:
            raise DaemonRuns(database.name, busy.holder) from busy
        yield


def running(database: Database, node: str) -> str | None:
    """The process that runs the daemon, on PostgreSQL the one of this node's name; None where none
    does.
    """
    try:
        with database.exclusive(_lock(database, node)):
            return None
    except StoreBusy as busy:
        return busy.holder


def _lock(database: Database, node: str) -> str:
    return "run" if database.is_embedded else f"run-{quote(node, safe='')}"


def beat(database: Database, node: str, roles: str, _stopping: Event) -> None:
    """Everybody sees that this node is alive, and what it does."""
    holder = f"pid {os.getpid()} on {platform.node()}"
    with database.writing() as connection:
        senders.beat(connection, node, holder, roles)


@contextmanager
def seen(database: Database, node: str) -> Iterator[None]:
    """Nobody waits for this node once it ended."""
    try:
        yield
    finally:
        with suppress(StoreError), database.writing() as connection:
            senders.leave(connection, node)


def wake_others(database: Database, node: str, job: str) -> None:
    """The other nodes that have a job beat it at once; one that does not hear beats later."""
    with suppress(StoreError):
        database.tell(f"{job} {node}")


def listen(database: Database, node: str, woken: Callable[[str], object], stopping: Event) -> None:
    """What other nodes want to be done is ``woken`` here as they say so, until it is to stop.

    Raises StoreError where the store is away.
    """
    for word in database.heard(stopping.is_set):
        job, _, teller = word.partition(" ")
        if teller != node:
            woken(job)
