"""How published files lie packed beside themselves, by the content codings of HTTP.

Knows the ends of their names, and how each is unpacked. Must never know where files lie, or which
of them an answer takes.
"""

import sys
import zlib
from collections.abc import Callable, Mapping
from functools import partial

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: What the name of a packed file ends in, by its coding (RFC 9110, section 8.4.1).
PACKED_ENDS: Mapping[str, str] = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}

_UNPACKED: Mapping[str, Callable[[bytes], bytes]] = {
    ".br": brotli.decompress,
    ".gz": partial(zlib.decompress, wbits=31),
    ".zst": zstd.decompress,
}


def is_packed(end: str, packed: bytes, content: bytes) -> bool:
    """Whether a packed file is of these bytes: only gzip's says so itself, and only nearly."""
    try:
        return _UNPACKED[end](packed) == content
    except (ValueError, brotli.error, zlib.error, zstd.ZstdError):
        return False
