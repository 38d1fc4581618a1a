"""Documents and their bytes as rows, the same on both engines."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha512
from typing import Any

from sqlalchemy import Table, select

from feeds.draft import Reason, Refused
from feeds.identity.ids import bounded
from feeds.storage import documents
from feeds.storage.database import Database
from feeds.storage.documents import Sighting, digest_of
from feeds.storage.tables import originals

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORIGINAL = "Fieldfare — ".encode() * 100
DIGEST = digest_of(ORIGINAL)


def rows(database: Database, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        chosen = [table.c[name] for name in columns]
        return [tuple(row) for row in connection.execute(select(*chosen).order_by(*chosen))]


def a_sighting(name: str = "a.txt", refused: Refused | None = None, **changes: Any) -> Sighting:
    sighting = Sighting(
        source="own", name=name, signature="1:2:3", digest=None, seen_at=NOW, refused=refused
    )
    return replace(sighting, **changes)


def recorded(database: Database, *sightings: Sighting) -> None:
    with database.writing() as connection:
        documents.record(connection, sightings)


def test_originals_are_kept_once_and_packed(database: Database) -> None:
    for _ in range(2):
        with database.writing() as connection:
            documents.keep(connection, {DIGEST: ORIGINAL})
    with database.reading() as connection:
        assert documents.original(connection, DIGEST) == ORIGINAL
        assert documents.original(connection, "another") is None
        assert len(connection.scalars(select(originals.c.body)).one()) < len(ORIGINAL) / 10
    assert rows(database, originals, "digest", "size") == [(DIGEST, 1_400)]


def test_signatures_are_of_what_would_be_read_the_same(database: Database) -> None:
    refused = Refused(reason=Reason.EMPTY)
    held = a_sighting("b.txt", refused, recipe="now")
    older = a_sighting("c.txt", refused, recipe="before")
    unreadable = a_sighting("d.txt", refused, signature="", recipe="now")
    good = a_sighting(recipe="before")
    recorded(database, good, held, older, unreadable, a_sighting(source="other"))
    with database.reading() as connection:
        signatures = documents.signatures(connection, "own", "now")
        assert signatures == {"a.txt": "1:2:3", "b.txt": "1:2:3"}
        assert documents.refusals(connection, "own") == (held, older, unreadable)
        assert documents.refusals(connection, "own", older.name) == (older,)
        assert documents.refusals(connection, most=2) == (held, older)
        assert documents.refusals(connection, most=2, after=("own", "b.txt")) == (older, unreadable)
        assert documents.refusals(connection, after=("own", "d.txt")) == ()


def test_what_a_person_vouched_for_is_read_again_and_stays_vouched_for(
    database: Database,
) -> None:
    recorded(database, a_sighting(refused=Refused(reason=Reason.NOT_NEWS), recipe="now"))
    with database.writing() as connection:
        assert documents.promote(connection, "own", "a.txt")
        assert not documents.promote(connection, "own", "b.txt")
    with database.reading() as connection:
        assert documents.signatures(connection, "own", "now") == {}
    recorded(database, a_sighting())
    with database.reading() as connection:
        assert documents.promoted(connection, "own") == {"a.txt"}


def test_a_document_leaves_quarantine_when_it_becomes_good(database: Database) -> None:
    recorded(database, a_sighting(refused=Refused(reason=Reason.BINARY, evidence="PNG")))
    recorded(database, a_sighting(signature="4:5:6"))
    with database.reading() as connection:
        assert documents.refusals(connection, "own") == ()
        assert documents.signatures(connection, "own", "") == {"a.txt": "4:5:6"}


def test_what_is_forgotten_is_of_one_source(database: Database) -> None:
    recorded(database, a_sighting(), a_sighting("b.txt"), a_sighting(source="other"))
    with database.writing() as connection:
        documents.forget(connection, "own", ["a.txt", "missing.txt"])
    with database.reading() as connection:
        assert set(documents.signatures(connection, "own", "")) == {"b.txt"}
        assert set(documents.signatures(connection, "other", "")) == {"a.txt"}


def test_nothing_to_write_is_nothing_written(database: Database) -> None:
    with database.writing() as connection:
        documents.keep(connection, {})
        documents.record(connection, [])
        documents.forget(connection, "own", [])
    assert rows(database, originals, "digest") == []


def test_a_document_with_the_longest_path_is_recorded(database: Database) -> None:
    """PostgreSQL takes 2,704 bytes in an index row, packed; a path may have 4,096."""
    path = "".join(sha512(bytes([part])).hexdigest() for part in range(32))
    name = bounded(path)
    recorded(database, a_sighting(name))
    with database.reading() as connection:
        assert documents.signatures(connection, "own", "") == {name: "1:2:3"}
