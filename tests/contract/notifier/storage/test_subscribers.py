"""Subscribers are kept by address, gain topics, leave, and come back with a new consent."""

from datetime import timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from feeds.storage.database import Database
from notifier.model import (
    Cadence,
    DeliveryState,
    Frequency,
    Subscriber,
    SubscriberState,
)
from notifier.storage import digests, subscribers
from notifier.storage import tables as t
from notifier.storage.subscribers import Subscription
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, a_plan, a_subscriber, some_news
from tests.outbox import NOW, outbox, people, queue, store, subscribe

UTC = ZoneInfo("UTC")
WEEKLY = Cadence(
    frequency=Frequency.WEEKLY,
    minute=9 * 60,
    zone=ZoneInfo("Asia/Tashkent"),
    weekdays=frozenset({4}),
)
IMMEDIATE = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=UTC)
LATER = NOW + timedelta(days=2)


def leave(database: Database, person: Subscriber, *, epoch: int = 1) -> bool:
    with database.writing() as connection:
        return subscribers.leave(connection, person.public_id, epoch, NOW)


def known(database: Database, person: Subscriber) -> Subscriber | None:
    with database.reading() as connection:
        return subscribers.by_public_id(connection, person.public_id, UTC)


def due(database: Database, *, hours: int = 0, upto: int = 0) -> dict[int, int]:
    with database.reading() as connection:
        return digests.due(connection, NOW + timedelta(hours=hours), upto)


def test_a_new_subscriber_is_covered_up_to_the_latest_item(database: Database) -> None:
    store(database, some_news(number=7))
    wanted = a_subscriber(topics=(SECRETARIAT, POLICING, SECRETARIAT))
    [added] = subscribe(database, wanted)
    assert (added.cursor, added.epoch, added.state) == (7, 1, SubscriberState.ACTIVE)
    assert added.topics == (SECRETARIAT, POLICING)
    assert known(database, wanted) == added


def test_a_failed_statement_does_not_print_what_it_was_given(database: Database) -> None:
    """Failures are logged, addresses are not."""
    subscribe(database, a_subscriber(address="reader@example.org"))
    rename = update(t.subscribers).values(address="secret@example.org", epoch=None)
    with pytest.raises(IntegrityError) as caught, database.writing() as connection:
        connection.execute(rename)
    assert "[parameters:" not in str(caught.value)


def test_whoever_is_not_known_is_not_found(database: Database) -> None:
    assert known(database, a_subscriber()) is None
    with database.reading() as connection:
        assert subscribers.by_address(connection, "nobody@example.org", UTC) is None
        assert subscribers.everybody(connection, UTC) == []


@pytest.mark.parametrize("spelling", ["READER@example.ORG", "Reader@Example.org"])
def test_one_mailbox_is_one_subscriber_however_it_is_spelled(
    database: Database, spelling: str
) -> None:
    [first] = subscribe(database, a_subscriber())
    [second] = subscribe(database, a_subscriber(public_id="other", address=spelling))
    assert (second.id, second.public_id, second.address) == (first.id, first.public_id, spelling)


def test_a_domain_in_letters_and_in_ascii_is_one(database: Database) -> None:
    [first] = subscribe(database, a_subscriber(address="reader@müller.example"))
    [second] = subscribe(database, a_subscriber(address="reader@xn--mller-kva.example"))
    assert second.id == first.id


def test_an_active_subscriber_gains_topics_and_keeps_what_is_due(database: Database) -> None:
    [first] = subscribe(database, a_subscriber())
    store(database, some_news(number=3))
    again = a_subscriber(topics=(HUMAN_RIGHTS, POLICING), due_at=LATER, language="de")
    [second] = subscribe(database, again)
    assert second.topics == (POLICING, HUMAN_RIGHTS)
    assert (second.due_at, second.cursor, second.epoch) == (first.due_at, 0, 1)
    assert second.language == "de"
    assert known(database, first) == second


def test_another_cadence_comes_with_its_own_due_moment(database: Database) -> None:
    subscribe(database, a_subscriber())
    [changed] = subscribe(database, a_subscriber(cadence=WEEKLY, due_at=LATER))
    assert (changed.cadence, changed.due_at) == (WEEKLY, LATER)


def test_asking_twice_changes_nothing(database: Database) -> None:
    [first] = subscribe(database, a_subscriber())
    assert subscribe(database, a_subscriber(due_at=LATER)) == [first]


def test_who_leaves_gets_nothing_that_still_waits(database: Database) -> None:
    waiting, other = queue(database, 2)
    [person, _] = people(2)
    assert leave(database, person)
    left = known(database, person)
    assert left is not None
    assert (left.state, left.due_at) == (SubscriberState.LEFT, None)
    assert [one.state for one in outbox(database)] == [
        DeliveryState.SUPPRESSED,
        DeliveryState.QUEUED,
    ]
    assert (waiting.state, other.state) == (DeliveryState.QUEUED, DeliveryState.QUEUED)


def test_leaving_twice_or_as_nobody_ends_nothing(database: Database) -> None:
    [person] = subscribe(database, a_subscriber())
    assert not leave(database, a_subscriber(public_id="nobody"))
    assert leave(database, person)
    assert not leave(database, person)


def test_who_comes_back_starts_afresh_and_old_links_no_longer_count(database: Database) -> None:
    [person] = subscribe(database, a_subscriber())
    leave(database, person)
    store(database, some_news(number=5))
    [back] = subscribe(
        database, a_subscriber(public_id="other", topics=(HUMAN_RIGHTS,), due_at=LATER)
    )
    assert (back.id, back.public_id, back.epoch) == (person.id, person.public_id, 2)
    assert (back.topics, back.cursor, back.due_at) == ((HUMAN_RIGHTS,), 5, LATER)
    assert not leave(database, back, epoch=1)
    assert leave(database, back, epoch=2)


def test_everybody_is_listed_in_the_order_they_came(database: Database) -> None:
    added = subscribe(database, *people(3))
    with database.reading() as connection:
        assert subscribers.everybody(connection, UTC) == added
        assert subscribers.read(connection, [3, 1, 99], UTC) == [added[0], added[2]]


def test_somebody_is_due_from_their_moment_on(database: Database) -> None:
    [person] = subscribe(database, a_subscriber(due_at=NOW))
    assert due(database, hours=-1) == {}
    assert list(due(database)) == [person.id]


def test_an_immediate_subscriber_is_due_when_there_is_a_newer_item(database: Database) -> None:
    [person] = subscribe(database, a_subscriber(cadence=IMMEDIATE, due_at=None))
    assert due(database, upto=0) == {}
    assert list(due(database, upto=1)) == [person.id]


def test_who_left_is_never_due(database: Database) -> None:
    [person] = subscribe(database, a_subscriber(cadence=IMMEDIATE, due_at=NOW))
    leave(database, person)
    assert due(database, upto=9) == {}


def test_the_cursors_of_who_is_due_tell_how_far_back_news_are_wanted(database: Database) -> None:
    subscribe(database, *people(1, due_at=NOW))
    store(database, some_news(number=4))
    subscribe(database, a_subscriber(due_at=NOW))
    assert due(database, upto=4) == {1: 0, 2: 4}
    assert due(database, hours=-1, upto=4) == {}


def test_an_advanced_subscriber_is_no_longer_as_it_was_read(database: Database) -> None:
    added = subscribe(database, *people(2))
    with database.writing() as connection:
        assert digests.unchanged(connection, added) == {1, 2}
        digests.advance(connection, [])
        digests.advance(connection, [a_plan(added[0], cursor=8, due_again_at=LATER)])
    with database.writing() as connection:
        assert digests.unchanged(connection, added) == {2}
    moved = known(database, added[0])
    assert moved is not None
    assert (moved.cursor, moved.due_at) == (8, LATER)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_whom_another_transaction_holds_is_left_out(database: Database) -> None:
    added = subscribe(database, *people(2))
    with database.writing() as one, database.writing() as other:
        assert digests.unchanged(one, added[:1]) == {1}
        assert digests.unchanged(other, added) == {2}


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_an_address_that_two_add_at_once_is_one_subscriber(database: Database) -> None:
    wanted = [
        Subscription(
            address="reader@example.org",
            language="en",
            cadence=WEEKLY,
            topics=(topic,),
            due_at=LATER,
        )
        for topic in (POLICING, HUMAN_RIGHTS)
    ]
    later: list[Subscriber] = []

    def add() -> None:
        with database.writing() as connection:
            later.append(
                subscribers.add_or_update(connection, wanted[1], public_id="second", now=NOW)
            )

    waiting = Thread(target=add)
    with database.writing() as connection:
        subscribers.add_or_update(connection, wanted[0], public_id="first", now=NOW)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join()
    [both] = later
    assert (both.public_id, both.topics) == ("first", (POLICING, HUMAN_RIGHTS))
