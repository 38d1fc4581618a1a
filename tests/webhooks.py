"""What four services tell of returned mails, signed as each of them signs.

Knows their forms. Must never know what is made of any.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

PASSWORD = "a password of tests that is long enough"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:returns"
MAILGUN_KEY = "a signing key of tests"
CURVE = ec.generate_private_key(ec.SECP256R1())
SENDGRID_KEY = b64encode(
    CURVE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
RSA = rsa.generate_private_key(65537, 2048)
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem"
SUBSCRIBE_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
UNKNOWN = "550 5.1.1 user unknown"
SERVICES = ("postmark", "ses", "mailgun", "sendgrid")

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request."""

    service: str
    body: bytes
    headers: Mapping[str, str]


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    """In PEM, as SNS shows it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    made = made.public_key(key.public_key()).not_valid_before(now)
    made = made.not_valid_after(now + timedelta(days=1))
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM)


def bounce(service: str, token: str, number: int = 1, said: str = UNKNOWN) -> Event:
    """An event that says so of the delivery of this token; another with another number."""
    who = "reader@far.example"
    status = said.split()[1]
    match service:
        case "postmark":
            told: Event = {"RecordType": "Bounce", "Type": "HardBounce", "ID": number}
            return told | {"Email": who, "Details": said, "Metadata": {"delivery": token}}
        case "ses":
            one = {"emailAddress": who, "status": status, "diagnosticCode": f"smtp; {said}"}
            told = {"bouncedRecipients": [one], "feedbackId": str(number)}
            header = {"name": "X-Fieldfare-Delivery", "value": token}
            mail = {"source": "digest@news.example", "headers": [header]}
            return {"notificationType": "Bounce", "bounce": told, "mail": mail}
        case "mailgun":
            told = {"event": "failed", "severity": "permanent", "recipient": who}
            told |= {"delivery-status": {"code": 550, "message": said}}
            return told | {"user-variables": {"delivery": token}}
        case _:
            told = {"event": "bounce", "type": "bounce", "email": who, "reason": said}
            return told | {"status": status, "sg_event_id": str(number), "delivery": token}


def webhook(service: str, now: datetime, *events: Event, name: str = "1") -> Webhook:
    """The events, as the service sends them at this moment; all but SendGrid send one at a time."""
    match service:
        case "postmark":
            login = b64encode(f"postmark:{PASSWORD}".encode()).decode()
            return Webhook(service, _text(events[0]), {"authorization": f"Basic {login}"})
        case "ses":
            return Webhook(service, _text(notified(events[0], now)), {})
        case "mailgun":
            moment = str(int(now.timestamp()))
            made = hmac.digest(MAILGUN_KEY.encode(), f"{moment}{name}".encode(), "sha256").hex()
            signature = {"timestamp": moment, "token": name, "signature": made}
            return Webhook(service, _text({"signature": signature, "event-data": events[0]}), {})
        case _:
            return by_sendgrid(now, _text(events))


def by_sendgrid(now: datetime, body: bytes) -> Webhook:
    """Whatever it is, signed by SendGrid."""
    moment = str(int(now.timestamp()))
    made = CURVE.sign(moment.encode() + body, ec.ECDSA(SHA256()))
    start = "x-twilio-email-event-webhook"
    headers = {f"{start}-timestamp": moment, f"{start}-signature": b64encode(made).decode()}
    return Webhook("sendgrid", body, headers)


def notified(event: object, now: datetime, **otherwise: str) -> Event:
    """A notification of SNS, or what else it sends, signed."""
    told = {
        "Type": "Notification",
        "MessageId": "m",
        "TopicArn": TOPIC,
        "Message": event if isinstance(event, str) else json.dumps(event),
        "Timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        **otherwise,
    }
    plain = {"SignatureVersion", "SigningCertURL", "Signature"}
    text = "".join(f"{name}\n{told[name]}\n" for name in sorted(told) if name not in plain)
    made = RSA.sign(text.encode(), padding.PKCS1v15(), SHA256())
    return {**told, "Signature": b64encode(made).decode()}


def _text(told: object) -> bytes:
    return json.dumps(told).encode()
