"""What the events of four services say, in our words.

Knows their fields and kinds. Must never trust an event by itself: who reads it has verified it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from notifier.mail.smtp.replies import printable
from notifier.returns.classify import signed_delivery
from notifier.returns.dsn import kind_of, status_in
from notifier.returns.returned import Claims, ReturnedMail, ReturnKind

Event = Mapping[str, Any]

_DIAGNOSTIC_CHARACTERS: Final = 500

#: Kinds that Postmark gives without a server having said anything; all else is read.
_POSTMARK: Final = {
    "SpamComplaint": ReturnKind.COMPLAINT,
    "Unsubscribe": ReturnKind.UNSUBSCRIBE,
    "AutoResponder": ReturnKind.AUTO_REPLY,
    "ChallengeVerification": ReturnKind.CHALLENGE,
    "SpamNotification": ReturnKind.POLICY,
    "Blocked": ReturnKind.POLICY,
    "DMARCPolicy": ReturnKind.POLICY,
    "BadEmailAddress": ReturnKind.HARD,
}
_SES: Final = {
    "NoEmail": ReturnKind.HARD,
    "Suppressed": ReturnKind.HARD,
    "MailboxFull": ReturnKind.FULL,
    "MessageTooLarge": ReturnKind.POLICY,
    "ContentRejected": ReturnKind.POLICY,
    "AttachmentRejected": ReturnKind.POLICY,
}


def of_postmark(event: Event) -> Iterator[ReturnedMail]:
    """One event (https://postmarkapp.com/developer/webhooks/webhooks-overview)."""
    record, kind = event.get("RecordType"), str(event.get("Type", ""))
    said = _line(event.get("Details") or event.get("Description"))
    if record == "SpamComplaint":
        kind = record
    elif record == "SubscriptionChange" and event.get("SuppressSending"):
        # Postmark suppresses after a bounce, too, and tells that by itself.
        kind = "Unsubscribe" if event.get("Origin") == "Recipient" else ""
    elif record != "Bounce":
        kind = ""
    if kind:
        status = status_in(said)
        usual = "" if kind == "HardBounce" else "4.0.0"
        what = _POSTMARK.get(kind) or kind_of(said, status or usual)
        mail = event.get("Email") or event.get("Recipient")
        key = ("postmark", event.get("ID"), record, event.get("MessageID"))
        yield _told(key, what, mail, said, status=status)


def of_ses(event: Event) -> Iterator[ReturnedMail]:
    """The message of a notification of SNS, one for each reader it speaks of
    (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html).
    """
    what = event.get("notificationType") or event.get("eventType")
    bounce, complaint = _of(event, "bounce"), _of(event, "complaint")
    if what == "Bounce":
        known = _SES.get(str(bounce.get("bounceSubType")))
        for one in _all(bounce, "bouncedRecipients"):
            said = _line(one.get("diagnosticCode"))
            status = str(one.get("status") or status_in(said))
            kind = known or kind_of(said, status)
            key = ("ses", bounce.get("feedbackId"), one.get("emailAddress"))
            yield _told(key, kind, one.get("emailAddress"), said, status=status)
    # One that SES itself withheld was no reader's.
    elif what == "Complaint" and not complaint.get("complaintSubType"):
        for one in _all(complaint, "complainedRecipients"):
            key = ("ses", complaint.get("feedbackId"), one.get("emailAddress"))
            said = _line(complaint.get("complaintFeedbackType"))
            yield _told(key, ReturnKind.COMPLAINT, one.get("emailAddress"), said)


def of_mailgun(event: Event) -> Iterator[ReturnedMail]:
    """One event with its signature, whose token is its key: that alone is signed, so that nobody
    sends another event by it (https://documentation.mailgun.com/docs/mailgun/user-manual/events).
    """
    data, token = _of(event, "event-data"), _of(event, "signature").get("token")
    status = _of(data, "delivery-status")
    said = _line(status.get("code"), status.get("message"), status.get("description"))
    kind = {
        "complained": ReturnKind.COMPLAINT,
        "unsubscribed": ReturnKind.UNSUBSCRIBE,
    }.get(str(data.get("event")))
    code = str(status.get("enhanced-code") or status_in(said))
    if data.get("event") == "failed":
        # It tries again by itself, and tells the end of it.
        kind = ReturnKind.DELAYED if data.get("severity") == "temporary" else kind_of(said, code)
    if kind:
        yield _told(("mailgun", token), kind, data.get("recipient"), said, status=code)


def of_sendgrid(event: Event) -> Iterator[ReturnedMail]:
    """One event of those that come together
    (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event).
    """
    said = _line(event.get("reason"), event.get("response"))
    status = str(event.get("status") or status_in(said))
    what = event.get("event")
    kind = {
        "spamreport": ReturnKind.COMPLAINT,
        "unsubscribe": ReturnKind.UNSUBSCRIBE,
        "group_unsubscribe": ReturnKind.UNSUBSCRIBE,
        "deferred": ReturnKind.DELAYED,
    }.get(str(what))
    if what == "bounce":
        kind = kind_of(said, status)
        # By their word it is a refusal that passes, or of us.
        if event.get("type") == "blocked" and kind is ReturnKind.HARD:
            kind = ReturnKind.POLICY
    if kind:
        yield _told(
            ("sendgrid", event.get("sg_event_id")), kind, event.get("email"), said, status=status
        )


#: What reads one event of a service, by its name in settings and in its address.
READERS: Final[Mapping[str, Callable[[Event], Iterator[ReturnedMail]]]] = {
    "postmark": of_postmark,
    "ses": of_ses,
    "mailgun": of_mailgun,
    "sendgrid": of_sendgrid,
}


def _told(
    key: tuple[object, ...],
    kind: ReturnKind,
    recipient: object,
    said: str,
    *,
    status: str = "",
) -> ReturnedMail:
    return ReturnedMail(
        key=sha256(repr(tuple(map(str, key))).encode()).hexdigest(),
        kind=kind,
        recipient=printable(str(recipient or ""))[:254],
        status=printable(status)[:20],
        diagnostic=said,
    )


def claimed(event: Event, secret: bytes) -> Claims:
    """Of which delivery it tells: of the one whose token, signed with the ``secret``, it repeats,
    wherever that stands; none where there is no such token, and it may be anybody's mail.

    Services replace the return path and Message-ID of what they send, and each repeats another
    part of it.
    """
    return Claims(delivery=signed_delivery([json.dumps(event)], secret))


def _line(*said: object) -> str:
    words = " ".join(str(each) for each in said if each)
    return " ".join(printable(words).split())[:_DIAGNOSTIC_CHARACTERS]


def _of(event: Event, name: str) -> Event:
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def _all(event: Event, name: str) -> Iterator[Event]:
    found = event.get(name)
    return (
        (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())
    )
