"""Which published file an address stands for.

Knows how files are named. Must never know whether one exists.
"""

import re

from feeds.web.representation import MEDIA

__all__ = ["names"]

#: An allow list: no dot file, no "..", no empty segment, no NUL, no backslash, nothing that a
#: file name made by the publisher does not have.
_PATH = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*)?")


def names(path: str, raw_path: bytes) -> tuple[str, ...]:
    """The file names that may answer a decoded path, best first, relative to the root.

    Empty where the path is not one the publisher could have made: a temporary file, a packed
    sibling, anything hidden. An encoded slash is data, not a separator (RFC 3986 2.2), so
    ``raw_path``, the path as it was sent, may not hold one.
    """
    if not _PATH.fullmatch(path) or b"%2f" in raw_path.lower():
        return ()
    name = path[1:]
    if not name or name.endswith("/"):
        return (f"{name}index.html",)
    last = name.rpartition("/")[2]
    if "." in last:
        return (name,) if last.rpartition(".")[2] in MEDIA else ()
    return (f"{name}.html", f"{name}/index.html")
