"""The `fieldfare` command as another program sees it: started, told, its report read."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

FIELDFARE = str(Path(sys.executable).with_name("fieldfare"))
SEEDS = Path(__file__).parent.parent / "seeds"
#: Generous: a shared machine under load starts a process in seconds.
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation in a folder of its own, worked on by the command alone."""

    folder: Path

    def call(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Runs one command to its end, whatever that is."""
        return subprocess.run(
            self._command(*arguments),
            input=stdin,
            capture_output=True,
            env=self._environment,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def report(self, *arguments: str, stdin: bytes = b"") -> Any:
        """What the command reports as JSON; it must succeed."""
        done = self.call(*arguments, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts one command and returns while it runs."""
        return subprocess.Popen(
            self._command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
        )

    @contextmanager
    def running(self, url: str) -> Iterator[subprocess.Popen[bytes]]:
        """The daemon, once it answers under ``url``; killed if it is still there afterwards."""
        daemon = self.start("run")
        try:
            until(lambda: daemon.poll() is not None or answers(url))
            yield daemon
        finally:
            daemon.kill()
            daemon.communicate()

    def published(self) -> dict[str, bytes]:
        """Every published file by its path."""
        public = self.folder / "public"
        return {
            str(path.relative_to(public)): path.read_bytes()
            for path in public.rglob("*")
            if path.is_file()
        }

    def mails(self) -> list[Path]:
        """Every message in the Maildir."""
        return sorted((self.folder / "mail" / "new").glob("*"))

    def _command(self, *arguments: str) -> list[str]:
        return [FIELDFARE, "--config", str(self.folder / "fieldfare.toml"), *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        return {name: text for name, text in os.environ.items() if "FIELDFARE" not in name}


def an_installation(folder: Path, settings: str = "", sources: str = "") -> Installation:
    """What `fieldfare init` writes, with other settings where a test wants them."""
    subprocess.run([FIELDFARE, "init", str(folder)], check=True, capture_output=True)
    if settings or sources:
        (folder / "fieldfare.toml").write_text(
            f'secret_file = "secret.key"\n{settings}\n{sources}', encoding="utf-8"
        )
    return Installation(folder)


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(is_so: Callable[[], object]) -> None:
    """Waits until something is so. Raises TimeoutError."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > give_up_at:
            raise TimeoutError
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a healthy daemon is reached under this address."""
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False
