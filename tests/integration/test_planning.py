"""Whoever is due gets one digest of all that is new to them, whoever plans and however late."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Event, Thread
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, insert, select, update
from structlog.testing import capture_logs

from feeds.model import Fresh, TopicKind, TopicRef
from feeds.storage.database import Database
from notifier.digest.plan import CHUNK, Planner, PlanReport
from notifier.mail.lines import encoded
from notifier.mail.message import build
from notifier.model import Cadence, DeliveryState, Digest, Frequency, Skip, Subscriber
from notifier.storage import deliveries, subscribers, suppressions
from notifier.storage import tables as t
from notifier.storage.suppressions import Suppression
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, a_subscriber, some_news
from tests.outbox import KEYED, LINKS, NOW, SENDER, outbox, people, store, subscribe

SEVEN = datetime(2026, 11, 24, 6, tzinfo=UTC)
A_DAY = timedelta(days=1)
VIENNA = ZoneInfo("Europe/Vienna")
IMMEDIATE = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=VIENNA)


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
        topics: tuple[TopicRef, ...],
        frequency: Frequency,
        day: date,
        language: str,
    ) -> bytes:
        if language == self.fails_for:
            raise RuntimeError("no texts")
        self.digests.append(digest)
        self.days.append(day)
        text = " ".join(str(number) for number in numbers(digest))
        lines = [encoded(text)]
        return build(SENDER, subject=text, language=language, text=lines, html=lines)


def numbers(digest: Digest) -> list[int]:
    return [item.number for section in digest.sections for item in section.items]


def run(
    database: Database,
    printer: Printer | None = None,
    *,
    now: datetime = SEVEN,
    dry_run: bool = False,
    stopping: Event | None = None,
    moved: Mapping[TopicRef, TopicRef] = MappingProxyType({}),
) -> PlanReport:
    planner = Planner(
        database=database,
        moved=moved,
        render=printer or Printer(),
        links=LINKS,
        keyed=KEYED,
        domain="news.example.org",
        max_items=50,
        zone=VIENNA,
    )
    return planner.plan(now=now, dry_run=dry_run, stopping=stopping)


def report(due: int, planned: int = 0, broken: int = 0, **skipped: int) -> PlanReport:
    reasons = {Skip[name.upper()]: count for name, count in skipped.items()}
    return PlanReport(due=due, planned=planned, skipped=reasons, broken=broken)


def everybody(database: Database) -> list[Subscriber]:
    with database.reading() as connection:
        return [
            one for one in subscribers.everybody(connection, VIENNA) if isinstance(one, Subscriber)
        ]


def on_record(database: Database) -> list[tuple[Any, ...]]:
    """Subscriber, period, after, upto, items and the reason why there is no mail."""
    with database.reading() as connection:
        rows = connection.execute(
            select(t.digests).order_by(t.digests.c.subscriber, t.digests.c.period)
        )
        return [tuple(row)[:-1] for row in rows]


def test_nobody_is_due_too_early(database: Database) -> None:
    subscribe(database, a_subscriber())
    store(database, some_news())
    assert run(database, now=SEVEN - timedelta(seconds=1)) == report(0)
    assert outbox(database) == []


def test_who_is_due_gets_what_is_new_and_is_due_again_tomorrow(database: Database) -> None:
    store(database, some_news(number=1))
    subscribe(database, a_subscriber())
    store(database, *[some_news(number=number) for number in (2, 3)])
    printer = Printer()
    assert run(database, printer) == report(1, planned=1)
    assert [numbers(digest) for digest in printer.digests] == [[3, 2]]
    assert on_record(database) == [(1, "2026-11-24", 1, 3, 2, None)]
    [delivery] = outbox(database)
    assert (delivery.state, delivery.due_at) == (DeliveryState.QUEUED, SEVEN)
    [person] = everybody(database)
    assert (person.cursor, person.due_at) == (3, SEVEN + A_DAY)


def test_the_message_names_its_reader_their_links_and_its_date(database: Database) -> None:
    [person] = subscribe(database, a_subscriber(address="Reader@müller.example"))
    store(database, some_news())
    run(database)
    [delivery] = outbox(database)
    with database.reading() as connection:
        copy = deliveries.personal_copy(connection, person.public_id, "2026-11-24")
    assert copy is not None
    assert b"To: Reader@xn--mller-kva.example\r\n" in copy
    assert f"<{LINKS.unsubscribe(person.public_id, 1)}>".encode() in copy
    assert b"Date: Tue, 24 Nov 2026 06:00:00 +0000\r\n" in copy
    assert f"Message-ID: {delivery.message_id}\r\n".encode() in copy
    assert person.public_id not in delivery.message_id
    assert delivery.message_id.endswith("@news.example.org>")


def test_nothing_new_is_no_mail_and_the_reason_is_on_record(database: Database) -> None:
    subscribe(database, a_subscriber(topics=(HUMAN_RIGHTS,)))
    store(database, some_news(topics=frozenset({POLICING})))
    assert run(database) == report(1, nothing_new=1)
    assert on_record(database) == [(1, "2026-11-24", 0, 1, 0, "nothing-new")]
    assert [person.cursor for person in everybody(database)] == [1]


def test_planning_again_plans_nothing(database: Database) -> None:
    subscribe(database, *people(3))
    store(database, some_news())
    assert run(database) == report(3, planned=3)
    assert run(database) == report(0)
    assert len(outbox(database)) == 3


def test_after_downtime_one_digest_covers_all_that_was_missed(database: Database) -> None:
    subscribe(database, a_subscriber())
    for number in range(1, 5):
        store(database, some_news(number=number))
    printer = Printer()
    late = SEVEN + 3 * A_DAY + timedelta(hours=2)
    assert run(database, printer, now=late) == report(1, planned=1)
    assert [numbers(digest) for digest in printer.digests] == [[4, 3, 2, 1]]
    assert on_record(database)[0][1] == "2026-11-27"
    assert everybody(database)[0].due_at == SEVEN + 4 * A_DAY


def test_each_item_is_in_one_digest_and_no_more(database: Database) -> None:
    subscribe(database, a_subscriber())
    printer = Printer()
    for day in range(3):
        store(database, some_news(number=day * 2 + 1), some_news(number=day * 2 + 2))
        run(database, printer, now=SEVEN + day * A_DAY)
    assert [numbers(digest) for digest in printer.digests] == [[2, 1], [4, 3], [6, 5]]


def test_an_archive_is_not_mailed(database: Database) -> None:
    subscribe(database, a_subscriber())
    store(database, some_news(), fresh=Fresh.ARCHIVE)
    assert run(database) == report(1, nothing_new=1)


def test_an_immediate_reader_gets_each_item_and_no_row_for_those_of_others(
    database: Database,
) -> None:
    subscribe(database, a_subscriber(cadence=IMMEDIATE, due_at=None, topics=(POLICING,)))
    store(database, some_news(number=1, topics=frozenset({HUMAN_RIGHTS})))
    assert run(database, now=NOW) == report(1, nothing_new=1)
    assert on_record(database) == []
    assert run(database, now=NOW) == report(0)
    store(database, some_news(number=2))
    assert run(database, now=NOW) == report(1, planned=1)
    assert on_record(database) == [(1, "n2", 1, 2, 1, None)]


def test_after_an_immediate_mail_what_comes_is_gathered_until_it_was_quiet(
    database: Database,
) -> None:
    quiet = replace(IMMEDIATE, quiet_minutes=10)
    subscribe(database, a_subscriber(cadence=quiet, due_at=NOW))
    printer = Printer()
    for minute, number in enumerate((1, 2, 3)):
        store(database, some_news(number=number))
        run(database, printer, now=NOW + timedelta(minutes=minute))
    run(database, printer, now=NOW + timedelta(minutes=10))
    assert [numbers(digest) for digest in printer.digests] == [[1], [3, 2]]


def test_items_of_others_do_not_make_immediate_mail_wait(database: Database) -> None:
    quiet = replace(IMMEDIATE, quiet_minutes=10)
    subscribe(database, a_subscriber(cadence=quiet, due_at=NOW))
    store(database, some_news(number=1, topics=frozenset({HUMAN_RIGHTS})))
    assert run(database, now=NOW) == report(1, nothing_new=1)
    store(database, some_news(number=2))
    assert run(database, now=NOW) == report(1, planned=1)


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.IMMEDIATE])
def test_what_is_missed_during_a_pause_comes_when_it_ends(
    database: Database, frequency: Frequency
) -> None:
    """Also where the moment kept in the store has come too early."""
    cadence = Cadence(frequency=frequency, minute=420, zone=VIENNA, first=date(2026, 11, 26))
    subscribe(database, a_subscriber(cadence=cadence, due_at=NOW))
    store(database, some_news(number=1))
    assert run(database) == report(1, paused=1)
    assert on_record(database) == []
    store(database, some_news(number=2))
    assert run(database, now=SEVEN + A_DAY) == report(0)
    printer = Printer()
    run(database, printer, now=SEVEN + 2 * A_DAY)
    assert [numbers(digest) for digest in printer.digests] == [[2, 1]]


def test_a_suppressed_address_gets_nothing_and_the_reason_is_on_record(
    database: Database,
) -> None:
    first, second = subscribe(database, *people(2))
    barred = Suppression(
        address_hash=KEYED(first.address.upper()), reason="refused", detail="550", since=NOW
    )
    with database.writing() as connection:
        suppressions.add(connection, [barred])
    store(database, some_news())
    assert run(database) == report(2, planned=1, suppressed=1)
    assert [one.recipient for one in outbox(database)] == [second.address]
    assert on_record(database)[0][5] == "suppressed"


def test_what_comes_after_todays_digest_waits_for_the_next_one(database: Database) -> None:
    """Also where somebody moves their hour to later the same day."""
    subscribe(database, a_subscriber())
    store(database, some_news(number=1))
    run(database)
    evening = Cadence(frequency=Frequency.DAILY, minute=18 * 60, zone=VIENNA)
    due_at = datetime(2026, 11, 24, 17, tzinfo=UTC)
    subscribe(database, a_subscriber(cadence=evening, due_at=due_at))
    store(database, some_news(number=2))
    assert run(database, now=due_at) == report(1, already_planned=1)
    assert (everybody(database)[0].cursor, len(outbox(database))) == (1, 1)
    printer = Printer()
    assert run(database, printer, now=due_at + A_DAY) == report(1, planned=1)
    assert [numbers(digest) for digest in printer.digests] == [[2]]


def test_all_who_get_the_same_share_one_message(database: Database) -> None:
    subscribe(database, *people(4))
    subscribe(database, a_subscriber(topics=(SECRETARIAT,)))
    store(database, some_news())
    printer = Printer()
    run(database, printer)
    assert len(printer.digests) == 2
    with database.reading() as connection:
        counts = Counter(connection.scalars(select(t.deliveries.c.rendering)))
    assert sorted(counts.values()) in ([1, 4], [5])


def test_who_gets_another_digest_gets_a_message_of_their_own(database: Database) -> None:
    """Another hour or zone of the same day changes nothing, all else does."""

    def reader(name: str, **changes: Any) -> Subscriber:
        return a_subscriber(public_id=name, address=f"{name}@example.org", **changes)

    def daily(zone: str, minute: int = 420) -> Cadence:
        return Cadence(frequency=Frequency.DAILY, minute=minute, zone=ZoneInfo(zone))

    both = (POLICING, HUMAN_RIGHTS)
    subscribe(
        database,
        reader("one", topics=both),
        reader("alike", topics=both, cadence=daily("Europe/Rome", 400)),
        reader("language", topics=both, language="de"),
        reader("order", topics=both[::-1]),
        reader("day", topics=both, cadence=daily("Pacific/Honolulu", 20 * 60)),
        reader("frequency", topics=both, cadence=IMMEDIATE, due_at=None),
    )
    store(database, some_news())
    printer = Printer()
    assert run(database, printer) == report(6, planned=6)
    assert len(printer.digests) == 5


def test_who_came_between_the_same_news_shares_a_message(database: Database) -> None:
    """What nobody is mailed lies between their cursors."""
    subscribe(database, *people(1))
    store(database, some_news(number=1), fresh=Fresh.ARCHIVE)
    subscribe(database, a_subscriber())
    store(database, some_news(number=2))
    printer = Printer()
    assert run(database, printer) == report(2, planned=2)
    assert [numbers(digest) for digest in printer.digests] == [[2]]


def test_the_day_is_the_readers_own(database: Database) -> None:
    """At 06:00 UTC it is still Monday evening in Honolulu."""
    there = Cadence(frequency=Frequency.DAILY, minute=20 * 60, zone=ZoneInfo("Pacific/Honolulu"))
    subscribe(database, a_subscriber(cadence=there))
    store(database, some_news())
    printer = Printer()
    run(database, printer)
    assert printer.days == [date(2026, 11, 23)]


def test_one_broken_subscriber_does_not_stop_the_others(database: Database) -> None:
    subscribe(database, *people(4))
    store(database, some_news())
    with database.writing() as connection:
        broken: list[dict[str, Any]] = [{"minute": 9999}, {"language": "xx"}]
        for number, values in enumerate(broken, 1):
            connection.execute(
                update(t.subscribers).where(t.subscribers.c.id == number).values(values)
            )
    assert run(database, Printer(fails_for="xx")) == report(4, planned=2, broken=2)
    assert run(database, Printer(fails_for="xx")) == report(2, broken=2)
    with database.writing() as connection:
        connection.execute(update(t.subscribers).values(minute=420, language="en"))
    assert run(database) == report(2, planned=2)


@pytest.mark.parametrize("lost", ["Mars/Olympus", "Europe"])
def test_whose_zone_is_none_any_more_is_planned_for_in_the_sites(
    database: Database, lost: str
) -> None:
    subscribe(database, *people(2))
    store(database, some_news())
    with database.writing() as connection:
        connection.execute(
            update(t.subscribers).where(t.subscribers.c.id == 1).values(timezone=lost)
        )
    with capture_logs() as logs:
        assert run(database) == report(2, planned=2)
    assert logs == []
    assert [person.due_at for person in everybody(database)] == [SEVEN + A_DAY] * 2


def test_a_dry_run_says_what_would_be_planned_and_changes_nothing(database: Database) -> None:
    subscribe(database, *people(CHUNK + 1))
    store(database, some_news())
    expected = report(CHUNK + 1, planned=CHUNK + 1)
    assert run(database, dry_run=True) == expected
    assert outbox(database) == []
    assert run(database, dry_run=True) == expected
    assert run(database) == expected


def test_a_run_that_is_to_stop_finishes_its_chunk(database: Database) -> None:
    subscribe(database, *people(CHUNK + 1))
    store(database, some_news())
    stopping = Event()

    class Stopper(Printer):
        def __call__(self, *args: object, **kwargs: object) -> bytes:
            stopping.set()
            return super().__call__(*args, **kwargs)  # type: ignore[arg-type]

    assert run(database, Stopper(), stopping=stopping) == report(CHUNK + 1, planned=CHUNK)
    assert run(database) == report(1, planned=1)


def test_a_store_from_a_backup_does_not_stop_digests(database: Database) -> None:
    """Cursors may count items the backup does not know."""
    subscribe(database, a_subscriber())
    with database.writing() as connection:
        connection.execute(update(t.subscribers).values(cursor=1_000))
    store(database, some_news(number=1))
    assert run(database) == report(1, nothing_new=1)
    store(database, some_news(number=2))
    assert run(database, now=SEVEN + A_DAY) == report(1, planned=1)


def test_reads_do_not_grow_with_the_number_of_subscribers(database: Database) -> None:
    def statements(count: int) -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            assert run(database).due == count
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return len(seen)

    subscribe(database, *people(1))
    store(database, some_news())
    few = statements(1)
    subscribe(database, *people(300))
    with database.writing() as connection:
        connection.execute(update(t.subscribers).values(due_at=SEVEN))
        connection.execute(t.digests.delete())
        connection.execute(t.deliveries.delete())
    assert statements(300) <= few


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_two_planners_at_once_plan_everybody_once(database: Database) -> None:
    subscribe(database, *people(2 * CHUNK + 10))
    store(database, some_news())
    start = Barrier(2)
    reports: list[PlanReport] = []

    def work() -> None:
        start.wait()
        reports.append(run(database))

    planners = [Thread(target=work) for _ in range(2)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join()
    assert sum(one.planned for one in reports) <= 2 * CHUNK + 10
    run(database)
    assert len(outbox(database)) == len({one.subscriber for one in outbox(database)})
    assert len(outbox(database)) == 2 * CHUNK + 10


def test_who_leaves_while_their_digest_is_planned_gets_none(database: Database) -> None:
    [person] = subscribe(database, a_subscriber())
    store(database, some_news())

    class Leaver(Printer):
        def __call__(self, *args: object, **kwargs: object) -> bytes:
            with database.writing() as connection:
                assert subscribers.leave(connection, person.public_id, 1, NOW)
            return super().__call__(*args, **kwargs)  # type: ignore[arg-type]

    assert run(database, Leaver()) == report(1)
    assert outbox(database) == []


def test_who_follows_what_was_renamed_or_merged_gets_what_it_is_by_now(
    database: Database,
) -> None:
    """Whether or not the items were filed anew; what left the taxonomy stops nobody's digest."""
    now = {POLICING: SECRETARIAT, HUMAN_RIGHTS: SECRETARIAT, SECRETARIAT: SECRETARIAT}
    gone = TopicRef(TopicKind.FIELD, "gone")
    subscribe(database, a_subscriber(topics=(HUMAN_RIGHTS, gone, POLICING)))
    old = some_news(number=1, topics=frozenset({POLICING}))
    new = some_news(number=2, topics=frozenset({SECRETARIAT}))
    store(database, old, new, some_news(number=3, topics=frozenset()))
    printer = Printer()
    assert run(database, printer, moved=now) == report(1, planned=1)
    [digest] = printer.digests
    assert [section.topic for section in digest.sections] == [SECRETARIAT]
    assert numbers(digest) == [2, 1]


def test_who_follows_both_that_became_one_misses_nothing(database: Database) -> None:
    """One was added later than the other: what it says of the time before is not lost."""
    both = (POLICING, HUMAN_RIGHTS)
    subscribe(database, a_subscriber(topics=(POLICING,)))
    store(database, some_news(number=1, topics=frozenset({POLICING})))
    with database.writing() as connection:
        connection.execute(
            insert(t.selections).values(
                subscriber=1, position=1, kind="field", slug="human-rights", since=1
            )
        )
    store(database, some_news(number=2, topics=frozenset({HUMAN_RIGHTS})))
    printer = Printer()
    merged = dict.fromkeys(both, POLICING)
    assert run(database, printer, moved=merged) == report(1, planned=1)
    assert [numbers(digest) for digest in printer.digests] == [[2, 1]]
