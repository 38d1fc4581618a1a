"""What is noticed is logged, held and written down: one incident, whoever met it."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from feeds.errors import BucketError, PublishError, StoreBusy, StoreError
from feeds.storage.database import Database
from notifier.incidents.incident import CALM, Incident, IncidentKind, Trouble
from notifier.incidents.journal import Journal, Repeats
from notifier.storage.watched import incidents
from tests.outbox import NOW

MINUTE = timedelta(minutes=1)
RELAY = Trouble(kind=IncidentKind.RELAY_AWAY, subject="the relay", problem="refused")
SOURCE = Trouble(kind=IncidentKind.SOURCE, subject="news", problem="403")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return (self.now - NOW).total_seconds()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(database: Database, clock: Clock) -> Journal:
    return Journal(database, "one", clock, wait=MINUTE, steady=clock.seconds)


def another(database: Database, clock: Clock) -> Journal:
    return Journal(database, "two", clock, wait=MINUTE, steady=clock.seconds)


def stored(database: Database) -> list[Incident]:
    with database.reading() as connection:
        return incidents.since(connection, NOW - timedelta(days=9))


def fail(journal: Journal, job: str, error: Exception) -> None:
    with suppress(type(error)), journal.working(job):
        raise error


def succeed(journal: Journal, job: str) -> None:
    with journal.working(job):
        pass


def test_what_all_nodes_meet_is_one_incident_and_its_end_too(
    database: Database, journal: Journal, clock: Clock
) -> None:
    other = another(database, clock)
    for each in (journal, other):
        each.note(RELAY)
        clock.now += MINUTE
        each.flush()
    [one] = stored(database)
    assert (one.since, one.times, one.problem) == (NOW, 2, "refused")
    assert [each.key for each in journal.lasting()] == [RELAY.key]
    other.only((IncidentKind.RELAY_AWAY,), (), "")
    other.flush()
    assert [each.until for each in stored(database)] == [clock.now]
    assert journal.lasting() == []
    with database.reading() as connection:
        assert incidents.failures(connection)["relay-away"] == 2


def test_what_holds_is_met_once_and_what_holds_no_more_is_over(
    database: Database, journal: Journal, clock: Clock
) -> None:
    for _ in range(5):
        journal.only((IncidentKind.SOURCE,), [SOURCE], "")
        journal.flush()
        clock.now += MINUTE
    [one] = stored(database)
    assert (one.times, one.seen_at) == (1, NOW + 4 * MINUTE)
    # Of another process, which knows nothing yet; and of another node it is none.
    fresh = another(database, clock)
    fresh.only((IncidentKind.SOURCE,), (), "two")
    assert fresh.lasting() != []
    fresh.only((IncidentKind.SOURCE,), (), "")
    assert fresh.lasting() == []


def test_what_comes_and_goes_is_one_incident(
    database: Database, journal: Journal, clock: Clock
) -> None:
    for pause in (MINUTE, MINUTE, CALM * MINUTE):
        journal.note(RELAY)
        journal.flush()
        journal.well(*RELAY.key)
        journal.flush()
        clock.now += pause
    journal.note(RELAY)
    journal.flush()
    assert [(one.times, one.until is None) for one in stored(database)] == [(3, False), (1, True)]


def test_a_beat_in_which_all_is_well_writes_nothing(
    database: Database, journal: Journal, clock: Clock
) -> None:
    succeed(journal, "publish")
    journal.flush()
    with database.reading() as connection:
        assert incidents.ends(connection) == {("publish", "one"): NOW}
    clock.now += MINUTE / 2
    succeed(journal, "publish")
    journal.flush()
    with database.reading() as connection:
        assert incidents.ends(connection) == {("publish", "one"): NOW}
    clock.now += MINUTE
    journal.flush()
    with database.reading() as connection:
        assert incidents.ends(connection) == {("publish", "one"): NOW + MINUTE / 2}
        assert incidents.failures(connection).keys() == set(IncidentKind)
    succeed(journal, "publish")
    journal.close()
    with database.reading() as connection:
        assert incidents.ends(connection) == {("publish", "one"): clock.now}


def test_that_all_is_well_here_ends_nothing_that_another_meets_later(
    database: Database, journal: Journal, clock: Clock
) -> None:
    journal.well(*RELAY.key)
    journal.flush()
    other = another(database, clock)
    other.note(RELAY)
    other.flush()
    journal.note(SOURCE)
    journal.flush()
    assert {one.kind for one in journal.lasting()} == {RELAY.kind, SOURCE.kind}


@pytest.mark.parametrize(
    ("error", "kind", "subject"),
    [
        (StoreError("the disk is full"), IncidentKind.STORE, ""),
        (PublishError("no such folder"), IncidentKind.PUBLISHING, ""),
        (BucketError("s3://b", "no such key"), IncidentKind.BUCKET, "s3://b"),
        (ZeroDivisionError("a bug"), IncidentKind.JOB, "publish"),
    ],
)
def test_a_job_that_fails_is_told_by_what_is_wrong_until_it_works(
    database: Database, journal: Journal, error: Exception, kind: IncidentKind, subject: str
) -> None:
    with capture_logs() as logs:
        fail(journal, "publish", error)
    [one] = journal.lasting()
    assert (one.kind, one.subject) == (kind, subject)
    assert str(error) in one.problem
    # What is expected is a line; a bug has all there is to know.
    [said] = logs
    assert (said["exc_info"] is error) == isinstance(error, ZeroDivisionError)
    succeed(journal, "publish")
    journal.flush()
    assert [one.until is None for one in stored(database)] == [False]


def test_what_another_is_at_is_no_failure_and_no_end(database: Database, journal: Journal) -> None:
    fail(journal, "publish", StoreBusy("publish", "pid 7"))
    journal.flush()
    assert journal.since(NOW - MINUTE) == []
    with database.reading() as connection:
        assert incidents.ends(connection) == {}


class Away:
    """A store that can be used while it is there."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.can: set[str] = {"reading", "writing"}

    def __getattr__(self, name: str) -> object:
        if name in {"reading", "writing"} - self.can:
            raise StoreError("the disk is full")
        return getattr(self.database, name)


@pytest.mark.parametrize("can", [set[str](), {"reading"}])
def test_what_cannot_be_written_is_held_and_told_and_written_once_it_can(
    database: Database, clock: Clock, can: set[str]
) -> None:
    away = Away(database)
    journal = Journal(away, "one", clock, wait=MINUTE, steady=clock.seconds)  # type: ignore[arg-type] # in its place
    journal.note(SOURCE)
    journal.flush()
    away.can = can
    journal.note(RELAY)
    for _ in range(9):
        journal.flush()
        clock.now += MINUTE
    kinds = {IncidentKind.STORE, IncidentKind.RELAY_AWAY, IncidentKind.SOURCE}
    assert {one.kind for one in journal.lasting()} == kinds
    away.can = {"reading", "writing"}
    journal.flush()
    found = {one.kind: one for one in stored(database)}
    assert found.keys() == kinds
    assert found[IncidentKind.STORE].until == clock.now
    assert (found[IncidentKind.STORE].since, found[IncidentKind.STORE].times) == (NOW, 1)
    assert found[IncidentKind.RELAY_AWAY].until is None
    with database.reading() as connection:
        assert incidents.failures(connection)["store"] == 1


def test_who_only_answers_learns_by_itself_that_the_store_is_back(
    database: Database, clock: Clock
) -> None:
    away = Away(database)
    journal = Journal(away, "one", clock, wait=MINUTE, steady=clock.seconds)  # type: ignore[arg-type]
    away.can = set()
    assert [one.kind for one in journal.lasting()] == [IncidentKind.STORE]
    away.can = {"reading", "writing"}
    assert [one.kind for one in journal.lasting()] == [IncidentKind.STORE]
    clock.now += MINUTE
    assert journal.lasting() == []


def test_what_is_told_is_on_record(database: Database, journal: Journal) -> None:
    journal.note(RELAY)
    [one] = journal.lasting()
    journal.told(replace(one, told_at=NOW))
    journal.flush()
    assert [each.told_at for each in stored(database)] == [NOW]
    [known] = journal.since(NOW)
    journal.told(replace(known, over_told_at=NOW + MINUTE))
    journal.flush()
    assert [each.over_told_at for each in stored(database)] == [NOW + MINUTE]


def test_what_is_long_over_is_forgotten_and_its_failures_stay_counted(
    database: Database, journal: Journal, clock: Clock
) -> None:
    journal.note(RELAY)
    journal.note(SOURCE)
    journal.well(*RELAY.key)
    succeed(journal, "publish")
    journal.flush()
    with database.writing() as connection:
        incidents.forget(connection, NOW + MINUTE)
        assert [one.kind for one in incidents.lasting(connection)] == [SOURCE.kind]
        assert incidents.failures(connection)["relay-away"] == 1
        assert incidents.ends(connection) == {}


def test_what_lasts_is_logged_at_growing_pauses_with_its_count() -> None:
    clock = Clock()
    repeats, said = Repeats(clock.seconds), list[int]()
    while clock.now - NOW < timedelta(days=1):
        said.append(repeats.heard("relay", "refused"))
        clock.now += timedelta(seconds=5)
    # As it is met every five seconds: 17,280 times a day.
    lines = [*filter(None, said)]
    assert lines[:4] == [1, 12, 24, 48]
    assert len(lines) == 12
    assert repeats.heard("relay", "timed out") > 1
    assert repeats.ended("relay")
    assert not repeats.ended("relay")
