"""How far one piece of work goes through the house: each way has a budget."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
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
    "ingest of a text": {"own": (48, 305, 33), "whole": (59, 393, 41)},
    "ingest of a listing": {"own": (63, 458, 60), "whole": (106, 805, 77)},
    "publish": {"own": (63, 455, 47)},
    "digest": {"own": (82, 545, 68)},
    "map": {"own": (36, 161, 25)},
    "unsubscribe": {"own": (16, 74, 5)},
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
        done = {
            "ingest of a text": ("ingest", str(page)),
            "ingest of a listing": ("ingest", "news"),
            "publish": ("publish",),
            "digest": ("digest", "--now", "2100-01-01T12:00:00Z"),
            "map": ("map", "issuer:secretariat", "Public Affairs Unit"),
            "unsubscribe": ("unsubscribe", "anna@example.org"),
        }
        return dict(zip(done, _counted(house, done.values()), strict=True))


def _counted(house: Installation, commands: Collection[Sequence[str]]) -> list[Counted]:
    settings = ("--config", str(house.folder / "fieldfare.toml"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.ways"],
        input=json.dumps([(*settings, *command) for command in commands]),
        text=True,
        cwd=ROOT,
        capture_output=True,
        env={name: text for name, text in os.environ.items() if "COV" not in name},
        timeout=PATIENCE_SECONDS * len(commands),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("work", BUDGETS)
def test_each_way_keeps_to_its_budget(work: str, ways: dict[str, Counted]) -> None:
    """Where one is exceeded, what was gone through is in the report of the failure."""
    for part, most in BUDGETS[work].items():
        gone_through = ways[work][part]
        counted = tuple(len(gone_through[what]) for what in ("files", "functions", "types"))
        assert all(map(le, counted, most)), (part, counted)
