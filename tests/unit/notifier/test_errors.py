"""Errors say what happened to which thing, and what to do."""

from notifier.errors import (
    CannotListen,
    DaemonRuns,
    DeliveryRefused,
    LeaseLost,
    MailboxUnreadable,
    NothingToShow,
    TransportUnavailable,
    UnknownDelivery,
    UnknownSubscriber,
    WebhookRefused,
)


def test_an_address_that_is_taken_is_named_with_the_setting_that_moves_it() -> None:
    error = CannotListen("127.0.0.1", 8025, "Address already in use")
    assert (error.host, error.port) == ("127.0.0.1", 8025)
    assert str(error) == (
        "cannot listen on 127.0.0.1 port 8025: Address already in use; free it, or set serve.port"
    )


def test_a_delivery_that_cannot_be_changed_is_named() -> None:
    error = DeliveryRefused(17, "it was not accepted")
    assert (error.delivery, str(error)) == (17, "delivery 17: it was not accepted")


def test_a_delivery_that_is_none_is_named() -> None:
    said = "delivery 17: there is none of that number; `fieldfare deliveries` lists them"
    assert str(UnknownDelivery(17)) == said


def test_a_webhook_that_cannot_be_told_is_named() -> None:
    error = WebhookRefused("press", "it is none of the settings")
    assert (error.webhook, error.problem) == ("press", "it is none of the settings")
    assert str(error) == "the webhook press: it is none of the settings"


def test_a_second_daemon_is_told_of_the_first() -> None:
    error = DaemonRuns("sqlite:///a.db", "pid 7")
    assert error.holder == "pid 7"
    assert str(error) == "a daemon (pid 7) already runs on sqlite:///a.db; stop that one first"


def test_a_transport_that_cannot_be_opened_leaves_everything_queued() -> None:
    error = TransportUnavailable("the mail server a:25", "refused")
    assert error.transport == "the mail server a:25"
    said = "cannot hand mail to the mail server a:25: refused; everything stays queued"
    assert str(error) == said


def test_who_is_not_there_or_was_told_nothing_is_named_with_what_to_do() -> None:
    unknown, nothing = UnknownSubscriber("a@example.org"), NothingToShow("a@example.org")
    assert unknown.address == nothing.address == "a@example.org"
    assert "'a@example.org'; `fieldfare subscribers` lists" in str(unknown)
    assert "'a@example.org' yet; `fieldfare ingest`" in str(nothing)


def test_a_node_that_lost_its_lease_is_named() -> None:
    error = LeaseLost("one")
    assert error.node == "one"
    assert "the node 'one' stood still for too long" in str(error)


def test_a_mailbox_that_cannot_be_read_is_named_with_its_setting() -> None:
    error = MailboxUnreadable("returns.mailbox imap.example.org", "no such user")
    assert (error.mailbox, error.problem) == ("returns.mailbox imap.example.org", "no such user")
    assert str(error).endswith("cannot be read: returns.mailbox imap.example.org: no such user")
