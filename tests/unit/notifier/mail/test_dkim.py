"""A signed message is the same whenever it is signed, and no key signs that cannot."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notifier.mail.dkim import signed, signer
from tests.keys import ED25519, RSA, pem

MESSAGE = (
    b"From: A <a@example.org>\r\nTo: b@example.org\r\nSubject: News\r\n"
    b"Date: Fri, 27 Nov 2026 05:00:00 +0000\r\nMessage-ID: <x@example.org>\r\n\r\nHello\r\n"
)
SIGNERS = (
    signer("example.org", "r1", "rsa", pem(RSA)),
    signer("example.org", "e1", "ed25519", pem(ED25519)),
)


def test_a_message_sent_once_more_has_the_same_signatures() -> None:
    """Of the moment in its Date, so that a twin is the same to the last byte."""
    once = signed(MESSAGE, SIGNERS)
    assert once == signed(MESSAGE, SIGNERS)
    assert once.endswith(MESSAGE)
    assert once.count(b"t=1795755600;") == once.count(b"DKIM-Signature: ") == 2


def test_how_a_reader_leaves_is_signed() -> None:
    """RFC 8058 section 4."""
    head = signed(MESSAGE, SIGNERS).partition(b"\r\n\r\n")[0].replace(b"\r\n\t ", b"")
    assert head.count(b":list-unsubscribe:list-unsubscribe-post:") == len(SIGNERS)


def test_no_line_of_a_signature_is_too_long() -> None:
    lines = signed(MESSAGE, SIGNERS).split(b"\r\n")
    assert max(map(len, lines)) < 998


def test_a_message_without_a_body_is_signed() -> None:
    assert signed(MESSAGE.removesuffix(b"Hello\r\n"), SIGNERS)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("rsa", b"no key at all"),
        ("rsa", pem(ED25519)),
        ("ed25519", pem(RSA)),
        ("rsa", pem(ec.generate_private_key(ec.SECP256R1()))),
        ("rsa", pem(RSA, password=b"locked")),
    ],
)
def test_what_is_no_key_of_its_kind_is_refused(kind: str, key: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        signer("example.org", "s1", kind, key)
