"""What a refusal speaks of: the address, its owner's wishes, the message, us, or our pace.

Knows reply codes, enhanced status codes (RFC 3463 and its registry) and the words of servers. Must
never know what follows from it.

Words that speak of us go before any code: servers say 5.1.1 for a relay that is closed to us, and
a living reader must not be struck off for what a server thinks of the sender. A code goes before
words that may mean anything, and where neither tells, the stage does: before RCPT nothing is known
of the reader, after the dot the message was read.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from notifier.model import Cause, Reply, Stage

# What a server repeats of ours, or links to, are not its words: an address may hold any.
_QUOTED: Final = re.compile(r"https?://\S+|[^\s<>]*@[^\s<>]*")


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


# No alternative has two overlapping quantifiers, and what they read is bounded (`replies`).
_ABOUT_THE_READER: Final = _words(
    r"resolver\.rst",
    r"\bgcdp\b",
    r"envelope blocked",
    r"\b(mailbox|inbox|user|account)\b.{0,60}\b(full|over ?quota|over its quota|out of storage)\b",
    r"\bquota exceeded \(mailbox",
    r"\b(recipient|user)\b.{0,30}\b(refuses|does(n't| not) accept) mail",
    r"not authori[sz]ed to send to",
    r"\bsecurity policies\b",
)
_ABOUT_US: Final = _words(
    # A login or encryption that is wanted.
    r"\bstarttls\b|\btls\b.{0,20}\brequired\b|\brequire.{0,20}\btls\b|must issue",
    r"\bauthenticat\w*\b.{0,20}\b(required|fail\w*)|\bnot authenticated\b|unauthenticated",
    r"\bcredentials\b|authentication level|proper authentication",
    # A relay that is not ours to use.
    r"\brelay(ing)? (access )?(denied|not|is not|limit|prohibited)\b",
    r"\b(unable|not allowed) to relay|\brelaying\b|\brcpthosts\b|\bsmtp relay\b",
    # Who we say we are.
    r"\bhelo\b|\behlo\b|\bsender address\b|\bsender (verify|verification)\b|\bsender signature\b",
    r"\bsender (is )?(block|black|not)|\benvelope sender\b|\bbadmailfrom\b|domain of sender",
    r"\bsend (mail )?(as|from)\b|callback setup",
    r"\bspf\b|\bdkim\b|\bdmarc\b|spoof",
    # Where we are.
    r"\bclient host\b|\bptr\b|\breverse (dns|hostname)|\bbanned (sending|ip)\b",
    r"\b(block|black|deny) ?list|\b(dns|r)bl\b|spamhaus|barracudacentral|spamcop|blocked using",
    r"\breputation\b|not accepted from|not be accepted from|\bip=",
    # What an account may.
    r"\bdaily\b|\bper (hour|day)\b|\b(sending|messaging|message) limits?\b",
    r"\bnot verified\b|\bsandbox\b|\bdemo domains?\b|\bsending paused\b|\bserver token\b",
    r"\byour account\b",
)
_ABOUT_OUR_PACE: Final = _words(
    r"\btoo (many|much)\b.{0,20}\b(mails?|messages|connections|errors|spams|e-?mails)\b",
    r"\btoo (quickly|fast|frequent\w*)\b|\b(unusual|sending) rate\b|\bat a rate\b|\brate.?limit\w*",
    r"\bthrottl\w*|\bunexpected volume\b|\bconcurren\w*|\bin a short time\b|\bserver busy\b",
)
_GREYLISTED: Final = _words(r"gr[ea]y.?list\w*")
_NO_MAILBOX: Final = _words(
    r"\b(user|recipient|address|addressee|person|local part)\b.{0,30}\bunknown\b",
    r"\bunknown (user|recipient|address|local|mailbox)",
    r"\bno such (user|person|mailbox|recipient|address)|\bno (mailbox|mail box) (here|by|for)",
    r"\b(user|mailbox|recipient|account|address)\b.{0,50}\b(not found|not be found)",
    r"\b(user|mailbox|recipient|account|address)\b.{0,50}\bdoes(n't| not) (exist|have)",
    r"\bnot our customer|\binvalid (mailbox|recipient|address)|\bmailbox unavailable",
    r"\b(user|mailbox|account)\b.{0,50}\b(disabled|inactive|deactivated)\b",
    r"\bmailbox name\b|\bunroute?able address|\buser (has moved|not local)\b|\bnull ?mx\b",
)
_POSSIBLY_ABOUT_US: Final = _words(
    r"administrative prohibition|\bpolic(y|ies)\b|\bip\b|\baccess denied\b|\bhttps?\b|\bblocked\b",
    r"\bservice (unavailable|refused)\b|\bdenied\b|\bjunkmail\b",
)
_OF_ONE_RECIPIENT: Final = _words(r"\brecipient address rejected\b")


# RFC 3463 sections 3.2 and 3.3, RFC 7505 (5.1.10), and Exchange's own.
_BY_STATUS: Final = {
    **dict.fromkeys(("1.1", "1.2", "1.3", "1.6", "1.10", "1.351", "2.1"), Cause.MAILBOX),
    **dict.fromkeys(("1.7", "1.8", "4.5"), Cause.OURS),
    **dict.fromkeys(("2.3", "3.4"), Cause.CONTENT),
    "6.7": Cause.READER,
}
# Of the registry's 5.7.8 to 5.7.30, all but 5.7.13 and 5.7.17 are about logins, encryption, SPF,
# DKIM, DMARC and reverse names. Exchange has 5.7.50 to 60 for clients, 5.7.12x and 13x for who may
# write to whom, 5.7.5xx to 7xx for senders.
_OF_SENDERS: Final = re.compile(r"7\.(?:[89]|1[0-24-689]|2\d|30|5\d|60|[5-7]\d\d)")
_OF_READERS: Final = re.compile(r"2\.\d+|7\.(?:13|17|1[23]\d)")
_OF_CONTENT: Final = re.compile(r"6\.\d+")
#: A transient refusal for reasons of security: whoever gives it wants less of us.
_WARY: Final = "4.7."

#: RFC 5321 section 4.5.3.1.10: whatever a server is short of, it may have again.
_SHORT_OF_ROOM: Final = frozenset({452, 552})
_WITHOUT_WORDS: Final = {
    Stage.MAIL: Cause.OURS,
    Stage.RCPT: Cause.READER,
    Stage.DATA: Cause.OURS,
    Stage.DOT: Cause.CONTENT,
}
#: Enough to know what is meant; some servers answer with a page.
_READ_CHARACTERS: Final = 2000

_SPAN: Final = re.compile(
    r"\b(?:in|after|for|wait|within)\s(?:about\s)?"
    r"(?:(\d{1,2}):(\d{2}):(\d{2})|(\d{1,5})\s?(s|m|h)(?:ec|in|ou?r|econd|inute)?s?)\b",
    re.IGNORECASE,
)
_UNITS: Final = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
#: Nobody is obeyed for longer.
LONGEST_WAIT: Final = timedelta(days=1)


def cause_of(reply: Reply) -> Cause:
    """What a 4yz or 5yz speaks of; of the former, and of a lack of room, whether it may be mended
    by waiting alone, by going slower, or by us.

    RFC 5321 sections 4.2 and 4.5.3.1.10, RFC 3463.
    """
    said = _QUOTED.sub(" ", reply.text[:_READ_CHARACTERS])
    is_transient = (reply.code or 0) // 100 == 4
    if is_transient and _GREYLISTED.search(said):
        return Cause.LATER
    cause = next(_causes(reply, said))
    is_short = reply.stage is Stage.RCPT and reply.code in _SHORT_OF_ROOM
    if is_transient or (is_short and cause is Cause.READER):
        return cause if cause in {Cause.OURS, Cause.RATE} else Cause.LATER
    return cause


def wait_asked(text: str) -> timedelta | None:
    """For how long a server wants to be left alone, where it says so: a day at most."""
    found = _SPAN.search(text[:_READ_CHARACTERS])
    if found is None:
        return None
    hours, minutes, seconds, count, unit = found.groups()
    if count:
        span = int(count) * _UNITS[unit.lower()]
    else:
        span = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return min(span, LONGEST_WAIT)


def _causes(reply: Reply, said: str) -> Iterator[Cause]:
    """What it may speak of, the surest first."""
    if _ABOUT_THE_READER.search(said):
        yield Cause.READER
    if _ABOUT_US.search(said):
        yield Cause.OURS
    if _ABOUT_OUR_PACE.search(said):
        yield Cause.RATE
    yield from _by_status(reply)
    if reply.stage in {Stage.RCPT, Stage.DOT} and _NO_MAILBOX.search(said):
        yield Cause.MAILBOX
    if reply.stage is Stage.RCPT and _OF_ONE_RECIPIENT.search(said):
        yield Cause.READER
    # After the dot the same words are about the message.
    if reply.stage is not Stage.DOT and _POSSIBLY_ABOUT_US.search(said):
        yield Cause.OURS
    # A bare code after which nothing is said is what remains.
    yield Cause.LATER if (reply.code or 0) // 100 == 4 else _WITHOUT_WORDS[reply.stage]


def _by_status(reply: Reply) -> Iterator[Cause]:
    status = (reply.enhanced or "").partition(".")[2]
    cause = _BY_STATUS.get(status)
    # Only an answer to the recipient speaks of the address by a number alone.
    if cause and (cause is not Cause.MAILBOX or reply.stage is Stage.RCPT):
        yield cause
    if _OF_SENDERS.fullmatch(status):
        yield Cause.OURS
    if _OF_READERS.fullmatch(status):
        yield Cause.READER
    if _OF_CONTENT.fullmatch(status):
        yield Cause.CONTENT
    if (reply.enhanced or "").startswith(_WARY):
        yield Cause.RATE
