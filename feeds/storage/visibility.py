"""Items hidden and shown again: withdrawn, restored, merged, split.

Knows that nothing of a hidden item is lost. Must never know who wanted it hidden.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, and_, bindparam, not_, or_, select, update

from feeds.identity.decide import Role
from feeds.storage.database import next_numbers
from feeds.storage.items import EVERYTHING, touch
from feeds.storage.tables import item_keys, item_topics, items

__all__ = ["Hidden", "NotMerged", "leave", "leaving", "merge", "restore", "split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """An item that is shown no more."""

    number: int
    slug: str
    uid: str
    title: str


class NotMerged(StrEnum):
    """Why two items were not merged, or one not split off."""

    MISSING = "there is no such item"
    ITSELF = "an item cannot be merged into itself"
    HIDDEN = "the item to merge into is hidden itself: name the one it was merged into"
    WITHDRAWN = "the item to merge into was withdrawn by its publisher"
    LEADING = "others were merged into this item: split them off first"
    WHOLE = "the item is merged into no other"


def leaving(connection: Connection, source: str, documents: Collection[str]) -> Sequence[Hidden]:
    """The items that would be withdrawn if these documents were not there any more.

    An item stays while another document shows it: one it came of or that has its name, anywhere,
    or a copy at the same source (the document has moved).
    """
    if not documents:
        return ()
    their = and_(item_keys.c.source == source, item_keys.c.document.in_(documents))
    holding = item_keys.c.role != Role.TWIN.value
    left = select(item_keys.c.item).where(their, holding)
    held = select(item_keys.c.item).where(
        item_keys.c.item.in_(left),
        item_keys.c.source != "",
        item_keys.c.gone_at.is_(None),
        not_(their),
        or_(holding, item_keys.c.source == source),
    )
    query = select(items.c.number, items.c.slug, items.c.uid, items.c.title).where(
        items.c.number.in_(left), items.c.number.not_in(held), items.c.withdrawn_at.is_(None)
    )
    rows = connection.execute(query.order_by(items.c.number))
    return [Hidden(number=row.number, slug=row.slug, uid=row.uid, title=row.title) for row in rows]


def leave(
    connection: Connection, source: str, documents: Collection[str], now: datetime
) -> Sequence[Hidden]:
    """These documents are not there any more, the items nobody else shows withdrawn: those.

    Of others a copy at the source takes the place of what is gone.
    """
    if not documents:
        return ()
    gone = leaving(connection, source, documents)
    their = (item_keys.c.source == source, item_keys.c.document.in_(documents))
    _promote_copies(connection, source, documents)
    connection.execute(update(item_keys).where(*their).values(gone_at=now))
    _change(connection, [each.number for each in gone], {"withdrawn_at": now})
    return gone


def restore(connection: Connection, numbers: Sequence[int]) -> None:
    """These items are shown again, which is no news."""
    _change(connection, numbers, {"withdrawn_at": None})


def merge(connection: Connection, item: int, into: int) -> NotMerged | None:
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
    _change(connection, [item], {"merged_into": into})
    return None


def split(connection: Connection, item: int) -> NotMerged | None:
    """``item`` stands for itself again; or why not."""
    row = connection.execute(select(items.c.merged_into).where(items.c.number == item)).first()
    if row is None:
        return NotMerged.MISSING
    if row.merged_into is None:
        return NotMerged.WHOLE
    _change(connection, [item], {"merged_into": None})
    return None


def _promote_copies(connection: Connection, source: str, documents: Collection[str]) -> None:
    """What a source has copies of elsewhere, its items come of the copies from now on."""
    of_source = item_keys.c.source == source
    left = select(item_keys.c.item).where(
        of_source, item_keys.c.document.in_(documents), item_keys.c.role == Role.OWN.value
    )
    copies = and_(
        of_source,
        item_keys.c.item.in_(left),
        item_keys.c.document.not_in(documents),
        item_keys.c.role == Role.TWIN.value,
        item_keys.c.gone_at.is_(None),
    )
    connection.execute(update(item_keys).where(copies).values(role=Role.OWN.value))


def _change(
    connection: Connection, numbers: Sequence[int], values: dict[str, datetime | int | None]
) -> None:
    """Each of these items has a change of its own, and the feeds of its topics are touched."""
    if not numbers:
        return
    changes = next_numbers(connection, "changes", len(numbers))
    rows = [{"of": number, "to": change} for number, change in zip(numbers, changes, strict=True)]
    statement = update(items).where(items.c.number == bindparam("of"))
    connection.execute(statement.values(change=bindparam("to"), **values), rows)
    topics = connection.execute(
        select(item_topics.c.kind, item_topics.c.slug)
        .where(item_topics.c.item.in_(numbers), item_topics.c.slug.is_not(None))
        .distinct()
    )
    touch(connection, [EVERYTHING, *((kind, slug) for kind, slug in topics)], changes[-1])
