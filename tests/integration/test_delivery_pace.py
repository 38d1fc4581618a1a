"""Mails go as fast as whoever takes them bears it, and nobody waits for somebody slow."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from feeds.storage.database import Database
from notifier.mail.flow.turns import Turns
from notifier.mail.send import DeliveryReport, deliver
from notifier.mail.smtp.relay import Relay
from notifier.model import DeliveryState
from tests.outbox import a_ledger, outbox, people, queue, subscribe

CONNECTIONS = 10
PATIENCE_SECONDS = 60
Answer = Callable[[str], Awaitable[bytes]]


@dataclass
class Answering:
    """A mail server that asks ``answer`` what to say to each recipient, and pipelines."""

    answer: Answer
    asked: Counter[str] = field(default_factory=Counter)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].decode().upper().strip()
            if verb == "RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                self.asked[recipient] += 1
                reply = await self.answer(recipient)
                recipient = recipient if reply.startswith(b"250") else ""
            elif verb == "DATA" and recipient:
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                reply = b"250 2.0.0 taken\r\n"
            elif verb == "DATA":
                reply = b"554 5.5.1 no valid recipients\r\n"
            else:
                reply = b"250-here\r\n250 PIPELINING\r\n" if verb == "EHLO" else b"250 ok\r\n"
            writer.write(reply)
            if verb == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[tuple[Answering, Relay]]:
    here = Answering(answer)
    server = await asyncio.start_server(here.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield here, Relay(host="127.0.0.1", port=port, security="none", connections=CONNECTIONS)


def test_a_server_that_takes_so_many_a_second_is_not_stormed(
    database: Database, begun: dict[str, float]
) -> None:
    """977 of 1,000 offers were refused in 0.7 seconds, and so were they again."""
    queue(database, 150)
    limit, second = 40, Counter[int]()

    async def answer(recipient: str) -> bytes:
        now = int(begun[recipient])
        second[now] += 1
        return b"250 ok\r\n" if second[now] <= limit else b"454 4.7.0 Throttling failure: rate\r\n"

    async def run() -> tuple[DeliveryReport, int]:
        async with serving(answer) as (here, relay):
            report = await deliver(a_ledger(database), relay)
            return report, here.asked.total()

    report, offers = asyncio.run(run())
    assert report.accepted + report.deferred == 150
    # One for each session, and one begun behind it, each time it is found out how much is too much.
    assert offers - report.accepted <= 3 * 2 * CONNECTIONS
    assert report.accepted >= 90


def spread(database: Database, counts: dict[str, int]) -> None:
    """So many mails to each domain, one domain's after the other's."""
    domains = [domain for domain, count in counts.items() for _ in range(count)]
    wanted = [
        replace(person, address=f"{person.public_id}@{domain}")
        for person, domain in zip(people(len(domains)), domains, strict=True)
    ]
    queue(database, known=subscribe(database, *wanted))


def test_slow_domains_do_not_hold_up_the_others(database: Database) -> None:
    """Ten slow domains held 500 others for 31 seconds."""
    slow = {f"slow{number}.example": 40 for number in range(10)}
    spread(database, {**slow, **{f"quick{number}.example": 1 for number in range(200)}})
    taken, others_went, held_up = Counter[str](), asyncio.Event(), list[str]()

    async def answer(recipient: str) -> bytes:
        domain = recipient.partition("@")[2]
        taken[domain] += 1
        if domain not in slow:
            # One may stand behind a slow one in each connection.
            if len(taken) >= len(slow) + 200 - CONNECTIONS:
                others_went.set()
        elif taken[domain] <= 2:
            # How slow they are must be found out, and one more was begun behind that.
            await asyncio.sleep(1.2)
        elif not (held_up or others_went.is_set()):
            try:
                await asyncio.wait_for(others_went.wait(), PATIENCE_SECONDS)
            except TimeoutError:
                held_up.append(domain)
        return b"250 ok\r\n"

    async def run() -> DeliveryReport:
        async with serving(answer) as (_, relay):
            return await deliver(a_ledger(database), relay)

    assert asyncio.run(run()) == DeliveryReport(accepted=600)
    assert not held_up


def test_a_domain_that_says_nothing_does_not_hold_up_the_others(database: Database) -> None:
    """A first hundred of mails to it took all sessions until one of them was answered."""
    spread(database, {"silent.example": 300, **{f"{number}.example": 1 for number in range(200)}})
    others, all_went = Counter[str](), asyncio.Event()

    async def answer(recipient: str) -> bytes:
        domain = recipient.partition("@")[2]
        if domain == "silent.example":
            # It says nothing before the others went.
            await asyncio.wait_for(all_went.wait(), PATIENCE_SECONDS)
            return b"250 ok\r\n"
        others[domain] += 1
        # One may stand behind it in its connection.
        if len(others) >= 200 - 1:
            all_went.set()
        return b"250 ok\r\n"

    async def run() -> DeliveryReport:
        async with serving(answer) as (_, relay):
            return await deliver(a_ledger(database), relay)

    report = asyncio.run(run())
    assert all_went.is_set()
    assert report.accepted >= 200
    left = Counter(one.state for one in outbox(database))
    assert left[DeliveryState.ACCEPTED] == report.accepted
    assert left[DeliveryState.QUEUED] + left[DeliveryState.DEFERRED] == 500 - report.accepted


def test_a_domain_that_refuses_for_rate_holds_nobody_else(database: Database) -> None:
    spread(database, {"strict.example": 300, "other.example": 30})

    async def answer(recipient: str) -> bytes:
        if "@strict" in recipient:
            return b"451 4.7.1 too many messages, slow down, try again in 20 seconds\r\n"
        return b"250 ok\r\n"

    async def run() -> tuple[DeliveryReport, int]:
        async with serving(answer) as (here, relay):
            report = await deliver(a_ledger(database), relay)
            return report, sum(n for who, n in here.asked.items() if "@strict" in who)

    report, offers = asyncio.run(run())
    assert report.accepted == 30
    assert offers <= 4 * CONNECTIONS
    left = Counter(one.state for one in outbox(database))
    assert left[DeliveryState.QUEUED] + left[DeliveryState.DEFERRED] == 300


def test_what_was_learnt_is_known_in_the_next_run(database: Database) -> None:
    queue(database, 40)
    turns = Turns()

    async def answer(recipient: str) -> bytes:
        return b"451 4.7.1 slow down, try again in 40 seconds\r\n"

    async def run() -> int:
        async with serving(answer) as (here, relay):
            for _ in range(3):
                await deliver(a_ledger(database), relay, turns=turns)
            return here.asked.total()

    assert asyncio.run(run()) <= 2 * CONNECTIONS
