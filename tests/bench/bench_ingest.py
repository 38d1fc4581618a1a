"""How fast a folder of form A documents becomes stored items, beside the least it could cost.

Run it with ``python -m tests.bench.bench_ingest [DOCUMENTS]``. The peer stores the same bytes and
their SHA-256 in one table by a plain `executemany`: whoever keeps originals does at least that.
"""

import hashlib
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from feeds.identity.ids import Identity
from feeds.ingest import Reader, Terms
from feeds.ingest.pipeline import ingest
from feeds.ingest.report import IngestReport
from feeds.ingest.workers import Workers
from feeds.sources.folder import FolderSource
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]
DOCUMENTS = 10_000
BATCH = 500

#: What is asked for, in documents a second.
FIRST_LIMIT = 1_000
AGAIN_LIMIT = 5_000

IDENTITY = Identity("example.org", date(2026, 1, 1))


def write_documents(folder: Path, count: int) -> None:
    """``count`` documents of the seed's form and size, no two of which say the same."""
    seed = next(iter(sorted((ROOT / "seeds").glob("*.txt")))).read_text("utf-8")
    for number in range(count):
        text = seed.replace("cybercrime", f"crime {number}").replace("guide", f"guide {number}")
        (folder / f"{number:06}.txt").write_text(text, "utf-8")


def bodies(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(folder.iterdir()))


def stored_by_peer(folder: Path, path: Path) -> int:
    """The same files, read, hashed and stored in one table, ``BATCH`` a transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE originals (digest TEXT PRIMARY KEY, body BLOB NOT NULL)")
        rows = ((hashlib.sha256(body).hexdigest(), body) for body in bodies(folder))
        while batch := [row for row, _ in zip(rows, range(BATCH), strict=False)]:
            connection.execute("BEGIN")
            connection.executemany("INSERT OR IGNORE INTO originals VALUES (?, ?)", batch)
            connection.execute("COMMIT")
        return int(connection.execute("SELECT count(*) FROM originals").fetchone()[0])


def terms(taxonomy: Taxonomy, now: datetime, reader: Reader | None = None) -> Terms:
    return Terms(
        source="bench",
        taxonomy=taxonomy,
        identity=IDENTITY,
        now=now,
        zone=UTC,
        batch=BATCH,
        archive_after_days=7,
        reader=reader,
    )


def ingested(database: Database, folder: Path, reader: Reader) -> IngestReport:
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    source = FolderSource(
        name="bench", root=folder, pattern="*.txt", max_bytes=2_000_000, settle_seconds=0
    )
    return ingest(database, source, terms(taxonomy, datetime.now(UTC), reader))


def rate(count: int, started: float) -> float:
    return count / (time.perf_counter() - started)


def line(what: str, per_second: float, limit: float, peer: float) -> str:
    return (
        f"{what:<22}{per_second:>10,.0f}/s{per_second / limit:>9.1f} x the {limit:,.0f}/s asked for"
        f"{per_second / peer:>9.2f} x the peer"
    )


def main(count: int = DOCUMENTS) -> None:
    with TemporaryDirectory(prefix="fieldfare-bench-") as name:
        folder = Path(name) / "documents"
        folder.mkdir()
        write_documents(folder, count)

        started = time.perf_counter()
        stored_by_peer(folder, Path(name) / "peer.db")
        peer = rate(count, started)

        with (
            closing(Database.open(f"sqlite:///{name}/store.db")) as database,
            closing(Workers()) as reader,
        ):
            database.migrate()
            before = peak_bytes()
            started = time.perf_counter()
            report = ingested(database, folder, reader)
            first = rate(count, started)
            grown = peak_bytes() - before
            started = time.perf_counter()
            again = ingested(database, folder, reader)
            second = rate(count, started)

    if (report.added, again.unchanged) != (count, count):
        raise SystemExit(f"{count} documents: {report.added} added, {again.unchanged} unchanged")
    print(f"ingest of {count:,} documents of form A, stored in SQLite (peer: {peer:,.0f}/s)")
    print(line("  the first time", first, FIRST_LIMIT, peer))
    print(line("  unchanged", second, AGAIN_LIMIT, peer))
    print(f"  peak memory grew by {grown / 1e6:,.0f} MB ({grown / count:,.0f} bytes a document)")


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
