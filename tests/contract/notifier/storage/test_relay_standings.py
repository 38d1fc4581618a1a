"""What is wrong with a mail server is known to all nodes, and what failed by it comes back."""

from datetime import timedelta

from feeds.storage.database import Database
from notifier.model import Cause, DeliveryState, RelayStanding, Settlement
from notifier.storage import deliveries, senders, sending, subscribers
from notifier.storage.watched import relay_standings
from tests.outbox import KEYED, NOW, outbox, queue

STANDING = RelayStanding(problem="550 5.4.5 limit", refusals=3, probes=1, again_at=NOW)
LATER = NOW + timedelta(days=1)


def test_an_standing_is_known_until_it_is_over(database: Database) -> None:
    with database.writing() as connection:
        relay_standings.keep(connection, "relay", STANDING)
        relay_standings.keep(connection, "other", STANDING)
        relay_standings.keep(connection, "other", None)
    with database.writing() as connection:
        assert relay_standings.known(connection, "relay") == STANDING
        assert relay_standings.known(connection, "other") is None
        assert relay_standings.every(connection) == {"relay": STANDING}
        relay_standings.lift(connection)
        assert relay_standings.every(connection) == {}


def refuse(database: Database, *causes: Cause) -> None:
    """So many mails were refused, the first of them for good."""
    queue(database, len(causes))
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        ids = [one.id for one in sending.claim(connection, lease, "one", NOW, 99)]
        settled = [
            Settlement(
                delivery=number,
                state=DeliveryState.DEFERRED if again else DeliveryState.FAILED,
                reply="550",
                cause=cause,
                again_at=LATER if again else None,
            )
            for again, number, cause in zip([False, *[True] * 99], ids, causes, strict=False)
        ]
        sending.settle(connection, lease, NOW, settled, KEYED)


def test_what_was_refused_for_our_fault_is_sent_again(database: Database) -> None:
    refuse(database, Cause.OURS, Cause.OURS, Cause.LATER)
    with database.writing() as connection:
        assert deliveries.release_refused(connection, NOW) == 2
        assert deliveries.release_refused(connection, NOW) == 0
    rows = outbox(database)
    assert [one.state for one in rows] == [
        DeliveryState.QUEUED,
        DeliveryState.QUEUED,
        DeliveryState.DEFERRED,
    ]
    assert [(one.due_at, one.attempts, one.tried_at) for one in rows[:2]] == [(NOW, 0, None)] * 2
    assert rows[0].steps[-1].state is DeliveryState.QUEUED


def test_who_left_meanwhile_gets_nothing_more(database: Database) -> None:
    refuse(database, Cause.OURS, Cause.OURS)
    with database.writing() as connection:
        assert subscribers.leave(connection, "reader1", NOW)
        assert deliveries.release_refused(connection, NOW) == 1
        assert not deliveries.release(connection, 1, NOW, send=True)
    assert outbox(database)[0].state is DeliveryState.FAILED


def test_one_that_failed_is_sent_once_more_where_somebody_says_so(database: Database) -> None:
    refuse(database, Cause.CONTENT)
    with database.writing() as connection:
        assert not deliveries.release(connection, 1, NOW, send=False)
        assert deliveries.release(connection, 1, NOW, send=True)
    assert outbox(database)[0].state is DeliveryState.QUEUED
