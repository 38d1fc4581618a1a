"""How fast mails that were planned leave, beside other senders, all of them to Postfix's smtp-sink.

Run it with ``python -m tests.bench.bench_sending [MAILS]``. Ours claims, fills, sends and records
each mail, as the daemon does; Postfix's smtp-source sends ready-made ones of the same size and
records nothing; nodemailer's pool and aiosmtplib build each mail of finished texts; rss2email is
given a feed. Then the same over a line that takes 20 ms there and back. Peers are installed where
npm and pip reach their registries, and named as missing otherwise.
"""

import asyncio
import gc
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import uvloop

from feeds.storage import engines
from feeds.storage.database import Database
from notifier.cli import OBJECTS_BETWEEN_COLLECTIONS
from notifier.digest.contents import filled
from notifier.errors import MessageRefused
from notifier.mail.lines import WholeLines, encoded, slot
from notifier.mail.message import build
from notifier.mail.send import deliver
from notifier.mail.smtp.relay import Relay
from notifier.model import Skip
from notifier.storage.sending import Claimed
from tests import services
from tests.bench import peer_sending
from tests.bench.bench_mail import fresh_store
from tests.outbox import LINKS, NOW, SENDER, a_ledger, add, people, subscribe

MAILS = 20_000
#: Over a line that takes its time, less is enough to tell.
SLOW_MAILS = 4_000
#: Who sends is compared at the number at which it is fastest; others, which slow down beyond it, at
#: `OF_OTHERS`.
CONNECTIONS = (10, 50, 90, 200)
OF_OTHERS = 50
SLOW_CONNECTIONS = 20
LATENCY_SECONDS = 0.02
#: What is asked for, and over the slow line.
ASKED = {"smtp-source": 1.0, "nodemailer": 5.0, "rss2email": 20.0, "aiosmtplib, slow line": 4.0}
#: So often each, by turns.
ROUNDS = 3
READERS = 2_000
#: Some 10 kB, as a digest of a few items has.
TEXT = "\n".join(["An item of news, with its summary, about a field that somebody follows."] * 40)
HTML = "".join(
    f"<p>{line} <a href='https://news.example.org/'>More</a></p>" for line in TEXT.split("\n")
)


def fill_outbox(database: Database, count: int) -> None:
    """So many mails are queued."""
    readers = subscribe(database, *people(min(count, READERS)))
    for start in range(0, count, len(readers)):
        add(database, readers[: count - start], f"p{start}")


def compose(claimed: Sequence[Claimed]) -> list[WholeLines | Skip | MessageRefused]:
    """The same message for each, with what is personal spliced in."""
    return [filled(one, _template(), LINKS, SENDER.address) for one in claimed]


@cache
def _template() -> bytes:
    link = f'<a href="{slot("unsubscribe_url")}">Unsubscribe</a>'
    return build(
        SENDER, subject="News", language="en", text=[encoded(TEXT)], html=[encoded(HTML + link)]
    )


def ours(database: Database, port: int, connections: int, count: int) -> float:
    """Seconds until all are accepted and recorded."""
    relay = Relay(
        host="127.0.0.1",
        port=port,
        security="none",
        connections=connections,
        messages_per_connection=1_000_000,
    )
    started = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(deliver(a_ledger(database, now=NOW, compose=compose), relay))
    if report.accepted != count:
        raise AssertionError(report)
    return time.perf_counter() - started


def smtp_source(port: int, connections: int, count: int, size: int) -> float:
    """Seconds Postfix's own load generator takes, its connections kept."""
    command = ["smtp-source", "-d", "-s", str(connections), "-m", str(count), "-l", str(size)]
    command += ["-f", SENDER.address, "-t", "reader@example.org", f"127.0.0.1:{port}"]
    started = time.perf_counter()
    subprocess.run([services.program(command[0], "postfix"), *command[1:]], check=True)
    return time.perf_counter() - started


@contextmanager
def slow_line(port: int) -> Iterator[int]:
    """The port of a line to ``port`` that takes its time in a process of its own."""
    here = services.free_port()
    command = [sys.executable, "-m", "tests.bench.slow_line", str(here), str(port)]
    with subprocess.Popen([*command, str(LATENCY_SECONDS)]) as line:
        try:
            while not services.is_open(here):
                time.sleep(0.05)
            yield here
        finally:
            line.kill()


def measure(engine: str, connections: int, count: int, port: int, words: str = "") -> float:
    """Mails a second of ours, which are printed, with what they cost."""
    with fresh_store(engine) as database:
        fill_outbox(database, count)
        before = resource.getrusage(resource.RUSAGE_SELF)
        own = ours(database, port, connections, count)
        after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))
    print(
        f"{engine}{words}, {connections} connections, {len(_template()):,} bytes:"
        f" {count / own:,.0f}/s, {cpu / count * 1e6:.0f} us of CPU a mail,"
        f" at most {after.ru_maxrss // 1024} MB"
    )
    return count / own


def against(name: str, own: float, count: int, seconds: float | None) -> bool:
    """Whether the ratio to a peer that is asked for was reached, or the peer is missing."""
    if seconds is None:
        print(f"  {name}: not installed here")
        return True
    ratio, asked = own / (count / seconds), ASKED[name]
    print(f"  {name}: {count / seconds:,.0f}/s, ratio {ratio:.2f} (asked for: {asked:g})")
    return ratio >= asked


def beside_peers(port: int, folder: Path, count: int) -> list[bool]:
    """Which of the ratios asked for were reached over a line that takes no time."""
    own, source = dict.fromkeys(CONNECTIONS, 0.0), dict.fromkeys(CONNECTIONS, inf)
    # By turns, and the best of each, as other programs of the machine slow down both.
    for connections in CONNECTIONS * ROUNDS:
        pace = measure("sqlite", connections, count, port)
        own[connections] = max(own[connections], pace)
        seconds = smtp_source(port, connections, count, len(_template()))
        source[connections] = min(source[connections], seconds)
        print(f"  smtp-source, {connections} connections: {count / seconds:,.0f}/s")
    reached = [against("smtp-source", max(own.values()), count, min(source.values()))]
    peers = peer_sending.Peers(folder)
    pool = peers.nodemailer(port, OF_OTHERS, count // 4, TEXT, HTML)
    reached.append(against("nodemailer", own[OF_OTHERS], count // 4, pool))
    feed = peers.rss2email(port, count // 100, HTML)
    reached.append(against("rss2email", own[OF_OTHERS], count // 100, feed))
    return reached


def without_the_disk(port: int, count: int) -> None:
    """What it costs that a power cut undoes nothing: the same with commits that do not wait."""
    with patch.object(engines, "durable", lambda engine: engine):
        measure("sqlite", CONNECTIONS[-1], count, port, " that waits for no disk")


def main(count: int = MAILS) -> bool:
    """Whether all that is asked for was reached."""
    # As the command has it.
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    with ExitStack() as stack:
        port = stack.enter_context(services.smtp_sink()).port
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fieldfare-")))
        reached = beside_peers(port, folder, count)
        without_the_disk(port, count)
        measure("postgresql", CONNECTIONS[-1], count, port)
        slow = stack.enter_context(slow_line(port))
        own = measure("sqlite", SLOW_CONNECTIONS, SLOW_MAILS, slow, " over a line of 20 ms")
        few = SLOW_MAILS // 2
        library = peer_sending.aiosmtplib(slow, SLOW_CONNECTIONS, few, TEXT, HTML)
        reached.append(against("aiosmtplib, slow line", own, few, library))
    return all(reached)


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
