"""What happened to items since a number, as whoever is told of them needs to know it.

Knows the changes of items, in commit order, and that an archive is no news. Must never know who
follows them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from feeds.model import Item
from feeds.storage import changes
from feeds.storage.changes import FiledItem
from feeds.storage.columns import among
from feeds.storage.read_items import read
from feeds.storage.tables import changes as log
from feeds.storage.tables import is_shown, items


class ChangedItem(NamedTuple):
    """An item that changed by a ``change``, ``at`` a moment; how it was filed up to a number, None
    where it was not there, and how it is ``now``. ``is_back`` where it was hidden meanwhile, and is
    no more.
    """

    change: int
    item: Item
    at: datetime
    is_shown: bool
    before: FiledItem | None
    now: FiledItem
    is_back: bool


def following(connection: Connection, after: int, limit: int) -> tuple[Sequence[ChangedItem], int]:
    """The next items that changed behind a number, each as it is by now, in that order, and the
    number up to which that is all; not those that came from an archive.
    """
    columns = (items.c.number, items.c.withdrawn_at, items.c.retracted_at, items.c.merged_at)
    query = select(*columns, items.c.change, items.c.updated_at, is_shown.label("is_shown"))
    these = query.where(items.c.change > after).order_by(items.c.change).limit(limit)
    rows = connection.execute(these).all()
    if not rows:
        return (), after
    last, numbers = rows[-1].change, [row.number for row in rows]
    which = among(items.c.number, numbers)
    found = {item.number: item for item in read(connection, which, brief=True)}
    before, now = (changes.as_of(connection, numbers, upto) for upto in (after, last))
    back = (log.c.number > after, log.c.number <= last, log.c.is_again)
    again = set(connection.scalars(select(log.c.item).where(among(log.c.item, numbers), *back)))
    changed = [
        ChangedItem(
            change=row.change,
            item=found[row.number],
            at=row.updated_at if row.is_shown else _hidden_at(row),
            is_shown=row.is_shown,
            before=before.get(row.number),
            now=now[row.number],
            is_back=row.number in again,
        )
        for row in rows
        if row.number in now
    ]
    return changed, last


def before(connection: Connection, moment: datetime) -> int:
    """The number of a change before all that happened to items since a moment."""
    gone = (items.c.withdrawn_at, items.c.retracted_at, items.c.merged_at)
    since = (column >= moment for column in (items.c.updated_at, *gone))
    firsts = (connection.scalar(select(func.min(items.c.change)).where(one)) for one in since)
    first = min((number for number in firsts if number is not None), default=None)
    last = connection.scalar(select(func.max(items.c.change))) or 0
    return last if first is None else first - 1


def _hidden_at(row: Row[*tuple[Any, ...]]) -> datetime:
    """Since when an item is hidden, whatever else hides it by now: it stays updated when it was."""
    gone = (row.withdrawn_at, row.retracted_at, row.merged_at)
    moment: datetime = min(filter(None, gone))
    return moment
