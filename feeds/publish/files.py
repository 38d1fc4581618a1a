"""The published directory: whole files, replaced at once, left alone where nothing changed.

Knows paths, renames and how files are packed. Must never know what is in a file.
"""

import os
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import time

import brotli  # type: ignore[import-untyped]
from isal import igzip, isal_zlib
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

# Measured on a feed of 200 kB: level 2 makes 45.0 kB in 0.2 ms, level 3 saves 2 % more in 0.5 ms.
_LEVEL = 2
#: What is made once all files are there, and how. Of the same feed Brotli's quality 5 makes 34.7 kB
#: in 2.5 ms (4: 37.5 in 1.7; 11: 30.2 in 257), Zstandard's level 3 37.1 kB in 0.4 (9: 34.3 in 3).
_SMALLER = {
    ".br": lambda content: bytes(brotli.compress(content, quality=5)),
    ".zst": lambda content: zstd.compress(content, 3),
}
# What is made of whole documents without holding up who makes the next ones: to pack them lets go
# of the interpreter. A second thread would wait for it beside the first.
_BESIDE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="packing")
# What is smaller is made by as many as have time for it.
_LATER = ThreadPoolExecutor(max_workers=2, thread_name_prefix="packing-later")
#: Documents of so many bytes are handed over at once, as each time takes as long as to pack 50 kB.
_BATCH_BYTES = 1_000_000
#: So many batches of them are packed before the first half of these is written.
_MOST_AHEAD = 8
#: As many are in memory.
_PACKED_AT_ONCE = 16
#: A run that writes more than this is awaited by nobody.
_MOST_UNPACKED = 1_000
#: Lists what was written since a run began, for the next one, should this be killed: after the mark
#: of the run a line for each file, of which the first character says whether it is new.
_BEGUN, _NEW = ".begun", "+"
_TRAILER = struct.Struct("<II")
_exists = os.path.exists
_WHOLE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC

#: A hidden document, and the first second that no version of it has so far, 0 where there is none;
#: None where it is there already.
_Waiting = tuple[str, bytes, bytes, int | None]
#: Documents with what gives for each what it is packed to, and its digest.
_Batch = tuple[Sequence[_Waiting], Callable[[], Sequence[tuple[bytes, str]]]]


@dataclass(frozen=True, slots=True)
class Files:
    """Everything below ``root``.

    Nothing is flushed to the disk: the latest files may be lost in a power cut, and publishing
    everything makes them again from the store.
    """

    root: Path
    #: The paths of files that are as they should be, but for what `pack` makes of them.
    _unpacked: list[str] = field(init=False, default_factory=list, repr=False, compare=False)
    #: That of the run that began, if one did.
    _mark: list[str] = field(init=False, default_factory=list, repr=False, compare=False)
    #: What is packed at the moment, and what is handed over next.
    _ahead: deque[_Batch] = field(init=False, default_factory=deque, repr=False, compare=False)
    _next: list[_Waiting] = field(init=False, default_factory=list, repr=False, compare=False)
    #: The paths of all these.
    _awaited: set[str] = field(init=False, default_factory=set, repr=False, compare=False)
    #: Of every document that was to be written, whether or not it was, by its path.
    digests: dict[str, str] = field(init=False, default_factory=dict, repr=False, compare=False)

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
            self._mark[:] = [mark]
            self._unpacked.extend(begun)
            if marked:
                with _told(f"{self.root}/{_BEGUN}"):
                    _replace(f"{self.root}/{_BEGUN}", "\n".join((mark, *told, "")).encode())
        return begun if marked == mark else {}

    def holds(self, path: str) -> bool:
        return (self.root / path).is_file()

    def read(self, path: str) -> bytes | None:
        """What ``path`` holds, None where it is not there. Raises PublishError."""
        self._write_ahead(0)
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes, status: bytes = b"") -> bool:
        """``path`` holds ``content`` and ``path``.gz the same packed; False where they did before.

        What `pack` made of other bytes is removed before anything else, as it does not tell of
        which bytes it is.
        ``path``.status holds how a server answers there, or is not there where that is 200: a
        line of 410, or of 308 and a path. Untouched files keep their modification time. The plain
        file is replaced last: a run that was cut short before is told by it, or by a packed one
        that is of other bytes, and the next one writes all again. Raises PublishError.
        """
        return bool(self.write_all([(path, content, status)]))

    def write_all(self, documents: Iterable[Document | HiddenDocument]) -> tuple[str, ...]:
        """The paths of those that changed, in the order given, in which they are written too, each
        as by `write`. Raises PublishError.
        """
        written = []
        try:
            for path, content, *told in documents:
                status = told[0] if told else b""
                if path in self._awaited:
                    self._write_ahead(0)
                with _told(f"{self.root}/{path}"):
                    after = self._outdated(path, content, status)
                if after is not None:
                    written.append(path)
                self._awaited.add(path)
                self._next.append((path, content, status, after))
                if sum(len(each[1]) for each in self._next) >= _BATCH_BYTES:
                    waiting = [*self._next]
                    self._next.clear()
                    self._ahead.append((waiting, _BESIDE.submit(_finished, waiting).result))
                    if len(self._ahead) > _MOST_AHEAD:
                        self._write_ahead(_MOST_AHEAD // 2)
            self._write_ahead(0)
        finally:
            # What an error left is written by the next run.
            self._ahead.clear()
            self._next.clear()
            self._awaited.clear()
        return tuple(written)

    def _outdated(self, path: str, content: bytes, status: bytes) -> int | None:
        """The first second for a new version, unless all is there but for what `pack` makes."""
        target = f"{self.root}/{path}"
        size, after = _found(target)
        # Most that changed are of another size, and need not be opened.
        is_same = size == len(content) and _holds(target, content)
        if not is_same or not _is_packed(f"{target}.gz", content):
            return after
        if not _holds(f"{target}.status", status) if status else _exists(f"{target}.status"):
            return after
        if not all(_exists(f"{target}{end}") for end in _SMALLER):
            self._unpacked.append(path)
        return None

    def _write_ahead(self, most: int) -> None:
        """No more than so many batches are left that are not written."""
        if not most:
            # Whoever asks for what nobody is at would only wait for it.
            last = [*self._next]
            self._next.clear()
            self._ahead.append((last, partial(_finished, last)))
        batches = [self._ahead.popleft() for _ in range(len(self._ahead) - most)]
        # Of all at once, as each time takes as long as to write a file.
        self._note([each for waiting, _ in batches for each in waiting])
        for waiting, finished in batches:
            self._awaited.difference_update(each[0] for each in waiting)
            for each, (packed, digest) in zip(waiting, finished(), strict=True):
                path, content, status, after = each
                self.digests[path] = digest
                if after is not None:
                    self._write(path, content, status, after, packed)

    def _note(self, waiting: Iterable[_Waiting]) -> None:
        """Which of these are to be written is known before they are, where a run began."""
        lines = [f"{' ' if at else _NEW}{path}" for path, _, _, at in waiting if at is not None]
        if self._mark and lines:
            with _told(f"{self.root}/{_BEGUN}"):
                self.root.mkdir(parents=True, exist_ok=True)
                with (self.root / _BEGUN).open("ab") as file:
                    told = [] if file.tell() else self._mark
                    file.write("\n".join((*told, *lines, "")).encode())

    def _write(self, path: str, content: bytes, status: bytes, after: int, packed: bytes) -> None:
        if len(self._unpacked) > _MOST_UNPACKED:
            self.pack()
        target = f"{self.root}/{path}"
        with _told(target):
            for end in _SMALLER:
                _remove(f"{target}{end}")
            self._unpacked.append(path)
            try:
                _replace(f"{target}.gz", packed)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - speed
                _replace(f"{target}.gz", packed)
            if status:
                _replace(f"{target}.status", status)
            else:
                _remove(f"{target}.status")
            _replace(target, content, after=after)

    def remove(self, path: str) -> None:
        """There is nothing at ``path``, nor beside it. Folders that held nothing else go with it:
        web servers answer for an empty one otherwise than for none. Raises PublishError.
        """
        self._write_ahead(0)
        with _told(path, "remove"):
            for end in ("", ".status", ".gz", *_SMALLER):
                _remove(f"{self.root}/{path}{end}")
        for folder in Path(path).parents[:-1]:
            with suppress(OSError):
                (self.root / folder).rmdir()

    def pack(self, *, is_end: bool = False) -> None:
        """Beside all that was written lies what is smaller than gzip's; where that ``is_end`` of a
        run, what it wrote need not be known any more. Raises PublishError.

        That takes ten times as long, and nobody waits for it: until then readers get gzip's.
        """
        waiting = [f"{self.root}/{path}" for path in dict.fromkeys(self._unpacked)]
        self._unpacked.clear()
        for start in range(0, len(waiting), _PACKED_AT_ONCE):
            packing = [
                _LATER.submit(_pack, target) for target in waiting[start : start + _PACKED_AT_ONCE]
            ]
            # Whatever becomes of one, none is at work any more when the next run begins.
            wait(packing)
            for each in packing:
                each.result()
        if is_end:
            self._mark.clear()
            with _told(_BEGUN, "remove"):
                (self.root / _BEGUN).unlink(missing_ok=True)

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
        if path.endswith(tuple(_SMALLER)):
            _remove(f"{self.root}/{path}")


@contextmanager
def _told(target: str, deed: str = "write") -> Iterator[None]:
    """What cannot be done is told with where. Raises PublishError."""
    try:
        yield
    except OSError as problem:
        raise PublishError(f"cannot {deed} {target}: {problem.strerror}") from problem


def _pack(target: str) -> None:
    missing = [end for end in _SMALLER if not _exists(f"{target}{end}")]
    # Where somebody took it away the next run writes it again.
    with _told(target), suppress(FileNotFoundError):
        with open(target, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs more
            content, second = file.read(), int(os.fstat(file.fileno()).st_mtime)
        for end in missing:
            # Dated as the file: those of two versions never share a second either.
            _replace(f"{target}{end}", _SMALLER[end](content), second=second)


def _finished(waiting: Iterable[_Waiting]) -> Sequence[tuple[bytes, str]]:
    """What each of these documents is packed to where it is to be written, and its digest."""
    return [
        (b"" if after is None else igzip.compress(content, _LEVEL, mtime=0), digest_of(content))
        for _, content, _, after in waiting
    ]


def digest_of(content: bytes) -> str:
    """What tells the versions of a file apart: two of 2^64 meet."""
    # Nobody gains by two that meet, so it need not withstand anybody: it takes a twentieth of the
    # time of one that does.
    return xxh3_128_hexdigest(content)


def _remove(target: str) -> None:
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


def _is_packed(target: str, content: bytes) -> bool:
    """Whether a packed file is of these bytes, by what it ends with (RFC 1952, section 2.3.1)."""
    try:
        with open(target, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs more
            file.seek(-_TRAILER.size, os.SEEK_END)
            trailer = file.read()
    except OSError:
        # It is not there, or too short to be one.
        return False
    return trailer == _TRAILER.pack(isal_zlib.crc32(content), len(content) & 0xFFFFFFFF)


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
