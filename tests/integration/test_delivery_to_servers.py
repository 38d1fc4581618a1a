"""Delivery to mail servers that refuse, delay, hang up, fall silent, or are killed with us."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from feeds.storage.database import Database
from notifier.mail import Transport
from notifier.mail.maildir import Maildir
from notifier.mail.send import DeliveryReport, deliver
from notifier.mail.smtp.commands import Waits
from notifier.mail.smtp.relay import Relay
from notifier.model import DeliveryState
from tests.command import LOADED
from tests.conftest import SmtpServerFactory
from tests.outbox import NOW, a_ledger, outbox, queue
from tests.scripted_smtp import HANG_UP, SILENCE, scripted_smtp
from tests.sender import CONNECTIONS, send
from tests.services import Address
from tests.smtp import Act, Answer, Mail

MESSAGES = 150
KILLS = 6


def smtp(port: int, *, connections: int = 3, messages: int = 100, timeout: float = 5) -> Relay:
    return Relay(
        host="127.0.0.1",
        port=port,
        security="none",
        connections=connections,
        messages_per_connection=messages,
        waits=Waits.each(timeout),
    )


async def delivered(
    database: Database, transport: Transport, minutes: float = 0, node: str = "one"
) -> DeliveryReport:
    ledger = a_ledger(database, now=NOW + timedelta(minutes=minutes), node=node)
    return await deliver(ledger, transport)


def run(
    database: Database, transport: Transport, *, minutes: float = 0, node: str = "one"
) -> DeliveryReport:
    return asyncio.run(delivered(database, transport, minutes, node))


def states(database: Database) -> set[DeliveryState]:
    return {delivery.state for delivery in outbox(database)}


def copies(mails: Iterable[Mail]) -> dict[str, list[bytes]]:
    """What the server got, by recipient."""
    got = defaultdict[str, list[bytes]](list)
    for mail in mails:
        [recipient] = mail.recipients
        got[recipient].append(mail.data)
    return got


def message_id(data: bytes) -> str:
    [line] = [line for line in data.split(b"\r\n") if line.startswith(b"Message-ID: ")]
    return line.decode().partition(" ")[2]


def test_a_server_gets_each_message_once_and_byte_for_byte(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    queue(database, 20)
    server = smtp_server()
    assert run(database, smtp(server.port)) == DeliveryReport(accepted=20)
    assert run(database, smtp(server.port), minutes=60) == DeliveryReport()
    got = copies(server.mails)
    assert {recipient: len(copied) for recipient, copied in got.items()} == {
        one.recipient: 1 for one in outbox(database)
    }
    assert len({message_id(data) for [data] in got.values()}) == 20
    assert 1 <= len(server.greetings) <= 3


def test_a_connection_is_given_up_after_so_many_messages(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    queue(database, 9)
    server = smtp_server()
    assert run(database, smtp(server.port, connections=1, messages=4)).accepted == 9
    assert len(server.greetings) == 3


def test_a_greylisting_server_gets_everything_in_the_end(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    queue(database, 5)
    known: set[str] = set()

    def greylist(verb: str, about: str) -> Answer:
        if verb != "RCPT" or about in known:
            return None
        known.add(about)
        return "451 4.7.1 Greylisted, come back in 5 minutes"

    server = smtp_server(script=greylist)
    assert run(database, smtp(server.port)) == DeliveryReport(deferred=5)
    assert server.mails == []
    assert run(database, smtp(server.port), minutes=5) == DeliveryReport(accepted=5)
    assert len(server.mails) == 5


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("550 5.1.1 No such user", DeliveryReport(accepted=4, failed=1)),
        ("452 4.2.2 Mailbox full", DeliveryReport(accepted=4, deferred=1)),
        (Act.HANG_UP, DeliveryReport(accepted=4, deferred=1)),
        (Act.SAY_NOTHING, DeliveryReport(accepted=4, deferred=1)),
    ],
)
def test_one_bad_recipient_never_stops_the_others(
    database: Database, smtp_server: SmtpServerFactory, reply: Answer, expected: DeliveryReport
) -> None:
    queue(database, 5)

    def script(verb: str, about: str) -> Answer:
        return reply if verb == "RCPT" and about == "reader3@example.org" else None

    server = smtp_server(script=script)
    assert run(database, smtp(server.port, timeout=0.5)) == expected
    assert len(server.mails) == 4


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("fault", [HANG_UP, SILENCE, b"421 4.3.2 closing\r\n"])
@pytest.mark.parametrize("ehlo", [b"250 wire\r\n", b"250-wire\r\n250 PIPELINING\r\n"])
def test_a_server_that_breaks_at_any_stage_gets_everything_in_the_end(
    database: Database, verb: str, fault: bytes, ehlo: bytes
) -> None:
    queue(database, 4)
    usual = {"MAIL": b"250 2.1.0 Ok\r\n", "RCPT": b"250 2.1.5 Ok\r\n", "DATA": b"354 go\r\n"}
    replies = {verb: [fault, usual.get(verb, b"250 2.0.0 Ok\r\n")], "EHLO": [ehlo]}

    async def days() -> tuple[DeliveryReport, DeliveryReport, list[bytes]]:
        async with scripted_smtp(**replies) as server:
            transport = smtp(server.port, connections=1, timeout=0.2)
            first = await delivered(database, transport)
            second = await delivered(database, transport, minutes=5)
            return first, second, server.contents

    first, second, contents = asyncio.run(days())
    in_doubt = verb == "DOT" and not fault.startswith(b"421")
    # What a connection lost goes on over another, but for what may have gone out.
    assert first == DeliveryReport(accepted=4 - in_doubt, in_doubt=in_doubt)
    assert second == DeliveryReport(accepted=in_doubt)
    assert states(database) == {DeliveryState.ACCEPTED}
    assert len(set(contents)) == 4
    assert len(contents) == (5 if verb == "DOT" else 4)


def test_no_reply_spoils_the_books(database: Database) -> None:
    """A NUL in a 250 is refused by PostgreSQL; the rest would command a terminal."""
    queue(database, 5)
    odd = b"250 2.0.0 \0queued\x1b]0;mine\x07 as \xe2\x80\xae\xc2\x9b4F1\r\n"
    replies = {"DOT": [b"250 2.0.0 Ok\r\n", odd, b"250 2.0.0 Ok\r\n"]}

    async def twice() -> tuple[DeliveryReport, DeliveryReport]:
        async with scripted_smtp(**replies) as server:
            transport = smtp(server.port)
            return await delivered(database, transport), await delivered(database, transport, 60)

    assert asyncio.run(twice()) == (DeliveryReport(accepted=5), DeliveryReport())
    said = {str(one.reply) for one in outbox(database)}
    assert said == {"250 2.0.0 Ok", "250 2.0.0 queued ]0;mine as 4F1"}


def test_the_sink_of_postfix_takes_it_all(
    database: Database, smtp_sink: Callable[..., Address]
) -> None:
    queue(database, 50)
    assert run(database, smtp(smtp_sink().port)) == DeliveryReport(accepted=50)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_two_nodes_at_once_deliver_each_message_once(
    database: Database, smtp_server: SmtpServerFactory
) -> None:
    queue(database, MESSAGES)
    server = smtp_server()
    reports: list[DeliveryReport] = []

    def work(node: str) -> None:
        reports.append(run(database, smtp(server.port), node=node))

    nodes = [Thread(target=work, args=(node,)) for node in ("one", "two")]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert sum(report.accepted for report in reports) == MESSAGES
    assert all(report.accepted for report in reports)
    assert [len(copied) for copied in copies(server.mails).values()] == [1] * MESSAGES


def accepted(database: Database) -> int:
    return sum(one.state is DeliveryState.ACCEPTED for one in outbox(database))


def killed_runs(database: Database, url: str, target: str, has_begun: Callable[[], int]) -> None:
    """So many runs, each killed a moment after the first message of it got through."""
    for minutes in range(KILLS):
        begun, done = has_begun(), accepted(database)
        sender = LOADED.Process(target=send, args=(url, target, minutes))
        sender.start()
        while has_begun() == begun and sender.exitcode is None:
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.05))
        # On a busy machine a moment may be too short to write down what got through.
        while accepted(database) == done and sender.exitcode is None:
            time.sleep(0.002)
        sender.kill()
        sender.join()
        sender.close()
        # A server may learn a little later that who held the lock is gone.
        with database.exclusive("delivery-one", wait_seconds=30):
            pass


def test_however_often_a_run_is_killed_nobody_is_missed(
    database: Database, database_url: str, smtp_server: SmtpServerFactory
) -> None:
    """Whoever gets a message twice gets the same bytes, and no more often than was in hand."""
    queue(database, MESSAGES)
    server = smtp_server()
    killed_runs(database, database_url, str(server.port), lambda: len(server.mails))
    report = run(database, smtp(server.port), minutes=KILLS)
    got = copies(server.mails)
    doubles = sum(len(copied) - 1 for copied in got.values())
    doubted = sum(one.in_doubt for one in outbox(database))
    print(f"{KILLS} kills, {doubted} in doubt, {doubles} doubles, last run {report.accepted}")
    assert report.accepted <= MESSAGES - KILLS
    held = {one.recipient for one in outbox(database) if one.state is DeliveryState.UNCERTAIN}
    assert {one.recipient for one in outbox(database)} - set(got) <= held
    assert all(len(set(copied)) == 1 for copied in got.values())
    assert doubles <= doubted <= KILLS * CONNECTIONS
    # Nobody gets it a third time.
    assert max(map(len, got.values())) <= 2
    assert states(database) <= {DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN}


def test_however_often_a_run_is_killed_a_maildir_holds_each_message_once(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    queue(database, MESSAGES)
    new = tmp_path / "mail" / "new"
    killed_runs(
        database,
        database_url,
        str(tmp_path / "mail"),
        lambda: len(list(new.iterdir())) if new.exists() else 0,
    )
    # How far the killed ones got is the machine's business; none of them got nowhere.
    assert run(database, Maildir(tmp_path / "mail"), minutes=KILLS).accepted <= MESSAGES - KILLS
    stored = [message_id(path.read_bytes().replace(b"\n", b"\r\n")) for path in new.iterdir()]
    assert len(set(stored)) == len(stored) == MESSAGES
    assert states(database) == {DeliveryState.ACCEPTED}
