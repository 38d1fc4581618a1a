"""How fast published files are served, beside nginx with ``gzip_static`` on the same files.

Run it with ``python -m tests.bench.bench_web``. Each server is one process, asked by wrk for one
feed as a reader's program asks: packed, and by its tag. By turns, so that whatever else the machine
does slows down both; what is compared is how many answers a second of processor time gives. At the
end a daemon with `serve.processes` of one and of two.
"""

import logging
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from os import cpu_count, sysconf
from pathlib import Path
from shutil import copy
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread

import httpx2
import structlog

from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.storage.database import Database
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from notifier.storage import VERSIONS
from notifier.web.server import Server, all_descriptors, listen
from tests import services
from tests.bench.archive import fill, opened, osce, touch
from tests.command import an_installation, until
from tests.items import a_site
from tests.serving import a_web_app, some_counts

FEED = "/feeds/all.atom"
SITE = a_site()
ITEMS = 500
CONNECTIONS = 32
SECONDS = 2
ROUNDS = 3
# A file system without a disk, where there is one.
MEMORY = Path("/dev/shm")
#: What is asked for, as a part of nginx.
LEAST = {200: 1 / 3, 304: 1 / 4}
NGINX = """
server {
    listen 127.0.0.1:%d;
    root %s;
    gzip_static on;
    gzip_vary on;
    types { application/atom+xml atom; }
    add_header Access-Control-Allow-Origin "*" always;
    add_header Access-Control-Expose-Headers "ETag, Last-Modified, Link, Retry-After" always;
    add_header Cache-Control "public, max-age=60, stale-while-revalidate=3600";
    add_header X-Content-Type-Options nosniff always;
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server at work: where it answers, and which processes it is."""

    url: str
    processes: tuple[int, ...]
    path: str = FEED

    def processor_seconds(self) -> float:
        ticks = 0
        for process in self.processes:
            # After the name, which may hold anything; user and system time are fields 14 and 15.
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run of wrk told."""

    rate: float
    rate_of_processor: float
    p99_milliseconds: float


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with ExitStack() as held:
        base = MEMORY if MEMORY.is_dir() else None
        folder = Path(held.enter_context(TemporaryDirectory(prefix="fieldfare-", dir=base)))
        database = held.enter_context(opened(folder / "store"))
        fill(database, osce(), ITEMS)
        publish(database, osce(), Files(folder / "public"), SITE)
        ours = held.enter_context(_own(folder))
        peer = held.enter_context(_nginx(folder))
        for status, least in LEAST.items():
            rounds = [(_load(ours, status), _load(peer, status)) for _ in range(ROUNDS)]
            print(f"{status} of a feed, {CONNECTIONS} connections, one process each")
            for name, loads in zip(("ours", "nginx"), zip(*rounds, strict=True), strict=True):
                _tell(name, loads)
            part = median(own.rate_of_processor / of.rate_of_processor for own, of in rounds)
            print(f"  {part:.2f} x nginx ({least:.2f} x asked for)")
        with _own(folder, "publishing") as ours:
            under_load = [_load(ours, 200) for _ in range(ROUNDS)]
        print("200 of a feed while the same process makes and replaces all feeds, again and again")
        _tell("ours", under_load)
        _tell_processes(folder)


def _tell_processes(folder: Path) -> None:
    """What a whole daemon answers by one process and by two; wrk needs a core of its own, too."""
    with _daemon(folder, 1) as one, _daemon(folder, 2) as two:
        for status in LEAST:
            print(f"{status} of a feed by a daemon, {cpu_count()} cores (wrk is on one)")
            for name, peer in (("one", one), ("two", two)):
                _tell(name, [_load(peer, status)])


def _tell(name: str, loads: Sequence[Load]) -> None:
    rate, own, p99 = (
        median(getattr(load, what) for load in loads)
        for what in ("rate", "rate_of_processor", "p99_milliseconds")
    )
    print(f"  {name:<6}{rate:8,.0f}/s {own:8,.0f} a second of its processor, p99 {p99:.2f} ms")


def _load(peer: Peer, status: int) -> Load:
    packed = {"Accept-Encoding": "gzip"}
    feed = f"{peer.url}{peer.path}"
    tag = httpx2.get(feed, headers=packed).headers["etag"]
    fields = packed if status == 200 else {**packed, "If-None-Match": tag}
    asked = [argument for each in fields.items() for argument in ("-H", ": ".join(each))]
    if httpx2.get(feed, headers=fields).status_code != status:
        raise SystemExit(f"no {status} comes from {peer.url}")
    command = [
        services.program("wrk", "wrk"),
        *("-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--latency"),
        *asked,
        feed,
    ]
    before = peer.processor_seconds()
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = peer.processor_seconds() - before
    if "Non-2xx" in told:
        raise SystemExit(told)
    count = int(_found(r"(\d+) requests in", told))
    number, unit = _found(r"99%\s+([\d.]+)", told), _found(r"99%\s+[\d.]+(us|ms|s)", told)
    return Load(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", told)),
        rate_of_processor=count / seconds,
        p99_milliseconds=float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit],
    )


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(text)
    return found[1]


@contextmanager
def _own(folder: Path, *beside: str) -> Iterator[Peer]:
    port = services.free_port()
    module = [sys.executable, "-m", "tests.bench.bench_web"]
    with services.answering([*module, str(folder), str(port), *beside], port) as process:
        yield Peer(url=f"http://127.0.0.1:{port}", processes=(process,))


@contextmanager
def _daemon(folder: Path, count: int) -> Iterator[Peer]:
    """`fieldfare run` with so many processes; the feed lies among its files, and is none of it."""
    port = services.free_port()
    settings = f"[serve]\nport = {port}\nprocesses = {count}\n"
    house = an_installation(folder / f"daemon-{count}", settings)
    with house.running(f"http://127.0.0.1:{port}") as daemon:
        for packed in (folder / "public").glob(f"{FEED[1:]}*"):
            copy(packed, house.folder / "public" / packed.name)
        until(lambda: len(_answering(daemon.pid)) == count)
        yield Peer(
            url=f"http://127.0.0.1:{port}", path="/all.atom", processes=_answering(daemon.pid)
        )


def _answering(daemon: int) -> tuple[int, ...]:
    """The daemon, and the processes that are forked by those that it started."""
    forked = [each for child in _children(daemon) for each in _children(child)]
    return daemon, *(each for each in forked if b"forkserver" in _command(each))


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


@contextmanager
def _nginx(folder: Path) -> Iterator[Peer]:
    port = services.free_port()
    (folder / "nginx").mkdir()
    with services.nginx(NGINX % (port, folder / "public"), folder=folder / "nginx", port=port):
        master = int((folder / "nginx" / "nginx.pid").read_text())
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        yield Peer(url=f"http://127.0.0.1:{port}", processes=tuple(map(int, children)))


def _serve(folder: Path, port: int, *, is_publishing: bool) -> None:
    """The web server of a daemon, with the one job that shares the processor with it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with closing(Database.open(f"sqlite:///{folder / 'store' / 'store.db'}", VERSIONS)) as database:
        app = a_web_app(database, osce(), folder / "public", site=SITE)
        directory = Directory(folder / "public", 64_000_000, lambda: datetime.now(UTC))
        files = PublishedFiles(directory)
        app.router.default = files
        stopping = Event()
        server = Server(
            app,
            stopping,
            descriptors=all_descriptors(),
            counts=some_counts(),
            at_once=files.at_once,
        )
        if is_publishing:
            Thread(target=_publish, args=(database, folder / "public", stopping)).start()
        with listen("127.0.0.1", port) as bound:
            server.run(sockets=[bound])


def _publish(database: Database, public: Path, stopping: Event) -> None:
    """All feeds but the one that is asked for are replaced, until the server ends."""
    while not stopping.is_set():
        for path in public.glob("feeds/*/*.atom"):
            path.write_bytes(b"outdated")
        touch(database, osce())
        publish(database, osce(), Files(public), SITE, stopping=stopping)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(Path(sys.argv[1]), int(sys.argv[2]), is_publishing="publishing" in sys.argv)
    else:
        main()
