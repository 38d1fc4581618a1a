"""Real servers for tests: PostgreSQL, Postfix's smtp-sink and Chromium, as Debian installs them.

Knows where their programs are, how they start and how they end. Must never know what is tested.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from playwright.sync_api import Browser, sync_playwright

#: Long enough for a cold start on a busy machine, short enough to notice that nothing comes.
START_SECONDS = 30
#: What a server gets to end by itself before it is killed.
STOP_SECONDS = 10

#: Chromium without a sandbox (as root it has none), without a GPU, and talking to nobody but us.
CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Missing(Exception):
    """A program that a test needs is not on this machine; the text says how to get it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"no {program} here; as root on Debian `make test` installs {package}")


NOT_HERE = "this machine does not let even root have"


class Forbidden(Missing):
    """What the kernel lacks, or keeps from who runs the tests: nothing that is installed helps."""

    def __init__(self, what: str, why: str) -> None:
        Exception.__init__(self, f"{NOT_HERE} {what}: {why}")


def program(name: str, package: str, *folders: Path) -> str:
    """Where a program is: on PATH or in one of ``folders``. Raises Missing."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, folders)])
    found = shutil.which(name, path=path)
    if found is None:
        raise Missing(name, package)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


def listening(port: int = 0) -> socket.socket:
    """A socket on a loopback port, a free one unless it is told; whoever gets it keeps it."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago."""
    with listening() as bound:
        port: int = bound.getsockname()[1]
    return port


def is_open(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running server, reached by the socket in ``folder``; what it keeps survives nothing."""

    folder: Path
    _numbers: Iterator[int]
    _connections: list[psycopg.Connection]
    _running: ExitStack
    _starts: Callable[["Postgres"], AbstractContextManager[object]]

    @contextmanager
    def away(self) -> Iterator[None]:
        """It was stopped, and is there again afterwards, with all that it had."""
        self.close()
        self._connections.clear()
        self._running.close()
        yield
        self._running.enter_context(self._starts(self))

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a fresh copy of ``template``, gone afterwards."""
        name = f"test_{next(self._numbers)}"
        self.create(name, template)
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def create(self, name: str, template: str = "template1") -> None:
        """A database ``name`` is there, a copy of ``template``, which nobody may be using."""
        # Nothing is synced here, so that copying files is less work than logging their blocks.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")

    def url(self, name: str) -> str:
        """The address of a database, as SQLAlchemy reads it."""
        return f"postgresql+psycopg://fieldfare@/{name}?host={self.folder}"

    def answers(self) -> bool:
        """Whether a client gets an answer by now."""
        try:
            self._execute("SELECT 1")
        except psycopg.OperationalError:
            self._connections.clear()
            return False
        return True

    def crash(self) -> None:
        """Every process of clients was killed at once, and the server recovered what it had.

        PostgreSQL does both by itself where one of them is killed: it cannot know what that one
        left in the memory they share.
        """
        with self._connected() as victim, self._connected() as witness:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            # Until the server has seen it, it lets in clients whom it is about to cut off.
            self._wait(lambda: not _is_answered(witness))
        self.close()
        self._connections.clear()
        self._wait(self.answers)

    @staticmethod
    def _wait(is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.01)

    def close(self) -> None:
        """Nobody connects any more."""
        for connection in self._connections:
            connection.close()

    def _execute(self, statement: str) -> None:
        # To connect for each takes a third as long as to make a database.
        if not self._connections:
            self._connections.append(self._connected())
        self._connections[0].execute(statement.encode())

    def _connected(self) -> psycopg.Connection:
        host = str(self.folder)
        return psycopg.connect(host=host, user="fieldfare", dbname="postgres", autocommit=True)


def _is_answered(client: psycopg.Connection) -> bool:
    try:
        client.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def postgres(*options: str) -> Iterator[Postgres]:
    """A PostgreSQL of one's own, with ``options`` that go before the usual. Raises Missing."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    initdb = program("initdb", "postgresql", *installed)
    server_program = program("postgres", "postgresql", *installed)
    # Not pytest's folder: that is closed to the user the server runs as, and its name is too long
    # for a socket (107 bytes, unix(7)).
    with TemporaryDirectory(prefix="fieldfare-") as name:
        folder = Path(name)
        prefix = _as_nobody_special(folder)
        data = str(folder / "data")
        initialise = [*prefix, initdb, "-D", data, *_NEW_CLUSTER]
        subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        command = [*prefix, server_program, "-D", data, "-k", name, "-h", ""]
        command += [*_SPEED_OVER_SAFETY, *options]

        def starts(server: Postgres) -> AbstractContextManager[object]:
            # SIGINT is PostgreSQL's fast shutdown: it waits for no client.
            return _running(command, server.answers, cwd=folder, ending=signal.SIGINT)

        with ExitStack() as running:
            server = Postgres(
                folder=folder, _numbers=count(1), _connections=[], _running=running, _starts=starts
            )
            running.enter_context(starts(server))
            with closing(server):
                yield server


_NEW_CLUSTER = [
    "--auth=trust",
    "--username=fieldfare",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
]
_SPEED_OVER_SAFETY = [
    f"--{setting}"
    for setting in (
        "fsync=off",
        "synchronous-commit=off",
        "full-page-writes=off",
        "autovacuum=off",
        "wal-level=minimal",
        "max-wal-senders=0",
    )
]

#: What is committed outlives the processes of the server, though not the machine.
KEEPS_WHAT_IS_COMMITTED = ("--synchronous-commit=on", "--full-page-writes=on")


def _version(folder: Path) -> int:
    return int(folder.parent.name.partition(".")[0])


def _as_nobody_special(folder: Path) -> list[str]:
    """What to put before a command that refuses to run as root; ``folder`` becomes its own."""
    if os.geteuid() != 0:
        return []
    known = {account.pw_name: account for account in pwd.getpwall()}
    account = known.get("postgres") or known["nobody"]
    os.chown(folder, account.pw_uid, account.pw_gid)
    user, group = f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}"
    return [program("setpriv", "util-linux"), user, group, "--clear-groups"]


@contextmanager
def smtp_sink(*options: str) -> Iterator[Address]:
    """Postfix's smtp-sink with ``options`` (smtp-sink(1)), swallowing mail. Raises Missing."""
    address = Address(host="127.0.0.1", port=free_port())
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program("smtp-sink", "postfix"), *user, *options]
    command += [f"{address.host}:{address.port}", "1024"]
    with answering(command, address.port):
        yield address


@contextmanager
def nginx(*servers: str, folder: Path, port: int) -> Iterator[None]:
    """nginx with these parts of its ``http`` block, one of which listens on ``port``. Raises
    Missing.
    """
    parts = [f"{kind}_temp_path {folder}/{kind};" for kind in _NGINX_TEMPORARY]
    parts += ["access_log off;", "include /etc/nginx/mime.types;", *servers]
    config = folder / "nginx.conf"
    # Tests' folders are closed to all others, nobody among them.
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        "http {\n" + "\n".join(parts) + "\n}\n"
    )

    command = [program("nginx", "nginx"), "-p", str(folder), "-c", str(config), "-e", "stderr"]
    # SIGTERM is nginx's fast shutdown: it waits for no client.
    with answering(command, port):
        yield


@contextmanager
def answering(command: Sequence[str], port: int) -> Iterator[int]:
    """``command`` listens on a loopback port, as the process of this number; SIGTERM ends it."""
    with _running(command, lambda: is_open(port)) as process:
        yield process


_NGINX_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window. Raises Missing."""
    path = program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _running(
    command: Sequence[str],
    answers: Callable[[], bool],
    *,
    cwd: Path | None = None,
    ending: signal.Signals = signal.SIGTERM,
) -> Iterator[int]:
    """``command`` runs and answers, as the process of this number; afterwards it has ended."""
    with TemporaryDirectory(prefix="fieldfare-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd
            )
        try:
            _wait(process, answers, log)
            yield process.pid
        finally:
            _end(process, ending)


def _wait(process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text()}")
        time.sleep(0.02)


def _end(process: subprocess.Popen[bytes], ending: signal.Signals) -> None:
    process.send_signal(ending)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
