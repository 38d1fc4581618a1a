"""Items for tests of publishing: the site they are shown on, and the store they are put into.

Knows how ingest would store what it understood. Must never know what publishing makes of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from feeds.draft import Draft
from feeds.identity.decide import Known, first_updated, revised_updated
from feeds.identity.ids import Identity, content_hash, item_slug
from feeds.model import Fresh, Issued, IssuedFrom, Item, TopicKind, TopicRef
from feeds.publish.build import SiteBuilder
from feeds.publish.feed import FeedRef
from feeds.publish.past.archive import NO_PAGES
from feeds.publish.site import Site, SourceTerms
from feeds.selection import Place
from feeds.storage import entries, write_items
from feeds.storage.database import Database, next_numbers
from feeds.storage.engines import upsert
from feeds.storage.entries import Ready
from feeds.storage.read_items import whole_items
from feeds.storage.tables import originals
from feeds.storage.write_items import Revision
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING, SECRETARIAT, a_draft

IDENTITY = Identity("news.example.org", date(2026, 1, 1))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_site(**changes: Any) -> Site:
    """An English site in Vienna that may show its own folder's texts in full, others' not."""
    site = Site(
        title="OSCE news",
        organisation="OSCE",
        url="https://news.example.org",
        language="en",
        timezone=ZoneInfo("Europe/Vienna"),
        contact="news@example.org",
        identity=IDENTITY,
        terms=(
            SourceTerms(source="own", full_text=True),
            SourceTerms(source="web", full_text=False, credit="© OSCE, www.osce.org"),
        ),
        entries_per_feed=50,
        items_per_page=20,
    )
    return replace(site, **changes)


def an_item(**changes: Any) -> Item:
    """The item that comes of `a_draft`."""
    draft = a_draft()
    item = Item(
        number=1,
        change=1,
        uid=IDENTITY.item("aaaaaaaaaaaaaaaa"),
        slug="aaaaaaaaaaaaaaaa",
        source="own",
        title=draft.title,
        summary=draft.summary,
        body=draft.body,
        url=None,
        issued=None,
        dateline=None,
        language="en",
        content_type=draft.content_type,
        issuers=draft.issuers,
        fields=draft.fields,
        topics=frozenset({POLICING, SECRETARIAT, TopicRef(TopicKind.TYPE, "news")}),
        freshness=Fresh.NEWS,
        revision=1,
        first_seen_at=NOON,
        updated_at=NOON.replace(microsecond=1_001),
    )
    return replace(item, **changes)


def feed_page(builder: SiteBuilder, ref: FeedRef, *listed: Ready) -> str:
    """The page of a feed that has no history, with these items."""
    items = [(each.slug, each.html) for each in listed]
    [(path, made)] = builder.pages(ref, items, NO_PAGES, lambda _: None)
    assert path == f"{ref.page}index.html"
    return made.decode()


def issued(day: str) -> Issued:
    return Issued(day=date.fromisoformat(day), origin=IssuedFrom.LABEL)


def store(
    database: Database,
    taxonomy: Taxonomy,
    drafts: Sequence[Draft],
    *,
    source: str = "own",
    at: datetime = NOON,
    fresh: Fresh = Fresh.NEWS,
) -> Sequence[Item]:
    """Adds new items, as ingest would."""
    with database.writing() as connection:
        _have_an_original(connection)
        numbers = next_numbers(connection, "items", len(drafts))
        changes = next_numbers(connection, "changes", len(drafts))
        firsts = [
            _revision(_new(source, number, draft), taxonomy, change, at, fresh)
            for draft, number, change in zip(drafts, numbers, changes, strict=True)
        ]
        write_items.write(connection, firsts)
    with database.reading() as connection:
        return whole_items(connection, numbers)


def revise(database: Database, taxonomy: Taxonomy, item: Item, draft: Draft, at: datetime) -> None:
    """Gives an item its next revision, as ingest would; the change counts as significant."""
    with database.writing() as connection:
        (change,) = next_numbers(connection, "changes", 1)
        (stored,) = whole_items(connection, [item.number])
        known = replace(
            _new(item.source, item.number, draft),
            slug=item.slug,
            revision=stored.revision + 1,
            updated_at=revised_updated(at, change),
        )
        revision = _revision(known, taxonomy, change, at)
        is_back = stored.withdrawn_at is not None
        write_items.write(connection, [replace(revision, is_back=is_back)])


def latest(connection: Connection, place: Place, limit: int) -> list[int]:
    """The numbers of the items that became news last in a place, the newest first."""
    return [each.item for each in entries.latest(connection, place, limit)]


def _new(source: str, number: int, draft: Draft) -> Known:
    slug = item_slug(source, f"{draft.title} {number}")
    return Known(
        number=number,
        uid=IDENTITY.item(slug),
        slug=slug,
        revision=1,
        draft=replace(draft, language=draft.language or "en"),
        source=source,
        content_hash=content_hash(draft),
        group=slug,
    )


def _revision(
    known: Known, taxonomy: Taxonomy, change: int, at: datetime, fresh: Fresh = Fresh.NEWS
) -> Revision:
    first = first_updated(known.draft.issued, at, fresh, UTC, number=known.number, change=change)
    return Revision(
        known=replace(known, updated_at=known.updated_at or first),
        change=change,
        significant=True,
        implied=taxonomy.implied_by(known.draft.labels),
        digest="an original",
        recorded_at=at,
        group=known.number,
        freshness=fresh,
    )


def _have_an_original(connection: Connection) -> None:
    row = {"digest": "an original", "size": 1, "body": b"x"}
    upsert(connection, originals, [row], replace=False)
