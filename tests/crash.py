"""What crashes cost: digests killed at random moments before a mail server that has a bad day.

Knows how a run is set up, killed, brought to its end and judged. Must never know how mails are
made or sent. ``python -m tests.crash [RUNS [READERS [FIRST]]]`` prints the tables of the
documentation; what a run does is drawn by its number, so that it can be had again.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory

from sqlalchemy import select, text

from feeds.storage.database import Database
from notifier.model import DeliveryState
from notifier.storage import VERSIONS
from notifier.storage.tables import deliveries, subscribers
from tests import services
from tests.command import SEEDS, Installation, Started, an_installation, until
from tests.moments import MOMENTS, Death, Watched
from tests.outbox import NOW, people, subscribe
from tests.toll import Outcome, Toll, judged
from tests.unruly_smtp import UnrulySmtp, unruly_smtp

RUNS = 100
READERS = 2_000
CONNECTIONS = 10
_KILLS = (3, 8)
#: From the start of the command to well into the mailing: to begin takes as long for any number.
_BEGIN_SECONDS, _READERS_A_SECOND = 0.7, 1000
#: A process that killed itself is noticed within this; what it had on the wire is taken to be open.
_NOTICED_SECONDS = 0.5
#: Between two tries of one message; beyond the longest pause before one.
_STEP = timedelta(hours=6)
#: What waits for more tries than this, although the server is calm by then, waits for ever.
_MOST_ROUNDS = 40
_ENDED = {"accepted", "failed", "uncertain", "suppressed", "skipped"}
#: Said of a kill that met a message which the server had taken, and said so, off the record.
_ANSWERED = "has an answer off the record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of run: the engine, how many nodes at a time, whether the store is killed, too."""

    engine: str
    nodes: int = 1
    kills_store: bool = False

    def __str__(self) -> str:
        name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.engine]
        return f"{name}, killed too" if self.kills_store else name


KINDS = (
    Kind(engine="sqlite"),
    Kind(engine="postgresql"),
    Kind(engine="postgresql", nodes=2),
    Kind(engine="postgresql", nodes=2, kills_store=True),
)


@dataclass(slots=True)
class Store:
    """Where a run keeps its rows, and how the whole of it is killed."""

    url: str
    server: services.Postgres | None = None

    def kill(self) -> None:
        """Every process of the server is gone at once, and it is back."""
        assert self.server
        self.server.crash()

    def sending(self) -> dict[tuple[int, int], str]:
        """Who is in doubt, by what is on the wire and how often it was before; once what the dead
        had asked for has ended.
        """
        with closing(Database.open(self.url, VERSIONS)) as database:
            if not database.is_embedded:
                until(lambda: _is_alone(database))
            wanted = select(deliveries.c.id, deliveries.c.in_doubt, subscribers.c.address)
            some = wanted.join_from(
                deliveries, subscribers, deliveries.c.subscriber == subscribers.c.id
            )
            with database.reading() as connection:
                rows = connection.execute(some.where(deliveries.c.state == DeliveryState.SENDING))
                return {(row.id, row.in_doubt): row.address for row in rows}


_OTHERS = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend')"
)


def _is_alone(database: Database) -> bool:
    with database.reading() as connection:
        return connection.scalar(_OTHERS) is False


def run(store: Store, folder: Path, kind: Kind, *, seed: int, readers: int) -> Outcome:
    """One run to its end: all that is due was planned and sent, or told why not."""
    with unruly_smtp(seed) as sink:
        houses = _houses(store.url, folder, sink.port, kind.nodes)
        within = _BEGIN_SECONDS + readers / _READERS_A_SECOND
        killing = _Killing(houses, sink, store, random.Random(seed), within)
        killing.migrate()
        _fill(houses[0], store.url, readers)
        now = killing.send(NOW + timedelta(hours=1), store_too=kind.kills_store)
        sink.calm()
        ended = _brought_to_an_end(houses, now)
    everybody = [f"reader{number}@example.org" for number in range(1, readers + 1)]
    dead = {each for each in everybody if sink.is_dead(each)}
    silences = sink.silences
    return judged(sink.journal, ended, everybody, dead, silences=silences, toll=killing.toll)


def _houses(url: str, folder: Path, port: int, nodes: int) -> list[Installation]:
    """As many nodes on one store."""
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
    return made


def _fill(house: Installation, url: str, readers: int) -> None:
    """There are two items that all the readers wait for."""
    with closing(Database.open(url, VERSIONS)) as database:
        subscribe(database, *people(readers, due_at=NOW))
    house.report("ingest", str(SEEDS))


@dataclass(frozen=True, slots=True)
class _Node:
    """A command that runs, and where it tells what it is at."""

    process: "Started | subprocess.Popen[bytes]"
    watched: Watched


class _Killing:
    """Nodes that are killed again and again: half of the times whenever it is, half in a moment of
    choice.
    """

    def __init__(
        self,
        houses: Sequence[Installation],
        sink: UnrulySmtp,
        store: Store,
        chance: random.Random,
        within_seconds: float,
    ) -> None:
        self._houses = houses
        self._watched = [Watched(house.folder / "watched") for house in houses]
        self._sink = sink
        self._store = store
        self._chance = chance
        self._within = within_seconds
        self.toll = Toll()

    def migrate(self) -> None:
        """The schema is there, although whoever made it may have been killed."""
        for _ in range(self._chance.randint(0, 2)):
            self._kill([self._started(0, "migrate", moment="migrates")])
        self._houses[0].report("migrate")

    def send(self, now: datetime, *, store_too: bool) -> datetime:
        """Each node sends, and is killed there; so is the store. Returns when that was."""
        for number in range(self._chance.randint(*_KILLS)):
            before = self._store.sending()
            known = self.toll.open
            # What is due is planned at once, so that only the first can be killed at it.
            others = self._chance.choice([None, *list(MOMENTS)[2:]])
            moment = others if number else self._chance.choice(["plans", others])
            # Who dies by itself while that is waited for would have nothing open any more.
            is_store = store_too and self._chance.random() < 0.5
            at = ("digest", "--now", now.isoformat())
            nodes = range(len(self._houses))
            dying = None if is_store else moment
            started = [self._started(node, *at, moment=dying) for node in nodes]
            if is_store:
                self._kill_store()
            self._kill(started)
            self._count(before, self.toll.open - known)
            now += timedelta(minutes=self._chance.choice((0, 10, 90)))
        return now

    def _started(self, node: int, *command: str, moment: str | None) -> _Node:
        death = None
        if moment:
            call = self._chance.randint(1, MOMENTS[moment].most)
            seconds = self._chance.uniform(0, MOMENTS[moment].seconds)
            death = Death(moment=moment, call=call, seconds=seconds)
        watched = self._watched[node]
        house = replace(self._houses[node], python_path=watched.python_path(death))
        return _Node(house.start(*command), watched)

    def _kill_store(self) -> None:
        time.sleep(self._chance.uniform(0, self._within))
        self._note_open(len(self._houses))
        self._store.kill()
        self.toll.store_killed += 1

    def _kill(self, started: Sequence[_Node]) -> None:
        """Each is killed after a while, unless it killed itself before, or came to its end."""
        for node in started:
            deadline = time.monotonic() + self._chance.uniform(0, self._within)
            while node.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            node.process.kill()
            node.process.communicate()
            if node.process.poll() == -SIGKILL:
                self.toll.killed += 1
                self.toll.met.update(node.watched.moments or {"does anything else"})
                self._note_open(1)

    def _note_open(self, nodes: int) -> None:
        """All connections of now count as open, but no more than so many nodes may have."""
        seen = self._sink.open_since(time.monotonic() - _NOTICED_SECONDS)
        self.toll.open += min(seen, nodes * CONNECTIONS)

    def _count(self, before: Collection[tuple[int, int]], were_open: int) -> None:
        """What this round left in doubt is counted, and what of it the server had answered."""
        until(lambda: not self._sink.sessions)
        left = {key: who for key, who in self._store.sending().items() if key not in before}
        self.toll.left += len(left)
        self.toll.beyond += max(0, len(left) - were_open)
        self.toll.met[_ANSWERED] += sum(who in self._sink.answered for who in left.values())


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


@contextmanager
def a_store(kind: Kind, folder: Path, server: services.Postgres | None) -> Iterator[Store]:
    if kind.engine == "sqlite":
        yield Store(f"sqlite:///{folder}/store.db")
        return
    assert server
    with server.database() as url:
        yield Store(url, server)


def main(runs: int = RUNS, readers: int = READERS, first: int = 0) -> bool:
    """Whether nothing was lost, and nothing doubled but what was in doubt."""
    ended: dict[Kind, list[Outcome]] = {kind: [] for kind in KINDS}
    # Whoever has seen enough gets the tables of what ran.
    with (
        services.postgres(*services.KEEPS_WHAT_IS_COMMITTED) as server,
        suppress(KeyboardInterrupt),
    ):
        for number in range(first, first + runs):
            kind = KINDS[number % len(KINDS)]
            with TemporaryDirectory(prefix="fieldfare-") as name:
                folder = Path(name)
                with a_store(kind, folder, server) as store:
                    outcome = run(store, folder, kind, seed=number, readers=readers)
            ended[kind].append(outcome)
            for problem in outcome.problems:
                print(f"run {number} ({kind}, {kind.nodes} nodes): {problem}", flush=True)
    for line in tables(ended):
        print(line)
    return not any(outcome.problems for some in ended.values() for outcome in some)


#: The columns of the table, and what they count.
_COLUMNS = {
    "kills": "kills",
    "mails": "mails",
    "lost": "lost",
    "twice": "twice",
    "of other bytes": "altered",
    "thrice": "thrice",
    "held": "held",
    "in doubt": "in_doubt",
    "silences": "silences",
    "open": "open",
}


def tables(ended: Mapping[Kind, Sequence[Outcome]]) -> Iterator[str]:
    """What became of the runs by their kind, and what the kills met, as Markdown."""
    yield f"| store | nodes | runs | {' | '.join(_COLUMNS)} |"
    yield "|---" * (3 + len(_COLUMNS)) + "|"
    for kind, some in ended.items():
        sums = [sum(getattr(each, name) for each in some) for name in _COLUMNS.values()]
        counts = " | ".join(f"{count:,}" for count in sums)
        yield f"| {kind} | {kind.nodes} | {len(some)} | {counts} |"
    yield ""
    met = Counter[str]()
    for outcome in (each for some in ended.values() for each in some):
        met.update(outcome.met)
    yield f"| a process killed while it | {' | '.join(met)} |"
    yield "|---" * (1 + len(met)) + "|"
    yield "| so often | " + " | ".join(f"{count:,}" for count in met.values()) + " |"


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
