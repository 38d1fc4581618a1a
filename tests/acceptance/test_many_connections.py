"""A thousand connections that ask nothing: readers, jobs and the log do not notice."""

import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.command import SEEDS, Started, a_free_port, an_installation, answers, until

MANY = 1_000
#: Of the whole daemon: store, jobs and server.
DESCRIPTORS = 256
SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}"
[serve]
port = {port}
[daemon]
ingest_seconds = 1
publish_seconds = 1
[[sources]]
name = "inbox"
path = "inbox"
settle_seconds = 0
"""
_HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-Never"


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    """The test itself may hold the other ends."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def many(port: int, said: bytes) -> Iterator[None]:
    """Connections that begin to say something and do not go on."""
    with ExitStack() as held:
        for _ in range(MANY):
            # As over a network: what comes faster than it is accepted is tried again by TCP.
            time.sleep(0.002)
            held.enter_context(socket.create_connection(("127.0.0.1", port), 30)).sendall(said)
        yield


@pytest.mark.parametrize("said", [b"", _HALF])
def test_idle_connections_take_nothing_from_readers_and_jobs(tmp_path: Path, said: bytes) -> None:
    port = a_free_port()
    house = an_installation(tmp_path / "house", SETTINGS.format(port=port))
    url = f"http://127.0.0.1:{port}"
    daemon = house.start("run")
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS // 2, DESCRIPTORS))
    try:
        until(lambda: daemon.poll() is not None or answers(url))
        with many(port, said):
            assert httpx.get(url, timeout=10).status_code == 200
            seed = SEEDS / "000_17fbf7fc0acc265a.txt"
            (house.folder / "inbox" / seed.name).write_bytes(seed.read_bytes())
            feed = f"{url}/feeds/fields/policing.atom"
            until(lambda: "<entry" in httpx.get(feed, timeout=10).text)
            assert answers(url)
        log = ended(daemon)
    finally:
        daemon.kill()
        daemon.communicate()
    assert len(log) < 12, log
    assert not any("Traceback" in line or "error" in line for line in log)


def ended(daemon: Started | subprocess.Popen[bytes]) -> list[str]:
    """What the daemon logged, until it was told to stop."""
    daemon.send_signal(signal.SIGTERM)
    _, log = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, log.decode()
    return log.decode().splitlines()
