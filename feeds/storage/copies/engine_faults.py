"""What is wrong with a store whatever its rows mean: pages, tables, references, ids.

Knows each engine's own look, and what tables say of themselves. Must never know what a row means.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from feeds.storage.copies import rows, sqlite_copy

_RESTORE = "put back the last backup that was sound: `fieldfare restore FILE --replace`"

_AMCHECK = text("SELECT extversion FROM pg_extension WHERE extname = 'amcheck'")
_INDEXES = text(
    "SELECT c.relname, c.oid, i.indisvalid, a.amname FROM pg_index i"
    " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
    " JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = t.relnamespace"
    " WHERE n.nspname = current_schema() AND t.relname = :name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFault:
    """What is wrong, of how many rows, one of them, and what to do."""

    what: str
    count: int
    example: str
    remedy: str


def of_file(file: Path) -> Iterator[StoreFault]:
    """What SQLite finds wrong with the file of a store: who reads such a one reads anything."""
    if found := sqlite_copy.damage(file):
        yield StoreFault(
            what="the file is damaged",
            count=len(found),
            example=found[0].strip().splitlines()[-1],
            remedy=_RESTORE,
        )


def damaged(connection: Connection, tables: Collection[Table]) -> Iterator[StoreFault]:
    """What PostgreSQL finds wrong, and what of these tables is not there, or refers to nothing."""
    if connection.dialect.name == "postgresql":
        for table in tables:
            yield from _read_whole(connection, table)
            yield from _indexes(connection, table)
    for table in tables:
        if missing := _missing(connection, table):
            remedy = "somebody changed the schema: " + _RESTORE
            what = f"{table.name} lacks what this version has"
            yield StoreFault(what=what, count=len(missing), example=missing[0], remedy=remedy)
        else:
            yield from _dangling(connection, table)
    yield from _given_out_again(connection, tables)


def _read_whole(connection: Connection, table: Table) -> Iterator[StoreFault]:
    """Each row is read to its end, with what of it lies elsewhere."""
    quoted = connection.dialect.identifier_preparer.quote(table.name)
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"SELECT sum(length(t::text)) FROM {quoted} t")  # noqa: S608
    except DBAPIError as error:
        yield StoreFault(
            what=f"{table.name} cannot be read", count=1, example=_first(error), remedy=_RESTORE
        )


def _indexes(connection: Connection, table: Table) -> Iterator[StoreFault]:
    has_amcheck = connection.scalar(_AMCHECK) is not None
    for index in connection.execute(_INDEXES, {"name": table.name}).all():
        problem = "" if index.indisvalid else "it is not valid"
        if has_amcheck and index.amname == "btree":
            try:
                with connection.begin_nested():
                    connection.execute(text("SELECT bt_index_check(:oid)"), {"oid": index.oid})
            except DBAPIError as error:
                problem = _first(error)
        if problem:
            yield StoreFault(
                what=f"the index {index.relname} is damaged",
                count=1,
                example=problem,
                remedy=f"REINDEX INDEX {index.relname} (psql), then look for what damages files",
            )


def _missing(connection: Connection, table: Table) -> list[str]:
    look = inspect(connection)
    if table.name not in look.get_table_names():
        return [f"the table {table.name}"]
    columns = {each["name"] for each in look.get_columns(table.name)}
    indexes = {each["name"] for each in look.get_indexes(table.name)}
    return [
        *(f"the column {each.name}" for each in table.columns if each.name not in columns),
        *(
            f"the index {each.name}"
            for each in sorted(table.indexes, key=lambda index: str(index.name))
            if each.name not in indexes
        ),
    ]


def _dangling(connection: Connection, table: Table) -> Iterator[StoreFault]:
    for constraint in table.foreign_key_constraints:
        there = constraint.referred_table.alias()
        pairs = [(each.parent, there.c[each.column.name]) for each in constraint.elements]
        found = select(there.c[pairs[0][1].name]).where(*(mine == other for mine, other in pairs))
        refers = and_(*(mine.is_not(None) for mine, _ in pairs))
        mine = pairs[0][0]
        yield from broken(
            connection,
            f"{table.name}.{mine.name} refers to no row of {constraint.referred_table.name}",
            _RESTORE,
            mine,
            refers,
            ~found.exists(),
        )


def _given_out_again(connection: Connection, tables: Collection[Table]) -> Iterator[StoreFault]:
    for name, (highest, last) in rows.given_out(connection, tables).items():
        if last is not None and last < highest:
            yield StoreFault(
                what=f"{name} would give out ids that it gave out",
                count=highest - last,
                example=str(highest),
                remedy="rows were put in by hand: have its sequence go on after the highest id",
            )


def broken(
    connection: Connection,
    what: str,
    remedy: str,
    example: ColumnElement[Any],
    *which: ColumnElement[bool],
) -> Iterator[StoreFault]:
    """A fault if there are rows of which this is so, with the lowest ``example`` of them."""
    statement = select(func.count(), func.min(example)).where(*which)
    count, lowest = connection.execute(statement).one()
    if count:
        yield StoreFault(what=what, count=count, example=str(lowest), remedy=remedy)


def _first(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
