"""The ledger of our own hub's deliveries, and the requests that are to be confirmed, on both
engines.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from feeds.storage.database import Database
from feeds.storage.websub import publications, subscriptions, verifications
from feeds.storage.websub.subscriptions import DeliveryEnd, FeedDelivery
from feeds.storage.websub.tables import feed_subscriptions, subscription_requests
from feeds.storage.websub.verifications import AskedSubscription
from notifier.storage import VERSIONS
from tests.items import NOON

ALL, POLICING = "feeds/all.atom", "feeds/fields/policing.atom"
CALLBACK = "https://reader.example.org/a"
CLIENT = "192.0.2.1"
TURN = timedelta(minutes=5)


def asked(callback: str = CALLBACK, path: str = ALL, **changes: object) -> AskedSubscription:
    request = AskedSubscription(
        mode="subscribe",
        callback=callback,
        path=path,
        host=callback.split("/")[2],
        client=CLIENT,
        secret="secret",
        lease_seconds=86_400,
        asked_at=NOON,
        due_at=NOON,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


class Ledger:
    """A store, and what a hub would do with it at the moment ``now``."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON

    def publish(self, **digests: str) -> None:
        paths = {"all": ALL, "policing": POLICING}
        with self.database.writing() as connection:
            named = {paths[name]: digest for name, digest in digests.items()}
            publications.note(connection, named)

    def grant(self, *requests: AskedSubscription) -> None:
        with self.database.writing() as connection:
            for request in requests:
                subscriptions.grant(connection, request, self.now)

    def is_any_due(self, *, failing: bool = False) -> bool:
        with self.database.reading() as connection:
            return subscriptions.is_any_due(connection, self.now, (), failing=failing)

    def claim(self, *busy: str, hosts: int = 10, failing: bool = False) -> Sequence[FeedDelivery]:
        with self.database.writing() as connection:
            subscriptions.fan_out(connection, self.now)
            until = self.now + TURN
            return subscriptions.claim(connection, self.now, until, busy, hosts, failing=failing)

    def settle(self, delivery: FeedDelivery, **end: object) -> None:
        ended = DeliveryEnd(delivery=delivery, failures=0)
        with self.database.writing() as connection:
            subscriptions.settle(connection, [replace(ended, **end)], self.now)  # type: ignore[arg-type]

    def count(self) -> int:
        with self.database.reading() as connection:
            return subscriptions.count(connection, self.now)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """Two feeds that were published before anybody subscribed."""
    made = Ledger(database)
    made.publish(all="a", policing="p")
    return made


# -- What is delivered -----------------------------------------------------------------------------


def test_what_was_published_before_is_not_delivered(ledger: Ledger) -> None:
    ledger.grant(asked())
    assert ledger.claim() == []
    assert not ledger.is_any_due()


def test_a_change_is_delivered_to_who_subscribed_to_that_feed(ledger: Ledger) -> None:
    ledger.grant(asked(), asked(path=POLICING), asked("https://other.example.org/b", POLICING))
    ledger.publish(all="b")
    assert ledger.is_any_due()
    (one,) = ledger.claim()
    assert (one.callback, one.path, one.secret, one.wanted) == (CALLBACK, ALL, "secret", 3)
    ledger.settle(one)
    assert ledger.claim() == []
    assert not ledger.is_any_due()


def test_a_delivery_is_one_nodes_until_its_turn_ends(ledger: Ledger) -> None:
    """Whoever dies with it in hand has it delivered by another."""
    ledger.grant(asked())
    ledger.publish(all="b")
    (one,) = ledger.claim()
    assert ledger.claim() == []
    ledger.now += TURN
    (again,) = ledger.claim()
    assert (again.id, again.wanted) == (one.id, one.wanted)
    # What the first one says now comes too late.
    ledger.settle(one)
    ledger.settle(again, failures=1, again_at=ledger.now + TURN)
    ledger.now += TURN
    assert [each.failures for each in ledger.claim(failing=True)] == [1]


def test_a_change_while_it_is_delivered_is_delivered_next(ledger: Ledger) -> None:
    ledger.grant(asked())
    ledger.publish(all="b")
    (one,) = ledger.claim()
    ledger.publish(all="c")
    assert ledger.claim() == []
    ledger.settle(one)
    (next_one,) = ledger.claim()
    assert next_one.wanted == one.wanted + 1


def test_what_changed_often_meanwhile_is_delivered_once(ledger: Ledger) -> None:
    ledger.grant(asked())
    ledger.publish(all="b")
    (one,) = ledger.claim()
    ledger.settle(one, failures=1, again_at=ledger.now + TURN)
    for digest in ("c", "d"):
        ledger.publish(all=digest)
        assert ledger.claim(failing=True) == []
    ledger.now += TURN
    (again,) = ledger.claim(failing=True)
    assert again.wanted == one.wanted + 2
    ledger.settle(again)
    assert ledger.claim() == ledger.claim(failing=True) == []


def test_who_fails_and_who_does_well_have_turns_of_their_own(ledger: Ledger) -> None:
    ledger.grant(asked(), asked("https://other.example.org/b"))
    ledger.publish(all="b")
    first, second = sorted(ledger.claim(), key=lambda each: each.host)
    ledger.settle(first)
    ledger.settle(second, failures=1)
    ledger.publish(all="c")
    assert [each.host for each in ledger.claim()] == ["other.example.org"]
    assert [each.host for each in ledger.claim(failing=True)] == ["reader.example.org"]


def test_some_hosts_are_claimed_with_all_they_wait_for_and_none_that_is_busy(
    ledger: Ledger,
) -> None:
    callbacks = [f"https://{host}.example.org/{name}" for host in "abc" for name in (1, 2)]
    ledger.grant(*map(asked, callbacks))
    ledger.publish(all="b")
    claimed = ledger.claim("b.example.org", hosts=1)
    assert [each.callback for each in claimed] == callbacks[:2]
    assert {each.host for each in ledger.claim("b.example.org")} == {"c.example.org"}
    assert {each.host for each in ledger.claim()} == {"b.example.org"}


def test_two_nodes_never_have_the_same_in_hand(ledger: Ledger, database_url: str) -> None:
    """The second passes over what the first has locked (PostgreSQL), or waits for it (SQLite)."""
    ledger.grant(asked(), asked("https://other.example.org/b"))
    ledger.publish(all="b")
    with ledger.database.writing() as connection:
        subscriptions.fan_out(connection, NOON)
    other = Database.open(database_url, VERSIONS)
    if other.is_embedded:
        first, second = ledger.claim(hosts=1), ledger.claim(hosts=1)
    else:
        with ledger.database.writing() as mine, other.writing() as theirs:
            # Locks are of all that was looked at: what is left over is found by the next look.
            first = subscriptions.claim(mine, NOON, NOON + TURN, (), 1, failing=False)
            second = subscriptions.claim(theirs, NOON, NOON + TURN, (), 1, failing=False)
        assert second == []
        second = ledger.claim(hosts=1)
    other.close()
    assert {each.host for each in (*first, *second)} == {"reader.example.org", "other.example.org"}


# -- Who subscribes --------------------------------------------------------------------------------


def test_a_subscription_ends_with_its_lease(ledger: Ledger) -> None:
    ledger.grant(asked())
    assert ledger.count() == 1
    ledger.publish(all="b")
    ledger.now += timedelta(days=1)
    assert ledger.count() == 0
    assert ledger.claim() == []
    with ledger.database.reading() as connection:
        assert not subscriptions.is_subscribed(connection, ALL, CALLBACK, ledger.now)
        assert connection.execute(select(feed_subscriptions)).all() == []


def test_a_host_has_as_many_subscriptions_as_did_not_end(ledger: Ledger) -> None:
    ledger.grant(asked(), asked(path=POLICING, lease_seconds=3_600))
    ledger.grant(asked("https://other.example.org/"))
    with ledger.database.reading() as connection:
        hours = [NOON + timedelta(hours=each) for each in (0, 1, 24)]
        host = "reader.example.org"
        assert [subscriptions.count_of_host(connection, host, at) for at in hours] == [2, 1, 0]


def test_a_subscription_that_is_renewed_keeps_what_it_waits_for(ledger: Ledger) -> None:
    ledger.grant(asked())
    ledger.publish(all="b")
    (one,) = ledger.claim()
    ledger.settle(one, failures=1, again_at=ledger.now + TURN)
    ledger.now += timedelta(hours=23)
    ledger.grant(asked(secret="another"))
    assert ledger.count() == 1
    ledger.now += timedelta(hours=23)
    (again,) = ledger.claim(failing=True)
    assert (again.secret, again.wanted) == ("another", one.wanted)


def test_a_subscription_is_ended(ledger: Ledger) -> None:
    ledger.grant(asked(), asked(path=POLICING))
    ledger.publish(all="b")
    with ledger.database.writing() as connection:
        subscriptions.end(connection, ALL, CALLBACK)
    assert ledger.claim() == []
    assert ledger.count() == 1


def test_who_is_given_up_gets_nothing_more(ledger: Ledger) -> None:
    ledger.grant(asked())
    ledger.publish(all="b")
    (one,) = ledger.claim()
    with ledger.database.writing() as connection:
        subscriptions.give_up(connection, one)
    assert ledger.count() == 0


# -- Requests --------------------------------------------------------------------------------------


def claim_requests(database: Database, *busy: str, minutes: int = 0) -> list[AskedSubscription]:
    now = NOON + timedelta(minutes=minutes)
    with database.reading() as connection:
        is_any = verifications.is_any_due(connection, now, busy)
    with database.writing() as connection:
        claimed = [*verifications.claim(connection, now, now + TURN, busy, 2)]
    assert is_any == bool(claimed)
    return claimed


def add(database: Database, *requests: AskedSubscription) -> None:
    with database.writing() as connection:
        for request in requests:
            verifications.add(connection, request)


def unconfirmed(database: Database, minutes: int = 0, client: str = CLIENT) -> tuple[int, int]:
    with database.reading() as connection:
        now = NOON + timedelta(minutes=minutes)
        found = verifications.unconfirmed(connection, asked(client=client), now)
    return found.of_client, found.of_host


def waiting(database: Database) -> int:
    with database.reading() as connection:
        return verifications.waiting(connection)


def test_requests_are_confirmed_one_a_host_at_a_time(database: Database) -> None:
    add(database, asked(), asked(path=POLICING), asked("https://b.example.org/"))
    first, other = claim_requests(database)
    assert (first.path, other.host) == (ALL, "b.example.org")
    assert claim_requests(database, first.host) == []
    (second,) = claim_requests(database)
    assert second.path == POLICING
    assert claim_requests(database) == []
    assert len(claim_requests(database, minutes=5)) == 2


def test_what_was_not_confirmed_counts_for_an_hour_and_is_asked_no_more(
    database: Database,
) -> None:
    add(database, asked(), asked(path=POLICING), asked(client="2001:db8::/64"))
    assert (unconfirmed(database), waiting(database)) == ((0, 0), 3)
    for end in (verifications.fail, verifications.forget, verifications.fail):
        (first,) = claim_requests(database)
        with database.writing() as connection:
            end(connection, first)
    assert waiting(database) == 0
    assert claim_requests(database, minutes=30) == []
    assert unconfirmed(database, minutes=59) == (1, 2)
    assert unconfirmed(database, minutes=59, client="192.0.2.9") == (0, 2)
    assert unconfirmed(database, minutes=60) == (0, 0)
    add(database, asked(asked_at=NOON + timedelta(hours=2), due_at=NOON + timedelta(hours=2)))
    with database.reading() as connection:
        assert len(connection.execute(select(subscription_requests)).all()) == 1
