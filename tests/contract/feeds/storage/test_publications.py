"""The log of changed feeds, and the hubs that follow it, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from feeds.standing import HubStanding
from feeds.storage.database import Database
from feeds.storage.websub import hubs, publications
from feeds.storage.websub.hubs import ToldHub
from tests.items import NOON

ALL, POLICING = "feeds/all.atom", "feeds/fields/policing.atom"
HUB, OTHER = "https://hub.example.org/", "https://other.example.org/"
LATER = NOON + timedelta(minutes=5)


def note(database: Database, **digests: str) -> None:
    paths = {"all": ALL, "policing": POLICING}
    with database.writing() as connection:
        publications.note(connection, {paths[name]: each for name, each in digests.items()})


def after(database: Database, cursor: int) -> list[tuple[int, str]]:
    with database.reading() as connection:
        return [(each.number, each.path) for each in publications.after(connection, cursor, 100)]


def configure(database: Database, *urls: str) -> None:
    with database.writing() as connection:
        hubs.configure(connection, urls)


def claim(database: Database, *busy: str) -> list[ToldHub]:
    with database.writing() as connection:
        return [*hubs.claim(connection, NOON, LATER, busy, 10)]


def keep(database: Database, before: ToldHub, after: ToldHub) -> bool:
    with database.writing() as connection:
        return hubs.keep(connection, before, after)


def rows(database: Database) -> list[HubStanding]:
    with database.reading() as connection:
        return [*hubs.rows(connection)]


# -- The log ---------------------------------------------------------------------------------------


def test_a_document_is_numbered_when_it_changes_and_only_then(database: Database) -> None:
    note(database, all="a", policing="p")
    note(database, all="a", policing="p")
    assert after(database, 0) == [(1, ALL), (2, POLICING)]
    note(database, all="b")
    assert after(database, 2) == [(3, ALL)]
    assert after(database, 0) == [(2, POLICING), (3, ALL)]
    with database.reading() as connection:
        assert publications.latest(connection) == 3


def test_nothing_was_published_at_first(database: Database) -> None:
    note(database)
    with database.reading() as connection:
        assert publications.latest(connection) == 0


# -- Hubs ------------------------------------------------------------------------------------------


def test_a_hub_is_due_while_it_does_not_know_of_a_change(database: Database) -> None:
    configure(database, HUB)
    assert claim(database) == []
    note(database, all="a")
    (hub,) = claim(database)
    assert hub == ToldHub(url=HUB, due_at=LATER)
    assert keep(database, hub, replace(hub, told=1, due_at=None))
    assert claim(database) == []
    note(database, all="b")
    assert [each.told for each in claim(database)] == [1]


def test_a_hub_is_told_by_one_at_a_time(database: Database) -> None:
    configure(database, HUB, OTHER)
    note(database, all="a")
    assert [each.url for each in claim(database, OTHER)] == [HUB]
    (other,) = claim(database)
    assert other.url == OTHER
    assert claim(database) == []


def test_what_was_claimed_by_another_since_is_not_kept(database: Database) -> None:
    """Its turn ended, as it took too long: what the other says counts."""
    configure(database, HUB)
    note(database, all="a")
    (slow,) = claim(database)
    with database.writing() as connection:
        (other,) = hubs.claim(connection, LATER, LATER + timedelta(minutes=5), (), 10)
    assert not keep(database, slow, replace(slow, told=1, due_at=None))
    assert keep(database, other, replace(other, told=1, due_at=None))


def test_a_hub_that_failed_waits(database: Database) -> None:
    configure(database, HUB)
    note(database, all="a", policing="p")
    (hub,) = claim(database)
    assert keep(database, hub, replace(hub, failures=2, problem="it is away", since=NOON))
    assert claim(database) == []
    assert rows(database) == [
        HubStanding(hub=HUB, waiting=2, failures=2, problem="it is away", since=NOON)
    ]


@pytest.mark.parametrize("kept", [(HUB,), ()])
def test_a_hub_that_is_none_any_more_is_forgotten(
    database: Database, kept: tuple[str, ...]
) -> None:
    configure(database, HUB, OTHER)
    note(database, all="a")
    for hub in claim(database):
        assert keep(database, hub, replace(hub, told=1, due_at=None))
    configure(database, *kept)
    assert [each.hub for each in rows(database)] == [*kept]
    configure(database, HUB, OTHER)
    known = {each.hub: each.waiting for each in rows(database)}
    assert known == {HUB: 0 if kept else 1, OTHER: 1}
    with database.reading() as connection:
        assert hubs.are_configured(connection, (OTHER, HUB))
        assert not hubs.are_configured(connection, (HUB,))
