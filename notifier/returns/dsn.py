"""Delivery status notifications: what a server could not bring, to whom, and why.

Knows RFC 3464, the forms that flufl.bounce knows beside it, and the words around an address where a
server keeps to neither. Must never know what is refused us for what: `refusal` tells.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Final

from flufl.bounce import all_failures

from notifier.mail.refusal import cause_of
from notifier.model import Cause, Reply, Stage
from notifier.returns.bounded import MOST_PARTS, header, is_of, parts, text
from notifier.returns.phrases import Saying, in_english, says
from notifier.returns.returned import ReturnKind

#: RFC 3463: class, subject, detail.
_STATUS: Final = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?![\w.]\d)", re.ASCII)
_CODE: Final = re.compile(r"(?<![\w.:/-])([45]\d\d)(?=[ -]|$)", re.ASCII)
_ADDRESS: Final = re.compile(r"[^\s<>;:,()\[\]\"']{1,64}@[A-Za-z0-9.-]{1,250}[A-Za-z0-9]")
#: As a rule the words of the server, the address and a hint are within so many characters.
_SAID_CHARACTERS: Final = 1500
#: What a mail that is returned begins with; nothing after it is a server's own words.
_RETURNED: Final = re.compile(
    r"^(?:-{2,}.{0,60}(?:message|header|below|copy|original|nachricht|сообщени).{0,60}"
    r"|(?:return-path|received|message-id|list-unsubscribe|mime-version): .{0,200})$",
    re.IGNORECASE | re.MULTILINE,
)
_DAEMON: Final = re.compile(
    r"\b(?:mailer-?daemon|post-?master|mail ?delivery|microsoftexchange\w*|bounce\w*|mdaemon"
    r"|mail-?system|mailer|symantec\w*|mail\.administrator|no-?reply\.?mail\w*)\b",
    re.IGNORECASE,
)
_FULL_STATUS: Final = "2.2"
#: RFC 3463 section 3.8: for reasons of security, or of policy.
_BY_RULE: Final = re.compile(r"[45]\.7\.", re.ASCII)
#: RFC 3464 section 2.3.3; only the first two say that it did not arrive.
_ACTIONS: Final = ("failed", "delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What became of one recipient: ``words`` are those of whoever refused, ``envid`` ours."""

    kind: ReturnKind
    recipient: str = ""
    status: str = ""
    words: str = ""
    envid: str = ""


def reported(message: Message) -> StatusReport | None:
    """What a delivery report says, by its fields; None where there are none to read.

    RFC 3464; of several recipients, the first that could not be reached.
    """
    for part in parts(message):
        if is_of(part, "message/delivery-status", "message/global-delivery-status"):
            blocks = _blocks(part)
            envid = next((one[_ENVID] for one in blocks if _ENVID in one), "")
            told = [_of_fields(one, message, envid) for one in blocks if _is_of_recipient(one)]
            if told:
                return min(told, key=lambda one: one.kind is ReturnKind.OTHER)
    return None


_ENVID: Final = "original-envelope-id"


#: What a report says of a recipient, and how it names them.
_TOLD: Final = frozenset({"action", "status"})
_WHO: Final = frozenset({"final-recipient", "original-recipient"})


def _is_of_recipient(fields: Mapping[str, str]) -> bool:
    return not {"action", "status", "final-recipient"}.isdisjoint(fields)


def in_words(message: Message) -> StatusReport | None:
    """What a server says in a form of its own; None where it says of no delivery that it failed.

    Whom it speaks of is found by flufl.bounce, else by the address above its words.
    """
    temporary, permanent = _found(message)
    failed = _first(permanent) or _first(temporary)
    if not failed and not _is_failure(message):
        return None
    words = _words(message, failed)
    recipient = failed or _address(words)
    subject = header(message, "subject")
    is_late = says(subject, Saying.DELAYED) or (
        says(words[:300], Saying.DELAYED) and not says(subject, Saying.FAILED)
    )
    # Its "simple" detectors take a bare mention for a warning.
    if is_late or (temporary and not permanent and not says(subject, Saying.FAILED)):
        return StatusReport(kind=ReturnKind.DELAYED, recipient=recipient, words=words)
    status = status_in(words)
    return StatusReport(
        kind=kind_of(words, status), recipient=recipient, status=status, words=words
    )


def kind_of(words: str, status: str) -> ReturnKind:
    """What a failure speaks of, by whatever ``words`` and status there are of it."""
    code = _CODE.search(words)
    number = int(code[1]) if code else 0
    transient = status.startswith("4") or (not status and number // 100 == 4)
    # A status of the other class than the reply's is the reporting server's own (4.4.7: too late).
    if number // 100 not in {4, 5} or (number // 100 == 4) != transient:
        number = 450 if transient else 550
    said = in_english(_STATUS.sub(" ", words))
    if status.partition(".")[2] == _FULL_STATUS or says(said, Saying.FULL):
        return ReturnKind.FULL
    reply = Reply(stage=Stage.RCPT, code=number, enhanced=status or None, text=said)
    kind = _SPEAKS_OF[cause_of(reply)]
    # A rule of a reader's server that keeps us out says nothing of whether there is a mailbox,
    # whatever is not found for it; nor does one that speaks of whoever sends.
    is_vague = not status or status.endswith(".0.0")
    is_of_us = _BY_RULE.match(status) or (is_vague and says(said, Saying.SENDER))
    return ReturnKind.POLICY if is_of_us and kind in _OF_READERS else kind


_OF_READERS: Final = frozenset({ReturnKind.SOFT, ReturnKind.HARD})
_SPEAKS_OF: Final = {
    Cause.MAILBOX: ReturnKind.HARD,
    Cause.OURS: ReturnKind.POLICY,
    Cause.RATE: ReturnKind.POLICY,
    Cause.CONTENT: ReturnKind.POLICY,
    Cause.READER: ReturnKind.SOFT,
    Cause.LATER: ReturnKind.SOFT,
}


def _blocks(part: Message) -> list[dict[str, str]]:
    """The groups of fields of a report, the names in lower case, each value on one line."""
    payload = part.get_payload()
    blocks = (payload if isinstance(payload, list) else [payload])[:MOST_PARTS]
    # As email.parser reads it: a group of fields a message.
    read = [
        {name.lower(): " ".join(str(value).split()) for name, value in block.items()}
        for block in blocks
        if isinstance(block, Message)
    ]
    if any(not _TOLD.isdisjoint(block) and not _WHO.isdisjoint(block) for block in read):
        return read
    # Encoded, or with blank lines where none may be: as if it were one text.
    whole = Message()
    whole["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"] or "8bit"
    whole.set_payload("\n\n".join(map(str, blocks)))
    said = text(whole)
    fields: dict[str, str] = {}
    name = ""
    for line in said.splitlines():
        if line[:1].isspace() and name:
            fields[name] = f"{fields[name]} {line.strip()}".strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields.setdefault(name, value.strip())
    return [fields]


def _of_fields(fields: Mapping[str, str], message: Message, envid: str) -> StatusReport:
    recipient = _plain(fields.get("original-recipient", "")) or _plain(
        fields.get("final-recipient", "")
    )
    diagnostic = fields.get("diagnostic-code", "")
    words = diagnostic.partition(";")[2].strip() or diagnostic
    status = status_in(fields.get("status", ""))
    # What a server repeats of the next one's is nearer to the truth than its own 5.0.0.
    precise = status_in(words)
    if precise and (status.endswith(".0.0") or not status):
        status = precise
    action = fields.get("action", "").partition("(")[0].strip().lower()
    if action not in _ACTIONS:
        action = {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")
    kind = {"failed": ReturnKind.SOFT, "delayed": ReturnKind.DELAYED}.get(action, ReturnKind.OTHER)
    if kind is ReturnKind.SOFT:
        said = words if _says_why(words, status) else f"{words} {_words(message, recipient)}"
        kind = kind_of(said, status)
        words = words or said
    return StatusReport(
        kind=kind,
        recipient=recipient,
        status=status,
        words=words[:_SAID_CHARACTERS],
        envid=envid,
    )


def _says_why(words: str, status: str) -> bool:
    """Whether a report's fields tell by themselves what was wrong; else its text may."""
    return bool(words.strip()) or status.endswith((".1.1", ".1.10", ".2.2"))


def _plain(typed: str) -> str:
    """The address of a field as `rfc822; anna@example.org`."""
    address = typed.partition(";")[2] or typed
    found = _ADDRESS.search(address.strip().strip("<>"))
    return found[0] if found else ""


def status_in(words: str) -> str:
    """The first enhanced status code that stands there; empty where there is none."""
    found = _STATUS.search(words)
    return ".".join(found.groups()) if found else ""


def _found(message: Message) -> tuple[list[str], list[str]]:
    """Whom flufl.bounce finds, for now and for good."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - its detectors read what strangers write
        return [], []
    said = _body(message).lower()
    return _addresses(temporary, said), _addresses(permanent, said)


def _addresses(found: Iterable[object], said: str) -> list[str]:
    """Those of the addresses found that stand in a server's own words, not in what it returns."""
    read = (one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in found)
    return sorted(one for one in map(_plain, read) if one and one.lower() in said)


def _first(found: list[str]) -> str:
    return found[0] if found else ""


def _is_failure(message: Message) -> bool:
    """Whether a machine of the mails' way wrote it, to say that one was not brought."""
    sender = header(message, "from")
    is_machine = header(message, "return-path").strip() == "<>" or _DAEMON.search(sender)
    said = f"{header(message, 'subject')} {_body(message)[:600]}"
    return bool(is_machine) and (says(said, Saying.FAILED) or says(said, Saying.DELAYED))


def _body(message: Message) -> str:
    """The first text of a mail that says anything, as far as it is the sender's own."""
    for part in parts(message):
        if part.get_content_maintype() == "text" and not is_of(part, "text/rfc822-headers"):
            said = text(part)
            if is_of(part, "text/html"):
                said = re.sub(r"<[^>]{0,500}>", " ", said)
            if said.strip():
                returned = _RETURNED.search(said)
                return said[: returned.start()] if returned and returned.start() else said
    return ""


def _words(message: Message, recipient: str) -> str:
    """What is said of a recipient, from where they are named first; else all of it."""
    said = _body(message)
    at = said.lower().find(recipient.lower()) if recipient else -1
    # Some name the address last.
    after = said[max(at, 0) :]
    told = after if len(after) > len(recipient) + 40 else said
    return " ".join(told[:_SAID_CHARACTERS].split())


def _address(words: str) -> str:
    found = _ADDRESS.search(words)
    return found[0] if found else ""
