"""The published directory: whole files, replaced at once, left alone where nothing changed.

Knows paths, renames and how files are packed. Must never know what is in a file.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import time
from typing import BinaryIO

import brotli  # type: ignore[import-untyped]
from isal import igzip
from xxhash import xxh3_128_hexdigest

from feeds.codings import PACKED_ENDS, is_packed
from feeds.errors import PublishError
from feeds.times import second_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: A path relative to the published directory, and what is to be there.
Document = tuple[str, bytes]
#: One of what is no more, and how it is answered instead of 200 (`Files.write`).
HiddenDocument = tuple[str, bytes, bytes]
#: What a path holds, None where nothing is.
Read = Callable[[str], bytes | None]

#: How each packed file is made, by what its name ends in. Measured on a feed of 200 kB: gzip's
#: level 2 makes 45.0 kB in 0.2 ms (3: 2 % less in 0.5), Brotli's quality 5 34.7 kB in 2.5 ms (4:
#: 37.5 in 1.7; 11: 30.2 in 257), Zstandard's level 3 37.1 kB in 0.4 (9: 34.3 in 3).
PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    ".gz": partial(igzip.compress, compresslevel=2, mtime=0),
    ".br": partial(brotli.compress, quality=5),
    ".zst": partial(zstd.compress, level=3),
}
#: A thread for each core of a small machine: to pack lets go of the interpreter.
PACKING_THREADS = 2
_PACKING = ThreadPoolExecutor(PACKING_THREADS, thread_name_prefix="packing")
#: Once so many files are there that are not packed, packing them holds up nobody who waits for one.
_MOST_UNPACKED = 500
# To hand over each takes as long as to pack 50 kB by gzip.
_PACKED_AT_ONCE = 8
#: Lists what was written since a run began, for the next one, should this be killed: after the mark
#: of the run a line for each file, of which the first character says whether it is new.
_BEGUN, _NEW = ".begun", "+"
_exists = os.path.exists
_WHOLE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


@dataclass(slots=True, eq=False)
class Files:
    """Everything below ``root``.

    Nothing is flushed to the disk: the latest files may be lost in a power cut, and publishing
    everything makes them again from the store.
    """

    root: Path
    #: Of every document that was to be written, whether or not it was, by its path.
    digests: dict[str, str] = field(init=False, default_factory=dict)
    #: The paths of files that are as they should be, but for what they are packed to, and of those
    #: that are packed at the moment.
    _unpacked: list[str] = field(init=False, default_factory=list)
    _packing: dict[str, Future[None]] = field(init=False, default_factory=dict)
    #: Of the run that began, if one did, and where it is noted.
    _mark: str = field(init=False, default="")
    _begun: BinaryIO | None = field(init=False, default=None)

    def close(self) -> None:
        """Nothing is at work any more, whatever became of a run, and nothing is noted of it."""
        for each in self._packing.values():
            each.cancel()
        wait(self._packing.values())
        self._packing.clear()
        self._mark = ""
        if self._begun is not None:
            # What could not be written of it was told then.
            with suppress(OSError):
                self._begun.close()
            self._begun = None

    def begin(self, mark: str, *, dry_run: bool = False) -> dict[str, bool]:
        """The paths of what runs of the same ``mark`` wrote that never came to their end, each with
        whether nothing was there before. Until that end (`pack`) what is written is noted, and what
        those before left is packed, unless this is a ``dry_run``. Raises PublishError.
        """
        noted = b""
        with suppress(FileNotFoundError, NotADirectoryError):
            noted = (self.root / _BEGUN).read_bytes()
        marked, *lines = noted.decode().split("\n")
        # What was noted last may have been cut off.
        told = sorted({*lines[:-1]} if marked == mark else {f" {line[1:]}" for line in lines[:-1]})
        # Of two lines of one path, that it was new is the last.
        begun = {line[1:]: line[0] == _NEW for line in told}
        if not dry_run:
            self.close()
            self._mark = mark
            self._unpacked.extend(begun)
            if marked:
                with _told(f"{self.root}/{_BEGUN}"):
                    _replace(f"{self.root}/{_BEGUN}", "\n".join((mark, *told, "")).encode())
        return begun if marked == mark else {}

    def holds(self, path: str) -> bool:
        return (self.root / path).is_file()

    def read(self, path: str) -> bytes | None:
        """What ``path`` holds, None where it is not there. Raises PublishError."""
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes, status: bytes = b"") -> bool:
        """``path`` holds ``content``; False where it did before. What `pack` makes of it follows.

        What `pack` made of other bytes is removed before anything else, as it does not tell of
        which bytes it is: what lies beside a file is never of another version of it.
        ``path``.status holds how a server answers there, or is not there where that is 200: a
        line of 410, or of 308 and a path. Untouched files keep their modification time. The plain
        file is replaced last: it tells the next run that one was cut short before. Raises
        PublishError.
        """
        target = f"{self.root}/{path}"
        self.digests[path] = digest_of(content)
        # This may be one of those, too.
        if len(self._unpacked) >= _MOST_UNPACKED:
            self._pack_beside()
        if path in self._packing:
            self._packed()
        with _told(target):
            size, after = _found(target)
            # Most that changed are of another size, and need not be opened.
            is_same = size == len(content) and _holds(target, content)
            told = f"{target}.status"
            if is_same and (_holds(told, status) if status else not _exists(told)):
                # A power cut may leave them empty.
                if not all(_found(f"{target}{end}")[0] > 0 for end in PACKED):
                    self._unpacked.append(path)
                return False
            self._unpacked.append(path)
            if not after:
                os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - speed
            self._note(path, is_new=not after)
            for end in PACKED:
                _remove(f"{target}{end}")
            if status:
                _replace(told, status)
            else:
                _remove(told)
            _replace(target, content, after=after)
        return True

    def write_all(self, documents: Iterable[Document | HiddenDocument]) -> tuple[str, ...]:
        """The paths of those that changed, in the order given, in which they are written too, each
        as by `write`. Raises PublishError.
        """
        return tuple(path for path, *told in documents if self.write(path, *told))

    def _note(self, path: str, *, is_new: bool) -> None:
        """What is to be written is known before it is, where a run began."""
        if not self._mark:
            return
        lines = [f"{_NEW if is_new else ' '}{path}", ""]
        if self._begun is None:
            # Until the run is over (`close`).
            self._begun = Path(f"{self.root}/{_BEGUN}").open("ab")  # noqa: SIM115
            if not self._begun.tell():
                lines.insert(0, self._mark)
        self._begun.write("\n".join(lines).encode())
        self._begun.flush()

    def remove(self, path: str) -> None:
        """There is nothing at ``path``, nor beside it. Folders that held nothing else go with it:
        web servers answer for an empty one otherwise than for none. Raises PublishError.
        """
        if path in self._packing:
            self._packed()
        with _told(path, "remove"):
            for end in ("", ".status", *PACKED):
                _remove(f"{self.root}/{path}{end}")
        for folder in Path(path).parents[:-1]:
            with suppress(OSError):
                (self.root / folder).rmdir()

    def pack(self, *, is_end: bool = False) -> None:
        """Beside all that was written lies what it is packed to; where that ``is_end`` of a run,
        what it wrote need not be known any more. Raises PublishError.

        That takes ten times as long as to write it, and nobody waits for it: until then readers get
        the file itself.
        """
        if self._unpacked:
            self._pack_beside()
        self._packed()
        if is_end:
            self.close()
            with _told(_BEGUN, "remove"):
                (self.root / _BEGUN).unlink(missing_ok=True)

    def _pack_beside(self) -> None:
        """What was written is packed beside what comes next, when all handed over before is."""
        self._packed()
        waiting = [*dict.fromkeys(self._unpacked)]
        self._unpacked.clear()
        for start in range(0, len(waiting), _PACKED_AT_ONCE):
            some = waiting[start : start + _PACKED_AT_ONCE]
            packing = _PACKING.submit(_pack, [f"{self.root}/{path}" for path in some])
            self._packing.update(dict.fromkeys(some, packing))

    def _packed(self) -> None:
        """All that was handed over is packed. Raises PublishError."""
        packing = {*self._packing.values()}
        # Whatever becomes of one, none is at work any more.
        wait(packing)
        self._packing.clear()
        for each in packing:
            each.result()

    def compare(self, path: str, content: bytes, status: bytes = b"") -> Iterator[tuple[str, bool]]:
        """What is not as `write` and `pack` leave it, by its path, and whether it is there."""
        ends = PACKED_ENDS.values()
        wanted = {path: content, f"{path}.status": status or None}
        wanted |= {f"{path}{end}": content for end in ends}
        for name, right in wanted.items():
            try:
                found = (self.root / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                if right is not None:
                    yield name, False
                continue
            end = name.removeprefix(path)
            is_right = is_packed(end, found, content) if end in ends else found == right
            if not is_right:
                yield name, True

    def is_of(self, path: str, digest: str) -> bool:
        """Whether there is a file of these bytes."""
        try:
            return digest_of((self.root / path).read_bytes()) == digest
        except OSError:
            return False

    def remove_own(self, path: str, digest: str) -> bool:
        """A file of these bytes is no more, as by `remove`; False where it is of others. Raises
        PublishError.
        """
        if not self.is_of(path, digest):
            return False
        self.remove(path)
        return True

    def discard(self, path: str) -> None:
        """A packed file, which another run makes again, is no more."""
        if path.endswith(tuple(PACKED)):
            _remove(f"{self.root}/{path}")


@contextmanager
def _told(target: str, deed: str = "write") -> Iterator[None]:
    """What cannot be done is told with where. Raises PublishError."""
    try:
        yield
    except OSError as problem:
        raise PublishError(f"cannot {deed} {target}: {problem.strerror}") from problem


def _pack(targets: Iterable[str]) -> None:
    for target in targets:
        # Where somebody took it away the next run writes it again.
        with _told(target), suppress(FileNotFoundError, NotADirectoryError):
            missing = [end for end in PACKED if _found(f"{target}{end}")[0] <= 0]
            with open(target, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs more
                content, second = file.read(), int(os.fstat(file.fileno()).st_mtime)
            for end in missing:
                # Dated as the file: those of two versions never share a second either.
                _replace(f"{target}{end}", PACKED[end](content), second=second)


def digest_of(content: bytes) -> str:
    """What tells the versions of a file apart: two of 2^64 meet."""
    # Nobody gains by two that meet, so it need not withstand anybody: it takes a twentieth of the
    # time of one that does.
    return xxh3_128_hexdigest(content)


def _remove(target: str) -> None:
    # Mostly it is not there, which an exception would tell at twice the cost.
    if _exists(target):
        with suppress(FileNotFoundError):
            os.unlink(target)  # noqa: PTH108 - a Path costs more


def _found(target: str) -> tuple[int, int]:
    """The size of a file, and the first second that no version of it has so far; -1 and 0 where
    there is none.
    """
    try:
        found = os.stat(target)  # noqa: PTH116 - a Path costs more
    except FileNotFoundError:
        return -1, 0
    return found.st_size, second_of(found.st_mtime_ns) + 1


def _holds(target: str, content: bytes) -> bool:
    try:
        with open(target, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs more
            return file.read() == content
    except FileNotFoundError:
        return False


def _replace(target: str, content: bytes, *, second: int = 0, after: int | None = None) -> None:
    """Written beside under a hidden name, which no web server hands out, then renamed.

    The file is dated the second it was written in, or else the one after that of the file it
    replaces: Last-Modified has whole seconds (RFC 9110 8.8.2), and must tell any two versions
    apart, in their order, also where both are of one second, or the clock was set back between
    them. ``second`` stands for the one it was written in, ``after`` for that one where it is known.
    Raises OSError where not all of it could be written: the target is then what it was, and nothing
    stands beside it.
    """
    folder, _, name = target.rpartition("/")
    beside = f"{folder}/.{name}.new"
    try:
        # A file object asks the system twice as often.
        file = os.open(beside, _WHOLE, 0o666)
        try:
            left = memoryview(content)
            # A disk that is nearly full takes a part, and says so by the count alone.
            while left:
                left = left[os.write(file, left) :]
            after = _found(target)[1] if after is None else after
            second = max(second or int(time()), after)
            os.utime(file, (second, second))
        finally:
            os.close(file)
        os.replace(beside, target)  # noqa: PTH105 - a Path costs more
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise
