"""What crashes cost: digests killed at random moments before a mail server that has a bad day.

Knows how a run is set up, killed, brought to its end and judged. Must never know how mails are
made or sent. ``python -m tests.crash [RUNS] [READERS]`` prints the table of the documentation.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from feeds.storage.database import Database
from notifier.storage import VERSIONS
from tests import services
from tests.command import SEEDS, Installation, an_installation
from tests.outbox import NOW, people, subscribe
from tests.unruly_smtp import Taken, UnrulySmtp, unruly_smtp

RUNS = 100
READERS = 2_000
CONNECTIONS = 10
_KILLS = (3, 8)
#: From the start of the command to well into the mailing.
_KILL_WITHIN_SECONDS = 2.5
#: Between two tries of one message; beyond the longest pause before one.
_STEP = timedelta(hours=6)
#: What waits for more tries than this, although the server is calm by then, waits for ever.
_MOST_ROUNDS = 40
_ENDED = {"accepted", "failed", "uncertain", "suppressed", "skipped"}

#: The kinds of run: engine, nodes at a time, and whether the store itself is killed too.
KINDS = (("sqlite", 1, False), ("postgresql", 1, False), ("postgresql", 2, False))
STORE_KILLED = ("postgresql", 2, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a run. ``lost`` were neither mailed nor told to be held or refused;
    ``doubled`` got a mail more than once, ``altered`` of these not the same bytes under the same
    Message-ID. ``open`` is the most that kills and silences could leave in doubt.
    """

    readers: int
    kills: int
    accepted: int
    refused: int
    held: int
    lost: int
    doubled: int
    altered: int
    most_copies: int
    in_doubt: int
    open: int

    @property
    def problems(self) -> list[str]:
        """What must not be, in words; none where all is well."""
        claims = {
            "readers lost": self.lost,
            "doubles with other bytes or Message-IDs": self.altered,
            "readers who got more than two": max(0, self.most_copies - 2),
            "doubles that were not in doubt": max(0, self.doubled - self.in_doubt),
            "more in doubt than were open": max(0, self.in_doubt - self.open),
        }
        return [f"{count} {claim}" for claim, count in claims.items() if count]


@dataclass(slots=True)
class Store:
    """Where a run keeps its rows, and how the whole of it is killed."""

    url: str
    server: services.Postgres | None = None

    def kill(self) -> None:
        """Every process of the server is gone at once, and it is back."""
        assert self.server
        self.server.crash()


def run(
    store: Store,
    folder: Path,
    *,
    seed: int,
    readers: int,
    nodes: int = 1,
    kills_store: bool = False,
) -> Outcome:
    """One run to its end: all that is due was planned and sent, or told why not."""
    chance = random.Random(seed)
    with unruly_smtp(seed) as sink:
        houses = _houses(store.url, folder, sink.port, nodes, readers)
        kills, now = chance.randint(*_KILLS), NOW + timedelta(hours=1)
        for _ in range(kills):
            _killed(houses, now, chance, store if kills_store else None)
            now += timedelta(minutes=chance.choice((0, 10, 90)))
        sink.calm()
        ended = _brought_to_an_end(houses, now)
    return _judged(sink, ended, readers=readers, kills=kills * nodes)


def _houses(url: str, folder: Path, port: int, nodes: int, readers: int) -> list[Installation]:
    """As many nodes on one store, with two items that all the readers wait for."""
    made = []
    for node in range(nodes):
        settings = (
            f'[store]\nurl = "{url}"\n[site]\nurl = "https://news.example.net"\n'
            f'[daemon]\nnode = "node{node}"\n'
            '[mail]\ntransport = "smtp"\nfrom_address = "digest@news.example.net"\n'
            f'[mail.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
            f"connections = {CONNECTIONS}\n"
        )
        made.append(an_installation(folder / f"node{node}", settings))
        # One secret signs what any node sends.
        secret = folder / f"node{node}" / "secret.key"
        secret.write_bytes((folder / "node0" / "secret.key").read_bytes())
    made[0].report("migrate")
    database = Database.open(url, VERSIONS)
    subscribe(database, *people(readers, due_at=NOW))
    database.close()
    made[0].report("ingest", str(SEEDS))
    return made


def _killed(
    houses: Sequence[Installation], now: datetime, chance: random.Random, store: Store | None
) -> None:
    """Each node sends for a moment and is killed there; so is the store, where one is given."""
    started = [house.start("digest", "--now", now.isoformat()) for house in houses]
    if store and chance.random() < 0.5:
        time.sleep(chance.uniform(0, _KILL_WITHIN_SECONDS))
        store.kill()
    for node in started:
        time.sleep(chance.uniform(0, _KILL_WITHIN_SECONDS / len(started)))
        node.kill()
    for node in started:
        node.communicate()


def _brought_to_an_end(houses: Sequence[Installation], now: datetime) -> list[dict[str, object]]:
    """Every delivery, once none waits to be sent. Raises TimeoutError."""
    waiting = Counter[str]()
    for _ in range(_MOST_ROUNDS):
        for house in houses:
            house.call("digest", "--now", now.isoformat())
        rows: list[dict[str, object]]
        rows = houses[0].report("deliveries", "--limit", "1000000")
        waiting = Counter(str(row["state"]) for row in rows if row["state"] not in _ENDED)
        if not waiting:
            return rows
        now += _STEP
    raise TimeoutError(f"after {_MOST_ROUNDS} rounds there still are {waiting}")


def _judged(
    sink: UnrulySmtp, rows: Sequence[dict[str, object]], *, readers: int, kills: int
) -> Outcome:
    took: dict[str, list[Taken]] = {}
    for taken in sink.journal:
        took.setdefault(taken.recipient, []).append(taken)
    states = {str(row["recipient"]): str(row["state"]) for row in rows}
    everybody = [f"reader{number}@example.org" for number in range(1, readers + 1)]
    refused = {each for each in everybody if sink.is_dead(each)}
    held = {each for each in everybody if states.get(each) == "uncertain"}
    copies = [kept for kept in took.values() if len(kept) > 1]
    return Outcome(
        readers=readers,
        kills=kills,
        accepted=len(took),
        refused=len(refused),
        held=len(held),
        lost=sum(each not in took and each not in refused | held for each in everybody),
        doubled=len(copies),
        altered=sum(len(set(kept)) > 1 for kept in copies),
        most_copies=max(map(len, took.values()), default=0),
        in_doubt=sum(int(str(row["in_doubt"])) for row in rows),
        open=kills * CONNECTIONS + sink.doubts + sink.happened[". hangs up"],
    )


@contextmanager
def a_store(engine: str, folder: Path, server: services.Postgres | None) -> Iterator[Store]:
    if engine == "sqlite":
        yield Store(f"sqlite:///{folder}/store.db")
        return
    assert server
    with server.database() as url:
        yield Store(url, server)


def main(runs: int = RUNS, readers: int = READERS) -> bool:
    """Whether nothing was lost, and nothing doubled but what was in doubt."""
    totals: dict[tuple[str, int, bool], list[Outcome]] = {}
    with services.postgres(*services.KEEPS_WHAT_IS_COMMITTED) as server:
        for number in range(runs):
            kind = (*KINDS, STORE_KILLED)[number % (len(KINDS) + 1)]
            engine, nodes, kills_store = kind
            with TemporaryDirectory(prefix="fieldfare-") as name:
                folder = Path(name)
                with a_store(engine, folder, server) as store:
                    outcome = run(
                        store,
                        folder,
                        seed=number,
                        readers=readers,
                        nodes=nodes,
                        kills_store=kills_store,
                    )
            totals.setdefault(kind, []).append(outcome)
            for problem in outcome.problems:
                print(f"run {number} ({engine}, {nodes} nodes): {problem}", flush=True)
    _print(totals)
    return not any(outcome.problems for some in totals.values() for outcome in some)


def _print(totals: dict[tuple[str, int, bool], list[Outcome]]) -> None:
    print(
        "| store | nodes | runs | kills | mails | lost | twice | of other bytes | in doubt | open |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (engine, nodes, kills_store), some in sorted(totals.items()):
        where = f"{engine}, killed too" if kills_store else engine
        sums = [
            sum(getattr(each, name) for each in some)
            for name in ("kills", "accepted", "lost", "doubled", "altered", "in_doubt", "open")
        ]
        print(f"| {where} | {nodes} | {len(some)} | " + " | ".join(f"{n:,}" for n in sums) + " |")


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
