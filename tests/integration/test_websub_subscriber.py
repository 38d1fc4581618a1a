"""Subscribing to a hub over real HTTP: verified, renewed, given back; news at once, or ignored."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from threading import Event

import httpx2
import pytest
import trustme
from sqlalchemy import select, text
from starlette.applications import Starlette
from starlette.routing import Route

from feeds import draft
from feeds.errors import StoreBusy
from feeds.fetch import Limits
from feeds.fetch.client import Fetcher
from feeds.fetch.guard import Guard
from feeds.standing import Standing, State
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.storage.tables import items
from feeds.storage.websub import leases
from feeds.taxonomy import Taxonomy
from feeds.websub.callback import HubCallback
from feeds.websub.lease import Lease, LeaseState
from feeds.websub.subscriber import CallbackAddresses, RenewReport, renew
from notifier.storage import VERSIONS
from tests.folder_ingest import NOW
from tests.publisher.hub import Hub, a_hub
from tests.pushing import a_receiver
from tests.serving import serving

TOPIC = "https://www.example.org/news.atom"
FEED = b"""\
<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x-press:feed</id><title>News</title>
<updated>2026-11-21T09:00:00Z</updated>
<entry><id>urn:x-press:417</id><title>Police officers trained in digital investigations</title>
<updated>2026-11-21T09:00:00Z</updated><link href="https://www.example.org/press/20417"/>
<content type="html">&lt;p&gt;The course was held in Vienna.&lt;/p&gt;</content>
</entry></feed>
"""


class Subscriber:
    """Our side: a store, the callback's server, and what renews."""

    def __init__(self, database: Database, taxonomy: Taxonomy) -> None:
        self.database = database
        self.now = NOW
        self.heard: list[str] = []
        self.tokens = count(1)
        self.base = ""
        self.fetcher = Fetcher(
            Limits(
                timeout_seconds=5,
                document_seconds=10,
                pause_seconds=0,
                max_redirects=3,
                max_bytes=100_000,
                max_list_bytes=100_000,
            ),
            "Fieldfare/0 (+https://news.example.org/)",
            clock=lambda: self.now,
            stopping=Event(),
            guard=Guard(frozenset({"127.0.0.1"})),
        )
        receiver = a_receiver(database, taxonomy, lambda: self.now)
        callback = HubCallback(
            receiver=receiver,
            max_bytes=50_000,
            clock=lambda: self.now,
            jitter=lambda: 0.5,
            on_content=self.heard.append,
        )
        route = Route("/websub/{token}", callback.answer, methods=["GET", "POST"])
        self.app = Starlette(routes=[route])

    def offer(self, hub: draft.Hub | None, state: State = State.OK) -> None:
        """The feed of the source names this hub."""
        standing = Standing(source="news", address=TOPIC, state=state, since=NOW, hub=hub)
        with self.database.writing() as connection:
            standings.record(connection, standing)

    def renew(self, *sources: str, now: datetime | None = None) -> RenewReport:
        self.now = now or self.now
        callbacks = CallbackAddresses(
            address=lambda token: f"{self.base}/websub/{token}",
            new_token=lambda: f"token-{next(self.tokens)}-of-enough-characters",
        )
        return renew(
            self.database, self.fetcher, sources, callbacks, now=self.now, jitter=lambda: 0.0
        )

    def leases(self) -> list[Lease]:
        with self.database.reading() as connection:
            return list(leases.every(connection))

    def lease(self) -> Lease:
        (lease,) = self.leases()
        return lease

    def titles(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.scalars(select(items.c.title)))


@pytest.fixture
def hub(authority: trustme.CA) -> Iterator[Hub]:
    with a_hub(authority) as running:
        yield running


@pytest.fixture
def subscriber(database: Database, osce: Taxonomy, hub: Hub) -> Iterator[Subscriber]:
    ours = Subscriber(database, osce)
    ours.offer(draft.Hub(hub.url, TOPIC))
    with serving(ours.app) as base:
        ours.base = base
        yield ours
    ours.fetcher.close()


@pytest.fixture
def subscribed(subscriber: Subscriber, hub: Hub) -> Subscriber:
    subscriber.renew("news")
    hub.settle()
    return subscriber


# -- Leases ----------------------------------------------------------------------------------------


def test_a_hub_that_is_offered_is_subscribed_to(subscriber: Subscriber, hub: Hub) -> None:
    assert subscriber.renew("news") == RenewReport(asked=1)
    hub.settle()
    assert hub.verified == [200]
    assert subscriber.lease().state is LeaseState.ACTIVE
    assert subscriber.lease().expires_at == NOW + timedelta(days=10)
    assert subscriber.renew("news") == RenewReport()
    assert hub.asked[0]["hub.secret"] != subscriber.lease().token


def test_a_lease_is_renewed_before_it_ends(subscribed: Subscriber, hub: Hub) -> None:
    before = subscribed.lease()
    assert subscribed.renew("news", now=before.due_at) == RenewReport(asked=1)
    hub.settle()
    after = subscribed.lease()
    assert after.state is LeaseState.ACTIVE
    assert after.token == before.token
    assert after.expires_at == before.due_at + timedelta(days=10)


def test_a_source_without_websub_leaves(subscribed: Subscriber, hub: Hub) -> None:
    assert subscribed.renew() == RenewReport(asked=1)
    hub.settle()
    assert hub.subscriptions == {}
    assert subscribed.leases() == []


def test_a_source_that_ended_leaves(subscribed: Subscriber, hub: Hub) -> None:
    subscribed.offer(draft.Hub(hub.url, TOPIC), State.ENDED)
    subscribed.renew("news")
    hub.settle()
    assert subscribed.leases() == []


def test_a_feed_that_moved_is_subscribed_to_anew(subscribed: Subscriber, hub: Hub) -> None:
    moved = f"{TOPIC}?moved"
    subscribed.offer(draft.Hub(hub.url, moved))
    assert subscribed.renew("news") == RenewReport(asked=2)
    hub.settle()
    assert set(hub.subscriptions) == {moved}
    assert [lease.topic for lease in subscribed.leases()] == [moved]


def test_a_feed_with_another_hub_is_subscribed_to_there(
    subscribed: Subscriber, hub: Hub, authority: trustme.CA
) -> None:
    before = hub.subscriptions[TOPIC]
    with a_hub(authority) as other:
        subscribed.offer(draft.Hub(other.url, TOPIC))
        subscribed.renew("news")
        other.settle()
        hub.settle()
        assert set(other.subscriptions) == {TOPIC}
        assert subscribed.lease().hub == other.url
    # Whether it asked in time for its goodbye to be confirmed or not.
    hub.subscriptions[TOPIC] = before
    assert hub.distribute(TOPIC, FEED) == 410


def test_a_feed_without_a_hub_is_not_subscribed_to(subscriber: Subscriber) -> None:
    subscriber.offer(None)
    assert subscriber.renew("news", "another") == RenewReport()


def test_a_hub_that_refuses_is_a_problem_and_asked_again(subscriber: Subscriber, hub: Hub) -> None:
    hub.status = 500
    report = subscriber.renew("news")
    assert report.asked == 1
    assert "source 'news': its hub: " in report.problems[0]
    assert subscriber.lease().due_at == NOW + timedelta(minutes=15)
    hub.status = 202
    subscriber.renew("news", now=subscriber.lease().due_at)
    hub.settle()
    assert subscriber.lease().state is LeaseState.ACTIVE


def test_a_hub_that_says_no_is_noted(subscriber: Subscriber, hub: Hub) -> None:
    hub.reason = "members only"
    subscriber.renew("news")
    hub.settle()
    assert hub.verified == [200]
    assert subscriber.lease().state is LeaseState.DENIED
    assert subscriber.lease().reason == "members only"


def test_one_node_at_a_time_renews(subscriber: Subscriber) -> None:
    with subscriber.database.exclusive("websub"), pytest.raises(StoreBusy):
        subscriber.renew("news")


# -- The callback ----------------------------------------------------------------------------------


def test_a_verification_nobody_asked_for_is_not_found(subscribed: Subscriber) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.challenge": "<script>",
        "hub.lease_seconds": "99",
    }
    known = f"{subscribed.base}/websub/{subscribed.lease().token}"
    for address in (known, f"{subscribed.base}/websub/guessed"):
        assert httpx2.get(address, params=asked).status_code == 404
        assert httpx2.get(address).status_code == 404
        wanted = asked | {"hub.mode": "unsubscribe"}
        assert httpx2.get(address, params=wanted).status_code == 404
    assert subscribed.lease().state is LeaseState.ACTIVE


def test_news_are_stored_at_once(subscribed: Subscriber, hub: Hub) -> None:
    assert hub.distribute(TOPIC, FEED) == 202
    assert subscribed.titles() == ["Police officers trained in digital investigations"]
    assert subscribed.heard == ["news"]
    assert hub.distribute(TOPIC, FEED, method="sha1") == 202
    assert len(subscribed.titles()) == 1


def test_news_that_are_sent_once_more_do_not_undo_what_came_since(
    subscribed: Subscriber, hub: Hub
) -> None:
    corrected = FEED.replace(b"Police officers trained", b"Corrected: officers trained")
    for body in (FEED, corrected, FEED):
        assert hub.distribute(TOPIC, body) == 202
    assert subscribed.titles() == ["Corrected: officers trained in digital investigations"]


def test_news_that_come_late_do_not_undo_what_came_before(subscribed: Subscriber, hub: Hub) -> None:
    """Though nobody ever saw them: they are of an older state of their feed."""
    before, after = (
        b"2026-11-21T09:00:00Z</updated>\n<entry>",
        b"2026-11-21T10:00:00Z</updated>\n<entry>",
    )
    corrected = FEED.replace(before, after).replace(b"Police officers", b"Corrected: officers")
    assert corrected.count(b"T10:") == 1
    for body in (corrected, FEED, FEED + b"\n"):
        assert hub.distribute(TOPIC, body) == 202
    assert subscribed.titles() == ["Corrected: officers trained in digital investigations"]
    latest = corrected.replace(b"T10:", b"T11:").replace(b"Corrected", b"Once more")
    assert hub.distribute(TOPIC, latest) == 202
    assert subscribed.titles() == ["Once more: officers trained in digital investigations"]


@pytest.mark.parametrize("signature", ["sha256=00", "none", "md5=00"])
def test_news_that_are_not_signed_are_ignored(
    subscribed: Subscriber, hub: Hub, signature: str
) -> None:
    """And who sent them is not told (section 7.1.2)."""
    assert hub.distribute(TOPIC, FEED, signature=signature) == 202
    assert subscribed.titles() == []
    assert subscribed.heard == []


def test_news_after_the_end_of_a_lease_are_refused(subscribed: Subscriber, hub: Hub) -> None:
    subscribed.now = NOW + timedelta(days=11)
    assert hub.distribute(TOPIC, FEED) == 410
    assert subscribed.titles() == []


def test_news_that_are_too_long_are_refused(subscribed: Subscriber, hub: Hub) -> None:
    assert hub.distribute(TOPIC, FEED + b" " * 50_000) == 413
    assert subscribed.titles() == []


def test_news_that_cannot_be_read_harm_nobody(subscribed: Subscriber, hub: Hub) -> None:
    assert hub.distribute(TOPIC, b"\x00\xff not a feed") == 202
    assert hub.distribute(TOPIC, FEED) == 202
    assert len(subscribed.titles()) == 1


# -- Hubs without TLS ------------------------------------------------------------------------------


def standing(subscriber: Subscriber) -> Standing:
    with subscriber.database.reading() as connection:
        found = standings.of(connection, "news")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("state", "asked_at", "soonest"),
    [
        (State.OK, NOW - timedelta(hours=1), NOW),
        (State.MOVED, NOW - timedelta(minutes=1), NOW + timedelta(minutes=4)),
        (State.FAILING, NOW - timedelta(hours=1), NOW + timedelta(hours=1)),
    ],
)
def test_a_hub_without_tls_is_told_no_secret_and_believed_no_word(
    subscriber: Subscriber, state: State, asked_at: datetime, soonest: datetime
) -> None:
    """Anybody on the way may have written what comes: the source is looked at itself, but soon."""
    with a_hub() as plain:
        subscriber.offer(draft.Hub(plain.url, TOPIC))
        subscriber.renew("news")
        plain.settle()
        assert plain.verified == [200]
        assert "hub.secret" not in plain.asked[0]
        looked = replace(
            standing(subscriber),
            state=state,
            last_success_at=asked_at,
            next_look_at=NOW + timedelta(hours=1),
        )
        with subscriber.database.writing() as connection:
            standings.record(connection, looked)
        for _ in range(2):
            assert plain.distribute(TOPIC, FEED) == 202
            assert standing(subscriber) == replace(looked, next_look_at=soonest)
    assert subscriber.titles() == []
    assert subscriber.heard == []


def test_a_secret_that_was_once_told_without_tls_is_none(subscriber: Subscriber) -> None:
    with a_hub() as plain:
        subscriber.offer(draft.Hub(plain.url, TOPIC))
        subscriber.renew("news")
        plain.settle()
        plain.subscriptions[TOPIC].secret = subscriber.lease().secret
        assert plain.distribute(TOPIC, FEED) == 202
    assert subscriber.titles() == []


def test_who_guesses_makes_nobody_wait(subscribed: Subscriber, database_url: str) -> None:
    """Before the token is known nothing is written, whoever keeps the store."""
    other = Database.open(database_url, VERSIONS)
    known = subscribed.lease().token
    with other.writing() as connection:
        if not other.is_embedded:
            connection.execute(text("LOCK TABLE leases IN EXCLUSIVE MODE"))
        for token in ("guessed", known):
            asked = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "x"}
            address = f"{subscribed.base}/websub/{token}"
            assert httpx2.get(address, params=asked, timeout=2).status_code == 404
            assert httpx2.post(f"{subscribed.base}/websub/guessed", timeout=2).status_code == 410
    other.close()
