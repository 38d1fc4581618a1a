"""The nodes of an installation: that there is one of each name, and one alone where a file is kept.

Knows the locks of a store. Must never know what a node does.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

from feeds.errors import StoreBusy
from feeds.storage.database import Database
from notifier.errors import DaemonRuns


@contextmanager
def alone(database: Database, node: str) -> Iterator[None]:
    """No other daemon runs on this store, on PostgreSQL under this node's name.

    Raises DaemonRuns.
    """
    lock = "run" if database.is_embedded else f"run-{quote(node, safe='')}"
    with ExitStack() as held:
        try:
            held.enter_context(database.exclusive(lock))
        except StoreBusy as busy:
            raise DaemonRuns(database.name, busy.holder) from busy
        yield
