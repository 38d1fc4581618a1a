"""Receivers of webhooks over real HTTP: what they get is signed as the reference signs it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from standardwebhooks import Webhook as Reference

from feeds.fetch.guard import Guard
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.websub.outbound import Outbound
from notifier.storage.hooks import hook_rows
from notifier.webhooks import OF_ITEMS, Webhook
from notifier.webhooks.hook_queue import HookQueue
from notifier.webhooks.hook_signature import keys_of
from notifier.webhooks.hook_standing import ToldHook
from tests import items
from tests.builders import a_draft
from tests.command import a_free_port
from tests.own_hub import BRIEF, TOPICS
from tests.publisher.fetching import HERE, fetching
from tests.publisher.server import Publisher, Raw, Request, Response, publishing

SECRET = f"whsec_{'c2VjcmV0' * 4}"
OLDER = f"whsec_{'b2xkZXIh' * 4}"


@dataclass
class Office:
    """A receiver: what it took, and what it answers next where that is no 204."""

    answers: list[Response | Raw] = field(default_factory=list)
    took: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Response | Raw:
        uid, second = (request.header(f"webhook-{name}") or "" for name in ("id", "timestamp"))
        at = datetime.fromtimestamp(int(second), UTC)
        signed = [Reference(each).sign(uid, at, request.body.decode()) for each in (SECRET, OLDER)]
        assert request.header("webhook-signature") == " ".join(signed)
        assert request.header("content-type") == "application/json"
        answer = self.answers.pop(0) if self.answers else Response(status=204)
        if isinstance(answer, Response) and answer.status == 204:
            self.took.append(json.loads(request.body))
        return answer

    @property
    def titles(self) -> list[str]:
        return [each["data"]["title"] for each in self.took]


class Telling:
    """A store whose one receiver is told at the moment of the machine, moved on by ``later``."""

    def __init__(self, database: Database, opened: ExitStack) -> None:
        self.database = database
        self.taxonomy = Taxonomy.from_toml(TOPICS)
        self.office = Office()
        self.later = timedelta()
        self.server: Publisher = opened.enter_context(publishing(self.office))
        self.hook = Webhook(
            name="office",
            url=self.server.at("/in?key=1"),
            keys=keys_of(f"{SECRET}\n{OLDER}"),
            events=OF_ITEMS,
        )
        self.opened = opened
        self.guard: Guard = HERE
        self.work()

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.later

    def work(self, later: timedelta = timedelta()) -> None:
        self.later += later
        with fetching(limits=BRIEF, guard=self.guard, clock=self.clock) as fetcher:
            queue = HookQueue(
                database=self.database,
                call=fetcher.call,
                hooks=(self.hook,),
                moved={},
                page=lambda slug: f"https://news.example.org/items/{slug}/",
                clock=self.clock,
                jitter=lambda: 0.0,
            )
            Outbound((queue,)).run(Event())

    def add(self, title: str) -> None:
        items.store(self.database, self.taxonomy, [a_draft(title=title)])

    @property
    def row(self) -> ToldHook:
        with self.database.reading() as connection:
            [told] = hook_rows.every(connection)
        return told


@pytest.fixture
def engine() -> str:
    """What differs between the two is told by test_hook_queue.py."""
    return "sqlite"


@pytest.fixture
def telling(database: Database, tmp_path: Path) -> Iterator[Telling]:
    with ExitStack() as opened:
        yield Telling(database, opened)


def test_each_is_verified_over_one_connection(telling: Telling) -> None:
    for number in range(3):
        telling.add(f"Item {number}")
    telling.work()
    assert telling.office.titles == ["Item 0", "Item 1", "Item 2"]
    assert telling.server.connections == 1
    assert {request.target for request in telling.server.requests} == {"/in?key=1"}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response(status=302, headers=(("Location", "/other"),)), "it answers 302"),
        (Response(status=500, body=b"\x1b]0;owned\x07 <secret>"), "it answers 500"),
        (Raw(), "127.0.0.1 cannot be asked: Server disconnected without sending a response."),
    ],
)
def test_what_is_no_yes_is_tried_again_by_the_same_name(
    telling: Telling, answer: Response | Raw, problem: str
) -> None:
    """No redirect is followed, and nothing of what it says is kept."""
    telling.office.answers = [answer]
    telling.add("One")
    telling.work()
    assert telling.row.problem == problem
    telling.work(timedelta(minutes=1))
    assert telling.office.titles == ["One"]
    assert telling.server.asked("/other") == []
    first, second = (request.header("webhook-id") for request in telling.server.requests)
    assert first == second


def test_an_answer_without_end_is_read_no_further(telling: Telling) -> None:
    telling.office.answers = [Response(status=200, body=repeat(b"x" * 10_000))]
    telling.add("One")
    telling.work()
    assert (telling.row.failures, telling.row.problem) == (0, "")


def test_retry_after_is_heeded(telling: Telling) -> None:
    for status in (429, 503):
        telling.office.answers = [Response(status=status, headers=(("Retry-After", "3600"),))]
        telling.add(f"After {status}")
        telling.work()
        telling.work(timedelta(minutes=55))
        assert f"After {status}" not in telling.office.titles
        telling.work(timedelta(minutes=10))
        assert telling.office.titles[-1] == f"After {status}"


def test_one_that_is_down_is_told_all_once_it_is_back(telling: Telling) -> None:
    port = a_free_port()
    telling.hook = replace(telling.hook, url=f"http://127.0.0.1:{port}/in")
    telling.add("One")
    telling.work()
    telling.add("Two")
    for _ in range(24):
        telling.work(timedelta(hours=1))
    assert telling.row.since
    with publishing(telling.office, port=port):
        telling.work(timedelta(hours=5))
    assert telling.office.titles == ["One", "Two"]
    assert telling.row.since is None


def test_an_address_of_a_private_network_is_refused_unless_settings_say_so(
    telling: Telling,
) -> None:
    telling.guard = Guard()
    telling.add("One")
    telling.work()
    assert "fetch.private_hosts" in telling.row.problem
    assert telling.server.requests == []
