"""Items out of their rows: whoever needs some of them reads them here.

Knows how an item is spread over its tables, and how its cells are spelt. Must never know why
somebody wants it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    UnaryExpression,
    and_,
    bindparam,
    func,
    literal,
    not_,
    select,
    tuple_,
)

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
    Rights,
    TopicKind,
)
from feeds.selection import LANGUAGE
from feeds.storage.columns import among
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

#: Whether an item changed in ``(after, upto]``, values of whoever asks.
in_span = and_(items.c.change > bindparam("after"), items.c.change <= bindparam("upto"))

#: The labels of an item by kind, those it names itself (True) and those they imply (False).
_Labels = Mapping[tuple[TopicKind, bool], Sequence[Label]]


class NamedItem(NamedTuple):
    """What another item's page says of an item."""

    number: int
    slug: str
    title: str
    language: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The items that the page of one item leads to: the one that became news before it, the one
    after it, and those that say the same in other languages.
    """

    earlier: NamedItem | None = None
    later: NamedItem | None = None
    versions: Sequence[NamedItem] = ()


def whole_items(connection: Connection, numbers: Collection[int]) -> Sequence[Item]:
    """The items of these numbers that exist, in the order of their numbers."""
    return [
        item
        for some in parts(sorted(numbers))
        for item in _read(connection, connection.execute(_OF_NUMBERS, {"numbers": some}).all())
    ]


def shown(connection: Connection, numbers: Collection[int]) -> Sequence[Item]:
    """Those of these items that are shown, texts left out."""
    return [
        item
        for some in parts(sorted(numbers))
        for item in read(connection, items.c.number.in_(some), is_shown, brief=True)
    ]


def surroundings(connection: Connection, numbers: Collection[int]) -> Mapping[int, Surroundings]:
    """What is around each of these items, as far as it is shown."""
    found = {
        row.number: row
        for some in parts(numbers)
        for row in connection.execute(_AROUND_NUMBERS, {"numbers": some})
    }
    groups: defaultdict[int, list[NamedItem]] = defaultdict(list)
    for some in parts({row.group for row in found.values()}):
        for group, *named in connection.execute(_NAMED_OF_GROUPS, {"groups": some}):
            groups[group].append(NamedItem(*named))
    beside = {number for row in found.values() for number in (row.earlier, row.later) if number}
    names = {
        row.number: NamedItem(*row)
        for some in parts(beside)
        for row in connection.execute(_NAMED_OF_NUMBERS, {"numbers": some})
    }
    return {
        number: Surroundings(
            earlier=names.get(row.earlier),
            later=names.get(row.later),
            versions=[each for each in groups[row.group] if each.number != number],
        )
        for number, row in found.items()
    }


def surrounding(connection: Connection, after: int, upto: int) -> Sequence[int]:
    """The items that did not change in ``(after, upto]``, and whose surroundings may have."""
    span = {"after": after, "upto": upto}
    rows = connection.execute(_AROUND_CHANGED, span).all()
    beside = {number for row in rows for number in (row.earlier, row.later) if number}
    groups = {row.group for row in rows}
    return sorted(
        {
            number
            for query, values in ((_UNCHANGED, beside), (_UNCHANGED_OF_GROUPS, groups))
            for some in parts(values)
            for number in connection.scalars(query, span | {"values": some})
        }
    )


def latest_number(connection: Connection) -> int:
    """The number of the latest item, 0 where there is none."""
    return connection.scalar(select(func.max(items.c.number))) or 0


def changed_numbers(connection: Connection, after: int, upto: int) -> frozenset[int]:
    """The numbers of all items changed in ``(after, upto]``, hidden ones too."""
    span = {"after": after, "upto": upto}
    return frozenset(connection.scalars(_CHANGED_NUMBERS, span))


def shown_of(connection: Connection, numbers: Sequence[int]) -> tuple[int, ...]:
    """Those of the items that are shown, in the order given."""
    query = select(items.c.number).where(among(items.c.number, numbers), is_shown)
    found = frozenset(connection.scalars(query))
    return tuple(number for number in numbers if number in found)


def number_of(connection: Connection, name: str) -> int | None:
    """The number of the item that has this id or slug; an id is not always made of a slug."""
    by_id = connection.scalar(select(items.c.number).where(items.c.uid == name))
    return by_id or connection.scalar(select(items.c.number).where(items.c.slug == name))


def number_named(connection: Connection, name: str) -> int | None:
    """The number of the item that an id, an address of its page or a slug names."""
    return number_of(connection, name) or number_of(connection, name.rstrip("/").rpartition("/")[2])


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
    query = select(revisions.c.item, revisions.c.digest).where(among(revisions.c.item, numbers))
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
    return _read(connection, connection.execute(query).all())


def _read(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> Sequence[Item]:
    labels = _labels(connection, [row.number for row in rows])
    return [_item(row, labels[row.number]) for row in rows]


def parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    """The values, as many at a time as a statement can take that is put together once."""
    rest = iter(values)
    while part := list(islice(rest, _VALUES_AT_ONCE)):
        yield part


# Statements that are asked for again and again, each put together once.
_NAMED = (items.c.number, items.c.slug, items.c.title, items.c.language, items.c.url)
_CHANGED_NUMBERS = select(items.c.number).where(in_span)
_of_numbers = items.c.number.in_(bindparam("numbers", expanding=True))
_OF_NUMBERS = select(*_WHOLE).where(_of_numbers).order_by(items.c.number)
_NAMED_OF_NUMBERS = select(*_NAMED).where(_of_numbers)
_NAMED_OF_GROUPS = (
    select(items.c.group, *_NAMED)
    .where(items.c.group.in_(bindparam("groups", expanding=True)), is_shown)
    .order_by(items.c.number)
)
_UNCHANGED, _UNCHANGED_OF_GROUPS = (
    select(items.c.number).where(
        column.in_(bindparam("values", expanding=True)), is_shown, not_(in_span)
    )
    for column in (items.c.number, items.c.group)
)
_LABELS = (
    select(*(item_topics.c.item, item_topics.c.kind, item_topics.c.label))
    .add_columns(item_topics.c.slug, item_topics.c.direct)
    .where(item_topics.c.item.in_(bindparam("numbers", expanding=True)))
    .where(item_topics.c.kind != LANGUAGE)
    .order_by(item_topics.c.item, item_topics.c.position)
)


def _beside(*, is_later: bool) -> ScalarSelect[int | None]:
    """A step in the index, however many items there are."""
    other = items.alias()
    here, there = (tuple_(each.c.news_at, each.c.number) for each in (items, other))
    order = (other.c.news_at, other.c.number)
    return (
        select(other.c.number)
        .where(there > here if is_later else there < here)
        .where(other.c.withdrawn_at.is_(None), other.c.retracted_at.is_(None))
        .where(other.c.merged_into.is_(None))
        .order_by(*order if is_later else (each.desc() for each in order))
        .limit(1)
        .correlate(items)
        .scalar_subquery()
    )


# Number and group of items, shown or not, and who is shown beside them.
_AROUND = select(
    items.c.number,
    items.c.group,
    _beside(is_later=False).label("earlier"),
    _beside(is_later=True).label("later"),
)
_AROUND_NUMBERS, _AROUND_CHANGED = (_AROUND.where(which) for which in (_of_numbers, in_span))


def _labels(connection: Connection, numbers: Sequence[int]) -> Mapping[int, _Labels]:
    found: defaultdict[int, defaultdict[tuple[TopicKind, bool], list[Label]]]
    found = defaultdict(lambda: defaultdict(list))
    for some in parts(numbers):
        rows = connection.execute(_LABELS, {"numbers": some})
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
        withdrawn_at=row.withdrawn_at,
        rights=Rights(*row.rights),
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
