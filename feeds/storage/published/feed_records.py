"""What has a feed of its own, or had one: what is known of each, so that no feed ends mute.

Knows one row a topic and one a saved selection there was. Must never decide what became of one:
`ingest/retag` does.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from feeds.model import Ending, FeedRecord
from feeds.storage.database import next_numbers
from feeds.storage.engines import upsert
from feeds.storage.tables import feed_records

#: Under this the fingerprint is kept of the taxonomy and the saved selections that everything is
#: filed by.
FOLLOWED = "followed.fingerprint"
#: Counts how often what is remembered became another.
TOLD = "feed_records"


def remembered(connection: Connection, key: tuple[str, str] | None = None) -> Sequence[FeedRecord]:
    """Everything that had a feed of its own, by kind and slug, or what is remembered by a ``key``
    alone.
    """
    query = select(feed_records).order_by(feed_records.c.kind, feed_records.c.slug)
    if key:
        query = query.filter_by(kind=key[0], slug=key[1])
    rows = connection.execute(query)
    return [
        FeedRecord(
            kind=row.kind,
            slug=row.slug,
            label=row.label,
            query=row.query,
            first_slug=row.first_slug,
            ending=Ending(row.ending) if row.ending else None,
            at=row.ended_at,
            into=row.into,
            held=tuple(row.held),
        )
        for row in rows
    ]


def remember(connection: Connection, records: Collection[FeedRecord]) -> None:
    """They are remembered so."""
    rows = [
        {
            "kind": each.kind,
            "slug": each.slug,
            "label": each.label,
            "query": each.query,
            "first_slug": each.first_slug,
            "ending": each.ending.value if each.ending else None,
            "ended_at": each.at,
            "into": each.into,
            "held": list(each.held),
        }
        for each in records
    ]
    if rows:
        upsert(connection, feed_records, rows)
        next_numbers(connection, TOLD, 1)
