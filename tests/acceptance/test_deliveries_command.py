"""Who got what, when, and why not, is told by one command."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.command import SEEDS, Installation, an_installation
from tests.conftest import SmtpServerFactory


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = an_installation(tmp_path_factory.mktemp("made") / "house")
    for name in ("anna", "ben"):
        made.call("subscribe", f"{name}@example.org", "--topic", "issuer:secretariat")
    made.report("ingest", str(SEEDS))
    made.report("digest", "--now", "2100-01-01T12:00:00Z")
    return made


@pytest.fixture
def house(made_once: Installation, tmp_path: Path) -> Installation:
    """One reader who got a digest, and one who gets none yet."""
    return made_once.copied(tmp_path / "house")


def test_what_became_of_a_readers_mails_is_told_step_by_step(house: Installation) -> None:
    [told] = house.report("deliveries", "Anna@example.org")
    assert (told["recipient"], told["state"]) == ("anna@example.org", "accepted")
    assert [step["state"] for step in told["steps"]] == ["queued", "sending", "accepted"]
    lines = house.call("deliveries", "anna@example.org").stdout.decode().splitlines()
    assert re.match(r"\d+  2100-01-01  anna@example\.org  accepted", lines[0])
    assert re.match(r"  2100-01-01 12:00:\d\d\+00:00  accepted  250 2\.0\.0 stored as", lines[-1])


def test_times_are_told_by_the_clock_of_the_reader(house: Installation) -> None:
    house.report("subscribers", "change", "anna@example.org", "--timezone", "Asia/Bishkek")
    last = house.call("deliveries", "anna@example.org").stdout.decode().splitlines()[-1]
    assert re.match(r"  2100-01-01 18:00:\d\d\+06:00  accepted", last)


def test_what_never_came_is_sent_once_more_to_the_last_byte(house: Installation) -> None:
    [told] = house.report("deliveries", "anna@example.org")
    said = house.call("resend", str(told["id"])).stdout.decode()
    assert said.startswith("queued once more")
    assert house.call("resend", str(told["id"])).returncode == 1
    assert house.report("digest", "--now", "2100-01-01T13:00:00Z")["accepted"] == 1
    [again] = house.report("deliveries", "anna@example.org")
    states = [step["state"] for step in again["steps"]]
    assert states == ["queued", "sending", "accepted", "queued", "sending", "accepted"]


def test_who_left_is_sent_nothing_once_more(house: Installation) -> None:
    [told] = house.report("deliveries", "anna@example.org")
    house.call("unsubscribe", "anna@example.org")
    assert house.call("resend", str(told["id"])).returncode == 1
    assert len(house.report("deliveries", "anna@example.org")[0]["steps"]) == 3


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


@pytest.fixture
def refused(house: Installation) -> Installation:
    """Everything was given up, as the mail server refused us."""
    with sqlite3.connect(house.folder / "fieldfare.db") as store:
        store.execute("UPDATE deliveries SET state = 'failed', cause = 'ours'")
        row = ("the relay", "550 5.4.5 limit", 3, 1, "2100-01-01 00:00:00")
        store.execute("INSERT INTO relay_standings VALUES (?, ?, ?, ?, ?)", row)
    store.close()
    return house


def test_what_is_wrong_with_a_mail_server_is_told(refused: Installation) -> None:
    [incident] = refused.report("status")["incidents"]
    assert (incident["kind"], incident["subject"]) == ("relay-refuses", "the relay")
    assert incident["problem"] == "550 5.4.5 limit"
    assert "`fieldfare release --refused` sends all at once" in incident["action"]
    assert "the relay refuses us: 550 5.4.5 limit" in refused.call("status").stdout.decode()


def test_what_failed_by_it_is_brought_back(refused: Installation) -> None:
    assert refused.report("release", "--refused") == {"released": 2}
    assert refused.report("status")["incidents"] == []
    assert refused.report("digest", "--now", "2100-01-01T13:00:00Z")["accepted"] == 2


def test_one_that_failed_is_sent_once_more(refused: Installation) -> None:
    [told] = refused.report("deliveries", "anna@example.org")
    assert refused.report("release", str(told["id"])) == {"released": 1}
    assert refused.call("release", str(told["id"])).returncode == 1


@pytest.mark.parametrize("arguments", [(), ("1", "--refused"), ("--refused", "--drop")])
def test_what_is_to_be_released_is_said_in_one_way(
    refused: Installation, arguments: tuple[str, ...]
) -> None:
    assert refused.call("release", *arguments).returncode == 2


@pytest.mark.parametrize(
    ("reply", "states"),
    [
        ("550 5.1.1 No such user", {"failed": 2}),
        ("550 5.4.5 Daily user sending limit exceeded", {"deferred": 2}),
    ],
)
def test_a_run_in_which_nothing_went_out_has_failed(
    tmp_path: Path, smtp_server: SmtpServerFactory, reply: str, states: dict[str, int]
) -> None:
    server = smtp_server(script=lambda verb, about: reply if verb == "RCPT" else None)
    made = an_installation(
        tmp_path / "house",
        settings='[site]\nurl = "https://news.example.net"\n'
        '[mail]\ntransport = "smtp"\nfrom_address = "digest@news.example.net"\n'
        f'[mail.smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n',
    )
    for name in ("anna", "ben"):
        made.call("subscribe", f"{name}@example.net", "--topic", "issuer:secretariat")
    made.report("ingest", str(SEEDS))
    done = made.call("digest", "--now", "2100-01-01T12:00:00Z", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert {name: report[name] for name in states} == states
    assert report["accepted"] == 0
