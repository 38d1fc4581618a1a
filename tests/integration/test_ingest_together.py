"""Several sources looked at in one go: what is told of them together."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import pytest

from feeds.errors import SourceError
from feeds.identity.ids import Identity
from feeds.ingest import Terms, pipeline
from feeds.ingest.poll import poll
from feeds.ingest.report import IngestReport
from feeds.model import Progress
from feeds.parse import understand
from feeds.sources import CrawlScope, Source
from feeds.sources.ask import Asking
from feeds.sources.folder import FolderSource
from feeds.sources.website import WebSource
from feeds.standing import State
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.taxonomy import Taxonomy
from tests.folder_ingest import a_page
from tests.publisher.remembered import EVERY, fetching
from tests.publisher.server import publishing
from tests.publisher.site import Site

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def polled(
    database: Database,
    osce: Taxonomy,
    sources: Sequence[Source],
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    return poll(
        database,
        sources,
        lambda source: Terms(
            source=source,
            taxonomy=osce,
            identity=Identity("example.org", date(2026, 1, 1)),
            now=NOW,
            zone=UTC,
            batch=2,
            archive_after_days=7,
        ),
        dry_run=dry_run,
        progress=progress,
    )


def a_folder(root: Path, name: str, files: int) -> FolderSource:
    (root / name).mkdir()
    for number in range(files):
        (root / name / f"{number}.txt").write_text(a_page(f"Officers trained {name} {number}"))
    return FolderSource(
        name=name, root=root / name, pattern="*.txt", max_bytes=9_999, settle_seconds=0
    )


def test_the_progress_of_several_sources_is_told_as_sums(
    database: Database, osce: Taxonomy, tmp_path: Path
) -> None:
    """Among them one that is empty, and one that cannot be read."""
    sources = [a_folder(tmp_path, name, files) for name, files in (("a", 5), ("b", 3), ("c", 0))]
    missing = replace(sources[0], name="d", root=tmp_path / "d")
    heard: list[tuple[int, int | None]] = []
    report = polled(
        database,
        osce,
        [*sources, missing],
        progress=lambda done, total: heard.append((done, total)),
    )
    assert (report.added, len(report.problems)) == (8, 1)
    done = [done for done, _ in heard]
    assert done == sorted(done)
    assert heard[-1] == (8, 8)
    assert {total for _, total in heard} <= {None, 8}


def test_what_goes_wrong_in_the_middle_of_a_look_is_a_problem_in_its_report(
    database: Database, osce: Taxonomy
) -> None:
    site = Site(count=15)
    site.break_down("/news?page=2")
    with publishing(site) as publisher, fetching() as fetcher:
        source = WebSource(
            url=publisher.at("/news"),
            asking=Asking(
                source="news",
                fetcher=fetcher,
                originals=lambda _: None,
            ),
            understand=lambda document: understand(document, osce),
            scope=CrawlScope(listing_pages=2),
            every=EVERY,
        )
        report = polled(database, osce, [source])
    assert report.added == 10
    (problem,) = report.problems
    assert problem.startswith(str(SourceError("news", "http")))
    assert "page=2" in problem


def test_a_source_that_another_process_looks_at_is_a_problem_and_delays_no_other(
    database: Database, osce: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_PATIENCE_SECONDS", 0.0)
    sources = [a_folder(tmp_path, name, 2) for name in ("a", "b")]
    with database.exclusive("ingest-a"):
        report = polled(database, osce, sources)
        assert report.added == 2
        (problem,) = report.problems
        assert "already does ingest-a" in problem


def test_many_sources_at_once_do_not_keep_each_other_from_the_store(database: Database) -> None:
    """Each holds its lock, which is a session of the server, when it comes to read."""
    many = 20
    all_hold = Barrier(many, timeout=20)

    def look(number: int) -> bool:
        with database.exclusive(f"ingest-{number}"):
            all_hold.wait()
            return database.is_current()

    with ThreadPoolExecutor(many) as pool:
        assert all(pool.map(look, range(many)))


def test_a_folder_that_is_away_is_noted_as_such_until_it_is_back(
    database: Database, osce: Taxonomy, tmp_path: Path
) -> None:
    """Not by a rehearsal, and not for a path that somebody named once."""
    lasting = a_folder(tmp_path, "a", 1)
    sources = [lasting, replace(lasting, name="path:/a")]
    (tmp_path / "a").rename(tmp_path / "b")
    polled(database, osce, sources, dry_run=True)
    with database.reading() as connection:
        assert standings.every(connection) == {}
    polled(database, osce, sources)
    with database.reading() as connection:
        (noted,) = standings.every(connection).values()
    assert (noted.source, noted.state, noted.address) == ("a", State.FAILING, str(lasting.root))
    assert "No such file" in noted.problem
    (tmp_path / "b").rename(tmp_path / "a")
    polled(database, osce, sources)
    with database.reading() as connection:
        assert standings.every(connection)["a"].state is State.OK
