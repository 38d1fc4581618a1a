"""The composition root: settings become a house that works, opened and closed in order.

Knows every part and which other parts it needs; one that nobody asks for is neither made nor
imported. Must never decide anything itself.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from threading import Event
from typing import TYPE_CHECKING, Self

from notifier.app import mail_parts, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from config.settings import Settings
    from feeds.fetch.client import Fetcher
    from feeds.identity.ids import Identity
    from feeds.ingest import Terms
    from feeds.ingest.report import IngestReport
    from feeds.ingest.single_document import Receiver
    from feeds.ingest.workers import Workers
    from feeds.model import Progress
    from feeds.publish.rebuild import PublishReport
    from feeds.publish.site import Site
    from feeds.publish.store.bucket import Bucket
    from feeds.publish.store.manifest import Difference
    from feeds.storage.database import Database
    from feeds.taxonomy import Taxonomy
    from feeds.websub.outbound import Outbound
    from feeds.websub.subscriber import RenewReport
    from notifier.digest.contents import Contents
    from notifier.digest.plan import Planner, PlanReport
    from notifier.incidents.journal import Journal
    from notifier.mail import Transport
    from notifier.mail.flow.turns import Turns
    from notifier.mail.send import DeliveryReport
    from notifier.model import Subscriber
    from notifier.storage.suppressions import Keyed
    from notifier.subscribers.preferences import Preferences

#: 72 random bits name a subscriber in links and Message-IDs: among a million, two meet with a
#: chance of 1e-10, and then the unique key refuses the second.
PUBLIC_ID_BYTES = 9

#: Spreads requests and retries, guards nothing.
jitter = random.random  # noqa: S311


class House:
    """One installation at work; each part is made when it is first asked for.

    Parts are asked for by one thread, and may then be used by any. ``stopping`` ends whatever waits
    for somebody else.
    """

    def __init__(
        self, settings: Settings, *, clock: Callable[[], datetime], stopping: Event | None = None
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.stopping = stopping or Event()
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What was opened is closed, the last first."""
        self._opened.close()

    # -- Parts -------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> Database:
        """The store; one that is new has its schema, and who mints ids in it. Raises StoreError.

        An older store is left as it is: whoever runs it decides when it moves on.
        """
        from feeds.errors import StoreError
        from feeds.storage.database import Database
        from notifier.storage import VERSIONS

        database = Database.open(self.settings.store.url, VERSIONS)
        self._opened.callback(database.close)
        if database.is_new:
            database.migrate()
            parts.identity(database, self.settings, self.clock().date())
        if not database.is_current():
            raise StoreError("the store is of an older version: run `fieldfare migrate` first")
        return database

    @cached_property
    def keyed(self) -> Keyed:
        """What hashes addresses that must not be mailed, with the key of the store."""
        return mail_parts.keyed(self.database)

    @cached_property
    def identity(self) -> Identity:
        return parts.identity(self.database, self.settings, self.clock().date())

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy as its file has it. Raises SettingsError, TaxonomyError."""
        return parts.taxonomy(self.settings)

    def mapped_taxonomy(self) -> Taxonomy:
        """The taxonomy with the names that were mapped to its topics until now."""
        from feeds.storage import topics

        with self.database.reading() as connection:
            return self.taxonomy.known_as(topics.mapped_names(connection))

    @cached_property
    def site(self) -> Site:
        named = self.settings.selections
        saved = parts.selections(self.settings, self.taxonomy) if named else ()
        return parts.site(self.settings, self.identity, saved)

    @cached_property
    def fetcher(self) -> Fetcher:
        """What asks websites; all that connects is closed with the house."""
        from notifier.app import sources

        fetcher = sources.fetcher(self.settings, clock=self.clock, stopping=self.stopping)
        self._opened.callback(fetcher.close)
        return fetcher

    @cached_property
    def outbound(self) -> Outbound:
        """What tells hubs, subscribers of our own, and webhooks what changed."""
        return parts.outbound(self, self.settings)

    def caller(self, **limits: int) -> Fetcher:
        """What calls others, one kind of calls, within these limits; closed with the house."""
        from notifier.app import sources

        caller = sources.caller(self.settings, clock=self.clock, stopping=self.stopping, **limits)
        self._opened.callback(caller.close)
        return caller

    @cached_property
    def workers(self) -> Workers:
        """What understands documents, in processes that end with the house."""
        from feeds.ingest.workers import Workers

        workers = Workers()
        self._opened.callback(workers.close)
        return workers

    @cached_property
    def receiver(self) -> Receiver:
        """What takes in the documents that publishers and hubs hand over."""
        from feeds.ingest.single_document import Receiver

        return Receiver(
            database=self.database,
            terms=lambda name: self._terms(name, self.mapped_taxonomy()),
        )

    def _terms(self, name: str, taxonomy: Taxonomy) -> Terms:
        from notifier.app import sources

        return sources.terms(
            self.settings, name, taxonomy, self.identity, self.clock(), reader=self.workers
        )

    @cached_property
    def planner(self) -> Planner:
        return parts.planner(self.settings, self.database, self.taxonomy)

    @cached_property
    def contents(self) -> Contents:
        """What makes digests. Raises SettingsError where no secret signs their links."""
        parts_of_it = self.settings, self.database, self.keyed, self.site, self.taxonomy
        return mail_parts.contents(*parts_of_it)

    @cached_property
    def transports(self) -> tuple[Transport, ...]:
        return mail_parts.transports(self.settings)

    @cached_property
    def turns(self) -> Turns:
        """What is learnt about how fast mails may go."""
        return mail_parts.turns(self.settings, self.transports)

    @cached_property
    def journal(self) -> Journal:
        """What is noticed of what is wrong; what it holds is written down as the house closes."""
        journal = parts.journal(self.settings, self.database, self.clock)
        self._opened.callback(journal.close)
        return journal

    @cached_property
    def bucket(self) -> Bucket | None:
        """Where a copy of what is published goes, if anywhere. Raises SettingsError."""
        return parts.bucket(self.settings)

    # -- Works -------------------------------------------------------------------------------------

    def ingest(
        self,
        names: Sequence[str] = (),
        *,
        backfill: bool = False,
        since: date | None = None,
        only_due: bool = False,
        dry_run: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> IngestReport:
        """What is new or changed at the sources is stored; at all of them where none is named.

        A ``backfill`` takes all of an archive, as far back as ``since``. ``only_due`` leaves out
        the websites whose time has not come. Raises SourceError for a name that is neither a source
        nor a path, before anything is read; StoreError.
        """
        self.workers.start()  # first of all: they load their code while we load ours
        from feeds.ingest.poll import poll
        from notifier.app import sources

        taxonomy = self.mapped_taxonomy()

        def terms(name: str) -> Terms:
            return replace(self._terms(name, taxonomy), backfill=backfill)

        website = partial(
            sources.website,
            settings=self.settings,
            database=self.database,
            terms=terms,
            fetcher=lambda: self.fetcher,
            since=since,
            jitter=jitter,
            only_due=only_due,
            stopping=stopping or Event(),
        )
        return poll(
            self.database,
            [*sources.chosen(names, self.settings, website)],
            terms,
            dry_run=dry_run,
            stopping=stopping,
            progress=progress,
        )

    def renew(self, stopping: Event) -> RenewReport:
        """Hubs know that we want to hear of the sources that offer one. Raises StoreBusy."""
        from notifier.app import sources

        return sources.renew(self, jitter, stopping)

    def publish(
        self,
        *,
        everything: bool = False,
        wait_seconds: float = 0,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> PublishReport:
        """Feeds and pages show what is stored, and a bucket holds them where there is one.

        Raises StoreBusy, PublishError.
        """
        from feeds.publish.files import Files
        from feeds.publish.rebuild import publish

        self._follow(stopping)
        files = Files(self.settings.publish.directory)
        kept = parts.kept(self.settings, self.clock(), self.bucket)
        report = publish(
            self.database,
            self.taxonomy,
            files,
            self.site,
            everything=everything,
            wait_seconds=wait_seconds,
            kept=kept,
            stopping=stopping,
            progress=progress,
        )
        if self.bucket:
            from feeds.publish.store.bucket import upload

            upload(self.database, files, self.bucket, kept.before, stopping or Event())
        return report

    def _follow(self, stopping: Event | None) -> None:
        """What is stored follows the taxonomy, and the selections that settings name."""
        from feeds.ingest.retag import follow
        from feeds.publish.past.ended import records

        saved = [*records(self.site, self.taxonomy)]
        follow(self.database, self.taxonomy, saved, now=self.clock(), stopping=stopping)

    def check_published(
        self,
        *,
        repair: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[Difference, ...]:
        """Where what is published is not what is stored; with ``repair`` that was mended.

        Raises StoreBusy, PublishError.
        """
        from feeds.publish.files import Files
        from feeds.publish.store import check

        self._follow(stopping)
        files = Files(self.settings.publish.directory)
        site = self.database, self.taxonomy, files, self.site
        found = check.check(*site, stopping=stopping, progress=progress)
        if repair and found:
            kept = parts.kept(self.settings, self.clock(), self.bucket)
            check.repair(*site, found, kept=kept, stopping=stopping, progress=progress)
        return found

    def announce(self, stopping: Event | None = None) -> None:
        """Hubs of others were told of changed feeds, or are told again when their time has come."""
        # What our own hub does, and webhooks, have all the time of a daemon.
        websub = self.settings.websub.model_copy(update={"hub": False})
        settings = self.settings.model_copy(update={"websub": websub, "webhooks": ()})
        parts.outbound(self, settings).run(stopping or Event())

    def subscribe(self, address: str, preferences: Preferences, who: str = "") -> Subscriber:
        """The address gets what is asked for, from what is ingested next; whoever types a command
        answers for that, or ``who`` does.
        """
        import secrets

        from notifier.subscribers.subscribe import VOUCHED, subscribe

        return subscribe(
            self.database,
            self.taxonomy,
            address,
            preferences,
            parts.assumed(self.settings),
            consent=replace(VOUCHED, source=who) if who else VOUCHED,
            keyed=self.keyed,
            public_id=secrets.token_urlsafe(PUBLIC_ID_BYTES),
            now=self.clock(),
        )

    def deliver(
        self,
        *,
        now: datetime | None = None,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> DeliveryReport:
        """Everything due was offered to the transport once. Raises StoreBusy."""
        import asyncio

        import uvloop

        from notifier.mail.send import deliver

        clock = self.clock if now is None else lambda: now
        made = self.settings, self.database, self.keyed, self.contents.compose
        ledger = mail_parts.ledger(*made, clock=clock, jitter=jitter, progress=progress)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            return loop.run(deliver(ledger, *self.transports, turns=self.turns, stopping=stopping))

    def digest(
        self,
        *,
        now: datetime | None = None,
        dry_run: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[PlanReport, DeliveryReport]:
        """What is due at ``now`` is planned, and all that waits is sent, or its problem told."""
        from feeds.errors import StoreBusy
        from notifier.mail.send import DeliveryReport
        from notifier.storage import deliveries

        at = now or self.clock()
        planned = self.planner.plan(now=at, dry_run=dry_run, stopping=stopping, progress=progress)
        sent = DeliveryReport()
        try:
            if not dry_run:
                sent = self.deliver(now=now, stopping=stopping, progress=progress)
        except StoreBusy as busy:
            sent = DeliveryReport(problem=f"{busy}; it sends what was planned")
        with self.database.reading() as connection:
            return planned, replace(sent, queued=deliveries.queued(connection))
