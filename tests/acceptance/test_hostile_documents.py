"""Documents that hold or end the process that reads them: quarantined, and nothing else happens."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest

from feeds.draft import Reason
from tests import hostile_parser
from tests.command import SEEDS, Installation, a_free_port, an_installation, until

SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}"
[serve]
port = {port}
[daemon]
ingest_seconds = 1
[[sources]]
name = "inbox"
path = "inbox"
settle_seconds = 0
[[sources]]
name = "press"
kind = "push"
token_path = "press.token"
"""
TOKEN = "t0ken-of-the-press-office-of-32-letters"
TEXT = (SEEDS / "000_17fbf7fc0acc265a.txt").read_text("utf-8")
COUNT = len(hostile_parser.HARM)


@pytest.fixture
def port() -> int:
    return a_free_port()


@pytest.fixture
def house(tmp_path: Path, port: int) -> Installation:
    """A document of each harm, each beside one that does none."""
    settings = SETTINGS.format(port=port)
    made = an_installation(tmp_path / "house", settings)
    (made.folder / "press.token").write_text(TOKEN, "utf-8")
    inbox = made.folder / "inbox"
    for number, words in enumerate(hostile_parser.HARM):
        (inbox / f"{number}-harm.txt").write_text(words, "utf-8")
        said = TEXT.replace("cybercrime", f"crime {number}").replace("guide", f"leaflet {number}")
        (inbox / f"{number}-item.txt").write_text(said, "utf-8")
    made.report("migrate")
    return made


def quarantined(house: Installation) -> list[dict[str, str]]:
    told: list[dict[str, str]] = house.report("quarantine")
    return told


def test_an_ingest_takes_the_others_in(
    house: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = hostile_parser.install(tmp_path / "site", seconds=1)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    told = house.report("ingest")
    assert (told["added"], told["quarantined"]) == (COUNT, COUNT)
    reasons = {row["document"]: row["reason"] for row in quarantined(house)}
    for number, (_, reason) in enumerate(hostile_parser.HARM.values()):
        assert reasons[f"{number}-harm.txt"].startswith(Reason(reason).explanation)
    # None of them is read again while it is what it was.
    (tmp_path / "site" / "began").unlink()
    again = house.report("ingest")
    assert (again["unchanged"], again["quarantined"]) == (COUNT, COUNT)
    assert not (tmp_path / "site" / "began").exists()


def test_a_daemon_answers_and_stops_meanwhile(
    house: Installation, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document may take ten minutes here, and still SIGTERM is obeyed before."""
    environment = hostile_parser.install(tmp_path / "site", seconds=600)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    url = f"http://127.0.0.1:{port}"
    with house.running(url) as daemon:
        until((tmp_path / "site" / "began").exists)
        for _ in range(5):
            assert httpx.get(f"{url}/healthz", timeout=30).status_code == 200
        daemon.send_signal(signal.SIGTERM)
        _, log = daemon.communicate(timeout=60)
        assert daemon.returncode == 0, log.decode()
    # What was in hand was neither taken in nor blamed.
    assert not quarantined(house)


def test_a_push_that_takes_too_much_is_refused_and_the_next_one_taken(
    house: Installation, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = hostile_parser.install(tmp_path / "site", seconds=1, patience=60)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    for path in (house.folder / "inbox").iterdir():
        path.unlink()
    address = f"http://127.0.0.1:{port}/api/items"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    harm = {"id": "1", "title": "A course", "text": "HOLDS THE INTERPRETER"}
    with (
        house.running(f"http://127.0.0.1:{port}"),
        httpx.Client(headers=headers, timeout=30) as office,
        ThreadPoolExecutor() as aside,
    ):
        refused = aside.submit(office.post, address, json=harm)
        while not refused.done():
            assert office.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
            time.sleep(0.05)
        assert refused.result().status_code == 422
        assert "computing time" in refused.result().text
        taken = office.post(address, json=harm | {"text": "Twenty officers took part in it."})
        assert taken.status_code == 201


def test_a_file_on_a_terminal_is_refused_as_well_and_the_next_one_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = hostile_parser.install(tmp_path / "site", seconds=1, patience=60)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    files = [tmp_path / name for name in ("holds.txt", "crashes.txt", "item.txt")]
    for file, said in zip(files, ("HOLDS THE INTERPRETER", "CRASHES", TEXT), strict=True):
        file.write_text(said, "utf-8")
    house = an_installation(tmp_path / "house", "")
    done = house.call("parse", *map(str, files), "--json")
    assert done.returncode == 0, done.stderr.decode()
    holds, crashes, item = map(json.loads, done.stdout.splitlines())
    assert "more than 1 seconds of computing time" in holds["refused"]
    assert "SIGSEGV" in crashes["refused"]
    assert len(item["items"]) == 1
