"""A store moved into another one, of whatever engine: everything, compared, and gone on with.

Knows the order, and which store is in force at each moment. Must never know an engine's means.
"""

from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from config.values import masked_url
from feeds import search
from feeds.errors import StoreError
from feeds.model import Progress
from feeds.storage import Connection
from feeds.storage.copies import row_copy, rows
from feeds.storage.database import MOVED, MOVING, Database
from notifier.app.keeping import NAMES, NOTHING, TABLES, stopped
from notifier.app.keeping.restore import made_safe
from notifier.storage import VERSIONS

#: The others are made of these.
_COPIED = tuple(table for table in TABLES if not table.info.get("is_made"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReport:
    """What was moved: ``rows`` of each table, of which so many had been ``moved_before`` by a run
    that was stopped.
    """

    source: str
    target: str
    rows: dict[str, int]
    moved_before: int


def move(settings: Settings, to: str, *, progress: Progress | None = None) -> MoveReport:
    """All of the store is in the one at ``to``, row by row the same, and that one is in force.

    Until then the old one is. One that was stopped goes on. Raises StoreError, DaemonRuns.
    """
    with ExitStack() as opened:
        source = opened.enter_context(closing(_source(settings)))
        _is_to_be_made(source, to)
        target = opened.enter_context(closing(Database.marked(to, VERSIONS)))
        for database in (source, target):
            opened.enter_context(stopped(database, settings.daemon.node))
        _begin(source, target)
        with source.writing(durably=True) as frozen:
            row_copy.freeze(frozen, TABLES)
            counted = _counted(frozen)
            before = _copy(frozen, target, sum(counted.values()), progress)
            _verify(frozen, target)
            last_ids = rows.last_ids(frozen, TABLES)
            source.mark(frozen, MOVED)
        with target.writing(durably=True) as connection:
            rows.go_on_after(connection, TABLES, last_ids)
            rows.look_over(connection, NAMES)
            search.begin_anew(connection)
            target.unmark(connection, MOVING)
        search.follow(target)
        return MoveReport(source=source.name, target=target.name, rows=counted, moved_before=before)


def rehearse(settings: Settings, to: str) -> MoveReport:
    """What `move` would do, as far as that can be told without a row written or a file made.

    Raises StoreError, DaemonRuns.
    """
    with ExitStack() as opened:
        source = opened.enter_context(closing(_source(settings)))
        opened.enter_context(stopped(source, settings.daemon.node))
        before = 0
        if not _is_to_be_made(source, to):
            target = opened.enter_context(closing(Database.marked(to, VERSIONS, made=False)))
            opened.enter_context(stopped(target, settings.daemon.node))
            before = _there(source, target)
        with source.reading() as connection:
            return MoveReport(
                source=source.name,
                target=masked_url(to),
                rows=_counted(connection),
                moved_before=before,
            )


def _counted(connection: Connection) -> dict[str, int]:
    """Of each table that is copied; which revisions it has, a store says by itself."""
    counted = rows.counted(connection, [table.name for table in _COPIED])
    return {name: count for name, count in counted.items() if name != rows.REVISIONS}


def back(settings: Settings, now: datetime) -> int:
    """The store that was moved is in force again, as it was then: what the other one sent is not
    known here, so that mail is paused and what waits is held. How many deliveries.
    """
    with closing(Database.marked(settings.store.url, VERSIONS, made=False)) as database:
        if MOVED not in database.marks:
            raise StoreError(f"{database.name} was not moved anywhere: nothing is to be taken back")
        with stopped(database, settings.daemon.node), database.writing(durably=True) as connection:
            held = made_safe(connection, rows.last_ids(connection, TABLES), now, now)
            database.unmark(connection, MOVED)
            return held


def _source(settings: Settings) -> Database:
    database = Database.marked(settings.store.url, VERSIONS, made=False)
    if database.is_new or not database.is_current() or MOVING in database.marks:
        database.close()
        raise StoreError(f"{database.name} is no store of this version: there is nothing to move")
    return database


def _is_to_be_made(source: Database, to: str) -> bool:
    """Whether it goes into a file that is not there. Raises StoreError where all was moved before:
    it is in another one, which goes on, and a third would be a second one in force.
    """
    is_it = to.startswith("sqlite") and not Path(to.partition(":///")[2]).exists()
    if is_it:
        source.refuse_marked()
    return is_it


def _there(source: Database, target: Database) -> int:
    """How many rows a run that was stopped left there. Raises StoreError where somebody else's are
    there, or all was moved elsewhere.
    """
    with target.reading() as connection:
        there = rows.counted(connection, NAMES)
    if MOVING in target.marks:
        return sum(there.get(table.name, 0) for table in _COPIED)
    if holds := sorted(name for name, count in there.items() if count and name not in NOTHING):
        raise StoreError(
            f"{target.name} holds something already ({', '.join(holds[:3])} ...): name an empty"
            " database, or a file that is not there"
        )
    source.refuse_marked()
    return 0


def _begin(source: Database, target: Database) -> None:
    """The target has the schema, nothing else, and is nobody's to use; or goes on from there."""
    _there(source, target)
    if MOVING in target.marks:
        return
    with target.writing(durably=True) as connection:
        rows.drop(connection, NAMES)
        target.bring_to(connection)
        target.mark(connection, MOVING)


def _copy(frozen: Connection, target: Database, total: int, progress: Progress | None) -> int:
    """How many rows were there before."""
    before = done = 0
    for table in _COPIED:
        steps = row_copy.copied(frozen, target, table)
        there = count = next(steps)
        for count in steps:
            if progress:
                progress(done + count, total)
        before, done = before + there, done + count
    return before


def _verify(frozen: Connection, target: Database) -> None:
    """Each table holds as many rows there, and the same. Raises StoreError."""
    with target.reading() as connection:
        other = [
            table.name
            for table in _COPIED
            if row_copy.digest(frozen, table) != row_copy.digest(connection, table)
        ]
    if other:
        raise StoreError(
            f"{target.name} holds other rows than the store: {', '.join(other)}. Somebody wrote to"
            " it since an earlier run was stopped: empty the target, and say it again"
        )
