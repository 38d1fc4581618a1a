"""Calls to hosts of others: what is due is done at once, some hosts at a time, and no host delays
another.

Knows threads, and how long is waited after a failure. Must never know what is said to a host, or
how that is kept.
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol

from feeds.fetch import FetchFailed
from feeds.times import backoff

#: How long a host's turn lasts at most: whoever took it and vanished holds nobody up for longer.
#: A call takes 20 seconds at most (`notifier.app.sources.caller`).
CLAIM = timedelta(minutes=2)

# A host that was away for a moment is back soon; one that is down for days is asked six times a
# day, and what it missed is told in one, as each document is sent as it is then.
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=4)
_SPREAD = 0.25

# What became due meanwhile, by another node or as its time came, is seen so soon.
_LOOK_SECONDS = 1.0


#: What is under way, by whom it is for.
_Calls = dict[str, Future[object]]


class CallQueue(Protocol):
    """What waits for hosts, of one kind; ``most`` hosts are called at once."""

    @property
    def most(self) -> int: ...

    def claim(self, free: int, busy: Collection[str]) -> Mapping[str, Callable[[], object]]:
        """What is due and ours to do now, for up to ``free`` hosts that are not ``busy``."""
        ...


@dataclass(frozen=True, slots=True)
class Outbound:
    """Calls of several kinds, each of which has its own share of what is done at once."""

    queues: tuple[CallQueue, ...]
    _bell: Event = field(default_factory=Event, init=False)

    def hurry(self) -> None:
        """Something is due: whoever is at work looks at once."""
        self._bell.set()

    def run(self, stopping: Event) -> None:
        """All that was due is done, and what became due meanwhile.

        Once ``stopping`` is set nothing is begun. Raises what the work raises, when all in hand is
        done.
        """
        if not self.queues:
            return
        in_hand: list[tuple[CallQueue, _Calls]] = [(each, {}) for each in self.queues]
        with ThreadPoolExecutor(sum(each.most for each in self.queues), "call") as pool:
            while True:
                self._bell.clear()
                for queue, calls in in_hand:
                    for key in [key for key, future in calls.items() if future.done()]:
                        calls.pop(key).result()
                    free = queue.most - len(calls)
                    if free and not stopping.is_set():
                        self._begin(pool, calls, queue.claim(free, calls.keys()))
                if not any(calls for _, calls in in_hand):
                    return
                self._bell.wait(_LOOK_SECONDS)

    def _begin(
        self, pool: ThreadPoolExecutor, calls: "_Calls", works: Mapping[str, Callable[[], object]]
    ) -> None:
        for key, work in works.items():
            calls[key] = pool.submit(work)
            calls[key].add_done_callback(lambda _: self.hurry())


def again_at(failed: FetchFailed, failures: int, now: datetime, jitter: float) -> datetime:
    """When a host is called again that failed so many times in a row, or when it asks us back."""
    wait = backoff(
        failures - 1, first=_FIRST_WAIT, longest=_LONGEST_WAIT, spread=_SPREAD, jitter=jitter
    )
    return max(now + wait, failed.retry_after or now)
