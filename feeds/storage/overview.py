"""What the store holds, counted and listed for the people who run it.

Knows every table of the feeds side. Must never be asked by anything that decides.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, not_, select

from feeds.draft import Reason, Refused
from feeds.model import TopicKind, TopicRef
from feeds.storage.tables import documents, is_shown, item_topics, items

__all__ = ["Held", "Listed", "item_count", "item_list", "quarantine", "quarantined", "topic_counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item as a list shows it; ``topics`` as printed, ``unknown`` those nobody knows."""

    number: int
    uid: str
    slug: str
    title: str
    url: str | None
    issued: date | None
    issued_from: str | None
    language: str
    source: str
    revision: int
    topics: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A document in quarantine, and why it is there."""

    source: str
    document: str
    code: Reason
    reason: str
    since: datetime


def item_count(connection: Connection) -> int:
    """How many items are shown."""
    return connection.scalar(select(func.count()).select_from(items).where(is_shown)) or 0


def item_list(
    connection: Connection, topic: TopicRef | None, limit: int, *, hidden: bool = False
) -> list[Listed]:
    """The latest items, of one topic where one is given; the ``hidden`` ones where asked for."""
    which = not_(is_shown) if hidden else is_shown
    rows = select(items).where(which).order_by(items.c.updated_at.desc()).limit(limit)
    if topic:
        filed = select(item_topics.c.item).where(
            item_topics.c.kind == topic.kind, item_topics.c.slug == topic.slug
        )
        rows = rows.where(items.c.number.in_(filed))
    found = connection.execute(rows).all()
    labels = _labels(connection, [row.number for row in found])
    return [
        Listed(
            number=row.number,
            uid=row.uid,
            slug=row.slug,
            title=row.title,
            url=row.url,
            issued=row.issued_on,
            issued_from=row.issued_from,
            language=row.language,
            source=row.source,
            revision=row.revision,
            topics=tuple(label for label, _ in labels[row.number]),
            unknown=tuple(label for label, slug in labels[row.number] if slug is None),
        )
        for row in found
    ]


def topic_counts(connection: Connection) -> dict[TopicRef, int]:
    """How many items each topic has, those of its children included."""
    rows = connection.execute(
        select(item_topics.c.kind, item_topics.c.slug, func.count(item_topics.c.item.distinct()))
        .join_from(item_topics, items)
        .where(item_topics.c.slug.is_not(None), is_shown)
        .group_by(item_topics.c.kind, item_topics.c.slug)
    )
    return {TopicRef(TopicKind(kind), slug): count for kind, slug, count in rows}


def quarantined(connection: Connection) -> int:
    held = select(func.count()).select_from(documents).where(documents.c.reason.is_not(None))
    return connection.scalar(held) or 0


def quarantine(connection: Connection) -> list[Held]:
    """Every document that was refused, by source and name."""
    rows = connection.execute(
        select(documents)
        .where(documents.c.reason.is_not(None))
        .order_by(documents.c.source, documents.c.name)
    )
    return [
        Held(
            source=row.source,
            document=row.name,
            code=Reason(row.reason),
            reason=str(Refused(reason=Reason(row.reason), evidence=row.evidence)),
            since=row.seen_at,
        )
        for row in rows
    ]


def _labels(
    connection: Connection, numbers: Sequence[int]
) -> dict[int, list[tuple[str, str | None]]]:
    rows = connection.execute(
        select(item_topics.c.item, item_topics.c.label, item_topics.c.slug)
        .where(item_topics.c.item.in_(numbers), item_topics.c.direct)
        .order_by(item_topics.c.item, item_topics.c.position)
    )
    found: defaultdict[int, list[tuple[str, str | None]]] = defaultdict(list)
    for item, label, slug in rows:
        found[item].append((label, slug))
    return found
