"""Publishing that is killed at any point: the next run leaves what one alone would have made."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.model import Item
from feeds.publish import files as published_files
from feeds.publish.files import Files
from feeds.publish.rebuild import SitePublication, publish
from feeds.publish.store.check import check, repair
from feeds.publish.store.manifest import FileFault, Retention
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.integration.test_publish_history import FEW, SITE, contents, step
from tests.items import NOON, store

KEPT = Retention(now=NOON, unreferenced=timedelta(days=30))


class Killed(BaseException):
    """Nobody catches it, as nobody catches a kill."""


@contextmanager
def killed_after(steps: int) -> Iterator[None]:
    """The process is no more after so many files were replaced or removed, or changes of the store
    made, or else it comes to its end.
    """
    left = steps

    def counted(done: Callable[..., Any]) -> Callable[..., Any]:
        def do(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            if left <= 0:
                raise Killed
            left -= 1
            return done(*arguments, **named)

        return do

    @contextmanager
    def writing(database: Database, **how: Any) -> Iterator[Any]:
        nonlocal left
        with write(database, **how) as connection:
            yield connection
            if left <= 0:
                raise Killed
        left -= 1
        if left <= 0:
            raise Killed

    write = Database.writing
    # Whatever was in memory is gone.
    with pytest.MonkeyPatch.context() as patched, suppress(Killed):
        for name in ("_replace", "_remove"):
            patched.setattr(published_files, name, counted(getattr(published_files, name)))
        patched.setattr(Database, "writing", writing)
        yield


@contextmanager
def killed_somewhere(chance: random.Random) -> Iterator[None]:
    """Anywhere on its way, or when all is written and none of it known, or not at all."""
    steps = chance.choice((chance.randint(0, 150), 1_000))
    with killed_after(steps), pytest.MonkeyPatch.context() as patched:
        if chance.random() < 0.5:
            patched.setattr(SitePublication, "_settle", killed)
        yield


def killed(*_: object, **__: object) -> None:
    raise Killed


def made_at_once(database: Database, folder: Path) -> dict[str, bytes]:
    publish(database, FEW, Files(folder), SITE, everything=True)
    return dict(contents(folder))


@pytest.mark.parametrize(
    ("engine", "seed"),
    [*(("sqlite", seed) for seed in range(6)), ("postgresql", 0), ("postgresql", 1)],
)
def test_however_often_publishing_is_killed_nothing_is_left_of_it(
    database: Database, osce: Taxonomy, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    public = tmp_path / "public"
    for number in range(60):
        step(database, osce, chance, number)
        if number % 3 == 0:
            with killed_somewhere(chance):
                publish(database, FEW, Files(public), SITE, kept=KEPT)
    if seed % 2:
        publish(database, FEW, Files(public), SITE, kept=KEPT)
    else:
        found = check(database, FEW, Files(public), SITE)
        repair(database, FEW, Files(public), SITE, found, kept=KEPT)
    assert contents(public) == made_at_once(database, tmp_path / "at-once")


def withdraw(database: Database, item: Item) -> None:
    with database.writing() as connection:
        write_items.set_hidden(connection, [item.number], {"withdrawn_at": NOON}, NOON)


def test_pages_that_a_killed_run_alone_had_are_named(
    database: Database, osce: Taxonomy, tmp_path: Path
) -> None:
    """Once what they show is withdrawn nothing leads to them, nor has the next run their months."""
    public = tmp_path / "public"
    store(database, osce, [a_draft(title=f"New {n}") for n in range(4)])
    publish(database, FEW, Files(public), SITE)
    [old] = store(database, osce, [a_draft(title="Old")], at=NOON - timedelta(days=90))
    with pytest.MonkeyPatch.context() as patched, suppress(Killed):
        patched.setattr(SitePublication, "_settle", killed)
        publish(database, FEW, Files(public), SITE)
    withdraw(database, old)
    stray = {f"feeds/all/2026-08{end}" for end in (".atom", ".json", "/index.html")}
    found = check(database, FEW, Files(public), SITE)
    unreferenced = {each.path for each in found if each.fault is FileFault.UNREFERENCED}
    assert stray < unreferenced
    publish(database, FEW, Files(public), SITE)
    assert not [path for path in contents(public) if path in unreferenced]
    assert check(database, FEW, Files(public), SITE) == ()


def test_what_a_run_over_everything_did_not_come_to_the_next_one_does(
    database: Database, osce: Taxonomy, tmp_path: Path
) -> None:
    """Though nothing else is to be published."""
    public = tmp_path / "public"
    store(database, osce, [a_draft()])
    publish(database, FEW, Files(public), SITE)
    (public / "feeds/all.atom").unlink()
    with killed_after(1):
        publish(database, FEW, Files(public), SITE, everything=True)
    assert publish(database, FEW, Files(public), SITE).files == ("feeds/all.atom",)
    assert publish(database, FEW, Files(public), SITE).files == ()


def test_what_is_smaller_than_gzip_is_made_by_the_next_run_of_any_kind(
    database: Database, osce: Taxonomy, tmp_path: Path
) -> None:
    """Also by one that finds nothing to publish."""
    public = tmp_path / "public"
    store(database, osce, [a_draft()])
    with pytest.MonkeyPatch.context() as patched, suppress(Killed):
        patched.setattr(Files, "pack", killed)
        publish(database, FEW, Files(public), SITE)
    assert not (public / "feeds/all.atom.br").exists()
    assert publish(database, FEW, Files(public), SITE).files == ()
    assert check(database, FEW, Files(public), SITE) == ()
    assert not (public / ".begun").exists()


def test_what_was_noted_in_part_is_not_taken_for_a_file(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.begin("1") == {}
    files.write_all([("feeds/all.atom", b"text"), ("feeds/all/2026-08.atom", b"text")])
    files.write("feeds/all.atom", b"other text")
    with (tmp_path / ".begun").open("ab") as noted:
        noted.write(b"+feeds/all")
    begun = {"feeds/all.atom": True, "feeds/all/2026-08.atom": True}
    assert files.begin("1") == begun
    assert files.begin("1") == begun
    assert files.begin("2") == {}
    files.write("feeds/all.atom", b"text")
    assert files.begin("2") == dict.fromkeys(begun, False)
    files.pack(is_end=True)
    assert files.begin("2", dry_run=True) == {}
    assert not (tmp_path / ".begun").exists()
