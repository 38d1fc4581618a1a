"""Lines of a body, encoded once for all the messages they stand in.

Knows both ways in which text of any language travels (RFC 2045 6.7 and 6.8), and what a line leaves
open. Must never know what is said, or where in a message.

What is made of some lines is the same wherever they stand. Quoted-printable is made by lines
anyway; base64 by three bytes, so that each run of lines is made a multiple of that by blanks at the
end of its last one, where nobody sees them. What is open stands between NUL bytes, which no message
may hold (RFC 5322 section 4).
"""

import binascii
import re
from base64 import b64decode, b64encode, encodebytes
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple
from urllib.parse import quote

from notifier.errors import MessageRefused

#: What lines may leave open: addresses of pages, which are the reader's own.
OPEN: Final = ("unsubscribe_url", "view_url", "manage_url")
# What is open within quoted-printable is broken into several lines where it is long, within a query
# percent-encoded (RFC 3986), and within base64 a whole line.
_BROKEN, _PERCENT, _LINE = b"=", b"%", b"+"
# Stands in no base64.
_BESIDE: Final = b"|"
# RFC 2045 section 6.7: at most 76 with the "=" of a soft line break; a dot in front takes two more.
_QP_LINE, _QP_BROKEN = 75, 73
# RFC 5322 section 2.1.1 allows lines of 998; this leaves room for the address that is asked.
_LONGEST_IN_QUERY = 600
# A line of a message that starts so is changed on its way: a dot is doubled (RFC 5321 4.5.2), and
# some put a ">" before the other (RFC 4155). Each ends a line of its own: none is longer by it.
_CHANGED: Final = {b"\n.": b"\n=2E=\n", b"\nFrom ": b"\n=46=\nrom "}


class Lines(NamedTuple):
    """Whole lines in either encoding, each ending with CRLF; ``mark`` is theirs alone."""

    quoted: bytes
    based: bytes
    mark: bytes


class WholeLines(NamedTuple):
    """A text without NUL, in which no CR and no LF stands alone (RFC 5321 section 2.3.8), and of
    whose lines each ends, and none begins with a dot, so that none is doubled on its way (section
    4.5.2).

    It is joined of its ``pieces`` where it is wanted as bytes: most of them stand in the messages
    of many, and thousands of these wait to leave.
    """

    pieces: Sequence[bytes]
    is_ascii: bool

    def __bytes__(self) -> bytes:
        return b"".join(self.pieces)


def are_whole(text: bytes) -> bool:
    """Whether no CR and no LF stands alone in it."""
    return text.count(b"\n") == text.count(b"\r") == text.count(b"\r\n")


def slot(name: str) -> str:
    """What a text puts where the value of ``name`` is to be spliced in later."""
    return f"\0{name}\0"


def percent_slot(name: str) -> str:
    """The same for a query, where the value is percent-encoded."""
    return f"\0{name}{_PERCENT.decode()}\0"


def encoded(text: str) -> Lines:
    """The lines of ``text``, the last of which need not end, with what they leave open (`OPEN`).

    Raises MessageRefused where a NUL marks no such slot.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    parts = lines.split("\0")
    if len(parts) % 2 == 0 or not set(parts[1::2]) <= set(OPEN):
        raise MessageRefused("body", "a NUL that marks no slot of a body cannot stand there")
    mark = blake2b(lines.encode(errors="replace"), digest_size=8).digest()
    return Lines(_quoted(parts), _based(lines), mark)


def spliced(place: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """What stands at an open ``place`` of encoded lines, or at a slot elsewhere."""
    if place[:1] == _LINE:
        return _open_line(place, values)
    if place[-1:] == _BROKEN:
        value = values[place[:-1]]
        return value if len(value) <= _QP_LINE else _soft_broken(value)
    if place[-1:] == _PERCENT:
        return _in_query(place[:-1], values)
    return values[place]


def _quoted(parts: list[str]) -> bytes:
    """Quoted-printable, each slot on a line of its own."""
    parts = list(parts)
    parts[1::2] = [f"=\n{slot(name)}\n" for name in parts[1::2]]
    quoted = b"\n" + binascii.b2a_qp("".join(parts).encode(errors="replace"))
    # The "=3D" kept room for the "=" of a soft line break in front of each slot.
    for name in OPEN:
        key = name.encode()
        opened = b"=\n\0" + key + _BROKEN + b"\0=\n"
        quoted = quoted.replace(b"=3D\n=00" + key + b"=00\n", opened)
    # A slot that stood alone on its line needs no soft breaks around it.
    quoted = quoted.replace(b"\n=\n\0", b"\n\0").replace(b"\0=\n\n", b"\0\n")
    for start, instead in _CHANGED.items():
        while start in quoted:
            quoted = quoted.replace(start, instead)
    return quoted[1:].replace(b"\n", b"\r\n")


def _in_query(name: bytes, values: Mapping[bytes, bytes]) -> bytes:
    value = quote(values[name], safe="").encode()
    if len(value) > _LONGEST_IN_QUERY:
        raise MessageRefused(name.decode(), "it is too long for a query within a header")
    return value


def _soft_broken(value: bytes) -> bytes:
    starts = range(0, len(value), _QP_BROKEN)
    pieces = (value[start : start + _QP_BROKEN] for start in starts)
    return b"=\r\n".join(re.sub(rb"\A\.", b"=2E", piece) for piece in pieces)


def _based(lines: str) -> bytes:
    """Base64, each line with a slot left open as a whole."""
    # What is between two open lines, and those, in turns.
    runs = re.split(r"^([^\n\0]*\0[^\n]*)\n", lines, flags=re.MULTILINE)
    runs[::2] = [_in_threes(run.encode(errors="replace")).decode() for run in runs[::2]]
    runs[1::2] = [f"\0{_left_open(run)}\0" for run in runs[1::2]]
    return "".join(runs).encode()


def _left_open(line: str) -> str:
    parts = line.split("\0")
    parts[::2] = [b64encode(each.encode(errors="replace")).decode() for each in parts[::2]]
    return _LINE.decode() + _BESIDE.decode().join(parts)


def _open_line(place: bytes, values: Mapping[bytes, bytes]) -> bytes:
    parts = list(_beside(place))
    parts[1::2] = [values[name] for name in parts[1::2]]
    return _in_threes(b"".join(parts) + b"\n")


# Those of a frame stand in all messages of a day.
@lru_cache(256)
def _beside(place: bytes) -> tuple[bytes, ...]:
    """Literal, name of a slot, literal, and so on."""
    parts = place[1:].split(_BESIDE)
    parts[::2] = map(b64decode, parts[::2])
    return tuple(parts)


def _in_threes(lines: bytes) -> bytes:
    """Whole lines in base64 (RFC 2045 6.8: with CRLF, in lines of 76), none of it padded."""
    if not lines:
        return b""
    text = lines[:-1].replace(b"\n", b"\r\n")
    text += b" " * (-(len(text) + 2) % 3) + b"\r\n"
    return encodebytes(text).replace(b"\n", b"\r\n")
