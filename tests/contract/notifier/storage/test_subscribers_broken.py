"""A row that is no subscriber any more is named, and hides nobody else."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from feeds.storage.database import Database
from notifier.storage import subscribers, tables
from tests.outbox import people, subscribe

BISHKEK = ZoneInfo("Asia/Bishkek")


def test_an_address_that_is_none_is_no_subscriber(database: Database) -> None:
    """Its own server cannot be named."""
    first, _ = subscribe(database, *people(2))
    bad = "reader@müller..example"
    with database.writing() as connection:
        wanted = tables.subscribers.c.id == first.id
        connection.execute(update(tables.subscribers).where(wanted).values(address=bad))
    with database.reading() as connection:
        broken, other = subscribers.everybody(connection, ZoneInfo("UTC"))
    assert (broken.id, broken.problem != "") == (first.id, True)
    assert bad not in broken.problem
    assert other.problem == ""


@pytest.mark.parametrize("lost", ["Mars/Olympus", "Europe", "tzdata.zi", "", "x" * 300])
def test_whose_zone_is_none_any_more_is_in_the_sites(database: Database, lost: str) -> None:
    """It left the database, is a folder of it, or never was one."""
    [person, other] = subscribe(database, *people(2))
    with database.writing() as connection:
        wanted = tables.subscribers.c.id == person.id
        connection.execute(update(tables.subscribers).where(wanted).values(timezone=lost))
        by_id = subscribers.by_public_id(connection, person.public_id, BISHKEK)
        assert by_id == subscribers.by_address(connection, person.address, BISHKEK, lock=True)
        assert [by_id, other] == subscribers.everybody(connection, BISHKEK)
        assert subscribers.lost_zones(connection) == {lost: 1}
    assert by_id is not None
    assert (by_id.zone, repr(lost) in by_id.problem) == (BISHKEK, True)


def test_to_subscribe_again_mends_a_zone(database: Database) -> None:
    [person] = subscribe(database, *people(1))
    with database.writing() as connection:
        connection.execute(update(tables.subscribers).values(timezone="Mars/Olympus"))
    [again] = subscribe(database, person)
    assert (again.problem, again.zone) == ("", person.zone)
    with database.reading() as connection:
        assert subscribers.lost_zones(connection) == {}
        assert subscribers.everybody(connection, BISHKEK) == [again]
