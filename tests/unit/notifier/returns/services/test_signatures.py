"""A webhook counts where the service that it names signed it, in its own way."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.returns.services.signatures import (
    by_basic,
    by_mailgun,
    by_sendgrid,
    by_sns,
    is_amazons,
    is_fresh,
    is_fresh_date,
)
from tests.webhooks import CURVE, RSA, SENDGRID_KEY, certificate

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
RSA_SHOWN = b64encode(
    RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)


PEM = certificate(RSA, NOW)


def basic(told: str) -> str:
    return f"Basic {b64encode(told.encode()).decode()}"


@pytest.mark.parametrize(
    ("header", "password", "is_theirs"),
    [
        (basic("postmark:secret"), "secret", True),
        (basic("postmark:secret").replace("Basic", "basic"), "secret", True),
        (basic("postmark:other"), "secret", False),
        (basic("postmark:"), "", False),
        (basic("postmark:secret").replace("Basic", "Bearer"), "secret", False),
        ("Basic !", "secret", False),
        ("Basic é", "secret", False),
        ("", "secret", False),
    ],
)
def test_postmark_logs_in(header: str, password: str, is_theirs: bool) -> None:
    assert by_basic(header, "postmark", password) is is_theirs


def test_mailgun_signs_moment_and_token() -> None:
    assert not by_mailgun("1529006854", "token", "é", "key")
    good = hmac.digest(b"key", b"1529006854token", "sha256").hex()
    assert by_mailgun("1529006854", "token", good, "key")
    assert not by_mailgun("1529006855", "token", good, "key")
    assert not by_mailgun("1529006854", "nekot", good, "key")
    empty = hmac.digest(b"", b"1529006854token", "sha256").hex()
    assert not by_mailgun("1529006854", "token", empty, "")


def test_sendgrid_signs_moment_and_body() -> None:
    signature = b64encode(CURVE.sign(b"1588788367[{}]", ec.ECDSA(SHA256()))).decode()
    assert by_sendgrid("1588788367", b"[{}]", signature, SENDGRID_KEY)
    assert not by_sendgrid("1588788368", b"[{}]", signature, SENDGRID_KEY)
    assert not by_sendgrid("1588788367", b"[{} ]", signature, SENDGRID_KEY)


@pytest.mark.parametrize(
    ("signature", "key"),
    [("!", SENDGRID_KEY), ("", SENDGRID_KEY), ("AAAA", "AAAA"), ("AAAA", RSA_SHOWN.decode())],
)
def test_what_is_no_signature_of_sendgrid_is_refused(signature: str, key: str) -> None:
    assert not by_sendgrid("1", b"[]", signature, key)


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem", "eu-west-1"),
        ("https://sns.us-gov-west-1.amazonaws.com/x.pem", "us-gov-west-1"),
        ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", "cn-north-1"),
        ("https://sns.eu-west-1.amazonaws.com:443/x.pem", "eu-west-1"),
    ],
)
def test_sns_has_its_certificates_there(url: str, region: str) -> None:
    assert is_amazons(url, region)
    assert not is_amazons(url, "ap-south-2")


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com",
        "https://mine.s3.amazonaws.com/x.pem",
        "https://sns.mine.s3.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
        "https://a@sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
        "https://sns.eu-west-1.amazonaws.com:x/x.pem",
        "https://sns..amazonaws.com/x.pem",
        "file:///etc/passwd",
        "https:///x.pem",
        "",
    ],
)
def test_nobody_else_has_a_certificate_of_sns(url: str) -> None:
    assert not is_amazons(url, "eu-west-1")


def signed(told: dict[str, object], text: str, algorithm: HashAlgorithm) -> dict[str, object]:
    made = RSA.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return {**told, "Signature": b64encode(made).decode()}


TOLD: dict[str, object] = {
    "Type": "Notification",
    "MessageId": "m",
    "TopicArn": "arn:t",
    "Message": "{}",
    "Timestamp": "2026-11-27T12:00:00Z",
    "SignatureVersion": "2",
}
TEXT = (
    "Message\n{}\nMessageId\nm\nTimestamp\n2026-11-27T12:00:00Z\nTopicArn\narn:t\nType\n"
    "Notification\n"
)


def test_sns_signs_each_field_below_its_name() -> None:
    one = signed(TOLD, TEXT, SHA256())
    assert by_sns(one, PEM)
    assert not by_sns({**one, "Message": "{ }"}, PEM)
    assert not by_sns({**one, "Subject": "s"}, PEM)
    assert not by_sns({**one, "Type": "SubscriptionConfirmation"}, PEM)
    first = signed({**TOLD, "SignatureVersion": "1"}, TEXT, SHA1())
    assert by_sns(first, PEM)
    with_subject = TEXT.replace("Timestamp", "Subject\ns\nTimestamp", 1)
    assert by_sns(signed({**TOLD, "Subject": "s"}, with_subject, SHA256()), PEM)


def test_a_confirmation_of_sns_has_its_address_signed() -> None:
    told = {**TOLD, "Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "https://s"}
    text = (
        "Message\n{}\nMessageId\nm\nSubscribeURL\nhttps://s\nTimestamp\n2026-11-27T12:00:00Z\n"
        "Token\nt\nTopicArn\narn:t\nType\nSubscriptionConfirmation\n"
    )
    one = signed(told, text, SHA256())
    assert by_sns(one, PEM)
    assert not by_sns({**one, "SubscribeURL": "https://evil.example"}, PEM)


def test_what_is_no_signature_of_sns_is_refused() -> None:
    one = signed(TOLD, TEXT, SHA256())
    assert not by_sns(one, b"no certificate")
    assert not by_sns(one, certificate(CURVE, NOW))
    assert not by_sns({**one, "Signature": "!"}, PEM)
    assert not by_sns({**one, "SignatureVersion": "3"}, PEM)
    assert not by_sns({}, PEM)


@pytest.mark.parametrize(
    ("told", "is_so"),
    [
        (str(int(NOW.timestamp())), True),
        (str(int(NOW.timestamp()) - 80_000), True),
        (str(int(NOW.timestamp()) - 90_000), False),
        (str(int(NOW.timestamp()) + 200), True),
        (str(int(NOW.timestamp()) + 400), False),
        ("", False),
        ("-1", False),
        ("٣", False),
        ("9" * 30, False),
    ],
)
def test_a_moment_is_fresh_within_a_day(told: str, is_so: bool) -> None:
    assert is_fresh(told, NOW) is is_so


@pytest.mark.parametrize(
    ("told", "is_so"),
    [
        ("2026-11-27T11:59:00.000Z", True),
        ("2026-11-27T12:04:00Z", True),
        ("2026-11-26T11:59:00Z", False),
        ("2026-11-27T12:06:00Z", False),
        ("2026-11-27T12:00:00", False),
        ("yesterday", False),
    ],
)
def test_so_is_a_date_with_its_zone(told: str, is_so: bool) -> None:
    assert is_fresh_date(told, NOW) is is_so
