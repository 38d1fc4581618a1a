"""What comes back is heeded, and can be seen and undone by commands."""

import json
import re
import sqlite3
from pathlib import Path

import pytest
import trustme

from tests import services
from tests.command import SEEDS, Installation, a_free_port, an_installation, until
from tests.conftest import SmtpServerFactory
from tests.dovecot import OWNER, OWNERS_PASSWORD, dovecot
from tests.returned import bounces
from tests.returned_otherwise import written

SETTINGS = """\
[site]
url = "https://news.test-of-ours.org"
[mail]
transport = "smtp"
from_address = "digest@news.test-of-ours.org"
return_path = "bounces+*@news.test-of-ours.org"
unsubscribe_mailbox = "leave@news.test-of-ours.org"
[mail.smtp]
port = {port}
security = "none"
[returns]
maildir = "returned"
every_seconds = 1
[serve]
port = {web}
"""
BOUNCE = next(form.raw for form in bounces() if form.name == "postfix-hard-0")


@pytest.fixture
def house(tmp_path: Path, smtp_server: SmtpServerFactory) -> tuple[Installation, list[str]]:
    """Two readers who were sent a digest each, and by which return paths."""
    server = smtp_server()
    settings = SETTINGS.format(port=server.port, web=a_free_port())
    made = an_installation(tmp_path / "house", settings)
    for name in ("anna", "ben"):
        made.call("subscribe", f"{name}@example.org", "--topic", "issuer:secretariat")
    made.report("ingest", str(SEEDS))
    made.report("digest", "--now", "2100-01-01T12:00:00Z")
    paths = {each.recipients[0]: each.sender for each in server.mails}
    return made, [paths[f"{name}@example.org"] for name in ("anna", "ben")]


def bounce(path: str) -> bytes:
    return BOUNCE.replace(b"To: bounces@news.example", f"To: {path}".encode())


def test_each_mail_goes_by_a_return_path_of_its_own(
    house: tuple[Installation, list[str]],
) -> None:
    _, paths = house
    form = r"bounces\+\d+\.[a-z2-7]{16}@news\.test-of-ours\.org"
    assert all(re.fullmatch(form, path) for path in paths)
    assert len(set(paths)) == 2


def test_a_bounce_silences_its_reader_until_it_is_lifted(
    house: tuple[Installation, list[str]],
) -> None:
    made, [path, _] = house
    [told] = made.report("returns", "read", "-", stdin=bounce(path))
    assert (told["kind"], told["status"], told["consequence"]) == ("hard", "5.1.1", "suppress")
    [listed] = made.report("returns", "--of", "Anna@example.org")
    assert listed == told
    [barred] = made.report("suppressions")
    assert (barred["address"], barred["reason"]) == ("anna@example.org", "hard")
    status = made.report("status")
    assert (status["suppressed"], status["returned"]) == (1, {"example.org": {"hard": 1}})
    again = made.call("subscribe", "anna@example.org", "--everything").stdout.decode()
    assert "must not be mailed; `fieldfare suppressions` says why" in again
    assert made.report("suppressions", "lift", "ANNA@example.org") == {"lifted": True}
    assert made.report("suppressions") == []
    assert made.call("suppressions", "lift", "anna@example.org").returncode == 1
    assert (
        "next digest: Saturday 2"
        in made.call("subscribers", "show", "anna@example.org").stdout.decode()
    )


def test_an_operator_may_silence_an_address(house: tuple[Installation, list[str]]) -> None:
    made, _ = house
    made.report("suppressions", "add", "press@example.org", "--reason", "asked by telephone")
    [barred] = made.report("suppressions")
    assert (barred["address"], barred["detail"]) == (None, "asked by telephone")
    lines = made.call("suppressions").stdout.decode()
    assert "nobody's here" in lines
    assert "asked by telephone" in lines


def test_what_lies_in_the_maildir_is_taken_by_the_daemon(
    house: tuple[Installation, list[str]],
) -> None:
    made, [path, _] = house
    new = made.folder / "returned" / "new"
    new.mkdir(parents=True)
    with sqlite3.connect(made.folder / "fieldfare.db") as store:
        [(ben,)] = store.execute("SELECT public_id FROM subscribers WHERE address LIKE 'ben%'")
    store.close()
    with made.running(f"http://127.0.0.1:{_port(made)}"):
        (new / "1.mx").write_bytes(bounce(path))
        until(lambda: made.report("suppressions"))
        (new / "2.mx").write_bytes(written(f"https://x/u/{'a' * 22}.u.{ben}.1", "").encode())
        until(lambda: len(made.report("returns")) == 2)
    assert [row["consequence"] for row in made.report("returns")] == ["unclaimed", "suppress"]
    assert {row["state"] for row in made.report("subscribers")} == {"active"}


def test_what_came_to_a_mailbox_elsewhere_is_taken_by_the_daemon(
    house: tuple[Installation, list[str]], authority: trustme.CA
) -> None:
    made, [path, _] = house
    try:
        with dovecot(authority) as server:
            told = (
                f'[returns.mailbox]\nprotocol = "pop3"\nhost = "127.0.0.1"\n'
                f'port = {server.ports["pop3s"]}\nusername = "{OWNER}"\n'
                f'password = "{OWNERS_PASSWORD}"\n'
            )
            with (made.folder / "fieldfare.toml").open("a") as settings:
                settings.write(told)
            with made.running(f"http://127.0.0.1:{_port(made)}"):
                server.put("1", bounce(path))
                until(lambda: made.report("suppressions"))
                until(lambda: not server.kept())
    except services.Missing as missing:
        pytest.skip(str(missing))
    assert [row["consequence"] for row in made.report("returns")] == ["suppress"]


def _port(made: Installation) -> int:
    return int(made.report("config")["serve"]["port"])


def test_a_pause_is_seen_and_ended(house: tuple[Installation, list[str]]) -> None:
    made, _ = house
    assert made.call("pauses").stdout == b"no domain is paused\n"
    until = "2100-01-01 00:00:00.000000"
    with sqlite3.connect(made.folder / "fieldfare.db") as store:
        store.execute(
            "INSERT INTO pauses VALUES (?, ?, ?)", ("example.org", "2026-11-24 06:00:00", until)
        )
        store.execute("UPDATE deliveries SET state = 'queued', due_at = ?", (until,))
    store.close()
    [row] = made.report("pauses")
    assert (row["domain"], row["until"]) == ("example.org", "2100-01-01T00:00:00+00:00")
    assert "example.org" in made.call("pauses").stdout.decode()
    assert made.report("pauses", "end", "Example.org") == {"ended": True, "sent": 2}
    assert made.report("pauses") == []
    again = made.call("pauses", "end", "example.org")
    assert (again.returncode, again.stdout) == (1, b"it is not paused\n")


def test_that_nothing_came_back_is_told(house: tuple[Installation, list[str]]) -> None:
    made, _ = house
    assert made.call("returns").stdout == b"nothing came back\n"
    assert made.call("suppressions").stdout == b"no address is suppressed\n"
    gone = made.call("returns", "read", "gone.eml")
    assert gone.returncode == 2
    assert json.loads(made.call("returns", "--json").stdout) == []
