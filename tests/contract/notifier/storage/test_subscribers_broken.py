"""A row that is no subscriber any more is named, and hides nobody else."""

from sqlalchemy import update

from feeds.storage.database import Database
from notifier.model import Subscriber
from notifier.storage import subscribers, tables
from notifier.storage.subscribers import Broken
from tests.outbox import people, subscribe


def test_an_address_that_is_none_is_no_subscriber(database: Database) -> None:
    """Its own server cannot be named, so nothing that needs the address may trip over it."""
    first, _ = subscribe(database, *people(2))
    bad = "reader@müller..example"
    with database.writing() as connection:
        wanted = tables.subscribers.c.id == first.id
        connection.execute(update(tables.subscribers).where(wanted).values(address=bad))
    with database.reading() as connection:
        broken, other = subscribers.everybody(connection)
    assert isinstance(broken, Broken)
    assert broken.id == first.id
    assert bad not in broken.problem
    assert isinstance(other, Subscriber)
