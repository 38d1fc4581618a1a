"""Health, readiness and metrics: what is told of a house that does well, or does not."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import httpx2
import pytest

from feeds.errors import StoreError
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.incidents.incident import MEANINGS, Incident, IncidentKind
from notifier.model import Totals
from notifier.storage import VERSIONS
from notifier.web.connections import WebCounts
from tests.serving import NOW, TOTALS, Heartbeats, a_health, a_web_app, serving

OPERATE = Path(__file__).parents[2] / "docs" / "operate"
PROMETHEUS = Path(__file__).parents[1] / "prometheus"
PROMTOOL = shutil.which("promtool")
STOPPING = Event()


class Store:
    """A store that answers as it is told to."""

    def __init__(self) -> None:
        self.answer: bool | Exception = True
        self.incidents: list[Incident] = []

    def is_current(self) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def wrong(self) -> list[Incident]:
        """As a journal tells, which knows of a store that is away, too."""
        away = IncidentKind.STORE
        is_away = isinstance(self.answer, StoreError)
        more = [an_incident(away, problem=str(self.answer), node="one")] if is_away else []
        return [*self.incidents, *more]

    def totals(self) -> Totals:
        self.is_current()
        return TOTALS


def an_incident(
    kind: IncidentKind, subject: str = "", problem: str = "", node: str = ""
) -> Incident:
    return Incident(kind=kind, subject=subject, problem=problem, node=node, since=NOW, seen_at=NOW)


@pytest.fixture
def stopping() -> Iterator[Event]:
    yield STOPPING
    STOPPING.clear()


@pytest.fixture(scope="module")
def parts() -> tuple[Store, Heartbeats]:
    return Store(), Heartbeats()


@pytest.fixture
def store(parts: tuple[Store, Heartbeats]) -> Iterator[Store]:
    yield parts[0]
    parts[0].answer = True
    parts[0].incidents.clear()


@pytest.fixture
def heartbeats(parts: tuple[Store, Heartbeats]) -> Iterator[Heartbeats]:
    yield parts[1]
    parts[1].stuck = ()


@pytest.fixture(scope="module")
def counts() -> WebCounts:
    """Of two processes that run."""
    made = WebCounts.of(2)
    made.running[:] = [1, 1]
    return made


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory,
    osce: Taxonomy,
    parts: tuple[Store, Heartbeats],
    counts: WebCounts,
) -> Iterator[httpx2.Client]:
    folder: Path = tmp_path_factory.mktemp("house")
    database = Database.open(f"sqlite:///{folder / 'store.db'}", VERSIONS)
    store, heartbeats = parts
    health = a_health(
        store.is_current,
        heartbeats=heartbeats,
        counts=counts,
        incidents=store.wrong,
        stopping=STOPPING,
        totals=store.totals,
    )
    app = a_web_app(database, osce, folder / "public", health=health)
    with serving(app) as address, httpx2.Client(base_url=address) as asking:
        yield asking
    database.close()


def test_a_house_in_order_is_healthy(client: httpx2.Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok", "version": "0.1.0", "problems": [], "refused_connections": 0,
        "mail_paused_since": None,
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"


def test_a_job_that_no_longer_beats_is_named(client: httpx2.Client, heartbeats: Heartbeats) -> None:
    heartbeats.stuck = ("digests",)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "failing"
    assert answer.json()["problems"] == ["the job 'digests' is stuck"]


def test_a_process_that_does_not_run_is_told(client: httpx2.Client, counts: WebCounts) -> None:
    counts.running[1] = 0
    first = client.get("/healthz")
    counts.ended[1] = 1
    answer = client.get("/healthz")
    counts.running[1], counts.ended[1] = 1, 0
    # One that is being started for the first time is missed by nobody.
    assert first.status_code == 200
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["1 of 2 web processes do not run; see the log"]


def test_a_store_that_does_not_answer_is_told_and_nobody_is_sent_there(
    client: httpx2.Client, store: Store
) -> None:
    """No new start mends it. Why it does not may hold names of machines; that is for the log."""
    store.answer = StoreError("the store at db7.internal is away")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["problems"] == [told("the store cannot be used (node one)")]
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["problems"]) == (503, ["the store does not answer"])


def told(what: str) -> str:
    return f"{what} since {NOW:%Y-%m-%d %H:%M}Z; `fieldfare status` says why, and what to do"


def test_what_is_wrong_is_told_without_the_words_of_others_and_the_worst_first(
    client: httpx2.Client, store: Store
) -> None:
    store.incidents += [
        an_incident(IncidentKind.SOURCE, "news", "403 secret"),
        an_incident(IncidentKind.RELAY_REFUSES, "the relay", "550 secret"),
    ]
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["problems"] == [
        told("the relay refuses us"),
        told("the source news fails"),
    ]
    assert client.get("/readyz").json() == {"status": "ready", "problems": []}


def test_one_of_an_old_schema_is_not_ready_and_says_what_to_do(
    client: httpx2.Client, store: Store
) -> None:
    store.answer = False
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "fieldfare migrate" in answer.json()["problems"][0]


def test_one_that_is_about_to_end_is_not_ready(client: httpx2.Client, stopping: Event) -> None:
    stopping.set()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unready")
    assert client.get("/healthz").status_code == 200


def test_metrics_say_how_the_house_is_doing(client: httpx2.Client) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    read = {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}
    assert read == {
        "fieldfare_items": 30_000,
        "fieldfare_quarantined_documents": 2,
        **{f'fieldfare_deliveries{{state="{state}"}}': 0 for state in _QUIET},
        'fieldfare_deliveries{state="accepted"}': 41,
        'fieldfare_deliveries{state="failed"}': 1,
        'fieldfare_subscribers{state="active"}': 7,
        'fieldfare_subscribers{state="left"}': 0,
        'fieldfare_subscribers{state="erased"}': 0,
        'fieldfare_subscribers{state="pending"}': 0,
        **{f'fieldfare_sources{{state="{state}"}}': 0 for state in ("ok", "moved", "ended")},
        'fieldfare_sources{state="failing"}': 1,
        'fieldfare_hub_failures{hub="https://hub.example.org/"}': 3,
        'fieldfare_hub_waiting_feeds{hub="https://hub.example.org/"}': 12,
        "fieldfare_suppressed_addresses": 3,
        'fieldfare_returned_mails{domain="reader.example",kind="hard"}': 2,
        'fieldfare_returned_by_way{way="mail"}': 1,
        'fieldfare_returned_by_way{way="ses"}': 1,
        'fieldfare_paused_domains{domain="reader.example"}': 1,
        "fieldfare_feed_subscriptions": 240,
        "fieldfare_store_up": 1,
        'fieldfare_disk_free_bytes{setting="store.url"}': 5_000_000,
        "fieldfare_mail_paused": 0,
        **_NOTHING_WRONG,
        'fieldfare_failures_total{kind="source"}': 4,
        'fieldfare_job_last_success_timestamp_seconds{job="publish",node="one"}': NOW.timestamp(),
        "fieldfare_oldest_due_mail_timestamp_seconds": NOW.timestamp(),
        'fieldfare_job_last_beat_timestamp_seconds{job="ingest"}': NOW.timestamp(),
        'fieldfare_job_last_beat_timestamp_seconds{job="publish"}': NOW.timestamp(),
        "fieldfare_web_processes": 2,
        "fieldfare_web_processes_ended_total": 0,
        "fieldfare_refused_connections_total": 0,
        'fieldfare_build_info{version="0.1.0"}': 1,
    }


_SEVERITY = {True: "critical", False: "warning"}
_NOTHING_WRONG = {
    f'fieldfare_incidents{{kind="{kind}",severity="{_SEVERITY[one.is_critical]}"}}': 0
    for kind, one in MEANINGS.items()
}
_QUIET = ("queued", "sending", "deferred", "skipped", "suppressed", "uncertain")


def test_metrics_come_in_the_format_asked_for(client: httpx2.Client) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = client.get("/metrics", headers=accept)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_metrics_of_a_store_that_does_not_answer_are_those_of_memory(
    client: httpx2.Client, store: Store
) -> None:
    store.answer = StoreError("the store is away")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "fieldfare_store_up 0.0" in answer.text
    assert 'fieldfare_incidents{kind="store",severity="critical"} 1.0' in answer.text
    since = 'fieldfare_incident_since_timestamp_seconds{kind="store",node="one",subject=""}'
    assert since in answer.text
    assert "fieldfare_job_last_beat_timestamp_seconds" in answer.text
    assert "fieldfare_items" not in answer.text


# -- What is made of it ----------------------------------------------------------------------------


@pytest.mark.parametrize("paper", ["dashboard.json", "alerts.yml"])
def test_what_the_dashboard_and_the_rules_name_is_there(client: httpx2.Client, paper: str) -> None:
    """All that is measured is on the dashboard, but for what is beside itself."""
    lines = client.get("/metrics").text.splitlines()
    there = {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}
    there.add("fieldfare_incident_since_timestamp_seconds")  # none lasts here
    named = set(re.findall(r"fieldfare_\w+", (OPERATE / paper).read_text("utf-8")))
    assert named - there == set()
    if paper == "dashboard.json":
        assert there - named == set()


_RULES = ("alerts.yml", "alerts_test.yml")


@pytest.mark.skipif(PROMTOOL is None, reason="needs promtool of Debian's prometheus")
def test_prometheus_reads_the_rules_and_alerts_by_them(tmp_path: Path) -> None:
    for folder, name in zip((OPERATE, PROMETHEUS), _RULES, strict=True):
        shutil.copy(folder / name, tmp_path)
    for command in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")):
        done = subprocess.run(
            [str(PROMTOOL), *command], cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    rules, tries = ((tmp_path / name).read_text("utf-8") for name in _RULES)
    assert set(re.findall(r"alert: (\w+)", rules)) == set(re.findall(r"alertname: (\w+)", tries))
