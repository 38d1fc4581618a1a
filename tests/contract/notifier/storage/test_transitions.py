"""Every state a delivery came into is on record, with when, where and what was said."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from feeds.storage.database import Database
from notifier.model import Cause, DeliveryState, Settlement
from notifier.storage import deliveries, senders, sending, subscribers, tables
from notifier.storage.deliveries import Delivery
from notifier.storage.tables import transitions
from notifier.storage.transitions import Transition
from tests.outbox import KEYED, NOW, outbox, queue

QUEUED = Transition(at=NOW, state=DeliveryState.QUEUED)
LATER = NOW + timedelta(minutes=5)


def claim(database: Database, minutes: int = 0, node: str = "one") -> list[int]:
    """What is due is marked, by a node that just came to work."""
    now = NOW + timedelta(minutes=minutes)
    with database.writing() as connection:
        sending.wake(connection, now)
        lease = senders.begin(connection, node)
        ids = [one.id for one in sending.claim(connection, lease, node, now, 9)]
        sending.mark(connection, lease, ids)
    return ids


def settle(
    database: Database, *settled: Settlement, minutes: int = 0, lease: int | None = None
) -> None:
    now = NOW + timedelta(minutes=minutes)
    with database.writing() as connection:
        by = lease or connection.execute(select(func.max(tables.senders.c.number))).scalar_one()
        sending.settle(connection, by, now, settled, KEYED)


def recover(database: Database, *, doubts: int) -> None:
    """The node ended, and is back."""
    with database.writing() as connection:
        senders.begin(connection, "one")
        sending.recover(connection, LATER, doubts=doubts)


def about(database: Database, text: str) -> list[Delivery]:
    with database.reading() as connection:
        return deliveries.latest(connection, 9, about=text)


def noted(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(transitions)).scalar_one()


def deferred(delivery: int) -> Settlement:
    return Settlement(
        delivery=delivery,
        state=DeliveryState.DEFERRED,
        reply="450 4.7.1 slow down",
        cause=Cause.RATE,
        again_at=LATER,
    )


def accepted(delivery: int) -> Settlement:
    return Settlement(delivery=delivery, state=DeliveryState.ACCEPTED, reply="250 OK")


def sending_at(minutes: int = 0) -> Transition:
    return Transition(at=NOW + timedelta(minutes=minutes), state=DeliveryState.SENDING, node="one")


def test_what_is_accepted_at_once_costs_no_further_row(database: Database) -> None:
    queue(database, 3)
    assert outbox(database)[0].steps == (QUEUED,)
    claim(database)
    assert outbox(database)[0].steps == (QUEUED, sending_at())
    settle(database, *map(accepted, (1, 2, 3)))
    done = Transition(at=NOW, state=DeliveryState.ACCEPTED, node="one", reply="250 OK")
    assert [one.steps for one in outbox(database)] == [(QUEUED, sending_at(), done)] * 3
    assert noted(database) == 0


def test_every_attempt_is_told(database: Database) -> None:
    queue(database)
    [one] = claim(database)
    settle(database, deferred(one))
    claim(database, 6)
    settle(database, accepted(one), minutes=7)
    [told] = outbox(database)
    assert told.steps == (
        QUEUED,
        sending_at(),
        Transition(
            at=NOW,
            state=DeliveryState.DEFERRED,
            node="one",
            reply="450 4.7.1 slow down",
            cause=Cause.RATE,
            again_at=LATER,
        ),
        sending_at(6),
        Transition(
            at=NOW + timedelta(minutes=7), state=DeliveryState.ACCEPTED, node="one", reply="250 OK"
        ),
    )
    assert (told.attempts, told.cause) == (2, None)


def test_what_a_crash_left_and_a_person_decided_is_told(database: Database) -> None:
    queue(database)
    [one] = claim(database)
    recover(database, doubts=0)
    with database.writing() as connection:
        assert deliveries.release(connection, one, LATER, send=False)
    states = [(step.state, step.at) for step in outbox(database)[0].steps]
    assert states == [
        (DeliveryState.QUEUED, NOW),
        (DeliveryState.SENDING, NOW),
        (DeliveryState.UNCERTAIN, LATER),
        (DeliveryState.FAILED, LATER),
    ]


def test_that_a_reader_left_is_told(database: Database) -> None:
    queue(database, 2)
    with database.writing() as connection:
        assert subscribers.leave(connection, "reader1", LATER)
    first, second = outbox(database)
    assert first.steps == (QUEUED, Transition(at=LATER, state=DeliveryState.SUPPRESSED))
    assert second.steps == (QUEUED,)


def test_what_another_node_has_meanwhile_is_not_noted(database: Database) -> None:
    queue(database)
    [one] = claim(database)
    recover(database, doubts=1)
    before = noted(database)
    settle(database, deferred(one), lease=1)
    claim(database, 9, node="two")
    settle(database, deferred(one), lease=1)
    assert noted(database) == before


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("reader2@example.org", [2]),
        ("READER2@Example.org", [2]),
        ("nobody@example.org", []),
        ("2026-11-24", [3, 2, 1]),
        ("2026-W48", []),
        ("3", [3]),
        ("9" * 99, []),
    ],
)
def test_deliveries_are_found_by_reader_period_or_id(
    database: Database, text: str, ids: list[int]
) -> None:
    queue(database, 3)
    assert [one.id for one in about(database, text)] == ids
