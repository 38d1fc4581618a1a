"""How fast the digests of a million people are planned, and what it costs where nobody is due.

Run it with ``python -m tests.bench.bench_plan [PEOPLE]``. Each follows four of some thousand
selections, the favourites more often; 200 items came since their last digest. Measured on each
engine: to match and to plan, in a process of its own, and a beat that finds nothing.
"""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text

from feeds.model import TopicKind
from feeds.selection import Selection
from feeds.storage.database import Database
from feeds.storage.engines import upsert
from feeds.storage.tables import counters
from feeds.taxonomy import Taxonomy
from notifier.digest.plan import Planner
from notifier.storage import VERSIONS
from notifier.storage import tables as t
from tests.bench.bench_mail import ROOT, fresh_store
from tests.builders import some_news
from tests.outbox import NOW, store

PEOPLE = 1_000_000
CHOICES = 4
ITEMS = 200
#: What is asked for.
MOST_SECONDS, MOST_BYTES, MOST_IDLE_SECONDS = 15, 250_000_000, 0.002
#: What nobody has a machine for, at the slope that is measured.
ON_PAPER = 10_000_000
DUE = datetime(2026, 11, 24, 6, tzinfo=UTC)
BEATS = 200
SEED = 2026
_AT_ONCE = 20_000


def queries(taxonomy: Taxonomy) -> list[str]:
    """Every field and issuer, and each field together with each of many issuers."""
    fields = [topic.ref for topic in taxonomy.topics if topic.ref.kind is TopicKind.FIELD]
    issuers = [topic.ref for topic in taxonomy.topics if topic.ref.kind is TopicKind.ISSUER]
    pairs = (frozenset({field, issuer}) for issuer in issuers for field in fields)
    alone = (frozenset({topic}) for topic in (*fields, *issuers))
    return [Selection(topics).query for topics in (*alone, *pairs)]


def fill(database: Database, taxonomy: Taxonomy, people: int) -> int:
    """All of them follow something since before the items came; how many selections there are."""
    chance = random.Random(SEED)
    known = queries(taxonomy)
    weights = [*accumulate(1 / rank for rank in range(1, len(known) + 1))]
    keys = range(1, len(known) + 1)
    with database.writing() as connection:
        rows = [{"id": key, "query": query} for key, query in zip(keys, known, strict=True)]
        connection.execute(insert(t.selections), rows)
        cadence = {"id": 1, "frequency": "daily", "minute": 420, "weekdays": "1234567"}
        cadence |= {"timezone": "Europe/Vienna", "first": date.min, "cursor": 0}
        connection.execute(
            insert(t.cadences), [{**cadence, "quiet_minutes": 0, "due_at": DUE, "period": ""}]
        )
        upsert(connection, counters, [{"name": "matched", "value": 0}])
    numbers = iter(range(1, people + 1))
    while some := list(islice(numbers, _AT_ONCE)):
        with database.writing() as connection:
            connection.execute(insert(t.subscribers), list(map(_person, some)))
            connection.execute(insert(t.coverage), list(map(_covered, some)))
            chosen = (
                (number, key)
                for number in some
                for key in set(chance.choices(keys, cum_weights=weights, k=CHOICES))
            )
            connection.execute(insert(t.subscriptions), list(_followed(chosen)))
    fields = [topic.ref for topic in taxonomy.topics if topic.ref.kind is TopicKind.FIELD]
    issuers = [topic.ref for topic in taxonomy.topics if topic.ref.kind is TopicKind.ISSUER]
    news = (
        some_news(number=n, topics=frozenset({chance.choice(fields), chance.choice(issuers)}))
        for n in range(1, ITEMS + 1)
    )
    store(database, *news)
    with database.writing() as connection:
        # As PostgreSQL does by itself after a while.
        connection.execute(text("ANALYZE"))
    return len(known)


def _person(number: int) -> dict[str, object]:
    return {
        "id": number,
        "public_id": f"p{number:010}",
        "address": f"reader{number}@example.org",
        "address_key": f"reader{number}@example.org",
        "language": "en",
        "timezone": "Europe/Vienna",
        "state": "active",
        "epoch": 1,
        "created_at": NOW,
    }


def _covered(number: int) -> dict[str, object]:
    return {"subscriber": number, "frequency": "daily", "cadence": 1, "cursor": 0, "period": ""}


def _followed(chosen: Iterator[tuple[int, int]]) -> Iterator[dict[str, object]]:
    for position, (number, key) in enumerate(chosen):
        yield {
            "subscriber": number,
            "selection": key,
            "since": 0,
            "reached": 0,
            "frequency": "daily",
            "position": position % CHOICES,
        }


def plan(url: str) -> None:
    """In a process of its own: prints seconds, the most bytes in memory, and seconds of a beat."""
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    database = Database.open(url, VERSIONS)
    planner = Planner(database=database, moved=taxonomy.moved, zone=ZoneInfo("UTC"))
    started = time.perf_counter()
    report = planner.plan(now=DUE)
    seconds = time.perf_counter() - started
    peak = most_bytes()
    started = time.perf_counter()
    for beat in range(BEATS):
        planner.plan(now=DUE + timedelta(seconds=beat + 1))
    idle = (time.perf_counter() - started) / BEATS
    database.close()
    print(report.planned, sum(report.skipped.values()), seconds, peak, idle)


def most_bytes() -> int:
    """The most that this program had in memory. What getrusage(2) tells, ru_maxrss, is kept through
    exec(2): it is at least what the program had that started this one.
    """
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def measure(engine: str, people: int) -> bool:
    """Prints what it takes on one engine; whether that is within what is asked for."""
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    with fresh_store(engine) as database:
        known = fill(database, taxonomy, people)
        url = database.engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.bench.bench_plan", "plan", url]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    planned, skipped, seconds, peak, idle = map(float, done.stdout.split())
    if planned + skipped != people:
        raise AssertionError(f"{planned} and {skipped} of {people}")
    most = MOST_SECONDS * people / PEOPLE
    print(f"{engine}: {people:,} people, {known:,} selections, {ITEMS} items")
    print(f"  planned      {seconds:7.2f} s (asked for: {most:.1f}), {planned:,.0f} to be sent")
    print(f"  memory       {peak / 1e6:7.0f} MB (asked for: {MOST_BYTES / 1e6:.0f})")
    print(f"  an idle beat {idle * 1000:7.2f} ms (asked for: {MOST_IDLE_SECONDS * 1000:.0f})")
    print(
        f"  on paper     {seconds * ON_PAPER / people:7.0f} s for {ON_PAPER:,} due at one minute;"
    )
    print(f"               one store plans {3600 * people / seconds:,.0f} within an hour")
    return seconds <= most and peak <= MOST_BYTES and idle <= MOST_IDLE_SECONDS


def main(people: int = PEOPLE) -> bool:
    """Whether all that is asked for was reached on both engines."""
    on_default = measure("sqlite", people)
    return measure("postgresql", people) and on_default


if __name__ == "__main__":
    if sys.argv[1:2] == ["plan"]:
        plan(sys.argv[2])
    else:
        sys.exit(not main(*map(int, sys.argv[1:])))
