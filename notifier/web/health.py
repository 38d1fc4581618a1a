"""Whether the house is alive and well, for a supervisor, and how it is doing, for Prometheus.

Knows what well means. Must never know how things are counted: that is a callable it is given.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event
from typing import Generic, Protocol, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import override

from feeds.errors import StoreError
from feeds.standing import HubStanding
from feeds.standing import State as Standing
from feeds.web.request_limits import ThreadLimit
from notifier.incidents.incident import MEANINGS, Incident, worst_first
from notifier.model import DeliveryState, SubscriberState, Totals
from notifier.storage.senders import Halt
from notifier.web.connections import WebCounts

_FRESH = {"cache-control": "no-store"}

#: Supervisors wait some seconds; a store that is well answers in milliseconds.
_LOOK_SECONDS = 2

State = TypeVar("State", bound=StrEnum)
Seen = TypeVar("Seen")

_MOST_DOMAINS = 50


class Heartbeats(Protocol):
    """What beats: how long ago each job last did, and which ones no longer do."""

    @property
    def ages(self) -> Mapping[str, timedelta]: ...

    @property
    def stuck(self) -> tuple[str, ...]: ...


class Health:
    """The requests /healthz, /readyz and /metrics.

    ``totals``, ``halted`` (who stopped mail) and ``is_current``, whether the store has today's
    schema, raise StoreError where the store does not answer; ``incidents`` are those that last, as
    far as this process knows, and say so; ``disks`` have so many bytes free. ``counts`` are
    those of all processes that answer: whichever is asked says the same.
    """

    def __init__(
        self,
        *,
        is_current: Callable[[], bool],
        incidents: Callable[[], Sequence[Incident]],
        halted: Callable[[], Halt | None],
        disks: Callable[[], Mapping[str, int]],
        totals: Callable[[], Totals],
        heartbeats: Heartbeats,
        counts: WebCounts,
        version: str,
        clock: Callable[[], datetime],
        stopping: Event,
    ) -> None:
        self._heartbeats = heartbeats
        self._counts = counts
        self._version = version
        self._stopping = stopping
        self._known = _Look(incidents)
        self._halted = _Look(halted)
        self._current = _Look(is_current)
        self._scrapes = ThreadLimit(threads=1)
        self._registry = CollectorRegistry()
        self._registry.register(
            _Readings(
                totals=totals,
                incidents=incidents,
                disks=disks,
                heartbeats=heartbeats,
                counts=counts,
                version=version,
                clock=clock,
            )
        )

    async def healthz(self, _request: Request) -> Response:
        """Whether this process is alive: 503 where a new start would mend it, as a job is stuck or
        a process that answers is missing.

        200 else, degraded with the reasons while anything else is wrong, which no new start mends.
        At once in any case: it waits for no one else, and not long for the store.
        """
        failing = [*self._problems_of_jobs(), *self._problems_of_processes()]
        known = await self._known.asked()
        degraded = [_busy()] if known is None else [*map(_told, worst_first(known))]
        said = {
            "status": "failing" if failing else "degraded" if degraded else "ok",
            "version": self._version,
            "problems": [*failing, *degraded],
            "refused_connections": round(sum(self._counts.refused)),
            "mail_paused_since": await self._paused_since(),
        }
        return JSONResponse(said, 503 if failing else 200, headers=_FRESH)

    async def readyz(self, _request: Request) -> Response:
        """200 where readers can be answered, links of mails and all; 503 with the reason where the
        store is away or of another version, or this process is about to end.
        """
        problem = await self._unready()
        said = {
            "status": "unready" if problem else "ready",
            "problems": [problem] if problem else [],
        }
        return JSONResponse(said, 503 if problem else 200, headers=_FRESH)

    async def metrics(self, request: Request) -> Response:
        """The readings in the format the scraper asks for; those alone that memory has where the
        store does not answer.
        """
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        readings = await self._scrapes.run(encode, self._registry)
        return Response(readings, headers={**_FRESH, "content-type": media_type})

    async def _paused_since(self) -> str | None:
        """Since when somebody has stopped mail, as far as the store tells: it is no fault."""
        try:
            halt = await self._halted.asked()
        except StoreError:
            return None
        return halt.since.isoformat() if halt else None

    async def _unready(self) -> str:
        if self._stopping.is_set():
            return "it is about to end"
        try:
            is_current = await self._current.asked()
        except StoreError:
            return "the store does not answer"
        if is_current is None:
            return _busy()
        return "" if is_current else "the store's schema is not current: run `fieldfare migrate`"

    def _problems_of_jobs(self) -> Iterator[str]:
        for job in self._heartbeats.stuck:
            yield f"the job {job!r} is stuck"

    def _problems_of_processes(self) -> Iterator[str]:
        if left := self._counts.missing:
            yield f"{left} of {len(self._counts.running)} web processes do not run; see the log"


class _Look(Generic[Seen]):
    """A look at the store that all who ask meanwhile share, and nobody waits long for."""

    def __init__(self, look: Callable[[], Seen]) -> None:
        self._look = look
        self._asked: asyncio.Future[Seen] | None = None
        self._threads = CapacityLimiter(1)

    async def asked(self) -> Seen | None:
        """What it shows; None where that takes too long."""
        if self._asked is None or self._asked.done():
            looking = anyio.to_thread.run_sync(
                self._look, limiter=self._threads, abandon_on_cancel=True
            )
            self._asked = asyncio.ensure_future(looking)
        done, _ = await asyncio.wait({self._asked}, timeout=_LOOK_SECONDS)
        return self._asked.result() if done else None


def _busy() -> str:
    return f"the store is busy: it did not answer within {_LOOK_SECONDS} seconds"


def _told(incident: Incident) -> str:
    """Without the words of others, which may be nobody else's business."""
    since = f"{incident.since:%Y-%m-%d %H:%M}Z"
    return f"{incident.what} since {since}; `fieldfare status` says why, and what to do"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Readings(Collector):
    """Read when scraped: nothing is counted twice, and nothing is kept up to date for nobody."""

    totals: Callable[[], Totals]
    incidents: Callable[[], Sequence[Incident]]
    disks: Callable[[], Mapping[str, int]]
    heartbeats: Heartbeats
    counts: WebCounts
    version: str
    clock: Callable[[], datetime]

    @override
    def collect(self) -> Iterator[Metric]:
        try:
            totals = self.totals()
        except StoreError:
            totals = None
        is_up = totals is not None
        yield GaugeMetricFamily("fieldfare_store_up", "Whether the store answers.", value=is_up)
        if totals:
            yield from self._stored(totals)
        yield from _wrong(self.incidents())
        free = GaugeMetricFamily(
            "fieldfare_disk_free_bytes", "Room on disks of this machine.", labels=["setting"]
        )
        for setting, count in self.disks().items():
            free.add_metric([setting], count)
        yield free
        yield self._beats()
        yield from self._processes()
        yield InfoMetricFamily(
            "fieldfare_build", "What is running.", value={"version": self.version}
        )

    def _stored(self, totals: Totals) -> Iterator[Metric]:
        yield GaugeMetricFamily("fieldfare_items", "Items stored.", value=totals.items)
        yield GaugeMetricFamily(
            "fieldfare_quarantined_documents",
            "Documents nobody could make an item of.",
            value=totals.quarantined,
        )
        yield _by_state("fieldfare_deliveries", "Mails by state.", DeliveryState, totals.deliveries)
        yield _by_state(
            "fieldfare_subscribers", "Subscribers by state.", SubscriberState, totals.subscribers
        )
        yield _by_state("fieldfare_sources", "Sources by state.", Standing, totals.sources)
        yield GaugeMetricFamily(
            "fieldfare_suppressed_addresses",
            "Addresses that must not be mailed.",
            value=totals.suppressed,
        )
        yield _returned(totals.returned)
        yield _ways(totals.returned_by)
        paused = GaugeMetricFamily(
            "fieldfare_paused_domains",
            "Domains whose digests wait, as too much came back of them.",
            labels=["domain"],
        )
        for domain in totals.paused:
            paused.add_metric([domain], 1)
        yield paused
        yield from _hubs(totals.hubs)
        yield GaugeMetricFamily(
            "fieldfare_feed_subscriptions",
            "Subscriptions to feeds at our own hub.",
            value=totals.feed_subscriptions,
        )
        yield GaugeMetricFamily(
            "fieldfare_mail_paused", "Whether somebody stopped mail.", value=totals.is_halted
        )
        yield from _failed(totals)

    def _beats(self) -> Metric:
        family = GaugeMetricFamily(
            "fieldfare_job_last_beat_timestamp_seconds",
            "When each job last began, went on with or ended its work.",
            labels=["job"],
        )
        now = self.clock()
        for job, age in sorted(self.heartbeats.ages.items()):
            family.add_metric([job], (now - age).timestamp())
        return family

    def _processes(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "fieldfare_web_processes", "Processes that answer.", value=sum(self.counts.running)
        )
        for name, meaning, counted in (
            (
                "web_processes_ended",
                "Processes that had to be started anew.",
                self.counts.ended,
            ),
            ("refused_connections", "Connections there was no room for.", self.counts.refused),
        ):
            yield CounterMetricFamily(f"fieldfare_{name}", meaning, value=sum(counted))


def _wrong(incidents: Sequence[Incident]) -> Iterator[Metric]:
    """How many last of each kind, and since when each does."""
    lasting = GaugeMetricFamily(
        "fieldfare_incidents",
        "What is wrong at present, by kind, and whether readers notice it (critical).",
        labels=["kind", "severity"],
    )
    counted = Counter(one.kind for one in incidents)
    for kind, meaning in MEANINGS.items():
        severity = "critical" if meaning.is_critical else "warning"
        lasting.add_metric([kind, severity], counted[kind])
    began = GaugeMetricFamily(
        "fieldfare_incident_since_timestamp_seconds",
        "Since when it is wrong, for each that lasts.",
        labels=["kind", "subject", "node"],
    )
    for one in incidents:
        began.add_metric([*one.key], one.since.timestamp())
    yield from (lasting, began)


def _failed(totals: Totals) -> Iterator[Metric]:
    """What ever failed, and how long ago what is to be done all the time was done."""
    failures = CounterMetricFamily(
        "fieldfare_failures", "Failures by kind of what is wrong then.", labels=["kind"]
    )
    for kind, count in totals.failures.items():
        failures.add_metric([kind], count)
    ends = GaugeMetricFamily(
        "fieldfare_job_last_success_timestamp_seconds",
        "When each job last came to its end, to a minute.",
        labels=["job", "node"],
    )
    for (job, node), at in totals.job_ends.items():
        ends.add_metric([job, node], at.timestamp())
    yield from (failures, ends)
    if totals.oldest_due:
        yield GaugeMetricFamily(
            "fieldfare_oldest_due_mail_timestamp_seconds",
            "When the mail was to leave that waits for the longest; none where none waits.",
            value=totals.oldest_due.timestamp(),
        )


def _returned(counts: Mapping[str, Mapping[str, int]]) -> Metric:
    """Of the domains of which most came back; a scraper keeps each name it ever saw."""
    family = GaugeMetricFamily(
        "fieldfare_returned_mails",
        "Mails that came back within a day, by the reader's domain and by kind.",
        labels=["domain", "kind"],
    )
    most = sorted(counts, key=lambda domain: (-sum(counts[domain].values()), domain))
    for domain in most[:_MOST_DOMAINS]:
        for kind, count in counts[domain].items():
            family.add_metric([domain, kind], count)
    return family


def _ways(counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(
        "fieldfare_returned_by_way",
        "Mails that came back within a day, by mail or by the service that told it.",
        labels=["way"],
    )
    for way, count in counts.items():
        family.add_metric([way], count)
    return family


def _hubs(rows: Sequence[HubStanding]) -> Iterator[Metric]:
    """Nothing where there are none."""
    if not rows:
        return
    failures = GaugeMetricFamily(
        "fieldfare_hub_failures", "How often in a row a hub could not be told.", labels=["hub"]
    )
    waiting = GaugeMetricFamily(
        "fieldfare_hub_waiting_feeds", "Changed feeds a hub does not know of.", labels=["hub"]
    )
    for row in rows:
        failures.add_metric([row.hub], row.failures)
        waiting.add_metric([row.hub], row.waiting)
    yield from (failures, waiting)


def _by_state(name: str, meaning: str, states: type[State], counted: Mapping[State, int]) -> Metric:
    """One value a state, zero included, so that a graph has no gaps."""
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for state in states:
        family.add_metric([state], counted.get(state, 0))
    return family
