"""The standings of sources in a real store."""

from datetime import UTC, datetime, timedelta

from feeds.draft import Hub
from feeds.standing import begun, failed, succeeded
from feeds.storage.database import Database
from feeds.storage.origins import standings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://news.example.org/"


def test_a_standing_is_read_as_it_was_recorded(database: Database) -> None:
    hub = Hub(url="https://hub.example.org/", topic=URL)
    good = succeeded(
        begun(None, "news", URL, NOW),
        NOW,
        NOW + timedelta(hours=1),
        moved_to="https://www.example.org/",
        hub=hub,
    )
    other = begun(None, "other", URL, NOW)
    with database.writing() as connection:
        standings.record(connection, good)
        standings.record(connection, other)
    with database.reading() as connection:
        assert standings.of(connection, "news") == good
        assert standings.of(connection, "nobody") is None
        assert standings.every(connection) == {"news": good, "other": other}


def test_a_later_standing_takes_the_place_of_the_one_before(database: Database) -> None:
    first = begun(None, "news", URL, NOW)
    later = failed(first, "no answer", NOW, NOW + timedelta(hours=1))
    with database.writing() as connection:
        standings.record(connection, first)
        standings.record(connection, later)
    with database.reading() as connection:
        assert standings.of(connection, "news") == later
