"""The store: one schema on SQLite or PostgreSQL, opened once and shared by threads.

Knows how transactions begin and end, and hands out numbers. Must never know what rows mean.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection, Engine, Table, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

from feeds.errors import StoreError
from feeds.storage import engines, locks, schema
from feeds.storage.tables import constants

__all__ = ["Connection", "Database", "constant", "insert", "next_numbers"]

#: Longer than any migration so far; another node may be at it.
_MIGRATION_SECONDS = 60.0


class Database:
    """A store that is reachable, and not of a newer program than this one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engines.reader(engine)
        self._file = engines.sqlite_file(engine)

    @classmethod
    def open(cls, url: str) -> Self:
        """Reaches the store at ``url``; an embedded one is made. Raises StoreError."""
        database = cls(engines.connect(url))
        try:
            database._refuse_newer()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Every connection is closed; whoever still uses one keeps it until done."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: all its statements see the same commits, none can write."""
        with self._said_plainly(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[Connection]:
        """A transaction that commits at the end of its block, and rolls back on any error.

        With ``dry_run`` it rolls back in any case.
        """
        with self._said_plainly(), self.engine.begin() as connection:
            yield connection
            if dry_run:
                connection.rollback()

    @contextmanager
    def exclusive(self, lock: str, wait_seconds: float = 0) -> Iterator[None]:
        """Nobody else holds ``lock`` on this store meanwhile, in any process.

        Raises StoreBusy when it is still held after ``wait_seconds``. It ends with the process.
        """
        if self._file:
            held = locks.file_lock(self._file, lock, wait_seconds)
        else:
            held = locks.advisory_lock(self.engine, lock, wait_seconds)
        with self._said_plainly(), held:
            yield

    def is_current(self) -> bool:
        """Whether the schema is the one this program works with."""
        with self.reading() as connection:
            return schema.revision(connection) == schema.REVISIONS[-1]

    def is_empty(self) -> bool:
        """Whether no migration has run here yet."""
        with self.reading() as connection:
            return schema.revision(connection) is None

    def migrate(self) -> None:
        """The schema is current; all of a migration happens, or nothing. Raises StoreError."""
        if self.is_current():
            return
        with self.exclusive("migrate", _MIGRATION_SECONDS), self.writing() as connection:
            schema.upgrade(connection)

    def _refuse_newer(self) -> None:
        with self.reading() as connection:
            found = schema.revision(connection)
        if found is not None and found not in schema.REVISIONS:
            raise StoreError(
                f"the store {self.name} was made by a newer fieldfare (schema {found}, this one"
                f" knows {schema.REVISIONS[-1]}): install that version, or name another store"
            )

    @property
    def is_embedded(self) -> bool:
        """Whether the store is a file of this machine, which nodes cannot share."""
        return self._file is not None

    @property
    def name(self) -> str:
        """The address of the store, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """What the engine cannot do becomes a StoreError; what we did wrong stays a bug."""
        try:
            yield
        except DBAPIError as error:
            if not _is_circumstance(error):
                raise
            raise StoreError(f"the store {self.name} cannot be used: {error.orig}") from error


def _is_circumstance(error: DBAPIError) -> bool:
    """Whether the world is at fault: no server, no room, no right, a file of another kind."""
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do ON CONFLICT, in the words of this engine."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


_DRAW = text(
    "INSERT INTO counters (name, value) VALUES (:name, :count)"
    " ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value"
    " RETURNING value"
)


def next_numbers(connection: Connection, counter: str, count: int) -> range:
    """The next ``count`` numbers of ``counter``, from 1, in commit order and without gaps.

    The counter's row stays locked until the transaction ends, so no number can be seen before a
    lower one, and a roll-back gives them back.
    """
    if count == 0:
        return range(0)
    last: int = connection.execute(_DRAW, {"name": counter, "count": count}).scalar_one()
    return range(last - count + 1, last + 1)


def constant(connection: Connection, name: str, default: str) -> str:
    """What ``name`` was first given; ``default`` is given now where there is nothing yet."""
    stored = select(constants.c.value).filter_by(name=name)
    value = connection.scalar(stored)
    if value is None:
        values = {"name": name, "value": default}
        connection.execute(insert(connection, constants).on_conflict_do_nothing(), values)
        value = connection.execute(stored).scalar_one()
    return str(value)
