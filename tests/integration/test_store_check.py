"""A store that is sound says so; of each thing that is wrong it is told what, and what to do."""

from pathlib import Path

import pytest
from sqlalchemy import text

from feeds.errors import StoreError
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.app.keeping import store_check
from notifier.app.keeping.store_check import CheckReport
from tests.kept_safe import configured, damaged, filled

#: What somebody did by hand, and what is told of it.
BROKEN = {
    "UPDATE counters SET value = 1 WHERE name = 'items'": (
        "items.number is beyond the last number of items",
        2,
    ),
    "INSERT INTO counters VALUES ('searched', 99)": (
        "the cursor searched is beyond the last number of changes",
        1,
    ),
    "UPDATE items SET revision = 9 WHERE number = 1": ("items whose last revision is not kept", 1),
    "UPDATE items SET merged_into = 77 WHERE number = 2": (
        "items that were merged into one that is not there",
        1,
    ),
    "DELETE FROM item_topics WHERE item = 3": (
        "items that are filed nowhere, not even by their language",
        1,
    ),
    "UPDATE deliveries SET subscriber = 4711 WHERE id = 1": ("deliveries to nobody", 1),
    "UPDATE deliveries SET state = 'gone' WHERE id = 2": (
        "deliveries in a state that is none",
        1,
    ),
    "UPDATE coverage SET cursor = 99 WHERE subscriber = 1": (
        "coverage.cursor is beyond the last change",
        1,
    ),
    "UPDATE coverage SET cadence = NULL WHERE subscriber = 2": (
        "readers who follow something, and are due for no mail of it",
        1,
    ),
    "UPDATE subscribers SET address_key = 'other@example.org' WHERE id = 3": (
        "readers who are not found by their address",
        1,
    ),
    "UPDATE subscribers SET address = 'nobody' WHERE id = 4": (
        "readers who are not found by their address",
        2,
    ),
    "UPDATE selections SET query = 'colour=red'": (
        "selections that ask for nothing that there is",
        1,
    ),
}


def checked(folder: Path, url: str) -> CheckReport:
    return store_check.check(configured(folder, url))


def test_each_rule_that_does_not_hold_is_told(
    database: Database, database_url: str, few_topics: Taxonomy, tmp_path: Path
) -> None:
    filled(database, few_topics)
    sound = checked(tmp_path, database_url)
    assert sound.faults == ()
    assert sound.rows > 20
    with database.writing() as connection:
        for statement in BROKEN:
            connection.execute(text(statement))
    told = {fault.what: fault.count for fault in checked(tmp_path, database_url).faults}
    assert told.items() >= dict(BROKEN.values()).items()
    assert all(fault.remedy for fault in checked(tmp_path, database_url).faults)


def test_what_the_engine_lets_slip_is_told_before_any_rule(
    database: Database, database_url: str, few_topics: Taxonomy, tmp_path: Path, engine: str
) -> None:
    """References that lead nowhere, what is missing of the schema, ids that come again."""
    filled(database, few_topics)
    with database.engine.connect() as connection:
        if engine == "sqlite":
            connection.execute(text("UPDATE sqlite_sequence SET seq = 1"))
            connection.commit()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
        else:
            connection.execute(text("ALTER SEQUENCE deliveries_id_seq RESTART"))
            connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE item_topics SET item = 99 WHERE item = 3"))
        connection.execute(text("DROP INDEX ix_items_updated_at"))
        connection.commit()
    faults = {fault.what: fault for fault in checked(tmp_path, database_url).faults}
    assert faults["items lacks what this version has"].example == "the index ix_items_updated_at"
    assert faults["item_topics.item refers to no row of items"].example == "99"
    assert faults["deliveries would give out ids that it gave out"].example == "4"
    assert not any("filed nowhere" in what for what in faults)


def test_a_damaged_file_is_told(sqlite_template: Path, tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    damaged(sqlite_template, file)
    [fault, *_] = checked(tmp_path, f"sqlite:///{file}").faults
    assert fault.what == "the file is damaged"
    assert "fieldfare restore" in fault.remedy


def test_a_damaged_index_is_told(
    database: Database, database_url: str, tmp_path: Path, engine: str
) -> None:
    if engine == "sqlite":
        return  # of which its own check tells
    with database.writing() as connection:
        name = "ix_items_updated_at"
        connection.execute(
            text(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")
        )
    [fault] = checked(tmp_path, database_url).faults
    assert fault.what == f"the index {name} is damaged"
    assert "REINDEX" in fault.remedy


def test_a_store_of_another_version_is_not_judged(tmp_path: Path) -> None:
    Database.open(f"sqlite:///{tmp_path}/store.db").migrate()
    with pytest.raises(StoreError, match="fieldfare migrate"):
        checked(tmp_path, f"sqlite:///{tmp_path}/store.db")
