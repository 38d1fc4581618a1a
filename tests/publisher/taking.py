"""What is at the addresses of a website, taken into a store: real HTTP, real parsers.

Knows what a daemon does at each beat. Must never know what the website says.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from threading import Event
from typing import Any

from sqlalchemy import Row, select

from feeds.draft import Habits
from feeds.fetch.client import Fetcher
from feeds.identity.ids import Identity
from feeds.ingest import Terms
from feeds.ingest.pipeline import ingest
from feeds.ingest.poll import poll
from feeds.ingest.report import IngestReport
from feeds.model import Progress
from feeds.parse import understand
from feeds.sources import CrawlScope
from feeds.sources.ask import Asking
from feeds.sources.website import WebSource
from feeds.storage import documents, overview
from feeds.storage.database import Database
from feeds.storage.tables import items
from feeds.taxonomy import Taxonomy
from tests.publisher.remembered import EVERY, fetching
from tests.publisher.server import Handler, Publisher, publishing

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Desk:
    """Takes what is at the addresses of a site into a store."""

    store: Database
    taxonomy: Taxonomy
    publisher: Publisher
    fetcher: Fetcher
    now: datetime = NOW
    habits: Habits = field(default_factory=Habits)
    stopping: Event = field(default_factory=Event)

    def ingest(
        self,
        start: str,
        listing_pages: int = 1,
        *,
        follow: bool = True,
        complete: bool = False,
        progress: Progress | None = None,
    ) -> IngestReport:
        self.now += EVERY
        scope = CrawlScope(listing_pages=listing_pages, follow=follow, complete=complete)
        source = self._source(start, scope)
        terms = _terms(source.name, self.taxonomy, now=self.now, batch=7, habits=self.habits)
        return ingest(self.store, source, terms, stopping=self.stopping, progress=progress)

    def _source(self, start: str, scope: CrawlScope) -> WebSource:
        name = start.strip("/").replace(".", "-")
        with self.store.reading() as connection:
            set_aside = documents.set_aside(connection, name)
        return WebSource(
            url=self.publisher.at(start),
            asking=Asking(
                source=name,
                fetcher=self.fetcher,
                originals=partial(self._original, name),
                set_aside=set_aside,
            ),
            understand=partial(understand, taxonomy=self.taxonomy, habits=self.habits),
            scope=scope,
            every=EVERY,
            stopping=self.stopping,
        )

    def _original(self, source: str, name: str) -> bytes | None:
        with self.store.reading() as connection:
            return documents.latest(connection, source, name)

    @property
    def items(self) -> Mapping[str, date | None]:
        """The day of each item, by its title."""
        with self.store.reading() as connection:
            listed = overview.item_list(connection, None, 1_000)
        assert len({item.title for item in listed}) == len(listed)
        return {item.title: item.issued for item in listed}

    @property
    def rows(self) -> Sequence[Row[Any]]:
        """Every item as it is stored, in the order they came."""
        with self.store.reading() as connection:
            return connection.execute(select(items).order_by(items.c.number)).all()

    @property
    def places(self) -> Sequence[str]:
        """Where each item is said to be on the site, in the order they came."""
        return [row.url.removeprefix(self.publisher.at("")) for row in self.rows]


@contextmanager
def desk(store: Database, taxonomy: Taxonomy, site: Handler) -> Iterator[Desk]:
    with publishing(site) as publisher, fetching() as fetcher:
        yield Desk(store=store, taxonomy=taxonomy, publisher=publisher, fetcher=fetcher)


def polled(store: Database, taxonomy: Taxonomy, source: WebSource) -> IngestReport:
    """What one look of the daemon's at a source brought."""
    terms = _terms(source.name, taxonomy, now=NOW, batch=50)
    return poll(store, [source], lambda _: terms)


def _terms(name: str, taxonomy: Taxonomy, *, now: datetime, batch: int, **more: Any) -> Terms:
    return Terms(
        source=name,
        taxonomy=taxonomy,
        identity=Identity("example.org", date(2026, 1, 1)),
        now=now,
        zone=UTC,
        batch=batch,
        archive_after_days=7,
        **more,
    )
