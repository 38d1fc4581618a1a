"""What came back is heeded once, whichever way it came, and only where somebody signed it."""

import smtplib
import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from feeds.errors import StoreError
from feeds.storage.database import Database
from notifier.errors import CannotListen
from notifier.mail import return_path
from notifier.model import DeliveryState, NoticeKind
from notifier.returns.consequence import PauseRule, SoftRule
from notifier.returns.lmtp_door import lmtp
from notifier.returns.maildir_door import ReturnsFolder
from notifier.returns.returned import ReturnedMail, ReturnKind
from notifier.returns.taking import Taking
from notifier.storage import deliveries, returns, subscribers, suppressions
from notifier.storage.returns import Return
from notifier.subscribers.links import MailLinks
from notifier.subscribers.own_data import erase
from tests.command import a_free_port
from tests.outbox import KEYED, outbox, queue
from tests.returned import Form, bounces
from tests.returned_otherwise import complaint, written

SECRET = b"a secret of tests, thirty-two bytes"
LINKS = MailLinks(base_url="https://news.example", secret=SECRET)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
FORMS = {form.name: form for form in bounces()}

SHARES = {ReturnKind.HARD: 100, ReturnKind.COMPLAINT: 100, ReturnKind.POLICY: 500}


@pytest.fixture
def taking(database: Database) -> Taking:
    return a_taking(database)


def a_taking(database: Database, now: datetime = NOW) -> Taking:
    return Taking(
        database=database,
        keyed=KEYED,
        rule=SoftRule(most=3, within=timedelta(days=14)),
        pause=PauseRule(least=2, shares=SHARES, lasts=timedelta(hours=24)),
        zone=VIENNA,
        clock=lambda: now,
        secret=SECRET,
    )


def of(form: Form | str, delivery: int, *, mark: str = "") -> bytes:
    """What comes back of a delivery; another mail with another mark."""
    raw = (FORMS[form] if isinstance(form, str) else form).raw
    token = return_path.token(delivery, SECRET)
    at = f"bounces+{token}@news.example"
    return raw.replace(b"To: bounces@news.example", f"To: {at}".encode()) + mark.encode()


def state(database: Database) -> tuple[list[str], list[str]]:
    """The states of all subscribers, and why addresses must not be mailed."""
    with database.reading() as connection:
        people = subscribers.everybody(connection, VIENNA)
        barred = suppressions.every(connection)
    return [each.state for each in people], [each.reason for each in barred]


def on_record(database: Database) -> list[Return]:
    with database.reading() as connection:
        return returns.latest(connection, 100)


def test_one_hard_bounce_suppresses_and_keeps_no_address(
    database: Database, taking: Taking
) -> None:
    [delivery] = queue(database)
    one = taking.take(of("postfix-hard-0", delivery.id))
    assert (one.consequence, one.delivery, one.domain) == ("suppress", delivery.id, "example.org")
    assert state(database) == (["active"], ["hard"])
    with database.reading() as connection:
        [barred] = suppressions.every(connection)
        assert barred.address_hash == KEYED("reader1@example.org")
        assert barred.detail.startswith("5.1.1 550 5.1.1 <…@reader.example>")
        assert returns.latest(connection, 10) == [one]


def test_what_went_elsewhere_says_nothing_of_a_readers_own_address(
    database: Database, taking: Taking
) -> None:
    """An address that somebody asked for may be wrong, or another's, who complains."""
    [digest] = queue(database)
    wrong = {"recipient": "wrong@example.net"}
    with database.writing() as connection:
        deliveries.notify(connection, NoticeKind.ADDRESS, {digest.subscriber: "1"}, NOW, **wrong)
    [notice] = [one for one in outbox(database) if one.notice]
    for mark in ("a", "b", "c"):
        taking.take(of("postfix-full-0", notice.id, mark=mark))
    assert state(database) == (["active"], [])
    one = taking.take(of("postfix-hard-0", notice.id))
    assert (one.consequence, one.subscriber, one.domain) == ("suppress", None, "example.net")
    token = return_path.token(notice.id, SECRET)
    back = f"Return-Path: <bounces+{token}@news.example>\nSubject: y\n"
    taking.take(complaint("abuse", "x", back).encode())
    assert state(database)[0] == ["active"]
    with database.reading() as connection:
        assert suppressions.of(connection, KEYED("reader1@example.org")) is None
        assert suppressions.of(connection, KEYED("wrong@example.net")) is not None


def test_what_comes_back_of_who_was_erased_is_nobodys(database: Database, taking: Taking) -> None:
    [delivery] = queue(database)
    taking.take(of("postfix-full-0", delivery.id))
    erase(database, "reader1@example.org", KEYED, VIENNA, now=NOW)
    [before] = on_record(database)
    assert (before.subscriber, before.delivery, before.diagnostic) == (None, None, "")
    one = taking.take(of("postfix-hard-0", delivery.id))
    assert one.subscriber is None
    with database.reading() as connection:
        assert [*subscribers.addresses(connection)] == []
        assert [each.reason for each in suppressions.every(connection)] == ["erased"]


def test_what_comes_twice_counts_once(database: Database, taking: Taking) -> None:
    [delivery] = queue(database)
    for _ in range(5):
        taking.take(of("postfix-full-0", delivery.id))
    assert len(on_record(database)) == 1
    assert state(database) == (["active"], [])


def test_what_passes_counts_within_its_time(database: Database) -> None:
    [delivery] = queue(database)
    for day, mark in enumerate(("a", "b")):
        a_taking(database, NOW + timedelta(days=day)).take(
            of("postfix-full-0", delivery.id, mark=mark)
        )
    late = a_taking(database, NOW + timedelta(days=15)).take(
        of("exim-soft-0", delivery.id, mark="c")
    )
    assert (late.consequence, state(database)) == ("none", (["active"], []))
    third = a_taking(database, NOW + timedelta(days=15, hours=1)).take(
        of("exim-soft-0", delivery.id, mark="d")
    )
    fourth = a_taking(database, NOW + timedelta(days=15, hours=2)).take(
        of("exim-soft-0", delivery.id, mark="e")
    )
    assert (third.consequence, fourth.consequence) == ("none", "suppress")
    assert state(database) == (["active"], ["soft"])


def test_a_refusal_of_us_is_not_the_readers(database: Database, taking: Taking) -> None:
    [delivery] = queue(database)
    for mark in "abcdef":
        assert taking.take(of("postfix-policy-0", delivery.id, mark=mark)).consequence == "alarm"
    assert state(database) == (["active"], [])
    with database.reading() as connection:
        since = NOW - timedelta(days=1)
        assert returns.counts(connection, since) == {"example.org": {"policy": 6}}
        assert returns.counts(connection, NOW + timedelta(seconds=1)) == {}


def test_a_complaint_ends_it_at_once_and_for_good(database: Database, taking: Taking) -> None:
    [delivery] = queue(database)
    token = return_path.token(delivery.id, SECRET)
    raw = complaint("abuse", "x", f"Return-Path: <bounces+{token}@news.example>\nSubject: y\n")
    assert taking.take(raw.encode()).consequence == "object"
    assert state(database) == (["left"], ["complaint"])
    assert [each.state for each in outbox(database)] == [DeliveryState.SUPPRESSED]


def test_a_wish_to_leave_is_obeyed(database: Database, taking: Taking) -> None:
    queue(database, 2)
    link = LINKS.unsubscribe("reader1", 1)
    assert taking.take(written(link, "").encode()).consequence == "leave"
    assert state(database) == (["left", "active"], [])
    assert [each.state for each in outbox(database)] == ["suppressed", "queued"]


@pytest.mark.parametrize("name", ["postfix-hard-0", "postfix-policy-0"])
def test_what_is_forged_changes_nothing(database: Database, taking: Taking, name: str) -> None:
    queue(database)
    raw = FORMS[name].raw.replace(b"bounces@news", f"bounces+1.{'a' * 16}@news".encode())
    assert taking.take(raw).consequence == "unclaimed"
    assert taking.take(of(name, 4711)).consequence == "unclaimed"
    elsewhere = MailLinks(base_url="https://news.example", secret=b"another secret" * 3)
    link = elsewhere.unsubscribe("reader1", 1)
    assert taking.take(written(link, "").encode()).consequence == "unclaimed"
    assert state(database) == (["active"], [])
    with database.reading() as connection:
        # No domain is counted that only a stranger names.
        assert set(returns.counts(connection, NOW - timedelta(days=1))) == {""}


def test_of_each_reader_what_came_back_is_told(database: Database, taking: Taking) -> None:
    first, second = queue(database, 2)
    taking.take(of("postfix-hard-0", first.id))
    taking.take(of("qmail-soft-0", second.id))
    with database.writing() as connection:
        [told] = returns.latest(connection, 10, "reader2@example.org")
        assert told.kind == "soft"
        returns.forget(connection, NOW + timedelta(days=1))
        assert returns.latest(connection, 10) == []


# -- Doors -----------------------------------------------------------------------------------------


def test_a_maildir_is_read_and_what_was_read_is_seen(
    database: Database, taking: Taking, tmp_path: Path
) -> None:
    first, second = queue(database, 2)
    (tmp_path / "new").mkdir()
    for name, raw in (
        ("1.a.mx", of("postfix-hard-0", first.id)),
        ("2.b.mx", of("gmail-hard-0", second.id)),
    ):
        (tmp_path / "new" / name).write_bytes(raw)
    (tmp_path / "new" / "3.c.mx").mkdir()
    assert ReturnsFolder(tmp_path).read(taking.take, Event()) == 2
    assert ReturnsFolder(tmp_path).read(taking.take, Event()) == 0
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == [
        "1.a.mx:2,S",
        "2.b.mx:2,S",
    ]
    assert state(database)[1] == ["hard", "hard"]
    stopping = Event()
    stopping.set()
    (tmp_path / "new" / "4.d.mx").write_bytes(b"")
    assert ReturnsFolder(tmp_path).read(taking.take, stopping) == 0


def test_what_nobody_understands_stops_nothing_behind_it(
    database: Database, taking: Taking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> ReturnedMail:
        raise RecursionError

    [delivery] = queue(database)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.mx").write_bytes(b"From: a@b\r" + b"Content-Type: x/y\r\r" * 3_000)
    with monkeypatch.context() as patched:
        patched.setattr("notifier.returns.taking.classified", broken)
        assert ReturnsFolder(tmp_path).read(taking.take, Event()) == 1
    (tmp_path / "new" / "2.mx").write_bytes(of("postfix-hard-0", delivery.id))
    assert ReturnsFolder(tmp_path).read(taking.take, Event()) == 1
    assert [each.kind for each in on_record(database)] == ["hard", "other"]


def test_a_few_connections_are_answered_and_no_more(taking: Taking) -> None:
    port = a_free_port()
    with ExitStack() as stack:
        stack.enter_context(lmtp("127.0.0.1", port, taking.take, ("leave@news.example",)))
        said = []
        for _ in range(25):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            said.append(client.recv(200)[:3])
        assert said == [b"220"] * 20 + [b"421"] * 5


def test_who_never_ends_a_line_is_hung_up_on(taking: Taking) -> None:
    port = a_free_port()
    with (
        lmtp("127.0.0.1", port, taking.take, ("leave@news.example",)),
        socket.create_connection(("127.0.0.1", port), 10) as client,
    ):
        asked = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<leave@news.example>\r\nDATA\r\n"
        client.sendall(asked)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            client.sendall(b"x\n" * 50_000_000)
    assert on_record(taking.database) == []


def test_what_is_so_already_counts_for_nothing_more(database: Database, taking: Taking) -> None:
    [delivery] = queue(database)
    first = taking.take(of("postfix-hard-0", delivery.id))
    again = taking.take(of("exim-hard-0", delivery.id))
    assert (first.consequence, again.consequence) == ("suppress", "none")


def handed(port: int, raw: bytes, *recipients: str) -> dict[str, tuple[int, bytes]]:
    """What a mail server is answered that hands a mail over: whom it is refused for."""
    with smtplib.LMTP("127.0.0.1", port) as client:
        try:
            return client.sendmail("", recipients, raw)
        except smtplib.SMTPRecipientsRefused as refused:
            return refused.recipients
        except smtplib.SMTPDataError as refused:
            return {"": (refused.smtp_code, str(refused.smtp_error).encode())}


def test_a_mail_server_hands_over_what_is_ours_and_nothing_else(
    database: Database, taking: Taking
) -> None:
    [delivery] = queue(database)
    port, own = a_free_port(), ("bounces+*@news.example", "leave@news.example")
    raw = FORMS["postfix-hard-0"].raw.replace(b"\n", b"\r\n") + b"long " * 999 + b"\r\n"
    mine = f"bounces+{return_path.token(delivery.id, SECRET)}@news.example"
    with lmtp("127.0.0.1", port, taking.take, own):
        refused = handed(port, raw, "root@news.example")
        assert refused["root@news.example"][0] == 550
        assert on_record(database) == []
        assert handed(port, raw, mine, "leave@news.example").keys() == {"leave@news.example"}
        with pytest.raises(CannotListen), lmtp("127.0.0.1", port, taking.take, own):
            pass
    assert state(database)[1] == ["hard"]


def test_what_cannot_be_kept_is_left_to_the_mail_server() -> None:
    def away(_raw: bytes, _recipients: object) -> None:
        raise StoreError("the store is away")

    port = a_free_port()
    with lmtp("127.0.0.1", port, away, ("leave@news.example",)):
        [(code, _)] = handed(port, b"Subject: x\r\n\r\n", "leave@news.example").values()
    assert code == 451
