"""What is due to hubs and subscribers, and whose turn it is to do it.

Knows rows that are somebody's alone until they are ``due_at``. Must never know what is done with
them, or what comes first.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, and_, select, update

_Told = TypeVar("_Told")


def due_rows(
    connection: Connection,
    table: Table,
    is_due: ColumnElement[bool],
    *order: ColumnElement[Any],
    limit: int,
) -> Iterable[Row[Any]]:
    """The first of the rows that are due, but for those that somebody else is just claiming: to the
    end of the transaction nobody else sees these.
    """
    found = select(table).where(is_due).order_by(*order).limit(limit)
    return connection.execute(found.with_for_update(skip_locked=True))


def claim(
    connection: Connection,
    key: Column[Any],
    is_due: ColumnElement[bool],
    until: datetime,
    *,
    limit: int,
    told: Callable[..., _Told],
) -> Sequence[_Told]:
    """The rows that are due, those that do well first, are ours alone ``until`` then: each as what
    is made of its cells by their names.
    """
    order = key.table.c.failures, key
    found = due_rows(connection, key.table, is_due, *order, limit=limit)
    rows = [row._asdict() | {"due_at": until} for row in found]
    take(connection, key, [row[key.name] for row in rows], until)
    return [told(**row) for row in rows]


def keep(
    connection: Connection, key: Column[Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> bool:
    """The row that was claimed as ``before`` is so now; False where somebody else claimed it since,
    it is due anew, or it is none any more.
    """
    table = key.table
    ours = and_(key == before[key.name], table.c.due_at == before["due_at"])
    return connection.execute(update(table).where(ours).values(after)).rowcount > 0


def take(
    connection: Connection, key: Column[Any], keys: Collection[object], until: datetime
) -> None:
    """The rows with these keys are ours alone ``until`` then, whatever becomes of us."""
    if keys:
        connection.execute(update(key.table).where(key.in_(keys)).values(due_at=until))
