"""What came to a mailbox at another machine is fetched once, by either protocol."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest
import trustme

from feeds.errors import StoreError
from notifier.errors import MailboxUnreadable
from notifier.returns.mailbox_door import RemoteMailbox
from tests import services
from tests.dovecot import OWNER, OWNERS_PASSWORD, Dovecot, dovecot

WAYS = [
    ("imap", "none"),
    ("imap", "starttls"),
    ("imaps", "tls"),
    ("pop3", "none"),
    ("pop3", "starttls"),
    ("pop3s", "tls"),
]
Place = Callable[..., RemoteMailbox]


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[Dovecot]:
    try:
        with dovecot(authority) as running:
            yield running
    except services.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def at(server: Dovecot) -> Place:
    def made(port: str, security: str = "none", **more: Any) -> RemoteMailbox:
        told = {"username": OWNER, "password": OWNERS_PASSWORD, "security": security, **more}
        protocol: Any = port.removesuffix("s")
        number = server.ports[port]
        return RemoteMailbox(protocol=protocol, host="127.0.0.1", port=number, **told)

    return made


def mail(number: int, body: str = "text") -> bytes:
    return f"Subject: {number}\n\n{body}\n".encode()


@pytest.mark.parametrize(("port", "security"), WAYS)
def test_each_mail_is_fetched_once(server: Dovecot, at: Place, port: str, security: str) -> None:
    for number in range(3):
        server.put(str(number), mail(number))
    taken: list[bytes] = []
    mailbox = at(port, security)
    assert mailbox.read(taken.append, Event()) == 3
    assert min(taken).replace(b"\r\n", b"\n").rstrip() == mail(0).rstrip()
    server.put("3", mail(3))
    assert mailbox.read(taken.append, Event()) == 1
    assert b"Subject: 3" in taken[3]
    kept = server.kept()
    assert kept == [] if mailbox.protocol == "pop3" else all(each.endswith("S") for each in kept)


@pytest.mark.parametrize("port", ["imap", "pop3"])
def test_what_the_store_could_not_take_is_fetched_again(
    server: Dovecot, at: Place, port: str
) -> None:
    for number in range(3):
        server.put(str(number), mail(number))
    taken: list[bytes] = []

    def take(raw: bytes) -> None:
        if len(taken) == 1:
            raise StoreError("no")
        taken.append(raw)

    with pytest.raises(StoreError):
        at(port).read(take, Event())
    again: list[bytes] = []
    assert at(port).read(again.append, Event()) == 2
    assert not set(taken) & set(again)


@pytest.mark.parametrize("port", ["imap", "pop3"])
def test_a_mail_of_endless_lines_keeps_no_other_out(server: Dovecot, at: Place, port: str) -> None:
    server.put("0", mail(0, "x" * 2_000_000))
    server.put("1", mail(1))
    taken: list[bytes] = []
    assert at(port).read(taken.append, Event()) == 2
    assert {each[:10] for each in taken} == {b"Subject: 0", b"Subject: 1"}


@pytest.mark.parametrize("port", ["imap", "pop3"])
def test_a_mail_that_is_being_taken_as_the_house_stops_is_the_last(
    server: Dovecot, at: Place, port: str
) -> None:
    for number in range(3):
        server.put(str(number), mail(number))
    stopping = Event()
    assert at(port).read(lambda _: stopping.set(), stopping) == 1
    assert at(port).read(lambda _: None, Event()) == 2


def test_another_folder_is_read_where_it_is_named(server: Dovecot, at: Place) -> None:
    server.put("0", mail(0), ".Bounces")
    assert at("imap").read(lambda _: None, Event()) == 0
    assert at("imap", folder="Bounces").read(lambda _: None, Event()) == 1
    with pytest.raises(MailboxUnreadable, match=r"Mailbox doesn't exist"):
        at("imap", folder="Nowhere").read(lambda _: None, Event())


@pytest.mark.parametrize("port", ["imap", "pop3"])
def test_a_password_that_is_wrong_is_told_and_not_repeated(at: Place, port: str) -> None:
    with pytest.raises(MailboxUnreadable) as told:
        at(port, password="wrong-and-secret").read(lambda _: None, Event())
    assert "127.0.0.1" in str(told.value)
    assert "wrong-and-secret" not in str(told.value)


@pytest.mark.parametrize(("port", "security"), [("imaps", "tls"), ("pop3", "starttls")])
def test_no_password_goes_to_a_server_that_nobody_vouches_for(
    at: Place, monkeypatch: pytest.MonkeyPatch, port: str, security: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailboxUnreadable, match="CERTIFICATE_VERIFY_FAILED"):
        at(port, security).read(lambda _: None, Event())


def test_a_server_that_is_away_is_told(authority: trustme.CA) -> None:
    mailbox = RemoteMailbox(
        protocol="imap", host="127.0.0.1", port=1, security="none", username="a", password="b"
    )
    with pytest.raises(MailboxUnreadable, match="refused"):
        mailbox.read(lambda _: None, Event())
