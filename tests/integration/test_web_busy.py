"""The web server while another process keeps the store: others are answered, nothing is lost."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import httpx2
import pytest
from sqlalchemy import text

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web import request_limits
from notifier.model import SubscriberState
from notifier.storage import VERSIONS, subscribers
from notifier.subscribers.links import MailLinks
from notifier.web import health, unsubscribe, view
from tests.builders import a_subscriber
from tests.outbox import subscribe
from tests.services import Postgres
from tests.serving import SECRET, a_health, a_web_app, serving

MANY = 30


@pytest.fixture
def people(database: Database) -> list[str]:
    """The paths of their unsubscribe links."""
    links = MailLinks(base_url="", secret=SECRET)
    names = [f"reader-{number:05}" for number in range(MANY)]
    readers = (a_subscriber(public_id=name, address=f"{name}@example.org") for name in names)
    subscribe(database, *readers)
    return [links.unsubscribe(name, 1) for name in names]


@pytest.fixture
def address(database: Database, osce: Taxonomy, tmp_path: Path) -> Iterator[str]:
    with serving(a_web_app(database, osce, tmp_path / "public")) as base_url:
        yield base_url


@contextmanager
def kept(url: str, statement: str = "LOCK TABLE subscribers IN EXCLUSIVE MODE") -> Iterator[None]:
    """Somebody else writes, and does not come to an end."""
    other = Database.open(url, VERSIONS)
    with other.writing() as connection:
        if not other.is_embedded:
            connection.execute(text(statement))
        yield
    other.close()


def ask(method: str, url: str) -> httpx2.Response:
    return httpx2.request(method, url, timeout=60)


def left(database: Database) -> int:
    with database.reading() as connection:
        return subscribers.counts(connection).get(SubscriberState.LEFT, 0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the store, or for their turn, does so for longer than a test takes."""
    monkeypatch.setattr(unsubscribe, "PATIENCE_SECONDS", 60)
    monkeypatch.setattr(request_limits.ThreadLimit.__init__, "__defaults__", (4, 60.0))


def test_readers_wait_and_everything_else_answers(
    patient: None, address: str, database: Database, database_url: str, people: list[str]
) -> None:
    with ThreadPoolExecutor(MANY) as threads:
        with kept(database_url):
            posted = [threads.submit(ask, "POST", address + path) for path in people]
            time.sleep(0.5)
            for path in ("/healthz", "/style.css", people[0]):
                assert ask("GET", address + path).status_code == 200, path
            assert ask("GET", address).status_code == 404
            assert not any(each.done() for each in posted)
        answers = [each.result() for each in posted]
    assert {answer.status_code for answer in answers} == {200}
    assert left(database) == MANY


def test_whoever_cannot_be_served_is_told_to_come_back(
    address: str,
    database: Database,
    database_url: str,
    people: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the store is kept, which is for longer than they wait."""
    monkeypatch.setattr(unsubscribe, "PATIENCE_SECONDS", 0.5)
    with kept(database_url), ThreadPoolExecutor(MANY) as threads:
        posted = [threads.submit(ask, "POST", address + path) for path in people]
        answers = [each.result() for each in posted]
        assert ask("GET", f"{address}/healthz").json()["status"] == "ok"
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert left(database) == 0
    assert ask("POST", address + people[0]).status_code == 200
    assert left(database) == 1


def test_a_store_that_does_not_come_back_is_told_busy_at_once(
    database: Database, osce: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many ask, they share one look; afterwards all is well again."""
    monkeypatch.setattr(health, "_LOOK_SECONDS", 0.5)
    back, looks = Event(), list[int]()

    def is_current() -> bool:
        looks.append(1)
        return back.wait(60)

    app = a_web_app(database, osce, tmp_path / "public", health=a_health(is_current))
    with serving(app) as base_url, ThreadPoolExecutor(MANY) as threads:
        asked = [threads.submit(ask, "GET", f"{base_url}/readyz") for _ in range(MANY)]
        for answer in (each.result() for each in asked):
            assert answer.status_code == 503
            assert answer.json()["problems"] == [
                "the store is busy: it did not answer within 0.5 seconds"
            ]
        assert len(looks) == 1
        back.set()
        assert ask("GET", f"{base_url}/readyz").status_code == 200


def test_where_nobody_may_even_look_readers_are_told_to_come_back(
    postgres: Postgres,
    postgres_template: str,
    osce: Taxonomy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A migration of PostgreSQL keeps readers out too, for as long as it takes."""
    for room in (unsubscribe, view):
        monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.5)
    links = MailLinks(base_url="", secret=SECRET)
    asked = [links.unsubscribe("reader", 1), links.view("reader", 1, "2026-11-24")]
    with ExitStack() as opened:
        url = opened.enter_context(postgres.database(postgres_template))
        database = Database.open(url, VERSIONS)
        opened.callback(database.close)
        base_url = opened.enter_context(serving(a_web_app(database, osce, tmp_path / "public")))
        with kept(url, "LOCK TABLE subscribers, deliveries IN ACCESS EXCLUSIVE MODE"):
            for path in asked:
                answer = ask("GET", base_url + path)
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) > 0
            assert ask("GET", f"{base_url}/healthz").json()["status"] == "ok"
