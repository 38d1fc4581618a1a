"""From settings to the parts of the house, each ready to work.

Knows which setting means what to which part. Must never do a part's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from config.settings import Settings
    from feeds.draft import Habits
    from feeds.fetch.client import Fetcher
    from feeds.identity.ids import Identity
    from feeds.publish.look import Look
    from feeds.publish.site import SavedSelection, Site
    from feeds.publish.store.bucket import Bucket
    from feeds.publish.store.manifest import Retention
    from feeds.storage.database import Database
    from feeds.taxonomy import Taxonomy
    from feeds.websub.outbound import CallQueue, Outbound
    from notifier.app.house import House
    from notifier.digest.plan import Planner
    from notifier.incidents.journal import Journal
    from notifier.incidents.tell import Channel, Teller
    from notifier.incidents.watch import Watch
    from notifier.subscribers.preferences import Assumed

#: Where our own hub is asked, below the address of the site.
HUB = "/websub"
#: Guesses at what a subscriber is to answer are hopeless.
CHALLENGE_BYTES = 32

_NOBODYS = (
    "site.authority: name a domain of yours, part of every feed and item id for ever; without one"
    " they would be those of another installation, too (`fieldfare init --authority DOMAIN`)"
)


def taxonomy(settings: Settings) -> Taxonomy:
    """The taxonomy in force. Raises SettingsError, TaxonomyError."""
    from config.settings import SettingsError
    from feeds.errors import TaxonomyError
    from feeds.taxonomy import Taxonomy

    path = settings.site.taxonomy
    try:
        return Taxonomy.from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"site.taxonomy: {path} cannot be read: {error}",)) from error
    except TaxonomyError as error:
        raise TaxonomyError(error.faults, str(path)) from error


def languages() -> None:
    """Every language says all that is said. Raises SettingsError with each sentence that is missing
    and its file.
    """
    from config.settings import SettingsError
    from feeds.catalogue import incomplete
    from notifier.catalogue import FOLDER

    if faults := tuple(dict.fromkeys(incomplete(FOLDER))):
        raise SettingsError(faults)


def identity(database: Database, settings: Settings, today: date) -> Identity:
    """Who mints the ids of this store: what it was first opened with, whatever settings say now.

    Raises SettingsError where that would be anybody: ids of two installations would be the same.
    """
    from datetime import date

    from config.settings import SettingsError
    from feeds.identity.ids import Identity
    from feeds.storage.database import constant

    minted = (settings.site.minted or today).isoformat()
    with database.writing() as connection:
        authority = constant(connection, "authority", settings.site.authority)
        if not authority:
            raise SettingsError((_NOBODYS,))
        return Identity(authority, date.fromisoformat(constant(connection, "minted", minted)))


def habits(settings: Settings, name: str) -> Habits:
    """How a source's documents are to be read; one without settings speaks the site's language."""
    from feeds.draft import DateOrder, DateStyle, Habits

    source = next((source for source in settings.sources if source.name == name), None)
    if source is None:
        return Habits(language=settings.site.language)
    return Habits(
        form=source.form,
        date_style=DateStyle(DateOrder(source.date_order) if source.date_order else None),
        language=source.language,
        pdf_text=source.pdf_text,
        listing_entry=source.listing_entry,
        listing_title=source.listing_title,
        listing_date=source.listing_date,
        listing_lead=source.listing_lead,
        page_title=source.page_title,
        page_date=source.page_date,
        page_text=source.page_text,
    )


def selections(settings: Settings, taxonomy: Taxonomy) -> tuple[SavedSelection, ...]:
    """What is published under a name, but for what asks for a topic that is no more: that is told
    in the log, and stops no other feed. Raises SettingsError with every fault found.
    """
    from dataclasses import replace

    import structlog

    from config.settings import SettingsError
    from feeds.errors import MalformedSelection, UnknownTopic
    from feeds.publish.site import SavedSelection
    from feeds.selection import Selection

    log = structlog.get_logger(__name__)
    found, faults = [], []
    for each in settings.selections:
        try:
            selection = Selection.parse(each.query)
            topics = frozenset(taxonomy.get(topic).ref for topic in selection.topics)
        except MalformedSelection as error:
            faults.append(f"[[selections]] {each.name}: query = {each.query!r}: {error}")
        except UnknownTopic as error:
            log.warning("selection not published", selection=each.name, problem=str(error))
        else:
            today = replace(selection, topics=topics)
            former = tuple(each.former_names.split())
            found.append(
                SavedSelection(
                    name=each.name, title=each.title, selection=today, former_names=former
                )
            )
    if faults:
        raise SettingsError(tuple(faults))
    return tuple(found)


def site(settings: Settings, identity: Identity, saved: tuple[SavedSelection, ...] = ()) -> Site:
    """How readers see the installation, and what of each source they may read here."""
    from feeds.publish.site import Site, SourceTerms

    own = (f"{settings.site.url}{HUB}",) if settings.websub.hub else ()
    return Site(
        title=settings.site.title,
        organisation=settings.site.organisation,
        url=settings.site.url,
        language=settings.site.language,
        timezone=settings.site.timezone,
        contact=settings.site.contact,
        identity=identity,
        terms=tuple(
            SourceTerms(
                source=source.name,
                full_text=source.full_text,
                credit=source.credit,
                images=source.images,
            )
            for source in settings.sources
        ),
        entries_per_feed=settings.publish.entries_per_feed,
        items_per_page=settings.publish.items_per_page,
        selections=saved,
        has_search=settings.publish.search,
        has_sign_up=settings.signup.on_pages,
        hubs=tuple(dict.fromkeys((*own, *settings.websub.hubs.split()))),
        look=_look(settings),
    )


def outbound(house: House, settings: Settings) -> Outbound:
    """What tells others what changed, as these ``settings`` have it; without any of them it has
    nothing to do. Raises SettingsError.
    """
    from feeds.websub.outbound import Outbound
    from feeds.websub.ping import Pings
    from notifier.app.house import jitter

    site = house.site
    queues: list[CallQueue] = []
    if settings.websub.hubs:
        pings = Pings(
            database=house.database,
            fetcher=house.caller(),
            urls=tuple(settings.websub.hubs.split()),
            address=lambda path: f"{site.url}/{path}",
            clock=house.clock,
            jitter=jitter,
        )
        queues.append(pings)
    if settings.websub.hub:
        made = settings, house.database, site, house.caller
        queues += _own_hub(*made, clock=house.clock, jitter=jitter)
    if settings.webhooks:
        from notifier.app.told import hook_parts

        queues.append(hook_parts.queue(house))
    return Outbound(tuple(queues))


def _own_hub(
    settings: Settings,
    database: Database,
    site: Site,
    caller: Callable[[], Fetcher],
    *,
    clock: Callable[[], datetime],
    jitter: Callable[[], float],
) -> Iterator[CallQueue]:
    """What our own hub does, each kind by itself: one request a host is asked at a time, and who
    does well waits for nobody.
    """
    import secrets

    from feeds.publish.files import Files
    from feeds.websub.distribute import Capacity, Deliveries, Verifications

    yield Verifications(
        database=database,
        fetcher=caller(),
        site=site.url,
        capacity=Capacity(settings.websub.max_subscriptions),
        new_challenge=lambda: secrets.token_urlsafe(CHALLENGE_BYTES),
        clock=clock,
    )
    for failing, most in ((False, 8), (True, 4)):
        yield Deliveries(
            database=database,
            fetcher=caller(),
            site=site.url,
            links=site.links,
            content=Files(settings.publish.directory).read,
            clock=clock,
            jitter=jitter,
            failing=failing,
            most=most,
        )


def _look(settings: Settings) -> Look:
    """What pages have of the operator's own. Raises SettingsError."""
    from config.settings import SettingsError
    from feeds.publish.look import Look

    own = settings.look
    look = Look(
        logo=own.logo,
        link=(own.link, own.link_dark),
        head=(own.head, own.head_dark),
        imprint=own.imprint,
        privacy=own.privacy,
        footer=own.footer,
        templates=own.templates,
    )
    try:
        return look.read()
    except OSError as error:
        raise SettingsError(
            (f"look: {error.filename} cannot be read: {error.strerror}",)
        ) from error


def journal(settings: Settings, database: Database, clock: Callable[[], datetime]) -> Journal:
    """What this process notices of what is wrong."""
    from datetime import timedelta

    from notifier.incidents.journal import Journal

    wait = timedelta(seconds=settings.alerts.wait_seconds)
    return Journal(database, settings.daemon.node, clock, wait=wait)


def watch(house: House) -> Watch:
    """What looks after the store, and after this machine."""
    from datetime import timedelta

    from notifier.app.reports import address_of
    from notifier.incidents.watch import Patience, Watch

    settings, alerts = house.settings, house.settings.alerts
    webhooks = None
    if settings.webhooks:
        from notifier.storage.hooks import hook_rows

        webhooks = hook_rows.every
    asks = "ingest" in settings.daemon.roles.split()
    return Watch(
        database=house.database,
        journal=house.journal,
        patience=Patience(
            queue=timedelta(minutes=alerts.queue_minutes),
            source=timedelta(hours=alerts.source_hours),
            disk_free_bytes=alerts.disk_free_bytes,
            clock_off=timedelta(seconds=alerts.clock_seconds),
        ),
        sources={each.name: address_of(each) for each in settings.sources} if asks else {},
        folders=disks(settings, house.database),
        clock=house.clock,
        webhooks=webhooks,
    )


def teller(house: House) -> Teller:
    """What tells whoever runs the house, past every queue. Raises SettingsError."""
    from notifier.app.mail_parts import sender, signing
    from notifier.incidents.tell import MailChannel, Teller

    alerts, site = house.settings.alerts, house.site
    channels: list[Channel] = []
    if alerts.mail_to:
        author = sender(house.settings, site)
        channels.append(
            MailChannel(
                to=alerts.mail_to,
                sender=author.address,
                name=author.name,
                transports=house.transports,
                sign=signing(house.settings),
            )
        )
    if house.settings.webhooks:
        from notifier.app.told import hook_parts

        channels += hook_parts.channels(house)
    return Teller(
        database=house.database,
        journal=house.journal,
        channels=channels,
        site=site.title,
        clock=house.clock,
    )


def disks(settings: Settings, database: Database) -> Mapping[str, Path]:
    """What this machine is to have room for, by the setting that names it."""
    found = {"publish.directory": settings.publish.directory}
    if settings.mail.transport == "maildir":
        found["mail.maildir"] = settings.mail.maildir
    if database.folder:
        found["store.url"] = database.folder
    return found


def kept(settings: Settings, now: datetime, bucket: Bucket | None) -> Retention:
    """How long published files stay that nothing refers to any more."""
    from datetime import timedelta

    from feeds.publish.store.manifest import Retention

    unreferenced = timedelta(days=settings.publish.unreferenced_days)
    return Retention(now=now, unreferenced=unreferenced, has_copies=bucket is not None)


def bucket(settings: Settings) -> Bucket | None:
    """Where a copy of what is published goes, if anywhere. Raises SettingsError."""
    if not settings.publish.bucket:
        return None
    from config.settings import SettingsError
    from feeds.publish.store.bucket import Bucket

    try:
        return Bucket(settings.publish.bucket)
    except ValueError as error:
        raise SettingsError((f"publish.bucket: {error}",)) from error


def planner(settings: Settings, database: Database, taxonomy: Taxonomy) -> Planner:
    """What plans digests."""
    from datetime import timedelta

    from notifier.digest.plan import Planner

    return Planner(
        database=database,
        moved=taxonomy.moved,
        zone=settings.site.timezone,
        spread=timedelta(minutes=settings.mail.spread_minutes),
        hold=timedelta(minutes=settings.mail.hold_minutes),
    )


def assumed(settings: Settings) -> Assumed:
    """What a newcomer gets without asking: the site's zone, and its language if mails speak it."""
    from feeds.catalogue import languages, nearest
    from notifier.subscribers.preferences import Assumed

    return Assumed(
        zone=settings.site.timezone,
        language=nearest(settings.site.language) or "en",
        languages=languages(),
    )
