"""Which files publishing made, so that it is known which of them the site no longer has.

Knows paths, digests and runs over everything. Must never know where files lie, or what is in one.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import (
    Connection,
    Delete,
    Update,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)

from feeds.storage.engines import upsert
from feeds.storage.tables import published_files

#: As many parameters as both engines take in one statement, with some to spare.
_AT_ONCE = 500
_IS_LEFT = published_files.c.unreferenced_at.is_not(None)


def last_run(connection: Connection) -> int:
    """The number of the last run over everything, ended or not; 0 before the first."""
    return connection.scalar(select(func.max(published_files.c.run))) or 0


def note(connection: Connection, digests: Mapping[str, str], run: int) -> None:
    """These files are the site's, as of this run over everything, with these digests."""
    rows = [
        {"path": path, "digest": digest, "run": run, "unreferenced_at": None}
        for path, digest in digests.items()
    ]
    if rows:
        upsert(connection, published_files, rows)


def drop(connection: Connection, paths: Collection[str]) -> None:
    """These are the site's no longer, and need not be kept: they are due whenever one asks."""
    _each(
        connection,
        update(published_files).values(unreferenced_at=datetime.fromtimestamp(0, UTC)),
        paths,
    )


def leave(connection: Connection, run: int, now: datetime) -> None:
    """Whatever this run over everything, which came to its end, did not note is no longer the
    site's: as of ``now``, or of when that was first seen.
    """
    connection.execute(
        update(published_files)
        .where(published_files.c.run < run, published_files.c.unreferenced_at.is_(None))
        .values(unreferenced_at=now)
    )


def left(connection: Connection, before: datetime) -> Mapping[str, str]:
    """The digests of the files that are the site's no longer, since ``before``."""
    query = select(published_files.c.path, published_files.c.digest)
    found = query.where(published_files.c.unreferenced_at <= before)
    return dict(connection.execute(found.order_by(published_files.c.path)).all())


def noted(connection: Connection) -> Iterator[tuple[str, str]]:
    """All files with their digests, in the order of their paths."""
    query = select(published_files.c.path, published_files.c.digest)
    for row in connection.execute(query.order_by(published_files.c.path)):
        yield row.path, row.digest


def forget(connection: Connection, paths: Collection[str]) -> None:
    """These were taken away; what is the site's again by now is not forgotten."""
    _each(connection, delete(published_files).where(_IS_LEFT), paths)


def withdraw(connection: Connection, paths: Collection[str]) -> None:
    """No bucket holds these, unless they are the site's again by now."""
    _each(connection, update(published_files).where(_IS_LEFT).values(uploaded=None), paths)


def _each(connection: Connection, statement: Update | Delete, paths: Collection[str]) -> None:
    ordered = sorted(paths)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        connection.execute(statement.where(published_files.c.path.in_(some)))


def waiting(connection: Connection, bucket: str) -> Mapping[str, str]:
    """The digests of the site's files that a bucket does not hold as they are."""
    columns = published_files.c
    query = select(columns.path, columns.digest).where(
        columns.unreferenced_at.is_(None),
        func.coalesce(columns.uploaded, "") != literal(f"{bucket} ") + columns.digest,
    )
    return dict(connection.execute(query).all())


def uploaded(connection: Connection, bucket: str, digests: Mapping[str, str]) -> None:
    """A bucket holds these files with these digests."""
    statement = (
        update(published_files)
        .where(published_files.c.path == bindparam("name"))
        .values(uploaded=bindparam("what"))
    )
    rows = [{"name": path, "what": f"{bucket} {digest}"} for path, digest in digests.items()]
    connection.execute(statement, rows)
