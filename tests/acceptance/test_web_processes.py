"""Several processes that answer on one address: one daemon for readers, whichever of them dies."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests import command
from tests.command import Installation, a_free_port, until
from tests.pushing import TOKENS, an_item, bearer, pushed_to

SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}"
[serve]
port = {port}
processes = 2
"""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon whose log is read as it is written."""

    house: Installation
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def logged(self, event: str) -> dict[str, object]:
        """The next of its events that is called so."""
        assert self.process.stderr is not None
        while line := self.process.stderr.readline():
            told: dict[str, object] = json.loads(line)
            if told["event"] == event:
                return told
        raise AssertionError(event)

    def started(self) -> int:
        """The next process that answers beside the daemon itself."""
        return int(str(self.logged("web process started")["process"]))


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What starts the command."""
    copied = Path(shutil.copy(command.FIELDFARE, tmp_path))
    monkeypatch.setattr(command, "FIELDFARE", str(copied))
    return copied


@pytest.fixture
def daemon(tmp_path: Path, script: Path) -> Iterator[Daemon]:
    port = a_free_port()
    house = pushed_to(tmp_path / "house", SETTINGS.format(port=port), is_cold=True)
    with house.running(f"http://127.0.0.1:{port}") as process:
        assert isinstance(process, subprocess.Popen)
        yield Daemon(house, port, process)


def inodes(port: int) -> set[str]:
    """Of the established connections whose own end is at a port."""
    rows = (row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {row[9] for row in rows if int(row[1].partition(":")[2], 16) == port and row[3] == "01"}


def has_connection(process: int, port: int) -> bool:
    links = [*Path(f"/proc/{process}/fd").iterdir()]
    held = set()
    for link in links:
        with suppress(OSError):  # It was closed meanwhile.
            held.add(link.readlink().name.removeprefix("socket:[").removesuffix("]"))
    return bool(held & inodes(port))


@contextmanager
def connected(daemon: Daemon, *processes: int) -> Iterator[list[socket.socket]]:
    """Connections, some of them to each of these processes."""
    with ExitStack() as held:
        opened: list[socket.socket] = []

        def is_with_all() -> bool:
            one = socket.create_connection(("127.0.0.1", daemon.port), 30)
            opened.append(held.enter_context(one))
            return all(has_connection(each, daemon.port) for each in processes)

        until(is_with_all)
        yield opened


def got(connection: socket.socket, path: str) -> str:
    """What is at a path, which is there."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode("ascii"))
    status, text = answer_on(connection)
    assert status == 200, text
    return text


def answer_on(connection: socket.socket) -> tuple[int, str]:
    with HTTPResponse(connection) as answer:
        answer.begin()
        return answer.status, answer.read().decode()


def pushed(connection: socket.socket, title: str) -> None:
    body = json.dumps(an_item(id=title, title=title))
    fields = [*bearer(TOKENS["press"]).items(), ("Content-Type", "application/json")]
    fields += (("Host", "x"), ("Content-Length", str(len(body))))
    head = "\r\n".join(("POST /api/items HTTP/1.1", *map(": ".join, fields)))
    connection.sendall(f"{head}\r\n\r\n{body}".encode())
    status, text = answer_on(connection)
    assert status == 201, text


def test_a_process_that_is_killed_is_started_anew_and_nobody_notices(
    daemon: Daemon, script: Path
) -> None:
    note = daemon.house.folder / "public" / "note.txt"
    first = daemon.started()
    # Whatever an upgrade does with what started the daemon.
    script.write_text("raise SystemExit(1)")
    with connected(daemon, daemon.process.pid, first) as connections:
        for text in ("first", "second"):
            beside = note.with_suffix(".new")
            beside.write_text(text)
            beside.rename(note)
            assert {got(each, "/note.txt") for each in connections} == {text}
        os.kill(first, signal.SIGKILL)
        # Also who comes before it was started anew, and waits at its socket.
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", daemon.port), 30) as late:
                assert got(late, "/note.txt") == "second"
        ended = daemon.logged("web process ended")
        assert (ended["process"], ended["status"]) == (first, -signal.SIGKILL)
        assert ended["level"] == "error"
    second = daemon.started()
    with connected(daemon, daemon.process.pid, second) as connections:
        # What is handed in to any of them shows at once.
        for number, each in enumerate(connections):
            pushed(each, f"News {number}")
            assert {f"News {number}" in got(one, "/feeds/all.atom") for one in connections} == {
                True
            }
        # That one ended is known for a while, by whichever is asked.
        for each in connections:
            until(lambda: '"status":"ok"' in got(each, "/healthz"))  # noqa: B023 - asked here
        numbers = [got(each, "/metrics") for each in connections]
    for told in numbers:
        assert "\nfieldfare_web_processes 2.0\n" in told
        assert "\nfieldfare_web_processes_ended_total 1.0\n" in told
        assert 'fieldfare_job_last_beat_timestamp_seconds{job="publish"} 1.' in told
    daemon.process.kill()
    until(lambda: not Path(f"/proc/{second}").exists())
    assert not listens(daemon.port)


def test_all_end_with_the_daemon_and_finish_what_they_were_asked(daemon: Daemon) -> None:
    other, token = daemon.started(), TOKENS["press"]
    with connected(daemon, daemon.process.pid, other) as connections:
        for each in connections:
            head = f"Host: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 2\r\n\r\n"
            each.sendall(f"POST /api/items HTTP/1.1\r\n{head}x".encode())
        daemon.process.send_signal(signal.SIGTERM)
        until(lambda: not listens(daemon.port))
        for each in connections:
            each.sendall(b"y")
            assert answer_on(each)[0] == 415
        _, log = daemon.process.communicate(timeout=30)
    assert daemon.process.returncode == 0, log.decode()
    assert b"web process ended" not in log
    assert b"error" not in log
    assert not Path(f"/proc/{other}").exists()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return False
    return True
