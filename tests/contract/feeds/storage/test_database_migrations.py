"""The schema is what the migrations make of it, on both engines, from nothing to the newest."""

import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from subprocess import run

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, text

from feeds.errors import StoreError
from feeds.storage import database as store
from feeds.storage import tables as of_feeds
from feeds.storage.database import Database
from notifier.storage import VERSIONS
from notifier.storage import tables as of_notifier

# Each room has tables of its own, described in one place once they are known.
import_module("feeds.storage.websub.tables")
import_module("notifier.storage.hooks.tables")
import_module("notifier.storage.team.tables")

BRANCHES = {"feeds": store.VERSIONS, "notifier": VERSIONS}


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    with closing(Database.open(empty_database_url, VERSIONS)) as database:
        yield database


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names())


#: FTS5's table with those it keeps itself in, which are described by how they are made alone.
FULL_TEXT = {
    "searchable_terms",
    *(f"searchable_terms_{part}" for part in ("config", "data", "idx")),
}


def is_comparable(_: object, name: str | None, kind: str, is_found: bool, __: object) -> bool:
    """Whether a description can say that it is there: what one engine alone has is compared as it
    is made.
    """
    if kind == "index":
        return name != "ix_searchable_terms"
    return not (is_found and kind == "table" and name in FULL_TEXT)


def differences(database: Database, *described: MetaData) -> object:
    """What the store has that the tables do not describe, and the reverse."""
    with database.reading() as connection:
        options = {"include_object": is_comparable}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, described)  # type: ignore[arg-type]


def full_text(database: Database) -> object:
    """How the engine's own tables and indexes of full texts are made."""
    is_sqlite = database.is_embedded
    of_sqlite = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'searchable_terms%' ORDER BY 1"
    others = "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = 'ix_searchable_terms'"
    with database.reading() as connection:
        return connection.execute(text(of_sqlite if is_sqlite else others)).all()


def test_migrations_make_the_schema_that_the_tables_describe(empty: Database) -> None:
    empty.migrate()
    assert differences(empty, of_feeds.metadata, of_notifier.metadata) == []
    assert {"items", "deliveries"} <= tables(empty)


def test_migrations_make_the_full_text_index_that_the_tables_describe(empty: Database) -> None:
    empty.migrate()
    migrated = full_text(empty)
    assert migrated
    with empty.writing() as connection:
        connection.execute(text("DROP TABLE IF EXISTS searchable_terms"))
        of_feeds.searchable.drop(connection)
        of_feeds.searchable.create(connection)
    assert full_text(empty) == migrated


def test_feeds_stand_alone_and_others_may_move_in_later(empty_database_url: str) -> None:
    """The tables of the feeds are a branch of their own, that of the notifier comes beside it."""
    with closing(Database.open(empty_database_url)) as alone:
        assert alone.is_new
        alone.migrate()
        assert alone.is_current()
        assert differences(alone, of_feeds.metadata) == []
    with closing(Database.open(empty_database_url, VERSIONS)) as both:
        assert not both.is_new
        assert not both.is_current()
        both.migrate()
        assert both.is_current()
        assert differences(both, of_feeds.metadata, of_notifier.metadata) == []


def test_migrating_again_changes_nothing(empty: Database) -> None:
    assert not empty.is_current()
    empty.migrate()
    assert empty.is_current()
    empty.migrate()
    assert empty.is_current()


def test_two_who_migrate_at_once_both_find_it_done(empty: Database) -> None:
    with ThreadPoolExecutor() as threads:
        for migrated in [threads.submit(empty.migrate) for _ in range(2)]:
            migrated.result()
    assert empty.is_current()


def test_a_migration_that_fails_leaves_nothing(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upgrade(database: Database, connection: Connection) -> None:
        migrate(database, connection)
        raise StoreError("the power is gone")

    migrate = Database.bring_to
    monkeypatch.setattr(Database, "bring_to", upgrade)
    with pytest.raises(StoreError, match="the power is gone"):
        empty.migrate()
    assert tables(empty) == set()


def test_migrating_is_quiet(empty: Database, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        empty.migrate()
    assert not [record for record in caplog.records if record.name.startswith("alembic")]


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_newer_schema_is_refused_with_what_to_do(
    database: Database, database_url: str, branch: str
) -> None:
    with database.writing() as connection:
        newer = "UPDATE alembic_version SET version_num = :to WHERE version_num LIKE :branch"
        connection.execute(text(newer), {"to": f"{branch}_9999", "branch": f"{branch}_%"})
    with pytest.raises(StoreError, match=rf"{branch}_9999.*install that version"):
        Database.open(database_url, VERSIONS)


@pytest.mark.parametrize("branch", BRANCHES)
def test_revisions_are_named_like_their_files_and_numbered_in_their_order(branch: str) -> None:
    folder = BRANCHES[branch]
    scripts = ScriptDirectory(str(store.VERSIONS.parent), version_locations=[str(folder)])
    known = [script.revision for script in scripts.walk_revisions()]
    assert list(reversed(known)) == sorted(path.stem for path in folder.glob("*.py"))
    assert scripts.get_revision(f"{branch}@head").revision == known[0]
    # Else Alembic would forget that the branch it depends on is there.
    assert not any(script.dependencies for script in scripts.walk_revisions())


def test_opening_a_store_loads_no_alembic(database_url: str) -> None:
    program = (
        "import sys; from feeds.storage.database import Database; from notifier.storage import"
        " VERSIONS; database = Database.open(sys.argv[1], VERSIONS); assert database.is_current();"
        " assert not database.is_new; print(*sys.modules)"
    )
    done = run(
        [sys.executable, "-c", program, database_url], check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "alembic" not in loaded
    assert ("psycopg" in loaded) is database_url.startswith("postgresql")
