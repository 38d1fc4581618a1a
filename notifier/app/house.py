"""The composition root: settings become a house that works, opened and closed in order.

Knows every part and which other parts it needs. Must never decide anything itself.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from threading import Event
from typing import Self

from config.settings import Settings
from feeds.errors import StoreBusy, StoreError
from feeds.identity.ids import Identity
from feeds.ingest.poll import Gathering, Look
from feeds.ingest.report import IngestReport
from feeds.model import Progress
from feeds.publish.files import Files
from feeds.publish.rebuild import PublishReport, publish
from feeds.publish.site import Site
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.app import parts, sources
from notifier.digest.plan import Planner, PlanReport
from notifier.digest.render import Renderer
from notifier.mail import Transport
from notifier.mail.send import DeliveryReport, deliver
from notifier.model import Subscriber
from notifier.storage import VERSIONS
from notifier.storage.suppressions import Keyed
from notifier.subscribers import subscribe as subscribing
from notifier.subscribers.links import MailLinks
from notifier.subscribers.subscribe import Wishes

__all__ = ["App"]

#: 72 random bits name a subscriber in links and Message-IDs: among a million, two meet with a
#: chance of 1e-10, and then the unique key refuses the second.
PUBLIC_ID_BYTES = 9


_jitter = random.random  # noqa: S311 - spreads requests and retries, guards nothing


# Without slots: cached properties keep the parts that every beat works with.
@dataclass(frozen=True, kw_only=True)
class App:
    """One installation, open for work. Every method may be called from any thread."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    taxonomy: Taxonomy
    identity: Identity
    stopping: Event

    @classmethod
    @contextmanager
    def opened(
        cls, settings: Settings, *, clock: Callable[[], datetime], stopping: Event | None = None
    ) -> Iterator[Self]:
        """The house stands; a store that is new has its schema. Raises StoreError, TaxonomyError.

        ``stopping`` ends whatever waits for somebody else.
        An older store is left as it is: whoever runs it decides when it moves on.
        """
        taxonomy = parts.taxonomy(settings)
        with closing(Database.open(settings.store.url, VERSIONS)) as database:
            if database.is_new:
                database.migrate()
            if not database.is_current():
                raise StoreError("the store is of an older version: run `fieldfare migrate` first")
            app = cls(
                settings=settings,
                clock=clock,
                database=database,
                taxonomy=taxonomy,
                identity=parts.identity(database, settings, clock().date()),
                stopping=stopping or Event(),
            )
            with closing(app.gathering):
                yield app

    @cached_property
    def site(self) -> Site:
        return parts.site(self.settings, self.identity)

    @cached_property
    def keyed(self) -> Keyed:
        return Keyed(self.settings.signing_key)

    @cached_property
    def transport(self) -> Transport:
        return parts.transport(self.settings)

    @cached_property
    def planner(self) -> Planner:
        """What plans digests. Raises SettingsError where no secret signs their links."""
        url = self.settings.site.url
        renderer = Renderer(
            parts.sender(self.settings, self.identity),
            parts.topic_pages(self.taxonomy, url),
        )
        return Planner(
            database=self.database,
            render=renderer.render,
            links=MailLinks(base_url=url, secret=self.settings.signing_key),
            keyed=self.keyed,
            domain=parts.message_domain(self.settings),
            max_items=self.settings.mail.max_items,
        )

    @cached_property
    def gathering(self) -> Gathering:
        """What looks at the sources, and takes in what publishers and hubs hand over."""
        return Gathering(
            database=self.database,
            written=self.taxonomy,
            identity=self.identity,
            clock=self.clock,
            jitter=_jitter,
            sources=sources.Sources(
                settings=self.settings, database=self.database, clock=self.clock, jitter=_jitter
            ),
            rules=partial(sources.rules, self.settings),
            connected=partial(
                sources.fetcher, self.settings, now=self.clock, stopping=self.stopping
            ),
            hubs=sources.hubs(self.settings),
        )

    def ingest(self, names: Sequence[str] = (), look: Look | None = None) -> IngestReport:
        """What is new or changed at the sources is stored. Raises SourceError, StoreError."""
        return self.gathering.look(names, look or Look())

    def publish(
        self,
        *,
        everything: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> PublishReport:
        """Feeds and pages show what is stored. Raises PublishError."""
        return publish(
            self.database,
            self.taxonomy,
            Files(self.settings.publish.directory),
            self.site,
            everything=everything,
            stopping=stopping,
            progress=progress,
        )

    def subscribe(self, address: str, wishes: Wishes) -> Subscriber:
        """The address gets what is wished for, from what is ingested next."""
        return subscribing.subscribe(
            self.database,
            self.taxonomy,
            address,
            wishes,
            parts.assumed(self.settings),
            public_id=secrets.token_urlsafe(PUBLIC_ID_BYTES),
            now=self.clock(),
        )

    def unsubscribe(self, address: str) -> bool:
        """No more mail goes to the address; False where nobody was subscribed under it."""
        return subscribing.unsubscribe(self.database, address, now=self.clock())

    def plan(
        self,
        *,
        now: datetime | None = None,
        dry_run: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> PlanReport:
        """Whoever is due has a digest in the outbox, or the reason why not on record."""
        return self.planner.plan(
            now=now or self.clock(), dry_run=dry_run, stopping=stopping, progress=progress
        )

    def deliver(
        self,
        *,
        now: datetime | None = None,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> DeliveryReport:
        """Everything due was offered to the transport once. Raises StoreBusy."""
        return asyncio.run(
            deliver(
                self.database,
                self.transport,
                self.keyed,
                parts.delivery_rules(self.settings),
                clock=self.clock if now is None else lambda: now,
                jitter=_jitter,
                stopping=stopping,
                progress=progress,
            )
        )

    def digest(
        self,
        *,
        now: datetime | None = None,
        dry_run: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[PlanReport, DeliveryReport]:
        """What is due at ``now`` is planned, and all that waits is sent, or its problem told."""
        planned = self.plan(now=now, dry_run=dry_run, stopping=stopping, progress=progress)
        sent = DeliveryReport()
        try:
            if not dry_run:
                sent = self.deliver(now=now, stopping=stopping, progress=progress)
        except StoreBusy as busy:
            sent = DeliveryReport(problem=f"{busy}; it sends what was planned")
        return planned, sent
