"""Stored items as deciding about drafts needs them: whole, with their groups and recent past.

Knows how an item is spread over its tables. Must never know how it was found.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select

from feeds.draft import Draft
from feeds.identity.decide import Known
from feeds.model import Label, TopicKind
from feeds.storage import cells
from feeds.storage.tables import item_topics, items, revisions

__all__ = ["knowns", "parts"]

_T = TypeVar("_T")

#: SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
_VALUES_AT_ONCE = 5_000


def knowns(
    connection: Connection, numbers: Collection[int], since: datetime
) -> Mapping[int, Known]:
    """The items of these numbers and of their groups, by number."""
    found: dict[int, Known] = {}
    for some in parts(sorted(numbers)):
        groups = select(items.c.group).where(items.c.number.in_(some))
        rows = connection.execute(select(*_KNOWN).where(items.c.group.in_(groups))).all()
        its_labels = _labels(connection, [row.number for row in rows])
        recent = _recent(connection, [row.number for row in rows], since)
        slugs = {row.number: row.slug for row in rows}
        for row in rows:
            group = slugs.get(row.group, row.slug)
            draft = _draft(row, its_labels.get(row.number, ()))
            found[row.number] = _known(row, draft, group, recent.get(row.number, ()))
    return found


def parts(values: Collection[_T], most: int = _VALUES_AT_ONCE) -> Iterator[list[_T]]:
    """The values, ``most`` at a time, or as many as a statement can take."""
    rest = iter(values)
    while part := list(islice(rest, most)):
        yield part


_KNOWN = (
    items.c.number,
    items.c.slug,
    items.c.uid,
    items.c.source,
    items.c.revision,
    items.c.content_hash,
    items.c.title,
    items.c.summary,
    items.c.body,
    items.c.markup,
    items.c.partial,
    items.c.url,
    items.c.issued_on,
    items.c.issued_at,
    items.c.issued_from,
    items.c.dateline,
    items.c.language,
    items.c.enclosures,
    items.c.provenance,
    items.c.marks,
    items.c.group,
    items.c.withdrawn_at,
)


def _labels(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Sequence[Label]]:
    """The topics these items name themselves, in the order printed."""
    its: defaultdict[int, list[Label]] = defaultdict(list)
    columns = (item_topics.c.item, item_topics.c.kind, item_topics.c.label, item_topics.c.slug)
    for some in parts(numbers):
        where = (item_topics.c.item.in_(some), item_topics.c.direct)
        query = select(*columns).where(*where)
        rows = connection.execute(query.order_by(item_topics.c.item, item_topics.c.position))
        for item, kind, text, slug in rows:
            its[item].append(Label(kind=TopicKind(kind), text=text, slug=slug))
    return its


def _recent(
    connection: Connection, numbers: Sequence[int], since: datetime
) -> Mapping[int, Sequence[datetime]]:
    """When these items were revised since then; their first telling is no revision."""
    times: defaultdict[int, list[datetime]] = defaultdict(list)
    query = select(revisions.c.item, revisions.c.recorded_at)
    for some in parts(numbers):
        where = (revisions.c.item.in_(some), revisions.c.revision > 1)
        for item, at in connection.execute(query.where(*where, revisions.c.recorded_at > since)):
            times[item].append(at)
    return times


def _known(
    row: Row[*tuple[Any, ...]], draft: Draft, group: str, revised: Sequence[datetime]
) -> Known:
    return Known(
        slug=row.slug,
        uid=row.uid,
        revision=row.revision,
        draft=draft,
        source=row.source,
        content_hash=row.content_hash,
        group=group,
        revised=tuple(revised),
        is_withdrawn=row.withdrawn_at is not None,
    )


def _draft(row: Row[*tuple[Any, ...]], labels: Sequence[Label]) -> Draft:
    kinds = _of(TopicKind.TYPE, labels)
    return Draft(
        form="",
        title=row.title,
        summary=row.summary,
        paragraphs=tuple(row.body.split("\n\n")) if row.body else (),
        markup=row.markup,
        partial=row.partial,
        url=row.url,
        provenance=cells.provenance(row.provenance),
        issued=cells.issued(row),
        dateline=row.dateline,
        language=row.language,
        content_type=kinds[0] if kinds else None,
        issuers=_of(TopicKind.ISSUER, labels),
        fields=_of(TopicKind.FIELD, labels),
        countries=_of(TopicKind.COUNTRY, labels),
        enclosures=cells.enclosures(row.enclosures),
        marks=cells.marks(row.marks),
    )


def _of(kind: TopicKind, labels: Sequence[Label]) -> tuple[Label, ...]:
    return tuple(label for label in labels if label.kind is kind)
