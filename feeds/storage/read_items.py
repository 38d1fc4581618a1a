"""Items out of their rows: whoever needs some of them reads them here.

Knows how an item is spread over its tables, and how its cells are spelt. Must never know why
somebody wants it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, UnaryExpression, func, literal, select

from feeds.model import (
    Author,
    Enclosure,
    Fresh,
    Issued,
    IssuedFrom,
    Item,
    Label,
    Mark,
    Provenance,
    TopicKind,
)
from feeds.selection import LANGUAGE
from feeds.storage.tables import is_shown, item_topics, items, revisions

_T = TypeVar("_T")

#: SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
_VALUES_AT_ONCE = 5_000

#: All columns, and the same without the texts, which are most of a row.
_WHOLE = tuple(items.c)
_BRIEF = tuple(
    literal("").label(column.name) if column.name in {"body", "markup"} else column
    for column in items.c
)

#: The labels of an item by kind, those it names itself (True) and those they imply (False).
_Labels = Mapping[tuple[TopicKind, bool], Sequence[Label]]


def whole_items(connection: Connection, numbers: Collection[int]) -> Sequence[Item]:
    """The items of these numbers that exist, in the order of their numbers."""
    return [
        item
        for some in parts(sorted(numbers))
        for item in read(connection, items.c.number.in_(some))
    ]


def news(connection: Connection, after: int, upto: int) -> Sequence[Item]:
    """What was news among the items numbered in ``(after, upto]``, newest first, texts left out.

    What is archived, withdrawn or merged is never mailed.
    """
    window = (items.c.number > after, items.c.number <= upto, items.c.freshness == Fresh.NEWS)
    return read(connection, *window, is_shown, order=items.c.number.desc(), brief=True)


def latest_number(connection: Connection) -> int:
    """The number of the latest item, 0 where there is none."""
    return connection.scalar(select(func.max(items.c.number))) or 0


def number_of(connection: Connection, name: str) -> int | None:
    """The number of the item that has this id or slug; an id is not always made of a slug."""
    by_id = connection.scalar(select(items.c.number).where(items.c.uid == name))
    return by_id or connection.scalar(select(items.c.number).where(items.c.slug == name))


def whose(connection: Connection, number: int) -> tuple[str, str]:
    """The source whose words an item has, and its address, "" where it has none."""
    row = connection.execute(
        select(items.c.source, items.c.url).where(items.c.number == number)
    ).one()
    return row.source, row.url or ""


def numbers_of(connection: Connection, slugs: Collection[str]) -> Mapping[str, int]:
    """The numbers of the items of these slugs that exist."""
    query = select(items.c.slug, items.c.number)
    rows = (connection.execute(query.where(items.c.slug.in_(some))) for some in parts(slugs))
    return {slug: number for found in rows for slug, number in found}


def taken(connection: Connection, uids: Collection[str]) -> Collection[str]:
    """Those of these ids that items have."""
    query = select(items.c.uid)
    return {
        uid
        for some in parts(uids)
        for uid in connection.scalars(query.where(items.c.uid.in_(some)))
    }


def last_digests(connection: Connection, numbers: Collection[int]) -> Mapping[int, str]:
    """The original each of these items was last read from."""
    query = select(revisions.c.item, revisions.c.digest).where(revisions.c.item.in_(numbers))
    rows = connection.execute(query.order_by(revisions.c.item, revisions.c.revision))
    return {row.item: row.digest for row in rows}


def read(
    connection: Connection,
    *where: ColumnElement[bool],
    order: ColumnElement[Any] | UnaryExpression[Any] = items.c.number,
    limit: int | None = None,
    brief: bool = False,
) -> Sequence[Item]:
    """The items that are as ``where`` says; the ``brief`` ones are without body and markup."""
    query = select(*(_BRIEF if brief else _WHOLE)).where(*where).order_by(order).limit(limit)
    rows = connection.execute(query).all()
    labels = _labels(connection, [row.number for row in rows])
    return [_item(row, labels[row.number]) for row in rows]


def parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    """The values, as many at a time as a statement can take."""
    rest = iter(values)
    while part := list(islice(rest, _VALUES_AT_ONCE)):
        yield part


def _labels(connection: Connection, numbers: Sequence[int]) -> Mapping[int, _Labels]:
    columns = (item_topics.c.item, item_topics.c.kind, item_topics.c.label, item_topics.c.slug)
    found: defaultdict[int, defaultdict[tuple[TopicKind, bool], list[Label]]]
    found = defaultdict(lambda: defaultdict(list))
    for some in parts(numbers):
        rows = connection.execute(
            select(*columns, item_topics.c.direct)
            .where(item_topics.c.item.in_(some), item_topics.c.kind != LANGUAGE)
            .order_by(item_topics.c.item, item_topics.c.position)
        )
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
        issued=_issued(row),
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
        authors=tuple(Author(**each) for each in row.authors),
        enclosures=tuple(
            Enclosure(
                url=each["url"], media_type=each["type"], length=each["length"], title=each["title"]
            )
            for each in row.enclosures
        ),
        provenance=_provenance(row.provenance),
        marks=frozenset(map(Mark, row.marks.split())),
        group=row.group,
        content_hash=row.content_hash,
        partial=row.partial,
        is_withdrawn=row.withdrawn_at is not None,
    )


def _issued(row: Row[*tuple[Any, ...]]) -> Issued | None:
    if row.issued_on is None:
        return None
    return Issued(day=row.issued_on, at=row.issued_at, origin=IssuedFrom(row.issued_from))


def _provenance(cell: Mapping[str, Any] | None) -> Provenance | None:
    if cell is None:
        return None
    updated = cell["feed_updated"]
    told = {
        "feed_updated": datetime.fromisoformat(updated) if updated else None,
        "feed_authors": tuple(Author(**each) for each in cell["feed_authors"]),
    }
    return Provenance(**{**cell, **told})
