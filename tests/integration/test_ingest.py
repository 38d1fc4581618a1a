"""From a folder to the store: every document gets a verdict, and an item its revisions."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from feeds.draft import Document, Habits, Parsed, Refused
from feeds.ingest import worker
from feeds.parse import understand
from feeds.storage.database import Database
from feeds.storage.tables import item_keys, originals, revisions, touched
from feeds.taxonomy import Taxonomy
from tests.folder_ingest import NOW, FolderIngest, a_page, counts

ROOT = Path(__file__).parents[2]
OTHER = "Another text has taken the place of this one: the seminar was held in Warsaw in autumn."


@pytest.fixture
def intake(database: Database, tmp_path: Path, osce: Taxonomy) -> FolderIngest:
    folder = tmp_path / "documents"
    folder.mkdir()
    return FolderIngest(database, folder, osce)


# -- Added, revised, unchanged ---------------------------------------------------------------------


def test_the_seeds_become_two_items(intake: FolderIngest) -> None:
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        intake.write(path.name, path.read_bytes())
    report = intake.ingest()
    assert counts(report) == (2, 0, 0, 0, 0)
    assert [item.title for item in report.items] == [item.title for item in intake.items()]
    assert [item.number for item in intake.items()] == [1, 2]
    assert {item.issued_on for item in intake.items()} == {None}
    assert report.unknown_topics == ()


def test_ingesting_again_changes_nothing(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.write("bad.txt", b"")
    intake.ingest()
    before = intake.everything()
    report = intake.ingest(now=NOW + timedelta(days=1))
    assert counts(report) == (0, 0, 1, 1, 0)
    assert intake.everything() == before


def test_a_touched_file_is_unchanged(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.ingest()
    os.utime(intake.folder / "a.txt", (1, 1))
    before = intake.item()
    assert counts(intake.ingest()) == (0, 0, 1, 0, 0)
    assert intake.item() == before


def test_a_revised_item_keeps_its_identity(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    (added,) = intake.ingest().items
    before = intake.item()
    intake.write("a.txt", a_page(body="The course lasted six days."))
    later = NOW + timedelta(hours=1)
    report = intake.ingest(now=later)
    after = intake.item()
    assert counts(report) == (0, 1, 0, 0, 0)
    assert (report.items[0].uid, report.items[0].slug) == (added.uid, added.slug)
    assert (after.number, after.uid, after.slug) == (before.number, before.uid, before.slug)
    assert (after.change, after.revision, after.first_seen_at) == (2, 2, NOW)
    assert after.updated_at.replace(microsecond=0) == later


def test_a_change_nobody_reads_is_no_update(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.ingest()
    before = intake.item()
    intake.write("a.txt", a_page(fields="Policing, Human rights"))
    assert intake.ingest(now=NOW + timedelta(hours=1)).revised == 1
    after = intake.item()
    assert (after.change, after.revision, after.updated_at) == (2, 2, before.updated_at)
    with intake.database.reading() as connection:
        assert connection.scalars(select(revisions.c.significant)).all() == [True, False]


def test_revising_touches_the_feeds_an_item_leaves_and_enters(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page(fields="Policing"))
    intake.ingest()
    intake.write("a.txt", a_page(fields="Youth"))
    intake.ingest()
    with intake.database.reading() as connection:
        rows = connection.execute(select(touched).where(touched.c.change == 2))
        feeds = {f"{row.kind}:{row.slug}" for row in rows}
    assert {"all:", "field:policing", "field:youth", "issuer:secretariat"} <= feeds


def test_a_copy_is_no_second_item(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.ingest()
    intake.write("b.txt", a_page())
    assert counts(intake.ingest()) == (0, 0, 2, 0, 0)
    assert intake.item().revision == 1


def test_a_copy_that_is_edited_leaves_the_original_alone(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.write("b.txt", a_page())
    intake.ingest()
    intake.write("b.txt", a_page(body=OTHER))
    assert counts(intake.ingest()) == (1, 0, 1, 0, 0)
    original, copy = intake.items()
    assert OTHER not in original.body
    assert original.revision == 1
    assert OTHER in copy.body


def test_a_copy_in_the_same_batch_brings_a_name(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.write("b.txt", a_page())
    assert counts(intake.ingest()) == (1, 0, 1, 0, 0)
    with intake.database.reading() as connection:
        assert set(connection.scalars(select(item_keys.c.key))) == {"a.txt", "b.txt"}


def test_what_stands_behind_the_dot_tells_documents_apart(intake: FolderIngest) -> None:
    """A name may end in a number or a version: none of these is a revision of another."""
    for number, name in enumerate(("daily.001", "daily.002", "daily.v2", "daily")):
        intake.write(name, a_page(title=f"Report {number}"))
    assert counts(intake.ingest(source=intake.source(pattern="*"))) == (4, 0, 0, 0, 0)


def test_an_item_outlives_its_file(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.ingest()
    before = intake.everything()
    (intake.folder / "a.txt").unlink()
    assert counts(intake.ingest()) == (0, 0, 0, 0, 0)
    assert intake.everything() == before


def test_what_fills_the_archive_is_no_news(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.ingest(backfill=True)
    assert intake.item().freshness == "archive"


def test_a_name_nobody_knows_is_kept_and_reported(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page(fields="Policing, Space policy"))
    intake.write("b.txt", a_page("Another", fields="Space policy"))
    report = intake.ingest()
    assert report.added == 2
    assert [label.text for label in report.unknown_topics] == ["Space policy"]


# -- Quarantine ------------------------------------------------------------------------------------


def test_bad_documents_stop_nothing_and_say_why(intake: FolderIngest) -> None:
    seed = next((ROOT / "seeds").glob("*.txt")).read_text()
    intake.write("binary.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    intake.write("empty.txt", b"")
    intake.write("huge.txt", b"x" * 10_001)
    intake.write("menu.txt", seed.partition("News Item")[0])
    intake.write("zebra.txt", a_page())
    (intake.folder / "link.txt").symlink_to("/etc/hostname")
    os.mkfifo(intake.folder / "pipe.txt")
    report = intake.ingest()
    assert counts(report) == (1, 0, 0, 6, 0)
    assert {bad.document: bad.reason.partition(" (")[0] for bad in report.quarantine} == {
        "binary.txt": "the document is not text in a known encoding",
        "empty.txt": "the document is empty",
        "huge.txt": "the document is too large",
        "link.txt": "the document could not be read",
        "menu.txt": "the page holds a navigation menu and no article",
        "pipe.txt": "the document could not be read",
    }
    with intake.database.reading() as connection:
        kept = connection.scalars(select(originals.c.size)).all()
    assert len(kept) == 4  # all but the huge one and what could not be read


def test_a_document_that_becomes_good_leaves_quarantine(intake: FolderIngest) -> None:
    intake.write("a.txt", b"")
    assert intake.ingest().quarantined == 1
    intake.write("a.txt", a_page())
    assert counts(intake.ingest()) == (1, 0, 0, 0, 0)
    assert intake.refused() == []


def test_what_was_in_quarantine_before_is_no_news(intake: FolderIngest) -> None:
    intake.write("a.txt", b"")
    assert [held.is_new for held in intake.ingest().quarantine] == [True]
    intake.write("b.txt", b"")
    assert [held.is_new for held in intake.ingest().quarantine] == [False, True]


def test_a_document_that_is_gone_leaves_quarantine(intake: FolderIngest) -> None:
    intake.write("a.txt", b"")
    intake.ingest()
    (intake.folder / "a.txt").unlink()
    assert intake.ingest(dry_run=True).quarantined == 0
    assert intake.refused() == ["a.txt"]
    intake.ingest()
    assert intake.refused() == []


def test_an_item_stays_as_it_was_while_its_document_is_bad(intake: FolderIngest) -> None:
    intake.write("a.txt", a_page())
    intake.ingest()
    before = intake.item()
    intake.write("a.txt", b"")
    assert counts(intake.ingest()) == (0, 0, 0, 1, 0)
    assert intake.item() == before
    intake.write("a.txt", a_page())
    assert counts(intake.ingest()) == (0, 0, 1, 0, 0)


def test_a_fault_of_the_parser_is_the_fault_of_one_document(
    intake: FolderIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_once(document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | Refused:
        if document.name == "a.txt":
            raise RecursionError("too deep")
        return understand(document, taxonomy, habits)

    monkeypatch.setattr(worker, "understand", fail_once)
    intake.write("a.txt", a_page("A"))
    intake.write("b.txt", a_page("B"))
    report = intake.ingest()
    assert counts(report) == (1, 0, 0, 1, 0)
    assert "RecursionError('too deep')" in report.quarantine[0].reason


@pytest.mark.parametrize(
    "title",
    ["nul \0 nul", "bell \a \x1b[31m", "\ufeff\u202etfel", "\U0010ffff \ufffe", "x" * 9_000],
)
def test_no_character_stops_an_ingest(intake: FolderIngest, title: str) -> None:
    intake.write("a.txt", a_page(title, summary="s").encode())
    intake.write("b.txt", a_page().encode("utf-8") + b"\xed\xa0\x80")
    intake.write("c.txt", a_page("C"))
    report = intake.ingest()
    assert report.added + report.quarantined == 3
    assert report.items[-1].title == "C"


def test_files_of_a_feed_that_are_nowhere_are_told(intake: FolderIngest) -> None:
    body = (
        "<rss version='2.0'><channel><title>A</title><item><title>One</title>"
        "<description>It is said.</description><enclosure url='/x.mp3'/></item></channel></rss>"
    )
    intake.write("feed.txt", body)
    (told,) = intake.ingest().dropped
    assert (told.entries, told.files) == (0, 1)
    assert told.document.endswith("feed.txt")
