"""Somebody sets the clock of the machine: the daemon goes on as if nobody had."""

from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.command import SEEDS, Installation, a_free_port, an_installation, until

#: Debian's faketime: programs see the clock that a file tells of, and the monotonic one as it is.
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
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
"""


def drop(house: Installation, seed: Path) -> None:
    beside = house.folder / "inbox" / ".new"
    beside.write_bytes(seed.read_bytes())
    beside.rename(house.folder / "inbox" / seed.name)


def says(url: str, what: str) -> bool:
    told = httpx.get(f"{url}/healthz").json()
    return told["status"] == "degraded" and any(what in each for each in told["problems"])


def megabytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) // 1000 for line in lines if line.startswith("VmHWM"))


@pytest.mark.skipif(not LIBRARIES, reason="needs Debian's faketime")
def test_jobs_beat_on_when_the_clock_is_set_back_an_hour_or_ahead_ten_years(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = a_free_port()
    url = f"http://127.0.0.1:{port}"
    house = an_installation(tmp_path / "house", SETTINGS.format(port=port))
    clock = tmp_path / "clock"
    clock.write_text("+0")
    for name, value in {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }.items():
        monkeypatch.setenv(name, value)
    first, second = sorted(SEEDS.glob("*.txt"))
    with replace(house, is_cold=True).running(url) as daemon:
        before = megabytes(daemon.pid)
        for count, (set_to, seed) in enumerate({"-1h": first, "+3652d": second}.items(), 1):
            clock.write_text(set_to)
            drop(house, seed)
            feed = f"{url}/feeds/all.atom"
            until(lambda: httpx.get(feed).text.count("<entry") == count)  # noqa: B023 - asked here
            until(lambda: says(url, "the clock of this machine is off"))
            counted = f'fieldfare_failures_total{{kind="clock"}} {count}.0'
            until(lambda: counted in httpx.get(f"{url}/metrics").text)  # noqa: B023 - as above
            clock.write_text("+0")
            # And back to normal by itself.
            until(lambda: httpx.get(f"{url}/healthz").json()["status"] == "ok")
        assert megabytes(daemon.pid) - before < 100
