"""The command `digest` where something is in its way."""

import json
import re
import sqlite3
import subprocess
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from config.settings import load
from feeds.storage.database import Database
from notifier.storage import VERSIONS
from notifier.storage.tables import metadata
from tests.command import FIELDFARE, SEEDS, Installation, an_installation

LATER = "2027-03-01T00:00:00Z"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    house = an_installation(tmp_path_factory.mktemp("made") / "house")
    for name in ("anna", "bolot"):
        house.report("subscribe", f"{name}@example.org", "--topic", "field:policing")
    house.report("ingest", str(SEEDS))
    return house


@pytest.fixture
def house(made_once: Installation, tmp_path: Path) -> Installation:
    """Two readers of policing, and news for them."""
    return made_once.copied(tmp_path / "house")


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


def test_what_was_planned_and_not_sent_is_told_with_the_reason(house: Installation) -> None:
    """All that was planned is accounted for."""
    house.report("subscribe", "anna@example.org", "--mute", "field:policing")
    report = house.report("digest", "--now", LATER)
    assert (report["planned"], report["accepted"]) == (2, 1)
    assert (report["unsent"], report["queued"]) == ({"nothing-left": 1}, 0)
    assert [report[each] for each in ("deferred", "failed", "in_doubt")] == [0, 0, 0]


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


def kept(house: Installation) -> dict[str, list[tuple[object, ...]]]:
    """All that the store holds of who gets what."""
    tables = {*metadata.tables} - {"alembic_version"}
    with closing(sqlite3.connect(house.folder / "fieldfare.db")) as store:
        return {name: store.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


def mails(house: Installation) -> list[EmailMessage]:
    return [message_from_bytes(each.read_bytes(), policy=policy.default) for each in house.mails()]


def test_a_preview_is_what_a_reader_would_get_and_changes_nothing(
    house: Installation, tmp_path: Path
) -> None:
    before, into = kept(house), tmp_path / "preview"
    shown = house.report("digest", "--preview", "anna@example.org", "--into", str(into))
    assert shown["is_new"]
    assert {Path(file).name for file in shown["files"]} == {
        "digest.eml",
        "digest.html",
        "digest.txt",
    }
    message = message_from_bytes((into / "digest.eml").read_bytes(), policy=policy.default)
    assert message["to"] == "anna@example.org"
    text = (into / "digest.txt").read_text("utf-8")
    assert "\nPolicing · 2 items\n" in text
    assert "<h1" in (into / "digest.html").read_text("utf-8")
    assert kept(house) == before
    assert house.mails() == []
    # What is sent in the end says the same, but for links and moments.
    assert house.report("digest", "--now", LATER)["accepted"] == 2
    [sent] = [mail for mail in mails(house) if mail["to"] == "anna@example.org"]
    body = sent.get_body(("plain",))
    assert body
    news = text.partition("\n\n\n")[2].partition("\n-- \n")[0]
    assert news in body.get_content().replace("\r\n", "\n")


def test_where_nothing_is_new_a_preview_shows_what_was(house: Installation, tmp_path: Path) -> None:
    house.report("digest", "--now", LATER)
    again = ("digest", "--preview", "anna@example.org", "--into", str(tmp_path / "again"))
    assert not house.report(*again)["is_new"]
    assert "\nPolicing · 2 items\n" in (tmp_path / "again" / "digest.txt").read_text("utf-8")
    # What came to be of a selection once more was told before, as all of it was.
    with closing(sqlite3.connect(house.folder / "fieldfare.db")) as store, store:
        one = "(SELECT max(item) FROM matches)"
        store.execute(f"UPDATE matches SET is_again = 1 WHERE item = {one}")
    assert not house.report(*again)["is_new"]
    assert "\nPolicing · 2 items\n" in (tmp_path / "again" / "digest.txt").read_text("utf-8")


def test_a_preview_is_sent_to_whoever_asks_with_links_that_are_nobodys(
    house: Installation, tmp_path: Path
) -> None:
    before = kept(house)
    preview = ("digest", "--preview", "anna@example.org", "--into", str(tmp_path))
    told = house.report(*preview, "--to", "me@example.org")
    assert told["reply"].startswith("250 ")
    assert kept(house) == before
    [mail] = mails(house)
    assert mail["to"] == "me@example.org"
    assert "anna" not in mail.as_string()
    link = mail["List-Unsubscribe"].strip("<>")
    with closing(sqlite3.connect(house.folder / "fieldfare.db")) as store:
        for (name,) in store.execute("SELECT public_id FROM subscribers"):
            assert name not in link


def test_a_preview_of_nobody_says_so(house: Installation, tmp_path: Path) -> None:
    done = house.call("digest", "--preview", "nobody@example.org", "--into", str(tmp_path / "none"))
    assert done.returncode == 1
    assert b"nobody subscribed as 'nobody@example.org'" in done.stderr
    assert house.call("digest", "--to", "me@example.org").returncode == 2
    assert not (tmp_path / "none").exists()


def test_who_had_no_news_yet_has_nothing_to_show(house: Installation, tmp_path: Path) -> None:
    house.report("subscribe", "claire@example.org", "--topic", "field:elections")
    done = house.call("digest", "--preview", "claire@example.org", "--into", str(tmp_path))
    assert done.returncode == 1
    assert b"nothing was new to 'claire@example.org' yet" in done.stderr


def test_mail_is_paused_and_goes_on(house: Installation) -> None:
    """Nobody is planned for meanwhile, and whoever looks is told who stopped it, and why."""
    paused = house.report("mail", "pause", "--reason", "a wrong item", "--by", "Eva")
    assert house.report("status")["halt"] == paused
    done = house.call("digest", "--now", LATER)
    assert done.returncode == 1
    assert b"mail is paused by Eva since" in done.stderr
    assert b"a wrong item" in done.stderr
    assert house.report("mail", "resume") == {"resumed": True}
    assert house.report("mail", "resume") == {"resumed": False}
    assert house.report("status")["halt"] is None
    assert house.report("digest", "--now", LATER)["accepted"] == 2


def test_news_is_held_before_it_is_mailed(house: Installation) -> None:
    settings = house.folder / "fieldfare.toml"
    own = settings.read_text("utf-8")
    settings.write_text(own.replace("[mail]\n", "[mail]\nhold_minutes = 30\n", 1))
    [item, *_] = house.report("items")
    assert house.report("status")["mailed_from"] <= item["mailed_from"]
    assert b"mailed from" in house.call("items").stdout
    assert house.report("digest")["planned"] == 0
    assert house.report("digest", "--now", LATER)["planned"] == 2
    assert b"mailed from" not in house.call("items").stdout


def test_who_got_what_was_wrong_is_told(house: Installation) -> None:
    """Counted first, and asked about; said twice, mailed once."""
    house.report("digest", "--now", LATER)
    item, *_ = (row["slug"] for row in house.report("items"))
    house.report("items", "correct", item, "--title", "Another title", "--reason", "it was wrong")
    house.report("unsubscribe", "anna@example.org")
    foreseen = house.report("items", "tell", item, "--dry-run")
    assert (foreseen["readers"], foreseen["now"], foreseen["queued"]) == (1, "Another title", 0)
    unasked = house.call("items", "tell", item)
    assert (unasked.returncode, b"say --yes" in unasked.stderr) == (2, True)
    assert house.report("items", "tell", item, "--yes", "--note", "Sorry.")["queued"] == 1
    assert house.report("items", "tell", item, "--yes")["queued"] == 0
    assert house.report("digest", "--now", LATER)["accepted"] == 1
    [mailed] = house.report("items", "history", item)["mails"]
    assert mailed["readers"] == 2
