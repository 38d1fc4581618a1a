"""Addresses that must not be mailed are recognised in any spelling, and never kept in clear."""

from datetime import timedelta

from sqlalchemy import select, update

from feeds.storage.database import Database
from notifier.storage import suppressions
from notifier.storage import tables as t
from notifier.storage.suppressions import Keyed, Suppression
from tests.outbox import KEYED, NOW


def suppress(database: Database, *addresses: str, detail: str = "550 no such user") -> None:
    barred = [
        Suppression(address_hash=KEYED(address), reason="refused", detail=detail, since=NOW)
        for address in addresses
    ]
    with database.writing() as connection:
        suppressions.add(connection, barred)


def among(database: Database, *addresses: str) -> set[str]:
    with database.reading() as connection:
        barred = suppressions.among(connection, [KEYED(address) for address in addresses])
    return {address for address in addresses if KEYED(address) in barred}


def test_a_suppressed_address_is_found_among_others(database: Database) -> None:
    suppress(database, "dead@example.org")
    suppress(database)
    assert among(database, "dead@example.org", "alive@example.org") == {"dead@example.org"}


def test_any_spelling_of_the_address_is_suppressed(database: Database) -> None:
    suppress(database, "Dead@MÜLLER.example")
    assert among(database, "dead@xn--mller-kva.example")


def test_the_hash_tells_nothing_without_the_secret(database: Database) -> None:
    address = "dead@example.org"
    assert KEYED(address) != Keyed(b"another secret of thirty-two bytes")(address)
    assert address not in KEYED(address)
    assert "secret" not in repr(KEYED)


def test_what_was_known_first_is_kept(database: Database) -> None:
    suppress(database, "dead@example.org")
    suppress(database, "dead@example.org", "gone@example.org", detail="551 moved")
    with database.reading() as connection:
        rows = connection.execute(select(t.suppressions.c.detail).order_by(t.suppressions.c.detail))
        assert rows.scalars().all() == ["550 no such user", "551 moved"]


def test_a_lifted_suppression_counts_no_more_until_it_is_added_again(database: Database) -> None:
    suppress(database, "dead@example.org")
    with database.writing() as connection:
        connection.execute(
            update(t.suppressions).values(active=False, since=NOW - timedelta(days=9))
        )
    assert among(database, "dead@example.org") == set()
    suppress(database, "dead@example.org", detail="551 moved")
    assert among(database, "dead@example.org") == {"dead@example.org"}
    with database.reading() as connection:
        row = connection.execute(select(t.suppressions)).one()
    assert (row.detail, row.since) == ("551 moved", NOW)


def test_a_list_goes_on_behind_the_last_of_its_part(database: Database) -> None:
    """Also among those of one moment."""
    suppress(database, *(f"reader{number}@example.org" for number in range(3)))
    with database.writing() as connection:
        suppressions.bar(connection, KEYED("later@example.org"), "asked", NOW + timedelta(days=1))
        whole = suppressions.every(connection)
        first = suppressions.every(connection, 2)
        place = (first[-1].since, first[-1].address_hash)
        assert [*first, *suppressions.every(connection, 9, place)] == whole
    assert len(whole) == 4
    assert whole[0].reason == "operator"
