"""The store: one schema on SQLite or PostgreSQL, opened once and shared by threads.

Knows how transactions begin and end, which revisions the schema has, and hands out numbers. Must
never know what rows mean.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    func,
    inspect,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)

from config.values import masked_url
from feeds.errors import StoreError
from feeds.storage import engines
from feeds.storage.columns import Instant
from feeds.storage.engines import upsert
from feeds.storage.tables import constants, counters

#: Longer than any migration so far; another node may be at it.
_MIGRATION_SECONDS = 60.0

_MIGRATIONS = Path(__file__).parent / "migrations"

#: The revisions of the feeds' own tables: a file each, named like its revision (BRANCH_NUMBER), so
#: that nobody loads Alembic to know which there are. No branch names a revision of another one as
#: its dependency: Alembic would forget that the other is there.
VERSIONS = _MIGRATIONS / "versions"

#: Marks among the revisions: so that a program of before these, too, takes the store for one that
#: it does not know.
MOVING, MOVED = "moving", "moved"
_MARKED = {
    MOVING: "{} holds a part of another store: say `fieldfare move` again, which goes on with it",
    MOVED: (
        "{} was moved to another store, which went on since: name that one in store.url"
        " (`fieldfare move --back` takes this one up again, where that one is lost)"
    ),
}
_alembic_version = Table("alembic_version", MetaData(), Column("version_num", Text))


class Database:
    """A store that is reachable, and not of a newer program than this one.

    ``is_new`` says whether it had no schema when it was opened.
    """

    def __init__(self, engine: Engine, folders: Sequence[Path], *, is_marked: bool = False) -> None:
        self.engine = engine
        self._reader = engines.reader(engine)
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = Path(file) if file else None
        self._folders = folders
        self._revisions = [sorted(path.stem for path in each.glob("*.py")) for each in folders]
        self._newest = {branch[-1] for branch in self._revisions}
        found = self.revisions()
        self.is_new = not found
        self.marks = found.intersection(_MARKED)
        if not is_marked:
            self.refuse_marked()
        if strange := found.difference(_MARKED, *self._revisions):
            known = ", ".join(sorted(self._newest))
            raise StoreError(
                f"the store {self.name} was made by a newer fieldfare, or before the first release"
                f" (schema {min(strange)}, this one knows {known}): install that version, or name"
                " another store"
            )

    @classmethod
    def open(cls, url: str, *beside: Path) -> Self:
        """Reaches the store at ``url``; an embedded one is made. Raises StoreError.

        ``beside`` are the folders with the revisions of who keeps tables beside those of the feeds.
        """
        return cls._opened(engines.connect(url), beside)

    @classmethod
    def existing(cls, url: str, *beside: Path) -> Self:
        """The same of a store that is there, of whatever schema; none is made. Raises StoreError.

        For what would be done to a store that is not meant, where the settings name another one.
        """
        database = cls._opened(engines.connect(url, made=False), beside)
        if database.is_new:
            database.close()
            raise StoreError(f"there is no store at {database.name}: nothing is kept there yet")
        return database

    @classmethod
    def marked(cls, url: str, *beside: Path, made: bool = True) -> Self:
        """As `open`, of one that nobody else may use, as it is moved, or was; unless it is to be
        ``made``, it is there.
        """
        return cls._opened(engines.connect(url, made=made), beside, is_marked=True)

    @classmethod
    def _opened(cls, engine: Engine, beside: Sequence[Path], *, is_marked: bool = False) -> Self:
        try:
            return cls(engine, (VERSIONS, *beside), is_marked=is_marked)
        except BaseException:
            engine.dispose()
            raise

    def refuse_marked(self) -> None:
        """Raises StoreError where it is being moved, or was."""
        if self.marks:
            raise StoreError(_MARKED[min(self.marks)].format(self.name))

    def close(self) -> None:
        """Every connection is closed; whoever still uses one keeps it until done."""
        self.engine.dispose()

    @contextmanager
    def reading(self, *, patience_seconds: float | None = None) -> Iterator[Connection]:
        """A snapshot: all its statements see the same commits, none can write.

        Only a migration keeps readers out; with ``patience_seconds`` no longer than that, as in
        `writing`.
        """
        engine = self._reader
        if patience_seconds is not None:
            engine = engines.patient(engine, patience_seconds)
        with self._said_plainly(), engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(
        self,
        *,
        dry_run: bool = False,
        patience_seconds: float | None = None,
        durably: bool = False,
    ) -> Iterator[Connection]:
        """A transaction that commits at the end of its block, and rolls back on any error.

        With ``dry_run`` it rolls back in any case. With ``patience_seconds`` it waits no longer for
        what others hold: StoreError. With ``durably`` its end waits for the disk, so that no
        power cut undoes it; an embedded store otherwise loses the last ones then.
        """
        engine = engines.durable(self.engine) if durably else self.engine
        if patience_seconds is not None:
            engine = engines.patient(engine, patience_seconds)
        with self._said_plainly(), engine.begin() as connection:
            yield connection
            if dry_run:
                connection.rollback()

    @contextmanager
    def kept(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """What begins transactions as a durable `writing` does, one after the other over the same
        connection, or another one once it was lost: to take one anew for each costs more than what
        a short one does.
        """
        with self._said_plainly(), engines.durable(self.engine).connect() as connection:

            @contextmanager
            def writing() -> Iterator[Connection]:
                with self._said_plainly(), connection.begin():
                    yield connection

            yield writing

    @contextmanager
    def exclusive(self, lock: str, wait_seconds: float = 0) -> Iterator[None]:
        """Nobody else holds ``lock`` on this store meanwhile, in any process.

        Raises StoreBusy when it is still held after ``wait_seconds``. It ends with the process.
        """
        if self._file:
            held = engines.file_lock(self._file, lock, wait_seconds)
        else:
            held = engines.advisory_lock(self.engine, lock, wait_seconds)
        with self._said_plainly(), held:
            yield

    def is_current(self) -> bool:
        """Whether the schema is the one this program works with."""
        return self._newest <= self.revisions()

    def migrate(self) -> None:
        """The schema is current; all of a migration happens, or nothing. Raises StoreError."""
        if self.is_current():
            return
        with self.exclusive("migrate", _MIGRATION_SECONDS), self.writing() as connection:
            self.bring_to(connection)

    def bring_to(self, connection: Connection, revisions: Iterable[str] = ()) -> None:
        """The schema is that of these revisions, one of each branch, or of today, once this
        transaction ends. Raises StoreError where one is of a newer program.
        """
        wanted = [*revisions] or [*map(max, self._revisions)]
        if strange := set(wanted).difference(*self._revisions):
            raise StoreError(f"schema {min(strange)} is of a newer fieldfare: install that version")
        # A migration is one event of the store's, not a line for each step and plug-in.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        # Most runs have nothing to migrate and should not wait until Alembic is loaded.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config(attributes={"connection": connection})
        # An option is a template (configparser), in which a percent sign stands for itself by two.
        folders = "\n".join(map(str, self._folders)).replace("%", "%%")
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.set_main_option("version_locations", folders)
        config.set_main_option("path_separator", "newline")
        for revision in wanted:
            command.upgrade(config, revision)

    def mark(self, connection: Connection, mark: str) -> None:
        """No program opens the store any more, but to move it."""
        self.unmark(connection, mark)
        connection.execute(_alembic_version.insert().values(version_num=mark))

    def unmark(self, connection: Connection, mark: str) -> None:
        """It is opened again."""
        connection.execute(_alembic_version.delete().filter_by(version_num=mark))

    @property
    def is_embedded(self) -> bool:
        """Whether the store is a file of this machine, which nodes cannot share."""
        return self._file is not None

    @property
    def folder(self) -> Path | None:
        """Where the file of the store is, if it is one."""
        return self._file.absolute().parent if self._file else None

    @property
    def name(self) -> str:
        """The address of the store, without passwords."""
        return masked_url(self.engine.url.render_as_string(hide_password=True))

    def tell(self, word: str) -> None:
        """All nodes hear the word, where there may be several. Raises StoreError."""
        if not self.is_embedded:
            with self._said_plainly():
                engines.tell(self.engine, word)

    def heard(self, stopping: Callable[[], bool]) -> Iterator[str]:
        """What any node tells, as it does, until it is to stop; nothing where there is but one.

        What is told while nobody listens is lost. Raises StoreError.
        """
        if not self.is_embedded:
            with self._said_plainly():
                yield from engines.heard(self.engine, stopping)

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """What the engine cannot do becomes a StoreError; what we did wrong stays a bug."""
        try:
            yield
        except DBAPIError as error:
            if not _is_circumstance(error):
                raise
            problem = masked_url(str(error.orig))
            raise StoreError(f"the store {self.name} cannot be used: {problem}") from error

    def revisions(self) -> set[str]:
        """The newest revision of each branch the store has; none before the first migration."""
        with self.reading() as connection:
            tables = set(inspect(connection).get_table_names())
            found = set[str]()
            if _alembic_version.name in tables:
                found.update(connection.scalars(select(_alembic_version.c.version_num)))
            # A server is shared with others; a file is not.
            if self._file and not found and (others := tables - {_alembic_version.name}):
                raise StoreError(
                    f"the file {self._file} is another program's (it holds a table"
                    f" {min(others)!r}): name another one in store.url"
                )
        return found


def _is_circumstance(error: DBAPIError) -> bool:
    """Whether the world is at fault: no server, no room, no right, a file of another kind, or an
    option in the address that no connection has.
    """
    if isinstance(error, ProgrammingError):
        return error.statement is None
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


_DRAW = text(
    "INSERT INTO counters (name, value) VALUES (:name, :count)"
    " ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value"
    " RETURNING value"
)


def next_numbers(connection: Connection, counter: str, count: int) -> range:
    """The next ``count`` numbers of ``counter``, from 1, in commit order and without gaps.

    The counter's row stays locked until the transaction ends, so no number can be seen before a
    lower one, and a roll-back gives them back. None at all only waits for one's turn.
    """
    last: int = connection.execute(_DRAW, {"name": counter, "count": count}).scalar_one()
    return range(last - count + 1, last + 1)


_NOW = select(type_coerce(func.now(), Instant))


def store_time(connection: Connection) -> datetime:
    """What time it is by the clock of the store, which all its nodes share; to the second."""
    return connection.execute(_NOW).scalar_one()


_SECONDS = {
    "sqlite": text("SELECT (julianday('now') - 2440587.5) * 86400.0"),
    # Of this moment, not of that at which the transaction began: it may have waited for its turn.
    "postgresql": text("SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)"),
}


def store_seconds(connection: Connection) -> float:
    """The seconds since 1970 by the clock of the store, to a thousandth."""
    return float(connection.execute(_SECONDS[connection.dialect.name]).scalar_one())


def last_number(connection: Connection, counter: str) -> int:
    """The last of the numbers of ``counter``, 0 before the first."""
    value: int | None = connection.scalar(select(counters.c.value).filter_by(name=counter))
    return value or 0


def value_of(connection: Connection, name: str) -> str | None:
    """What is remembered under ``name``, if anything."""
    return connection.scalar(select(constants.c.value).filter_by(name=name))


def set_value(connection: Connection, name: str, value: str) -> None:
    """That is remembered under ``name`` in place of what was."""
    upsert(connection, constants, [{"name": name, "value": value}])


def constant(connection: Connection, name: str, default: str) -> str:
    """What ``name`` was first given; ``default`` is given now where there is nothing yet."""
    value = value_of(connection, name)
    if value is None:
        upsert(connection, constants, [{"name": name, "value": default}], replace=False)
        value = value_of(connection, name)
    return str(value)
