"""The schema is what the migrations make of it, on both engines, from nothing to the newest."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import notifier.storage.tables  # the notifier's tables are of the same schema
from feeds.errors import StoreError
from feeds.identity.decide import Role
from feeds.identity.ids import item_slug
from feeds.identity.likeness import title_key
from feeds.storage import schema
from feeds.storage.database import Database
from feeds.storage.recall import Wanted, recall
from feeds.storage.tables import metadata

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_OLD_ITEM = """
INSERT INTO items (number, change, uid, slug, source, title, summary, body, language, freshness,
    content_hash, revision, first_seen_at, updated_at)
VALUES (7, 7, 'tag:x', 'slug', 'own', 'Police officers trained', '', 'One.', 'en', 'news',
    '1:x', 1, '2026-11-20 12:00:00.000000', '2026-11-20 12:00:00.000000')
"""


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    with closing(Database.open(empty_database_url)) as database:
        yield database


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names())


def test_migrations_make_the_schema_that_the_tables_describe(empty: Database) -> None:
    empty.migrate()
    with empty.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert notifier.storage.tables.deliveries.name in tables(empty)


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
    def upgrade(connection: Connection) -> None:
        migrate(connection)
        raise StoreError("the power is gone")

    migrate = schema.upgrade
    monkeypatch.setattr(schema, "upgrade", upgrade)
    with pytest.raises(StoreError, match="the power is gone"):
        empty.migrate()
    assert tables(empty) == set()


def test_items_stored_before_are_found_by_all_that_finds_new_ones(empty: Database) -> None:
    slug = item_slug("own", "/12345")
    with empty.writing() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(schema.SCRIPTS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0002_notifier")
        connection.execute(text(_OLD_ITEM))
        connection.execute(text("INSERT INTO item_keys VALUES ('own', 'a.txt', 7)"))
        connection.execute(text("INSERT INTO item_keys VALUES ('own', '/12345', 7)"))
        connection.execute(text("UPDATE items SET slug = :slug"), {"slug": slug})
    empty.migrate()
    title = title_key("Police officers trained")
    assert title is not None
    like = Wanted(keys=(), names=(), hashes=(), titles={title: {None}}, openings={})
    with empty.reading() as connection:
        found = recall(connection, "own", like, NOW)
        links = recall(connection, "own", replace(like, keys={"a.txt", "/12345"}), NOW).links
    (item,) = found.items
    assert (item.slug, item.group, item.is_withdrawn) == (slug, slug, False)
    # Whatever else led to an item was a copy, which never revises it.
    assert {key: link.role for key, link in links.items()} == {
        "a.txt": Role.TWIN,
        "/12345": Role.OWN,
    }
    assert {key: link.document for key, link in links.items()} == {"a.txt": "a.txt", "/12345": ""}


def test_migrating_is_quiet(empty: Database, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        empty.migrate()
    assert not [record for record in caplog.records if record.name.startswith("alembic")]


def test_a_newer_schema_is_refused_with_what_to_do(database: Database, database_url: str) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    with pytest.raises(StoreError, match=r"9999_future.*install that version"):
        Database.open(database_url)


def test_revisions_are_named_like_their_files() -> None:
    scripts = ScriptDirectory(str(schema.SCRIPTS))
    known = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(known)) == schema.REVISIONS
    assert scripts.get_current_head() == schema.REVISIONS[-1]
