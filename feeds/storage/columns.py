"""What cells hold on either engine, and how constraints are named, whoever's table it is.

Knows how SQLite and PostgreSQL differ in types. Must never know a table.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Integer,
    Select,
    TypeDecorator,
    bindparam,
    column,
    literal_column,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine, UserDefinedType
from typing_extensions import override

#: A migration has to name what it drops.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on both engines; SQLite stores no zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        # One call for each cell: through the type below it would be three.
        return as_text if dialect.name == "sqlite" else _to_moment

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        # As above.
        return _of_text if dialect.name == "sqlite" else _of_moment


def _to_moment(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None


def _of_text(cell: str | None) -> datetime | None:
    return datetime.fromisoformat(f"{cell}+00:00") if cell else None


def _of_moment(cell: datetime | None) -> datetime | None:
    return cell.astimezone(UTC) if cell else None


class TsVector(UserDefinedType[str]):
    """Terms with their positions, as PostgreSQL keeps them; its own dialect takes long to load."""

    cache_ok = True

    @override
    def get_col_spec(self, **_: Any) -> str:
        return "TSVECTOR"


def among(column: ColumnElement[Any], values: Iterable[int | str]) -> ColumnElement[bool]:
    """Whether a column has one of these values, of which there may be any number: SQLite takes
    32,766 parameters in a statement, PostgreSQL 65,535, and this is one.
    """
    # An index is of a type, and asked for nothing of another.
    kind: ColumnElement[str] = literal_column(
        "bigint" if isinstance(column.type, Integer) else "text"
    )
    return column.bool_op("IN")(_Listed(bindparam(None, listed(values), unique=True), kind))


def listed(values: Iterable[object]) -> str:
    """What stands for values in a single parameter."""
    # As it is: what is no text is to be refused, not to be stored in another spelling.
    return _encoded([*values])


def paired(values: Mapping[int, object]) -> str:
    """What stands for texts or moments, each with a number, in a single parameter; None where the
    number says it all.
    """
    return _encoded(values)


def pairs(name: str) -> TableValuedAlias:
    """The rows, each of a ``key`` and a ``value``, that are `paired` as the parameter ``name``: a
    statement that takes them goes to the engine once for all, however many they are. They are read
    by `Cell`.
    """
    return _Each(bindparam(name)).table_valued(column("key"), column("value"), name=name)


class AtOnce:
    """A question whose rows come in a single cell, in their order: SQLite's driver stands back once
    a row for whoever else computes, and then waits for its turn.
    """

    def __init__(self, asked: Select[Any]) -> None:
        found = asked.subquery()
        self._statement = select(_Packed(*found.c))
        self._moments = [
            place for place, each in enumerate(found.c) if isinstance(each.type, Instant)
        ]

    def __call__(self, connection: Connection, given: Mapping[str, object]) -> list[list[Any]]:
        """The cells of each row: texts, numbers and moments."""
        found: list[list[Any]] = json.loads(connection.scalars(self._statement, given).one())
        for row in found:
            for place in self._moments:
                row[place] = row[place] and _unpacked(row[place])
        return found


# Those of many rows are often the same.
@lru_cache(maxsize=256)
def _unpacked(moment: str) -> datetime:
    """A moment as a `AtOnce` has it: SQLite keeps no zone, PostgreSQL tells that of the session."""
    read = datetime.fromisoformat(moment)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _moment(value: object) -> str | None:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no cell")
    return as_text(value)


_encoded = json.JSONEncoder(ensure_ascii=False, default=_moment, separators=(",", ":")).encode


# Most cells of a transaction tell of one moment, and those of an item of one of its own.
@lru_cache(maxsize=256)
def as_text(moment: datetime | None) -> str | None:
    """A moment as SQLite keeps it, and as either engine is given one in a text."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")


class _Listed(FunctionElement[Any]):
    """An array of JSON, and of what type its values are."""

    inherit_cache = True


@compiles(_Listed, "sqlite")
def _in_sqlite(element: _Listed, compiler: SQLCompiler, **how: Any) -> str:
    values, kind = (compiler.process(each, **how) for each in element.clauses)
    return f"(SELECT CAST(value AS {kind}) FROM json_each({values}))"  # noqa: S608 - all of it ours


@compiles(_Listed, "postgresql")
def _in_postgresql(element: _Listed, compiler: SQLCompiler, **how: Any) -> str:
    values, kind = (compiler.process(each, **how) for each in element.clauses)
    listed = f"json_array_elements_text(CAST({values} AS json))"
    return f"(SELECT CAST(value AS {kind}) FROM {listed})"  # noqa: S608 - as above


class _Each(FunctionElement[Any]):
    """The members of an object of JSON."""

    inherit_cache = True


@compiles(_Each, "sqlite")
def _each_in_sqlite(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    [members] = (compiler.process(each, **how) for each in element.clauses)
    return f"json_each({members})"


@compiles(_Each, "postgresql")
def _each_in_postgresql(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    [members] = (compiler.process(each, **how) for each in element.clauses)
    return f"json_each_text(CAST({members} AS json))"


class Cell(FunctionElement[Any]):
    """What a text stands for: one of `pairs`, or a parameter, a moment `as_text`."""

    # A statement is compiled once for all that look like it: what a cell is tells them apart.
    _traverse_internals = [  # noqa: RUF012 - so SQLAlchemy has it
        *FunctionElement._traverse_internals,  # noqa: SLF001 - meant for those who extend it
        ("type", InternalTraversal.dp_type),
    ]
    inherit_cache = True

    def __init__(self, text: ColumnElement[Any], kind: TypeEngine[Any]) -> None:
        super().__init__(text)
        self.type = kind


@compiles(Cell, "sqlite")
def _cell_in_sqlite(element: Cell, compiler: SQLCompiler, **how: Any) -> str:
    [text] = (compiler.process(each, **how) for each in element.clauses)
    return f"CAST({text} AS INTEGER)" if isinstance(element.type, Integer) else text


@compiles(Cell, "postgresql")
def _cell_in_postgresql(element: Cell, compiler: SQLCompiler, **how: Any) -> str:
    [text] = (compiler.process(each, **how) for each in element.clauses)
    zone = " || '+00'" if isinstance(element.type, Instant) else ""
    kind = compiler.dialect.type_compiler_instance.process(element.type)
    return f"CAST(({text}{zone}) AS {kind})"


class _Packed(FunctionElement[str]):
    """All rows as an array of JSON of arrays of their cells."""

    inherit_cache = True


@compiles(_Packed, "sqlite")
def _packed_in_sqlite(element: _Packed, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **how)}))"


@compiles(_Packed, "postgresql")
def _packed_in_postgresql(element: _Packed, compiler: SQLCompiler, **how: Any) -> str:
    row = f"json_build_array({compiler.process(element.clauses, **how)})"
    # Not as JSON, which the driver would read into objects.
    return f"CAST(coalesce(json_agg({row}), '[]') AS text)"


Number = BigInteger().with_variant(Integer, "sqlite")
#: Of the greatest number that one holds, less one: all with so many are numbers.
_DIGITS = 18


def number_in(text: str) -> int | None:
    """A number as a store has them; None where it says none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= _DIGITS else None
