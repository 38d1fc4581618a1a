"""Two transactions at once, in an order that a test says: one holds what the other waits for."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import event, text

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
        _settled(database, doing)
        yield doing


def with_another(
    database: Database, work: Callable[[], object], before: str, other: Callable[[], Answer]
) -> Answer:
    """Both were done: the ``other`` began when this one was about to run the statement that begins
    so, and ended, or waited for a lock, before it did.
    """
    begun = list[Future[Answer]]()
    with ThreadPoolExecutor(1) as threads:

        def begin(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not begun and statement.startswith(before):
                begun.append(threads.submit(other))
                _settled(database, begun[0])

        event.listen(database.engine, "before_cursor_execute", begin)
        try:
            work()
        finally:
            event.remove(database.engine, "before_cursor_execute", begin)
    return begun[0].result()


def _settled(database: Database, doing: "Future[Answer]") -> None:
    ends = time.monotonic() + _SOON_SECONDS
    while not doing.done() and not _waits(database):
        assert time.monotonic() < ends
        time.sleep(0.01)


def _waits(database: Database) -> bool:
    with database.reading() as connection:
        return bool(connection.scalar(_WAITING))
