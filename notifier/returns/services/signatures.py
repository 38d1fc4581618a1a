"""That a webhook comes from the service it says: each has its own way to sign.

Knows these ways. Must never fetch anything, nor know what is signed.
"""

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_pem_x509_certificate

#: Services send again for hours what was not taken; older ones are replayed.
MOST_AGE: Final = timedelta(hours=24)
#: Clocks differ.
_AHEAD: Final = timedelta(minutes=5)

#: https://sns.<region>.amazonaws.com, and of China; whoever has a bucket has another host.
_AMAZON: Final = re.compile(r"sns\.([a-z0-9-]{1,40})\.amazonaws\.com(?:\.cn)?", re.ASCII)
_HASHES: Final[Mapping[str, HashAlgorithm]] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - theirs
#: In the order in which they are signed.
_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION: Final = (
    *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
)


def is_fresh(second: str, now: datetime) -> bool:
    """Whether a moment in seconds since 1970 is of late."""
    if not (second.isascii() and second.isdigit() and len(second) < 12):
        return False
    at = datetime.fromtimestamp(int(second), UTC)
    return now - MOST_AGE <= at <= now + _AHEAD


def is_fresh_date(date: str, now: datetime) -> bool:
    """The same of a moment as ISO 8601 has it, with its zone."""
    try:
        at = datetime.fromisoformat(date)
    except ValueError:
        return False
    return at.tzinfo is not None and now - MOST_AGE <= at <= now + _AHEAD


def by_basic(authorization: str, username: str, password: str) -> bool:
    """Postmark signs nothing: it logs in (RFC 7617) with what stands in the webhook's address."""
    scheme, _, told = authorization.partition(" ")
    try:
        said = b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{username}:{password}".encode()
    return scheme.lower() == "basic" and bool(password) and hmac.compare_digest(said, expected)


def by_mailgun(timestamp: str, token: str, signature: str, key: str) -> bool:
    """Mailgun signs moment and token, and not what it tells."""
    made = hmac.digest(key.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    return bool(key) and hmac.compare_digest(made.encode(), signature.encode())


def by_sendgrid(timestamp: str, body: bytes, signature: str, key: str) -> bool:
    """SendGrid signs moment and body, by a key that it shows as base64 of DER."""
    try:
        public = load_der_public_key(b64decode(key, validate=True))
        made = b64decode(signature, validate=True)
    except ValueError:
        return False
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        public.verify(made, timestamp.encode() + body, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def is_amazons(url: str, region: str) -> bool:
    """Whether SNS itself may have a certificate, or a confirmation, at this address of a region."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain = parts.username is None and port in {None, 443}
    found = _AMAZON.fullmatch(parts.hostname or "")
    return parts.scheme == "https" and is_plain and found is not None and found[1] == region


def by_sns(told: Mapping[str, object], certificate: bytes) -> bool:
    """SNS signs what it tells, each field on a line of its own below its name, by the key of a
    certificate in PEM, which was fetched from an address that `is_amazons`.
    """
    fields = _NOTIFICATION if told.get("Type") == "Notification" else _CONFIRMATION
    text = "".join(f"{name}\n{told[name]}\n" for name in fields if told.get(name) is not None)
    algorithm = _HASHES.get(str(told.get("SignatureVersion")))
    try:
        key = load_pem_x509_certificate(certificate).public_key()
        signature = b64decode(str(told.get("Signature", "")), validate=True)
    except ValueError:
        return False
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, text.encode(), padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True
