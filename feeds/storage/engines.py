"""What the engines do each in its own way: how a store is reached and locked, and rows replaced.

Knows SQLite's pragmas and files, PostgreSQL's options and advisory locks. Must never know what a
row means, or the work a lock is for.
"""

import fcntl
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    Update,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from config.values import masked_url
from feeds.errors import StoreBusy, StoreError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

#: How long a writer waits for the one before it; group commits take milliseconds.
BUSY_SECONDS = 30

# PostgreSQL cuts names at 63 bytes (NAMEDATALEN), so what matters comes first.
_POSTGRESQL_NAME_BYTES = 63

_READ_ONLY = "fieldfare_read_only"
_PATIENCE_SECONDS = "fieldfare_patience_seconds"
_DURABLE = "fieldfare_durable"

#: Short enough that nobody notices the wait, long enough to cost nothing.
_POLL_SECONDS = 0.05
#: Between two looks whether to stop.
_LISTEN_SECONDS = 1.0

_NOBODY_KNOWS_WHO = "pid unknown"
#: "pid 12345", with room for what there will be.
_LONGEST_HOLDER_BYTES = 64

# A store holds addresses and what their links are signed with; whoever can open a lock can hold it.
_MODE = 0o600
_OF_OTHERS = 0o007

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

#: All stores of a server share a channel: what is told names the schema it is of.
_TELL = text("SELECT pg_notify('fieldfare', concat(current_schema(), ' ', CAST(:word AS text)))")
_LISTEN = text("LISTEN fieldfare")
_SCHEMA = text("SELECT current_schema()")


def connect(url: str, *, made: bool = True) -> Engine:
    """An engine for ``url``; a server is not asked yet, a file is ``made`` where there is none, or
    missed. Raises StoreError.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is no number is a ValueError
        raise StoreError(
            f"store.url {masked_url(url)!r} is not an address of a database"
        ) from error
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, made=made)
        case "postgresql" | "postgres":
            return _postgresql(parsed)
        case other:
            raise StoreError(f"store.url starts with {other}: use sqlite:/// or postgresql://")


def reader(engine: Engine) -> Engine:
    """The same pool, its transactions being snapshots that refuse to write."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_READ_ONLY: True})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def patient(engine: Engine, seconds: float) -> Engine:
    """The same pool, its transactions waiting no longer than that for what others hold."""
    return engine.execution_options(**{_PATIENCE_SECONDS: seconds})


def durable(engine: Engine) -> Engine:
    """The same pool, its transactions being on disk before their end is told, power cut or not."""
    return engine.execution_options(**{_DURABLE: True})


def upsert(
    connection: Connection,
    table: Table,
    rows: Collection[Mapping[str, Any]],
    *,
    replace: bool | Mapping[str, object] = True,
    key: Collection[Column[Any]] = (),
    returning: Collection[Column[Any]] = (),
) -> Sequence[Row[Any]]:
    """Each row, all of the same columns, is there: in place of the one with its key, or beside it.

    A row that has the ``key`` (the primary one where none is named) already takes these values, or
    those that ``replace`` says; with ``replace`` false it stays as it is. The columns ``returning``
    come back of the rows that were written.
    """
    if not rows:
        return ()
    unique = list(key or table.primary_key)
    statement = _insert(connection, table)
    if replace:
        names = next(iter(rows)).keys() - {column.name for column in unique}
        taken = {name: statement.excluded[name] for name in sorted(names)}
        values = taken if replace is True else dict(replace)
        statement = statement.on_conflict_do_update(index_elements=unique, set_=values)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=unique)
    if returning:
        return connection.execute(statement.returning(*returning), list(rows)).all()
    connection.execute(statement, list(rows))
    return ()


class Spelt:
    """A statement in an engine's own words: one that runs for every few rows is spelt once, as that
    would take longer than to run it. What it takes are texts and numbers.
    """

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._said: dict[str, tuple[str, dict[str, object], Sequence[str] | None]] = {}

    def __call__(self, connection: Connection, **given: str | int | None) -> int:
        """How many rows it found."""
        dialect = connection.dialect
        if dialect.name not in self._said:
            compiled = self._statement.compile(dialect=dialect)
            known = {name: one.value for name, one in compiled.binds.items() if not one.required}
            self._said[dialect.name] = (str(compiled), known, compiled.positiontup)
        words, known, order = self._said[dialect.name]
        values = {**known, **given}
        taken = values if order is None else tuple([values[name] for name in order])
        return connection.exec_driver_sql(words, taken).rowcount


def add_selected(
    connection: Connection, table: Table, selected: Select[Any], values: Mapping[str, Any]
) -> None:
    """What is ``selected`` is there as rows, or was before. Its parameters are ``values``."""
    names = selected.selected_columns.keys()
    statement = _insert(connection, table).from_select(names, selected)
    connection.execute(statement.on_conflict_do_nothing(), values)


def _insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    # Loaded where it is used: its package takes four times as long as SQLite's.
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415

    return insert(table)


@contextmanager
def file_lock(store: Path, lock: str, wait_seconds: float) -> Iterator[None]:
    """Holds ``lock`` by a file beside the store. Raises StoreBusy, StoreError."""
    path = store.with_name(f"{store.name}.{lock}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    except OSError as error:
        raise StoreError(f"the lock {path} cannot be opened: {error.strerror}") from error
    try:
        for _ in _patience(wait_seconds):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
        else:
            holder = os.pread(descriptor, _LONGEST_HOLDER_BYTES, 0).decode(errors="replace")
            raise StoreBusy(lock, holder or _NOBODY_KNOWS_WHO)
        # The file stays: were it removed, two could hold two files of the same name. Whoever finds
        # no room for who holds it holds it all the same: that the disk is full is told by a job.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


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


def tell(engine: Engine, word: str) -> None:
    """All who listen to the store on the server, this process too, hear the word."""
    with engine.begin() as connection:
        connection.execute(_TELL, {"word": word})


def heard(engine: Engine, stopping: Callable[[], bool]) -> Iterator[str]:
    """What is told to all who use the store on the server, word by word, until it is to stop.

    Raises StoreError where the server is gone.
    """
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        schema = connection.scalar(_SCHEMA)
        connection.execute(_LISTEN)
        session: Any = connection.connection.driver_connection
        try:
            while not stopping():
                for told in session.notifies(timeout=_LISTEN_SECONDS, stop_after=1):
                    whose, _, word = told.payload.partition(" ")
                    if whose == schema:
                        yield word
        except engine.dialect.loaded_dbapi.Error as error:
            raise StoreError(f"the store can no longer be listened to: {error}") from error
        finally:
            # Whoever gets this session next did not ask to listen.
            connection.invalidate()


# Both hide what a statement was given: a failure is logged, and addresses are not.
def _sqlite(url: URL, *, made: bool) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise StoreError("store.url names no file: write sqlite:///FILE")
    folder = Path(str(url.database)).absolute().parent
    try:
        exists = folder.is_dir()
    except OSError as error:
        raise StoreError(f"the folder of the store {folder}: {error.strerror}") from error
    if not exists:
        raise StoreError(f"the folder of the store does not exist: {folder}: create it")
    if not made and not Path(str(url.database)).exists():
        raise StoreError(f"there is no store {url.database}")
    _made(Path(str(url.database)))
    # As on a server: where writers wait for each other, readers still get a connection. Threads are
    # the limit.
    engine = create_engine(
        url, connect_args={"timeout": BUSY_SECONDS}, max_overflow=-1, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _made(store: Path) -> None:
    """The file of a store is there, and strangers cannot read it. Raises StoreError for an empty
    one: no store is ever empty, so this one lost everything.

    What SQLite writes beside a file gets the rights of the file.
    """
    try:
        if not store.exists():
            import tempfile  # noqa: PLC0415 - once in the life of a store

            # Under a name of its own until it is more than empty: others may be opening it too.
            with tempfile.NamedTemporaryFile(dir=store.parent, prefix=store.name) as beside:
                with closing(sqlite3.connect(beside.name)) as fresh:
                    fresh.execute("PRAGMA journal_mode = WAL")
                with suppress(FileExistsError):
                    os.link(beside.name, store)
        state = store.stat()
        if state.st_mode & _OF_OTHERS:
            store.chmod(state.st_mode & ~_OF_OTHERS)
    except OSError:
        # The engine says what is wrong once it is asked.
        return
    # SQLite takes a file of a single byte, as a line end is, for an empty one too.
    if state.st_size <= 1:
        raise StoreError(
            f"the store {store} is an empty file: put a backup in its place, or remove it to begin"
            " with a new store"
        )


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's driver would begin transactions by itself, and never for reading.
    connection.isolation_level = None
    connection.cursor().execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    reads = options.get(_READ_ONLY, False)
    known = connection.info
    wanted = {
        "busy_timeout": int(options.get(_PATIENCE_SECONDS, BUSY_SECONDS) * 1000),
        # NORMAL syncs the write-ahead log at checkpoints: a power cut may undo the last commits but
        # never corrupts the store, and work is repeatable (https://sqlite.org/pragma.html).
        "synchronous": "FULL" if options.get(_DURABLE) else "NORMAL",
        "query_only": "ON" if reads else "OFF",
    }
    if not reads:
        # As new stores are; what a backup was put back by may have left another mode. Not before
        # somebody writes, as the file may turn out to be another program's.
        wanted["journal_mode"] = "WAL"
    # A session keeps each, and to say one takes as long as a small question.
    for pragma, value in wanted.items():
        if known.get(pragma) != value:
            connection.exec_driver_sql(f"PRAGMA {pragma} = {value}")
            known[pragma] = value
    # A writer takes its lock at once: one that read first could not be let in any more when
    # another wrote meanwhile (SQLITE_BUSY_SNAPSHOT).
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    # The name tells who holds an exclusive lock.
    name = f"fieldfare pid {os.getpid()} on {socket.gethostname()}"
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"application_name": name.encode()[:_POSTGRESQL_NAME_BYTES].decode()},
        pool_pre_ping=True,
        hide_parameters=True,
        # Locks are held by sessions of their own, for as long as a website is read: were there a
        # limit, as many sources would keep each other from the session to store anything by.
        max_overflow=-1,
    )
    event.listen(engine, "connect", _say_what_a_page_costs)
    event.listen(engine, "begin", _begin_patiently)
    return engine


def _say_what_a_page_costs(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # No more by an index than in order, as where no disk turns: else ten mails are settled
    # by reading all that were sent in a month.
    connection.cursor().execute("SET random_page_cost = 1.1")
    connection.commit()


def _begin_patiently(connection: Connection) -> None:
    patience = connection.get_execution_options().get(_PATIENCE_SECONDS)
    if patience is not None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")


def _release(connection: Connection, key: Mapping[str, object]) -> None:
    try:
        connection.execute(_RELEASE, key)
    except DBAPIError:
        # The session is gone, and the lock with it.
        connection.invalidate()


def _patience(wait_seconds: float) -> Iterator[None]:
    """Once at least, then again and again until the time is over."""
    deadline = time.monotonic() + wait_seconds
    yield
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        yield
