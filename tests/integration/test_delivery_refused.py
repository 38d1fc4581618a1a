"""A mail server that refuses us, or is away, holds everything and loses nothing."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from feeds.storage.database import Database
from notifier.errors import MessageRefused
from notifier.mail.ledger import Compose
from notifier.mail.lines import WholeLines
from notifier.mail.relay_standing import MOST_IN_A_ROW
from notifier.mail.send import DeliveryReport, deliver
from notifier.mail.smtp.commands import Waits
from notifier.mail.smtp.relay import Relay
from notifier.model import DeliveryState, RelayStanding, Skip
from notifier.storage import deliveries, subscribers, suppressions
from notifier.storage.sending import Claimed
from notifier.storage.watched import relay_standings
from tests.conftest import SmtpServerFactory
from tests.outbox import KEYED, NOW, a_ledger, letters, outbox, queue
from tests.services import free_port
from tests.smtp import Answer

MANY = 40
CONNECTIONS = 2
PATIENCE_SECONDS = 30
LIMIT = "550 5.4.5 Daily user sending limit exceeded"


def run(
    database: Database, port: int, *, minutes: float = 0, compose: Compose = letters
) -> DeliveryReport:
    relay = Relay(
        host="127.0.0.1",
        port=port,
        security="none",
        connections=CONNECTIONS,
        waits=Waits.each(5),
    )
    ledger = a_ledger(database, now=NOW + timedelta(minutes=minutes), compose=compose)
    return asyncio.run(asyncio.wait_for(deliver(ledger, relay), PATIENCE_SECONDS))


def standing(database: Database) -> RelayStanding | None:
    with database.reading() as connection:
        return next(iter(relay_standings.every(connection).values()), None)


def states(database: Database) -> set[DeliveryState]:
    return {one.state for one in outbox(database)}


class Refusing:
    """Says the same to everybody, as long as it is to."""

    def __init__(self, reply: str, verb: str = "RCPT") -> None:
        self.reply: str | None = reply
        self.verb = verb
        self.offered = 0

    def __call__(self, verb: str, about: str) -> Answer:
        if verb != self.verb:
            return None
        self.offered += 1
        return self.reply


#: Met in the wild, each of which made every digest fail for good, or struck readers off.
REFUSALS = [
    (LIMIT, "RCPT"),
    ("530 5.7.0 Must issue a STARTTLS command first", "MAIL"),
    ("550 5.7.1 Unauthenticated email is not accepted", "DATA"),
    ("554 5.7.1 <reader1@example.org>: Relay access denied", "RCPT"),
    ("554 Message rejected: Email address is not verified.", "DATA"),
    ("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", "RCPT"),
    ("553 5.1.1 sorry, that domain isn't in my list of allowed rcpthosts", "RCPT"),
    ("550 Administrative prohibition", "RCPT"),
]


@pytest.mark.parametrize(("reply", "verb"), REFUSALS)
def test_who_refuses_us_gets_next_to_nothing_until_it_is_mended(
    database: Database, smtp_server: SmtpServerFactory, reply: str, verb: str
) -> None:
    queue(database, MANY)
    script = Refusing(reply, verb)
    server = smtp_server(script=script)
    first = run(database, server.port)
    assert (first.accepted, first.failed) == (0, 0)
    assert "refuses us" in str(first.problem)
    # What was on its way when the first answers came.
    assert MOST_IN_A_ROW <= script.offered <= MOST_IN_A_ROW + 4 * CONNECTIONS
    assert states(database) == {DeliveryState.QUEUED, DeliveryState.DEFERRED}
    known = standing(database)
    assert known is not None
    assert "reader" not in known.problem

    offered = script.offered
    waiting = run(database, server.port, minutes=1)
    assert (waiting.deferred, script.offered) == (0, offered)
    assert "refuses us" in str(waiting.problem)
    assert run(database, server.port, minutes=7).deferred == 1
    assert script.offered == offered + 1

    script.reply = None
    assert run(database, server.port, minutes=60) == DeliveryReport(accepted=MANY)
    assert states(database) == {DeliveryState.ACCEPTED}
    assert standing(database) is None
    assert len({mail.recipients for mail in server.mails}) == MANY
    with database.reading() as connection:
        everybody = [KEYED(f"reader{n}@example.org") for n in range(1, MANY + 1)]
        assert not suppressions.among(connection, everybody)


def test_a_trial_whose_reader_left_is_followed_by_another(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    """As its message was about to leave: nothing was tried by that."""
    queue(database, MANY)
    script = Refusing(LIMIT)
    server = smtp_server(script=script)
    run(database, server.port)
    script.reply = None

    gone = list[int]()

    def as_one_leaves(claimed: Sequence[Claimed]) -> Sequence[WholeLines | Skip | MessageRefused]:
        for one in claimed[: 1 - len(gone)]:
            gone.append(one.id)
            with database.writing() as connection:
                subscribers.leave(connection, one.public_id, NOW)
        return letters(claimed)

    after = run(database, server.port, minutes=60, compose=as_one_leaves)
    assert after == DeliveryReport(accepted=MANY - 1)


def test_what_a_person_releases_is_offered_at_once(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    queue(database, MANY)
    script = Refusing(LIMIT)
    server = smtp_server(script=script)
    run(database, server.port)
    script.reply = None
    with database.writing() as connection:
        relay_standings.lift(connection)
        assert deliveries.release_refused(connection, NOW) >= MOST_IN_A_ROW
    assert run(database, server.port) == DeliveryReport(accepted=MANY)


def test_one_readers_server_that_refuses_us_stops_no_other(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    queue(database, MANY)

    def script(verb: str, about: str) -> Answer:
        return "550 5.7.1 blocked using bl" if about == "reader5@example.org" else None

    server = smtp_server(script=script)
    assert run(database, server.port) == DeliveryReport(accepted=MANY - 1, deferred=1)
    assert standing(database) is None


def test_a_relay_that_is_down_holds_everything_and_loses_nothing(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    """Also for longer than anything is tried: what was never offered was not tried."""
    queue(database, MANY)
    port = free_port()
    for minutes in (0, 1, 60 * 24 * 9):
        report = run(database, port, minutes=minutes)
        assert report.accepted == report.failed == report.deferred == 0
        assert f"127.0.0.1:{port}" in str(report.problem)
    known = standing(database)
    assert known is not None
    assert known.refusals == 0
    assert states(database) == {DeliveryState.QUEUED}


def test_a_relay_that_lets_nobody_in_says_why(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    """The operator reads its own words."""
    queue(database)
    server = smtp_server(script=Refusing("421 4.7.0 Try again later, closing (EHLO)", "EHLO"))
    report = run(database, server.port)
    assert "421" in str(report.problem)
    assert "Try again later" in str(report.problem)


def test_a_relay_is_well_where_nothing_is_left_to_send(database: Database) -> None:
    queue(database)
    run(database, free_port())
    assert standing(database) is not None
    with database.writing() as connection:
        deliveries.drop(connection, [1], NOW)
        [relay] = relay_standings.every(connection)
    ledger = a_ledger(database)
    with ledger.opened([relay], enough=1) as waiting:
        assert waiting == 0
    assert standing(database) is None
