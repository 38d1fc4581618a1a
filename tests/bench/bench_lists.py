"""How fast lists of subscribers come in and go out, beside what is allowed.

Run it with ``python -m tests.bench.bench_lists [LINES]``. The command itself reads a list of CSV,
once with somebody who vouches for it, then once more, then one of people who are asked to confirm;
and writes everybody as one.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import services
from tests.command import FIELDFARE

LINES = 50_000
MOST_SECONDS = 30
TOPICS = ("Policing", "Human rights;Elections", "field:border-management")
HEADER = "Mail,Topics,How often,Hour,Time zone,Name\n"


def a_list(lines: int, name: str) -> bytes:
    rows = (
        f"{name}{number}@{number % 50}.example.org,{TOPICS[number % 3]},"
        f"{('daily', 'weekly')[number % 2]},0{number % 10}:30,Europe/Vienna,Reader {number}\n"
        for number in range(lines)
    )
    return (HEADER + "".join(rows)).encode()


def _took(command: Sequence[str], content: bytes) -> float:
    began = time.perf_counter()
    subprocess.run(command, input=content, check=True, capture_output=True)
    return time.perf_counter() - began


def measure(engine: str, lines: int) -> int:
    """How many of the steps took longer than they may."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fieldfare-")))
        url = f"sqlite:///{folder}/store.db"
        if engine == "postgresql":
            server = stack.enter_context(services.postgres())
            url = stack.enter_context(server.database())
        settings = folder / "fieldfare.toml"
        settings.write_text(f'site.authority = "example.org"\nstore.url = "{url}"\n')
        house = [FIELDFARE, "--config", str(settings), "subscribers"]
        take = ("import", "-", "--consent", "a list", "--column", "frequency=How often")
        known, new = a_list(lines, "reader"), a_list(lines, "stranger")
        steps: Mapping[str, tuple[Sequence[str], bytes]] = {
            "vouched for": ((*take, "--vouched"), known),
            "the same once more": ((*take, "--vouched"), known),
            "asked to confirm": (take, new),
            "written": (("export",), b""),
        }
        print(f"lists of {lines:,} subscribers on {engine}")
        return sum(
            _is_too_slow(name, _took([*house, *words], content))
            for name, (words, content) in steps.items()
        )


def _is_too_slow(name: str, took: float) -> bool:
    print(f"  {name:<20}{took:6.1f} s  {took / MOST_SECONDS:5.0%} of {MOST_SECONDS} s", flush=True)
    return took > MOST_SECONDS


def main(arguments: list[str]) -> int:
    lines = int(arguments[0]) if arguments else LINES
    return sum(measure(engine, lines) for engine in ("sqlite", "postgresql"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
