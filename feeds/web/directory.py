"""The published directory: which file an address stands for, read safely and remembered.

Knows how files are named, their signatures and how much memory may be used. Must never know what
else a request asks for.
"""

import errno
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from feeds.codings import PACKED_ENDS, is_packed
from feeds.times import second_of
from feeds.web.representation import (
    MEDIA,
    PICTURED_PAGE,
    PRESENT,
    FileStatus,
    Media,
    Representation,
    represent,
)

#: Modification time in ns, size and inode, of a file and of what tells its status, if anything
#: does: tells two states apart without reading them.
Signature = tuple[int, ...]

#: What the publisher writes beside a page that is no more; no way leads to another host.
_STATUS = re.compile(rb"(410)\n|(308) (/(?!/)[\x21-\x7e]*)\n")

#: What a remembered file costs beside its bytes: header fields, keys, objects (measured: 4.5 kB).
_OVERHEAD_BYTES = 4_500
_SOONEST_SECONDS, _LATEST_SECONDS = 0.1, 3_600.0

#: What a machine may be short of for a while.
_USED_UP = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})

#: An allow list: no dot file, no "..", no empty segment, no NUL, no backslash, nothing that a
#: file name made by the publisher does not have.
_PATH = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*)?")


def file_of(path: str, raw_path: bytes) -> str | None:
    """The name of the file that answers a decoded path, relative to the root.

    That of a page lies in the folder of its address, and answers with or without the slash at its
    end. None where the path is not one the publisher could have made: a temporary file, a packed
    sibling, anything hidden. An encoded slash is data, not a separator (RFC 3986 2.2), so
    ``raw_path``, the path as it was sent, may not hold one.
    """
    if not _PATH.fullmatch(path) or b"%2f" in raw_path.lower():
        return None
    folder, _, last = path[1:].rpartition("/")
    if "." in last:
        return path[1:] if last.rpartition(".")[2] in MEDIA else None
    return "/".join(filter(None, (folder, last, "index.html")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One state of a file in every encoding there is, ``codings``, the smallest first.

    ``is_whole`` is false where what gzip made is of other bytes, as where the publisher replaced
    both meanwhile: nothing half is remembered. ``again_at`` is when the others, which follow, are
    looked for once more, in Unix time; None where all are there.
    """

    signature: Signature
    plain: Representation
    packed: Mapping[str, Representation]
    codings: tuple[str, ...]
    is_whole: bool
    again_at: float | None

    @property
    def cost(self) -> int:
        """Bytes of memory, roughly."""
        packed = sum(len(each.body) for each in self.packed.values())
        return len(self.plain.body) + packed + _OVERHEAD_BYTES


class Directory:
    """Files below ``root``, of which up to ``limit_bytes`` stay in memory, the latest used.

    `signature` and `remembered` cost a stat and a look-up and are meant for the event loop;
    `read` touches the disk and is meant for a thread. ``links`` says what the Link field of a file
    holds, empty for none, and ``is_pictured`` which pages show pictures from elsewhere.
    """

    def __init__(
        self,
        root: Path,
        limit_bytes: int,
        clock: Callable[[], datetime],
        links: Callable[[str], str] = lambda _: "",
        is_pictured: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._root = str(root)
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._links = links
        self._is_pictured = is_pictured
        self._kept: OrderedDict[str, Served] = OrderedDict()
        self._used_bytes = 0

    def signature(self, name: str) -> Signature | None:
        """The present signature; None where there is no such regular file."""
        found = _stat(f"{self._root}/{name}")
        if found is None or not stat.S_ISREG(found.st_mode):
            return None
        status = f"{self._root}/{name}.status"
        # Mostly there is none, which an exception would tell at twice the cost.
        told = _stat(status) if os.access(status, os.F_OK) else None
        return _signature(found) + (_signature(told) if told else ())

    def now(self) -> float:
        """The present moment, in Unix time."""
        return self._clock().timestamp()

    def remembered(self, name: str, signature: Signature) -> Served | None:
        """The file as it was read before, if that is still what lies there."""
        served = self._kept.get(name)
        if served is None or served.signature != signature:
            return None
        if served.again_at is not None and self.now() >= served.again_at:
            return None
        self._kept.move_to_end(name)
        return served

    def read(self, name: str) -> Served | None:
        """The file as it lies there now; None where it is gone or lies outside the root.

        Last-Modified grows with every version of a file that is remembered, as it does with every
        one the publisher writes. Raises OSError where the machine cannot open it just now.
        """
        found = self._bytes(name)
        if found is None:
            return None
        signature, body = found
        told, status = self._bytes(f"{name}.status") or ((), b"")
        there = {coding: self._bytes(f"{name}{end}") for coding, end in PACKED_ENDS.items()}
        right = {
            coding: each[1]
            for coding, each in there.items()
            if each is not None and is_packed(PACKED_ENDS[coding], each[1], body)
        }
        represented = partial(
            represent,
            media=self._media(name),
            modified=self._modified(name, signature, body),
            told=_status(status),
            links=self._links(name),
        )
        return Served(
            signature=signature + told,
            plain=represented(body, encoding=None),
            packed={coding: represented(right[coding], encoding=coding) for coding in right},
            codings=tuple(sorted(right, key=lambda coding: len(right[coding]))),
            is_whole="gzip" in right or not there["gzip"],
            again_at=None if len(right) == len(PACKED_ENDS) else self._again_at(signature),
        )

    def _media(self, name: str) -> Media:
        return PICTURED_PAGE if self._is_pictured(name) else MEDIA[name.rpartition(".")[2]]

    def moved_to(self, name: str) -> str:
        """Where on its host the address of a file leads, "" where it is answered there."""
        told = self._bytes(f"{name}.status")
        return _status(told[1]).location if told else ""

    def _again_at(self, signature: Signature) -> float:
        """The others come soon after the file, or never: so the longer it lies, the later."""
        now = self.now()
        return now + min(max(now - signature[0] / 1e9, _SOONEST_SECONDS), _LATEST_SECONDS)

    def remember(self, name: str, served: Served) -> None:
        """Keeps the file, and forgets those not asked for longest where room is needed."""
        self._forget(name)
        if not served.is_whole or served.cost > self._limit_bytes:
            return
        self._kept[name] = served
        self._used_bytes += served.cost
        while self._used_bytes > self._limit_bytes:
            self._forget(next(iter(self._kept)))

    def _forget(self, name: str) -> None:
        served = self._kept.pop(name, None)
        if served is not None:
            self._used_bytes -= served.cost

    def _modified(self, name: str, signature: Signature, body: bytes) -> int:
        written = second_of(signature[0])
        earlier = self._kept.get(name)
        if earlier is None or earlier.plain.modified is None:
            return written
        is_new = earlier.plain.body != body
        return max(written, earlier.plain.modified + is_new)

    def _bytes(self, name: str) -> tuple[Signature, bytes] | None:
        path = os.path.realpath(f"{self._root}/{name}")
        if not path.startswith(os.path.realpath(self._root) + os.sep):
            return None
        try:
            with Path(path).open("rb") as file:
                return _signature(os.fstat(file.fileno())), file.read()
        except OSError as error:
            if error.errno in _USED_UP:
                raise
            return None


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - a Path costs more than the stat
    except OSError:
        return None


def _status(status: bytes) -> FileStatus:
    """What a status file says; one that cannot be read changes nothing."""
    told = _STATUS.fullmatch(status)
    if told is None:
        return PRESENT
    gone, moved, place = told.groups()
    return FileStatus(code=int(gone or moved), location=(place or b"").decode("ascii"))


def _signature(found: os.stat_result) -> Signature:
    return found.st_mtime_ns, found.st_size, found.st_ino
