"""Subscribers are kept by address, gain topics, leave, and come back with a new consent."""

from datetime import timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from feeds.selection import Selection
from feeds.storage.database import Database
from notifier.model import (
    Cadence,
    DeliveryState,
    Frequency,
    Subscriber,
    SubscriberState,
)
from notifier.storage import subscribers
from notifier.storage import tables as t
from tests.builders import (
    DUE_AT,
    HUMAN_RIGHTS,
    POLICING,
    SECRETARIAT,
    a_subscriber,
    only,
    some_news,
)
from tests.outbox import NOW, outbox, people, queue, store, subscribe, wanted

UTC = ZoneInfo("UTC")
WEEKLY = Cadence(
    frequency=Frequency.WEEKLY,
    minute=9 * 60,
    zone=ZoneInfo("Asia/Tashkent"),
    weekdays=frozenset({4}),
)
IMMEDIATE = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=UTC)
LATER = NOW + timedelta(days=2)


def leave(database: Database, person: Subscriber) -> bool:
    with database.writing() as connection:
        return subscribers.leave(connection, person.public_id, NOW)


def known(database: Database, person: Subscriber) -> Subscriber | None:
    with database.reading() as connection:
        return subscribers.by_public_id(connection, person.public_id, UTC)


def topics(person: Subscriber) -> list[Selection]:
    return [each.selection for each in person.followed]


def spans(database: Database, person: Subscriber) -> list[tuple[int, int, int | None]]:
    """Of each selection since when and until when it is followed, by numbers of changes."""
    with database.reading() as connection:
        found = subscribers.followed(connection, [person.id]).get(person.id, ())
    return [(each.since, each.reached, each.until) for each in found]


def test_a_new_subscriber_gets_what_happens_from_now_on(database: Database) -> None:
    store(database, some_news(number=7))
    wanted = a_subscriber(topics=(SECRETARIAT, POLICING))
    [added] = subscribe(database, wanted)
    assert (added.epoch, added.state) == (1, SubscriberState.ACTIVE)
    assert topics(added) == [only(SECRETARIAT), only(POLICING)]
    assert known(database, wanted) == added
    assert spans(database, added) == [(7, 7, None), (7, 7, None)]


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


def test_what_is_added_begins_now_and_what_is_there_goes_on(database: Database) -> None:
    subscribe(database, a_subscriber())
    store(database, some_news(number=3))
    again = a_subscriber(topics=(HUMAN_RIGHTS, POLICING), due_at=LATER, language="de")
    [second] = subscribe(database, again)
    assert topics(second) == [only(HUMAN_RIGHTS), only(POLICING)]
    assert second.due == {Frequency.DAILY: DUE_AT}
    assert second.language == "de"
    assert spans(database, second) == [(3, 3, None), (0, 0, None)]


def test_another_cadence_comes_with_its_own_due_moment(database: Database) -> None:
    subscribe(database, a_subscriber())
    [changed] = subscribe(database, a_subscriber(cadence=WEEKLY, due_at=LATER))
    assert (changed.cadences, changed.due) == (
        {Frequency.WEEKLY: WEEKLY},
        {Frequency.WEEKLY: LATER},
    )


def test_many_share_a_cadence(database: Database) -> None:
    subscribe(database, *people(3))
    subscribe(database, a_subscriber(cadence=WEEKLY))
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(t.cadences)) == 2
        assert connection.scalar(select(func.count()).select_from(t.selections)) == 1


def test_muted_topics_are_kept_and_given_up(database: Database) -> None:
    [first] = subscribe(database, a_subscriber(muted=(SECRETARIAT,)))
    assert first.muted == (SECRETARIAT,)
    with database.reading() as connection:
        assert subscribers.muted(connection, [first.id]) == {first.id: {SECRETARIAT}}
    [second] = subscribe(database, a_subscriber())
    assert second.muted == ()


def test_asking_twice_changes_nothing(database: Database) -> None:
    [first] = subscribe(database, a_subscriber())
    assert subscribe(database, a_subscriber(due_at=LATER)) == [first]


def test_who_leaves_gets_nothing_that_still_waits(database: Database) -> None:
    waiting, other = queue(database, 2)
    [person, _] = people(2)
    assert leave(database, person)
    left = known(database, person)
    assert left is not None
    assert (left.state, left.followed, left.due) == (SubscriberState.LEFT, (), {})
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


def test_who_comes_back_starts_afresh(database: Database) -> None:
    [person] = subscribe(database, a_subscriber())
    leave(database, person)
    store(database, some_news(number=5))
    [back] = subscribe(
        database, a_subscriber(public_id="other", topics=(HUMAN_RIGHTS,), due_at=LATER)
    )
    assert (back.id, back.public_id, back.epoch) == (person.id, person.public_id, 2)
    assert topics(back) == [only(HUMAN_RIGHTS)]
    assert back.due == {Frequency.DAILY: DUE_AT}
    assert spans(database, back) == [(5, 5, None)]
    assert leave(database, back)


def test_everybody_is_listed_in_the_order_they_came(database: Database) -> None:
    added = subscribe(database, *people(3))
    with database.reading() as connection:
        assert subscribers.everybody(connection, UTC) == added


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_an_address_that_two_add_at_once_is_one_subscriber(database: Database) -> None:
    """Who comes second is told, and asks again."""
    later: list[Subscriber | None] = []

    def add() -> None:
        with database.writing() as connection:
            put = subscribers.put
            later.append(put(connection, wanted(a_subscriber()), public_id="second", now=NOW))

    waiting = Thread(target=add)
    with database.writing() as connection:
        subscribers.put(connection, wanted(a_subscriber()), public_id="first", now=NOW)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join()
    assert later == [None]


def test_no_id_is_ever_given_twice(database: Database) -> None:
    """What comes back of a mail is heeded for days, and names it by its id."""
    (first,) = queue(database)
    with database.writing() as connection:
        for table in reversed(t.metadata.sorted_tables):
            connection.execute(delete(table))
    (second,) = queue(database)
    assert second.id > first.id
    assert second.subscriber > first.subscriber
