"""The history of items: what was done to each, by whom, and what that changed.

Knows the table ``steps``. Must never know what makes a difference.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from feeds.identity.correction import Deed, ItemStep
from feeds.storage.tables import steps


def record(connection: Connection, taken: Iterable[tuple[int, ItemStep]]) -> None:
    """These steps are in the history of these items, by number."""
    rows = [
        {
            "item": item,
            "at": step.at,
            "deed": step.deed.value,
            "who": step.who,
            "is_editor": step.is_editor,
            "reason": step.reason,
            "changes": zlib.compress(json.dumps(step.changes).encode()) if step.changes else None,
        }
        for item, step in taken
    ]
    if rows:
        connection.execute(insert(steps), rows)


def of_item(connection: Connection, item: int) -> Sequence[ItemStep]:
    """The steps of an item since it was added, the earliest first."""
    rows = connection.execute(select(steps).where(steps.c.item == item).order_by(steps.c.id))
    return [
        ItemStep(
            at=row.at,
            deed=Deed(row.deed),
            who=row.who,
            is_editor=row.is_editor,
            reason=row.reason,
            changes={
                name: (was, now)
                for name, (was, now) in json.loads(zlib.decompress(row.changes)).items()
            }
            if row.changes
            else {},
        )
        for row in rows
    ]


def forget(connection: Connection, before: datetime) -> None:
    """What was done before that moment is told no more; what came of it stays."""
    connection.execute(delete(steps).where(steps.c.at < before))
