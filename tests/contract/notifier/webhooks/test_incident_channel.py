"""Receivers of webhooks learn of incidents in their turn, and at once while the store is away."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from feeds.errors import StoreError
from feeds.fetch import FetchFailed, Posted, Reply, Stopped
from feeds.storage.database import Database
from notifier.incidents.incident import Incident, IncidentKind
from notifier.incidents.tell import Tidings
from notifier.storage.hooks import hook_log
from notifier.webhooks import OF_INCIDENTS, HookEventKind, Webhook
from notifier.webhooks.hook_event import HookEvent
from notifier.webhooks.incident_channel import IncidentChannel
from tests.outbox import NOW

STORE = Incident(kind=IncidentKind.STORE, subject="", node="one", since=NOW, seen_at=NOW)
OFFICE = Webhook(
    name="office", url="https://a.example.org/", keys=(b"k" * 24,), events=OF_INCIDENTS
)
ENDS = replace(OFFICE, name="ends", events=frozenset({HookEventKind.ENDED}))


@dataclass
class World:
    """Receivers that answer alike, and how often the log was to be read."""

    reply: Reply = field(default_factory=lambda: Posted(status=204))
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    hurried: int = 0

    def call(self, _url: str, fields: tuple[tuple[str, str], ...], body: bytes) -> Reply:
        self.told.append((dict(fields)["webhook-id"], json.loads(body)))
        return self.reply

    def hurry(self) -> None:
        self.hurried += 1


@pytest.fixture
def engine() -> str:
    """What differs between the two is told by test_hook_queue.py."""
    return "sqlite"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def channel(database: Database, world: World) -> IncidentChannel:
    return IncidentChannel(
        database=database,
        call=world.call,
        hooks=(OFFICE, ENDS),
        hurry=world.hurry,
        clock=lambda: NOW,
    )


def news(*begun: Incident, over: tuple[Incident, ...] = ()) -> Tidings:
    return Tidings(site="News", begun=begun, over=over, at=NOW)


def logged(database: Database) -> list[HookEvent]:
    with database.reading() as connection:
        return [event for _, event in hook_log.following(connection, 0, 99)]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The store takes nothing."""

    def writing(*_: object, **__: object) -> None:
        raise StoreError("it is away")

    monkeypatch.setattr(Database, "writing", writing)
    return monkeypatch


def test_each_is_in_the_log_of_which_receivers_hear_in_their_turn(
    channel: IncidentChannel, world: World, database: Database
) -> None:
    assert channel.tell(news(STORE)) == ""
    over = replace(STORE, until=NOW)
    # A crash told it, and did not write that down.
    assert channel.tell(news(STORE, over=(over,))) == ""
    assert [event.kind.value for event in logged(database)] == ["incident.opened", "incident.ended"]
    assert (world.told, world.hurried) == ([], 2)


def test_while_the_store_is_away_they_hear_at_once_and_by_the_same_name_once_it_is_back(
    channel: IncidentChannel,
    world: World,
    database: Database,
    away: pytest.MonkeyPatch,
) -> None:
    assert channel.tell(news(STORE)) == ""
    [(uid, told)] = world.told
    assert (told["type"], told["data"]["kind"]) == ("incident.opened", "store")
    away.undo()
    assert logged(database) == []
    assert channel.tell(news(over=(replace(STORE, until=NOW),))) == ""
    assert sorted(event.kind for event in logged(database)) == [*ENDS.events, HookEventKind.OPENED]
    assert uid in {event.uid for event in logged(database)}
    assert len(world.told) == 1


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (
            FetchFailed(problem="https://a.example.org/ answers 500", status=500),
            "webhook office: it answers 500; webhook ends: it answers 500",
        ),
        (Stopped(), "it was not sent, as the daemon ends"),
    ],
)
@pytest.mark.usefixtures("away")
def test_that_nobody_could_be_told_is_said(
    channel: IncidentChannel, world: World, reply: Reply, problem: str
) -> None:
    world.reply = reply
    assert channel.tell(news(STORE, over=(replace(STORE, until=NOW),))) == problem
