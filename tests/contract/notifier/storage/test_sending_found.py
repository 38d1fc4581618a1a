"""What is sent is found among all that was, without looking through it."""

import pytest
from sqlalchemy import Connection, text

from feeds.storage.database import Database
from notifier.model import DeliveryState, Settlement
from notifier.storage import senders, sending
from tests.outbox import KEYED, NOW, add, people, subscribe

_LOOKED_THROUGH = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'")
_MANY = 12_000


@pytest.fixture
def engine() -> str:
    """SQLite finds rows by their numbers whatever else a statement says."""
    return "postgresql"


def looked_through(connection: Connection) -> int:
    return connection.scalar(_LOOKED_THROUGH) or 0


def test_a_group_is_found_by_its_numbers(database: Database) -> None:
    """Also where the server has not counted yet what a table holds, as after a large planning."""
    readers = subscribe(database, *people(1_000))
    for number in range(_MANY // 1_000):
        add(database, readers, f"p{number}")
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        before = looked_through(connection)
        claimed = sending.claim(connection, lease, "one", NOW, 100)
        sending.mark(connection, lease, [one.id for one in claimed])
        accepted = [Settlement(one.id, DeliveryState.ACCEPTED, "250 Ok") for one in claimed]
        sending.settle(connection, lease, NOW, accepted, KEYED)
        assert looked_through(connection) == before
        assert len(claimed) == 100
