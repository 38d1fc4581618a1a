"""What the daemon has loaded before its first beat."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]

_TOLD = """
import sys
from notifier.app import daemon
daemon.load()
print(*sys.modules)
"""

#: Where no beat comes to.
NO_BEATS = (
    "feeds/push/",
    "feeds/storage/copies/",
    "feeds/storage/migrations/",
    "notifier/app/keeping/",
    "notifier/app/trial/",
    "notifier/cli/",
    "notifier/storage/migrations/",
)
#: What comes with the engine or with who is pushed to, is of other Pythons, or for slips alone.
ELSEWHERE = {
    "alembic",
    "alembic.config",
    "compression",
    "difflib",
    "feeds.push.api",
    "feeds.push.receive",
    "sqlalchemy.dialects.postgresql",
}


def files() -> Iterator[Path]:
    """The code that beats run through."""
    for room in ("config", "feeds", "notifier"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if not path.relative_to(ROOT).as_posix().startswith(NO_BEATS):
                yield path


def imported_in(path: Path) -> Iterator[str]:
    """The modules that are imported anywhere in a file, within functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.one_python
def test_no_beat_loads_code() -> None:
    """An upgrade may have replaced the files: old code and new in one process fit nowhere."""
    command = [sys.executable, "-c", _TOLD]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    loaded = set(done.stdout.split())
    wanted = {name for path in files() for name in imported_in(path)} - ELSEWHERE
    assert sorted(wanted - loaded) == []
