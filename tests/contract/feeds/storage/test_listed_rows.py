"""Rows that reach the store as one parameter, and come from it as one cell: each cell is there what
it was here, and here what it was there.
"""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Text, select

from feeds.storage.columns import AtOnce, Instant, Number, cell, listed, rows
from feeds.storage.database import Database
from tests.items import NOON

_GIVEN = rows("given")
_READ = select(
    cell(_GIVEN, 0, Number).label("number"),
    cell(_GIVEN, 1, Text()).label("text"),
    cell(_GIVEN, 2, Instant()).label("moment"),
)
_READ_AT_ONCE = AtOnce(_READ)
EAST = timezone(timedelta(hours=5, minutes=45))


def read(
    database: Database, *given: tuple[int | None, str | None, datetime | None]
) -> list[object]:
    with database.reading() as connection:
        values = {"given": listed(given)}
        found: list[object] = [tuple(row) for row in connection.execute(_READ, values)]
        at_once = _READ_AT_ONCE(connection, values)
    assert [tuple(row) for row in at_once] == found
    return found


@pytest.mark.parametrize(
    "text", ["plain", "", None, '\'; "x" [1] {\\} \\u0041', "Straße → 日本 😀", "12"]
)
def test_a_text_is_the_same_in_the_store(database: Database, text: str | None) -> None:
    assert read(database, (1, text, NOON)) == [(1, text, NOON)]


def test_numbers_and_moments_are_what_they_were_and_none_is_none(database: Database) -> None:
    there = NOON.astimezone(EAST).replace(microsecond=1200)
    half = NOON.replace(microsecond=500_000)
    given = [(2**40, "a", there), (None, "b", None), (-1, "c", NOON), (2, "d", half)]
    assert read(database, *given) == given


def test_no_rows_are_none(database: Database) -> None:
    assert read(database) == []


def test_what_no_cell_can_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="is no cell"):
        listed([(1, object())])


def test_rows_come_at_once_in_the_order_that_is_asked_for(database: Database) -> None:
    given = [(number, None, None) for number in (3, 1, 2)]
    backwards = AtOnce(_READ.order_by(cell(_GIVEN, 0, Number).desc()))
    with database.reading() as connection:
        found = backwards(connection, {"given": listed(given)})
    assert [number for number, *_ in found] == [3, 2, 1]
