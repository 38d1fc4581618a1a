"""What a request asks for: which file its address stands for, and in which encoding it is wanted.

Knows how files are named, and the Accept-Encoding field (RFC 9110 section 12.5.3). Must never know
whether a file exists.
"""

import re
from functools import lru_cache

from feeds.web.representation import MEDIA

#: An allow list: no dot file, no "..", no empty segment, no NUL, no backslash, nothing that a
#: file name made by the publisher does not have.
_PATH = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*)?")

_WEIGHT = re.compile(r"[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*", re.ASCII | re.IGNORECASE)

#: The same few values come with every request; longer tails than this are hostile.
_REMEMBERED_FIELDS = 256


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


@lru_cache(maxsize=_REMEMBERED_FIELDS)
def prefers_gzip(accept_encoding: str) -> bool:
    """Whether gzip is acceptable and wanted no less than the plain bytes.

    An empty field asks for plain bytes. An encoding whose weight cannot be read is not
    acceptable; x-gzip means gzip (8.4.1.3).
    """
    weights = dict(map(_weighed, accept_encoding.split(",")))
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _weighed(member: str) -> tuple[str, float]:
    coding, separator, parameter = member.partition(";")
    name = coding.strip(" \t").lower()
    return ("gzip" if name == "x-gzip" else name), _weight(parameter) if separator else 1.0


def _weight(parameter: str) -> float:
    found = _WEIGHT.fullmatch(parameter)
    return float(found[1]) if found else 0.0
