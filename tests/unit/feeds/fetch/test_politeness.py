"""Whose turn it is at a host."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from feeds.fetch import politeness
from feeds.fetch.politeness import Hosts

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.waited: list[float] = []
        self.is_ending = False

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.seconds += seconds
        return self.is_ending


def hosts(clock: Clock, pause: float = 1.0) -> Hosts:
    return Hosts(pause, clock=clock, wait=clock.wait)


def test_the_first_turn_comes_at_once() -> None:
    clock = Clock()
    with hosts(clock).turn("a.example") as is_ours:
        assert is_ours
    assert sum(clock.waited) == 0


def test_between_two_turns_lies_the_pause() -> None:
    clock = Clock()
    turns = hosts(clock)
    with turns.turn("a.example"):
        clock.seconds += 5  # the request itself
    clock.seconds += 0.25
    with turns.turn("a.example"):
        assert sum(clock.waited) == 0.75


def test_a_host_may_ask_for_a_longer_pause_not_for_a_shorter() -> None:
    clock = Clock()
    turns = hosts(clock)
    for delay, waited in ((0.0, 0.0), (30.0, 30.0), (0.1, 31.0)):
        with turns.turn("a.example", delay):
            assert sum(clock.waited) == waited


def test_a_pause_that_is_over_is_not_waited_for() -> None:
    clock = Clock()
    turns = hosts(clock)
    with turns.turn("a.example"):
        pass
    clock.seconds += 60
    with turns.turn("a.example"):
        assert sum(clock.waited) == 0


def test_one_host_does_not_delay_another() -> None:
    clock = Clock()
    turns = hosts(clock)
    with turns.turn("a.example"), turns.turn("b.example") as is_ours:
        assert is_ours
    assert sum(clock.waited) == 0


def test_an_ending_program_waits_no_more() -> None:
    clock = Clock()
    clock.is_ending = True
    with hosts(clock).turn("a.example") as is_ours:
        assert not is_ours


def test_a_turn_that_failed_is_over() -> None:
    clock = Clock()
    turns = hosts(clock)
    with suppress(ZeroDivisionError), turns.turn("a.example"):
        clock.seconds /= 0
    with turns.turn("a.example") as is_ours:
        assert is_ours
    assert sum(clock.waited) == 1.0


def test_two_threads_never_have_a_turn_at_one_host_together() -> None:
    turns = Hosts(0.0, clock=lambda: 0.0, wait=Event().wait)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(50):
            with turns.turn("a.example"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 200
    assert set(most) == {1}


def test_who_waits_for_anothers_turn_hears_that_the_program_ends() -> None:
    stopping = Event()
    turns = Hosts(0.0, clock=lambda: 0.0, wait=stopping.wait)
    got: list[bool] = []

    def work() -> None:
        with turns.turn("a.example") as is_ours:
            got.append(is_ours)

    thread = Thread(target=work)
    with turns.turn("a.example"):
        thread.start()
        stopping.set()
        thread.join()
    assert got == [False]


def test_a_host_that_wants_quiet_gets_it() -> None:
    turns = hosts(Clock())
    until = NOW + timedelta(minutes=5)
    turns.close("a.example", until)
    assert turns.closed_until("a.example", NOW) == until
    assert turns.closed_until("a.example", until) is None
    assert turns.closed_until("b.example", NOW) is None


def test_as_many_hosts_as_strangers_name_take_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the latest asked the turns are known; who has one keeps it."""
    monkeypatch.setattr(politeness, "MAX_TURNS", 3)
    clock = Clock()
    turns = hosts(clock)
    with turns.turn("held.example") as is_ours:
        assert is_ours
        for number in range(10):
            with turns.turn(f"{number}.example"):
                pass
        clock.is_ending = True
        with turns.turn("held.example") as is_ours_too:
            assert not is_ours_too
    clock.is_ending = False
    assert len(turns._hosts) <= 4
    clock.waited.clear()
    with turns.turn("9.example"):
        assert sum(clock.waited) == 1.0
