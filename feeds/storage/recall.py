"""What is remembered of items, as far as deciding about drafts needs it.

Knows the keys, names, hashes and traits items are found by. Must never know what is decided.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from feeds.identity.decide import Role
from feeds.identity.known import NEAR_EACH, Candidate, Link, Memory
from feeds.identity.likeness import opening_key, title_key
from feeds.storage.database import next_numbers
from feeds.storage.knowns import knowns, parts
from feeds.storage.tables import item_keys, items

# So many of those that share a trait are looked at in all.
_NEAR_AT_ONCE = 2_000
# A dateline differs from the publishing date by a day either way.
_DAYS_APART = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stored item stands: its number, its group's, and its last significant change."""

    number: int
    group: int
    updated_at: datetime


def hold_order(connection: Connection) -> None:
    """Nobody else numbers items or changes until this transaction ends, nor decides about any.

    Two who ingest at once would otherwise both add what both see for the first time.
    """
    next_numbers(connection, "changes", 0)


def recall(
    connection: Connection,
    memory: Memory,
    source: str,
    candidates: Collection[Candidate],
    since: datetime,
) -> None:
    """``memory`` knows all that is stored of the candidates, with the revisions ``since`` then."""
    keys = {key for one in candidates for key in one.keys}
    names = {name for one in candidates for name in (*one.names, *one.others)}
    rows = [*_keyed(connection, source, keys), *_keyed(connection, "", names)]
    numbers = {row.item for row in rows}
    numbers.update(_saying(connection, {one.content_hash for one in candidates}))
    numbers.update(_near(connection, candidates))
    found = knowns(connection, numbers, since)
    memory.recall(
        items=[found[number] for number in sorted(found)],
        links={row.key: _link(row, found[row.item].slug) for row in rows if row.source},
        names={row.key: found[row.item].slug for row in rows if not row.source},
    )


def places(connection: Connection, slugs: Collection[str]) -> Mapping[str, Place]:
    """Where the items of these slugs stand."""
    if not slugs:
        return {}
    query = select(items.c.slug, items.c.number, items.c.group, items.c.updated_at)
    return {
        row.slug: Place(number=row.number, group=row.group, updated_at=row.updated_at)
        for some in parts(slugs)
        for row in connection.execute(query.where(items.c.slug.in_(some)))
    }


def number_of(connection: Connection, name: str) -> int | None:
    """The number of the item that has this id or slug; an id is not always made of a slug."""
    by_id = connection.scalar(select(items.c.number).where(items.c.uid == name))
    return by_id or connection.scalar(select(items.c.number).where(items.c.slug == name))


def _keyed(
    connection: Connection, source: str, keys: Collection[str]
) -> Iterator[Row[*tuple[Any, ...]]]:
    for some in parts(keys):
        where = (item_keys.c.source == source, item_keys.c.key.in_(some))
        yield from connection.execute(select(item_keys).where(*where))


def _link(row: Row[*tuple[Any, ...]], slug: str) -> Link:
    return Link(
        slug=slug,
        role=Role(row.role),
        document=row.document,
        told_hash=row.content_hash,
        is_gone=row.gone_at is not None,
    )


def _saying(connection: Connection, hashes: Collection[str]) -> Iterator[int]:
    """The items that say the very same."""
    for some in parts(hashes):
        query = select(items.c.number).where(items.c.content_hash.in_(some))
        yield from connection.scalars(query.order_by(items.c.number.desc()).limit(_NEAR_AT_ONCE))


def _near(connection: Connection, candidates: Collection[Candidate]) -> Iterator[int]:
    """The newest items that share a trait, a few for each, issued together or nobody knows."""
    titles: defaultdict[int, set[date | None]] = defaultdict(set)
    openings: defaultdict[int, set[date | None]] = defaultdict(set)
    for one in candidates:
        day = one.draft.issued.day if one.draft.issued else None
        if (title := title_key(one.draft.title)) is not None:
            titles[title].add(day)
        if (opening := opening_key(one.draft)) is not None:
            openings[opening].add(day)
    for column, days_of in ((items.c.title_key, titles), (items.c.opening_key, openings)):
        taken: defaultdict[int, int] = defaultdict(int)
        for some in parts(days_of):
            for key, number, issued in _sharing(connection, column, some):
                if taken[key] < NEAR_EACH and _is_near(issued, days_of[key]):
                    taken[key] += 1
                    yield number


def _sharing(
    connection: Connection, column: ColumnElement[int | None], keys: Sequence[int]
) -> Sequence[tuple[int, int, date | None]]:
    query = select(column, items.c.number, items.c.issued_on).where(column.in_(keys))
    rows = connection.execute(query.order_by(items.c.number.desc()).limit(_NEAR_AT_ONCE))
    return [(key, number, issued) for key, number, issued in rows if key is not None]


def _is_near(issued: date | None, days: Collection[date | None]) -> bool:
    if issued is None or None in days:
        return True
    return any(day and abs((day - issued).days) <= _DAYS_APART for day in days)
