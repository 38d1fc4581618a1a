"""A store moves into one of the other engine: all of it, once, and one of both is in force."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from config.settings import Settings
from feeds import search
from feeds.errors import StoreBusy, StoreError
from feeds.selection import Selection
from feeds.storage.copies import row_copy, rows
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.app import nodes
from notifier.app.keeping import TABLES, move
from notifier.errors import DaemonRuns
from notifier.model import DeliveryState
from notifier.storage import VERSIONS, deliveries, senders
from notifier.storage.tables import mutes, subscribers
from tests import outbox
from tests.builders import SEEN_AT, a_subscriber
from tests.command import LOADED
from tests.kept_safe import configured, filled


@pytest.fixture
def settings(
    database: Database, database_url: str, few_topics: Taxonomy, tmp_path: Path
) -> Settings:
    """Those of a store with items that are found, and ids that were given out and are gone."""
    filled(database, few_topics)
    search.follow(database)
    with database.writing() as connection:
        last = select(subscribers.c.id).order_by(subscribers.c.id.desc()).limit(1)
        [number] = connection.scalars(last)
        rows.go_on_after(connection, TABLES, {"subscribers": number + 10, "deliveries": 1000})
        muted = [{"subscriber": number, "topic": f"field:{letter}"} for letter in "aB-_zZ"]
        connection.execute(mutes.insert(), muted)
    return configured(tmp_path, database_url)


@pytest.fixture
def elsewhere(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of nothing yet, of the other engine."""
    if engine == "postgresql":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


def content(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        return {
            table.name: row_copy.digest(connection, table)
            for table in TABLES
            if table.name not in {"searchable", "constants", "counters"}
        }


def test_all_of_it_is_there_and_works_on(
    database: Database, settings: Settings, elsewhere: str
) -> None:
    before = content(database)
    heard: list[tuple[int, int | None]] = []
    report = move.move(settings, elsewhere, progress=lambda *told: heard.append(told))
    assert heard[-1] == (sum(report.rows.values()),) * 2
    assert (report.rows["items"], report.rows["mutes"], report.moved_before) == (3, 6, 0)
    moved = Database.open(elsewhere, VERSIONS)
    assert content(moved) == before
    assert moved.is_current()
    with moved.reading() as connection:
        assert len(search.latest(connection, Selection.parse("q=item"), 10)) == 3
        assert rows.last_ids(connection, TABLES)["deliveries"] == 1000
    [one] = outbox.subscribe(moved, a_subscriber(address="new@example.org", public_id="new"))
    assert one.id > 10
    moved.close()
    with pytest.raises(StoreError, match="was moved to another store"):
        Database.open(settings.store.url, VERSIONS)
    with pytest.raises(StoreError, match="holds something already"):
        move.move(settings, elsewhere)


def _killed_half_way(settings: Settings, to: str) -> None:
    row_copy._ROWS_AT_ONCE = 2

    def kill(done: int, total: int | None) -> None:
        if total and done > total // 2:
            os.kill(os.getpid(), signal.SIGKILL)

    move.move(settings, to, progress=kill)


def _without_power(*_: object) -> None:
    raise StoreError("the power is gone")


def test_one_that_is_killed_leaves_the_old_store_in_force_and_is_gone_on_with(
    database: Database, settings: Settings, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-way, and when only one of both says yet which is in force: then neither is."""
    before = content(database)
    killed = LOADED.Process(target=_killed_half_way, args=(settings, elsewhere))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    Database.open(settings.store.url, VERSIONS).close()
    with pytest.raises(StoreError, match="holds a part of another store"):
        Database.open(elsewhere, VERSIONS)
    with monkeypatch.context() as patch:
        patch.setattr(rows, "go_on_after", _without_power)
        with pytest.raises(StoreError, match="the power is gone"):
            move.move(settings, elsewhere)
    for url in (settings.store.url, elsewhere):
        with pytest.raises(StoreError, match="fieldfare move"):
            Database.open(url, VERSIONS)
    report = move.move(settings, elsewhere)
    assert report.moved_before == sum(report.rows.values())
    moved = Database.open(elsewhere, VERSIONS)
    assert content(moved) == before
    moved.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_was_changed_between_two_runs_is_told(
    database: Database, settings: Settings, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As nobody reads rows again that are there; the old store is in force still."""
    with monkeypatch.context() as patch:
        patch.setattr(move, "_verify", _without_power)
        with pytest.raises(StoreError, match="the power is gone"):
            move.move(settings, elsewhere)
    with database.writing() as connection:
        connection.execute(delete(mutes).where(mutes.c.topic == "field:B"))
    with pytest.raises(StoreError, match="holds other rows than the store: mutes"):
        move.move(settings, elsewhere)
    Database.open(settings.store.url, VERSIONS).close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nobody_works_on_it_meanwhile(
    database: Database, settings: Settings, elsewhere: str
) -> None:
    """No daemon, and nobody who plans or sends by a command."""
    node = settings.daemon.node
    for lock in ("planning", f"delivery-{node}"):
        with database.exclusive(lock), pytest.raises(StoreBusy, match=lock):
            move.move(settings, elsewhere)
    with nodes.alone(database, node), pytest.raises(DaemonRuns):
        move.move(settings, elsewhere)


def test_it_is_tried_without_a_row_written(
    database: Database, settings: Settings, elsewhere: str, tmp_path: Path
) -> None:
    """And without a file made, of either store; what would be refused is."""
    tried = move.rehearse(settings, elsewhere)
    assert (tried.rows["items"], tried.moved_before) == (3, 0)
    assert not (tmp_path / "other.db").exists()
    node = settings.daemon.node
    with nodes.alone(database, node), pytest.raises(DaemonRuns):
        move.rehearse(settings, elsewhere)
    assert move.move(settings, elsewhere).rows == tried.rows
    for one in (move.move, move.rehearse):
        # A second copy would be a second store in force.
        with pytest.raises(StoreError, match="was moved to another store"):
            one(settings, f"sqlite:///{tmp_path}/third.db")
    assert not (tmp_path / "third.db").exists()
    nowhere = configured(tmp_path, f"sqlite:///{tmp_path}/none.db")
    for one in (move.move, move.rehearse):
        with pytest.raises(StoreError, match="there is no store"):
            one(nowhere, elsewhere)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_the_other_engine_does_not_take_is_named(
    database: Database, settings: Settings, elsewhere: str
) -> None:
    """SQLite takes a NUL in a text, and PostgreSQL does not."""
    with database.writing() as connection:
        connection.execute(update(mutes).where(mutes.c.topic == "field:B").values(topic="a\0b"))
    with pytest.raises(StoreError, match="mutes: the other store does not take a row"):
        move.move(settings, elsewhere)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_store_that_was_moved_is_taken_up_again_with_mail_held(
    database: Database, settings: Settings, elsewhere: str
) -> None:
    """The other one may have sent what waits in it."""
    with pytest.raises(StoreError, match="was not moved anywhere"):
        move.back(settings, SEEN_AT)
    move.move(settings, elsewhere)
    assert move.back(settings, SEEN_AT) == 4
    with database.reading() as connection:
        assert senders.halted(connection)
        assert {one.state for one in deliveries.latest(connection, 9)} == {DeliveryState.UNCERTAIN}
