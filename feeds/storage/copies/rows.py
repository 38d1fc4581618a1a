"""What a copy of a store has to have alike: which tables, how many rows, which ids came last.

Knows that tables have names and keys. Must never know what a row means.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
    union_all,
)

from feeds.storage.columns import Number

#: Where Alembic keeps which revisions a store has.
REVISIONS = "alembic_version"

#: Of tables with AUTOINCREMENT, and of those alone; made by SQLite with the first of these.
_LAST = Table("sqlite_sequence", MetaData(), Column("name", Text), Column("seq", Number))
_SEQUENCE = text("SELECT pg_get_serial_sequence(quote_ident(:name), :column)")
_GO_ON = text("SELECT setval(CAST(:sequence AS regclass), :last)")


def counted(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """How many rows each of these tables has, of those that the store has."""
    there = inspect(connection).get_table_names()
    known = sorted({*names, REVISIONS}.intersection(there))
    counts = (select(literal(name), func.count()).select_from(table(name)) for name in known)
    found = connection.execute(union_all(*counts)) if known else ()
    return {name: count for name, count in found}  # noqa: C416 - rows are no pairs of types


def in_order(connection: Connection) -> list[str]:
    """The tables of the store, each after those that it refers to."""
    found = inspect(connection).get_sorted_table_and_fkc_names()
    return [name for name, _ in found if name]


def drop(connection: Connection, names: Collection[str]) -> None:
    """There are no such tables any more."""
    there = set(inspect(connection).get_table_names())
    quote = connection.dialect.identifier_preparer.quote
    if known := [quote(name) for name in (*names, REVISIONS) if name in there]:
        connection.execute(text(f"DROP TABLE {', '.join(known)}"))


def look_over(connection: Connection, names: Iterable[str]) -> None:
    """The server knows how much each of these tables holds, by which it chooses how to ask them: it
    would find that out by itself after a while.
    """
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        connection.execute(text(f"ANALYZE {', '.join(map(quote, names))}"))


def last_ids(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """The last id that each table gave out, of a row that is gone by now, too, as far as the engine
    remembers; of those that give out ids, and gave out any.
    """
    found = given_out(connection, tables).items()
    return {name: max(highest, last or 0) for name, (highest, last) in found if highest or last}


def given_out(connection: Connection, tables: Iterable[Table]) -> dict[str, tuple[int, int | None]]:
    """The highest id there is in each table that gives out ids, and the last that it gave out by
    what the engine remembers, if that does.
    """
    return {
        each.name: (
            connection.scalar(select(func.max(column))) or 0,
            _remembered(connection, each, column.name),
        )
        for each, column in _numbered(connection, tables)
    }


def go_on_after(connection: Connection, tables: Iterable[Table], last: Mapping[str, int]) -> None:
    """The next id that each of these tables gives out is beyond its last one. On SQLite a table
    without AUTOINCREMENT goes on after its highest.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    for each, column in _numbered(connection, tables):
        if each.name not in last:
            continue
        if not is_sqlite:
            found = {"name": each.name, "column": column.name}
            sequence = connection.scalar(_SEQUENCE, found)
            connection.execute(_GO_ON, {"sequence": sequence, "last": last[each.name]})
        elif each.dialect_options["sqlite"]["autoincrement"]:
            connection.execute(_LAST.delete().where(_LAST.c.name == each.name))
            connection.execute(insert(_LAST).values(name=each.name, seq=last[each.name]))


def _numbered(
    connection: Connection, tables: Iterable[Table]
) -> Iterable[tuple[Table, Column[int]]]:
    there = inspect(connection).get_table_names()
    for each in tables:
        column = each.autoincrement_column
        if column is not None and each.name in there:
            yield each, column


def _remembered(connection: Connection, table: Table, column: str) -> int | None:
    if connection.dialect.name == "sqlite":
        if not table.dialect_options["sqlite"]["autoincrement"]:
            return None
        return connection.scalar(select(_LAST.c.seq).where(_LAST.c.name == table.name)) or 0
    sequence = connection.scalar(_SEQUENCE, {"name": table.name, "column": column})
    if sequence is None:
        return None
    # What never gave out any says 1, and that this was not given out.
    last = text(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - as it names it
    said = connection.execute(last).one()
    return int(said.last_value) if said.is_called else 0
