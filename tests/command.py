"""The `fieldfare` command as another program sees it: started, told, its report read.

Knows how processes are begun and end. Must never know what a command does.
"""

import json
import multiprocessing
import os
import shutil
import signal
import site
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2 as httpx

from notifier import cli
from tests import ways

FIELDFARE = str(Path(sys.executable).with_name("fieldfare"))
SEEDS = Path(__file__).parent.parent / "seeds"
FEW_TOPICS = str(Path(__file__).with_name("few_topics.toml"))
#: Generous: a shared machine under load starts a process in seconds.
PATIENCE_SECONDS = 60

#: What begins processes that have their code already: to load it takes most commands longer than
#: what they do then, and the suite starts some hundreds.
LOADED = multiprocessing.get_context("forkserver")
LOADED.set_forkserver_preload(["tests.command", "tests.loaded", "alembic.command", *ways.modules()])


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation in a folder of its own, worked on by the command alone.

    Where it ``is_cold``, each command loads its own code, as it does for everybody else. Its
    ``taxonomy`` goes before that of its settings, unless there is none. Commands find modules in
    the folders of a ``python_path``, too.
    """

    folder: Path
    is_cold: bool = False
    #: The six hundred files of a site of all topics that come along take a second to make.
    taxonomy: str = FEW_TOPICS
    python_path: str = ""

    def copied(self, folder: Path) -> "Installation":
        """Another one in ``folder``, with all that this one has by now."""
        return replace(self, folder=shutil.copytree(self.folder, folder))

    def call(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Runs one command to its end, whatever that is."""
        command = self._command(*arguments)
        return (_run_cold if self.is_cold else _run)(command, self._environment, stdin)

    def report(self, *arguments: str, stdin: bytes = b"") -> Any:
        """What the command reports as JSON; it must succeed."""
        done = self.call(*arguments, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> "Started | subprocess.Popen[bytes]":
        """Starts one command and returns while it runs."""
        command = self._command(*arguments)
        if not self.is_cold:
            return Started(command, self._environment)
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, env=self._environment)

    @contextmanager
    def running(self, url: str) -> "Iterator[Started | subprocess.Popen[bytes]]":
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
        kept = {name: text for name, text in os.environ.items() if "FIELDFARE" not in name}
        # Whatever settings a test writes, its ids are somebody's.
        kept["FIELDFARE_SITE__AUTHORITY"] = "news.example.org"
        more = {"FIELDFARE_SITE__TAXONOMY": self.taxonomy, "PYTHONPATH": self.python_path}
        return kept | {name: text for name, text in more.items() if text}


def _run_cold(
    command: list[str], environment: dict[str, str], stdin: bytes
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Started:
    """A command in a process that has its code, used as a `subprocess.Popen` is."""

    def __init__(self, command: list[str], environment: dict[str, str], stdin: bytes = b"") -> None:
        self._command = command
        self._folder = TemporaryDirectory(prefix="fieldfare-")
        self._streams = [Path(self._folder.name) / name for name in ("stdin", "stdout", "stderr")]
        # Who is killed at once leaves empty ones.
        for stream, content in zip(self._streams, (stdin, b"", b""), strict=True):
            stream.write_bytes(content)
        self._said = b"", b""
        self._process = LOADED.Process(target=_become, args=(command, environment, self._streams))
        self._process.start()
        assert self._process.pid
        self.pid: int = self._process.pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._process.exitcode if self.returncode is None else self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        # It may have ended since it was asked.
        with suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = PATIENCE_SECONDS) -> tuple[bytes, bytes]:
        """What it said, once it ended. Raises TimeoutExpired."""
        if self.returncode is None:
            self._process.join(timeout)
            code = self._process.exitcode
            if code is None:
                raise subprocess.TimeoutExpired(self._command, timeout)
            self.returncode = code
            self._process.close()
            out, err = (stream.read_bytes() for stream in self._streams[1:])
            self._said = out, err
            self._folder.cleanup()
        return self._said


def _run(
    command: list[str], environment: dict[str, str], stdin: bytes
) -> subprocess.CompletedProcess[bytes]:
    """The same in a process that has its code."""
    started = Started(command, environment, stdin)
    try:
        said = started.communicate()
    except subprocess.TimeoutExpired:
        started.kill()
        started.communicate()
        raise
    return subprocess.CompletedProcess(command, started.poll() or 0, *said)


def _become(command: list[str], environment: dict[str, str], streams: list[Path]) -> None:
    """Does in this process what Python does first, and the script that starts the command."""
    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    # What was its standard input was closed when the process began.
    sys.stdin = os.fdopen(0)
    os.environ.clear()
    os.environ.update(environment)
    if folders := environment.get("PYTHONPATH"):
        sys.path[:0] = folders.split(os.pathsep)
        sys.modules.pop("sitecustomize", None)
        site.execsitecustomize()
    sys.argv = command
    cli.main()


def an_installation(
    folder: Path,
    settings: str = "",
    sources: str = "",
    *,
    is_cold: bool = False,
    taxonomy: str = FEW_TOPICS,
) -> Installation:
    """What `fieldfare init` writes, with other settings where a test wants them."""
    made = Installation(folder, is_cold, taxonomy)
    made.call("init", str(folder), "--authority", "news.example.org").check_returncode()
    if settings or sources:
        (folder / "fieldfare.toml").write_text(
            f'secret_file = "secret.key"\n{settings}\n{sources}', encoding="utf-8"
        )
    return made


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
