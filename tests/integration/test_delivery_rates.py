"""However many nodes send, no span of time sees more mails than what was set allows."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from feeds.storage.database import Database
from notifier.mail.flow.quotas import (
    EVERYTHING,
    LATE_SECONDS,
    Moments,
    Quotas,
    Rates,
    SendingLimits,
)
from notifier.mail.flow.turns import Turns
from notifier.mail.ledger import Ledger
from notifier.mail.send import DeliveryReport, deliver
from notifier.mail.smtp.relay import Relay
from notifier.model import Envelope
from tests.outbox import a_ledger, people, queue, subscribe

RATE = 60
MAILS = 180
RECEIVER = "strict"
#: How far the clocks of two nodes may be apart on a machine that has much to do.
CLOCKS_SECONDS = 0.05


@dataclass
class Counting:
    """A mail server that notes when messages came, and how many were on their way at once."""

    seconds: float = 0.0
    arrived: list[tuple[float, str]] = field(default_factory=list)
    most: int = 0
    _open: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].decode().upper().strip()
            reply = b"250-here\r\n250 PIPELINING\r\n" if verb == "EHLO" else b"250 ok\r\n"
            if verb == "RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if verb == "DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self.arrived.append((time.monotonic(), recipient))
                await asyncio.sleep(self.seconds)
            writer.write(reply)
            if verb == "QUIT":
                break
        writer.close()

    def most_within(self, span: float) -> int:
        """The most that arrived within any span of so many seconds."""
        moments = [at for at, _ in self.arrived]
        return max(sum(at <= other < at + span for other in moments) for at in moments)


@asynccontextmanager
async def serving(here: Counting) -> AsyncIterator[Relay]:
    server = await asyncio.start_server(here.talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Relay(host="127.0.0.1", port=port, security="none", connections=5)


def fill(database: Database, *domains: str) -> None:
    wanted = [
        replace(person, address=f"{person.public_id}@{domains[number % len(domains)]}")
        for number, person in enumerate(people(MAILS))
    ]
    queue(database, known=subscribe(database, *wanted))


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """When the message to each was begun last."""
    found: dict[str, float] = {}
    take = Turns.take

    def taken(turns: Turns, now: float, sessions: int, relay: str | None = None) -> Envelope | None:
        envelope = take(turns, now, sessions, relay)
        if envelope:
            found[envelope.recipient] = now
        return envelope

    monkeypatch.setattr(Turns, "take", taken)
    return found


@pytest.mark.parametrize("what", ["all", "relay", "receiver"])
def test_two_nodes_together_keep_to_a_rate(
    database: Database, begun: dict[str, float], what: str
) -> None:
    fill(database, "a.example", "b.example")
    here = Counting()

    async def run() -> tuple[list[DeliveryReport], float]:
        async with serving(here) as relay:
            name = {"all": EVERYTHING, "relay": relay.name, "receiver": RECEIVER}[what]
            limits = SendingLimits(rates={name: RATE}, receivers={"*.example": RECEIVER})
            started = time.monotonic()
            nodes = (
                deliver(a_ledger(database, node=node), relay, turns=Turns(quotas=Quotas(limits)))
                for node in ("one", "two")
            )
            return await asyncio.gather(*nodes), time.monotonic() - started

    reports, seconds = asyncio.run(run())
    # What one node left to the store for a while is anybody's later.
    assert len(here.arrived) == sum(one.accepted for one in reports)
    assert len(here.arrived) >= MAILS if what != "receiver" else len(here.arrived) > MAILS / 2
    on_its_way = max(at - begun[recipient] for at, recipient in here.arrived)
    for span in (0.25, 0.5, 1.0, 2.0):
        most = RATE * (span + LATE_SECONDS + CLOCKS_SECONDS + on_its_way) + 1
        assert here.most_within(span) <= most
    assert len(here.arrived) >= 0.4 * RATE * (seconds - 1)
    assert all(one.accepted > MAILS / 10 for one in reports)


def test_the_store_is_asked_rarely(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(database, "a.example")
    here = Counting()
    asked: list[Rates] = []

    def moments(ledger: Ledger, wanted: Rates) -> Moments:
        asked.append(wanted)
        return of_the_ledger(ledger, wanted)

    of_the_ledger = Ledger.moments
    monkeypatch.setattr(Ledger, "moments", moments)

    async def run() -> None:
        async with serving(here) as relay:
            turns = Turns(quotas=Quotas(SendingLimits(rates={EVERYTHING: RATE, relay.name: RATE})))
            await deliver(a_ledger(database), relay, turns=turns)

    asyncio.run(run())
    assert len(here.arrived) == MAILS
    assert 3 <= len(asked) <= 12


def test_a_receiver_gets_so_many_at_once_and_nobody_waits_for_it(database: Database) -> None:
    fill(database, "strict.example", "other.example", "third.example")
    here = Counting(seconds=0.02)
    on_their_way: list[int] = []

    async def run() -> DeliveryReport:
        async with serving(here) as relay:
            limits = SendingLimits(
                connections={RECEIVER: 2}, receivers={"strict.example": RECEIVER}
            )
            turns = Turns(quotas=Quotas(limits))

            async def watch() -> None:
                while True:
                    on_their_way.append(turns._open[RECEIVER])
                    await asyncio.sleep(0.002)

            watching = asyncio.create_task(watch())
            report = await deliver(a_ledger(database), relay, turns=turns)
            watching.cancel()
            return report

    report = asyncio.run(run())
    assert max(on_their_way) == 2
    assert report.accepted > MAILS * 2 / 3
