"""Whether publishing works, as whoever runs it learns where they look: `fieldfare status`.

Knows what is noted of a run, and when. Must never know what a run does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from feeds.errors import FeedsError, StoreBusy, StoreError
from feeds.storage.database import Database
from feeds.storage.published import publish_standing

# Beats find nothing to do every few seconds: a success is told to a minute.
_EVERY = timedelta(minutes=1)
_LONGEST_PROBLEM_CHARS = 500


@contextmanager
def noted(
    database: Database, clock: Callable[[], datetime], stopping: Event | None = None
) -> Iterator[None]:
    """What is published within came to its end or failed, and why, as the store knows from now on.

    That another is at it is no failure, and what was cut short as ``stopping`` is set is neither.
    """
    try:
        yield
    except StoreBusy:
        raise
    except Exception as error:
        # A store that cannot be written to may be why.
        with suppress(StoreError):
            _fail(database, error, clock())
        raise
    if not (stopping and stopping.is_set()):
        _succeed(database, clock())


def _fail(database: Database, error: Exception, now: datetime) -> None:
    told = str(error) if isinstance(error, FeedsError) else f"{type(error).__name__}: {error}"
    with database.writing() as connection:
        known = publish_standing.known(connection)
        problem = told[:_LONGEST_PROBLEM_CHARS]
        failed = replace(known, last_failure=now, problem=problem, failures=known.failures + 1)
        publish_standing.keep(connection, failed)


def _succeed(database: Database, now: datetime) -> None:
    with database.reading() as connection:
        known = publish_standing.known(connection)
    last = known.last_success
    if not known.failures and last and last <= now < last + _EVERY:
        return
    with database.writing() as connection:
        publish_standing.keep(connection, replace(known, last_success=now, failures=0))
