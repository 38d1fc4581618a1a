"""What is remembered of items, as far as deciding about a draft needs it.

Knows the keys and hashes items are found by. Must never know what is decided.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from feeds.ingest.decide import Known, substance
from feeds.model import Issued, IssuedFrom
from feeds.storage.tables import item_keys, items

__all__ = ["Place", "by_hash", "by_key", "places"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stored item stands: its number, and its last significant change."""

    number: int
    updated_at: datetime


def by_key(connection: Connection, source: str, keys: Collection[str]) -> Mapping[str, Known]:
    """The items known by these keys of a source."""
    where = (item_keys.c.source == source, item_keys.c.key.in_(keys))
    query = select(item_keys.c.key, *_KNOWN).join_from(item_keys, items).where(*where)
    return {row.key: _known(row) for row in connection.execute(query)}


def by_hash(connection: Connection, hashes: Collection[str]) -> Mapping[str, Known]:
    """The items that say the very same; where there are several, the first."""
    query = select(*_KNOWN).where(items.c.content_hash.in_(hashes))
    rows = connection.execute(query.order_by(items.c.number.desc()))
    return {row.content_hash: _known(row) for row in rows}


def places(connection: Connection, slugs: Collection[str]) -> Mapping[str, Place]:
    """Where the items of these slugs stand."""
    query = select(items.c.slug, items.c.number, items.c.updated_at)
    rows = connection.execute(query.where(items.c.slug.in_(slugs)))
    return {row.slug: Place(number=row.number, updated_at=row.updated_at) for row in rows}


_KNOWN = (
    items.c.slug,
    items.c.revision,
    items.c.content_hash,
    items.c.title,
    items.c.summary,
    items.c.body,
    items.c.issued_on,
    items.c.issued_at,
    items.c.issued_from,
)


def _known(row: Row[*tuple[Any, ...]]) -> Known:
    return Known(
        slug=row.slug,
        revision=row.revision,
        content_hash=row.content_hash,
        substance=substance(row.title, row.summary, row.body, _issued(row)),
    )


def _issued(row: Row[*tuple[Any, ...]]) -> Issued | None:
    if row.issued_on is None:
        return None
    return Issued(day=row.issued_on, at=row.issued_at, origin=IssuedFrom(row.issued_from))
