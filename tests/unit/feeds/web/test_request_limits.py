"""How often each client may ask for what takes a while."""

import pytest

from feeds.web.request_limits import RateLimit


def test_some_at_once_then_so_many_a_second() -> None:
    limit = RateLimit(2, 0.5)
    assert [limit.wait_seconds("a", 10.0) for _ in range(4)] == [0, 0, 2, 2]
    assert limit.wait_seconds("a", 11.0) == 1
    assert limit.wait_seconds("a", 12.0) == 0
    assert limit.wait_seconds("a", 12.0) == 2
    assert [limit.wait_seconds("a", 100.0) for _ in range(3)] == [0, 0, 2]


def test_each_client_has_its_own_and_nobody_has_none() -> None:
    limit = RateLimit(1, 1)
    assert [limit.wait_seconds(client, 0.0) for client in ("a", "b", "a", "", "")] == [
        0,
        0,
        1,
        0,
        0,
    ]


def test_a_clock_that_was_set_back_gives_nothing() -> None:
    limit = RateLimit(1, 1)
    assert [limit.wait_seconds("a", now) for now in (10.0, 5.0, 6.0)] == [0, 1, 0]


def test_of_too_many_those_who_asked_first_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.web.request_limits._MOST_CLIENTS", 2)
    limit = RateLimit(1, 1)
    assert [limit.wait_seconds(client, 0.0) for client in ("a", "b", "c", "a")] == [0, 0, 0, 0]
    assert limit.wait_seconds("c", 0.0) == 1
