"""What nobody who fails would tell of is looked at: ages, standings, nodes, disks and clocks."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import update

from feeds.errors import StoreError
from feeds.standing import begun, failed
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.storage.websub import hubs
from feeds.storage.websub.tables import hubs as hub_rows
from notifier.app import nodes
from notifier.incidents import watch as watching
from notifier.incidents.incident import Incident, IncidentKind, Trouble
from notifier.incidents.journal import Journal
from notifier.incidents.watch import Patience, Running, Watch, disk_free, disk_problem
from notifier.model import RelayStanding
from notifier.storage import senders, tables
from notifier.storage.hooks import hook_rows
from notifier.storage.watched import relay_standings
from notifier.webhooks.hook_standing import failed as failed_hook
from tests.at_hand import Hand
from tests.outbox import NOW, queue

HOUR = timedelta(hours=1)
PATIENCE = Patience(
    queue=timedelta(minutes=30),
    source=12 * HOUR,
    disk_free_bytes=1,
    clock_off=timedelta(seconds=60),
)
WELL = Running(jobs=("publish",), stuck=(), missing=0, ended=0)
URL = "https://news.example.org/"


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def watch(database: Database, hand: Hand) -> Watch:
    journal = Journal(database, "one", hand, wait=timedelta(minutes=1), steady=hand.seconds)
    return Watch(
        database=database,
        journal=journal,
        patience=PATIENCE,
        sources={"news": URL},
        folders={},
        clock=hand,
        webhooks=hook_rows.every,
    )


def found(watch: Watch, running: Running = WELL) -> dict[IncidentKind, Incident]:
    """What is wrong after a look, but for a clock that a test moves."""
    watch.look(running)
    return {one.kind: one for one in watch.journal.lasting() if one.kind is not IncidentKind.CLOCK}


def test_mail_that_waits_for_too_long_is_told_unless_it_is_to(
    database: Database, watch: Watch, hand: Hand
) -> None:
    queue(database)
    assert found(watch) == {}
    hand.now += HOUR
    waits = found(watch)[IncidentKind.QUEUE]
    assert waits.since < hand.now - timedelta(minutes=30)
    with database.writing() as connection:
        senders.pause(connection, senders.Halt(since=NOW, who="op"))
    assert found(watch) == {}


def test_how_a_relay_stands_is_told_and_that_it_does_well(database: Database, watch: Watch) -> None:
    away = RelayStanding(problem="refused", refusals=0, probes=0, again_at=NOW)
    for standing, kind in (
        (away, IncidentKind.RELAY_AWAY),
        (replace(away, refusals=3), IncidentKind.RELAY_REFUSES),
    ):
        with database.writing() as connection:
            relay_standings.keep(connection, "relay", standing)
        assert found(watch).keys() == {kind}
    with database.writing() as connection:
        relay_standings.lift(connection)
    assert found(watch) == {}


def test_what_passes_by_itself_is_given_time_and_what_does_not_is_told(
    database: Database, watch: Watch, hand: Hand
) -> None:
    first = begun(None, "news", URL, NOW)
    slow = failed(first, "it says nothing", NOW, NOW + HOUR)
    refused = failed(first, "it answers 403", NOW, NOW + HOUR, is_lasting=True)
    elsewhere = replace(refused, address="https://other.example.org/")
    for standing, is_told in ((slow, False), (refused, True), (elsewhere, False)):
        with database.writing() as connection:
            standings.record(connection, standing)
        assert (found(watch).keys() == {IncidentKind.SOURCE}) == is_told
    with database.writing() as connection:
        standings.record(connection, slow)
        hubs.configure(connection, [URL])
        connection.execute(update(hub_rows).values(failures=3, problem="away", since=NOW))
    assert found(watch) == {}
    hand.now += 12 * HOUR
    told = found(watch)
    assert told.keys() == {IncidentKind.SOURCE, IncidentKind.HUB}
    assert {one.since for one in told.values()} == {NOW}
    # Who asks nobody, or others, ends nothing that another one told.
    for others in ({}, {"others": URL}):
        watch.sources = others
        assert found(watch).keys() == told.keys()
    # Of what is asked by nobody any more nobody tells.
    hand.now += HOUR
    assert found(watch).keys() == {IncidentKind.HUB}


def test_a_webhook_that_ended_is_told_at_once_and_one_that_fails_after_a_while(
    database: Database, watch: Watch, hand: Hand
) -> None:
    with database.writing() as connection:
        hook_rows.configure(connection, {"site": URL, "office": URL})
        [office, site] = hook_rows.every(connection)
        fails = failed_hook(site, 500, "it answers 500", now=NOW, again_at=NOW + HOUR)
        assert hook_rows.keep(connection, site, fails)
    assert found(watch) == {}
    hand.now += 12 * HOUR
    told = found(watch)[IncidentKind.WEBHOOK]
    assert (told.subject, told.since, told.problem) == ("site", NOW, "it answers 500")
    with database.writing() as connection:
        gone = failed_hook(office, 410, "it answers 410", now=hand.now, again_at=hand.now)
        assert hook_rows.keep(connection, office, gone)
        hook_rows.replay(connection, fails)
    told = found(watch)[IncidentKind.WEBHOOK]
    assert (told.subject, told.since) == ("office", hand.now)
    # It is out of the settings.
    watch.webhooks = None
    assert found(watch) == {}


def test_a_node_that_says_nothing_is_gone_until_it_is_back(
    database: Database, watch: Watch
) -> None:
    nodes.beat(database, "two", "delivery", Event())
    assert found(watch) == {}
    with database.writing() as connection:
        connection.execute(update(tables.nodes).values(beat_at=NOW - 9999 * HOUR))
    assert found(watch)[IncidentKind.NODE].subject == "two"
    nodes.beat(database, "two", "delivery", Event())
    assert found(watch) == {}


def test_how_this_node_does_is_told_by_its_name(watch: Watch, tmp_path: Path) -> None:
    watch.folders = {"publish.directory": tmp_path / "public", "store.url": tmp_path}
    watch.patience = replace(PATIENCE, disk_free_bytes=10**15)
    late = replace(WELL, stuck=("publish",), missing=1)
    told = found(watch, late)
    kinds = {IncidentKind.DISK, IncidentKind.JOB_LATE, IncidentKind.WEB_PROCESS}
    assert told.keys() == kinds
    assert {one.node for one in told.values()} == {"one"}
    # One disk that is full is one thing to do something about.
    [disk] = [one for one in watch.journal.lasting() if one.kind is IncidentKind.DISK]
    assert disk.subject == "publish.directory, store.url"
    watch.folders = {}
    assert found(watch) == {}
    # One that ends and is there again by the next look.
    again = replace(WELL, ended=1)
    assert found(watch, again).keys() == {IncidentKind.WEB_PROCESS}
    assert found(watch, again) == {}


def test_a_job_that_there_is_no_more_fails_no_more(watch: Watch) -> None:
    for job in ("publish", "ingest old"):
        trouble = Trouble(kind=IncidentKind.JOB, subject=job, problem="x", node="one")
        watch.journal.note(trouble)
    assert found(watch)[IncidentKind.JOB].subject == "publish"


def test_what_nobody_can_say_is_over_passes(watch: Watch, hand: Hand) -> None:
    watch.journal.note(Trouble(kind=IncidentKind.SECOND_DAEMON, node="one"))
    assert found(watch).keys() == {IncidentKind.SECOND_DAEMON}
    hand.now += HOUR
    assert found(watch) == {}


def test_a_store_of_another_version_waits_for_its_migration(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Database, "is_current", lambda _: False)
        assert found(watch).keys() == {IncidentKind.MIGRATION}
    assert found(watch) == {}

    def away(_: Database) -> bool:
        raise StoreError("away")

    monkeypatch.setattr(Database, "is_current", away)
    watch.look_at_store()
    assert IncidentKind.STORE in {one.kind for one in watch.journal.lasting()}


def test_a_clock_that_is_off_is_told_for_as_long_as_it_is_news(
    database: Database, watch: Watch, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By that of the store where nodes share one; else by what it was when the daemon began."""
    steady = hand.seconds
    monkeypatch.setattr(watching, "monotonic", lambda: 0.0)
    monkeypatch.setattr(watching, "store_seconds", lambda _: NOW.timestamp())
    watch.__post_init__()

    def is_off() -> bool:
        watch.look(WELL)
        return any(one.kind is IncidentKind.CLOCK for one in watch.journal.lasting())

    assert not is_off()
    hand.now -= HOUR
    assert is_off()
    hand.now += HOUR
    assert not is_off()
    hand.now += HOUR
    assert is_off()
    monkeypatch.setattr(watching, "monotonic", lambda: steady() + 1e4)
    # Once that is how it is, it is so; a store's clock is right for longer.
    assert is_off() is not database.is_embedded


def test_a_disk_is_full_by_its_bytes_or_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert disk_problem(tmp_path / "to" / "be" / "made", 1) == ""
    assert disk_free(tmp_path / "to" / "be" / "made")
    assert f"MB are free at {tmp_path}" in disk_problem(tmp_path, 10**15)
    monkeypatch.setattr(watching, "_LEAST_FILES", 10**15)
    assert "more files" in disk_problem(tmp_path, 1)
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    monkeypatch.setattr(watching, "_there", lambda _: loop)
    assert disk_problem(loop, 1) != ""
    assert disk_free(loop) is None
