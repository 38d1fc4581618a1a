"""What is published beside what is stored: what differs is named and mended, what is left goes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from feeds.errors import PublishError
from feeds.publish.files import Files, digest_of
from feeds.publish.rebuild import publish
from feeds.publish.store.check import check, repair
from feeds.publish.store.manifest import Difference, FileFault, Retention
from feeds.storage.database import Database
from feeds.storage.published import published_files
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.items import NOON, a_site, store

MONTH = timedelta(days=30)
FIELDS = '[[field]]\nslug = "a"\nlabel = "A"\n'
BOTH = f'{FIELDS}[[field]]\nslug = "b"\nlabel = "B"\n'


class House:
    """A store, what is published of it, and a clock."""

    def __init__(self, database: Database, public: Path) -> None:
        self.database = database
        self.public = public
        self.site = a_site()
        self.taxonomy = Taxonomy.from_toml(BOTH)

    def publish(self, now: datetime = NOON, **how: object) -> None:
        kept = Retention(now=now, unreferenced=MONTH)
        site = self.database, self.taxonomy, Files(self.public), self.site
        publish(*site, kept=kept, **how)  # type: ignore[arg-type] # as publish takes them

    def check(self) -> tuple[Difference, ...]:
        return check(self.database, self.taxonomy, Files(self.public), self.site)

    def repair(self, found: tuple[Difference, ...]) -> None:
        kept = Retention(now=NOON, unreferenced=MONTH)
        site = self.database, self.taxonomy, Files(self.public), self.site
        repair(*site, found, kept=kept)

    def contents(self) -> Mapping[str, bytes]:
        files = [path for path in self.public.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.public)): path.read_bytes() for path in files}


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    made = House(database, tmp_path / "public")
    store(database, made.taxonomy, [a_draft(issuers=(), fields=())])
    made.publish()
    return made


def test_what_was_just_published_is_as_the_store_says(house: House) -> None:
    assert house.check() == ()


ATOM = "feeds/fields/a.atom"


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        (ATOM, None, FileFault.MISSING),
        (ATOM, b"<feed/>", FileFault.OTHER),
        (f"{ATOM}.gz", None, FileFault.MISSING),
        (f"{ATOM}.gz", b"half", FileFault.OTHER),
        (f"{ATOM}.br", None, FileFault.MISSING),
        (f"{ATOM}.br", b"of other bytes", FileFault.OTHER),
        (f"{ATOM}.zst", b"", FileFault.OTHER),
        (f"{ATOM}.status", b"410\n", FileFault.OTHER),
        ("index.html", b"", FileFault.OTHER),
    ],
)
def test_what_differs_is_named_and_mended(
    house: House, path: str, content: bytes | None, fault: FileFault
) -> None:
    before = house.contents()
    if content is None:
        (house.public / path).unlink()
    else:
        (house.public / path).write_bytes(content)
    damaged = house.contents()
    found = house.check()
    assert found == (Difference(path=path, fault=fault),)
    assert house.contents() == damaged
    house.repair(found)
    assert house.contents() == before
    assert house.check() == ()


def test_what_is_no_part_of_the_site_any_more_goes_after_its_time(house: House) -> None:
    gone = [path for path in house.contents() if path.startswith("feeds/fields/b")]
    assert len(gone) == 4 * 4
    (house.public / "logo.png").write_bytes(b"the operator's own")
    (house.public / "feeds/fields/b.json").write_bytes(b"the operator's own by now")
    house.taxonomy = Taxonomy.from_toml(FIELDS)
    house.publish()
    assert {each.path for each in house.check()} == {
        path for path in gone if path.endswith((".atom", ".rss", ".html"))
    }
    assert {each.fault for each in house.check()} == {FileFault.UNREFERENCED}
    house.publish(NOON + MONTH - timedelta(seconds=1))
    assert set(gone) < set(house.contents())
    house.publish(NOON + MONTH)
    left = {path for path in house.contents() if path.startswith("feeds/fields/b")}
    assert left == {f"feeds/fields/b.json{end}" for end in ("", ".br", ".gz", ".zst")}
    assert not (house.public / "feeds/fields/b").exists()
    assert (house.public / "logo.png").exists()
    assert house.check() == ()


def test_what_comes_back_in_time_stays(house: House) -> None:
    before = house.contents()
    house.taxonomy = Taxonomy.from_toml(FIELDS)
    house.publish()
    house.taxonomy = Taxonomy.from_toml(BOTH)
    house.publish(NOON + timedelta(days=1))
    house.publish(NOON + 2 * MONTH)
    assert house.contents() == before


def test_a_run_that_ended_early_takes_nothing_for_left(house: House) -> None:
    stopping = Event()
    stopping.set()
    before = house.contents()
    house.publish(everything=True, stopping=stopping)
    house.publish(NOON + 2 * MONTH)
    assert house.contents() == before


def test_to_mend_is_to_remove_what_is_left_at_once(house: House) -> None:
    house.taxonomy = Taxonomy.from_toml(FIELDS)
    house.publish()
    house.repair(house.check())
    assert not [path for path in house.contents() if path.startswith("feeds/fields/b")]
    assert house.check() == ()


def test_what_waits_to_be_published_is_named(house: House) -> None:
    store(house.database, house.taxonomy, [a_draft(title="New", issuers=(), fields=())])
    found = house.check()
    assert Difference(path="feeds/all.atom", fault=FileFault.OTHER) in found
    house.publish()
    assert house.check() == ()


def test_what_cannot_be_packed_is_published_and_known(house: House) -> None:
    """The run fails after all of it, so that neither a bucket nor the next run misses a file."""
    store(house.database, house.taxonomy, [a_draft(title="New", issuers=(), fields=())])
    obstacle = house.public / "feeds/.all.atom.br.new"
    obstacle.mkdir()
    with pytest.raises(PublishError, match=r"cannot write .*feeds/all\.atom"):
        house.publish()
    obstacle.rmdir()
    house.publish()
    with house.database.reading() as connection:
        known = dict(published_files.noted(connection))
    assert known == {path: digest_of((house.public / path).read_bytes()) for path in known}
    assert "New" in (house.public / "feeds/all.atom").read_text("utf-8")
    house.publish(everything=True)
    assert house.check() == ()
