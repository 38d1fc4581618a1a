"""Four services tell in their words what came back; it is read in ours, by one rule."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notifier.mail import return_path
from notifier.returns.returned import Claims, ReturnedMail
from notifier.returns.services.events import (
    claimed,
    of_mailgun,
    of_postmark,
    of_sendgrid,
    of_ses,
)

SECRET = b"a secret of tests, thirty-two bytes"
WHO = "anna@reader.example"
UNKNOWN = "550 5.1.1 <anna@reader.example>: User unknown"
BLOCKED = "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org"
FULL = "452 4.2.2 The recipient's inbox is out of storage space"


def postmark(kind: str, said: str = "", record: str = "Bounce", **more: object) -> dict[str, Any]:
    told = {"RecordType": record, "Type": kind, "Details": said, "Email": WHO, "ID": 42}
    return {**told, "MessageID": "m", **more}


def ses(sub: str, said: str, status: str = "") -> dict[str, Any]:
    one = {"emailAddress": WHO, "diagnosticCode": said, "status": status}
    bounce = {"bounceSubType": sub, "bouncedRecipients": [one], "feedbackId": "f"}
    return {"notificationType": "Bounce", "bounce": bounce}


def ses_complaint(**more: object) -> dict[str, Any]:
    told = {"complainedRecipients": [{"emailAddress": WHO}], "feedbackId": "f", **more}
    return {"eventType": "Complaint", "complaint": told}


def mailgun(event: str, said: str = "", severity: str = "permanent") -> dict[str, Any]:
    status = {"code": 550, "message": said}
    data = {"event": event, "severity": severity, "recipient": WHO, "delivery-status": status}
    return {"signature": {"token": "t"}, "event-data": data}


def sendgrid(event: str, said: str = "", kind: str = "bounce") -> dict[str, Any]:
    return {"email": WHO, "event": event, "type": kind, "reason": said, "sg_event_id": "e"}


@pytest.mark.parametrize(
    ("read", "event", "kind"),
    [
        (of_postmark, postmark("HardBounce", UNKNOWN), "hard"),
        (of_postmark, postmark("HardBounce", BLOCKED), "policy"),
        (of_postmark, postmark("HardBounce", Description="unknown user"), "hard"),
        (of_postmark, postmark("SoftBounce", "mailbox full"), "full"),
        (of_postmark, postmark("Transient", "Temporary local problem"), "soft"),
        (of_postmark, postmark("SpamNotification", "spam"), "policy"),
        (of_postmark, postmark("AutoResponder"), "auto-reply"),
        (of_postmark, postmark("ChallengeVerification"), "challenge"),
        (of_postmark, postmark("SpamComplaint"), "complaint"),
        (of_postmark, postmark("", record="SpamComplaint"), "complaint"),
        (
            of_postmark,
            postmark("", record="SubscriptionChange", SuppressSending=True, Origin="Recipient"),
            "unsubscribe",
        ),
        (of_ses, ses("NoEmail", ""), "hard"),
        (of_ses, ses("General", UNKNOWN, "5.1.1"), "hard"),
        (of_ses, ses("General", BLOCKED, "5.7.1"), "policy"),
        (of_ses, ses("MailboxFull", FULL), "full"),
        (of_ses, ses_complaint(complaintFeedbackType="abuse"), "complaint"),
        (of_mailgun, mailgun("failed", UNKNOWN), "hard"),
        (of_mailgun, mailgun("failed", BLOCKED), "policy"),
        (of_mailgun, mailgun("failed", FULL, "temporary"), "delayed"),
        (of_mailgun, mailgun("complained"), "complaint"),
        (of_mailgun, mailgun("unsubscribed"), "unsubscribe"),
        (of_sendgrid, sendgrid("bounce", UNKNOWN), "hard"),
        (of_sendgrid, sendgrid("bounce", UNKNOWN, "blocked"), "policy"),
        (of_sendgrid, sendgrid("bounce", BLOCKED, "blocked"), "policy"),
        (of_sendgrid, sendgrid("deferred", FULL), "delayed"),
        (of_sendgrid, sendgrid("spamreport"), "complaint"),
        (of_sendgrid, sendgrid("group_unsubscribe"), "unsubscribe"),
    ],
)
def test_each_event_is_of_one_kind(
    read: Callable[[dict[str, Any]], Iterator[ReturnedMail]], event: dict[str, Any], kind: str
) -> None:
    [one] = read(event)
    assert (one.kind, one.recipient) == (kind, WHO)
    [again] = read(event)
    assert again.key == one.key


@pytest.mark.parametrize(
    ("read", "event"),
    [
        (of_postmark, postmark("Delivery", record="Delivery")),
        (of_postmark, postmark("", record="SubscriptionChange", SuppressSending=False)),
        (
            of_postmark,
            postmark("", record="SubscriptionChange", SuppressSending=True, Origin="Admin"),
        ),
        (of_ses, {"notificationType": "Delivery"}),
        (of_ses, ses_complaint(complaintSubType="OnAccountSuppressionList")),
        (of_ses, {"notificationType": "Bounce", "bounce": []}),
        (of_ses, {"notificationType": "Bounce", "bounce": {"bouncedRecipients": [1]}}),
        (of_mailgun, mailgun("opened")),
        (of_mailgun, {"event-data": "x"}),
        (of_sendgrid, sendgrid("open")),
        (of_sendgrid, sendgrid("dropped", "Unsubscribed Address")),
    ],
)
def test_what_is_no_return_says_nothing(
    read: Callable[[dict[str, Any]], Iterator[ReturnedMail]], event: dict[str, Any]
) -> None:
    assert list(read(event)) == []


def test_an_event_names_its_delivery_by_what_was_signed() -> None:
    """Each service repeats another part of a mail: metadata, headers, variables, the envelope."""
    told = return_path.token(42, SECRET)
    for place in (
        {"Metadata": {"delivery": told}},
        {"mail": {"source": f"bounces+{told}@news.example", "headers": []}},
        {"mail": {"headers": [{"name": "X-Fieldfare-Delivery", "value": told}]}},
        {"event-data": {"user-variables": {"delivery": told}}},
        {"delivery": told},
    ):
        assert claimed(place, SECRET) == Claims(delivery=42)
    assert claimed({"delivery": told.replace("42", "43", 1)}, SECRET) == Claims()
    assert claimed({"delivery": told}, b"another secret" * 3) == Claims()
    assert claimed({"email": WHO}, SECRET) == Claims()


def test_a_token_of_mailgun_is_good_for_one_event() -> None:
    """It signs nothing else, so that a second event by it is a forgery, and counts as the first."""
    [first], [second] = (
        of_mailgun(mailgun("opened") | mailgun("failed", UNKNOWN)),
        of_mailgun(mailgun("complained")),
    )
    assert first.key == second.key
