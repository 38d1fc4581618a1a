"""News out of the item rows, as mails need it.

Knows the tables of items and their topics. Must never know who is told.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from feeds.model import Fresh, Issued, IssuedFrom, TopicKind, TopicRef
from feeds.storage.tables import is_shown, item_topics, items
from notifier.model import News, Window

__all__ = ["latest", "read"]


def latest(connection: Connection) -> int:
    """The number of the latest item, 0 where there is none."""
    number: int | None = connection.scalar(select(func.max(items.c.number)))
    return number or 0


def read(connection: Connection, window: Window, site_url: str) -> list[News]:
    """The news of a window, newest first. What is archived, withdrawn or merged is never mailed.

    An item without an address of its own is read on its page below ``site_url``.
    """
    fresh = select(items.c.number).where(
        items.c.number > window.after,
        items.c.number <= window.upto,
        items.c.freshness == Fresh.NEWS,
        is_shown,
    )
    labels = _labels(connection, fresh)
    rows = connection.execute(
        select(
            items.c.number,
            items.c.slug,
            items.c.title,
            items.c.summary,
            items.c.url,
            items.c.language,
            items.c.issued_on,
            items.c.issued_at,
            items.c.issued_from,
        )
        .where(items.c.number.in_(fresh))
        .order_by(items.c.number.desc())
    )
    return [_news(row, labels[row.number], site_url) for row in rows]


def _labels(connection: Connection, fresh: Select[Any]) -> dict[int, list[Row[Any]]]:
    statement = (
        select(item_topics)
        .where(item_topics.c.item.in_(fresh))
        .order_by(item_topics.c.item, item_topics.c.position)
    )
    labels = defaultdict[int, list[Row[Any]]](list)
    for row in connection.execute(statement):
        labels[row.item].append(row)
    return labels


def _news(row: Row[*tuple[Any, ...]], labels: Sequence[Row[Any]], site_url: str) -> News:
    return News(
        number=row.number,
        title=row.title,
        summary=row.summary,
        url=row.url or f"{site_url.rstrip('/')}/items/{row.slug}",
        issued=_issued(row),
        issuers=tuple(_direct(labels, TopicKind.ISSUER)),
        content_type=next(iter(_direct(labels, TopicKind.TYPE)), None),
        language=row.language,
        topics=frozenset(
            TopicRef(TopicKind(label.kind), label.slug) for label in labels if label.slug
        ),
    )


def _issued(row: Row[*tuple[Any, ...]]) -> Issued | None:
    if row.issued_on is None:
        return None
    return Issued(day=row.issued_on, at=row.issued_at, origin=IssuedFrom(row.issued_from))


def _direct(labels: Sequence[Row[Any]], kind: TopicKind) -> list[str]:
    return [label.label for label in labels if label.direct and label.kind == kind]
