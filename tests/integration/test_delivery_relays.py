"""Several mail servers share what is sent, and what one cannot take goes by the others."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from feeds.storage.database import Database
from notifier.mail import relay_standing
from notifier.mail.flow import pool, shares
from notifier.mail.flow.turns import Turns
from notifier.mail.relay_standing import MOST_IN_A_ROW
from notifier.mail.send import DeliveryReport, deliver
from notifier.mail.smtp.commands import Waits
from notifier.mail.smtp.relay import Relay
from notifier.model import DeliveryState
from notifier.storage.watched import relay_standings
from tests.outbox import NOW, a_ledger, outbox, people, queue, subscribe
from tests.services import free_port

LIMIT = b"550 5.4.5 Daily user sending limit exceeded\r\n"
OK = b"250 2.1.5 ok\r\n"


@dataclass
class Mx:
    """A mail server that can be killed, and comes back at the same port."""

    port: int = field(default_factory=free_port)
    rcpt: bytes = OK
    seconds: float = 0.0
    #: The so many-th message and those behind it are not answered until something happens.
    waits_from: int = sys.maxsize
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    taken: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    #: What happens before the so many-th message is answered.
    at: dict[int, Callable[[], None]] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def relay(self, weight: int = 1) -> Relay:
        return Relay(
            host="127.0.0.1",
            port=self.port,
            security="none",
            weight=weight,
            connections=4,
            waits=Waits.each(60),
        )

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)

    def kill(self) -> None:
        """Nobody answers any more, and whoever was spoken to is left alone."""
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].decode().upper().strip()
            reply = b"250-here\r\n250 PIPELINING\r\n" if verb == "EHLO" else b"250 ok\r\n"
            if verb == "RCPT":
                self.asked += 1
                recipient = line.decode().partition("<")[2].partition(">")[0]
                reply = self.rcpt
                recipient = recipient if reply == OK else ""
            elif verb == "DATA" and recipient:
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                if self.taken.total() >= self.waits_from:
                    await self.goes_on.wait()
                await asyncio.sleep(self.seconds)
                self.taken[recipient] += 1
                self.at.pop(self.taken.total(), lambda: None)()
            elif verb == "DATA":
                reply = b"554 5.5.1 no valid recipients\r\n"
            writer.write(reply)
            if verb == "QUIT":
                break


@asynccontextmanager
async def running(*servers: Mx) -> AsyncIterator[None]:
    for each in servers:
        await each.start()
    try:
        yield
    finally:
        for each in servers:
            each.kill()


def run(database: Database, *servers: Mx, minutes: float = 0) -> DeliveryReport:
    async def ran() -> DeliveryReport:
        async with running(*servers):
            return await sent(database, *(each.relay() for each in servers), minutes=minutes)

    return asyncio.run(ran())


async def sent(
    database: Database, *relays: Relay, minutes: float = 0, turns: Turns | None = None
) -> DeliveryReport:
    ledger = a_ledger(database, now=NOW + timedelta(minutes=minutes))
    return await deliver(ledger, *relays, turns=turns)


def wrong(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(relay_standings.every(connection))


def test_each_takes_its_share_by_weight(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody is left behind because this machine stood still.
    for name in ("_STILL_SECONDS", "_OPENING_SECONDS", "_SLOW_SECONDS"):
        monkeypatch.setattr(shares, name, 3600.0)
    queue(database, 200)
    heavy, light = Mx(), Mx()

    async def ran() -> DeliveryReport:
        async with running(heavy, light):
            return await sent(database, heavy.relay(3), light.relay(1))

    assert asyncio.run(ran()) == DeliveryReport(accepted=200)
    assert heavy.taken.total() + light.taken.total() == 200
    assert abs(heavy.taken.total() - 150) <= 10
    assert not heavy.taken.keys() & light.taken.keys()


def test_shares_are_kept_from_run_to_run(database: Database) -> None:
    """Else the quickest to answer would get all of what comes by ones."""
    servers, turns = (Mx(), Mx()), Turns()

    async def ran() -> None:
        async with running(*servers):
            for number in range(12):
                [*_, person] = people(number + 1)
                queue(database, known=subscribe(database, person))
                await sent(database, *(each.relay() for each in servers), turns=turns)

    asyncio.run(ran())
    assert [each.taken.total() for each in servers] == [6, 6]


def test_one_that_is_down_leaves_its_share_to_the_others(database: Database) -> None:
    queue(database, 60)
    here, gone = Mx(), Mx()

    async def ran() -> DeliveryReport:
        async with running(here):
            return await sent(database, gone.relay(9), here.relay(1))

    assert asyncio.run(ran()) == DeliveryReport(accepted=60)
    assert here.taken.total() == 60
    assert wrong(database) == {gone.relay().name}


def test_where_all_are_down_each_is_told_of(database: Database) -> None:
    queue(database, 3)
    servers = Mx(), Mx()
    for minutes in (0, 0.1):
        report = asyncio.run(sent(database, *(each.relay() for each in servers), minutes=minutes))
        assert all(f":{each.port}" in str(report.problem) for each in servers)
    assert {one.state for one in outbox(database)} == {DeliveryState.QUEUED}


def test_one_killed_amid_a_run_costs_nobody_a_mail(database: Database) -> None:
    queue(database, 150)
    first, second = Mx(), Mx()
    first.at[50] = first.kill
    report = run(database, first, second)
    assert report.accepted + report.in_doubt == 150
    assert report.problem is None
    # In doubt is what was on the wire, one message a connection.
    assert report.in_doubt <= 4
    first.at.clear()
    later = run(database, first, second, minutes=60)
    assert later.accepted == report.in_doubt
    copies = first.taken + second.taken
    assert len(copies) == 150
    # Taken and not answered for: at most once more, by whichever server.
    assert copies.total() - 150 <= report.in_doubt
    assert max(copies.values()) <= 2


def test_one_that_comes_back_has_its_share_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (relay_standing, pool):
        monkeypatch.setattr(module, "AWAY_PAUSE", timedelta(seconds=0.2))
    queue(database, 240)
    came_back = asyncio.Event()
    first, second = Mx(seconds=0.01), Mx(seconds=0.01, waits_from=60, goes_on=came_back)

    async def ran() -> DeliveryReport:
        async with running(first, second):
            first.at[20] = first.kill
            second.at[60] = lambda: tasks.append(asyncio.create_task(first.start()))
            # The other one waits for it, so that there is something left to be shared.
            first.at[21] = came_back.set
            ledger = a_ledger(database)
            ledger.clock = lambda: NOW + timedelta(seconds=time.monotonic() - started)
            return await deliver(ledger, first.relay(), second.relay())

    tasks: list[asyncio.Task[None]] = []
    started = time.monotonic()
    report = asyncio.run(ran())
    assert report.accepted + report.in_doubt == 240
    assert report.in_doubt <= 4
    assert first.taken.total() > 60
    assert wrong(database) == set()


def test_one_that_refuses_us_gets_a_trial_now_and_then(database: Database) -> None:
    queue(database, 100)
    strict, other = Mx(rcpt=LIMIT), Mx()
    report = run(database, strict, other)
    assert report.problem is None
    assert report.accepted + report.deferred == 100
    assert MOST_IN_A_ROW <= strict.asked <= MOST_IN_A_ROW + 16
    assert report.deferred == strict.asked
    assert wrong(database) == {strict.relay().name}

    asked = strict.asked
    assert run(database, strict, other, minutes=7).accepted in (asked - 1, asked)
    assert strict.asked in (asked, asked + 1)

    strict.rcpt = OK
    run(database, strict, other, minutes=120)
    assert {one.state for one in outbox(database)} == {DeliveryState.ACCEPTED}
    assert set((strict.taken + other.taken).values()) == {1}
