"""What was planned: one row a subscriber and period, and the messages those share.

Knows the tables ``digests`` and ``renderings``. Must never know what is sent when.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from feeds.storage.engines import upsert
from notifier.model import Planned
from notifier.storage.tables import digests, renderings


def record(connection: Connection, planned: Sequence[Planned], now: datetime) -> frozenset[int]:
    """Each is on record; returns the subscribers for whom it was not before.

    Who inserts the row for a subscriber and a period has planned it; nobody does so twice.
    """
    rows = [
        {
            "subscriber": one.subscriber.id,
            "period": one.period,
            "after": one.window.after,
            "upto": one.window.upto,
            "items": one.items,
            "skipped": one.skipped,
            "planned_at": now,
        }
        for one in planned
    ]
    new = upsert(connection, digests, rows, replace=False, returning=[digests.c.subscriber])
    return frozenset(row.subscriber for row in new)


def keep(connection: Connection, rendered: Mapping[str, bytes], now: datetime) -> None:
    """The messages are there, each under its digest."""
    rows = [
        {"digest": digest, "template": template, "created_at": now}
        for digest, template in sorted(rendered.items())
    ]
    upsert(connection, renderings, rows, replace=False)


# Made once: making it takes longer than running it.
_TEMPLATES = select(renderings.c.digest, renderings.c.template).where(
    renderings.c.digest.in_(bindparam("wanted", expanding=True))
)


def templates(connection: Connection, wanted: Sequence[str]) -> dict[str, bytes]:
    """The messages under these digests."""
    rows = connection.execute(_TEMPLATES, {"wanted": wanted})
    return {row.digest: row.template for row in rows}
