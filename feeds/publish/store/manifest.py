"""What was published: which files are the site's, which are no longer, and how both compare.

Knows the order of writing, noting and taking away. Must never know what is in a file, or touch one
that publishing did not make.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

import structlog

from feeds.publish.feed import is_feed
from feeds.publish.files import Document, Files, HiddenDocument
from feeds.storage.database import Database
from feeds.storage.published import published_files
from feeds.storage.websub import publications

log = structlog.get_logger(__name__)

# Noted in one transaction, and kept in memory until then.
_AT_ONCE = 1_000


class FileFault(StrEnum):
    """How a file differs from what the store says."""

    MISSING = "missing"
    OTHER = "other bytes"
    UNREFERENCED = "not referenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long files are kept that are the site's no longer, what time it is, and whether there
    are copies of them, which whoever made those takes away.
    """

    now: datetime
    unreferenced: timedelta
    has_copies: bool = False

    @property
    def before(self) -> datetime:
        """What is the site's no longer since then is taken away."""
        return self.now - self.unreferenced


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A file, by its path relative to the published directory, that is not as it should be."""

    path: str
    fault: FileFault


class RecordedFiles:
    """Files of which is noted that publishing made them; where they ``are_followed``, whoever
    follows the publications learns which documents of feeds changed.
    """

    def __init__(self, files: Files, database: Database, *, are_followed: bool = False) -> None:
        self._files = files
        self._are_followed = are_followed
        self._database = database
        self._is_over_everything = False
        self._written: dict[str, str] = {}
        self._removed: set[str] = set()

    def holds(self, path: str) -> bool:
        return self._files.holds(path)

    def read(self, path: str) -> bytes | None:
        return self._files.read(path)

    def begin(self) -> None:
        """A run over everything begins: what it does not write is the site's no longer."""
        self._is_over_everything = True

    @cached_property
    def _run(self) -> int:
        # Asked for when there is something to note: whoever waits for feeds has them by then.
        with self._database.reading() as connection:
            return published_files.last_run(connection) + self._is_over_everything

    def write_all(self, documents: Iterable[Document | HiddenDocument]) -> tuple[str, ...]:
        """The paths of those that changed, in the order given. Raises PublishError."""
        if len(self._written) >= _AT_ONCE:
            self.note()
        written = self._files.write_all(documents)
        found = dict(self._files.digests)
        self._files.digests.clear()
        self._written |= found
        self._removed -= found.keys()
        feeds = {path: digest for path, digest in found.items() if is_feed(path)}
        if self._are_followed and feeds:
            # Not before they are there: who is told looks at once.
            with self._database.writing() as connection:
                publications.note(connection, feeds)
        return written

    def remove(self, path: str) -> None:
        """There is nothing at ``path``, nor beside it. Raises PublishError."""
        self._files.remove(path)
        self._files.digests.pop(path, None)
        self._written.pop(path, None)
        self._removed.add(path)

    def note(self) -> None:
        """All that was written is known as the site's; what was removed is due to be forgotten."""
        if self._written or self._removed:
            run = self._run
            with self._database.writing() as connection:
                published_files.note(connection, self._written, run)
                if self._removed:
                    published_files.drop(connection, self._removed)
        self._written.clear()
        self._removed.clear()

    def leave(self, now: datetime) -> None:
        """The run over everything is complete: what it did not write is the site's no longer."""
        run = self._run
        with self._database.writing() as connection:
            published_files.leave(connection, run, now)


@dataclass(frozen=True, slots=True)
class ComparedFiles:
    """Files that are looked at instead of written; ``differences`` are those found so far."""

    files: Files
    differences: list[Difference] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def holds(self, path: str) -> bool:
        return self.files.holds(path)

    def read(self, path: str) -> bytes | None:
        return self.files.read(path)

    def begin(self) -> None:
        """Nothing is to be noted."""

    def write_all(self, documents: Iterable[Document | HiddenDocument]) -> tuple[str, ...]:
        """No path, as nothing is written."""
        for document in documents:
            self.seen.add(document[0])
            for path, is_there in self.files.compare(*document):
                fault = FileFault.OTHER if is_there else FileFault.MISSING
                self.differences.append(Difference(path=path, fault=fault))
        return ()

    def remove(self, path: str) -> None:
        """Nothing is removed."""

    def note(self) -> None:
        """Nothing is noted."""

    def unreferenced(self, database: Database) -> Iterator[Difference]:
        """The files that publishing made, and that are neither the site's nor anybody else's."""
        with database.reading() as connection:
            for path, digest in published_files.noted(connection):
                if path not in self.seen and self.files.is_of(path, digest):
                    yield Difference(path=path, fault=FileFault.UNREFERENCED)


def sweep(database: Database, files: Files, kept: Retention) -> int:
    """What is the site's no longer for so long is taken away: how many files that were.

    One whose bytes are others by now is somebody else's, and stays. Where there are copies, who
    takes those away, which is due at once, forgets the files. Raises PublishError.
    """
    with database.reading() as connection:
        left = published_files.left(connection, kept.before)
    count = sum(files.remove_own(path, digest) for path, digest in left.items())
    if left:
        done = published_files.drop if kept.has_copies else published_files.forget
        with database.writing() as connection:
            done(connection, left)
    if count:
        log.info("unreferenced files removed", files=count)
    return count
