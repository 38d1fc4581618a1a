"""Work that one process at a time may do on a store, and who does it now.

Knows file locks beside an embedded store and advisory locks on a server; either ends with its
process. Must never know what the work is.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from feeds.errors import StoreBusy, StoreError

#: Short enough that nobody notices the wait, long enough to cost nothing.
_POLL_SECONDS = 0.05

_NOBODY_KNOWS_WHO = "pid unknown"

# A server may hold several stores, each in a schema: the lock is of one of them.
_KEY = text("SELECT hashtextextended(concat(current_schema(), '/', CAST(:lock AS text)), 0)")
_TRY = text("SELECT pg_try_advisory_lock(:key)")
_RELEASE = text("SELECT pg_advisory_unlock(:key)")
_HOLDER = text(
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32 | objid::bigint) = :key"
)


@contextmanager
def file_lock(store: Path, lock: str, wait_seconds: float) -> Iterator[None]:
    """Holds ``lock`` by a file beside the store. Raises StoreBusy, StoreError."""
    path = store.with_name(f"{store.name}.{lock}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"the lock {path} cannot be opened: {error.strerror}") from error
    with os.fdopen(descriptor, "r+") as file:
        for _ in _patience(wait_seconds):
            if _locked(file.fileno()):
                break
        else:
            raise StoreBusy(lock, file.read() or _NOBODY_KNOWS_WHO)
        # The file stays: were it removed, two could hold two files of the same name.
        file.truncate()
        file.write(f"pid {os.getpid()}")
        file.flush()
        yield


@contextmanager
def advisory_lock(engine: Engine, lock: str, wait_seconds: float) -> Iterator[None]:
    """Holds ``lock`` by a session on the server. Raises StoreBusy."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        key = {"key": connection.scalar(_KEY, {"lock": lock})}
        for _ in _patience(wait_seconds):
            if connection.scalar(_TRY, key):
                break
        else:
            raise StoreBusy(lock, connection.scalar(_HOLDER, key) or _NOBODY_KNOWS_WHO)
        try:
            yield
        finally:
            _release(connection, key)


def _release(connection: Connection, key: Mapping[str, object]) -> None:
    try:
        connection.execute(_RELEASE, key)
    except DBAPIError:
        # The session is gone, and the lock with it.
        connection.invalidate()


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _patience(wait_seconds: float) -> Iterator[None]:
    """Once at least, then again and again until the time is over."""
    deadline = time.monotonic() + wait_seconds
    yield
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        yield
