"""More items at once than a statement takes parameters: what is asked of them, and done to them."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ColumnElement, event, select, text

from feeds.identity.decide import Role
from feeds.storage import documents, read_items, write_items
from feeds.storage.columns import among
from feeds.storage.database import Database
from feeds.storage.tables import item_keys, items
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.items import NOON, store

#: SQLite takes 32,766 where it is built as it comes; fewer are told from more as well.
MOST, MANY = 5_500, 6_000


@pytest.fixture
def few_parameters(database: Database) -> Iterator[None]:
    """A statement of SQLite takes few parameters; PostgreSQL has no such limit to be set."""

    def limit(connection: Any, *_: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, MOST)

    event.listen(database.engine, "checkout", limit)
    yield
    event.remove(database.engine, "checkout", limit)


@pytest.mark.usefixtures("few_parameters")
def test_more_are_withdrawn_and_come_back_at_once_than_a_statement_takes(
    database: Database, osce: Taxonomy
) -> None:
    made = store(database, osce, [a_draft(title=f"Item {n}") for n in range(MANY)])
    numbers = [item.number for item in made]
    names = [f"{number}.txt" for number in numbers]
    rows = [
        {"source": "own", "document": name, "key": name, "item": number, "role": Role.OWN.value}
        for name, number in zip(names, numbers, strict=True)
    ]
    with database.writing() as connection:
        connection.execute(item_keys.insert(), rows)
    with database.writing() as connection:
        assert len(write_items.leaving(connection, "own", names)) == MANY
        assert len(write_items.leaving(connection, "own", names, numbers[1:])) == MANY - 1
        assert len(write_items.leave(connection, "own", names[1:], now=NOON)) == MANY - 1
        assert read_items.shown_of(connection, numbers) == (numbers[0],)
        documents.disown(connection, numbers, "other")
        assert len(read_items.last_digests(connection, numbers)) == MANY
    with database.writing() as connection:
        assert len(write_items.restore(connection, "own", numbers[1:], NOON)) == MANY - 1
        assert read_items.shown_of(connection, numbers) == tuple(numbers)
        gone = connection.scalars(select(items.c.number).where(items.c.withdrawn_at.is_not(None)))
        assert gone.all() == []


@pytest.mark.parametrize(
    ("column", "values"),
    [(items.c.number, [1, 2]), (item_keys.c.item, [1, 2]), (items.c.slug, ["a", "b"])],
)
def test_any_number_of_values_are_looked_up_in_the_index(
    database: Database, column: ColumnElement[Any], values: list[int | str]
) -> None:
    with database.reading() as connection:
        if connection.dialect.name != "sqlite":
            # With few rows it reads them all.
            connection.execute(text("SET enable_seqscan = off"))
        compiled = select(column).where(among(column, values)).compile(connection)
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        told = compiled.params
        asked = tuple(told.values()) if compiled.positional else told
        plan = str(connection.exec_driver_sql(f"{explain}{compiled}", asked).all())
    assert "SCAN item" not in plan
    assert "Seq Scan" not in plan
