"""Texts and moments that reach the store as one parameter, each with a number, and rows that come
from it as one cell: each is there what it was here, and here what it was there.
"""

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Select, Text, bindparam, select

from feeds.storage.columns import AtOnce, Cell, Instant, Number, as_text, listed, paired, pairs
from feeds.storage.database import Database
from tests.items import NOON

_GIVEN = pairs("given")
_NUMBER = Cell(_GIVEN.c.key, Number)
_TEXTS, _MOMENTS = (
    select(_NUMBER.label("number"), Cell(_GIVEN.c.value, kind).label("told"))
    for kind in (Text(), Instant())
)
EAST = timezone(timedelta(hours=5, minutes=45))


def read(
    database: Database, asked: Select[Any], given: Mapping[int, object]
) -> dict[object, object]:
    with database.reading() as connection:
        values = {"given": paired(given)}
        found = {row.number: row.told for row in connection.execute(asked, values)}
        assert dict(AtOnce(asked)(connection, values)) == found
    return found


@pytest.mark.parametrize(
    "text", ["plain", "", None, '\'; "x" [1] {\\} \\u0041', "Straße → 日本 😀", "12", "null"]
)
def test_a_text_is_the_same_in_the_store(database: Database, text: str | None) -> None:
    assert read(database, _TEXTS, {1: text}) == {1: text}


def test_numbers_and_moments_are_what_they_were_and_none_is_none(database: Database) -> None:
    there = NOON.astimezone(EAST).replace(microsecond=1200)
    half = NOON.replace(microsecond=500_000)
    given = {2**40: there, 0: None, -1: NOON, 2: half}
    assert read(database, _MOMENTS, given) == given


def test_a_moment_that_is_given_by_itself_is_what_it_was(database: Database) -> None:
    asked = select(Cell(bindparam("at", type_=Text()), Instant()).label("at"))
    with database.reading() as connection:
        for moment in (NOON, NOON.replace(microsecond=1200)):
            assert connection.scalar(asked, {"at": as_text(moment)}) == moment
        assert connection.scalar(asked, {"at": None}) is None


def test_no_rows_are_none(database: Database) -> None:
    assert read(database, _TEXTS, {}) == {}


def test_what_no_cell_can_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="is no cell"):
        listed([object()])
    with pytest.raises(TypeError, match="is no cell"):
        paired({1: object()})


def test_rows_come_at_once_in_the_order_that_is_asked_for(database: Database) -> None:
    given = dict.fromkeys((3, 1, 2), "")
    backwards = AtOnce(_TEXTS.order_by(_NUMBER.desc()))
    with database.reading() as connection:
        found = backwards(connection, {"given": paired(given)})
    assert [number for number, _ in found] == [3, 2, 1]
