"""Whether the house is well, for a supervisor, and how it is doing, for Prometheus.

Knows what well means. Must never know how things are counted: that is a callable it is given.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

import anyio.to_thread
import structlog
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
from notifier.model import DeliveryState, Incident, SubscriberState, Totals
from notifier.storage.senders import Halt
from notifier.web.connections import WebCounts

_FRESH = {"cache-control": "no-store"}

#: Supervisors wait some seconds; a store that is well answers in milliseconds.
_LOOK_SECONDS = 2

State = TypeVar("State", bound=StrEnum)

log = structlog.get_logger(__name__)

_MOST_DOMAINS = 50


class Heartbeats(Protocol):
    """What beats: how long ago each job last did, and which ones no longer do."""

    @property
    def ages(self) -> Mapping[str, timedelta]: ...

    @property
    def stuck(self) -> tuple[str, ...]: ...


class Health:
    """The requests /healthz and /metrics.

    ``totals``, ``mail`` (incidents with mail servers, and who stopped mail) and ``is_current``,
    whether the store has today's schema, raise StoreError where the store does not answer.
    ``counts`` are those of all processes that answer: whichever is asked says the same.
    """

    def __init__(
        self,
        *,
        is_current: Callable[[], bool],
        mail: Callable[[], tuple[Mapping[str, Incident], Halt | None]],
        totals: Callable[[], Totals],
        heartbeats: Heartbeats,
        counts: WebCounts,
        version: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._is_current = is_current
        self._mail = mail
        self._halt: Halt | None = None
        self._counts = counts
        self._heartbeats = heartbeats
        self._version = version
        self._look: asyncio.Future[list[str]] | None = None
        self._looks = CapacityLimiter(1)
        self._scrapes = ThreadLimit(threads=1)
        self._registry = CollectorRegistry()
        self._registry.register(_Readings(totals, heartbeats, counts, version, clock))

    async def healthz(self, _request: Request) -> Response:
        """200 while the store answers, every job beats and mail goes out; 503 with the reasons
        otherwise; how many connections were refused since the start, as there were too many, and
        since when somebody has stopped mail, which is no fault.

        At once in any case: it waits for no one else, and not long for the store.
        """
        problems = [
            *await self._problems_of_store(),
            *self._problems_of_jobs(),
            *self._problems_of_processes(),
        ]
        said = {
            "status": "failing" if problems else "ok",
            "version": self._version,
            "problems": problems,
            "refused_connections": round(sum(self._counts.refused)),
            "mail_paused_since": self._halt and self._halt.since.isoformat(),
        }
        return JSONResponse(said, 503 if problems else 200, headers=_FRESH)

    async def metrics(self, request: Request) -> Response:
        """The readings in the format the scraper asks for. Raises StoreError."""
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        readings = await self._scrapes.run(encode, self._registry)
        return Response(readings, headers={**_FRESH, "content-type": media_type})

    async def _problems_of_store(self) -> list[str]:
        """What a look at the store shows; all who ask meanwhile share one."""
        if self._look is None or self._look.done():
            looking = anyio.to_thread.run_sync(
                self._looked, limiter=self._looks, abandon_on_cancel=True
            )
            self._look = asyncio.ensure_future(looking)
        done, _ = await asyncio.wait({self._look}, timeout=_LOOK_SECONDS)
        if not done:
            return [f"the store is busy: it did not answer within {_LOOK_SECONDS} seconds"]
        return self._look.result()

    def _looked(self) -> list[str]:
        try:
            if self._is_current():
                incidents, self._halt = self._mail()
                return [_told(relay, one) for relay, one in incidents.items()]
        except StoreError as error:
            log.error("store does not answer", problem=str(error))  # noqa: TRY400 - expected
            return ["the store does not answer; the log says why"]
        return ["the store's schema is not current: run `fieldfare migrate`"]

    def _problems_of_jobs(self) -> Iterator[str]:
        for job in self._heartbeats.stuck:
            yield f"the job {job!r} is stuck"

    def _problems_of_processes(self) -> Iterator[str]:
        # Those that are being started for the first time were never there.
        pairs = zip(self._counts.running[:], self._counts.ended[:], strict=True)
        if left := sum(bool(ended) and not running for running, ended in pairs):
            yield f"{left} of {len(self._counts.running)} web processes do not run; see the log"


def _told(relay: str, incident: Incident) -> str:
    """Without its words, which may be nobody else's business."""
    what = "refuses us" if incident.refusals else "is out of reach"
    since = f"{incident.since:%Y-%m-%d %H:%M}Z"
    return f"{relay} {what} since {since}, mail waits; `fieldfare status` says why"


class _Readings(Collector):
    """Read when scraped: nothing is counted twice, and nothing is kept up to date for nobody."""

    def __init__(
        self,
        totals: Callable[[], Totals],
        heartbeats: Heartbeats,
        counts: WebCounts,
        version: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        self._totals = totals
        self._heartbeats = heartbeats
        self._counts = counts
        self._version = version

    @override
    def collect(self) -> Iterator[Metric]:
        totals = self._totals()
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
        yield from _relays(totals)
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
        yield self._beats()
        yield from self._processes()
        yield InfoMetricFamily(
            "fieldfare_build", "What is running.", value={"version": self._version}
        )

    def _beats(self) -> Metric:
        family = GaugeMetricFamily(
            "fieldfare_job_last_beat_timestamp_seconds",
            "When each job last began, went on with or ended its work.",
            labels=["job"],
        )
        now = self._clock()
        for job, age in sorted(self._heartbeats.ages.items()):
            family.add_metric([job], (now - age).timestamp())
        return family

    def _processes(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "fieldfare_web_processes", "Processes that answer.", value=sum(self._counts.running)
        )
        for name, meaning, counted in (
            (
                "web_processes_ended",
                "Processes that had to be started anew.",
                self._counts.ended,
            ),
            ("refused_connections", "Connections there was no room for.", self._counts.refused),
        ):
            yield CounterMetricFamily(f"fieldfare_{name}", meaning, value=sum(counted))


def _relays(totals: Totals) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "fieldfare_mail_paused", "Whether somebody stopped mail.", value=totals.is_halted
    )
    wrong = GaugeMetricFamily(
        "fieldfare_mail_incidents",
        "Mail servers and mailboxes that are out of reach, or refuse us.",
        labels=["relay"],
    )
    for relay in totals.incidents:
        wrong.add_metric([relay], 1)
    yield wrong


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
