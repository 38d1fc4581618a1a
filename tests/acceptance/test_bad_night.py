"""An operator's bad night, acted out: for each trouble what status, health, metrics, log and a
webhook say, and that all is back to normal by itself once the world is.
"""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import trustme
from standardwebhooks import Webhook

from tests import services
from tests.command import SEEDS, Installation, a_free_port, an_installation, until
from tests.publisher.server import Raw, Request, Response, publishing
from tests.publisher.site import Site
from tests.smtp import smtp_server

SETTINGS = """\
[site]
url = "https://news.example.net"
[store]
url = "{store}"
[publish]
directory = "public"
[serve]
port = {port}
[mail]
transport = "smtp"
from_address = "digest@news.example.net"
[mail.smtp]
host = "127.0.0.1"
port = {relay}
security = "none"
[fetch]
private_hosts = "127.0.0.1"
pause_seconds = 0
[daemon]
ingest_seconds = 1
digests_seconds = 1
delivery_seconds = 1
[alerts]
wait_seconds = 1
mail_to = "op@news.example.net"
disk_free_bytes = 2_000_000
[[sources]]
name = "inbox"
path = "inbox"
settle_seconds = 0
[[sources]]
name = "news"
kind = "web"
url = "{news}"
[[webhooks]]
name = "office"
url = "{office}"
secret_path = "office.secret"
events = "incident.opened incident.ended"
"""
SECRET = f"whsec_{'b2ZmaWNl' * 4}"


@dataclass
class World:
    """What the house depends on: a website that is closed to it, and an office that is told."""

    told: list[dict[str, Any]] = field(default_factory=list)
    site: Site = field(default_factory=lambda: Site(count=1))

    def answer(self, request: Request) -> Response | Raw:
        if request.path == "/office":
            self.told.append(Webhook(SECRET).verify(request.body, dict(request.headers)))
            return Response(status=204)
        return self.site(request)

    def heard(self, what: str) -> set[str]:
        """The kinds of which the office heard that they began, or are over."""
        return {told["data"]["kind"] for told in self.told if told["type"] == f"incident.{what}"}


@dataclass
class Night:
    """A daemon at work, and what whoever looks after it sees."""

    house: Installation
    url: str
    world: World

    def health(self) -> dict[str, Any]:
        told: dict[str, Any] = httpx.get(f"{self.url}/healthz", timeout=9).json()
        return told

    def has(self, *words: str) -> bool:
        """Whether it is degraded, and says each of these."""
        told = self.health()
        problems = " ".join(told["problems"])
        return told["status"] == "degraded" and all(word in problems for word in words)

    def metric(self, name: str) -> float:
        lines = httpx.get(f"{self.url}/metrics", timeout=9).text.splitlines()
        return float(next(line.rsplit(" ", 1)[1] for line in lines if line.startswith(name)))

    def counted(self, kind: str) -> float:
        return self.metric(f'fieldfare_incidents{{kind="{kind}"')

    def says(self, *options: str) -> str:
        """What status says to people."""
        return self.house.call("status", *options).stdout.decode()

    def drop(self, seed: Path) -> None:
        beside = self.house.folder / "inbox" / ".new"
        beside.write_bytes(seed.read_bytes())
        beside.rename(beside.with_name(seed.name))


@contextmanager
def a_night(folder: Path, world: World, *, store: str, relay: int) -> Iterator[Night]:
    with publishing(world.answer) as publisher:
        port = a_free_port()
        settings = SETTINGS.format(
            store=store,
            port=port,
            relay=relay,
            office=publisher.at("/office"),
            news=publisher.at("/news"),
        )
        house = an_installation(folder, settings)
        (folder / "office.secret").write_text(SECRET)
        with house.running(f"http://127.0.0.1:{port}") as daemon:
            yield Night(house, f"http://127.0.0.1:{port}", world)
            daemon.send_signal(signal.SIGTERM)
            _, log = daemon.communicate()
        assert daemon.returncode == 0, log.decode()
        _is_quiet(log.decode())


def _is_quiet(log: str) -> None:
    """An expected failure is a line with its sentence as it begins, not one each beat, and none has
    a traceback or an address.
    """
    assert "Traceback" not in log
    assert "anna@example.org" not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    said = [(line["incident"], line["event"]) for line in lines if "incident" in line]
    assert all(said.count(each) < 5 for each in said), said
    assert all(line["action"] for line in lines if "problem" in line and "incident" in line)


@contextmanager
def a_small_disk(folder: Path) -> Iterator[bool]:
    """Whether the folder is a disk of its own, of 8 MB; where nobody may mount it is none."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = shutil.which("mount") or "mount"
    options = [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    is_mounted = subprocess.run(options, check=False, capture_output=True).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remounted(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def full_and_closed(night: Night, public: Path, seed: Path) -> None:
    """The disk of what is published is nearly full, and then nothing may be written there."""
    free = shutil.disk_usage(public).free
    (public / "filling").write_bytes(b"x" * (free - 500_000))
    until(lambda: night.has("the disk of publish.directory is nearly full"))
    assert night.metric('fieldfare_disk_free_bytes{setting="publish.directory"}') < 2e6
    (public / "filling").unlink()
    until(lambda: night.counted("disk") == 0)
    remounted(public, "ro")
    night.drop(seed)
    until(lambda: night.has("feeds and pages cannot be published"))
    until(lambda: "Read-only file system" in night.says())
    remounted(public, "rw")
    until(lambda: night.counted("publishing") == 0)


def test_a_night_on_one_machine(tmp_path: Path) -> None:
    """The relay is down, a source a 403, a daemon started twice, a disk full, a folder closed."""
    relay, world, folder = a_free_port(), World(), tmp_path / "house"
    world.site.break_down("/news", 403)
    first, second, *_ = sorted(SEEDS.glob("*.txt"))
    with ExitStack() as opened:
        has_disk = opened.enter_context(a_small_disk(folder / "public"))
        store = f"sqlite:///{folder / 'fieldfare.db'}"
        night = opened.enter_context(a_night(folder, world, store=store, relay=relay))
        house, public = night.house, folder / "public"
        house.report("subscribe", "anna@example.org", "--everything", "--frequency", "immediate")
        night.drop(first)

        until(lambda: night.has(f"the mail server 127.0.0.1:{relay} cannot be reached"))
        until(lambda: night.has("the source news fails"))
        assert night.counted("relay-away") == night.counted("source") == 1
        said = night.says()
        assert f"the mail server 127.0.0.1:{relay} cannot be reached: " in said
        assert "mails wait, and leave by themselves once it answers" in said
        assert "`fieldfare ingest news` asks at once" in said
        assert "403" in said
        # By the webhook, as there is no relay that works.
        until(lambda: {"relay-away", "source"} <= world.heard("opened"))
        assert httpx.get(f"{night.url}/readyz").status_code == 200

        assert house.call("run").returncode == 1
        until(lambda: night.has("a second daemon was started on one store"))
        assert "It was refused".lower() in night.says()

        if has_disk:
            full_and_closed(night, public, second)
        world.site.mend("/news")
        house.report("ingest", "news")
        authority = trustme.CA()
        with smtp_server(authority, port=relay) as server:
            until(lambda: night.counted("relay-away") == night.counted("source") == 0)
            kinds = {"relay-away", "source"}
            until(lambda: kinds <= world.heard("ended"))
            # And by mail, as that works by now: past the queue, to nobody else.
            until(lambda: any(mail.recipients == ("op@news.example.net",) for mail in server.mails))
            until(lambda: any("anna@example.org" in mail.recipients for mail in server.mails))
        report = house.report("status", "--since", "1h")["incidents"]
        over = {one["kind"] for one in report if one["until"]}
        assert over >= kinds | ({"disk", "publishing"} if has_disk else set())
        assert night.says("--since", "1h").count("Z to 20") == len(over)


def test_a_night_without_postgresql(tmp_path: Path) -> None:
    """What cannot be written is held and told meanwhile, and written once it can."""
    with ExitStack() as opened:
        try:
            server = opened.enter_context(services.postgres())
        except services.Missing as missing:
            pytest.skip(str(missing))
        world = World()
        url = opened.enter_context(server.database())
        night = opened.enter_context(
            a_night(tmp_path / "house", world, store=url, relay=a_free_port())
        )
        until(lambda: night.health()["status"] == "ok")
        with server.away():
            until(lambda: night.has("the store cannot be used"))
            ready = httpx.get(f"{night.url}/readyz", timeout=9)
            assert (ready.status_code, ready.json()["status"]) == (503, "unready")
            # It is alive: a new start would mend nothing. Pages are there as before.
            assert httpx.get(f"{night.url}/healthz", timeout=9).status_code == 200
            assert night.metric("fieldfare_store_up") == 0
            assert night.counted("store") == 1
            until(lambda: "store" in world.heard("opened"))
            assert b"cannot be used" in night.house.call("status").stderr
        until(lambda: night.metric("fieldfare_store_up") == 1)
        until(lambda: night.counted("store") == 0)
        until(lambda: "store" in world.heard("ended"))
        [one] = [
            one
            for one in night.house.report("status", "--since", "1h")["incidents"]
            if one["kind"] == "store"
        ]
        assert one["until"]
        assert one["told_at"]
        assert one["over_told_at"]
