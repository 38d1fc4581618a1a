"""Whole items, read back from their rows.

Knows how an item is spread over its tables. Must never know why somebody wants it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from feeds.model import Fresh, Item, Label, TopicKind
from feeds.storage import cells
from feeds.storage.tables import item_topics, items

__all__ = ["whole_items"]

#: The labels of an item by kind, those it names itself (True) and those they imply (False).
_Labels = Mapping[tuple[TopicKind, bool], Sequence[Label]]


def whole_items(connection: Connection, numbers: Sequence[int]) -> tuple[Item, ...]:
    """The items of these numbers that exist, in the order of their numbers."""
    if not numbers:
        return ()
    rows = connection.execute(
        select(items).where(items.c.number.in_(numbers)).order_by(items.c.number)
    ).all()
    labels = _labels(connection, numbers)
    return tuple(_item(row, labels[row.number]) for row in rows)


def _labels(connection: Connection, numbers: Sequence[int]) -> Mapping[int, _Labels]:
    columns = (item_topics.c.item, item_topics.c.kind, item_topics.c.label, item_topics.c.slug)
    rows = connection.execute(
        select(*columns, item_topics.c.direct)
        .where(item_topics.c.item.in_(numbers))
        .order_by(item_topics.c.item, item_topics.c.position)
    )
    found: defaultdict[int, defaultdict[tuple[TopicKind, bool], list[Label]]]
    found = defaultdict(lambda: defaultdict(list))
    for item, kind, text, slug, direct in rows:
        label = Label(kind=TopicKind(kind), text=text, slug=slug)
        found[item][label.kind, direct].append(label)
    return found


def _item(row: Row[*tuple[Any, ...]], labels: _Labels) -> Item:
    kinds = labels.get((TopicKind.TYPE, True), ())
    return Item(
        number=row.number,
        change=row.change,
        uid=row.uid,
        slug=row.slug,
        source=row.source,
        title=row.title,
        summary=row.summary,
        body=row.body,
        url=row.url,
        issued=cells.issued(row),
        dateline=row.dateline,
        language=row.language,
        content_type=kinds[0] if kinds else None,
        issuers=tuple(labels.get((TopicKind.ISSUER, True), ())),
        fields=tuple(labels.get((TopicKind.FIELD, True), ())),
        topics=frozenset(label.ref for each in labels.values() for label in each if label.ref),
        freshness=Fresh(row.freshness),
        revision=row.revision,
        first_seen_at=row.first_seen_at,
        updated_at=row.updated_at,
        countries=tuple(labels.get((TopicKind.COUNTRY, True), ())),
        markup=row.markup,
        enclosures=cells.enclosures(row.enclosures),
        provenance=cells.provenance(row.provenance),
        marks=cells.marks(row.marks),
    )
