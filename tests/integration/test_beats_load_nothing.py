"""The daemon has loaded its code before it begins: its beats load none that an upgrade replaced."""

import subprocess
import sys
from pathlib import Path

from tests.command import FEW_TOPICS, an_installation

SEEDS = Path(__file__).parents[2] / "seeds"

OURS = {"config", "feeds", "notifier"}

_BEATS = """
import sys
from pathlib import Path
from threading import Event
from config.clock import clock
from config.settings import load
from notifier.app import daemon
from notifier.app.house import House

with House(load(Path(sys.argv[1]), {}), clock=clock) as house:
    daemon.load()
    beats = daemon.jobs(house)
    before = set(sys.modules)
    for beat in beats:
        beat.work(Event())
    print(*(set(sys.modules) - before))
"""


def test_a_beat_of_each_job_loads_no_code(tmp_path: Path) -> None:
    source = f'[[sources]]\nname = "seeds"\npath = "{SEEDS}"\nsettle_seconds = 0\n'
    site = f'[site]\ntaxonomy = "{FEW_TOPICS}"\n'
    house = an_installation(tmp_path / "house", site, source)
    frequency = ("--frequency", "immediate")
    house.report("subscribe", "reader@example.org", "--topic", "field:policing", *frequency)
    command = [sys.executable, "-c", _BEATS, str(house.folder / "fieldfare.toml")]
    done = subprocess.run(
        command, cwd=SEEDS.parent, capture_output=True, check=True, text=True, timeout=120
    )
    assert len(house.mails()) == 1
    loaded = [
        name for name in done.stdout.splitlines()[-1].split() if name.partition(".")[0] in OURS
    ]
    assert loaded == []
