"""Who got what, when, and why not, is told by one command."""

import re
from pathlib import Path

import pytest

from tests.command import SEEDS, Installation, an_installation


@pytest.fixture
def house(tmp_path: Path) -> Installation:
    """One reader who got a digest, and one who gets none yet."""
    made = an_installation(tmp_path / "house")
    for name in ("anna", "ben"):
        made.call("subscribe", f"{name}@example.org", "--topic", "issuer:secretariat")
    made.report("ingest", str(SEEDS))
    made.report("digest", "--now", "2100-01-01T12:00:00Z")
    return made


def test_what_became_of_a_readers_mails_is_told_step_by_step(house: Installation) -> None:
    [told] = house.report("deliveries", "Anna@example.org")
    assert (told["recipient"], told["state"]) == ("anna@example.org", "accepted")
    assert [step["state"] for step in told["steps"]] == ["queued", "sending", "accepted"]
    lines = house.call("deliveries", "anna@example.org").stdout.decode().splitlines()
    assert re.match(r"\d+  2100-01-01  anna@example\.org  accepted", lines[0])
    assert re.match(r"  2100-01-01 12:00:\d\dZ  accepted  250 2\.0\.0 stored as", lines[-1])


def test_what_became_of_a_period_is_told_by_reader(house: Installation) -> None:
    rows = house.report("deliveries", "2100-01-01")
    assert {row["recipient"] for row in rows} == {"anna@example.org", "ben@example.org"}
    lines = house.call("deliveries", "2100-01-01", "--state", "accepted").stdout.decode()
    assert "anna@example.org" in lines
    assert "since" in lines


@pytest.mark.parametrize("about", ["nobody@example.org", "2099-01-01", "99"])
def test_that_there_is_none_is_told(house: Installation, about: str) -> None:
    assert house.report("deliveries", about) == []
    assert house.call("deliveries", about).stdout.decode() == "no such deliveries\n"
