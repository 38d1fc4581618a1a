"""Whoever left while a message was on the wire is not offered it a second time."""

from datetime import timedelta

import pytest

from feeds.storage.database import Database
from notifier.model import DeliveryState, Settlement
from notifier.storage import senders, sending, subscribers
from tests.outbox import KEYED, NOW, outbox, queue


def mark_both_and_lose_the_first_reader(database: Database) -> tuple[int, list[int]]:
    """Two messages are on the wire, and the reader of the first has left meanwhile."""
    queue(database, 2)
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        claimed = [one.id for one in sending.claim(connection, lease, "one", NOW, 2)]
        sending.mark(connection, lease, claimed)
    with database.writing() as connection:
        assert subscribers.leave(connection, "reader1", NOW)
    return lease, claimed


def states(database: Database) -> list[DeliveryState]:
    return [one.state for one in outbox(database)]


def test_what_the_server_wants_later_is_not_sent_to_who_left(database: Database) -> None:
    """Unsubscribing is honoured at once, also for what was deferred after it."""
    later = NOW + timedelta(minutes=5)
    lease, claimed = mark_both_and_lose_the_first_reader(database)
    deferred = [
        Settlement(delivery=one, state=DeliveryState.DEFERRED, reply="450 later", again_at=later)
        for one in claimed
    ]
    with database.writing() as connection:
        sending.settle(connection, lease, NOW, deferred, KEYED)
    assert states(database) == [DeliveryState.SUPPRESSED, DeliveryState.DEFERRED]
    assert outbox(database)[0].settled_at == NOW


def test_what_was_accepted_stays_accepted(database: Database) -> None:
    """A mail that went out before its reader left did go out."""
    lease, claimed = mark_both_and_lose_the_first_reader(database)
    accepted = [
        Settlement(delivery=one, state=DeliveryState.ACCEPTED, reply="250 OK") for one in claimed
    ]
    with database.writing() as connection:
        sending.settle(connection, lease, NOW, accepted, KEYED)
    assert states(database) == [DeliveryState.ACCEPTED] * 2


@pytest.mark.parametrize(
    ("doubts", "of_the_other"), [(1, DeliveryState.QUEUED), (0, DeliveryState.UNCERTAIN)]
)
def test_what_a_crash_left_in_doubt_is_not_sent_again_to_who_left(
    database: Database, doubts: int, of_the_other: DeliveryState
) -> None:
    """It stays on record as in doubt; there is nothing left for a person to decide."""
    mark_both_and_lose_the_first_reader(database)
    with database.writing() as connection:
        senders.begin(connection, "one")
        assert sending.recover(connection, NOW, doubts=doubts) == 2
    assert states(database) == [DeliveryState.SUPPRESSED, of_the_other]
    assert [one.in_doubt for one in outbox(database)] == [1, 1]
