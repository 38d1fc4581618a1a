"""How publishing does is known to who asks later: when it worked, when and why it failed."""

from datetime import datetime, timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from feeds.errors import PublishError, StoreBusy, StoreError
from feeds.publish.store.run_notes import noted
from feeds.standing import PublishStanding
from feeds.storage.database import Database
from feeds.storage.published import publish_standing
from tests.items import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def known(database: Database) -> PublishStanding:
    with database.reading() as connection:
        return publish_standing.known(connection)


def succeed(database: Database, at: datetime, stopping: Event | None = None) -> None:
    with noted(database, lambda: at, stopping):
        pass


def fail(database: Database, at: datetime, why: Exception) -> None:
    with pytest.raises(type(why)), noted(database, lambda: at):
        raise why


def test_before_the_first_run_nothing_is_known(database: Database) -> None:
    assert known(database) == PublishStanding()


def test_a_failure_says_when_and_why_until_the_next_and_is_counted_until_a_success(
    database: Database,
) -> None:
    succeed(database, NOON)
    fail(database, NOON + SECOND, PublishError("the disk is full"))
    fail(database, NOON + MINUTE, ValueError("a bug"))
    failed = known(database)
    assert failed == PublishStanding(
        last_success=NOON, last_failure=NOON + MINUTE, problem="ValueError: a bug", failures=2
    )
    succeed(database, NOON + MINUTE + SECOND)
    now = known(database)
    assert (now.last_success, now.failures) == (NOON + MINUTE + SECOND, 0)
    assert (now.last_failure, now.problem) == (failed.last_failure, failed.problem)
    fail(database, NOON + 2 * MINUTE, PublishError("the disk is full"))
    assert (known(database).problem, known(database).failures) == ("the disk is full", 1)


def test_beats_that_find_nothing_to_do_write_no_row_each(database: Database) -> None:
    """And a clock that was set back is believed."""
    succeed(database, NOON)
    succeed(database, NOON + MINUTE - SECOND)
    assert known(database).last_success == NOON
    succeed(database, NOON + MINUTE)
    assert known(database).last_success == NOON + MINUTE
    succeed(database, NOON)
    assert known(database).last_success == NOON


def test_another_at_it_and_a_run_cut_short_are_neither(database: Database) -> None:
    fail(database, NOON, StoreBusy("publish", "somebody"))
    stopping = Event()
    stopping.set()
    succeed(database, NOON, stopping)
    assert known(database) == PublishStanding()


def test_what_cannot_be_noted_is_told_and_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(publish_standing, "keep", refuse)
    with capture_logs() as logs:
        succeed(database, NOON)
        fail(database, NOON, PublishError("no room is left"))
    assert [each["problem"] for each in logs] == ["the disk is full"] * 2
