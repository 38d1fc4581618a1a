"""The contract of the command: exit codes, clear words, and what a dry run leaves alone."""

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from notifier.storage.suppressions import Keyed
from tests.command import SEEDS, Installation, an_installation

SUBSCRIBE = ("subscribe", "a@example.org", "--topic", "field:policing")


@pytest.fixture
def house(tmp_path: Path) -> Installation:
    return an_installation(tmp_path / "house")


def refusal(house: Installation, *arguments: str, code: int = 1) -> str:
    done = house.call(*arguments)
    assert done.returncode == code, done.stdout
    return done.stderr.decode()


def test_a_command_loads_what_it_works_with(tmp_path: Path) -> None:
    """As the first of its process; the others of the way: `test_second_organisation.py`."""
    house = an_installation(tmp_path / "house", is_cold=True)
    for command in ("config", "deliveries", "items", "map", "quarantine", "sources", "topics"):
        house.report(command)
    refused = {
        ("items", "merge", "one", "other"): "one",
        ("items", "split", "one"): "one",
        ("promote", "inbox", "none.txt"): "none.txt",
        ("unsubscribe", "no address"): "no usable mail address",
    }
    for arguments, words in refused.items():
        assert words in refusal(house, *arguments)


def test_init_leaves_what_is_there(house: Installation) -> None:
    secret = (house.folder / "secret.key").read_text()
    said = house.call("init", str(house.folder), "--zone", "Europe/Vienna").stdout.decode()
    assert "stays as it is" in said
    assert "what you named for fieldfare.toml is to be written there by you" in said
    assert (house.folder / "secret.key").read_text() == secret
    assert (house.folder / "secret.key").stat().st_mode & 0o777 == 0o600


def test_config_masks_every_secret(house: Installation) -> None:
    shown = house.call("config").stdout.decode()
    assert (house.folder / "secret.key").read_text().strip() not in shown
    assert house.report("config")["secret"] == "***"


def test_templates_of_mails_are_tried_before_anything_is_sent(tmp_path: Path) -> None:
    """By whoever looks at the settings, and by the command and the daemon that would send."""
    mails = tmp_path / "mails"
    mails.mkdir()
    (mails / "digest.html").write_text("<p>News</p>\n{{ sections }}\n")
    house = an_installation(tmp_path / "house", f"[mail]\ntemplates = '{mails}'\n")
    for command in ("config", "digest", "run"):
        assert "digest.html: lacks the way out, {{ unsubscribe_url }}" in refusal(house, command)


def test_every_fault_of_the_settings_is_told_at_once(tmp_path: Path) -> None:
    house = an_installation(tmp_path, "[mail.smtp]\nport = 99999\n[site]\nlangauge = 'en'")
    said = refusal(house, "config")
    assert "fieldfare.toml:3" in said
    assert "65535" in said
    assert "did you mean" in said or "language" in said


def test_migrating_twice_changes_nothing(house: Installation) -> None:
    assert house.report("migrate") == {"migrated": True}
    assert house.report("migrate") == {"migrated": False}


def test_a_dry_run_stores_and_sends_nothing(house: Installation) -> None:
    told = house.report("subscribe", "anna@example.org", "--topic", "field:policing")
    assert house.report("ingest", str(SEEDS), "--dry-run")["added"] == 2
    assert house.report("status")["items"] == 0
    house.report("ingest", str(SEEDS))
    assert (
        house.report("digest", "--now", told["digests"][0]["due_at"], "--dry-run")["planned"] == 1
    )
    assert house.report("deliveries") == []
    assert house.mails() == []


def test_what_cannot_be_understood_is_listed_with_the_reason(house: Installation) -> None:
    inbox = house.folder / "inbox"
    (inbox / "empty.txt").write_bytes(b"")
    (inbox / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (inbox / "menu.txt").write_text("-\nOur work\n- Elections\n- Education\n- About us\n")
    (inbox / "huge.txt").write_bytes(b"x" * 2_000_001)
    (inbox / "good.txt").write_bytes((SEEDS / "000_17fbf7fc0acc265a.txt").read_bytes())
    report = house.report("ingest", str(inbox))
    assert (report["added"], report["quarantined"]) == (1, 4)
    held = {row["document"]: row for row in house.report("quarantine")}
    codes = {name: row["code"] for name, row in held.items()}
    assert codes == {
        "empty.txt": "empty",
        "binary.txt": "binary",
        "menu.txt": "menu-only",
        "huge.txt": "too-large",
    }
    assert "max_document_bytes" in held["huge.txt"]["reason"]


def test_a_half_written_file_waits(tmp_path: Path) -> None:
    source = '[[sources]]\nname = "inbox"\npath = "inbox"\nsettle_seconds = 3600'
    house = an_installation(tmp_path / "house", sources=source)
    (house.folder / "inbox" / "fresh.txt").write_bytes(
        (SEEDS / "000_17fbf7fc0acc265a.txt").read_bytes()
    )
    report = house.report("ingest")
    assert (report["added"], report["waiting"]) == (0, 1)


def test_an_unknown_topic_is_kept_and_reported(house: Installation) -> None:
    text = (SEEDS / "000_17fbf7fc0acc265a.txt").read_text("utf-8")
    (house.folder / "inbox" / "one.txt").write_text(
        text.replace("Policing, Human rights", "Policing, Beekeeping"), encoding="utf-8"
    )
    report = house.report("ingest", str(house.folder / "inbox"))
    assert [label["text"] for label in report["unknown_topics"]] == ["Beekeeping"]
    (item,) = house.report("items")
    assert item["unknown"] == ["Beekeeping"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("subscribe", "no address", "--topic", "field:policing"), "no usable mail address"),
        (("subscribe", "a@example.org", "--topic", "field:polcing"), "did you mean field:policing"),
        ((*SUBSCRIBE, "--language", "xx"), "'xx'"),
        (
            (*SUBSCRIBE, "--frequency", "immediate", "--on", "monday"),
            "no weekday",
        ),
        ((*SUBSCRIBE, "--quiet", "5"), "no quiet minutes"),
        (("ingest", "nowhere"), "no such file"),
        (("ingest", "https://example.org/news"), "'https://example.org/news': no such file"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(
    house: Installation, arguments: tuple[str, ...], words: str
) -> None:
    said = refusal(house, *arguments)
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("subscribe", "a@example.org", "--topic", "field:policing", "--at", "25:00"),
        ("subscribe", "a@example.org", "--topic", "field:policing", "--timezone", "Mars/Base"),
        ("digest", "--now", "tomorrow"),
        ("parse", "nowhere.txt"),
        ("fly",),
    ],
)
def test_a_slip_in_the_words_of_a_command_exits_with_2(
    house: Installation, arguments: tuple[str, ...]
) -> None:
    refusal(house, *arguments, code=2)


def test_a_store_of_another_kind_is_not_touched(tmp_path: Path) -> None:
    house = an_installation(tmp_path, '[store]\nurl = "sqlite:///notes.txt"')
    (tmp_path / "notes.txt").write_text("dear diary " * 500)
    assert "cannot be used" in refusal(house, "status")
    assert (tmp_path / "notes.txt").read_text() == "dear diary " * 500


def test_parse_tells_why_it_refuses(house: Installation) -> None:
    done = house.call("parse", "-", "--json", stdin=b"- only\n- a menu\n")
    shown = json.loads(done.stdout)
    assert shown["items"] == []
    assert shown["refused"]


def test_parse_reads_no_more_than_ingest_would(house: Installation) -> None:
    assert "max_document_bytes" in house.report("parse", "/dev/zero")["refused"]


def test_publishing_can_be_checked_and_mended(tmp_path: Path) -> None:
    house = an_installation(tmp_path / "house")
    assert house.call("publish", "--check").returncode == 1
    house.report("publish")
    assert house.report("publish", "--check") == []
    feed = house.folder / "public" / "feeds" / "all.atom"
    feed.write_bytes(feed.read_bytes()[:100])
    checked = house.call("publish", "--check", "--json")
    assert checked.returncode == 1
    assert json.loads(checked.stdout) == [{"path": "feeds/all.atom", "fault": "other bytes"}]
    house.report("publish", "--repair")
    assert house.report("publish", "--check") == []


def test_status_tells_of_a_publish_that_failed(tmp_path: Path) -> None:
    house = an_installation(tmp_path / "house")
    house.report("publish")
    before = house.report("status")
    assert before["incidents"] == []
    public = house.folder / "public"
    shutil.rmtree(public)
    public.write_text("in the way")
    done = house.call("publish")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    failed = house.report("status")
    assert failed["last_success"]["publish"] == before["last_success"]["publish"]
    [incident] = failed["incidents"]
    assert (incident["kind"], incident["times"]) == ("publishing", 1)
    assert incident["problem"].encode() in done.stderr
    said = house.call("status").stdout.decode().splitlines()[0]
    assert said.startswith("since ")
    assert "feeds and pages cannot be published" in said
    assert "publish.directory" in said
    public.unlink()
    house.report("publish")
    after = house.report("status")
    assert after["incidents"] == []
    assert after["last_success"]["publish"] > before["last_success"]["publish"]
    [over] = house.report("status", "--since", "yesterday")["incidents"]
    assert over["until"] >= over["since"] == incident["since"]
    assert house.call("status", "--since", "1h").stdout.decode().count("\n") == 1
    assert b"nothing was wrong" in house.call("status", "--since", "2999-01-01").stdout
    assert house.call("status", "--since", "soon").returncode == 2


def test_none_is_promised_to_whom_no_mail_may_go(house: Installation) -> None:
    house.report(*SUBSCRIBE)
    [before] = house.report("subscribers")
    assert before["digests"][0]["due_at"]
    with sqlite3.connect(house.folder / "fieldfare.db") as store:
        [key] = store.execute(
            "SELECT value FROM constants WHERE name = 'suppression-key'"
        ).fetchone()
        hashed = Keyed(bytes.fromhex(key))("a@example.org")
        store.execute(
            "INSERT INTO suppressions VALUES (?, 'refused', '550', '2026-11-24', 1)", [hashed]
        )
    store.close()
    said = house.call(*SUBSCRIBE).stdout.decode()
    assert "next digest: none, as this address must not be mailed" in said
    [row] = house.report("subscribers")
    assert (row["suppressed"], row["digests"][0]["due_at"]) == (True, None)
    assert "suppressed" in house.call("subscribers").stdout.decode()
    house.report("unsubscribe", "a@example.org")
    shown = house.call("subscribers", "show", "a@example.org").stdout.decode()
    assert "has left; this address must not be mailed" in shown


def test_one_reader_is_shown_paused_and_resumed(house: Installation) -> None:
    house.report(*SUBSCRIBE)
    before = house.report("subscribers", "show", "A@example.org")
    assert before == house.report("subscribers")[0]
    paused = house.report("subscribers", "pause", "a@example.org", "2100-01-04")
    assert paused["paused_until"] == "2100-01-04"
    assert paused["digests"][0]["due_at"].startswith("2100-01-04T")
    assert b"paused until 2100-01-04" in house.call("subscribers", "show", "a@example.org").stdout
    resumed = house.report("subscribers", "resume", "a@example.org")
    assert resumed == before


def test_what_one_reader_gets_is_changed_and_when_it_comes_next_is_told(
    house: Installation,
) -> None:
    house.report(*SUBSCRIBE, "--topic", "field:policing")
    change = ("subscribers", "change", "A@example.org")
    wanted = ("--select", "field=elections", "--topic", "field:policing")
    changed = house.report(*change, *wanted, "--frequency", "weekly", "--on", "thursday")
    [digest] = changed["digests"]
    assert digest["selections"] == ["field=elections", "field=policing"]
    assert (digest["frequency"], digest["weekdays"]) == ("weekly", ["thursday"])
    said = house.call(*change, "--at", "06:30", "--timezone", "Asia/Bishkek").stdout.decode()
    assert re.search(r"next digest: Thursday \d+ \w+ \d{4}, 06:30 \(Asia/Bishkek\)", said)
    said = house.call(*change, "--frequency", "immediate", "--quiet", "5").stdout.decode()
    assert "next digest: as soon as something is new (quiet minutes after each: 5)\n" in said
    said = house.call(*change, "--frequency", "immediate", "--quiet", "0").stdout.decode()
    assert said.endswith("next digest: as soon as something is new\n")


def test_one_reader_is_told_all_that_is_kept_and_erased(house: Installation) -> None:
    house.report(*SUBSCRIBE)
    kept = json.loads(house.call("subscribers", "export", "A@example.org").stdout)
    assert (kept["address"], kept["gets"][0]["selections"]) == ("a@example.org", ["field=policing"])
    assert kept["consents"][0]["consent"]["how"] == "vouched"
    assert house.report("subscribers", "erase", "A@example.org") == {"erased": True}
    assert house.call("subscribers", "erase", "a@example.org").returncode == 1
    assert b"nobody subscribed" in house.call("subscribers", "export", "a@example.org").stderr
    assert house.report("subscribers") == []
    said = house.call(*SUBSCRIBE).stdout.decode()
    assert "next digest: none, as this address must not be mailed" in said


def test_nobody_is_paused_or_resumed_who_is_not_there(house: Installation) -> None:
    for asked in (("pause", "b@example.org", "2100-01-04"), ("resume", "b@example.org")):
        done = house.call("subscribers", *asked)
        assert done.returncode == 1
        assert b"nobody subscribed as 'b@example.org'" in done.stderr
    house.report(*SUBSCRIBE)
    house.call("unsubscribe", "a@example.org")
    for asked in (("pause", "a@example.org", "2100-01-04"), ("change", "a@example.org")):
        done = house.call("subscribers", *asked)
        assert done.returncode == 1
        assert b"gets nothing at present" in done.stderr
    assert b"has left" in house.call("subscribers", "show", "a@example.org").stdout
