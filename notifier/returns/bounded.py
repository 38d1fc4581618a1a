"""A stranger's mail, opened within bounds: its headers, its parts and their text.

Knows MIME and how much of it is read. Must never know what a mail means.

What is beyond a bound is cut off, and the rest is read: servers cut mails that they return, too.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from typing import Final

from notifier.mail.smtp.replies import printable

#: A whole digest that comes back is shorter; headers and reports stand in front of it.
READ_BYTES: Final = 400_000
#: A report of a forwarded report has five; each level costs the parser a walk for each line.
MOST_CONTAINERS: Final = 30
#: More parts than any report has.
MOST_PARTS: Final = 60
#: So much of one part's text is looked at, and of one header.
TEXT_CHARACTERS: Final = 20_000
HEADER_CHARACTERS: Final = 2_000

#: Lines that may end a part. A mail that quotes and rules lines off has some dozens.
_MOST_LIMITS: Final = 1_000

_LIMIT: Final = re.compile(rb"[\r\n]--")
_CONTAINER: Final = re.compile(rb"[\r\n][Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Tt][Yy][Pp][Ee]:", re.ASCII)


def opened(raw: bytes) -> Message:
    """The mail, as far as it is within bounds; one that is broken has what can be read of it."""
    cut = raw[:READ_BYTES]
    for pattern, most in ((_CONTAINER, MOST_CONTAINERS), (_LIMIT, _MOST_LIMITS)):
        begins = [found.start() for found in pattern.finditer(cut)]
        cut = cut[: begins[most]] if len(begins) > most else cut
    return message_from_bytes(cut, policy=compat32)


def parts(message: Message) -> Iterator[Message]:
    """The mail and all within it, in their order, those within mails that it holds among them."""
    for number, part in enumerate(message.walk()):
        if number == MOST_PARTS:
            return
        yield part


def header(message: Message, name: str) -> str:
    """The first header of that name on one line, decoded; empty where there is none."""
    return next(iter(headers(message, name)), "")


def headers(message: Message, name: str) -> list[str]:
    """All headers of that name."""
    return [_decoded(str(value)) for value in message.get_all(name, [])[:MOST_PARTS]]


def text(part: Message) -> str:
    """What a part that holds text says; empty for one that holds others."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return _read(payload[: 4 * TEXT_CHARACTERS], str(part.get_content_charset("utf-8")))


def is_of(part: Message, *types: str) -> bool:
    return part.get_content_type() in types


def _decoded(value: str) -> str:
    try:
        pieces = decode_header(" ".join(value[:HEADER_CHARACTERS].split()))
    except (HeaderParseError, ValueError):
        return printable(value[:HEADER_CHARACTERS])
    return printable(
        "".join(
            _read(piece, charset or "utf-8") if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    )


def _read(payload: bytes, charset: str) -> str:
    try:
        said = payload.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset nobody knows, or one that is no encoding of text
        said = payload.decode("utf-8", "replace")
    return said[:TEXT_CHARACTERS]
