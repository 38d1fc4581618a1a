"""Receivers of webhooks are told all that happened, in order and by names that stay.

What is sent is taken by a function here: that it arrives by HTTP is told by test_hooks_told.py.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from standardwebhooks import Webhook as Reference

from feeds.fetch import FetchFailed, Posted, Reply, Stopped
from feeds.model import Fresh, Item
from feeds.selection import Selection
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from feeds.websub.outbound import CLAIM, Outbound
from notifier.incidents.incident import Incident, IncidentKind
from notifier.model import DeliveryState
from notifier.storage.hooks import hook_log, hook_rows, item_news, sent_runs
from notifier.storage.tables import deliveries
from notifier.webhooks import OF_ITEMS, HookEventKind, Webhook
from notifier.webhooks.hook_event import of_incident
from notifier.webhooks.hook_queue import HookQueue
from notifier.webhooks.hook_signature import keys_of
from notifier.webhooks.hook_standing import GIVE_UP, ToldHook
from tests import items
from tests.builders import a_draft, a_label
from tests.outbox import add, people, subscribe
from tests.own_hub import TOPICS

OLD, NEW = (f"whsec_{each * 12}" for each in ("b2xk", "bmV3"))
MINUTE = timedelta(minutes=1)
URL = "https://hooks.example.org/services/T0/B0"


@dataclass
class Receiver:
    """What is told at an address, which answers by what is ``next``, or else takes all."""

    next: list[Reply] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def __call__(self, url: str, fields: tuple[tuple[str, str], ...], body: bytes) -> Reply:
        self.during()
        named = dict(fields)
        uid, second = named["webhook-id"], int(named["webhook-timestamp"])
        at = datetime.fromtimestamp(second, UTC)
        signed = [Reference(key).sign(uid, at, body.decode()) for key in (NEW, OLD)]
        assert named["webhook-signature"].split(" ") == signed
        self.ids.append(uid)
        reply = self.next.pop(0) if self.next else Posted(status=204)
        if isinstance(reply, Posted):
            self.told.append(json.loads(body) | {"uid": uid})
        return reply

    @property
    def types(self) -> list[str]:
        return [each["type"] for each in self.told]

    @property
    def titles(self) -> list[str]:
        return [each["data"]["title"] for each in self.told]


@dataclass
class House:
    """A store, what happens in it, and who is told."""

    database: Database
    now: datetime = items.NOON
    taxonomy: Taxonomy = field(default_factory=lambda: Taxonomy.from_toml(TOPICS))
    receivers: dict[str, Receiver] = field(default_factory=dict)
    hooks: list[Webhook] = field(default_factory=list)
    stopping: Event = field(default_factory=Event)

    def clock(self) -> datetime:
        return self.now

    def hook(
        self, name: str = "site", *, events: frozenset[HookEventKind] = OF_ITEMS, query: str = ""
    ) -> Receiver:
        self.receivers[f"{URL}/{name}"] = receiver = Receiver()
        self.hooks.append(
            Webhook(
                name=name,
                url=f"{URL}/{name}",
                keys=keys_of(f"{NEW}\n{OLD}\n"),
                events=events,
                selection=Selection.parse(query),
            )
        )
        self.work()
        return receiver

    def queue(self) -> HookQueue:
        return HookQueue(
            database=self.database,
            call=lambda url, fields, body: self.receivers[url](url, fields, body),
            hooks=self.hooks,
            moved={},
            page=lambda slug: f"https://news.example.org/items/{slug}/",
            clock=self.clock,
            jitter=lambda: 0.0,
        )

    def work(self, later: timedelta = timedelta()) -> None:
        """All is told, as far as it is taken, after a while."""
        self.now += later
        self.stopping.clear()
        Outbound((self.queue(),)).run(self.stopping)

    def add(self, *titles: str, topic: str = "policing", fresh: Fresh = Fresh.NEWS) -> list[Item]:
        field_of = (a_label(topic.title(), topic),)
        drafts = [a_draft(title=title, fields=field_of) for title in titles]
        return [*items.store(self.database, self.taxonomy, drafts, at=self.now, fresh=fresh)]

    def revise(self, item: Item, title: str, topic: str = "policing") -> None:
        draft = a_draft(title=title, fields=(a_label(topic.title(), topic),))
        items.revise(self.database, self.taxonomy, item, draft, self.now)

    def hide(self, item: Item, *, back: bool = False) -> None:
        with self.database.writing() as connection:
            done = hiding.bring_back if back else hiding.retract
            assert done(connection, item.number, self.now)

    def note(self, kind: HookEventKind) -> None:
        """A source fails, or does so no more."""
        one = Incident(
            kind=IncidentKind.SOURCE,
            subject="news",
            node="",
            since=self.now,
            seen_at=self.now,
            problem="403",
            action="look",
            until=self.now if kind is HookEventKind.ENDED else None,
        )
        with self.database.writing() as connection:
            hook_log.add(connection, [of_incident(kind, one, self.now)], self.now)

    def row(self, name: str = "site") -> ToldHook:
        with self.database.reading() as connection:
            return {each.name: each for each in hook_rows.every(connection)}[name]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def failing(status: int = 503, **changes: Any) -> FetchFailed:
    return FetchFailed(problem=f"{URL}/site answers {status}", status=status, **changes)


def test_what_happens_to_items_is_told_from_now_on_by_permanent_ids(house: House) -> None:
    house.add("Before")
    site = house.hook()
    [item, other] = house.add("One", "Two")
    house.add("Of an archive", fresh=Fresh.ARCHIVE)
    house.work()
    assert (site.types, site.titles) == (["item.added"] * 2, ["One", "Two"])
    assert site.told[0] == {
        "uid": site.ids[0],
        "type": "item.added",
        "timestamp": item.updated_at.isoformat(),
        "text": f"New: One\nhttps://news.example.org/items/{item.slug}/",
        "data": {
            "id": item.uid,
            "page": f"https://news.example.org/items/{item.slug}/",
            "url": None,
            "title": "One",
            "summary": item.summary,
            "language": "en",
            "issued": None,
            "updated": item.updated_at.isoformat(),
            "topics": [{"topic": str(label.ref), "label": label.text} for label in item.labels],
        },
    }
    house.now += MINUTE
    house.revise(item, "One, revised")
    house.hide(other)
    house.work()
    assert site.types[2:] == ["item.revised", "item.withdrawn"]
    assert site.told[3]["timestamp"] == house.now.isoformat()
    # What was withdrawn is told no more but by its id.
    assert site.told[3]["data"].keys() == {"id", "page", "url"}
    house.hide(other, back=True)
    house.work()
    assert site.types[4:] == ["item.added"]
    assert len({*site.ids}) == len(site.ids) == 5
    house.work()
    assert len(site.ids) == 5


def test_what_is_withdrawn_by_somebody_else_too_is_told_by_the_same_name(house: House) -> None:
    site = house.hook()
    [item] = house.add("One")
    house.work()
    house.hide(item)
    house.work()
    house.now += MINUTE
    with house.database.writing() as connection:
        write_items.set_hidden(connection, [item.number], {"withdrawn_at": house.now}, house.now)
    house.work()
    _, first, again = site.told
    assert first == again
    house.hide(item, back=True)
    house.hide(item)
    house.work()
    # It was back meanwhile, which nobody was told.
    assert site.told[3]["type"] == "item.withdrawn"
    assert site.ids[3] != first["uid"]


def test_a_receiver_that_was_away_gets_each_item_as_it_is_now(house: House) -> None:
    site, other = house.hook(), house.hook("other", events=frozenset({HookEventKind.ADDED}))
    [kept, hidden, again] = house.add("Kept", "Hidden", "Again")
    site.next = [failing()]
    house.work()
    assert (site.titles, other.titles) == ([], ["Kept", "Hidden", "Again"])
    assert "hooks.example.org" not in house.row().problem
    house.revise(kept, "Kept, revised")
    house.hide(hidden)
    house.hide(again)
    house.hide(again, back=True)
    house.work(MINUTE)
    # One that came and went meanwhile is nothing to whoever never heard of it.
    assert [(each["type"], each["data"]["title"]) for each in site.told] == [
        ("item.added", "Kept, revised"),
        ("item.added", "Again"),
    ]
    assert other.titles[3:] == ["Again"]
    assert house.row() == replace(house.row(), failures=0, problem="", since=None, due_at=None)


def test_the_same_is_tried_again_by_the_same_name_at_growing_pauses(house: House) -> None:
    site = house.hook()
    house.add("One", "Two")
    site.next = [failing(500), failing(301), FetchFailed(problem="away")]
    for seconds, tries in ((0, 1), (29, 1), (1, 2), (59, 2), (1, 3), (119, 3), (1, 5)):
        house.work(timedelta(seconds=seconds))
        assert len(site.ids) == tries
    assert [*dict.fromkeys(site.ids)] == [site.ids[0], site.ids[4]]
    assert site.titles == ["One", "Two"]


def test_who_asks_for_a_pause_gets_it(house: House) -> None:
    site = house.hook()
    house.add("One")
    site.next = [failing(429, retry_after=house.now + 20 * MINUTE)]
    house.work()
    house.work(19 * MINUTE)
    assert len(site.ids) == 1
    house.work(MINUTE)
    assert site.titles == ["One"]


def test_410_ends_it_until_its_address_changes_or_somebody_says_so(house: House) -> None:
    site = house.hook()
    house.add("One")
    site.next = [failing(410)]
    house.work()
    house.work(GIVE_UP)
    assert (len(site.ids), house.row().ended_at) == (1, items.NOON)
    house.receivers[f"{URL}/moved"] = moved = Receiver()
    house.hooks = [replace(house.hooks[0], url=f"{URL}/moved")]
    house.work()
    assert moved.titles == ["One"]
    moved.next = [failing(410)]
    house.add("Two")
    house.work()
    with house.database.writing() as connection:
        hook_rows.replay(connection, house.row())
    house.work()
    assert moved.titles == ["One", "Two"]
    house.hooks = []
    house.work()
    with house.database.reading() as connection:
        assert [*hook_rows.every(connection)] == []


def test_an_event_that_is_refused_again_and_again_holds_up_no_other(house: House) -> None:
    site = house.hook()
    house.add("Odd", "Plain")
    site.next = [failing(422)] * 5
    for _ in range(4):
        house.work()
        house.now += timedelta(hours=1)
    assert (site.titles, house.row().missed) == ([], 0)
    house.work()
    assert (site.titles, house.row().missed) == (["Plain"], 1)


def test_after_days_of_silence_what_is_older_is_told_no_more(house: House) -> None:
    site = house.hook(events=OF_ITEMS | {HookEventKind.OPENED})
    house.add("Old", "Older")
    house.note(HookEventKind.OPENED)
    site.next = [failing()]
    house.work()
    house.now += GIVE_UP
    house.add("New")
    house.work(MINUTE)
    # Nor that something was wrong then, although it is told after the items.
    assert (site.types, site.titles) == (["item.added"], ["New"])
    assert house.row().missed == 3
    # Said by somebody, it is told all the same.
    with house.database.writing() as connection:
        before = item_news.before(connection, items.NOON)
        assert before == 0
        replayed = replace(house.row(), items_told=before)
        hook_rows.replay(connection, replayed)
        assert hook_rows.waiting(connection, replayed) == (3, 0)
    house.work()
    assert site.titles == ["New", "Old", "Older", "New"]


def test_only_the_items_of_a_selection_are_told(house: House) -> None:
    site = house.hook(query="field=policing&q=border")
    [item, *_] = house.add("The border", "The town")
    house.add("The border of others", topic="gender-equality")
    house.work()
    assert site.titles == ["The border"]
    house.revise(item, "The border", topic="gender-equality")
    house.work()
    house.revise(item, "The border again")
    house.work()
    assert site.types == ["item.added", "item.withdrawn", "item.added"]


def test_a_node_that_ends_half_way_leaves_the_rest_to_another(house: House) -> None:
    site = house.hook()
    house.add("One", "Two")
    site.next = [Posted(status=200), Stopped()]
    site.during = house.stopping.set
    house.work()
    site.during = lambda: None
    assert site.titles == ["One"]
    house.work()
    assert site.titles == ["One", "Two"]
    # One that dies holds it up for as long as its turn lasts, and no other node has it meanwhile.
    house.add("Three")
    [work] = house.queue().claim(4, ()).values()
    house.work(CLAIM - timedelta(seconds=1))
    assert site.titles == ["One", "Two"]
    house.work(timedelta(seconds=1))
    work()
    assert site.titles == ["One", "Two", "Three", "Three"]
    # What it told late is no step back.
    house.work()
    assert site.ids[-1] == site.ids[-2]
    assert len(site.ids) == 5


def test_who_is_told_anew_meanwhile_is_told_from_there(house: House) -> None:
    site = house.hook()
    house.add("One", "Two")
    house.work()
    house.add("Three")

    def once() -> None:
        site.during = lambda: None
        with house.database.writing() as connection:
            hook_rows.replay(connection, replace(house.row(), items_told=0))

    site.during = once
    house.work()
    assert site.titles == ["One", "Two", "Three", "One", "Two", "Three"]


def test_what_is_no_item_is_told_once_in_order(house: House) -> None:
    begun = frozenset({HookEventKind.OPENED})
    site, office = house.hook(), house.hook("office", events=begun | {HookEventKind.ENDED})
    brief = house.hook("brief", events=begun)
    house.add("News that the office does not want")
    for kind in (HookEventKind.OPENED, HookEventKind.OPENED, HookEventKind.ENDED):
        house.note(kind)
    house.work()
    assert (site.types, office.types) == (["item.added"], ["incident.opened", "incident.ended"])
    assert brief.types == ["incident.opened"]
    assert office.told[0]["text"].endswith("\nLook.")
    assert office.told[1]["text"].startswith("Over: the source news fails: 403.")
    assert office.told[1]["data"]["until"] == house.now.isoformat()
    with house.database.writing() as connection:
        assert hook_log.before(connection, house.now) == 0
        assert hook_log.before(connection, house.now + MINUTE) == 2
        hook_log.add(connection, [], house.now + hook_log.KEPT + MINUTE)
        assert [*hook_log.following(connection, 0, 9)] == []


def test_a_run_of_digests_is_told_once_by_its_numbers(house: House) -> None:
    readers = subscribe(house.database, *people(4))
    add(house.database, readers[:1], "before")
    office = house.hook("office", events=frozenset({HookEventKind.DIGEST_SENT}))
    add(house.database, readers[1:], "2026-11-20", now=house.now)

    def settle(state: DeliveryState, *, count: int, attempts: int = 1) -> None:
        settled = {"state": state, "attempts": attempts, "settled_at": house.now}
        with house.database.writing() as connection:
            waiting = deliveries.select().where(deliveries.c.state == DeliveryState.QUEUED)
            for row in connection.execute(waiting.order_by(deliveries.c.id).limit(count)).all():
                connection.execute(deliveries.update().filter_by(id=row.id).values(settled))

    house.work(MINUTE)
    assert office.told == []
    settle(DeliveryState.ACCEPTED, count=3)
    house.work(MINUTE)
    # A run is one event, not one for each part of it.
    assert office.told == []
    settle(DeliveryState.DEFERRED, count=1)
    house.work(MINUTE)
    [told] = office.told
    assert told["data"]["counts"] == {"accepted": 2, "deferred": 1}
    assert told["data"]["period"] == "2026-11-20"
    assert told["text"] == "Digest 2026-11-20: 2 accepted, 1 deferred"
    assert "@" not in json.dumps(told)
    house.work(MINUTE)
    assert len(office.told) == 1
    # What is held up for longer than a day holds up no other.
    add(house.database, readers[1:2], "2026-11-21", now=house.now)
    house.work(timedelta(hours=23))
    assert len(office.told) == 1
    house.work(timedelta(hours=2))
    assert office.told[1]["data"]["counts"] == {"queued": 1}
    # While nobody wants to know, nobody counts.
    wanted, house.hooks = house.hooks, [replace(house.hooks[0], events=OF_ITEMS)]
    house.work()
    add(house.database, readers[1:2], "2026-11-23", now=house.now)
    settle(DeliveryState.ACCEPTED, count=9)
    house.hooks = wanted
    house.work()
    house.work(MINUTE)
    assert len(office.told) == 2


def test_of_two_nodes_one_counts_a_run(house: House) -> None:
    office = house.hook("office", events=frozenset({HookEventKind.DIGEST_SENT}))
    add(house.database, subscribe(house.database, *people(2)), "2026-11-20", now=house.now)
    with house.database.writing() as connection:
        connection.execute(deliveries.update().values(state=DeliveryState.FAILED, attempts=1))
        found = sent_runs.find(connection, 0, house.now)
        assert sent_runs.take(connection, found)
        assert not sent_runs.take(connection, found)
    house.work(MINUTE)
    assert [run.counts for run in found.runs] == [{"failed": 2}]
    assert office.told == []
