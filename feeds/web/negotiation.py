"""Which of the two stored encodings of a file a client wants (RFC 9110 section 12.5.3).

Knows the Accept-Encoding field. Must never know files or sockets.
"""

import re
from functools import lru_cache

__all__ = ["prefers_gzip"]

_WEIGHT = re.compile(r"[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*", re.ASCII | re.IGNORECASE)

#: The same few values come with every request; longer tails than this are hostile.
_REMEMBERED_FIELDS = 256


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
