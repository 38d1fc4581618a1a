"""The daemon: the jobs of a house and its web server side by side, started and ended in order.

Knows what an open house can do, how often it shall, and how work ends. Must never do a part's work.
"""

import importlib
import pkgutil
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp

import config
import feeds
import notifier
from config.settings import Settings
from feeds import search
from feeds.errors import StoreBusy
from feeds.ingest.report import IngestReport
from feeds.ingest.single_document import Receiver
from feeds.model import SourceKind
from feeds.publish.rebuild import PublishReport
from feeds.publish.selected import SelectedFeeds
from feeds.publish.site import Site, item_page
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from feeds.web.selections import SelectedOverHttp
from feeds.websub.callback import HubCallback
from feeds.websub.hub import WebSubHub
from feeds.websub.subscriber import RenewReport
from notifier.app import reports, sources
from notifier.app.house import House, jitter
from notifier.app.jobs import Job, Scheduler
from notifier.digest.plan import Planner
from notifier.errors import CannotListen
from notifier.mail.send import DeliveryReport
from notifier.web.application import create_app
from notifier.web.health import Health, Heartbeats
from notifier.web.mailbox import Mailbox
from notifier.web.private_pages import PrivatePages
from notifier.web.server import Server, all_descriptors, listen
from notifier.web.unsubscribe import Unsubscribing
from notifier.web.view import Viewing

log = structlog.get_logger(__name__)

#: For feeds that were made when somebody asked: those of some hundred selections.
_SELECTIONS_BYTES = 32_000_000

_ANNOUNCE, _SEARCH = "announce", "search"
_PUBLISH_WAIT_SECONDS = 1.0

#: The rooms no beat enters; who is pushed to has loaded that room before the first (`_api`).
_NO_BEATS = (
    "notifier.cli",
    "feeds.push",
    "feeds.storage.migrations",
    "notifier.storage.migrations",
)

#: What the others import within functions, as most commands have no use for it.
_IMPORTED_LATE = (
    "babel.dates",
    "babel.lists",
    "babel.numbers",
    "charset_normalizer",
    "email_validator",
    "feedparser",
    "ftfy.badness",
    "idna",
    "publicsuffixlist",
    "py3langid.langid",
    "pypdf",
)


def run(house: House, stopping: Event, *, mails: Path | None = None) -> None:
    """The daemon runs until SIGTERM or SIGINT, then finishes what is in hand.

    Raises DaemonRuns where one does on this store already (on PostgreSQL: under this node's name),
    CannotListen where the address is taken. ``mails`` is a Maildir to show, for a demo.
    """
    load()
    with house.alone():
        serve = house.settings.serve
        try:
            listening = listen(serve.host, serve.port)
        except OSError as error:
            raise CannotListen(serve.host, serve.port, error.strerror or str(error)) from error

        def announce() -> None:
            house.outbound.hurry()
            scheduler.wake(_ANNOUNCE)

        def on_change() -> None:
            announce()
            scheduler.wake(_SEARCH)

        scheduler = Scheduler(jobs(house, on_change), stopping, clock=house.clock)
        files = _files(house.settings, house.site, house.clock)
        with listening:
            web = _web(
                house.settings,
                files=files,
                database=house.database,
                taxonomy=house.taxonomy,
                site=house.site,
                receiver=house.receiver,
                publish=partial(
                    _unless_busy, partial(_publish, house.publish, on_change), stopping
                ),
                clock=house.clock,
                heartbeats=scheduler,
                hub=_hub(house, announce),
                mails=mails,
            )
            server = Server(web, stopping, descriptors=all_descriptors(), at_once=files.at_once)
            _serve(server, scheduler, [listening], stopping)


def load() -> None:
    """All code that a beat may ask for is there, as an upgrade may replace its files meanwhile."""
    for room in (config, feeds, notifier):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.startswith(_NO_BEATS):
                importlib.import_module(module.name)
    for name in _IMPORTED_LATE:
        importlib.import_module(name)


def jobs(house: House, on_change: Callable[[], object] = lambda: None) -> tuple[Job, ...]:
    """The beats of the house: sources, hubs, publish, search, announce, digests, delivery; each
    asks anew.

    ``on_change`` is called once feeds were published that changed.
    """
    every = house.settings.daemon
    publish = partial(_publish, house.publish, on_change)
    # A job a source: one that is slow or broken delays no other.
    polls = tuple(
        (
            f"ingest {source.name}",
            every.ingest_seconds,
            partial(_ingest, source.name, house.ingest, publish, house.clock),
        )
        for source in house.settings.sources
        if SourceKind(source.kind) is not SourceKind.PUSH
    )
    works: tuple[tuple[str, int, Callable[[Event], object]], ...] = (
        *polls,
        ("hubs", every.ingest_seconds, partial(_renew, house.renew)),
        ("publish", every.publish_seconds, publish),
        (_SEARCH, every.publish_seconds, partial(search.follow, house.database)),
        (_ANNOUNCE, every.announce_seconds, house.outbound.run),
        ("digests", every.digests_seconds, partial(_plan, house.planner, house.clock)),
        ("delivery", every.delivery_seconds, partial(_deliver, house.deliver, house.clock)),
    )
    # The parts they share are made here, as each job runs in a thread of its own.
    _ = house.fetcher, house.site, house.transport
    house.workers.start(eager=True)
    return tuple(
        Job(name=name, every_seconds=seconds, work=partial(_unless_busy, work))
        for name, seconds, work in works
    )


def _web(
    settings: Settings,
    *,
    files: PublishedFiles,
    database: Database,
    taxonomy: Taxonomy,
    site: Site,
    receiver: Receiver,
    publish: Callable[[], None],
    clock: Callable[[], datetime],
    heartbeats: Heartbeats,
    hub: WebSubHub | None,
    mails: Path | None,
) -> Starlette:
    """The web server: published files, selections, the links of mails, health and numbers.

    What publishers and hubs hand in shows at once, by ``publish``.
    """
    secret = settings.signing_key
    pages = PrivatePages(site, taxonomy)
    return create_app(
        files=files,
        unsubscribing=Unsubscribing(
            database=database, secret=secret, taxonomy=taxonomy, pages=pages, clock=clock
        ),
        viewing=Viewing(database=database, secret=secret, pages=pages),
        health=_health(settings, database, heartbeats, clock),
        pages=pages,
        selections=SelectedOverHttp(
            SelectedFeeds(database, taxonomy, site), _SELECTIONS_BYTES, clock, site.base
        ),
        base=site.base,
        mails=Mailbox(mails, pages) if mails else None,
        api=_api(settings, receiver, site, publish, clock),
        hubs=HubCallback(
            receiver=receiver,
            clock=clock,
            max_bytes=settings.ingest.max_document_bytes,
            jitter=jitter,
            on_content=lambda _: publish(),
        ),
        hub=hub,
    )


def _health(
    settings: Settings,
    database: Database,
    heartbeats: Heartbeats,
    clock: Callable[[], datetime],
) -> Health:
    return Health(
        is_current=database.is_current,
        totals=lambda: reports.totals(database, settings.sources, clock()),
        heartbeats=heartbeats,
        version=version("fieldfare"),
        clock=clock,
    )


def _hub(house: House, on_request: Callable[[], object]) -> WebSubHub | None:
    """Our own hub, where there is one."""
    if not house.settings.websub.hub:
        return None
    return WebSubHub(
        database=house.database,
        site=house.site.url,
        clock=house.clock,
        refusal=house.caller().refusal,
        on_request=on_request,
    )


def _files(settings: Settings, site: Site, clock: Callable[[], datetime]) -> PublishedFiles:
    cached = settings.serve.cache_bytes
    directory = Directory(settings.publish.directory, cached, clock, site.links, site.is_pictured)
    return PublishedFiles(directory, site.base)


def _api(
    settings: Settings,
    receiver: Receiver,
    site: Site,
    publish: Callable[[], None],
    clock: Callable[[], datetime],
) -> ASGIApp | None:
    """The push API, where somebody may push. Raises SettingsError for a token that is none."""
    tokens = sources.tokens(settings)
    if not tokens:
        return None
    # A quarter of a second, of which an installation that nobody pushes to need not know.
    from feeds.push.api import PushApi
    from feeds.push.receive import PushedItems

    pushed = PushedItems(
        receiver=receiver, clock=clock, page_of=lambda slug: f"{site.url}/{item_page(slug)}"
    )
    max_bytes = settings.ingest.max_document_bytes
    api = PushApi(pushed=pushed, tokens=tokens, max_bytes=max_bytes, on_change=publish)
    return api.app(version("fieldfare"))


def _unless_busy(work: Callable[[Event], object], stopping: Event) -> None:
    """What another process or job is at needs doing by nobody else; the next beat looks again."""
    try:
        work(stopping)
    except StoreBusy as busy:
        log.debug("left to another", problem=str(busy))


def _publish(
    publish: Callable[..., PublishReport], on_change: Callable[[], object], stopping: Event
) -> None:
    # Whoever is at it may have begun before the last item was stored, and ends within this.
    if publish(wait_seconds=_PUBLISH_WAIT_SECONDS, stopping=stopping).feeds_written:
        on_change()


def _ingest(
    source: str,
    ingest: Callable[..., IngestReport],
    publish: Callable[[Event], object],
    clock: Callable[[], datetime],
    stopping: Event,
) -> None:
    """New items are published at once, not a beat later."""
    started = clock()
    report = ingest([source], only_due=True, stopping=stopping)
    for problem in report.problems:
        log.warning("source cannot be read", problem=problem)
    for held in (held for held in report.quarantine if held.is_new):
        log.warning("document quarantined", document=held.document, reason=held.reason)
    if report.items:
        log.info(
            "ingested",
            source=source,
            added=report.added,
            revised=report.revised,
            withdrawn=report.withdrawn,
            restored=report.restored,
            unchanged=report.unchanged,
            seconds=_seconds(clock() - started),
        )
        publish(stopping)


def _renew(renew: Callable[[Event], RenewReport], stopping: Event) -> None:
    report = renew(stopping)
    if report.asked or report.ended:
        log.info("hubs asked", asked=report.asked, ended=report.ended)
    for problem in report.problems:
        log.warning("hub cannot be asked", problem=problem)


def _plan(planner: Planner, clock: Callable[[], datetime], stopping: Event) -> None:
    started = clock()
    report = planner.plan(now=started, stopping=stopping)
    if report.due:
        log.info(
            "digests planned",
            due=report.due,
            planned=report.planned,
            broken=report.broken,
            skipped={str(reason): count for reason, count in report.skipped.items()},
            seconds=_seconds(clock() - started),
        )


def _deliver(
    deliver: Callable[..., DeliveryReport], clock: Callable[[], datetime], stopping: Event
) -> None:
    started = clock()
    report = deliver(stopping=stopping)
    if report.accepted or report.deferred or report.failed or report.in_doubt:
        log.info(
            "mail delivered",
            accepted=report.accepted,
            deferred=report.deferred,
            failed=report.failed,
            in_doubt=report.in_doubt,
            seconds=_seconds(clock() - started),
        )
    if report.problem:
        log.warning("mail waits", problem=report.problem)


def _seconds(duration: timedelta) -> float:
    return round(duration.total_seconds(), 3)


def _serve(
    server: Server, scheduler: Scheduler, sockets: Sequence[socket.socket], stopping: Event
) -> None:
    """Serves and ticks until SIGTERM or SIGINT; returns when the work in hand is finished."""
    scheduler.start()
    log.info("daemon started", addresses=[bound.getsockname()[:2] for bound in sockets])
    try:
        server.run(sockets=list(sockets))
    finally:
        stopping.set()
        scheduler.stop()
        log.info("daemon stopped")
