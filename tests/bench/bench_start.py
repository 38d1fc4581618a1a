"""What a command costs before it does anything: processor time beside that of an empty Python.

Run it with ``python -m tests.bench.bench_start``. Each is the best of several runs, as whatever
else the machine does only adds to it; beside it stands its share of what it may cost.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.command import FIELDFARE, SEEDS

RUNS = 9
TO_START_MS, TO_WORK_MS = 150, 400


def milliseconds(command: Sequence[str]) -> float:
    """The least processor time the command took, user and system."""
    return min(_once(command) for _ in range(RUNS))


def _once(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent * 1000


def main() -> int:
    """How many commands cost more than they may."""
    empty = milliseconds([sys.executable, "-c", "pass"])
    print(f"processor time of a start; an empty Python takes {empty:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "fieldfare.toml"
        settings.write_text('site.authority = "example.org"')
        house = [FIELDFARE, "--config", str(settings)]
        subprocess.run([*house, "status"], check=True, capture_output=True)
        commands = {
            "--help": (TO_START_MS, ["--help"]),
            "--version": (TO_START_MS, ["--version"]),
            "status": (TO_WORK_MS, ["status"]),
            "subscribe": (TO_WORK_MS, ["subscribe", "a@example.org", "--topic", "field:policing"]),
            "parse": (TO_WORK_MS, ["parse", str(next(SEEDS.glob("*.txt")))]),
        }
        return sum(
            _is_too_slow(name, milliseconds([*house, *words]), most, empty)
            for name, (most, words) in commands.items()
        )


def _is_too_slow(name: str, took: float, most: int, empty: float) -> bool:
    print(
        f"  {name:<12}{took:6.0f} ms  {took / most:5.0%} of {most} ms, {took / empty:4.1f} x empty"
    )
    return took > most


if __name__ == "__main__":
    sys.exit(main())
