"""The daemon: the jobs of a house and its web server side by side, started and ended in order.

Knows what an open house can do, how often it shall, and how work ends. Must never do a part's work.
"""

import importlib
import pkgutil
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event
from types import FrameType

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from typing_extensions import override

import config
import feeds
import notifier
from feeds.errors import StoreBusy
from feeds.ingest.poll import Poll
from feeds.model import SourceKind
from feeds.publish.site import item_page
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from feeds.websub.callback import HubCallback
from notifier.app import house as composed
from notifier.app import reports, sources
from notifier.app.house import House
from notifier.app.jobs import Job, Metronome
from notifier.errors import CannotListen
from notifier.web.application import create_app
from notifier.web.health import Health, Pulse
from notifier.web.mailbox import Mailbox
from notifier.web.private_pages import PrivatePages
from notifier.web.unsubscribe import Unsubscribing
from notifier.web.view import Viewing

log = structlog.get_logger(__name__)

#: The rooms no beat enters; who is pushed to has loaded that room before the first (`web`).
_NO_BEATS = (
    "notifier.cli",
    "feeds.push",
    "feeds.storage.migrations",
    "notifier.storage.migrations",
)

#: What the others import within functions, as most commands have no use for it.
_IMPORTED_LATE = (
    "babel.dates",
    "babel.numbers",
    "charset_normalizer",
    "email_validator",
    "feedparser",
    "ftfy.badness",
    "idna",
    "py3langid.langid",
    "trafilatura",
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
        metronome = Metronome(jobs(house), stopping, clock=house.clock)
        with listening:
            _serve(web(house, metronome, mails=mails), metronome, [listening], stopping)


def load() -> None:
    """All code that a beat may ask for is there, as an upgrade may replace its files meanwhile."""
    for room in (config, feeds, notifier):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.startswith(_NO_BEATS):
                importlib.import_module(module.name)
    for name in _IMPORTED_LATE:
        importlib.import_module(name)


def jobs(house: House) -> tuple[Job, ...]:
    """The beats of the house: sources, hubs, publish, digests, delivery; each asks anew."""
    every = house.settings.daemon
    # A job a source: one that is slow or broken delays no other.
    polls = tuple(
        (f"ingest {source.name}", every.ingest_seconds, partial(_ingest, source.name))
        for source in house.settings.sources
        if SourceKind(source.kind) is not SourceKind.PUSH
    )
    works: tuple[tuple[str, int, Callable[[House, Event], object]], ...] = (
        *polls,
        ("hubs", every.ingest_seconds, _renew),
        ("publish", every.publish_seconds, _publish),
        ("digests", every.digests_seconds, _plan),
        ("delivery", every.delivery_seconds, _deliver),
    )
    # The parts they share are made here, as each job runs in a thread of its own.
    _ = house.fetcher, house.site, house.planner, house.transport
    return tuple(
        Job(name=name, every_seconds=every, work=partial(_unless_busy, work, house))
        for name, every, work in works
    )


def web(house: House, pulse: Pulse, *, mails: Path | None = None) -> Starlette:
    """The web server: published files, the links of mails, health and numbers."""
    settings = house.settings
    pages = PrivatePages(house.site, house.taxonomy)
    directory = Directory(settings.publish.directory, settings.serve.cache_bytes, house.clock)
    return create_app(
        files=PublishedFiles(directory),
        unsubscribing=Unsubscribing(
            database=house.database,
            secret=settings.signing_key,
            taxonomy=house.taxonomy,
            pages=pages,
            clock=house.clock,
        ),
        viewing=Viewing(database=house.database, secret=settings.signing_key, pages=pages),
        health=Health(
            is_current=house.database.is_current,
            vitals=lambda: reports.vitals(house.database, house.settings.sources),
            pulse=pulse,
            version=version("fieldfare"),
            clock=house.clock,
        ),
        pages=pages,
        mails=Mailbox(mails, pages) if mails else None,
        api=_api(house),
        hubs=HubCallback(
            house.receiver,
            max_bytes=house.settings.ingest.max_document_bytes,
            jitter=composed.jitter,
            on_content=lambda _: _published(house),
        ),
    )


def _api(house: House) -> ASGIApp | None:
    """The push API, where somebody may push. Raises SettingsError for a token that is none."""
    tokens = sources.tokens(house.settings)
    if not tokens:
        return None
    # A quarter of a second, of which an installation that nobody pushes to need not know.
    from feeds.push.api import create_api
    from feeds.push.receive import PushedItems

    pushed = PushedItems(
        receiver=house.receiver,
        page_of=lambda slug: f"{house.site.url}/{item_page(slug)}",
    )
    return create_api(
        pushed,
        tokens=tokens,
        max_bytes=house.settings.ingest.max_document_bytes,
        on_change=partial(_published, house),
        version=version("fieldfare"),
    )


def _published(house: House) -> None:
    """What was handed in shows at once; if another is publishing, the next beat does it."""
    _unless_busy(_publish, house, house.stopping)


def _unless_busy(work: Callable[[House, Event], object], house: House, stopping: Event) -> None:
    """What another process or job is at needs doing by nobody else; the next beat looks again."""
    try:
        work(house, stopping)
    except StoreBusy as busy:
        log.debug("left to another", problem=str(busy))


def _publish(house: House, stopping: Event) -> None:
    house.publish(stopping=stopping)


def _ingest(source: str, house: House, stopping: Event) -> None:
    """New items are published at once, not a beat later."""
    started = house.clock()
    report = house.ingest([source], Poll(only_due=True, stopping=stopping))
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
            seconds=_seconds(house, started),
        )
        house.publish(stopping=stopping)


def _renew(house: House, stopping: Event) -> None:
    report = house.renew(stopping)
    if report.asked or report.ended:
        log.info("hubs asked", asked=report.asked, ended=report.ended)
    for problem in report.problems:
        log.warning("hub cannot be asked", problem=problem)


def _plan(house: House, stopping: Event) -> None:
    started = house.clock()
    report = house.planner.plan(now=started, stopping=stopping)
    if report.due:
        log.info(
            "digests planned",
            due=report.due,
            planned=report.planned,
            broken=report.broken,
            skipped={str(reason): count for reason, count in report.skipped.items()},
            seconds=_seconds(house, started),
        )


def _deliver(house: House, stopping: Event) -> None:
    started = house.clock()
    report = house.deliver(stopping=stopping)
    if report.accepted or report.deferred or report.failed or report.in_doubt:
        log.info(
            "mail delivered",
            accepted=report.accepted,
            deferred=report.deferred,
            failed=report.failed,
            in_doubt=report.in_doubt,
            seconds=_seconds(house, started),
        )
    if report.problem:
        log.warning("mail waits", problem=report.problem)


def _seconds(house: House, started: datetime) -> float:
    return round((house.clock() - started).total_seconds(), 3)


class Server(uvicorn.Server):
    """uvicorn, except that a signal only asks: what is in hand is finished, then we return.

    uvicorn itself raises the signal again once it has stopped serving, which would end the
    process before the jobs are done.
    """

    def __init__(self, config: uvicorn.Config, stopping: Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, before any work has begun. Raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, asyncio sends at once; otherwise each body waits 40 ms for an acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _serve(
    web: Starlette, metronome: Metronome, sockets: Sequence[socket.socket], stopping: Event
) -> None:
    """Serves and ticks until SIGTERM or SIGINT; returns when the work in hand is finished."""
    config = uvicorn.Config(
        web, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=10
    )
    metronome.start()
    log.info("daemon started", addresses=[bound.getsockname()[:2] for bound in sockets])
    try:
        Server(config, stopping).run(sockets=list(sockets))
    finally:
        stopping.set()
        metronome.stop()
        log.info("daemon stopped")
