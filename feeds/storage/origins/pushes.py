"""What pushers were answered, and how the items they named are kept.

Knows the rows of pushes, and items by a pusher's own id. Must never know HTTP.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from feeds.model import Item
from feeds.storage.engines import upsert
from feeds.storage.read_items import read
from feeds.storage.tables import item_keys, items, pushes

#: A request is repeated within minutes; this leaves room for a queue that stood still.
_REMEMBERED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a request with the Idempotency-Key ``key`` was answered, and the request's digest."""

    source: str
    key: str
    digest: str
    answer: str
    at: datetime


def answered(connection: Connection, source: str, key: str) -> Answered | None:
    """What was answered under this Idempotency-Key, if it is remembered."""
    query = select(pushes).where(pushes.c.source == source, pushes.c.key == key)
    row = connection.execute(query).one_or_none()
    return Answered(**row._asdict()) if row else None


def record(connection: Connection, answer: Answered) -> None:
    """The answer is remembered; those that are too old for a repetition are not any more."""
    connection.execute(delete(pushes).where(pushes.c.at < answer.at - _REMEMBERED_FOR))
    upsert(connection, pushes, [asdict(answer)], replace=False)


def item_called(connection: Connection, source: str, key: str) -> Item | None:
    """The item that the source knows by ``key``, as its pusher may see it.

    A merged one is the other one; one is withdrawn that this source took back, too.
    """
    into = func.coalesce(items.c.merged_into, items.c.number).label("into")
    keyed = select(into, item_keys.c.gone_at).join_from(item_keys, items)
    where = (item_keys.c.source == source, item_keys.c.key == key)
    row = connection.execute(keyed.where(*where)).one_or_none()
    if row is None:
        return None
    (item,) = read(connection, items.c.number == row.into, brief=True)
    # What others tell as well stands on when one of them takes it back.
    return replace(item, withdrawn_at=item.withdrawn_at or row.gone_at)
