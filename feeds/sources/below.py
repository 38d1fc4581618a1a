"""Walking a folder: what lies below it, in an order that does not change.

Knows directories and links. Must never open a file.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path


def below(folder: Path) -> Iterator[os.DirEntry[str] | OSError]:
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


def entry_of(path: Path) -> os.DirEntry[str]:
    """The entry of one path in its folder. Raises OSError."""
    for entry in _listing(path.parent):
        if entry.name == path.name:
            return entry
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def printable(name: str) -> str:
    """``name`` in characters that can be stored and shown: others as escapes."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _listing(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
