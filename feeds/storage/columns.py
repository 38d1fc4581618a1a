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
        return _to_text if dialect.name == "sqlite" else _to_moment

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        # As above.
        return _of_text if dialect.name == "sqlite" else _of_moment


def _to_text(value: datetime | None) -> str | None:
    return _told(value) if value else None


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
    """What stands for values, or for `rows`, in a single parameter."""
    # As it is: what is no text is to be refused, not to be stored in another spelling.
    return _encoded([*values])


def rows(name: str) -> TableValuedAlias:
    """The rows that are `listed` as the parameter ``name``: a statement that takes them goes to the
    engine once for all, however many they are. Their cells are read by `cell`.
    """
    return _Each(bindparam(name)).table_valued(column("value"), name=name)


def cell(given: TableValuedAlias, place: int, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """What stands at a ``place`` of each of these `rows`."""
    return _Cell(given.c.value, literal_column(str(place)), kind)


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


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no cell")
    return _told(value)


_encoded = json.JSONEncoder(ensure_ascii=False, default=_moment, separators=(",", ":")).encode


# Most cells of a transaction tell of one moment, and those of an item of one of its own.
@lru_cache(maxsize=256)
def _told(moment: datetime) -> str:
    """A moment as SQLite keeps it."""
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
    """The elements of an array of JSON."""

    inherit_cache = True


@compiles(_Each, "sqlite")
def _each_in_sqlite(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    [array] = (compiler.process(each, **how) for each in element.clauses)
    return f"json_each({array})"


@compiles(_Each, "postgresql")
def _each_in_postgresql(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    [array] = (compiler.process(each, **how) for each in element.clauses)
    return f"json_array_elements(CAST({array} AS json))"


class _Cell(FunctionElement[Any]):
    """An element of an array of JSON, by its place there, as what it was."""

    # A statement is compiled once for all that look like it: what a cell is tells them apart.
    _traverse_internals = [  # noqa: RUF012 - so SQLAlchemy has it
        *FunctionElement._traverse_internals,  # noqa: SLF001 - meant for those who extend it
        ("type", InternalTraversal.dp_type),
    ]
    inherit_cache = True

    def __init__(
        self, array: ColumnElement[Any], place: ColumnElement[Any], kind: TypeEngine[Any]
    ) -> None:
        super().__init__(array, place)
        self.type = kind


@compiles(_Cell, "sqlite")
def _cell_in_sqlite(element: _Cell, compiler: SQLCompiler, **how: Any) -> str:
    array, place = (compiler.process(each, **how) for each in element.clauses)
    return f"json_extract({array}, '$[{place}]')"


@compiles(_Cell, "postgresql")
def _cell_in_postgresql(element: _Cell, compiler: SQLCompiler, **how: Any) -> str:
    array, place = (compiler.process(each, **how) for each in element.clauses)
    zone = " || '+00'" if isinstance(element.type, Instant) else ""
    kind = compiler.dialect.type_compiler_instance.process(element.type)
    return f"CAST(({array} ->> {place}){zone} AS {kind})"


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
