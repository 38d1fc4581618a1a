"""What the store holds, counted and listed for the people who run it.

Knows items, topics and quarantine in numbers. Must never be asked by anything that decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import Connection, func, not_, select

from feeds.model import Item, TopicKind, TopicRef
from feeds.selection import LANGUAGE
from feeds.storage.read_items import read
from feeds.storage.tables import documents, is_listed, is_shown, item_topics, items

#: No item is held.
NOTHING: Mapping[int, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item as a list shows it; ``topics`` as printed, ``unknown`` those nobody knows. Nobody is
    mailed of it before ``mailed_from``, where that is still to come.
    """

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
    updated_at: datetime
    mailed_from: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A document in quarantine, and why it is there; ``code`` is the value of the reason."""

    source: str
    document: str
    code: str
    reason: str
    since: datetime


def item_count(connection: Connection) -> int:
    """How many items are shown."""
    return connection.scalar(select(func.count()).select_from(items).where(is_shown)) or 0


def item_list(
    connection: Connection,
    topic: TopicRef | None,
    limit: int,
    held: Mapping[int, datetime] = NOTHING,
    *,
    hidden: bool = False,
    before: datetime | None = None,
) -> Sequence[Listed]:
    """The items that changed last, of one topic where one is given, ``before`` a moment; the
    ``hidden`` ones where asked for. Some are ``held``, by number, until a moment.
    """
    where = [not_(is_shown) if hidden else is_shown]
    if topic:
        filed = (item_topics.c.kind == topic.kind, item_topics.c.slug == topic.slug)
        where.append(items.c.number.in_(select(item_topics.c.item).where(*filed)))
    if before:
        where.append(items.c.updated_at < before)
    found = read(connection, *where, order=items.c.updated_at.desc(), limit=limit, brief=True)
    return [listed(item, held.get(item.number)) for item in found]


def listed(item: Item, mailed_from: datetime | None = None) -> Listed:
    """An item as a list shows it."""
    return Listed(
        number=item.number,
        uid=item.uid,
        slug=item.slug,
        title=item.title,
        url=item.url,
        issued=item.issued.day if item.issued else None,
        issued_from=item.issued.origin if item.issued else None,
        language=item.language,
        source=item.source,
        revision=item.revision,
        topics=tuple(label.text for label in item.labels),
        unknown=tuple(label.text for label in item.labels if label.slug is None),
        updated_at=item.updated_at,
        mailed_from=mailed_from,
    )


def topic_counts(connection: Connection) -> dict[TopicRef, int]:
    """How many items each topic has, those of its children included."""
    rows = connection.execute(
        select(item_topics.c.kind, item_topics.c.slug, func.count(item_topics.c.item.distinct()))
        .join_from(item_topics, items)
        .where(item_topics.c.slug.is_not(None), item_topics.c.kind != LANGUAGE, is_shown)
        .group_by(item_topics.c.kind, item_topics.c.slug)
    )
    return {TopicRef(TopicKind(kind), slug): count for kind, slug, count in rows}


def quarantined(connection: Connection) -> int:
    """How many documents were refused, and not put aside since."""
    is_held = (documents.c.reason.is_not(None), is_listed)
    return connection.scalar(select(func.count()).select_from(documents).where(*is_held)) or 0


def quarantine(
    connection: Connection,
    source: str | None = None,
    document: str | None = None,
    most: int | None = None,
    after: tuple[str, str] | None = None,
) -> list[Held]:
    """Every document that was refused, and not put aside since, by source and name; of one source,
    the one of this name, or so many at most, ``after`` one.
    """
    from feeds.storage.documents import refusals  # noqa: PLC0415 - most count, and list none

    return [
        Held(
            source=seen.source,
            document=seen.name,
            code=seen.refused.reason,
            reason=str(seen.refused),
            since=seen.seen_at,
        )
        for seen in refusals(connection, source, document, dismissed=False, most=most, after=after)
        if seen.refused
    ]
