"""Whole stores: copied into a file, put back, moved, and looked through.

Knows each engine's own means, and that tables have names, keys and rows. Must never know what a row
means: a table that is new tomorrow is copied as those of today are.
"""

from collections.abc import Collection

from sqlalchemy import (
    Connection,
    func,
    inspect,
    literal,
    select,
    table,
    union_all,
)

#: Where Alembic keeps which revisions a store has.
REVISIONS = "alembic_version"


def counted(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """How many rows each of these tables has, of those that the store has."""
    there = inspect(connection).get_table_names()
    known = sorted({*names, REVISIONS}.intersection(there))
    counts = (select(literal(name), func.count()).select_from(table(name)) for name in known)
    return dict(connection.execute(union_all(*counts)).all()) if known else {}
