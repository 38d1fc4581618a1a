"""Topics as they are remembered: names nobody knew, names an operator mapped, and what ended.

Knows the labels of stored items, one row a mapped name and one a topic there was. Must never decide
what a name means, or what became of a topic: `ingest/retag` does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select, tuple_

from feeds.model import Ending, Label, TopicKind, TopicRecord, TopicRef
from feeds.storage.engines import upsert
from feeds.storage.tables import constants, is_shown, item_topics, items, topic_names, topics

_TAXONOMY = "taxonomy.fingerprint"


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


# -- What became of topics -------------------------------------------------------------------------


def followed(connection: Connection) -> str | None:
    """The fingerprint of the taxonomy that everything is filed by."""
    return connection.scalar(select(constants.c.value).filter_by(name=_TAXONOMY))


def follow(connection: Connection, fingerprint: str) -> None:
    """Everything is filed by the taxonomy of this fingerprint."""
    upsert(connection, constants, [{"name": _TAXONOMY, "value": fingerprint}])


def remembered(connection: Connection, *, ended: bool = False) -> Sequence[TopicRecord]:
    """Every topic there was, or those that ended alone, by kind and slug."""
    query = select(topics).order_by(topics.c.kind, topics.c.slug)
    rows = connection.execute(query.where(topics.c.ending.is_not(None)) if ended else query)
    return [
        TopicRecord(
            ref=TopicRef(TopicKind(row.kind), row.slug),
            label=row.label,
            first_slug=row.first_slug,
            ending=Ending(row.ending) if row.ending else None,
            at=row.ended_at,
            into=TopicRef(TopicKind(row.kind), row.into) if row.into else None,
            held=tuple(row.held),
        )
        for row in rows
    ]


def remember(connection: Connection, records: Collection[TopicRecord]) -> None:
    """The topics are remembered so."""
    rows = [
        {
            "kind": each.ref.kind.value,
            "slug": each.ref.slug,
            "label": each.label,
            "first_slug": each.first_slug,
            "ending": each.ending.value if each.ending else None,
            "ended_at": each.at,
            "into": each.into.slug if each.into else None,
            "held": list(each.held),
        }
        for each in records
    ]
    upsert(connection, topics, rows)


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
