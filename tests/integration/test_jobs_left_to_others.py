"""Nodes and commands that share a store: what one is at, the others leave to it."""

from contextlib import ExitStack
from pathlib import Path
from threading import Event, Timer

import pytest

from config.clock import clock
from config.settings import load
from feeds import search
from feeds.errors import StoreBusy
from feeds.selection import Selection
from notifier.app import daemon
from notifier.app.house import House
from tests.builders import a_draft
from tests.command import an_installation
from tests.items import store


@pytest.mark.parametrize("job", ["publish", "delivery"])
def test_a_beat_leaves_to_another_what_that_one_is_at(tmp_path: Path, job: str) -> None:
    """It is no failure, and the next beat looks again."""
    house = an_installation(tmp_path / "house")
    settings = load(house.folder / "fieldfare.toml", {})
    lock = {"publish": "publish", "delivery": f"delivery-{settings.daemon.node}"}[job]
    with House(settings, clock=clock) as opened:
        [beat] = [one for one in daemon.jobs(opened) if one.name == job]
        with opened.database.exclusive(lock):
            with pytest.raises(StoreBusy), opened.journal.working(job):
                beat.work(Event())
            assert opened.journal.lasting() == []
            assert not (settings.publish.directory / "index.html").exists()
        beat.work(Event())
    assert (settings.publish.directory / "index.html").exists() == (job == "publish")


def test_what_is_stored_is_found_after_a_beat(tmp_path: Path) -> None:
    house = an_installation(tmp_path / "house")
    with House(load(house.folder / "fieldfare.toml", {}), clock=clock) as opened:
        [beat] = [one for one in daemon.jobs(opened) if one.name == "search"]
        store(opened.database, opened.taxonomy, [a_draft()])
        with opened.database.exclusive("search"), pytest.raises(StoreBusy):
            beat.work(Event())
        beat.work(Event())
        with opened.database.reading() as connection:
            assert [each.item for each in search.latest(connection, Selection(), 2)] == [1]


def test_what_is_stored_while_another_publishes_is_published_when_that_one_is_done(
    tmp_path: Path,
) -> None:
    """It may have looked before that: a beat later is too late for who waits for news."""
    house = an_installation(tmp_path / "house")
    settings = load(house.folder / "fieldfare.toml", {})
    with House(settings, clock=clock) as opened:
        [beat] = [one for one in daemon.jobs(opened) if one.name == "publish"]
        with ExitStack() as held:
            held.enter_context(opened.database.exclusive("publish"))
            timer = Timer(0.1, held.pop_all().close)
            timer.start()
            beat.work(Event())
            timer.join()
    assert (settings.publish.directory / "index.html").exists()
