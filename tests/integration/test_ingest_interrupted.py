"""Ingest interrupted, rehearsed, cut in pieces: what is stored in the end is the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from feeds.errors import StoreBusy
from feeds.ingest import pipeline
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.folder_ingest import FolderIngest, a_page, counts

ROOT = Path(__file__).parents[2]


@pytest.fixture
def intake(database: Database, tmp_path: Path, osce: Taxonomy) -> FolderIngest:
    folder = tmp_path / "documents"
    folder.mkdir()
    return FolderIngest(database, folder, osce)


def fill(folder: Path) -> None:
    """Twelve documents: new ones, a copy, an empty one, and two of one key."""
    for number in range(9):
        (folder / f"{number}.txt").write_text(a_page(f"Item {number}"))
    (folder / "copy of 0.txt").write_text(a_page("Item 0"))
    (folder / "empty.txt").write_text("")
    (folder / "z.txt").write_text(a_page("Item 8"))


@pytest.mark.parametrize("batch", [1, 5, 500])
def test_a_dry_run_reports_the_same_and_writes_nothing(intake: FolderIngest, batch: int) -> None:
    fill(intake.folder)
    before = intake.everything()
    dry = intake.ingest(batch=batch, dry_run=True)
    assert intake.everything() == before
    assert intake.ingest(batch=batch) == dry
    assert counts(dry) == (9, 0, 2, 1, 0)


@pytest.mark.parametrize("limit", ["documents", "bytes"])
def test_the_size_of_batches_changes_nothing(
    intake: FolderIngest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    fill(intake.folder)
    if limit == "bytes":
        monkeypatch.setattr(pipeline, "_BATCH_BYTES", 500)
    batches: list[int] = []
    intake.ingest(
        batch=2 if limit == "documents" else 500, progress=lambda done, _: batches.append(done)
    )
    assert len(batches) > 3
    monkeypatch.undo()
    with undisturbed(intake, tmp_path) as expected:
        assert intake.everything() == expected


def test_progress_tells_how_many_are_done_of_how_many(intake: FolderIngest) -> None:
    fill(intake.folder)
    heard: list[tuple[int, int | None]] = []
    intake.ingest(batch=5, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(5, 12), (10, 12), (12, 12)]


def test_stopping_ends_after_the_document_in_hand(intake: FolderIngest, tmp_path: Path) -> None:
    fill(intake.folder)
    stopping = Event()
    stopping.set()
    assert counts(intake.ingest(batch=5, stopping=stopping))[0] == 1
    assert len(intake.items()) == 1
    stopping.clear()
    intake.ingest(batch=5, stopping=stopping)
    with undisturbed(intake, tmp_path) as expected:
        assert intake.everything() == expected


def test_what_a_slow_source_showed_is_stored_meanwhile(
    intake: FolderIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_BATCH_SECONDS", 0)
    fill(intake.folder)
    heard: list[int] = []
    intake.ingest(progress=lambda done, _: heard.append(done))
    assert heard == list(range(1, 13))


def test_stopping_forgets_nothing_that_was_not_looked_at(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.write("bad.txt", b"")
    intake.ingest()
    stopping = Event()
    stopping.set()
    intake.ingest(batch=1, stopping=stopping)
    assert intake.refused() == ["bad.txt"]


CRASH = """
import os, signal, sys
from pathlib import Path
from feeds.ingest import pipeline
from feeds.storage import documents
from feeds.storage.database import Database
from notifier.storage import VERSIONS
from feeds.taxonomy import Taxonomy
from tests.folder_ingest import FolderIngest

url, folder, when = sys.argv[1:]
record = documents.record
batches = []

def die(*_):
    batches.append(None)
    if len(batches) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

def record_or_die(connection, seen):
    die()
    record(connection, seen)

if when == "within":
    documents.record = record_or_die
taxonomy = Taxonomy.from_toml(Path("config/taxonomies/osce.toml").read_text())
intake = FolderIngest(Database.open(url, VERSIONS), Path(folder), taxonomy)
intake.ingest(batch=3, progress=die if when == "between" else None)
"""


@pytest.mark.parametrize("when", ["between", "within"])
def test_a_crash_loses_nothing_and_repeating_gives_the_same(
    intake: FolderIngest, database_url: str, tmp_path: Path, when: str
) -> None:
    """Killed after the second batch was stored, or while it was being stored."""
    fill(intake.folder)
    command = [sys.executable, "-c", CRASH, database_url, str(intake.folder), when]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert len(intake.items()) == {"between": 6, "within": 3}[when]
    intake.ingest()
    with undisturbed(intake, tmp_path) as expected:
        assert intake.everything() == expected


def test_only_one_ingests_a_source_at_a_time(
    intake: FolderIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_PATIENCE_SECONDS", 0)
    intake.write("a.txt", a_page())
    with intake.database.exclusive("ingest-own"):
        with pytest.raises(StoreBusy, match=f"pid {os.getpid()}"):
            intake.ingest()
        assert intake.ingest(dry_run=True).added == 1
    assert intake.ingest().added == 1


def test_a_half_written_file_waits_and_is_taken_when_it_is_whole(intake: FolderIngest) -> None:
    intake.write("a.txt", "News Item\nOfficers tr")
    written = (intake.folder / "a.txt").stat().st_mtime
    now = datetime.fromtimestamp(written + 1, UTC)
    source = intake.source(settle_seconds=2)
    assert counts(intake.ingest(source=source, now=now)) == (0, 0, 0, 0, 1)
    intake.write("a.txt", a_page())
    os.utime(intake.folder / "a.txt", (written, written))
    later = now + timedelta(seconds=2)
    assert counts(intake.ingest(source=source, now=later)) == (1, 0, 0, 0, 0)


@contextmanager
def undisturbed(intake: FolderIngest, folder: Path) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """What the store would hold if everything had been ingested at once."""
    with closing(Database.open(f"sqlite:///{folder}/undisturbed.db")) as database:
        database.migrate()
        other = FolderIngest(database, intake.folder, intake.taxonomy)
        other.ingest()
        yield other.everything()
