"""Two transactions at once, in an order that a test says: one holds what the other waits for."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import text

from feeds.storage.database import Database

_SOON_SECONDS = 20
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

Answer = TypeVar("Answer")


@contextmanager
def beside(database: Database, work: Callable[[], Answer]) -> Iterator[Future[Answer]]:
    """Somebody else does this meanwhile: it has ended, or waits for a lock of whoever asks."""
    with ThreadPoolExecutor(1) as threads:
        doing = threads.submit(work)
        ends = time.monotonic() + _SOON_SECONDS
        while not doing.done() and not _waits(database):
            assert time.monotonic() < ends
            time.sleep(0.01)
        yield doing


def _waits(database: Database) -> bool:
    with database.reading() as connection:
        return bool(connection.scalar(_WAITING))
