"""However many nodes send, no span of time sees more mails than what was set allows."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from feeds.storage.database import Database
from notifier.mail import ledger
from notifier.mail.flow.quotas import (
    EVERYTHING,
    LATE_SECONDS,
    Moments,
    Quotas,
    Rates,
    SendingLimits,
    given_out,
)
from notifier.mail.flow.turns import Turns
from notifier.mail.ledger import Ledger
from notifier.mail.send import DeliveryReport, deliver
from notifier.mail.smtp.relay import Relay
from tests.outbox import a_ledger, people, queue, subscribe

RATE = 60
MAILS = 90
RECEIVER = "strict"


@dataclass
class Counting:
    """A mail server that notes to whom messages came."""

    seconds: float = 0.0
    arrived: list[str] = field(default_factory=list)

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
                self.arrived.append(recipient)
                await asyncio.sleep(self.seconds)
            writer.write(reply)
            if verb == "QUIT":
                break
        writer.close()


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
def given(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments that the store gave out, by its clock."""
    found: list[float] = []

    def noted(upto: float, now: float, rate: float, count: int) -> tuple[list[float], float, float]:
        waits, upto, again = given_out(upto, now, rate, count)
        found.extend(now + wait for wait in waits)
        return waits, upto, again

    monkeypatch.setattr(ledger, "given_out", noted)
    return found


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moment of which each message made use, by the clock of its node."""
    found: list[float] = []
    took = Quotas.took

    def noted(quotas: Quotas, names: Collection[str | None]) -> None:
        found.extend(quotas._quotas[name].moments[0] for name in names if name in quotas._quotas)
        took(quotas, names)

    monkeypatch.setattr(Quotas, "took", noted)
    return found


@pytest.mark.parametrize("what", ["all", "relay", "receiver"])
def test_two_nodes_together_keep_to_a_rate(
    database: Database,
    begun: dict[str, float],
    given: list[float],
    used: list[float],
    what: str,
) -> None:
    """Each message is begun at a moment of its own, and these are apart as the rate has it."""
    fill(database, "a.example", "b.example")
    here = Counting()

    async def run() -> list[DeliveryReport]:
        async with serving(here) as relay:
            name = {"all": EVERYTHING, "relay": relay.name, "receiver": RECEIVER}[what]
            limits = SendingLimits(rates={name: RATE}, receivers={"*.example": RECEIVER})
            nodes = (
                deliver(a_ledger(database, node=node), relay, turns=Turns(quotas=Quotas(limits)))
                for node in ("one", "two")
            )
            return await asyncio.gather(*nodes)

    reports = asyncio.run(run())
    # What one node left to the store for a while is anybody's later.
    assert len(here.arrived) == sum(one.accepted for one in reports)
    assert len(here.arrived) >= MAILS if what != "receiver" else len(here.arrived) > MAILS / 2
    assert all(one.accepted for one in reports)
    given.sort()
    assert all(later - earlier > 0.99 / RATE for earlier, later in pairwise(given))
    assert len(here.arrived) <= len(used) <= len(given)
    assert len(begun) == len(used)
    for at, moment in zip(begun.values(), used, strict=True):
        assert moment <= at <= moment + LATE_SECONDS


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
    # Of one asking come as many as a second sees; more are needed where moments go by unused.
    assert MAILS / RATE <= len(asked) <= MAILS / 3


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
