"""What the sitemap lists of items, by its parts, and when each last changed as published.

Knows which items a part holds. Must never know XML, or when a page changes with others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from feeds.storage.engines import upsert
from feeds.storage.read_items import in_span
from feeds.storage.tables import is_shown, items, sitemaps

#: Items of one part of the sitemap, by number, which stays: a change rewrites one part, so that few
#: are cheap, while an index may name 50,000 parts (sitemaps.org).
PART_ITEMS = 500


class ListedPage(NamedTuple):
    """The page of an item as a sitemap asks for it."""

    slug: str
    url: str | None
    updated_at: datetime
    withdrawn_at: datetime | None
    is_shown: bool


def changed_parts(connection: Connection, after: int, upto: int) -> Sequence[int]:
    """The parts of the sitemap of the items changed in ``(after, upto]``, hidden ones too."""
    part = (items.c.number - 1) // PART_ITEMS + 1
    query = select(part).where(in_span).distinct().order_by(part)
    return connection.scalars(query, {"after": after, "upto": upto}).all()


def listed(connection: Connection, part: int) -> Sequence[ListedPage]:
    """The items of a part of the sitemap, hidden ones too."""
    gone_at = func.coalesce(items.c.retracted_at, items.c.withdrawn_at)
    columns = (items.c.slug, items.c.url, items.c.updated_at, gone_at)
    query = select(*columns, is_shown).where(
        items.c.number > (part - 1) * PART_ITEMS, items.c.number <= part * PART_ITEMS
    )
    return [ListedPage(*row) for row in connection.execute(query.order_by(items.c.number))]


def published(connection: Connection) -> Mapping[int, datetime | None]:
    """When each part of the sitemap last changed, as published; None for one without a page."""
    rows = connection.execute(select(sitemaps.c.part, sitemaps.c.changed_at))
    return {row.part: row.changed_at for row in rows}


def keep(connection: Connection, changed: Mapping[int, datetime | None]) -> None:
    """These parts are published."""
    rows = [{"part": part, "changed_at": at} for part, at in changed.items()]
    if rows:
        upsert(connection, sitemaps, rows)
