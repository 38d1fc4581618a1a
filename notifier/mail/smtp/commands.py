"""What a client says in one SMTP transaction, and for which messages it must not begin one.

Knows the commands of RFC 5321 and the extensions that change them (RFC 1870, 2920, 3461, 6152,
6531).
Must never know a connection.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self, SupportsBytes

from notifier.errors import UnusableAddress
from notifier.mail.lines import WholeLines, are_whole
from notifier.model import Envelope, Reply, Stage, mailbox

#: White space and control characters end a command or smuggle in another one; angle brackets end
#: the path.
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")
#: An address that a command takes as it is, which nearly every one is.
_AS_IT_IS = re.compile(r"[!-;=?-~]+@[!-;=?\[-~]+")
#: RFC 5321 section 4.5.3.1.3, without the two brackets.
_LONGEST_PATH = 254


#: RFC 3461 section 4.2: what is longer is left out.
_LONGEST_ORCPT = 500
#: RFC 3461 section 4: what an xtext holds as it is.
_XTEXT = re.compile(r"[!-*,-<>-~]+")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
#: RFC 6533 section 3: the same of the name of a mailbox, where a backslash begins a code.
_NOT_UTF8_XTEXT = re.compile(r"[^!-*,-<>-\[\]-~]")

_STAGES = tuple(Stage)
#: What a host calls itself that nobody else can find (RFC 6761, RFC 6762, RFC 8375, and what
#: resolvers, clusters and routers make up).
_NOBODY_FINDS = ("localhost", "localdomain", "local", "internal", "lan", "home", "arpa", "invalid")
_FULL_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,40}[a-z][a-z0-9-]{1,62}")


def own_name(machine: str, address: str) -> str:
    """What a client calls itself: the machine's full name, else its address as a literal.

    ``address`` is that of its end of the connection. RFC 5321 sections 4.1.1.1, 4.1.3 and 4.1.4: a
    bare word or ``localhost`` is refused by many servers, and rightly so.
    """
    name = machine.rstrip(".").lower()
    if _FULL_NAME.fullmatch(name) and name.rpartition(".")[2] not in _NOBODY_FINDS:
        return name
    place, _, _ = address.partition("%")
    return f"[IPv6:{place}]" if ":" in place else f"[{place}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """For how many seconds a client waits for what, as RFC 5321 section 4.5.3.2 has it.

    ``block`` is how long a server may take no more of a message; ``dot`` is long, as servers look
    into messages before they answer for them, and who does not wait sends a second copy.
    """

    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600

    @classmethod
    def each(cls, seconds: float) -> Self:
        return cls(mail=seconds, rcpt=seconds, data=seconds, block=seconds, dot=seconds)

    def reply(self, stage: Stage) -> float:
        """How long a reply of that stage may take."""
        return (self.mail, self.rcpt, self.data, self.dot)[_STAGES.index(stage)]

    @property
    def shortest(self) -> float:
        return min(self.mail, self.rcpt, self.data, self.block, self.dot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What the server offered in its answer to EHLO, as far as we use it."""

    pipelining: bool = False
    size: bool = False
    eight_bit: bool = False
    utf8: bool = False
    dsn: bool = False

    @classmethod
    def offered(cls, keywords: Iterable[str]) -> Self:
        known = {keyword.upper() for keyword in keywords}
        return cls(
            pipelining="PIPELINING" in known,
            size="SIZE" in known,
            eight_bit="8BITMIME" in known,
            utf8="SMTPUTF8" in known,
            dsn="DSN" in known,
        )


#: The stages that the replies to the commands of a transaction belong to.
COMMANDS: Final = (Stage.MAIL, Stage.RCPT, Stage.DATA)


class Transaction(NamedTuple):
    """All a client says: a command after the other, one a stage, then content of so many bytes, in
    pieces, and the end with the final dot.

    Where the server pipelines, the commands go out in one write (RFC 2920 section 3.1).
    """

    commands: tuple[bytes, bytes, bytes]
    content: Sequence[bytes]
    size: int
    end: bytes


def begin(
    envelope: Envelope, extensions: Extensions, envid: Callable[[int], str] | None = None
) -> Transaction | Reply:
    """The transaction for a message, or the permanent refusal it could only end with.

    Where notifications can be asked for, and there is an ``envid`` for a delivery that they are to
    name, it is those of failure and of delay, with the head of the message alone. RFC 5321 section
    4.5.2 (dots), RFC 6531 section 3, RFC 3461 section 4.
    """
    sender = _path(Stage.MAIL, envelope.sender, extensions)
    if isinstance(sender, Reply):
        return sender
    recipient = _path(Stage.RCPT, envelope.recipient, extensions)
    if isinstance(recipient, Reply):
        return recipient
    lines = _lines(envelope.content)
    if lines is None:
        # Servers disagree where such a message ends: what follows might pass as another one.
        return _refusal(Stage.DATA, 554, "5.6.0", "the message holds bare CR, bare LF or NUL")
    pieces, size, is_ascii = lines
    if not (is_ascii or extensions.eight_bit):
        text = "the message needs 8BITMIME, which the server does not offer"
        return _refusal(Stage.DATA, 554, "5.6.3", text)
    options = b" SIZE=%d" % size if extensions.size else b""
    if not is_ascii:
        options += b" BODY=8BITMIME"
    if not (sender.isascii() and recipient.isascii()):
        options += b" SMTPUTF8"
    wishes = b""
    if extensions.dsn and envid:
        options += b" RET=HDRS ENVID=" + _xtext(envid(envelope.delivery))
        wishes = b" NOTIFY=FAILURE,DELAY" + _orcpt(recipient)
    asked = b"MAIL FROM:<%b>%b\r\n" % (sender, options)
    to_whom = b"RCPT TO:<%b>%b\r\n" % (recipient, wishes)
    end = b".\r\n" if pieces[-1].endswith(b"\r\n") else b"\r\n.\r\n"
    return Transaction((asked, to_whom, b"DATA\r\n"), pieces, size, end)


def _path(stage: Stage, address: str, extensions: Extensions) -> bytes | Reply:
    if len(address) <= _LONGEST_PATH and _AS_IT_IS.fullmatch(address):
        return address.encode()
    try:
        path = mailbox(address)
    except UnusableAddress:
        return _refusal(stage, 553, "5.1.3", "the domain of the address is no host name")
    local, _, domain = path.rpartition("@")
    if not local or not domain or _UNSAFE.search(path) or len(path.encode()) > _LONGEST_PATH:
        return _refusal(stage, 553, "5.1.3", "this is no mail address")
    if not path.isascii() and not extensions.utf8:
        text = "the address needs SMTPUTF8, which the server does not offer"
        return _refusal(stage, 553, "5.6.7", text)
    return path.encode()


def _lines(content: SupportsBytes) -> tuple[Sequence[bytes], int, bool] | None:
    """What is said of a message, in pieces, a dot doubled where it begins a line; how long it is
    without those (RFC 1870 section 3); and whether it is in ASCII. None where its end is not plain.
    """
    if isinstance(content, WholeLines):
        return content.pieces, sum(map(len, content.pieces)), content.is_ascii
    text = bytes(content)
    # To look through a message takes as long as all the rest.
    if not are_whole(text) or b"\0" in text:
        return None
    return [(b"\r\n" + text).replace(b"\r\n.", b"\r\n..")[2:]], len(text), text.isascii()


def _orcpt(recipient: bytes) -> bytes:
    """Whom a notification is to name (RFC 3461 section 4.2), beyond ASCII by the form of RFC 6533
    section 3 that every server on the way can hand on.
    """
    if recipient.isascii():
        text = b"rfc822;" + _xtext(recipient.decode("ascii"))
    else:
        name = _NOT_UTF8_XTEXT.sub(lambda sign: rf"\x{{{ord(sign[0]):X}}}", recipient.decode())
        text = b"utf-8;" + name.encode("ascii")
    return b" ORCPT=" + text if len(text) <= _LONGEST_ORCPT else b""


def _xtext(text: str) -> bytes:
    """Text in ASCII as the value of a parameter (RFC 3461 section 4)."""
    if not _XTEXT.fullmatch(text):
        text = _NOT_XTEXT.sub(lambda sign: f"+{ord(sign[0]):02X}", text)
    return text.encode("ascii")


def _refusal(stage: Stage, code: int, enhanced: str, text: str) -> Reply:
    return Reply(stage=stage, code=code, enhanced=enhanced, text=text)
