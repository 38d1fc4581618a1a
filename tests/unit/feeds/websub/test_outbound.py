"""Calls to hosts of others: some at a time, a host at a time, none held up by another."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from feeds.fetch import FetchFailed
from feeds.websub.outbound import Outbound, again_at

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
PATIENCE_SECONDS = 20


@dataclass
class Waiting:
    """Hosts with what waits for each."""

    works: dict[str, list[Callable[[], object]]]
    most: int = 2
    claimed: list[tuple[int, frozenset[str]]] = field(default_factory=list)

    def claim(self, free: int, busy: Collection[str]) -> Mapping[str, Callable[[], object]]:
        self.claimed.append((free, frozenset(busy)))
        hosts = [host for host, works in self.works.items() if works and host not in busy]
        return {host: self.works[host].pop(0) for host in hosts[:free]}


def nothing() -> None:
    """It is done at once."""


def run(waiting: Iterable[Waiting], stopping: Event | None = None) -> tuple[Outbound, Thread]:
    outbound = Outbound(tuple(waiting))
    thread = Thread(target=outbound.run, args=(stopping or Event(),))
    thread.start()
    return outbound, thread


def test_all_that_waits_is_done_in_order() -> None:
    done: list[str] = []
    waiting = Waiting({"a": [lambda: done.append("a1"), lambda: done.append("a2")]})
    Outbound((waiting,)).run(Event())
    assert done == ["a1", "a2"]
    assert waiting.claimed[-1] == (2, frozenset())


def test_where_nobody_is_called_nobody_is_asked() -> None:
    Outbound(()).run(Event())


def test_a_host_that_takes_long_holds_up_none_of_its_kind_or_another() -> None:
    may_end, others = Event(), [Event(), Event(), Event()]
    slow = Waiting(
        {"slow": [lambda: may_end.wait(PATIENCE_SECONDS), nothing], "b": [others[0].set]}
    )
    outbound, thread = run([slow, Waiting({"c": [others[1].set]}, most=1)])
    assert all(each.wait(PATIENCE_SECONDS) for each in others[:2])
    slow.works["d"] = [others[2].set]
    outbound.hurry()
    assert others[2].wait(PATIENCE_SECONDS)
    may_end.set()
    thread.join(PATIENCE_SECONDS)
    assert slow.works == {"slow": [], "b": [], "d": []}
    assert all("slow" in busy for free, busy in slow.claimed if free == 1)


def test_once_it_is_to_end_nothing_is_begun_and_what_is_in_hand_is_finished() -> None:
    stopping, done = Event(), []

    def end() -> None:
        stopping.set()
        done.append("first")

    waiting = Waiting({"a": [end, nothing]})
    Outbound((waiting,)).run(stopping)
    assert done == ["first"]
    assert len(waiting.works["a"]) == 1


def test_what_breaks_is_told_when_all_in_hand_is_done() -> None:
    done = Event()

    def fail() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Outbound((Waiting({"a": [fail], "b": [done.set]}),)).run(Event())
    assert done.is_set()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 30), (2, 60), (3, 120), (10, 4 * 3600), (1000, 4 * 3600)]
)
def test_who_fails_is_called_again_and_ever_more_seldom(failures: int, seconds: int) -> None:
    failed = FetchFailed(problem="away")
    assert again_at(failed, failures, NOW, 0.0) == NOW + timedelta(seconds=seconds)
    assert again_at(failed, failures, NOW, 1.0) == NOW + timedelta(seconds=seconds * 1.25)


def test_who_asks_us_back_later_is_called_then() -> None:
    later = NOW + timedelta(hours=1)
    assert again_at(FetchFailed(problem="busy", retry_after=later), 1, NOW, 0.0) == later
    assert again_at(FetchFailed(problem="busy", retry_after=NOW), 1, NOW, 0.0) > NOW
