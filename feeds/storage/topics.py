"""Topics as they are remembered: names nobody knew, names an operator mapped, what is filed where.

Knows the labels of stored items, and one row a mapped name. Must never decide what a name means:
`ingest/retag` does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select, tuple_

from feeds.model import Label, TopicKind, TopicRef
from feeds.storage.engines import upsert
from feeds.storage.tables import is_shown, item_topics, items, topic_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A name nobody knows, and how many shown items bear it."""

    kind: TopicKind
    label: str
    items: int


def unknown_topics(connection: Connection, lost: Collection[TopicRef] = ()) -> Sequence[Unknown]:
    """Every unknown name, and those of topics that are ``lost``, the most frequent first."""
    count = func.count(item_topics.c.item.distinct())
    rows = connection.execute(
        select(item_topics.c.kind, item_topics.c.label, count)
        .join_from(item_topics, items)
        .where(or_(item_topics.c.slug.is_(None), _is_under(lost)), item_topics.c.direct, is_shown)
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


def labelled(connection: Connection, lost: Collection[TopicRef] | None) -> Sequence[int]:
    """The numbers of the items that bear a name, or those alone with an unknown one or one of the
    ``lost`` topics.
    """
    which = select(item_topics.c.item).where(item_topics.c.direct).distinct()
    if lost is not None:
        which = which.where(or_(item_topics.c.slug.is_(None), _is_under(lost)))
    return connection.scalars(which.order_by(item_topics.c.item)).all()


def in_use(connection: Connection) -> Sequence[TopicRef]:
    """All topics that items are filed under."""
    its_kind = item_topics.c.kind.in_([kind.value for kind in TopicKind])
    query = select(item_topics.c.kind, item_topics.c.slug).where(its_kind).distinct()
    rows = connection.execute(query.where(item_topics.c.slug.is_not(None)))
    return sorted(TopicRef(TopicKind(kind), slug) for kind, slug in rows)


def filed_under(
    connection: Connection, refs: Collection[TopicRef], after: int, limit: int
) -> Sequence[int]:
    """The numbers of the first items ``after`` one filed under any of these topics, hidden ones
    too.
    """
    is_next = item_topics.c.item > after
    query = select(item_topics.c.item).where(is_next, _is_under(refs)).distinct()
    return connection.scalars(query.order_by(item_topics.c.item).limit(limit)).all()


def _is_under(refs: Collection[TopicRef]) -> ColumnElement[bool]:
    return tuple_(item_topics.c.kind, item_topics.c.slug).in_([ref.place for ref in refs])
