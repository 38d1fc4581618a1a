"""However many are due, and whoever plans meanwhile, everybody is planned for once."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import text, update

from feeds.storage.database import Database
from notifier.digest import plan
from notifier.digest.plan import Planner, PlanReport
from notifier.model import DeliveryState
from notifier.storage import subscribers
from notifier.storage import tables as t
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, a_subscriber, only, some_news
from tests.outbox import NOW, outbox, people, store, subscribe
from tests.planning import (
    A_DAY,
    SEVEN,
    VIENNA,
    Printer,
    made,
    mailed,
    numbers,
    report,
    run,
)
from tests.statements import told


def test_a_dry_run_says_what_would_be_planned_and_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PAGE", 5)
    subscribe(database, *people(11))
    store(database, some_news())
    expected = report(11, planned=11)
    assert run(database, dry_run=True) == expected
    assert outbox(database) == []
    assert run(database, dry_run=True) == expected
    assert run(database) == expected


def test_a_run_that_is_to_stop_finishes_its_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PAGE", 5)
    subscribe(database, *people(8))
    store(database, some_news())
    stopping = Event()
    planner = Planner(database=database, moved={}, zone=VIENNA)

    def progress(done: int, total: int | None) -> None:
        stopping.set()

    first = planner.plan(now=SEVEN, stopping=stopping, progress=progress)
    assert first == report(5, planned=5)
    assert run(database) == report(3, planned=3)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_is_planned_changes_no_index_of_who_is_due_when(database: Database) -> None:
    """PostgreSQL puts what is changed in no column of an index beside what was, where it has room;
    without it all would move, and be in every index anew.
    """
    subscribe(database, *people(200))
    store(database, some_news())
    pages = text("SELECT subscriber, (CAST(CAST(ctid AS text) AS point))[0] FROM coverage")

    def where() -> set[tuple[int, float]]:
        with database.writing() as connection:
            return {(who, page) for who, page in connection.execute(pages)}

    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM FULL coverage"))
    before = where()
    for days in range(3):
        run(database, now=SEVEN + days * A_DAY)
        assert len(where() & before) > 150


def test_a_store_from_a_backup_does_not_stop_digests(database: Database) -> None:
    """Cursors may count changes the backup does not know."""
    subscribe(database, a_subscriber())
    with database.writing() as connection:
        connection.execute(update(t.coverage).values(cursor=1_000))
    store(database, some_news(number=1))
    assert run(database) == report(1, nothing_new=1)
    store(database, some_news(number=2))
    assert run(database, now=SEVEN + A_DAY) == report(1, planned=1)


def test_pages_leave_spread_over_the_minutes_after_the_hour(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few they are, and whichever page they are on: as many a minute."""
    monkeypatch.setattr(plan, "PAGE", 25)
    subscribe(database, *people(60))
    store(database, some_news())
    run(database, spread=timedelta(minutes=30))
    moments = Counter(one.due_at for one in outbox(database))
    assert moments == {SEVEN + timedelta(minutes=each): 2 for each in range(30)}


def test_over_many_hours_they_leave_at_no_more_moments_than_a_statement_names(
    database: Database,
) -> None:
    subscribe(database, *people(120))
    store(database, some_news())
    run(database, spread=timedelta(hours=12))
    moments = sorted({one.due_at for one in outbox(database)})
    assert (len(moments), moments[1] - moments[0]) == (60, timedelta(minutes=12))


def test_statements_do_not_grow_with_the_number_of_subscribers(database: Database) -> None:
    def statements(count: int) -> int:
        with told(database) as seen:
            assert run(database).due == count
        return len(seen)

    subscribe(database, *people(1))
    store(database, some_news())
    few = statements(1)
    subscribe(database, *people(300))
    with database.writing() as connection:
        connection.execute(update(t.cadences).values(due_at=SEVEN))
        connection.execute(update(t.coverage).values(period="", cursor=0))
        connection.execute(t.deliveries.delete())
    assert statements(300) <= few


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_several_planners_at_once_plan_everybody_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PAGE", 50)
    subscribe(database, *people(210))
    store(database, some_news())
    start = Barrier(3)
    reports: list[PlanReport] = []

    def work() -> None:
        start.wait()
        reports.append(run(database))

    planners = [Thread(target=work) for _ in range(3)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join()
    assert sum(each.planned for each in reports) == 210
    assert len({one.subscriber for one in outbox(database)}) == len(outbox(database)) == 210


def test_who_leaves_is_not_planned_for(database: Database) -> None:
    [person, _] = subscribe(database, *people(2))
    store(database, some_news())
    with database.writing() as connection:
        assert subscribers.leave(connection, person.public_id, NOW)
    assert run(database) == report(1, planned=1)


def test_who_left_before_it_was_sent_is_not_mailed(database: Database) -> None:
    [person, _] = subscribe(database, *people(2))
    store(database, some_news())
    run(database)
    with database.writing() as connection:
        assert subscribers.leave(connection, person.public_id, NOW)
    states = [one.state for one in outbox(database)]
    assert states == [DeliveryState.SUPPRESSED, DeliveryState.QUEUED]


def test_who_follows_what_was_renamed_gets_what_it_is_by_now(database: Database) -> None:
    subscribe(database, a_subscriber(topics=(POLICING, HUMAN_RIGHTS)))
    store(database, some_news(number=1, topics=frozenset({POLICING})))
    store(database, some_news(number=2, topics=frozenset({SECRETARIAT})))
    renamed = {POLICING: SECRETARIAT}
    run(database, moved=renamed)
    printer = Printer()
    made(database, printer, moved=renamed)
    [digest] = printer.digests
    assert [section.selection for section in digest.sections] == [only(SECRETARIAT)]
    assert numbers(digest) == [2, 1]


def test_who_follows_both_that_became_one_misses_nothing(database: Database) -> None:
    """One was added later than the other."""
    subscribe(database, a_subscriber(topics=(POLICING,)))
    store(database, some_news(number=1, topics=frozenset({POLICING})))
    subscribe(database, a_subscriber(topics=(POLICING, HUMAN_RIGHTS)))
    store(database, some_news(number=2, topics=frozenset({HUMAN_RIGHTS})))
    merged = dict.fromkeys((POLICING, HUMAN_RIGHTS), POLICING)
    assert mailed(database, moved=merged) == [[2, 1]]


def test_an_idle_beat_asks_few_questions(database: Database) -> None:
    subscribe(database, *people(3))
    store(database, some_news())
    run(database)
    with told(database) as seen:
        assert run(database, now=SEVEN + timedelta(hours=1)) == report(0)
    # Whether all mail is stopped is one of them.
    assert len(seen) <= 7


def planner_process(url: str, page: int) -> subprocess.Popen[bytes]:
    """A process that plans what is due, some people in each transaction."""
    program = (
        "import sys; from zoneinfo import ZoneInfo; from datetime import datetime\n"
        "from feeds.storage.database import Database; from notifier.storage import VERSIONS\n"
        "from notifier.digest import plan; plan.PAGE = int(sys.argv[3])\n"
        "database = Database.open(sys.argv[1], VERSIONS)\n"
        "planner = plan.Planner(database=database, moved={}, zone=ZoneInfo('UTC'))\n"
        "planner.plan(now=datetime.fromisoformat(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", program, url, SEVEN.isoformat(), str(page)]
    return subprocess.Popen(command)


def test_who_is_killed_at_it_leaves_the_rest_to_others(
    database: Database, database_url: str
) -> None:
    """Whatever was not planned is planned by the next one, and nobody twice."""
    chance = random.Random(20261124)
    count = 400
    subscribe(database, *people(count))
    store(database, some_news())
    for _ in range(4):
        killed = planner_process(database_url, 3)
        before = len(outbox(database))
        deadline = time.monotonic() + 30
        while len(outbox(database)) == before < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.05))
        killed.kill()
        killed.wait()
    others = [planner_process(database_url, 50) for _ in range(2)]
    assert [each.wait() for each in others] == [0, 0]
    planned = [one.subscriber for one in outbox(database)]
    assert sorted(planned) == list(range(1, count + 1))
    assert run(database) == report(0)
