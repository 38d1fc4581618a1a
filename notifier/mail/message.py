"""A digest as an RFC 5322 message: whole, but for the few words that differ from reader to reader.

Knows headers, MIME and the slots a message leaves open. Must never know templates, topics or how
a message travels.

A template is the finished message in bytes, what is open in it named between NUL bytes
(`notifier.mail.lines`). `build` joins one of lines that are encoded already, for all who get the
same; `fill` splices in what is personal, hundreds of times faster than a message could be built for
each reader. No line of it begins with a dot, so that none is doubled on its way (RFC 5321 4.5.2).
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from email.utils import formataddr
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from typing import Final
from urllib.parse import quote

from config.values import is_one_line
from notifier.errors import MessageRefused
from notifier.mail.lines import (
    Lines,
    WholeLines,
    are_whole,
    percent_slot,
    slot,
    spliced,
)

# What ends an address, starts a comment or breaks a line has no place in one (RFC 5322 3.4.1,
# quoted local parts left out; RFC 6532 adds all that is not ASCII).
_ATEXT = r'[^\s\x00-\x1f\x7f\ud800-\udfff<>()\\,;"@]+'
# Means nothing in quoted-printable, in HTML and in header lists, so that none needs escaping.
_PAGE = re.compile(r"https?://[A-Za-z0-9:/._~%\[\]-]+")
#: What a template leaves open, and what may stand there.
SLOTS: Final = {
    # A bracket or a colon begins something else there; a dot stands between two (RFC 5322 3.2.3).
    "recipient": re.compile(rf"(?!\.)(?![^@]*[\[\]:]|[^@]*\.[.@]){_ATEXT}@{_ATEXT}"),
    "message_id": re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>"),
    "date": re.compile(r"(?!\.)[ -~]+"),
    "unsubscribe_url": _PAGE,
    "view_url": _PAGE,
    "manage_url": _PAGE,
}
_CHECKED = [(name, name.encode(), allowed.fullmatch) for name, allowed in SLOTS.items()]
_RECIPIENT: Final = b"recipient"
#: RFC 5322 section 2.1.1 allows lines of 998; this leaves room for what stands beside a value.
LONGEST_VALUE: Final = 400
# RFC 2047 section 2: lines that hold an encoded word end at 76. A longer plain word is encoded
# as well, because only encoded words can be folded anywhere.
_HEADER_LINE: Final = 76
_LONGEST_WORD: Final = 60
_WORD_OF_UTF8: Final = len("=?utf-8?b??=")
# What means nothing in a mailto address (RFC 6068 section 2), beside letters and digits.
_PLAIN_IN_MAILTO: Final = "!$'*+:@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes, and from where: the same in every digest of an installation.

    ``list_id`` is stable for ever (RFC 2919). ``site_url`` ends without a slash. What is optional
    is an empty string: ``reply_to``, ``contact`` (an address shown to readers), and
    ``unsubscribe_mailbox``, which gets mails whose subject is the reader's unsubscribe address.
    """

    name: str
    address: str
    list_id: str
    site_title: str
    site_url: str
    reply_to: str = ""
    contact: str = ""
    unsubscribe_mailbox: str = ""

    def __post_init__(self) -> None:
        if not all(map(is_one_line, astuple(self))):
            raise ValueError("what names the sender must hold no line breaks or control characters")
        addresses = (self.address, self.reply_to, self.unsubscribe_mailbox, self.site_url)
        if not "".join((*addresses, self.list_id)).isascii():
            raise ValueError("addresses of the sender must be ASCII: write domains as A-labels")


def build(
    sender: Sender,
    *,
    subject: str,
    language: str,
    text: Sequence[Lines],
    html: Sequence[Lines],
    is_of_list: bool = True,
) -> bytes:
    """A template: every header and both bodies, with a slot where something personal goes. One
    ``is_of_list`` that can be left, unless it goes to somebody who has not subscribed to it.

    The same lines give the same bytes, whenever they are built. Raises MessageRefused where the
    subject holds a line break or control character.

    RFC 2045-2047, 2369, 2919, 3834, 5322, 6068, 8058.
    """
    # "=_" is in neither encoding; the hash keeps a forwarded digest apart from its wrapper.
    marks = b"".join(map(_MARK, chain(text, html)))
    boundary = b"=_" + blake2b(marks, digest_size=12).hexdigest().encode()
    before, after = _around_subject(sender, language, is_of_list=is_of_list)
    rule = b"\r\n--" + boundary
    # RFC 2046 5.1.4: the last alternative is the richest.
    parts = [
        *(
            before,
            _subject(subject),
            after,
            boundary,
            b'"\r\n',
            rule,
            _PLAIN,
            *_encoded(text, _READABLE),
        ),
        *(rule, _HTML, *_encoded(html), rule, b"--\r\n"),
    ]
    return b"".join(parts)


_QUOTED, _BASED, _MARK = map(attrgetter, Lines._fields)
# Who reads the source of a mail reads its text.
_READABLE: Final = 8 / 7
_PLAIN, _HTML = (
    f"\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: ".encode()
    for subtype in ("plain", "html")
)


def _encoded(body: Sequence[Lines], worth: float = 1) -> Iterator[bytes]:
    """In base64 where quoted-printable takes more, as it does three bytes for one beyond ASCII, by
    more than that it can be read as it is is ``worth``.
    """
    quoted, based = sizes(body)
    if quoted <= worth * based:
        yield b"quoted-printable\r\n\r\n"
        yield from map(_QUOTED, body)
    else:
        yield b"base64\r\n\r\n"
        yield from map(_BASED, body)


def sizes(body: Sequence[Lines]) -> tuple[int, int]:
    """How many bytes a body takes in quoted-printable and in base64; a message has the smaller."""
    return sum(map(len, map(_QUOTED, body))), sum(map(len, map(_BASED, body)))


def fill(template: bytes, values: Mapping[str, str]) -> WholeLines:
    """The message for one reader: ``template`` with its `SLOTS` filled.

    ``message_id`` comes with its angle brackets. Raises MessageRefused where a value is missing
    or holds what its place cannot, and where the template is not of such lines.
    """
    checked: dict[bytes, bytes] = {}
    for name, key, is_allowed in _CHECKED:
        value = values.get(name, "")
        if len(value) > LONGEST_VALUE or not is_allowed(value):
            raise MessageRefused(name, "its value is missing or cannot stand there")
        checked[key] = value.encode()
    cut, is_plain = _cut(template)
    parts = list(cut)
    # Most places are those of a value as it is.
    parts[1::2] = [checked.get(place) or spliced(place, checked) for place in parts[1::2]]
    # No value holds a line's end or begins with a dot, and what is spliced for it is as whole; of
    # all of them an address alone may go beyond ASCII.
    return WholeLines(parts, is_plain and checked[_RECIPIENT].isascii())


# As many templates as are being sent at a time: one is cut once, not once a reader.
@lru_cache(64)
def _cut(template: bytes) -> tuple[tuple[bytes, ...], bool]:
    """Literal, open place, literal, and so on; and whether all of them are of ASCII."""
    if not are_whole(template):
        raise MessageRefused("body", "a CR or LF stands alone in it")
    if b"\n." in template:
        raise MessageRefused("body", "a line of it begins with a dot")
    if not template.endswith(b"\r\n"):
        raise MessageRefused("body", "its last line does not end")
    return tuple(template.split(b"\0")), template.isascii()


def mailto(address: str) -> str:
    """The address as a link has it (RFC 6068)."""
    return f"mailto:{quote(address, safe=_PLAIN_IN_MAILTO)}"


@lru_cache(64)
def _around_subject(sender: Sender, language: str, *, is_of_list: bool) -> tuple[bytes, bytes]:
    """All headers, but for what differs from digest to digest: the subject, and the boundary."""
    # RFC 8058: one https address, or no one click. Some large receivers use only a mailto one.
    one_click = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    leave = f"<{slot('unsubscribe_url')}>"
    if sender.unsubscribe_mailbox:
        asked = f"subject={percent_slot('unsubscribe_url')}"
        leave += f",\r\n <{mailto(sender.unsubscribe_mailbox)}?{asked}>"
    of_list = [
        ("List-Id", _mailbox("List-Id", sender.site_title, sender.list_id)),
        ("List-Unsubscribe", leave),
        *([one_click] if sender.site_url.startswith("https:") else []),
        ("List-Help", f"<{sender.site_url}/>"),
        ("List-Post", "NO"),
    ]
    before = [
        ("From", _mailbox("From", sender.name, sender.address)),
        ("To", slot("recipient")),
        *([("Reply-To", sender.reply_to)] if sender.reply_to else []),
    ]
    after = [
        ("Date", slot("date")),
        ("Message-ID", slot("message_id")),
        ("MIME-Version", "1.0"),
        ("Content-Language", language),
        ("Auto-Submitted", "auto-generated"),
        *(of_list if is_of_list else []),
        ("Content-Type", 'multipart/alternative; boundary="'),
    ]
    first, rest = ("\r\n".join(": ".join(each) for each in some) for some in (before, after))
    return f"{first}\r\n".encode(), rest.encode()


def _mailbox(header: str, name: str, address: str) -> str:
    if not name:
        return f"<{address}>"
    if name.isascii():
        return formataddr((name, address))
    return f"{_encoded_words(header, name)}\r\n <{address}>"


# A day's digests have some thousand.
@lru_cache(4096)
def _subject(value: str) -> bytes:
    if not is_one_line(value):
        raise MessageRefused("Subject", "a line break or control character cannot stand there")
    words = value.split(" ")
    # RFC 5322 section 2.2.3: a line is folded at one blank, which is all that may be left of it.
    is_plain = value.isascii() and "=?" not in value and all(words)
    if is_plain and max(map(len, words)) <= _LONGEST_WORD:
        text = _folded(f"Subject: {value}".split(" "))
    else:
        text = f"Subject: {_encoded_words('Subject', value)}"
    return f"{text}\r\n".encode()


def _folded(words: Sequence[str]) -> str:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= _HEADER_LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    return "\r\n".join(lines)


def _encoded_words(header: str, value: str) -> str:
    """RFC 2047, in base64: whole characters in words that are short enough for the first line."""
    most = (_HEADER_LINE - len(f"{header}: ") - _WORD_OF_UTF8) // 4 * 3
    pieces = [b""]
    for character in value.encode(errors="replace").decode():
        if len(pieces[-1] + character.encode()) > most:
            pieces.append(b"")
        pieces[-1] += character.encode()
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in pieces)
