"""What is said to a server that offers this or that, and which messages are not begun at all."""

import pytest

from notifier.mail.lines import WholeLines
from notifier.mail.smtp.commands import Extensions, Transaction, Waits, begin, own_name
from notifier.model import Envelope, Reply, Stage
from tests.builders import an_envelope

ALL = Extensions.offered(["pipelining", "SIZE", "8bitmime", "SMTPUTF8"])
NONE = Extensions.offered(["HELP"])
ENVELOPE = an_envelope(content=b"Subject: News\r\n\r\nNews.\r\n")


def begun(envelope: Envelope, extensions: Extensions = ALL) -> Transaction:
    transaction = begin(envelope, extensions, "{}.signature".format)
    assert isinstance(transaction, Transaction)
    return transaction


def refused(envelope: Envelope, extensions: Extensions = ALL) -> tuple[int | None, str | None]:
    reply = begin(envelope, extensions)
    assert isinstance(reply, Reply)
    return reply.code, reply.enhanced


def commands(transaction: Transaction) -> list[bytes]:
    return [*transaction.commands]


def test_what_is_offered_is_used() -> None:
    transaction = begun(ENVELOPE._replace(content="Grüße\r\n".encode()))
    assert commands(transaction) == [
        b"MAIL FROM:<digest@news.example.org> SIZE=9 BODY=8BITMIME\r\n",
        b"RCPT TO:<reader@example.org>\r\n",
        b"DATA\r\n",
    ]


def test_without_an_offer_nothing_is_asked_for() -> None:
    assert commands(begun(ENVELOPE, NONE))[0] == b"MAIL FROM:<digest@news.example.org>\r\n"


DSN = Extensions.offered(["SMTPUTF8", "DSN"])


def test_nothing_is_asked_for_that_names_nothing() -> None:
    transaction = begin(ENVELOPE, DSN)
    assert isinstance(transaction, Transaction)
    assert commands(transaction)[0] == b"MAIL FROM:<digest@news.example.org>\r\n"


def test_notifications_are_asked_for_where_there_are_any() -> None:
    assert commands(begun(ENVELOPE, DSN))[:2] == [
        b"MAIL FROM:<digest@news.example.org> RET=HDRS ENVID=1.signature\r\n",
        b"RCPT TO:<reader@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;reader@example.org\r\n",
    ]


@pytest.mark.parametrize(
    ("recipient", "orcpt"),
    [
        ("a+b=c@example.org", "rfc822;a+2Bb+3Dc@example.org"),
        (r"a\b@example.org", r"rfc822;a\b@example.org"),
        ("grün@example.org", r"utf-8;gr\x{FC}n@example.org"),
        (r"\ü+=@example.org", r"utf-8;\x{5C}\x{FC}\x{2B}\x{3D}@example.org"),
    ],
)
def test_a_notification_is_to_name_whom_a_message_was_for(recipient: str, orcpt: str) -> None:
    """RFC 3461 section 4 (xtext), RFC 6533 section 3 (utf-8-addr-xtext)."""
    said = commands(begun(ENVELOPE._replace(recipient=recipient), DSN))[1]
    assert said == f"RCPT TO:<{recipient}> NOTIFY=FAILURE,DELAY ORCPT={orcpt}\r\n".encode()


def test_what_is_too_long_for_a_notification_is_not_asked_for() -> None:
    """RFC 3461 section 4.2."""
    said = commands(begun(ENVELOPE._replace(recipient=f"{'+' * 180}@example.org"), DSN))[1]
    assert said.endswith(b" NOTIFY=FAILURE,DELAY\r\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".a\r\n.\r\nb\r\n", b"..a\r\n..\r\nb\r\n.\r\n"),
        (WholeLines((b"a\r\n", b"b\r\n"), is_ascii=True), b"a\r\nb\r\n.\r\n"),
    ],
)
def test_a_message_ends_with_a_dot_and_no_line_of_it_does(
    content: bytes | WholeLines, said: bytes
) -> None:
    transaction = begun(ENVELOPE._replace(content=content))
    assert b"".join((*transaction.content, transaction.end)) == said


def test_a_name_beyond_ascii_needs_an_offer() -> None:
    named = ENVELOPE._replace(recipient="grün@example.org")
    assert commands(begun(named))[0].endswith(b" SMTPUTF8\r\n")
    assert refused(named, NONE) == (553, "5.6.7")


@pytest.mark.parametrize(
    "address",
    ["", "reader", "reader@", "@example.org", "a b@example.org", "a>@example.org", "a@\ufffd.org"],
)
def test_what_is_no_address_is_not_begun(address: str) -> None:
    assert refused(ENVELOPE._replace(recipient=address)) == (553, "5.1.3")
    assert refused(ENVELOPE._replace(sender=address)) == (553, "5.1.3")


def test_a_path_that_is_too_long_is_not_begun() -> None:
    assert refused(ENVELOPE._replace(recipient=f"{'a' * 250}@example.org")) == (553, "5.1.3")


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n"])
def test_a_message_that_servers_end_differently_is_not_begun(content: bytes) -> None:
    assert refused(ENVELOPE._replace(content=content)) == (554, "5.6.0")


def test_eight_bits_need_an_offer() -> None:
    assert refused(ENVELOPE._replace(content="ü\r\n".encode()), NONE) == (554, "5.6.3")


@pytest.mark.parametrize(
    ("machine", "address", "name"),
    [
        ("mail.example.org", "192.0.2.7", "mail.example.org"),
        ("Mail.Example.ORG.", "192.0.2.7", "mail.example.org"),
        ("localhost", "192.0.2.7", "[192.0.2.7]"),
        ("localhost.localdomain", "192.0.2.7", "[192.0.2.7]"),
        ("web-1", "192.0.2.7", "[192.0.2.7]"),
        ("web-0.web.default.svc.cluster.local", "192.0.2.7", "[192.0.2.7]"),
        ("my_app.example.org", "192.0.2.7", "[192.0.2.7]"),
        ("192.0.2.7", "192.0.2.7", "[192.0.2.7]"),
        ("1.0.0.127.in-addr.arpa", "127.0.0.1", "[127.0.0.1]"),
        ("", "192.0.2.7", "[192.0.2.7]"),
        ("", "2001:db8::7", "[IPv6:2001:db8::7]"),
        ("", "fe80::1%eth0", "[IPv6:fe80::1]"),
    ],
)
def test_a_client_calls_itself_by_a_full_name_or_its_address(
    machine: str, address: str, name: str
) -> None:
    """RFC 5321 4.1.3 and 4.1.4."""
    assert own_name(machine, address) == name


def test_a_server_has_as_long_as_it_may_take() -> None:
    """RFC 5321 section 4.5.3.2: minutes for each stage, ten for the dot."""
    assert [Waits().reply(stage) for stage in Stage] == [300, 300, 120, 600]
    assert Waits().shortest == 120
    assert Waits.each(5) == Waits(mail=5, rcpt=5, data=5, block=5, dot=5)
