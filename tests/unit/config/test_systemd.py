"""What systemd hears of a process, at the socket it names."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from config import systemd

#: Whoever hears nothing for so long hears nothing: it is told every third of the watchdog's time.
WATCHDOG_SECONDS = 0.03


@contextmanager
def heard(monkeypatch: pytest.MonkeyPatch, address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(address.replace("@", "\0"))
        hearing.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_SECONDS * 1_000_000)))
        monkeypatch.setattr(systemd, "_LOOK_SECONDS", 0.001)
        yield hearing


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_it_hears_that_all_is_ready_then_that_it_lives_and_that_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    address = str(tmp_path / "notify") if kind == "file" else f"@{tmp_path.name}-{kind}"
    stopping, is_well = Event(), iter([False, False, True, True])
    with heard(monkeypatch, address) as hearing:
        # Whoever is unwell from the fifth look on is not told to live.
        with systemd.told(lambda: next(is_well, False), stopping):
            words = [hearing.recv(100) for _ in range(3)]
            stopping.wait(5 * WATCHDOG_SECONDS)
        assert words == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        assert hearing.recv(100) == b"STOPPING=1"
        assert stopping.is_set()


def test_a_systemd_that_went_away_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with systemd.told(lambda: True, stopping := Event()):
        pass
    assert stopping.is_set()


def test_where_no_systemd_started_us_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with systemd.told(lambda: pytest.fail("nobody asked"), stopping := Event()):
        pass
    assert not stopping.is_set()
