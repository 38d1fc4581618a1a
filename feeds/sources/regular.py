"""Regular files, read whole, and nothing else ever opened for good.

Knows what the file system says of a file. Must never know folders, or what a file says.
"""

import os
import stat
from dataclasses import dataclass

from feeds.draft import Reason, Refused

# NONBLOCK: a pipe without a writer must not stop the run. NOFOLLOW: what was a file when it was
# looked at may have become a link out of the folder.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


#: What is said of anything else that lies in a folder.
NOT_A_FILE = "a pipe, socket or device, not a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A file's bytes, and its signature while they were read."""

    body: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class Unsteady:
    """Somebody wrote while we read."""


def signature(status: os.stat_result) -> str:
    """Different for a file that was written or replaced, as far as `stat` can tell."""
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"


def read(path: str, max_bytes: int) -> Contents | Unsteady | Refused:
    """The whole file, or why not. Never waits for a writer. Raises FileNotFoundError."""
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            return _read(descriptor, max_bytes)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        return unreadable(error.strerror or str(error))


def unreadable(evidence: str) -> Refused:
    return Refused(reason=Reason.UNREADABLE, evidence=evidence)


def _read(descriptor: int, max_bytes: int) -> Contents | Unsteady | Refused:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        return unreadable(NOT_A_FILE)
    if before.st_size > max_bytes:
        return Refused(reason=Reason.TOO_LARGE, evidence=f"{before.st_size:,} bytes")
    body = os.read(descriptor, before.st_size + 1)
    after = os.fstat(descriptor)
    if len(body) != before.st_size or signature(after) != signature(before):
        return Unsteady()
    return Contents(body=body, signature=signature(after))
