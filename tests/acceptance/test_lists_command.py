"""Subscribers by the thousand: in from a list, out as one, and in again elsewhere."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.command import Installation, an_installation

LIST = """\
Mail;Topics;How often;Hour;Lang
anna@example.org;Elections;weekly;06:30;de
=sum@example.org;Human rights;;;
ben@example.org;Nowhere;hourly;;
"""


@pytest.fixture
def house(tmp_path: Path) -> Installation:
    return an_installation(tmp_path / "house")


def taken(house: Installation, content: str, *options: str) -> tuple[int, Any]:
    """How a list was taken in: the exit code, and the report."""
    asked = ("subscribers", "import", "-", "--consent", "the list of 2020", "--json")
    done = house.call(*asked, *options, stdin=content.encode())
    return done.returncode, json.loads(done.stdout)


def exported(house: Installation, form: str) -> str:
    done = house.call("subscribers", "export", "--format", form)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


COLUMNS = ("--column", "frequency=How often", "--vouched")


def test_a_list_is_tried_taken_and_taken_again(house: Installation) -> None:
    code, tried = taken(house, LIST, *COLUMNS, "--dry-run")
    assert (code, tried["added"]) == (1, 2)
    assert house.report("subscribers") == []
    code, report = taken(house, LIST, *COLUMNS)
    assert (code, report) == (1, tried)
    [fault] = report["faults"]
    assert fault["line"] == 4
    assert "Nowhere" in fault["problem"]
    assert "hourly" in fault["problem"]
    code, again = taken(house, LIST, *COLUMNS)
    assert (again["added"], again["unchanged"]) == (0, 2)


def test_what_is_wrong_is_told_to_people_line_by_line(house: Installation) -> None:
    told = house.call(
        *("subscribers", "import", "-", "--consent", "the list of 2020", *COLUMNS),
        stdin=LIST.replace(";Lang", ";Shoe size").encode(),
    )
    assert told.stdout == b"2 subscribed, 1 not read\n"
    lines = told.stderr.decode().splitlines()
    assert lines[:2] == ["not read:", "  columns: Shoe size"]
    assert lines[2].startswith("  line 4: ")


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_goes_out_comes_in_elsewhere(house: Installation, tmp_path: Path, form: str) -> None:
    taken(house, LIST, *COLUMNS)
    house.call("subscribe", "anna@example.org", "--everything", "--frequency", "immediate")
    house.call("subscribe", "cleo@example.org", "--topic", "field:elections")
    house.call("unsubscribe", "cleo@example.org")
    listed = exported(house, form)
    other = an_installation(tmp_path / "other")
    code, report = taken(other, listed, "--vouched")
    assert (code, report["added"], report["changed"]) == (0, 2, 1)
    assert report["left_alone"] == {"listed": 1}
    kept = [row for row in rows(listed, form) if row["state"] == "active"]
    got = rows(exported(other, form), form)
    for row in (*kept, *got):
        del row["consent"]
    assert got == kept
    assert len(got) == 3


def rows(text: str, form: str) -> list[dict[str, str]]:
    if form == "csv":
        return [*csv.DictReader(StringIO(text))]
    found: list[dict[str, str]] = json.loads(text)
    return found


def test_no_cell_of_a_list_is_a_formula(house: Installation) -> None:
    taken(house, LIST, *COLUMNS)
    told = [row["address"] for row in rows(exported(house, "csv"), "csv")]
    assert told == ["anna@example.org", "'=sum@example.org"]


def test_who_is_on_a_list_is_asked_by_mail_unless_vouched_for(house: Installation) -> None:
    _, report = taken(house, "anna@example.org\n", "--everything")
    assert (report["added"], report["asked"]) == (0, 1)
    [anna] = house.report("subscribers")
    assert anna["state"] == "pending"
    house.report("digest")
    [mail] = house.report("deliveries", "anna@example.org")
    assert (mail["state"], mail["period"].partition("-")[0]) == ("accepted", "confirm")


@pytest.mark.parametrize(
    ("options", "content", "problem"),
    [
        ((), b"name\nAnna\n", "no column of it is one of addresses"),
        ((), b"", "it is empty"),
        (("--column", "mail"), b"", "write NAME=HEADING"),
        (("--column", "post=Mail"), b"", "write NAME=HEADING"),
    ],
)
def test_what_is_no_list_is_refused(
    house: Installation, options: tuple[str, ...], content: bytes, problem: str
) -> None:
    asked = ("subscribers", "import", "-", "--consent", "a list", *options)
    done = house.call(*asked, stdin=content)
    assert done.returncode in {1, 2}
    assert problem in " ".join(done.stderr.decode().replace("│", " ").split())
    gone = house.call("subscribers", "import", "gone.csv", "--consent", "a list")
    assert gone.returncode == 2
    assert b"No such file" in gone.stderr
