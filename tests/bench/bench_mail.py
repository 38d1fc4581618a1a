"""How fast planned digests reach a mail server, beside aiosmtplib with a message built per mail.

Run it with ``python -m tests.bench.bench_mail [DIGESTS]``. Ours plans, claims, composes, renders,
sends and records, on each engine; the peer is given the finished texts, builds an
`EmailMessage` for every reader and sends it over as many connections. Both send to Postfix's
smtp-sink.
"""

import asyncio
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from feeds.model import Item, TopicKind, TopicRef
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.digest.plan import Planner
from notifier.digest.render import Renderer
from notifier.errors import MessageRefused
from notifier.mail.lines import WholeLines
from notifier.mail.send import deliver
from notifier.mail.smtp.relay import Relay
from notifier.model import Skip
from notifier.storage import VERSIONS, subscribers
from notifier.storage.sending import Claimed
from tests import services
from tests.bench.peer_mail import Letter, letters, send
from tests.builders import a_subscriber, some_news
from tests.digests import MOST_BYTES
from tests.items import a_site
from tests.outbox import NOW, SENDER, a_ledger, contents, store, wanted

ROOT = Path(__file__).parents[2]
DIGESTS = 10_000
CONNECTIONS = 10
#: What the organisation publishes in about three days.
ITEMS = 40
#: What is asked for.
RATIO = 2.0
DUE = datetime(2026, 11, 24, 6, tzinfo=UTC)
#: The same readers and news every time.
SEED = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    planned: float
    sent: float

    @property
    def total(self) -> float:
        return self.planned + self.sent


def fill_store(database: Database, taxonomy: Taxonomy, readers: int) -> None:
    """Readers who follow one to three fields, the favourites more often; then a day of news."""
    chance = random.Random(SEED)
    fields = [topic.ref for topic in taxonomy.topics if topic.ref.kind is TopicKind.FIELD]
    weights = [1 / rank for rank in range(1, len(fields) + 1)]
    readers_of = (
        a_subscriber(
            public_id=f"reader{number}",
            address=f"reader{number}@example.org",
            topics=dict.fromkeys(chance.choices(fields, weights, k=chance.choice((1, 1, 2, 3)))),
        )
        for number in range(readers)
    )
    with database.writing() as connection:
        for person in readers_of:
            subscribers.put(connection, wanted(person), public_id=person.public_id, now=NOW)
    store(database, *some_items(chance, fields, weights))


def some_items(
    chance: random.Random, fields: Sequence[TopicRef], weights: Sequence[float]
) -> list[Item]:
    """News on every field, so that everybody gets some, and more on the favourites."""
    about = [{field} for field in fields]
    about += [set(chance.choices(fields, weights, k=2)) for _ in range(len(fields), ITEMS)]
    return [
        some_news(number=number, topics=frozenset(topics))
        for number, topics in enumerate(about, start=1)
    ]


def ours(database: Database, taxonomy: Taxonomy, port: int) -> tuple[Timing, list[Letter]]:
    """Seconds to plan what is due, and to make and send what was planned; and what was sent."""
    planner = Planner(database=database, moved=taxonomy.moved, zone=ZoneInfo("UTC"))
    renderer = Renderer(SENDER, Named(a_site(), taxonomy), most_bytes=MOST_BYTES)
    made = contents(database, renderer.render, taxonomy.moved)
    sent: list[tuple[Claimed, bytes]] = []

    def compose(claimed: Sequence[Claimed]) -> list[WholeLines | Skip | MessageRefused]:
        found = made.compose(claimed)
        pairs = zip(claimed, found, strict=True)
        sent.extend((one, bytes(each)) for one, each in pairs if isinstance(each, WholeLines))
        return found

    transport = Relay(
        host="127.0.0.1",
        port=port,
        security="none",
        connections=CONNECTIONS,
        messages_per_connection=1_000_000,
    )
    started = time.perf_counter()
    planned = planner.plan(now=DUE)
    between = time.perf_counter()
    report = asyncio.run(deliver(a_ledger(database, now=DUE, compose=compose), transport))
    ended = time.perf_counter()
    if not report.accepted == planned.planned > 0:
        raise AssertionError(f"{planned} but {report}")
    return Timing(planned=between - started, sent=ended - between), letters(database, sent)


@contextmanager
def fresh_store(engine: str) -> Iterator[Database]:
    """A migrated store of its own on either engine."""
    with TemporaryDirectory(prefix="fieldfare-") as folder, ExitStack() as stack:
        url = f"sqlite:///{folder}/store.db"
        if engine == "postgresql":
            server = stack.enter_context(services.postgres())
            url = stack.enter_context(server.database())
        database = Database.open(url, VERSIONS)
        stack.callback(database.close)
        database.migrate()
        yield database


def measure(engine: str, count: int) -> float:
    """Prints what became of ``count`` digests on one engine; returns the ratio to the peer."""
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    with fresh_store(engine) as database, services.smtp_sink() as sink:
        fill_store(database, taxonomy, count)
        own, work = ours(database, taxonomy, sink.port)
        theirs = send(work, sink.port, CONNECTIONS)
    sent = len(work)
    distinct = len({letter.rendered.html for letter in work})
    print(f"{engine}: {sent:,} digests, {distinct:,} of them distinct, {CONNECTIONS} connections")
    print(f"  planned                    {own.planned:7.2f} s {sent / own.planned:9,.0f}/s")
    print(f"  made, sent, recorded       {own.sent:7.2f} s {sent / own.sent:9,.0f}/s")
    print(f"  together                   {own.total:7.2f} s {sent / own.total:9,.0f}/s")
    print(f"  peer: EmailMessage a mail  {theirs:7.2f} s {sent / theirs:9,.0f}/s")
    print(f"  ratio {theirs / own.total:.2f} (asked for: {RATIO:.0f})")
    return theirs / own.total


def main(count: int = DIGESTS) -> bool:
    """Whether the ratio asked for was reached on the default engine."""
    on_default = measure("sqlite", count)
    measure("postgresql", count)
    return on_default >= RATIO


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
