"""The command `digest` where something is in its way."""

import json
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from config.settings import load
from feeds.storage.database import Database
from notifier.storage import VERSIONS
from tests.command import FIELDFARE, SEEDS, Installation, an_installation

LATER = "2027-03-01T00:00:00Z"


@pytest.fixture
def house(tmp_path: Path) -> Installation:
    """Two readers of policing, and news for them."""
    house = an_installation(tmp_path / "house")
    for name in ("anna", "bolot"):
        house.report("subscribe", f"{name}@example.org", "--topic", "field:policing")
    house.report("ingest", str(SEEDS))
    return house


def test_what_another_process_is_sending_is_left_to_it(house: Installation) -> None:
    """The digests are planned all the same, and the report says who sends them."""
    settings = load(house.folder / "fieldfare.toml", {})
    database = Database.open(settings.store.url, VERSIONS)
    with database.exclusive(f"delivery-{settings.daemon.node}"):
        done = house.call("digest", "--now", LATER, "--json")
    database.close()
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["planned"], report["accepted"]) == (2, 0)
    assert "another process" in report["problem"]
    assert house.report("digest", "--now", LATER)["accepted"] == 2


def test_who_cannot_be_planned_for_is_told_and_stops_no_other(house: Installation) -> None:
    house.report("subscribe", "anna@example.org", "--at", "09:00")
    with sqlite3.connect(house.folder / "fieldfare.db") as store:
        store.execute("UPDATE cadences SET minute = 9999 WHERE minute = 540")
    store.close()
    done = house.call("digest", "--now", LATER)
    assert done.returncode == 1
    assert b"1 accepted" in done.stdout
    assert b"1 to be mended" in done.stdout


def test_a_problem_is_one_line_in_a_file(house: Installation) -> None:
    with (house.folder / "fieldfare.toml").open("a") as settings:
        settings.write('\n[[sources]]\nname = "gone"\npath = "nowhere/' + "far/" * 40 + '"\n')
    done = house.call("ingest")
    assert done.returncode == 1
    assert re.search(rb"^source 'gone': .+far/far.*$", done.stderr, re.MULTILINE)
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00Z"])
def test_an_instant_no_calendar_goes_on_from_is_refused(house: Installation, instant: str) -> None:
    done = house.call("digest", "--now", instant)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_init_takes_no_authority_that_the_settings_would_refuse(tmp_path: Path) -> None:
    """What init writes is valid, or it writes nothing."""
    command = [FIELDFARE, "init", str(tmp_path / "new"), "--authority", "Bad Domain"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("named", "told"),
    [((), "--authority"), (("--authority", "localhost"), "no domain of the Internet")],
)
def test_init_writes_nothing_without_a_domain_of_ones_own(
    tmp_path: Path, named: tuple[str, ...], told: str
) -> None:
    """Ids of two installations on this machine would be the same."""
    command = [FIELDFARE, "init", str(tmp_path / "new"), *named]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.decode().replace("│", " ").split())
    assert not (tmp_path / "new").exists()


def test_who_left_keeps_the_hour_they_chose(house: Installation) -> None:
    house.report("subscribe", "anna@example.org", "--at", "07:00")
    house.report("unsubscribe", "anna@example.org")
    anna = house.report("subscribers")[0]
    [digest] = anna["digests"]
    assert (anna["state"], digest["at"], digest["due_at"]) == ("left", "07:00", None)
    back = house.report("subscribe", "anna@example.org", "--topic", "field:elections")
    assert back["digests"][0]["at"] == "07:00"
