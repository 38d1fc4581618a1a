"""Names of topics: those that nobody knew when they were stored, those an operator mapped.

Knows the labels of stored items, and one row a mapped name. Must never decide what a name means:
`ingest/retag` maps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from feeds.model import Label, TopicKind
from feeds.storage.engines import upsert
from feeds.storage.tables import is_shown, item_topics, items, topic_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A name nobody knows, and how many shown items bear it."""

    kind: TopicKind
    label: str
    items: int


def unknown_topics(connection: Connection) -> Sequence[Unknown]:
    """Every unknown name, the most frequent first."""
    count = func.count(item_topics.c.item.distinct())
    rows = connection.execute(
        select(item_topics.c.kind, item_topics.c.label, count)
        .join_from(item_topics, items)
        .where(item_topics.c.slug.is_(None), is_shown)
        .group_by(item_topics.c.kind, item_topics.c.label)
        .order_by(count.desc(), item_topics.c.kind, item_topics.c.label)
    )
    return [
        Unknown(kind=TopicKind(kind), label=label, items=number) for kind, label, number in rows
    ]


def map_name(connection: Connection, kind: TopicKind, name: str, slug: str) -> None:
    """``name`` stands for the topic from now on, whatever it stood for before."""
    upsert(connection, topic_names, [{"kind": kind.value, "name": name, "slug": slug}])


def mapped_names(connection: Connection) -> Sequence[Label]:
    """The names an operator mapped, for `Taxonomy.known_as`."""
    columns = (topic_names.c.kind, topic_names.c.name, topic_names.c.slug)
    rows = connection.execute(select(*columns).order_by(topic_names.c.kind, topic_names.c.name))
    return [Label(kind=TopicKind(kind), text=name, slug=slug) for kind, name, slug in rows]


def labelled(connection: Connection, *, unknown: bool) -> Sequence[int]:
    """The numbers of the items that bear a name, those with an ``unknown`` one alone if wanted."""
    which = select(item_topics.c.item).where(item_topics.c.direct).distinct()
    if unknown:
        which = which.where(item_topics.c.slug.is_(None))
    return connection.scalars(which.order_by(item_topics.c.item)).all()
