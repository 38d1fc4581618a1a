"""Nodes that share a store are seen by each other, and hear what another one tells."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread

import pytest
from sqlalchemy import text, update

from feeds.storage.database import Database
from notifier.app import nodes
from notifier.errors import DaemonRuns
from notifier.model import Node
from notifier.storage import VERSIONS, senders, tables

SOON_SECONDS = 20


def seen(database: Database) -> list[Node]:
    with database.reading() as connection:
        return senders.every_node(connection)


def test_a_node_is_seen_while_it_lives(database: Database) -> None:
    with nodes.seen(database, "two"):
        nodes.beat(database, "two", "ingest delivery", Event())
        nodes.beat(database, "one", "", Event())
        nodes.beat(database, "two", "delivery", Event())
        one, two = seen(database)
        assert (one.name, one.roles, one.is_alive) == ("one", (), True)
        assert (two.name, two.roles, two.is_alive) == ("two", ("delivery",), True)
        assert two.holder.startswith("pid ")
    assert [node.name for node in seen(database)] == ["one"]


def test_one_that_ended_without_a_word_is_shown_as_that_for_a_week(database: Database) -> None:
    nodes.beat(database, "one", "", Event())
    beat_at = tables.nodes.c.beat_at
    for age, shown in ((timedelta(minutes=2), [False]), (timedelta(days=8), [])):
        [one, *_] = seen(database)
        with database.writing() as connection:
            connection.execute(
                update(tables.nodes)
                .where(tables.nodes.c.name == "one")
                .values({beat_at: one.beat_at - age})
            )
        nodes.beat(database, "two", "", Event())
        assert [node.is_alive for node in seen(database) if node.name == "one"] == shown


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_a_node_wants_done_the_others_hear_at_once(database: Database) -> None:
    woken = Queue[str]()
    stopping = Event()
    listener = Thread(target=nodes.listen, args=(database, "two", woken.put, stopping))
    listener.start()
    try:
        nodes.wake_others(database, "two", "owned")
        job = None
        while job is None:
            nodes.wake_others(database, "one of three", "digests")
            try:
                job = woken.get(timeout=SOON_SECONDS / 40)
            except Empty:
                continue
        assert job == "digests"
    finally:
        stopping.set()
        listener.join(SOON_SECONDS)
    assert not listener.is_alive()
    assert set(woken.queue) <= {"digests"}


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_another_store_on_the_server_hears_nothing(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("CREATE SCHEMA other"))
    url = database.engine.url.update_query_dict({"options": "-c search_path=other"})
    other = Database.open(url.render_as_string(hide_password=False), VERSIONS)
    with ExitStack() as opened:
        opened.callback(other.close)
        stopping = Event()
        heard = Queue[str]()

        def listen() -> None:
            for word in other.heard(stopping.is_set):
                heard.put(word)

        listener = Thread(target=listen)
        listener.start()
        told = None
        while told is None:
            database.tell("ours")
            other.tell("theirs")
            try:
                told = heard.get(timeout=SOON_SECONDS / 40)
            except Empty:
                continue
        stopping.set()
        listener.join(SOON_SECONDS)
        assert {told, *heard.queue} == {"theirs"}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_in_a_file_there_is_nobody_to_tell(database: Database) -> None:
    nodes.wake_others(database, "one", "digests")
    nodes.listen(database, "two", pytest.fail, Event())


def test_no_two_daemons_of_one_name(database: Database) -> None:
    runs = pytest.raises(DaemonRuns, match=r"a daemon \(.*pid .*\) already runs on")
    with nodes.alone(database, "one"), runs:
        nodes.alone(database, "one").__enter__()
    with nodes.alone(database, "one"):
        pass


def test_whoever_looks_whether_one_runs_keeps_none_from_starting(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That was told as a second daemon."""
    monkeypatch.setattr(nodes, "_LOOK_SECONDS", SOON_SECONDS)
    looks, started = Event(), Event()

    @contextmanager
    def slowly(lock: str, wait_seconds: float = 0) -> Iterator[None]:
        with exclusive(lock, wait_seconds):
            looks.set()
            # Whoever starts by then waits for the lock.
            started.wait(0.1)
            yield

    exclusive = database.exclusive
    with ThreadPoolExecutor() as threads:
        monkeypatch.setattr(database, "exclusive", slowly)
        looking = threads.submit(nodes.running, database, "one")
        assert looks.wait(SOON_SECONDS)
        monkeypatch.setattr(database, "exclusive", exclusive)
        with nodes.alone(database, "one"):
            started.set()
            assert looking.result() is None
            assert nodes.running(database, "one")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_file_takes_one_daemon_whatever_it_is_called(database: Database) -> None:
    with nodes.alone(database, "one"), pytest.raises(DaemonRuns, match="stop that one first"):
        nodes.alone(database, "two").__enter__()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_server_takes_any_number_of_nodes(database: Database) -> None:
    with nodes.alone(database, "one"), nodes.alone(database, "two"):
        pass


def test_a_store_that_is_away_wakes_nobody(tmp_path: Path) -> None:
    """What was to be told was done; whoever did not hear looks for themselves."""
    database = Database.open(f"sqlite:///{tmp_path / 'store.db'}", VERSIONS)
    database.close()
    nodes.wake_others(database, "one", "digests")
