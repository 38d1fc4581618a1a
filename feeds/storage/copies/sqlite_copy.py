"""A SQLite store as a file: copied while others write, looked through, put in place of another.

Knows SQLite's backup API and pragmas. Must never know a table.
"""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from feeds.errors import StoreError
from feeds.model import Progress

#: 4 MB: whoever waits sees it move, and a step costs next to nothing.
_PAGES_AT_ONCE = 1000
#: Whoever is about to write ends within this.
_WAIT_SECONDS = 30.0
#: More of what is wrong tells nobody more.
_FAULTS = 20


def copy(connection: Connection, target: Path, progress: Progress | None = None) -> None:
    """The file holds the store as this connection's snapshot has it; nobody who writes waits.

    ``progress`` hears of pages. Raises StoreError.
    """
    # A transaction is a snapshot from its first reading on. Without it each commit of another
    # process would begin the copy anew, and one that never ends is none.
    connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    _copied(connection.connection.driver_connection, target, progress)


def put_in_place(source: Path, store: Path, progress: Progress | None = None) -> None:
    """The store holds what the file ``source`` holds: all of it from one moment on, or nothing.

    It is written as one transaction into the file that others may have open. A new file in place of
    the old would be read together with what the write-ahead log of the old one left beside it.
    Raises StoreError.
    """
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as complete:
        _copied(complete, store, progress, is_durable=True)


def faults(file: Path) -> list[str]:
    """What SQLite finds wrong with a file: pages, indexes, constraints, references."""
    if found := damage(file):
        return found
    with closing(sqlite3.connect(file)) as opened:
        dangling = opened.execute("PRAGMA foreign_key_check").fetchmany(_FAULTS)
    return [
        f"row {row} of {table} refers to one of {parent} that is not there"
        for table, row, parent, _ in dangling
    ]


def damage(file: Path) -> list[str]:
    """The same, but for what refers to nothing; of a file that is no store, too."""
    try:
        with closing(sqlite3.connect(file)) as opened:
            said = opened.execute(f"PRAGMA integrity_check({_FAULTS})").fetchall()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [str(line) for (line,) in said if line != "ok"]


def counted(file: Path, names: Collection[str]) -> dict[str, int]:
    """How many rows a file has of each of these tables. Raises StoreError where one is missing."""
    counts = ", ".join(f'(SELECT count(*) FROM "{name}")' for name in names)  # noqa: S608 - ours
    try:
        with closing(sqlite3.connect(file)) as opened:
            row = opened.execute(f"SELECT {counts}").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"the copy {file} cannot be read: {error}") from error
    return dict(zip(names, row, strict=True))


def _copied(
    source: Any,
    target: Path,
    progress: Progress | None,
    *,
    is_durable: bool = False,
) -> None:
    def told(_status: int, remaining: int, total: int) -> None:
        if progress:
            progress(total - remaining, total)

    try:
        with closing(sqlite3.connect(target, timeout=_WAIT_SECONDS)) as copied:
            copied.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'OFF'}")
            source.backup(copied, pages=_PAGES_AT_ONCE, progress=told)
            if not is_durable:
                # Of one file: what is packed away has no log beside it.
                copied.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StoreError(f"the store cannot be copied into {target}: {error}") from error
