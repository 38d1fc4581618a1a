"""Items hidden by people, merged into another one or withdrawn, and shown again.

Knows what may be hidden behind what. Must never know who may decide that.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from feeds.storage.tables import items
from feeds.storage.write_items import set_hidden


class NotMerged(StrEnum):
    """Why two items were not merged, or one not split off."""

    MISSING = "there is no such item"
    ITSELF = "an item cannot be merged into itself"
    HIDDEN = "the item to merge into is hidden itself: name the one it was merged into"
    WITHDRAWN = "the item to merge into was withdrawn by its publisher"
    LEADING = "others were merged into this item: split them off first"
    WHOLE = "the item is merged into no other"


def merge(connection: Connection, item: int, into: int, now: datetime) -> NotMerged | None:
    """``item`` is hidden, as ``into`` tells the same; or why not. `split` undoes it."""
    if item == into:
        return NotMerged.ITSELF
    columns = (items.c.number, items.c.merged_into, items.c.withdrawn_at)
    query = select(*columns).where(items.c.number.in_((item, into)))
    found = {row.number: row for row in connection.execute(query)}
    if len(found) < len({item, into}):
        return NotMerged.MISSING
    if found[into].merged_into is not None:
        return NotMerged.HIDDEN
    if found[into].withdrawn_at is not None:
        # Neither would be shown any more.
        return NotMerged.WITHDRAWN
    leading = select(items.c.number).where(items.c.merged_into == item).limit(1)
    if connection.scalar(leading) is not None:
        return NotMerged.LEADING
    set_hidden(connection, [item], {"merged_into": into, "merged_at": now}, now)
    return None


def split(connection: Connection, item: int, now: datetime) -> NotMerged | None:
    """``item`` stands for itself again; or why not."""
    row = connection.execute(select(items.c.merged_into).where(items.c.number == item)).first()
    if row is None or row.merged_into is None:
        return NotMerged.WHOLE if row else NotMerged.MISSING
    set_hidden(connection, [item], {"merged_into": None, "merged_at": None}, now)
    return None


def retract(connection: Connection, item: int, now: datetime) -> bool:
    """An editor withdrew the item, whatever its sources show; False where one had before."""
    row = connection.execute(select(items.c.retracted_at).where(items.c.number == item)).one()
    if row.retracted_at is not None:
        return False
    set_hidden(connection, [item], {"retracted_at": now}, now)
    return True


def bring_back(connection: Connection, item: int, now: datetime) -> bool:
    """The item is shown, whoever withdrew it; False where nobody had."""
    columns = (items.c.retracted_at, items.c.withdrawn_at)
    if not any(connection.execute(select(*columns).where(items.c.number == item)).one()):
        return False
    set_hidden(connection, [item], {"retracted_at": None, "withdrawn_at": None}, now)
    return True
