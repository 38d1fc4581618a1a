"""A folder as a source: every matching file below it is a document.

Knows directories, links and files, which of them count, and when one is ready to be read. Must
never know what a document says.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from functools import cached_property
from pathlib import Path

from feeds.draft import Document, Reason, Refused
from feeds.errors import SourceError
from feeds.identity.ids import bounded
from feeds.sources import Absent, Fetched, Gone, Refusal, Same, Seen, Waiting

# NONBLOCK: a pipe without a writer must not stop the run. NOFOLLOW: what was a file when it was
# looked at may have become a link out of the folder.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
# What is said of anything else that lies in a folder.
_NOT_A_FILE = "a pipe, socket or device, not a file"


# Without slots: where its paths lead and what matches is asked once, for every file.
@dataclass(frozen=True, kw_only=True)
class FolderSource:
    """Files below ``root`` whose name matches ``pattern`` (fnmatch), hidden ones left out.

    A file written to less than ``settle_seconds`` ago may be half written and waits; 0 means that
    whoever names it vouches for it. ``only`` limits a scan to one file or folder below ``root``; a
    file named so need not match. ``root`` may be a file itself: its folder is the root then. What a
    ``complete`` folder no longer holds is withdrawn, be it a file or what a list in one showed.
    """

    name: str
    root: Path
    pattern: str
    max_bytes: int
    settle_seconds: float
    only: Path | None = None
    complete: bool = False

    @property
    def is_whole(self) -> bool:
        return self.only is None and not self.root.is_file()

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:
        """Every document, sorted by name within each folder. Raises SourceError."""
        missing, is_whole = dict.fromkeys(known), self.is_whole
        for found in self._found():
            if isinstance(found, OSError):
                is_whole = False
                words = found.strerror or str(found)
                seen: Seen | None = self._unreadable(str(found.filename), words)
            else:
                seen = self._entry(found, known, now)
            if seen is not None:
                missing.pop(seen.name, None)
                yield seen
        # A folder that holds nothing at all is not mounted rather than emptied.
        if is_whole and len(missing) < len(known):
            yield from map(Gone if self.complete else Absent, missing)

    @cached_property
    def expected(self) -> int:
        """How many files match, not looked at any closer, when first asked. Raises SourceError."""
        return sum(isinstance(one, os.DirEntry) and self._matches(one) for one in self._found())

    @cached_property
    def _folder(self) -> Path:
        """The folder that names are relative to."""
        root = self.root.resolve()
        return root.parent if root.is_file() else root

    @cached_property
    def _start(self) -> Path:
        return (self.only or self.root).resolve()

    @cached_property
    def _matching(self) -> Callable[[str], object]:
        return re.compile(translate(self.pattern)).match

    def _matches(self, entry: os.DirEntry[str]) -> bool:
        """Whether an entry is a document, by its name."""
        return self._matching(entry.name) is not None or entry.path == str(self._start)

    def _found(self) -> Iterator[os.DirEntry[str] | OSError]:
        start = self._start
        if not start.is_relative_to(self._folder):
            raise SourceError(self.name, f"{start} does not lie below {self._folder}")
        try:
            if start.is_dir():
                yield from _below(start)
            else:
                yield _entry_of(start)
        except OSError as error:
            raise SourceError(self.name, f"{start} cannot be read: {error.strerror}") from error

    def _entry(
        self, entry: os.DirEntry[str], known: Mapping[str, str], now: datetime
    ) -> Seen | None:
        """What there is to say of ``entry``; None if it is no document, or gone by now."""
        try:
            if entry.is_symlink():
                return self._link(entry, known, now)
            if not self._matches(entry):
                return None
            if not entry.is_file(follow_symlinks=False):
                return self._unreadable(entry.path, _NOT_A_FILE)
            status = entry.stat(follow_symlinks=False)
            return self._file(entry.path, entry.path, status, known, now)
        except FileNotFoundError:
            return None
        except OSError as error:
            return self._unreadable(entry.path, error.strerror or str(error))

    def _link(
        self, entry: os.DirEntry[str], known: Mapping[str, str], now: datetime
    ) -> Seen | None:
        # Not Path.resolve: that raises on links in a circle.
        target = Path(os.path.realpath(entry.path))
        if not (target.is_dir() or self._matches(entry)):
            return None
        if not target.is_relative_to(self._folder):
            return self._unreadable(entry.path, f"a link that leads out of the folder, to {target}")
        if target.is_dir():
            # Its files are seen where they lie.
            return None
        if not target.is_file():
            evidence = _NOT_A_FILE if target.exists() else "a link to nothing"
            return self._unreadable(entry.path, evidence)
        return self._file(entry.path, str(target), target.stat(), known, now)

    def _file(
        self,
        path: str,
        target: str,
        status: os.stat_result,
        known: Mapping[str, str],
        now: datetime,
    ) -> Seen:
        name = self._name_of(path)
        if known.get(name) == _signature(status):
            return Same(name)
        # A time far in the future is a wrong clock's, not a writer's.
        if abs(now.timestamp() - status.st_mtime) < self.settle_seconds:
            return Waiting(name)
        descriptor = os.open(target, _FLAGS)
        try:
            return self._contents(path, name, descriptor)
        finally:
            os.close(descriptor)

    def _contents(self, path: str, name: str, descriptor: int) -> Seen:
        """The whole file, unless somebody writes while we read. Never waits for a writer."""
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return self._unreadable(path, _NOT_A_FILE)
        if before.st_size > self.max_bytes:
            evidence = f"{before.st_size:,} bytes: see ingest.max_document_bytes"
            refused = Refused(reason=Reason.TOO_LARGE, evidence=evidence)
            return Refusal(name=name, refused=refused)
        body = os.read(descriptor, before.st_size + 1)
        after = os.fstat(descriptor)
        if len(body) != before.st_size or _signature(after) != _signature(before):
            return Waiting(name)
        document = Document(source=self.name, name=name, body=body)
        told = _signature(after)
        return Fetched(document=document, signature=told, is_complete=self.complete)

    def _unreadable(self, path: str, evidence: str) -> Refusal:
        """A file, or a folder that cannot be listed."""
        refused = Refused(reason=Reason.UNREADABLE, evidence=_printable(evidence))
        return Refusal(name=self._name_of(path), refused=refused)

    def _name_of(self, path: str) -> str:
        start = len(str(self._folder).rstrip("/")) + 1
        return bounded(_printable(path[start:]))


def _signature(status: os.stat_result) -> str:
    """Different for a file that was written or replaced, as far as `stat` can tell."""
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"


def _below(folder: Path) -> Iterator[os.DirEntry[str] | OSError]:
    """Everything below ``folder`` but plain folders and hidden names, each folder sorted.

    Links are not followed. A folder below that cannot be listed comes as the error it gave; raises
    OSError for the topmost one.
    """
    # A stack, as folders may be deeper than calls.
    open_folders = [iter(_listing(folder))]
    while open_folders:
        entry = next(open_folders[-1], None)
        if entry is None:
            open_folders.pop()
        elif entry.name.startswith("."):
            continue
        elif not entry.is_dir(follow_symlinks=False):
            yield entry
        else:
            try:
                open_folders.append(iter(_listing(entry.path)))
            except OSError as error:
                yield error


def _entry_of(path: Path) -> os.DirEntry[str]:
    """The entry of one path in its folder. Raises OSError."""
    for entry in _listing(path.parent):
        if entry.name == path.name:
            return entry
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _printable(name: str) -> str:
    """``name`` in characters that can be stored and shown: others as escapes."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _listing(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
