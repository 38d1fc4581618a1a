"""When each feed's document last changed: the log that whoever tells of feeds follows.

Knows that changes are numbered in commit order, so that a number is a cursor. Must never know what
a document says, or who follows.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from feeds.storage.database import next_numbers
from feeds.storage.engines import upsert
from feeds.storage.tables import publications

_COUNTER = "publications"


class Publication(NamedTuple):
    """A document by its path, and the number of its last change."""

    number: int
    path: str


def note(connection: Connection, digests: Mapping[str, str]) -> None:
    """These documents are published, told apart by their digests; those that are others than
    before have numbers of their own, in the order given.

    One that was written and not noted, as its run was cut short, is noted by the next run.
    """
    query = select(publications.c.path, publications.c.digest)
    known = dict(connection.execute(query.where(publications.c.path.in_(digests))).all())
    changed = [path for path, digest in digests.items() if known.get(path) != digest]
    if not changed:
        return
    numbers = next_numbers(connection, _COUNTER, len(changed))
    rows = [
        {"path": path, "digest": digests[path], "number": number}
        for path, number in zip(changed, numbers, strict=True)
    ]
    upsert(connection, publications, rows)


def latest(connection: Connection) -> int:
    """The number of the last change; 0 before the first."""
    return connection.scalar(select(func.max(publications.c.number))) or 0


def is_published(connection: Connection, path: str) -> bool:
    """Whether there is such a document."""
    query = select(publications.c.number).where(publications.c.path == path)
    return connection.scalar(query) is not None


def after(connection: Connection, cursor: int, limit: int) -> Sequence[Publication]:
    """The first documents that changed after ``cursor``, each by its last change, in order."""
    query = select(publications.c.number, publications.c.path)
    later = query.where(publications.c.number > cursor).order_by(publications.c.number)
    return [Publication(*row) for row in connection.execute(later.limit(limit))]
