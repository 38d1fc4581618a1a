"""A daemon tells programs of others what happens, whatever is killed: the receiver of the
documentation, and one that kills the daemon which is telling it.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.command import SEEDS, Installation, a_free_port, an_installation, until
from tests.publisher.server import Request, Response, publishing

DOCS = Path(__file__).parents[2] / "docs" / "webhooks.md"
SECRET = f"whsec_{'YXJjaGl2' * 4}"
SETTINGS = """
[serve]
port = {port}
[daemon]
ingest_seconds = 1
publish_seconds = 1
[fetch]
private_hosts = "127.0.0.1"
[[sources]]
name = "inbox"
path = "inbox"
settle_seconds = 0
[[webhooks]]
name = "intranet"
url = "http://127.0.0.1:{intranet}/"
secret_path = "intranet.secret"
events = "item.added"
[[webhooks]]
name = "archive"
url = "{archive}"
secret_path = "intranet.secret"
events = "item.added item.withdrawn digest.sent"
"""


@dataclass
class Archive:
    """What it was told, with the id of each, where something is done before the next answer."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    before: Callable[[], object] | None = None

    def __call__(self, request: Request) -> Response:
        told = Webhook(SECRET).verify(request.body, dict(request.headers))
        self.told.append((request.header("webhook-id") or "", told))
        if self.before:
            self.before()
            self.before = None
        return Response(status=204)

    @property
    def types(self) -> Counter[str]:
        """How many events of each type there were, repetitions left out."""
        return Counter({uid: each["type"] for uid, each in self.told}.values())

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of each event of a type."""
        return [each["data"] for _, each in self.told if each["type"] == kind]


@contextmanager
def a_receiver(folder: Path, port: int) -> Iterator[list[str]]:
    """That of the documentation, which reads its secret in this folder; what it printed."""
    [program] = re.findall(r"<!-- receiver -->\n\n```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    printed: list[str] = []
    running = subprocess.Popen(
        [sys.executable, "-c", program, str(port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout
    try:
        yield printed
    finally:
        running.kill()
        printed += running.stdout.read().splitlines()
        running.communicate()


def drop(house: Installation, *seeds: Path) -> None:
    for seed in seeds:
        beside = house.folder / "inbox" / ".new"
        beside.write_bytes(seed.read_bytes())
        beside.rename(beside.with_name(seed.name))


def test_nothing_is_lost_whatever_is_killed(tmp_path: Path) -> None:
    port, intranet, archive = a_free_port(), a_free_port(), Archive()
    seeds = sorted(SEEDS.glob("*.txt"))
    with publishing(archive) as server:
        given = SETTINGS.format(port=port, intranet=intranet, archive=server.at("/in"))
        house = an_installation(tmp_path / "house", given)
        (house.folder / "intranet.secret").write_text(f"{SECRET}\n")
        away = house.call("webhooks", "test", "intranet")
        assert (away.returncode, b"it did not take the test" in away.stderr) == (1, True)
        assert house.report("webhooks", "test", "archive")["status"] == 204
        assert archive.types == {"test": 1}
        house.report("subscribe", "anna@example.org", "--topic", "issuer:secretariat")
        with house.running(f"http://127.0.0.1:{port}") as daemon:
            # What happens is told from now on.
            until(lambda: house.call("webhooks", "resend", "archive", "--dry-run").returncode == 0)
            archive.before = daemon.kill
            drop(house, *seeds)
            until(lambda: daemon.poll() is not None)
        house.report("digest", "--now", "2100-01-01T12:00:00Z")
        # Whoever restarts it need not wait for the turn of the one that died.
        assert house.report("webhooks", "resend", "archive", "--dry-run")["items"] == len(seeds)
        house.report("webhooks", "resend", "archive")
        with house.running(f"http://127.0.0.1:{port}") as daemon:
            expected = {"test": 1, "item.added": len(seeds), "digest.sent": 1}
            until(lambda: archive.types == expected)
            with a_receiver(house.folder, intranet) as printed:
                until(lambda: house.call("webhooks", "test", "intranet").returncode == 0)
                house.report("webhooks", "resend", "intranet")
                until(lambda: not any(row["waiting"] for row in house.report("webhooks")))
        # What was on its way as the daemon died came once more, by the same name.
        assert sorted(Counter(uid for uid, _ in archive.told).values()) == [
            *[1] * (len(seeds) + 1),
            2,
        ]
        assert {line.split()[0] for line in printed} == {"item.added", "test"}
        added = {data["id"] for data in archive.of("item.added")}
        assert {line.split()[1] for line in printed if line.startswith("item")} == added
        assert [data["counts"] for data in archive.of("digest.sent")] == [{"accepted": 1}]
