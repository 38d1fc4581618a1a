"""Rows from one store into another, of whatever engines: in batches by key, each of them once.

Knows that a table has a primary key, and that its columns have types. Must never know what a row
means.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select, text, tuple_
from sqlalchemy.exc import DataError, IntegrityError

from feeds.errors import StoreError
from feeds.storage.database import Database

#: What is held in memory, and lost where somebody kills it.
_ROWS_AT_ONCE = 500
_NOT_TAKEN = "{}: the other store does not take a row at or soon after {}: {}"
_DIGEST_BYTES = 16


def freeze(connection: Connection, tables: Sequence[Table]) -> None:
    """Nobody else changes a row of these until the transaction ends."""
    # On SQLite a transaction that writes is the only one as it is.
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        names = ", ".join(quote(table.name) for table in tables)
        connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))


def copied(source: Connection, target: Database, table: Table) -> Iterator[int]:
    """All rows of a table are in the target, too, after those that are there already: how many are,
    batch by batch, each of which is on record.

    Those that are there are the first by key, as this leaves them wherever it is stopped. Raises
    StoreError for what the other engine does not take.
    """
    with target.reading() as connection:
        done: int = connection.scalar(select(func.count()).select_from(table)) or 0
    yield done
    for some in batches(source, table, done):
        with target.writing() as connection:
            _put(connection, table, some)
        done += len(some)
        yield done


def _put(connection: Connection, table: Table, some: Sequence[Row[*tuple[Any, ...]]]) -> None:
    """These rows are there. Raises StoreError."""
    try:
        if connection.dialect.name == "postgresql":
            _put_by_copy(connection, table, some)
        else:
            names = table.columns.keys()
            given = [dict(zip(names, row, strict=True)) for row in some]
            connection.execute(insert(table), given)
    except (DataError, IntegrityError, connection.dialect.loaded_dbapi.Error) as error:
        reason = getattr(error, "orig", error)
        raise StoreError(_NOT_TAKEN.format(table.name, some[0][0], reason)) from error


def _put_by_copy(
    connection: Connection, table: Table, some: Sequence[Row[*tuple[Any, ...]]]
) -> None:
    """The same by COPY, which takes a fifth of the time of statements."""
    dialect = connection.dialect
    bound = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    session: Any = connection.connection.driver_connection
    statement = f"COPY {quote(table.name)} ({names}) FROM STDIN"
    with session.cursor() as cursor, cursor.copy(statement) as copy:
        for row in some:
            cells = zip(row, bound, strict=True)
            copy.write_row([bind(cell) if bind else cell for cell, bind in cells])


def batches(
    connection: Connection, table: Table, after: int = 0
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """The rows of a table by its key, those after the first so many."""
    key = tuple(table.primary_key)
    places = [[*table.columns].index(column) for column in key]
    query = select(table).order_by(*key).limit(_ROWS_AT_ONCE)
    some = connection.execute(query.offset(after)).all()
    while some:
        yield some
        last = [some[-1][place] for place in places]
        beyond = tuple_(*key) > tuple_(*last, types=[column.type for column in key])
        some = connection.execute(query.where(beyond)).all()


def digest(connection: Connection, table: Table) -> tuple[int, int]:
    """How many rows there are, and what tells these from any others, in whatever order: engines
    sort texts in their own.
    """
    count = told = 0
    read = select(table).execution_options(yield_per=_ROWS_AT_ONCE)
    for some in connection.execute(read).partitions():
        count += len(some)
        for row in some:
            made = blake2b(
                repr(tuple(row)).encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES
            )
            told += int.from_bytes(made.digest())
    return count, told % (1 << 8 * _DIGEST_BYTES)
