"""The daemon: the jobs of a house and its web servers side by side, started and ended in order.

Knows what an open house can do, how often it shall, and how work ends. Must never do a part's work.
"""

import gc
import importlib
import pkgutil
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from threading import Event

import structlog

import config
import feeds
import notifier
from config import systemd
from config.sections import ServeSettings
from feeds import search
from feeds.errors import StoreBusy
from feeds.ingest.report import IngestReport, ItemOutcome
from feeds.model import SourceKind
from feeds.publish.rebuild import PublishReport
from feeds.websub.subscriber import RenewReport
from notifier.app import mail_parts, nodes, parts, web_parts
from notifier.app.house import House
from notifier.app.jobs import Beats, Job, Scheduler
from notifier.app.keeping.rereading import reread_some
from notifier.app.upkeep import forget
from notifier.app.web_parts import SEARCH
from notifier.app.web_processes import Handed, WebProcesses
from notifier.digest.plan import Planner
from notifier.errors import CannotListen, DaemonRuns
from notifier.incidents.incident import IncidentKind, Trouble
from notifier.incidents.journal import PUBLISH
from notifier.incidents.watch import Running
from notifier.mail.send import DeliveryReport
from notifier.storage.senders import BEAT_SECONDS
from notifier.web.connections import WebCounts, own_numbers
from notifier.web.server import Server, listen, share

log = structlog.get_logger(__name__)

_ANNOUNCE = "announce"
#: The jobs that others wake, and the roles that have them.
DIGESTS, DELIVERY = "digests", "delivery"
#: Between two looks at what nobody who fails would tell of.
_WATCH_SECONDS = 5
#: A store that was away is listened to again after so long.
_LISTEN_AGAIN_SECONDS = 5
_PUBLISH_WAIT_SECONDS = 1.0
#: What is forgotten was kept for days: an hour more or less tells nobody anything.
_FORGET_SECONDS = 900

#: The rooms no beat enters; who is pushed to has loaded that room before the first (`_api`).
_NO_BEATS = (
    "notifier.app.trial",
    "notifier.cli",
    "feeds.push",
    "feeds.storage.copies",
    "feeds.storage.migrations",
    "notifier.app.keeping",
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
    "rapidfuzz.process",
    "uvloop",
)

#: What a process that answers beside the daemon may need, too.
_ANSWERING = ("feeds.push.api", "feeds.push.receive", "notifier.api.subscribers_api")


def run(house: House, stopping: Event, *, mails: Path | None = None) -> None:
    """The daemon runs until SIGTERM or SIGINT, then finishes what is in hand.

    Raises DaemonRuns where one does on this store already (on PostgreSQL: under this node's name),
    CannotListen where the address is taken, SchedulerDied. ``mails`` is a Maildir to show.
    """
    load()
    parts.languages()
    node = house.settings.daemon.node
    with ExitStack() as held:
        try:
            held.enter_context(nodes.alone(house.database, node))
        except DaemonRuns as runs:
            kind = IncidentKind.SECOND_DAEMON
            house.journal.note(Trouble(kind=kind, problem=str(runs), node=node))
            raise
        listening = held.enter_context(_listening(house.settings.serve))
        held.enter_context(nodes.seen(house.database, node))
        held.enter_context(mail_parts.handed_over(house))
        _work(house, stopping, listening, mails)


def _work(house: House, stopping: Event, listening: socket.socket, mails: Path | None) -> None:
    """All of its parts are at work until the end."""
    database, node, serve = house.database, house.settings.daemon.node, house.settings.serve

    def announce() -> None:
        house.outbound.hurry()
        scheduler.wake(_ANNOUNCE)

    def woken(job: str) -> None:
        scheduler.wake(job)

    def wake(job: str) -> None:
        woken(job)
        nodes.wake_others(database, node, job)

    def on_change() -> None:
        announce()
        scheduler.wake(SEARCH)
        wake(DIGESTS)

    numbers = partial(RawArray, "d") if serve.processes > 1 else own_numbers
    counts = WebCounts.of(serve.processes, numbers)
    watching = _watching(house, lambda: scheduler.heartbeats, counts)
    works = [*jobs(house, on_change, wake, woken), *watching]
    scheduler = Scheduler(works, stopping, working=house.journal.working, numbers=numbers)
    publish = partial(_unless_busy, _publishing(house, on_change, wake), stopping)
    server = web_parts.server(
        house,
        stopping,
        publish=publish,
        announce=announce,
        send=partial(wake, DELIVERY),
        heartbeats=scheduler.heartbeats,
        counts=counts,
        mails=mails,
    )
    others = WebProcesses(
        Handed.by(house, scheduler.heartbeats, counts, mails),
        partial(listen, serve.host, serve.port, beside=True),
        stopping,
        code=(*_code(), *_ANSWERING),
        publish=publish,
        announce=announce,
        send=partial(wake, DELIVERY),
    )
    _serve(server, others, scheduler, listening, stopping)


def _watching(house: House, beats: Callable[[], Beats], counts: WebCounts) -> Iterator[Job]:
    """What looks at all that nobody who fails would tell of, and what tells of it: by itself, as a
    mail server may let it wait.
    """
    watch, teller = parts.watch(house), parts.teller(house)

    def look(_stopping: Event) -> None:
        known, ended = beats(), round(sum(counts.ended))
        running = Running(jobs=known.jobs, stuck=known.stuck, missing=counts.missing, ended=ended)
        watch.look(running)

    yield Job(name="watch", every_seconds=_WATCH_SECONDS, work=look)
    yield Job(name="alerts", every_seconds=_WATCH_SECONDS, work=lambda _: teller.tell())


def _listening(serve: ServeSettings) -> socket.socket:
    """The address is ours, before any work has begun. Raises CannotListen."""
    try:
        listening = listen(serve.host, serve.port)
    except OSError as error:
        raise CannotListen(serve.host, serve.port, error.strerror or str(error)) from error
    if serve.processes > 1:
        share(listening)
    return listening


def load() -> None:
    """All code that a beat may ask for is there, as an upgrade may replace its files meanwhile."""
    for name in _code():
        importlib.import_module(name)
    gc.freeze()  # It stays: to look through it for garbage holds up everybody for 0.1 s.


def _code() -> Iterator[str]:
    for room in (config, feeds, notifier):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.startswith(_NO_BEATS):
                yield module.name
    yield from _IMPORTED_LATE


def jobs(
    house: House,
    on_change: Callable[[], object] = lambda: None,
    wake: Callable[[str], object] = lambda _: None,
    woken: Callable[[str], object] = lambda _: None,
) -> tuple[Job, ...]:
    """The beats of the house that are among its roles: sources, hubs, publish, search, announce,
    digests, upkeep, delivery, returns; each asks anew.

    ``on_change`` is called once feeds were published that changed, ``wake`` where another job has
    something to do, here or at another node, ``woken`` where another node says so.
    """
    daemon, database = house.settings.daemon, house.database
    roles = daemon.roles.split()
    works: list[tuple[str, int, Callable[[Event], object]]] = [
        ("node", BEAT_SECONDS, partial(nodes.beat, database, daemon.node, daemon.roles)),
    ]
    if not database.is_embedded:
        hear = partial(nodes.listen, database, daemon.node, woken)
        works.append(("listen", _LISTEN_AGAIN_SECONDS, hear))
    if "ingest" in roles:
        works += _taking_in(house, _publishing(house, on_change, wake))
    if PUBLISH in roles:
        works += (
            (PUBLISH, daemon.publish_seconds, _publishing(house, on_change, wake)),
            (SEARCH, daemon.publish_seconds, partial(search.follow, database)),
            (_ANNOUNCE, daemon.announce_seconds, house.outbound.run),
        )
    if DIGESTS in roles:
        works += (
            (DIGESTS, daemon.digests_seconds, partial(_plan, house.planner, house.clock, wake)),
            ("upkeep", _FORGET_SECONDS, partial(forget, house)),
        )
    if DELIVERY in roles:
        works += (
            (DELIVERY, daemon.delivery_seconds, partial(_deliver, house.deliver, house.clock)),
            ("returns", house.settings.returns.every_seconds, partial(mail_parts.look, house)),
        )
    # The parts they share are made here, as each job runs in a thread of its own.
    _ = house.fetcher, house.site, house.transports, house.contents
    house.workers.start(eager=True)
    return tuple(Job(name=name, every_seconds=seconds, work=work) for name, seconds, work in works)


def _taking_in(
    house: House, publish: Callable[[Event], object]
) -> Iterator[tuple[str, int, Callable[[Event], object]]]:
    """A job a source: one that is slow or broken delays no other."""
    seconds = house.settings.daemon.ingest_seconds
    for source in house.settings.sources:
        if SourceKind(source.kind) is not SourceKind.PUSH:
            take_in = partial(_ingest, source.name, house, publish)
            yield f"ingest {source.name}", seconds, take_in
    yield "hubs", seconds, partial(_renew, house)
    yield "reread", seconds, partial(reread_some, house, publish)


def _publishing(
    house: House, on_change: Callable[[], object], wake: Callable[[str], object]
) -> Callable[[Event], object]:
    """What publishes, or has another node do so where that is none of our roles."""
    if PUBLISH in house.settings.daemon.roles.split():
        return partial(_publish, house.publish, on_change)
    return lambda _: wake(PUBLISH)


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
    house: House,
    publish: Callable[[Event], object],
    stopping: Event,
) -> None:
    """New items are published at once, not a beat later."""
    clock, started = house.clock, house.clock()
    report: IngestReport = house.ingest([source], only_due=True, stopping=stopping)
    _tell(house, f"source {source}", "source cannot be read", report.problems)
    for held in (held for held in report.quarantine if held.is_new):
        log.warning("document quarantined", document=held.document, reason=held.reason)
    for copy in (each for each in report.items if each.outcome is ItemOutcome.COPY):
        log.info("copy", document=copy.document, item=copy.slug, reason=copy.reason)
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


def _tell(house: House, key: str, event: str, problems: Sequence[str]) -> None:
    """What is as it was is told at growing pauses."""
    repeats, problem = house.journal.repeats, "; ".join(problems)
    if not problem:
        repeats.ended(key)
    elif times := repeats.heard(key, problem):
        log.warning(event, problem=problem, times=times)


def _renew(house: House, stopping: Event) -> None:
    report: RenewReport = house.renew(stopping)
    if report.asked or report.ended:
        log.info("hubs asked", asked=report.asked, ended=report.ended)
    _tell(house, "hubs", "hub cannot be asked", report.problems)


def _plan(
    planner: Planner,
    clock: Callable[[], datetime],
    wake: Callable[[str], object],
    stopping: Event,
) -> None:
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
    if report.planned:
        wake(DELIVERY)


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
        # The ledger tells of it where it begins, changes and ends.
        log.debug("mail waits", problem=report.problem)


def _seconds(duration: timedelta) -> float:
    return round(duration.total_seconds(), 3)


def _serve(
    server: Server,
    others: WebProcesses,
    scheduler: Scheduler,
    listening: socket.socket,
    stopping: Event,
) -> None:
    """Serves and ticks until SIGTERM or SIGINT; returns when the work in hand is finished.

    Raises SchedulerDied where nothing ticked any more.
    """
    scheduler.start(died=partial(server.handle_exit, signal.SIGTERM, None))
    others.start()
    log.info("daemon started", addresses=[listening.getsockname()[:2]])

    def is_well() -> bool:
        return server.is_alive and not scheduler.heartbeats.is_silent

    try:
        with systemd.told(is_well, stopping):
            server.run(sockets=[listening])
    finally:
        stopping.set()
        others.join()
        scheduler.stop()
        log.info("daemon stopped")
