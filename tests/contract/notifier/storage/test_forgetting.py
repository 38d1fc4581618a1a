"""What is forgotten while somebody asks, subscribes or sends again at the same moment elsewhere."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, update

from feeds.storage.database import Database
from notifier.model import DeliveryState, Frequency, Shown, SubscriberState
from notifier.storage import deliveries, subscribers
from notifier.storage.consent import requests
from notifier.storage.consent.requests import Asked, AskedBy
from notifier.storage.tables import deliveries as table
from tests.at_once import beside
from tests.builders import a_subscriber
from tests.outbox import outbox, queue, subscribe, wanted

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=72)
ANNA = a_subscriber(public_id="anna", address="anna@example.org")
ASKED = Asked(queries=("",), frequency=Frequency.DAILY, timezone="Europe/Vienna", language="en")

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def made_known(connection: Connection, now: datetime) -> int:
    asking = {"anna": AskedBy(ANNA.address, ASKED)}
    [(owner, _)] = requests.make_known(connection, asking, now).values()
    return owner


def ask(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        requests.ask(connection, {made_known(connection, now): ASKED}, Shown(), now)


def forget(database: Database, before: datetime = LATER) -> int:
    with database.writing() as connection:
        return requests.forget(connection, before)


def forget_deliveries(database: Database) -> None:
    with database.writing() as connection:
        deliveries.forget(connection, LATER, 0, 10)


def state(database: Database) -> SubscriberState | None:
    with database.reading() as connection:
        found = subscribers.by_public_id(connection, "anna", ANNA.zone)
        return found.state if found else None


def open_requests(database: Database) -> int:
    with database.reading() as connection:
        found = subscribers.by_public_id(connection, "anna", ANNA.zone)
        return len(requests.of_owner(connection, found.id)) if found else 0


def test_who_asks_again_at_that_moment_is_not_forgotten(database: Database) -> None:
    ask(database, NOW)
    with database.writing() as connection:
        owner = made_known(connection, LATER)
        # As their row is theirs by now, and what they ask for is not on record yet.
        with beside(database, partial(forget, database)) as forgetting:
            requests.ask(connection, {owner: ASKED}, Shown(), LATER)
            connection.commit()
    assert forgetting.result() == 0
    assert (state(database), open_requests(database)) == (SubscriberState.PENDING, 2)
    assert forget(database) == 1
    assert (state(database), open_requests(database)) == (SubscriberState.PENDING, 1)


def test_who_asks_as_they_are_being_forgotten_is_known_anew(database: Database) -> None:
    ask(database, NOW)
    with database.writing() as connection:
        assert requests.forget(connection, LATER) == 1
        with beside(database, partial(ask, database, LATER)) as asking:
            connection.commit()
    asking.result()
    assert (state(database), open_requests(database)) == (SubscriberState.PENDING, 1)


@pytest.mark.parametrize("was_subscribed", [False, True])
def test_who_is_subscribed_at_that_moment_stays_so(
    database: Database, was_subscribed: bool
) -> None:
    if was_subscribed:
        subscribe(database, ANNA)
        with database.writing() as connection:
            subscribers.leave(connection, "anna", NOW - timedelta(days=1))
    ask(database, NOW)
    with database.writing() as connection:
        known = subscribers.by_address(connection, ANNA.address, ANNA.zone, lock=True)
        with beside(database, partial(forget, database)) as forgetting:
            put = partial(subscribers.put, connection, wanted(ANNA), now=LATER)
            assert put(public_id="anna", known=known)
            connection.commit()
    forgetting.result()
    assert state(database) is SubscriberState.ACTIVE


def test_what_is_to_be_sent_again_at_that_moment_is_kept(database: Database) -> None:
    [one] = queue(database, now=NOW)
    with database.writing() as connection:
        connection.execute(update(table).values(state=DeliveryState.ACCEPTED, settled_at=NOW))
    with database.writing() as connection:
        assert deliveries.resend(connection, one.id, LATER)
        with beside(database, partial(forget_deliveries, database)) as forgetting:
            connection.commit()
    forgetting.result()
    assert [each.state for each in outbox(database)] == [DeliveryState.QUEUED]
