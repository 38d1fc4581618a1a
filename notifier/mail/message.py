"""A digest as an RFC 5322 message: whole, but for the few words that differ from reader to reader.

Knows headers, MIME and the slots a message leaves open. Must never know templates, topics or how
a message travels.

A template is the finished message in bytes, its slots named between NUL bytes, which no message
may hold (RFC 5322 section 4). `build` makes one for all who get the same; `fill` splices in what is
personal, hundreds of times faster than a message could be built for each reader.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from email.header import Header
from email.utils import formataddr
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from config.values import is_one_line
from notifier.errors import MessageRefused

# What ends an address, starts a comment or breaks a line has no place in one (RFC 5322 3.4.1,
# quoted local parts left out; RFC 6532 adds all that is not ASCII).
_ATEXT = r'[^\s\x00-\x1f\x7f\ud800-\udfff<>()\\,;"@]+'
# Means nothing in quoted-printable, in HTML and in header lists, so that none needs escaping.
_PAGE = re.compile(r"https?://[A-Za-z0-9:/._~%\[\]-]+")
#: What a template leaves open, and what may stand there.
SLOTS: Final = {
    "recipient": re.compile(f"{_ATEXT}@{_ATEXT}"),
    "message_id": re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>"),
    "date": re.compile(r"[ -~]+"),
    "unsubscribe_url": _PAGE,
    "view_url": _PAGE,
}
_BODY_SLOTS: Final = ("unsubscribe_url", "view_url")
# Ends the name of a slot within a body, where a long value is broken into several lines.
_BROKEN: Final = b"="
# RFC 5322 section 2.1.1 allows lines of 998; this leaves room for what stands beside a value.
_LONGEST_VALUE: Final = 500
# RFC 2045 section 6.7: at most 76 with the "=" of a soft line break.
_QP_LINE: Final = 75
# RFC 2047 section 2: lines that hold an encoded word end at 76. A longer plain word is encoded
# as well, because only encoded words can be folded anywhere.
_HEADER_LINE: Final = 76
_LONGEST_WORD: Final = 60


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


def slot(name: str) -> str:
    """What a text or template puts where ``name`` is to be spliced in later."""
    return f"\0{name}\0"


def build(sender: Sender, *, subject: str, language: str, text: str, html: str) -> bytes:
    """A template: every header and both bodies, with `slot` where something personal goes.

    Bodies may hold the slots of page addresses. Raises MessageRefused where a header holds a
    line break or control character, or a body a NUL that marks no such slot.

    RFC 2045-2047, 2369, 2919, 3834, 5322, 8058.
    """
    parts = (_part("plain", text), _part("html", html))
    # "=_" cannot occur in quoted-printable; the hash keeps a forwarded digest apart from its
    # wrapper, and the bytes the same whenever they are built.
    boundary = "=_" + blake2b(b"".join(parts), digest_size=12).hexdigest()
    headers = _headers(sender, subject, language, boundary)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    rule = f"\r\n--{boundary}".encode()
    return head + b"".join(rule + b"\r\n" + part for part in parts) + rule + b"--\r\n"


def fill(template: bytes, values: Mapping[str, str]) -> bytes:
    """The message for one reader: ``template`` with a value in every slot (`SLOTS`).

    ``message_id`` comes with its angle brackets. Raises MessageRefused where a value is missing
    or holds what its place cannot.
    """
    spliced: dict[bytes, bytes] = {}
    for name, allowed in SLOTS.items():
        value = values.get(name, "")
        if len(value) > _LONGEST_VALUE or not allowed.fullmatch(value):
            raise MessageRefused(name, "its value is missing or cannot stand there")
        key, encoded = name.encode(), value.encode()
        spliced[key] = encoded
        spliced[key + _BROKEN] = encoded if len(encoded) <= _QP_LINE else _soft_broken(encoded)
    parts = list(_cut(template))
    parts[1::2] = [spliced[key] for key in parts[1::2]]
    return b"".join(parts)


# As many templates as are being sent at a time: one is cut once, not once a reader.
@lru_cache(64)
def _cut(template: bytes) -> tuple[bytes, ...]:
    """Literal, name of a slot, literal, and so on."""
    return tuple(template.split(b"\0"))


def _headers(sender: Sender, subject: str, language: str, boundary: str) -> list[tuple[str, str]]:
    # RFC 8058: one https address. Some large receivers use only a mailto one, so both.
    url = slot("unsubscribe_url")
    mailto = f",\r\n <mailto:{sender.unsubscribe_mailbox}?subject={url}>"
    return [
        ("From", _mailbox("From", sender.name, sender.address)),
        ("To", slot("recipient")),
        *([("Reply-To", sender.reply_to)] if sender.reply_to else []),
        ("Subject", _unstructured("Subject", subject)),
        ("Date", slot("date")),
        ("Message-ID", slot("message_id")),
        ("MIME-Version", "1.0"),
        ("Content-Language", language),
        ("Auto-Submitted", "auto-generated"),
        ("List-Id", _mailbox("List-Id", sender.site_title, sender.list_id)),
        ("List-Unsubscribe", f"<{url}>{mailto if sender.unsubscribe_mailbox else ''}"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Help", f"<{sender.site_url}/>"),
        ("List-Post", "NO"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]


def _mailbox(header: str, name: str, address: str) -> str:
    if not name:
        return f"<{address}>"
    if name.isascii():
        return formataddr((name, address))
    return f"{_encoded_words(header, name)}\r\n <{address}>"


def _unstructured(header: str, value: str) -> str:
    if not is_one_line(value):
        raise MessageRefused(header, "a line break or control character cannot stand there")
    is_plain = value.isascii() and "=?" not in value
    if is_plain and len(f"{header}: {value}") <= _HEADER_LINE:
        return value
    if is_plain and all(len(word) <= _LONGEST_WORD for word in value.split(" ")):
        folded = Header(value, "us-ascii", maxlinelen=_HEADER_LINE, header_name=header)
        return folded.encode(linesep="\r\n")
    return _encoded_words(header, value)


def _encoded_words(header: str, value: str) -> str:
    encoded = Header(value, "utf-8", maxlinelen=_HEADER_LINE, header_name=header)
    return encoded.encode(linesep="\r\n")


def _part(subtype: str, body: str) -> bytes:
    """``body`` in quoted-printable, each slot on a line of its own (RFC 2045 section 6.7)."""
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    parts = lines.split("\0")
    if len(parts) % 2 == 0 or not set(parts[1::2]) <= set(_BODY_SLOTS):
        raise MessageRefused("body", "a NUL that marks no slot of a body cannot stand there")
    parts[1::2] = [f"=\n{slot(name)}\n" for name in parts[1::2]]
    quoted = binascii.b2a_qp("".join(parts).encode(errors="replace"))
    # The "=3D" kept room for the "=" of a soft line break in front of each slot.
    for name in _BODY_SLOTS:
        key = name.encode()
        opened = b"=\n\0" + key + _BROKEN + b"\0=\n"
        quoted = quoted.replace(b"=3D\n=00" + key + b"=00\n", opened)
    # A slot that stood alone on its line needs no soft breaks around it.
    quoted = quoted.replace(b"\n=\n\0", b"\n\0").replace(b"\0=\n\n", b"\0\n")
    return head.encode() + quoted.replace(b"\n", b"\r\n")


def _soft_broken(value: bytes) -> bytes:
    starts = range(0, len(value), _QP_LINE)
    return b"=\r\n".join(value[start : start + _QP_LINE] for start in starts)
