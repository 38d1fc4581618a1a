"""What a server answers: reply lines, whole replies, enhanced status codes.

Knows RFC 5321 section 4.2 and RFC 2034. Must never know what was asked.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from notifier.model import Reply, Stage

#: RFC 5321 section 4.5.3.1.5 allows 512; some servers are chatty, none needs more than this.
LONGEST_LINE_BYTES = 4096
#: Far more than any reply has, so that a server cannot keep us reading for ever.
MOST_LINES = 100

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s+|$)")
_TAKEN = re.compile(
    rb"250 (?:(2\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|(?=\r)))?([^\r\n]{0,500})\r\n"
    rb"((?:250 [^\r\n]{0,500}\r\n){2}354 [^\r\n]{0,500}\r\n)?"
)


class Malformed(Exception):
    """The server said something that is no SMTP reply."""


class ReplyLine(NamedTuple):
    """One line of a reply; ``is_last`` tells that no other follows."""

    code: int
    is_last: bool
    text: str


def printable(text: str) -> str:
    """The same text with a space for each sign that is none to look at.

    Servers are strangers: NUL is refused by PostgreSQL; ESC, OSC and C1 command a terminal, and
    others turn the direction of writing, hide what stands there or are half a character.
    """
    # Nearly every text is; to ask sign by sign takes twenty times as long.
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " for sign in text)


def line(received: bytes) -> ReplyLine:
    """A reply line without its end of line, read. Raises Malformed."""
    found = _LINE.fullmatch(received)
    if found is None:
        raise Malformed(f"no SMTP reply: {received[:80]!r}")
    code, mark, text = found.groups()
    return ReplyLine(
        code=int(code),
        is_last=mark != b"-",
        text=printable((text or b"").decode("utf-8", "replace")),
    )


def taken(received: bytes) -> tuple[Reply, bool] | None:
    """The reply to a final dot, where the server took that message, and whether it goes on with the
    three commands of the next one, as it nearly always says at once; None where it says anything
    else.
    """
    found = _TAKEN.fullmatch(received)
    if found is None:
        return None
    enhanced, text, next_one = found.groups()
    said = printable(text.decode("utf-8", "replace"))
    reply = Reply(Stage.DOT, 250, enhanced.decode("ascii") if enhanced else None, said)
    return reply, next_one is not None


def assembled(stage: Stage, lines: Sequence[ReplyLine]) -> Reply:
    """The reply made of ``lines``; an enhanced status code is taken out of the text.

    It counts only where its class is that of the reply (RFC 2034 section 4). Raises Malformed
    where the lines differ in their code.
    """
    code, _, last = lines[-1]
    if any(one.code != code for one in lines):
        raise Malformed("the lines of one reply differ in their code")
    found = _ENHANCED.match(last)
    if found is None or int(last[0]) != code // 100:
        return Reply(stage, code, None, " ".join([one.text for one in lines]))
    enhanced = found[1]
    plain = [one.text.removeprefix(enhanced).lstrip() for one in lines]
    return Reply(stage, code, enhanced, " ".join(plain))
