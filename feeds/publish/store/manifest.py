"""What was published: which files are the site's, which are no longer, and how both compare.

Knows the order of writing, noting and taking away. Must never know what is in a file, or touch one
that publishing did not make.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, islice

import structlog

from feeds.publish.feed import is_feed
from feeds.publish.files import Document, Files, HiddenDocument
from feeds.storage import entries
from feeds.storage.database import Database, set_value
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

    def __init__(self, folder: Files, database: Database, *, are_followed: bool = False) -> None:
        self.folder = folder
        #: What runs that did not come to their end wrote, and this one did not so far, each with
        #: whether nothing was there before.
        self.astray: dict[str, bool] = {}
        self._are_followed = are_followed
        self._database = database
        self._is_over_everything = False
        #: Its number, once anything is noted.
        self.run = 0
        self._written: dict[str, str] = {}
        self._removed: set[str] = set()

    def begin(self, mark: str) -> None:
        """A run begins, with the ``mark`` of the last one that came to its end. Raises
        PublishError.
        """
        self.astray = self.folder.begin(mark)

    def begin_over(self) -> None:
        """It is one over everything: what it does not write is the site's no longer, and nothing is
        known to be published before its end, so that it is repeated.
        """
        self._is_over_everything = True
        with self._database.writing() as connection:
            set_value(connection, entries.FINGERPRINT, "")

    def write_all(self, documents: Iterable[Document | HiddenDocument]) -> tuple[str, ...]:
        """The paths of those that changed, in the order given. Raises PublishError."""
        written: list[str] = []
        documents = iter(documents)
        for first in documents:
            if len(self._written) >= _AT_ONCE:
                self.note()
            some = chain([first], islice(documents, _AT_ONCE - 1))
            written += self.folder.write_all(some)
            found = dict(self.folder.digests)
            self.folder.digests.clear()
            self._written |= found
            self._removed -= found.keys()
            for path in self.astray.keys() & found.keys():
                del self.astray[path]
            feeds = [path for path in found if is_feed(path)] if self._are_followed else []
            if feeds:
                # Not before they are there: who is told looks at once.
                with self._database.writing() as connection:
                    publications.note(connection, {path: found[path] for path in feeds})
        return tuple(written)

    def remove(self, path: str) -> None:
        """There is nothing at ``path``, nor beside it. Raises PublishError."""
        self.folder.remove(path)
        self.folder.digests.pop(path, None)
        self._written.pop(path, None)
        self._removed.add(path)

    def note(self) -> None:
        """All that was written is known as the site's; what was removed is due to be forgotten."""
        if self._written or self._removed:
            with self._database.writing() as connection:
                # Not asked for before: whoever waits for feeds has them by now.
                if not self.run:
                    last = published_files.last_run(connection)
                    self.run = last + self._is_over_everything
                published_files.note(connection, self._written, self.run)
                if self._removed:
                    published_files.drop(connection, self._removed)
        self._written.clear()
        self._removed.clear()


@dataclass(frozen=True, slots=True)
class ComparedFiles:
    """Files that are looked at instead of written; ``differences`` are those found so far."""

    folder: Files
    differences: list[Difference] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    astray: dict[str, bool] = field(default_factory=dict)

    def begin(self, mark: str) -> None:
        """What runs that did not come to their end wrote is known."""
        self.astray.update(self.folder.begin(mark, dry_run=True))

    def begin_over(self) -> None:
        """Nothing is to be noted."""

    def write_all(self, documents: Iterable[Document | HiddenDocument]) -> tuple[str, ...]:
        """No path, as nothing is written."""
        for document in documents:
            self.seen.add(document[0])
            for path, is_there in self.folder.compare(*document):
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
            noted = published_files.noted(connection)
            left = {path for path, digest in noted if self._is_left(path, digest)}
        astray = (path for path, is_new in self.astray.items() if is_new and path not in self.seen)
        left |= {*filter(self.folder.holds, astray)}
        for path in sorted(left):
            yield Difference(path=path, fault=FileFault.UNREFERENCED)

    def _is_left(self, path: str, digest: str) -> bool:
        return path not in self.seen and self.folder.is_of(path, digest)


def sweep(database: Database, files: Files, kept: Retention, run: int) -> int:
    """What is the site's no longer for so long is taken away: how many files that were. What the
    ``run`` did not note is so by now, where one over everything came to its end.

    One whose bytes are others by now is somebody else's, and stays. Where there are copies, who
    takes those away, which is due at once, forgets the files. Raises PublishError.
    """
    if run:
        with database.writing() as connection:
            published_files.leave(connection, run, kept.now)
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
