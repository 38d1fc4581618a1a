"""How far one piece of work goes through the house: each way has a budget."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from operator import le
from pathlib import Path

import pytest

from tests.command import PATIENCE_SECONDS, SEEDS, Installation, an_installation
from tests.publisher.server import publishing
from tests.publisher.site import Site

ROOT = Path(__file__).parents[2]
#: The most files, functions and types that a command may go through, in its own process and in all:
#: documents are understood in others.
BUDGETS = {
    "ingest of a text": {"own": (41, 269, 33), "whole": (52, 351, 41)},
    "ingest of a listing": {"own": (56, 420, 60), "whole": (89, 717, 76)},
    "publish": {"own": (36, 184, 24)},
    "digest": {"own": (40, 210, 36)},
    "map": {"own": (24, 106, 18)},
    "unsubscribe": {"own": (14, 62, 3)},
}
Counted = dict[str, dict[str, list[str]]]


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counted]:
    """What each piece of work went through, one after the other in one installation."""
    folder = tmp_path_factory.mktemp("ways")
    page = shutil.copy(min(SEEDS.glob("*.txt")), folder / "page.txt")
    with publishing(Site(count=3)) as publisher:
        house = an_installation(
            folder / "house",
            settings='[fetch]\nprivate_hosts = "127.0.0.1"\npause_seconds = 0\n',
            sources=f'[[sources]]\nname = "news"\nkind = "web"\nurl = "{publisher.at("/news")}"\n',
        )
        house.call("subscribe", "anna@example.org", "--topic", "issuer:secretariat")
        tell = _teller(house)
        return {
            "ingest of a text": tell("ingest", str(page)),
            "ingest of a listing": tell("ingest", "news"),
            "publish": tell("publish"),
            "digest": tell("digest", "--now", "2100-01-01T12:00:00Z"),
            "map": tell("map", "issuer:secretariat", "Public Affairs Unit"),
            "unsubscribe": tell("unsubscribe", "anna@example.org"),
        }


def _teller(house: Installation) -> Callable[..., Counted]:
    settings = str(house.folder / "fieldfare.toml")

    def tell(*arguments: str) -> Counted:
        command = [sys.executable, "-m", "tests.ways", "--config", settings, *arguments]
        environment = {name: text for name, text in os.environ.items() if "COV" not in name}
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            env=environment,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        counted: Counted = json.loads(done.stdout.splitlines()[-1])
        return counted

    return tell


@pytest.mark.parametrize("work", BUDGETS)
def test_each_way_keeps_to_its_budget(work: str, ways: dict[str, Counted]) -> None:
    """Where one is exceeded, what was gone through is in the report of the failure."""
    for part, most in BUDGETS[work].items():
        gone_through = ways[work][part]
        counted = tuple(len(gone_through[what]) for what in ("files", "functions", "types"))
        assert all(map(le, counted, most)), (part, counted)
