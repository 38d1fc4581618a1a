"""What is due to hubs and subscribers, and whose turn it is to do it.

Knows rows that are somebody's alone until they are ``due_at``. Must never know what is done with
them, or what comes first.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, select, update


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


def take(
    connection: Connection, key: Column[Any], keys: Collection[object], until: datetime
) -> None:
    """The rows with these keys are ours alone ``until`` then, whatever becomes of us."""
    if keys:
        connection.execute(update(key.table).where(key.in_(keys)).values(due_at=until))
