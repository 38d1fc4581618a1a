"""The daemon of an installation: its jobs, its web server, and the lock that lets only one run.

Knows what an open house can do and how often it shall. Must never do a part's work.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event
from urllib.parse import quote

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp

from feeds.errors import StoreBusy
from feeds.ingest.poll import Look
from feeds.publish.pages import Pages
from feeds.publish.site import item_page
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from feeds.websub.callback import Callback
from notifier.app import daemon, reports, sources
from notifier.app.house import App
from notifier.app.jobs import Job, Metronome
from notifier.errors import CannotListen, DaemonRuns
from notifier.web.application import create_app
from notifier.web.health import Health, Pulse
from notifier.web.mailbox import Mailbox
from notifier.web.private_pages import PrivatePages
from notifier.web.unsubscribe import Unsubscribing
from notifier.web.view import Viewing

__all__ = ["holder", "jobs", "run", "web"]

log = structlog.get_logger(__name__)


def run(app: App, stopping: Event, *, mails: Path | None = None) -> None:
    """The daemon runs until SIGTERM or SIGINT, then finishes what is in hand.

    Raises DaemonRuns where one does on this store already (on PostgreSQL: under this node's name),
    CannotListen where the address is taken. ``mails`` is a Maildir to show, for a demo.
    """
    with _alone(app):
        serve = app.settings.serve
        try:
            listening = daemon.listen(serve.host, serve.port)
        except OSError as error:
            raise CannotListen(serve.host, serve.port, error.strerror or str(error)) from error
        metronome = Metronome(jobs(app), stopping, clock=app.clock)
        with listening:
            daemon.run(web(app, metronome, mails=mails), metronome, [listening], stopping)


def holder(app: App) -> str | None:
    """Which process runs the daemon on this store, None where none does."""
    try:
        with _alone(app):
            return None
    except DaemonRuns as running:
        return running.holder


def jobs(app: App) -> tuple[Job, ...]:
    """The beats of the house: sources, hubs, publish, digests, delivery; each asks anew."""
    every = app.settings.daemon
    # A job a source: one that is slow or broken delays no other.
    looks = tuple(
        (f"ingest {source.name}", every.ingest_seconds, partial(_ingest, source.name))
        for source in app.settings.sources
        if source.kind != "push"
    )
    works: tuple[tuple[str, int, Callable[[App, Event], object]], ...] = (
        *looks,
        ("hubs", every.ingest_seconds, _renew),
        ("publish", every.publish_seconds, _publish),
        ("digests", every.digests_seconds, _plan),
        ("delivery", every.delivery_seconds, _deliver),
    )
    return tuple(
        Job(name=name, every_seconds=every, work=partial(_unless_busy, work, app))
        for name, every, work in works
    )


def web(app: App, pulse: Pulse, *, mails: Path | None = None) -> Starlette:
    """The web server: published files, the links of mails, health and numbers."""
    published = Pages(app.site, app.taxonomy)
    pages = PrivatePages(published)
    secret = app.settings.signing_key
    directory = Directory(app.settings.publish.directory, app.settings.serve.cache_bytes, app.clock)
    return create_app(
        files=PublishedFiles(directory),
        unsubscribing=Unsubscribing(
            database=app.database,
            secret=secret,
            taxonomy=app.taxonomy,
            pages=pages,
            clock=app.clock,
        ),
        viewing=Viewing(database=app.database, secret=secret, pages=pages),
        health=Health(
            is_current=app.database.is_current,
            vitals=lambda: reports.vitals(app),
            pulse=pulse,
            version=version("fieldfare"),
            clock=app.clock,
        ),
        pages=pages,
        mails=Mailbox(mails, pages) if mails else None,
        api=_api(app),
        hubs=Callback(
            app.gathering.receiver,
            max_bytes=app.settings.ingest.max_document_bytes,
            jitter=app.gathering.jitter,
            on_content=lambda _: _published(app),
        ),
    )


def _api(app: App) -> ASGIApp | None:
    """The push API, where somebody may push. Raises SettingsError for a token that is none."""
    tokens = sources.tokens(app.settings)
    if not tokens:
        return None
    # A quarter of a second, of which no other command needs to know.
    from feeds.push.api import create_api  # noqa: PLC0415
    from feeds.push.receive import PushedItems  # noqa: PLC0415

    pushed = PushedItems(
        receiver=app.gathering.receiver,
        page_of=lambda slug: f"{app.site.url}/{item_page(slug)}",
    )
    return create_api(
        pushed,
        tokens=tokens,
        max_bytes=app.settings.ingest.max_document_bytes,
        on_change=partial(_published, app),
        version=version("fieldfare"),
    )


def _published(app: App) -> None:
    """What was handed in shows at once; if another is publishing, the next beat does it."""
    _unless_busy(_publish, app, app.stopping)


@contextmanager
def _alone(app: App) -> Iterator[None]:
    node = quote(app.settings.daemon.node, safe="")
    lock = "run" if app.database.is_embedded else f"run-{node}"
    with ExitStack() as held:
        try:
            held.enter_context(app.database.exclusive(lock))
        except StoreBusy as busy:
            raise DaemonRuns(app.database.name, busy.holder) from busy
        yield


def _unless_busy(work: Callable[[App, Event], object], app: App, stopping: Event) -> None:
    """What another process or job is at needs doing by nobody else; the next beat looks again."""
    try:
        work(app, stopping)
    except StoreBusy as busy:
        log.debug("left to another", problem=str(busy))


def _publish(app: App, stopping: Event) -> None:
    app.publish(stopping=stopping)


def _ingest(source: str, app: App, stopping: Event) -> None:
    """New items are published at once, not a beat later."""
    started = app.clock()
    report = app.ingest([source], Look(only_due=True, stopping=stopping))
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
            seconds=_seconds(app, started),
        )
        app.publish(stopping=stopping)


def _renew(app: App, stopping: Event) -> None:
    report = app.gathering.renew(stopping)
    if report.asked or report.ended:
        log.info("hubs asked", asked=report.asked, ended=report.ended)
    for problem in report.problems:
        log.warning("hub cannot be asked", problem=problem)


def _plan(app: App, stopping: Event) -> None:
    started = app.clock()
    report = app.plan(stopping=stopping)
    if report.due:
        log.info(
            "digests planned",
            due=report.due,
            planned=report.planned,
            broken=report.broken,
            skipped={str(reason): count for reason, count in report.skipped.items()},
            seconds=_seconds(app, started),
        )


def _deliver(app: App, stopping: Event) -> None:
    started = app.clock()
    report = app.deliver(stopping=stopping)
    if report.accepted or report.deferred or report.failed or report.in_doubt:
        log.info(
            "mail delivered",
            accepted=report.accepted,
            deferred=report.deferred,
            failed=report.failed,
            in_doubt=report.in_doubt,
            seconds=_seconds(app, started),
        )
    if report.problem:
        log.warning("mail waits", problem=report.problem)


def _seconds(app: App, started: datetime) -> float:
    return round((app.clock() - started).total_seconds(), 3)
