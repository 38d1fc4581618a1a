"""What a mail is that came back: a bounce, a complaint, a wish to leave, an answer of a machine.

Knows the forms of all of these, and how they name the mail they are about. Must never know what
follows, nor trust a claim that nobody signed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from email.message import Message
from hashlib import sha256
from typing import Final

from notifier.errors import TokenRefused
from notifier.mail import return_path
from notifier.mail.smtp.replies import printable
from notifier.returns.bounded import READ_BYTES, header, headers, is_of, opened, parts, text
from notifier.returns.dsn import StatusReport, in_words, reported
from notifier.returns.phrases import Saying, says
from notifier.returns.returned import BOUNCES, Claims, ReturnedMail, ReturnKind
from notifier.subscribers import links
from notifier.subscribers.links import LinkScope

#: Who a mail was for, whatever they were told by whom.
_TO: Final = (
    *("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "to"),
    *("apparently-to", "x-failed-recipients", "in-reply-to"),
)
#: As `return_path` writes them, within whatever a forwarder (SRS, BATV) made of the address.
_TOKEN: Final = re.compile(r"(?<![0-9])[1-9][0-9]{0,18}\.[a-z2-7]{16}(?![a-z2-7])", re.IGNORECASE)
#: The last segment of an unsubscribe link, as `links` mints it.
_LINK: Final = re.compile(r"/u/([A-Za-z0-9_.-]{1,200})")
#: Each is verified, which costs a hash.
_MOST_CLAIMS: Final = 40
#: RFC 5965 section 3.1 and RFC 6430: what a reader did, and not what a machine found.
_ABUSE: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", ""})
_NO_AUTOMATIC: Final = frozenset({"", "no"})
_DIAGNOSTIC_CHARACTERS: Final = 500


def classified(raw: bytes, secret: bytes, recipients: Sequence[str] = ()) -> ReturnedMail:
    """What a mail says; ``recipients`` are those of its envelope, where they are known.

    RFC 3464, 3834, 5965, 8058.
    """
    message = opened(raw)
    found = _recognised(message, secret)
    claims = _claims(message, raw, secret, recipients, found)
    return ReturnedMail(
        key=_key(message, raw, claims),
        kind=found.kind,
        claims=claims,
        recipient="" if _TOKEN.search(found.recipient) else printable(found.recipient)[:254],
        status=found.status,
        diagnostic=" ".join(printable(found.diagnostic).split())[:_DIAGNOSTIC_CHARACTERS],
    )


def _recognised(message: Message, secret: bytes) -> ReturnedMail:
    """What kind of mail it is, by the surest sign first, without whose it is."""
    other = _made(ReturnKind.OTHER, diagnostic=header(message, "subject"))
    return next(filter(None, _guesses(message, secret)), other)


def _guesses(message: Message, secret: bytes) -> Iterator[ReturnedMail | None]:
    """What it would be by each of the signs that there are of such mails."""
    yield _complaint(message)
    yield _of_report(reported(message))
    subject = header(message, "subject")
    if _signed_link(subject, secret):
        yield _made(ReturnKind.UNSUBSCRIBE, diagnostic=subject)
    top = f"{subject} {_top(message)}"
    if says(top, Saying.CHALLENGE) or header(message, "x-boxbe-challenge"):
        yield _made(ReturnKind.CHALLENGE, diagnostic=subject)
    if says(subject, Saying.AWAY):
        yield _made(ReturnKind.AUTO_REPLY, diagnostic=subject)
    yield _of_report(in_words(message))
    if _is_automatic(message) or says(top, Saying.AWAY):
        yield _made(ReturnKind.AUTO_REPLY, diagnostic=subject)


def _of_report(told: StatusReport | None) -> ReturnedMail | None:
    # An envelope id of ours is looked for where a key is told, before there is one.
    if told is None:
        return None
    return _made(told.kind, told.recipient, told.status, told.words, told.envid)


def _made(
    kind: ReturnKind, recipient: str = "", status: str = "", diagnostic: str = "", key: str = ""
) -> ReturnedMail:
    return ReturnedMail(
        key=key, kind=kind, recipient=recipient, status=status, diagnostic=diagnostic
    )


def _top(message: Message) -> str:
    return next(
        (text(part)[:400] for part in parts(message) if part.get_content_maintype() == "text"), ""
    )


def _complaint(message: Message) -> ReturnedMail | None:
    """What a receiver's feedback loop reports (RFC 5965); None where it is none."""
    for part in parts(message):
        if is_of(part, "message/feedback-report"):
            fields = _fields(part)
            kind = fields.get("feedback-type", "").lower()
            what = ReturnKind.COMPLAINT if kind in _ABUSE else ReturnKind.OTHER
            recipient = fields.get("original-rcpt-to", "").strip("<>")
            agent = fields.get("user-agent", "")
            return _made(what, recipient, diagnostic=f"{kind or 'abuse'} {agent}".strip())
        # Outlook.com sends the mail itself, and who pressed the button.
        if recipient := header(part, "x-hmxmroriginalrecipient"):
            return _made(ReturnKind.COMPLAINT, recipient, diagnostic=header(message, "subject"))
    return None


def _fields(part: Message) -> dict[str, str]:
    """The fields of a report: its body, which email.parser takes for a mail or for text."""
    payload = part.get_payload()
    said = str(payload[0]) if isinstance(payload, list) and payload else text(part)
    pairs = (line.partition(":") for line in said.splitlines()[:200] if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _is_automatic(message: Message) -> bool:
    """RFC 3834 section 5, and what machines wrote before it."""
    submitted = header(message, "auto-submitted").partition(";")[0].strip().lower()
    precedence = header(message, "precedence").lower()
    marks = ("x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-autoresponder")
    return (
        submitted not in _NO_AUTOMATIC
        or precedence in {"auto_reply", "auto-reply", "junk"}
        or any(header(message, mark) for mark in marks)
        or header(message, "return-path").strip() == "<>"
    )


def _claims(
    message: Message,
    raw: bytes,
    secret: bytes,
    recipients: Sequence[str],
    found: ReturnedMail,
) -> Claims:
    """Whose mail it is about, by what we signed: a wish to leave by its subject alone."""
    if found.kind is ReturnKind.UNSUBSCRIBE:
        return Claims(public_id=_signed_link(header(message, "subject"), secret))
    places = (*recipients, found.key, *(each for name in _TO for each in headers(message, name)))
    delivery = signed_delivery(places, secret)
    if delivery is None and found.kind in {*BOUNCES, ReturnKind.COMPLAINT, ReturnKind.DELAYED}:
        # Its return path may stand in the mail that came back.
        said = [*_said(message, raw)]
        delivery = signed_delivery(said, secret)
        public_id = next(filter(None, (_signed_link(each, secret) for each in said)), "")
        return Claims(delivery=delivery, public_id=public_id)
    return Claims(delivery=delivery)


def _said(message: Message, raw: bytes) -> Iterator[str]:
    yield raw[:READ_BYTES].decode("ascii", "replace")
    # A mail that is returned may be encoded as a whole.
    yield from (text(part) for part in parts(message) if part["content-transfer-encoding"])


def signed_delivery(places: Iterable[str], secret: bytes) -> int | None:
    """The delivery whose token, signed with the ``secret``, stands first in any of these texts."""
    for place in places:
        for number, found in enumerate(_TOKEN.finditer(place)):
            if number == _MOST_CLAIMS:
                break
            if delivery := return_path.delivery(found[0], secret):
                return delivery
    return None


def _signed_link(said: str, secret: bytes) -> str:
    """Whose unsubscribe link it is that stands there, if it is one of ours; else empty."""
    for number, found in enumerate(_LINK.finditer(said)):
        if number == _MOST_CLAIMS:
            break
        try:
            # A sentence may end with it.
            claim = links.read(found[1].rstrip("."), secret)
        except TokenRefused:
            continue
        if claim.scope is LinkScope.UNSUBSCRIBE:
            return claim.public_id
    return ""


def _key(message: Message, raw: bytes, claims: Claims) -> str:
    """The same for a mail whichever way, and however often, it came here; another for each that it
    may be about, as some servers say the same to all within a second.
    """
    names = ("message-id", "date", "from", "subject")
    about = (str(claims.delivery or ""), claims.public_id)
    told = "\n".join((*about, *(header(message, name) for name in names)))
    _, _, body = raw[:READ_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")
    return sha256(told.encode() + b"\0" + body.rstrip()).hexdigest()
