"""What documents made to do harm cost: seconds and memory, each in a process of its own.

Run it with ``python -m tests.bench.bench_hostile [ATTACK]``. Beside each stands its share of what
is allowed: 2 seconds, and 300 MB for the whole process, all that it loads included.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

from feeds.draft import Refused
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from tests.hostile import ATTACKS
from tests.pages import document

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 2.0, 300.0


def attack(name: str) -> None:
    """Prints seconds, megabytes and what became of one attack."""
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    body = ATTACKS[name].body()
    started = time.perf_counter()
    understood = understand(document(body), taxonomy)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(seconds, peak, understood.reason if isinstance(understood, Refused) else "understood")


def main() -> int:
    """How many attacks cost more than is allowed."""
    print(f"attacks, each beside the {SECONDS:.0f} s and {MEGABYTES:.0f} MB it may cost")
    return sum(_is_too_costly(name) for name in ATTACKS)


def _is_too_costly(name: str) -> bool:
    command = [sys.executable, "-m", "tests.bench.bench_hostile", name]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    seconds, megabytes, fate = said.split(maxsplit=2)
    time_share, memory_share = float(seconds) / SECONDS, float(megabytes) / MEGABYTES
    shares = f"{time_share:>6.1%} of the time{memory_share:>7.0%} of the memory"
    print(f"  {name:<28}{shares}  {fate.strip()}")
    return max(time_share, memory_share) > 1


if __name__ == "__main__":
    if sys.argv[1:]:
        attack(sys.argv[1])
    else:
        sys.exit(main())
