"""The daemon: what it does by itself, how it ends, and that there is only one."""

import re
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.command import SEEDS, Installation, a_free_port, an_installation, until

SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}{path}"
[serve]
port = {port}
[daemon]
ingest_seconds = 1
publish_seconds = 1
digests_seconds = 1
delivery_seconds = 1
[[sources]]
name = "inbox"
path = "inbox"
settle_seconds = 0
"""


@dataclass(frozen=True, slots=True)
class Served:
    house: Installation
    url: str


@pytest.fixture
def served(tmp_path: Path) -> Served:
    port = a_free_port()
    house = an_installation(tmp_path / "house", SETTINGS.format(port=port, path=""))
    return Served(house, f"http://127.0.0.1:{port}")


@pytest.fixture
def served_below_path(tmp_path: Path) -> Served:
    port = a_free_port()
    house = an_installation(tmp_path / "house", SETTINGS.format(port=port, path="/news/"))
    return Served(house, f"http://127.0.0.1:{port}/news")


def drop_seed(house: Installation) -> None:
    """As publishers should: written beside, then renamed into place."""
    seed = SEEDS / "000_17fbf7fc0acc265a.txt"
    beside = house.folder / "inbox" / ".new"
    beside.write_bytes(seed.read_bytes())
    beside.rename(house.folder / "inbox" / seed.name)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What hears of the daemon as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(str(tmp_path / "notify"))
        hearing.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield hearing


def test_a_document_dropped_in_becomes_feed_and_mail_by_itself(
    served: Served, systemd: socket.socket
) -> None:
    house = served.house
    house.report(
        "subscribe", "dan@example.org", "--topic", "field:policing", "--frequency", "immediate"
    )
    # By itself, as nothing but its real end ends what it has in other threads.
    with replace(house, is_cold=True).running(served.url) as daemon:
        empty = httpx.get(f"{served.url}/feeds/fields/policing.atom")
        assert "<entry" not in empty.text
        drop_seed(house)
        until(house.mails)
        assert systemd.recv(100) == b"READY=1"
        assert systemd.recv(100) == b"WATCHDOG=1"
        # Each job has its own beat: the mail may be out before the feed is written.
        until(lambda: "<entry" in httpx.get(f"{served.url}/feeds/fields/policing.atom").text)
        feed = httpx.get(f"{served.url}/feeds/fields/policing.atom")
        assert feed.text.count("<entry") == 1
        asked = {"If-None-Match": feed.headers["etag"]}
        again = httpx.get(f"{served.url}/feeds/fields/policing.atom", headers=asked)
        assert again.status_code == 304
        search = f"{served.url}/feeds/select.atom?field=policing&q=police"
        until(lambda: "<entry" in httpx.get(search).text)
        daemon.send_signal(signal.SIGTERM)
        _, log = daemon.communicate(timeout=30)
        assert daemon.returncode == 0, log.decode()
    assert systemd.recv(100) == b"STOPPING=1"
    assert len(house.mails()) == 1
    assert b"dan@example.org" not in log


def test_one_click_ends_the_mails_and_a_look_does_not(served_below_path: Served) -> None:
    served = served_below_path
    house = served.house
    told = house.report("subscribe", "anna@example.org", "--topic", "field:policing")
    drop_seed(house)
    house.report("ingest")
    house.report("publish")
    house.report("digest", "--now", told["digests"][0]["due_at"])
    (mail,) = house.mails()
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    link = re.findall("<(http[^>]*)>", message["list-unsubscribe"])[0]
    assert link.startswith(f"{served.url}/u/")
    with house.running(served.url):
        assert httpx.get(f"{served.url}/feeds/all.atom").status_code == 200
        assert httpx.get(link).status_code == 200
        assert house.report("subscribers")[0]["state"] == "active"
        one_click = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
        assert one_click.status_code == 200
        assert house.report("subscribers")[0]["state"] == "left"


def test_a_second_daemon_on_the_same_store_is_refused(served: Served) -> None:
    with served.house.running(served.url) as first:
        second = served.house.call("run")
        assert second.returncode == 1
        assert f"a daemon (pid {first.pid}) already runs" in second.stderr.decode()
        assert served.house.report("status")["daemon"] == f"pid {first.pid}"
        words = served.house.call("status").stdout.decode().splitlines()
        [roles] = [line.split(maxsplit=1)[1] for line in words if line.startswith("nodes[0].roles")]
        assert set(roles.split(", ")) == set(served.house.report("status")["nodes"][0]["roles"])
    assert served.house.report("status")["daemon"] is None
    assert re.search(r"^daemon +none$", served.house.call("status").stdout.decode(), re.MULTILINE)


def test_a_taken_port_is_said_plainly(served: Served) -> None:
    elsewhere = an_installation(
        served.house.folder.parent / "other",
        SETTINGS.format(port=served.url.rpartition(":")[2], path=""),
    )
    with served.house.running(served.url):
        refused = elsewhere.call("run")
    assert refused.returncode == 1
    assert "cannot listen" in refused.stderr.decode()


def test_a_second_daemon_under_another_name_is_refused_too(served: Served) -> None:
    """A file takes one daemon; names of nodes are for a store that several can share."""
    settings = served.house.folder / "fieldfare.toml"
    with served.house.running(served.url):
        told = settings.read_text("utf-8").replace("[daemon]", '[daemon]\nnode = "other"')
        settings.write_text(told.replace(served.url[-5:], str(a_free_port())), encoding="utf-8")
        second = served.house.call("run")
    assert second.returncode == 1
    assert "already runs" in second.stderr.decode()
