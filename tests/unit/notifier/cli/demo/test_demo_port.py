"""A port that is taken is told before anything is installed, by a Python that has nothing."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from notifier.cli.demo import demo_port

ROOT = Path(demo_port.__file__).parents[3]


def told(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-I", "-S", demo_port.__file__, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_port_that_is_taken_is_told_with_the_way_out(tmp_path: Path) -> None:
    with closing(socket.create_server((demo_port.HOST, 0))) as taken:
        port = taken.getsockname()[1]
        named = told(tmp_path, "--port", str(port))
        sentence = (
            f"fieldfare: cannot listen on 127.0.0.1 port {port}: Address already in use; free it,"
            f" or name another: `make demo DEMO_ARGS='--port {port + 1}'`\n"
        )
        assert named == (1, sentence)
        assert told(tmp_path, "--port", str(port), "--exit") == (0, "")
        (tmp_path / "demo").mkdir()
        (tmp_path / "demo" / "fieldfare.toml").write_text(f"[serve]\nport = {port}\n")
        assert told(tmp_path) == named
    assert told(tmp_path) == (0, "")


def test_make_asks_for_it_first_of_all() -> None:
    command = ["make", "--dry-run", "--always-make", "demo", "PYTHON=a-python"]
    # Where make runs the tests, another make would be its own, and say so.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    said = subprocess.run(
        command, cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines()[0].split() == ["a-python", "notifier/cli/demo/demo_port.py"]
