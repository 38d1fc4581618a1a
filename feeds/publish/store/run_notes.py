"""Whether publishing works, as whoever runs it learns where they look: `fieldfare status`.

Knows what is noted of a run, and when. Must never know what a run does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import structlog

from feeds.errors import FeedsError, StoreBusy, StoreError
from feeds.storage.database import Database
from feeds.storage.published import publish_standing

log = structlog.get_logger(__name__)

# Beats find nothing to do every few seconds: a success is told to a minute.
_EVERY = timedelta(minutes=1)
_LONGEST_PROBLEM_CHARS = 500


@contextmanager
def noted(
    database: Database, clock: Callable[[], datetime], stopping: Event | None = None
) -> Iterator[None]:
    """What is published within came to its end or failed, and why, as the store knows from now on.

    That another is at it is no failure, and what was cut short as ``stopping`` is set is neither.
    What cannot be noted is told: it changes nothing of what was published.
    """
    try:
        yield
    except StoreBusy:
        raise
    except Exception as error:
        _note(database, clock(), error)
        raise
    if not (stopping and stopping.is_set()):
        _note(database, clock(), None)


def _note(database: Database, now: datetime, error: Exception | None) -> None:
    try:
        with database.reading() as connection:
            known = publish_standing.known(connection)
        last = known.last_success
        if error:
            told = (
                str(error) if isinstance(error, FeedsError) else f"{type(error).__name__}: {error}"
            )
            problem = told[:_LONGEST_PROBLEM_CHARS]
            now_known = replace(
                known, last_failure=now, problem=problem, failures=known.failures + 1
            )
        elif not known.failures and last and last <= now < last + _EVERY:
            return
        else:
            now_known = replace(known, last_success=now, failures=0)
        with database.writing() as connection:
            publish_standing.keep(connection, now_known)
    except StoreError as refused:
        # A store that cannot be written to may be why it failed.
        log.warning("not noted how publishing does", problem=str(refused))
