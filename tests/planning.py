"""What tests of planning do: plan at a moment, make what was planned, and read what became of it.

Knows a planner and a renderer that only notes. Must never know what a test expects of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from threading import Event
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from feeds.model import TopicRef
from feeds.selection import Selection
from feeds.storage.database import Database
from notifier.digest.plan import Planner, PlanReport
from notifier.mail.lines import WholeLines, encoded
from notifier.mail.message import build
from notifier.model import Cadence, Digest, Followed, Frequency, Skip, Subscriber
from notifier.storage import senders, sending, subscribers
from notifier.storage import tables as t
from tests.builders import only
from tests.outbox import SENDER, contents

SEVEN = datetime(2026, 11, 24, 6, tzinfo=UTC)
A_DAY = timedelta(days=1)
VIENNA = ZoneInfo("Europe/Vienna")
IMMEDIATE = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=VIENNA)
WEEKLY = Cadence(frequency=Frequency.WEEKLY, minute=420, zone=VIENNA, weekdays=frozenset({1}))


@dataclass
class Printer:
    """Renders digests as lists of item numbers, and remembers which."""

    digests: list[Digest] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    fails_for: str = ""

    def __call__(
        self,
        digest: Digest,
        *,
        follows: tuple[Selection, ...],
        frequency: Frequency,
        day: date,
        language: str,
    ) -> bytes:
        if language == self.fails_for:
            raise RuntimeError("no texts")
        self.digests.append(digest)
        self.days.append(day)
        text = " ".join(str(number) for number in numbers(digest))
        return build(
            SENDER, subject=text, language=language, text=[encoded(text)], html=[encoded(text)]
        )


def numbers(digest: Digest) -> list[int]:
    return [item.number for section in digest.sections for item in section.items]


def run(
    database: Database,
    *,
    now: datetime = SEVEN,
    dry_run: bool = False,
    stopping: Event | None = None,
    moved: Mapping[TopicRef, TopicRef] = MappingProxyType({}),
    **changes: Any,
) -> PlanReport:
    planner = Planner(database=database, moved=moved, zone=VIENNA, **changes)
    return planner.plan(now=now, dry_run=dry_run, stopping=stopping)


def made(
    database: Database,
    printer: Printer,
    *,
    now: datetime = SEVEN,
    moved: Mapping[TopicRef, TopicRef] = MappingProxyType({}),
) -> list[Any]:
    """What is made of all that waits to be sent."""
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        claimed = sending.claim(connection, lease, "one", now, 10_000)
        sending.mark(connection, lease, [one.id for one in claimed])
    found = contents(database, printer, moved).compose(claimed)
    return [bytes(each) if isinstance(each, WholeLines) else each for each in found]


def mailed(
    database: Database,
    *,
    now: datetime = SEVEN,
    hold: timedelta = timedelta(),
    **options: Any,
) -> list[list[int]]:
    """The items of each mail that is planned and sent at a moment."""
    run(database, now=now, hold=hold, **options)
    printer = Printer()
    made(database, printer, now=now, **options)
    return [numbers(digest) for digest in printer.digests]


def report(due: int, planned: int = 0, broken: int = 0, **skipped: int) -> PlanReport:
    reasons = {Skip[name.upper()]: count for name, count in skipped.items()}
    return PlanReport(due=due, planned=planned, skipped=reasons, broken=broken)


def everybody(database: Database) -> list[Subscriber]:
    with database.reading() as connection:
        return subscribers.everybody(connection, VIENNA)


def on_record(database: Database) -> list[tuple[Any, ...]]:
    """Subscriber, period, windows, state and the reason why there is no mail."""
    names = ("subscriber", "period", "windows", "state", "reply")
    columns = [t.deliveries.c[name] for name in names]
    with database.reading() as connection:
        rows = connection.execute(select(*columns).order_by(t.deliveries.c.id))
        return [tuple(row) for row in rows]


def cursors(database: Database) -> list[int]:
    query = select(t.coverage.c.cursor).order_by(t.coverage.c.subscriber, t.coverage.c.frequency)
    with database.reading() as connection:
        return list(connection.scalars(query))


def both(person: Subscriber, *others: Cadence, topics: tuple[TopicRef, ...]) -> Subscriber:
    """The same, who follows other topics by other cadences, too."""
    pairs = list(zip(others, topics, strict=True))
    followed = (Followed(selection=only(topic), frequency=each.frequency) for each, topic in pairs)
    cadences = {**person.cadences, **{each.frequency: each for each in others}}
    due = {**person.due, **{each.frequency: SEVEN for each in others}}
    return replace(person, followed=(*person.followed, *followed), cadences=cadences, due=due)
