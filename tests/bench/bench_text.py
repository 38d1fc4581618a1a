"""How fast text documents are understood on one core, and how much memory a long run takes.

Run it with ``python -m tests.bench.bench_text [DOCUMENTS]``. The documents are those of the
labelled corpus, understood again and again; the peer decodes and splits the same bytes into lines,
which whoever reads them does at least. Memory is that of two whole ingests, a process each.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feeds.draft import Document
from feeds.ingest.pipeline import ingest
from feeds.parse import understand
from feeds.sources import Fetched, Seen
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.bench.bench_ingest import terms

ROOT = Path(__file__).parents[2]
#: What is asked for: documents a second on one core.
LIMIT = 3_000
ROUNDS = 40
FEW, MANY = 1_000, 100_000
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Endless:
    """A source of ``count`` documents of form A, no two alike, none kept."""

    count_: int
    name: str = "bench"
    is_whole: bool = False

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:
        seed = (ROOT / "seeds" / "004_010ca814a890adf4.txt").read_text("utf-8")
        for number in range(self.count_):
            body = seed.replace("cybercrime", f"crime {number}").replace("guide", f"guide {number}")
            name = f"{number:06}.txt"
            document = Document(source=self.name, name=name, body=body.encode())
            yield Fetched(document=document, signature=str(number))

    @property
    def expected(self) -> int:
        return self.count_


def taxonomy() -> Taxonomy:
    return Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))


def documents() -> list[Document]:
    """The text documents of the corpus and the seeds."""
    files = [*(ROOT / "seeds").glob("*.txt"), *(ROOT / "tests/corpus").glob("*/*.txt")]
    return [
        Document(source="bench", name=file.name, body=file.read_bytes()) for file in sorted(files)
    ]


def rate(work: list[Document], reader: object) -> float:
    """Documents a second."""
    assert callable(reader)
    started = time.perf_counter()
    for _ in range(ROUNDS):
        for document in work:
            reader(document)
    return ROUNDS * len(work) / (time.perf_counter() - started)


def peak_of(count: int) -> None:
    """Prints the peak memory of an ingest of so many documents, and its speed."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as folder:
        database = Database.open(f"sqlite:///{folder}/store.db")
        with closing(database):
            database.migrate()
            started = time.perf_counter()
            report = ingest(database, Endless(count), terms(taxonomy(), NOW))
            seconds = time.perf_counter() - started
    assert report.added == count, report
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, count / seconds)


def measured(count: int) -> tuple[float, float]:
    """Peak megabytes and documents a second of an ingest in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bench_text", "peak", str(count)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    peak, speed = map(float, said.split())
    return peak / 1e6, speed


def main(many: int = MANY) -> None:
    known = taxonomy()
    work = documents()
    reading = rate(work, lambda document: document.body.decode("utf-8", "replace").split("\n"))
    understanding = rate(work, lambda document: understand(document, known))
    print(f"understanding {len(work)} text documents of the corpus, {ROUNDS} times, on one core")
    print(
        f"  understood{understanding:>14,.0f}/s{understanding / LIMIT:>7.1f} x the {LIMIT:,}/s"
        f" asked for{reading / understanding:>7.0f} x the time of reading their lines"
    )
    (small, _), (large, speed) = measured(FEW), measured(many)
    print(f"memory of an ingest, at its peak: {FEW:,} documents {small:,.0f} MB,")
    print(f"  {many:,} documents {large:,.0f} MB, {large / small:.2f} x")
    print(f"  {speed:,.0f} documents a second stored meanwhile")


if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        peak_of(int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
