"""How often each client may ask for what takes a while, and that it is done once for many."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from feeds.web.request_limits import RateLimit, SharedWork


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


def test_who_is_called_by_more_than_anybody_is_held_by_its_beginning() -> None:
    """Thousands of them, of as much as a form takes, would be held for as long as they are."""
    limit = RateLimit(1, 1)
    assert limit.wait_seconds("a" * 60_000, 0.0) == 0
    assert limit.wait_seconds("a" * 64, 0.0) == 1


def test_a_clock_that_was_set_back_gives_nothing() -> None:
    limit = RateLimit(1, 1)
    assert [limit.wait_seconds("a", now) for now in (10.0, 5.0, 6.0)] == [0, 1, 0]


def test_of_too_many_those_who_asked_first_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.web.request_limits._MOST_CLIENTS", 2)
    limit = RateLimit(1, 1)
    assert [limit.wait_seconds(client, 0.0) for client in ("a", "b", "c", "a")] == [0, 0, 0, 0]
    assert limit.wait_seconds("c", 0.0) == 1


class Work:
    """Ends when it is let, and counts how often it was begun."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self._error = error

    async def __call__(self) -> int:
        self.begun += 1
        await self.may_end.wait()
        if self._error:
            raise self._error
        return self.begun


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    return lambda: asyncio.run(test())


@in_a_loop
async def test_equal_works_are_done_once_and_others_beside() -> None:
    shared, work, other = SharedWork(), Work(), Work()
    asking = [asyncio.ensure_future(shared.done("a", work)) for _ in range(3)]
    aside = asyncio.ensure_future(shared.done("b", other))
    await asyncio.sleep(0)
    assert (shared.is_going("a"), shared.is_going("c")) == (True, False)
    work.may_end.set()
    assert await asyncio.gather(*asking) == [1, 1, 1]
    assert not shared.is_going("a")
    assert await shared.done("a", work) == 2
    other.may_end.set()
    assert await aside == 1


@in_a_loop
async def test_who_goes_away_takes_it_from_nobody() -> None:
    """Not even who asked first."""
    shared, work = SharedWork(), Work()
    asking = [asyncio.ensure_future(shared.done("a", work)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    work.may_end.set()
    told = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(told[0], asyncio.CancelledError)
    assert told[1:] == [1, 1]


@in_a_loop
async def test_what_fails_fails_for_all_and_is_begun_anew_by_the_next() -> None:
    shared, work = SharedWork(), Work(ValueError("away"))
    work.may_end.set()
    asking = [shared.done("a", work) for _ in range(2)]
    assert list(map(str, await asyncio.gather(*asking, return_exceptions=True))) == ["away"] * 2
    with pytest.raises(ValueError, match="away"):
        await shared.done("a", work)
    assert work.begun == 2


@in_a_loop
async def test_a_failure_that_nobody_waits_for_is_no_news() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: told.append(about))
    shared, work = SharedWork(), Work(ValueError("away"))
    asking = asyncio.ensure_future(shared.done("a", work))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.sleep(0)
    work.may_end.set()
    for _ in range(3):
        await asyncio.sleep(0)
    gc.collect()
    assert not shared.is_going("a")
    assert told == []
