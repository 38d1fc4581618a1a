"""What one look may ask for: pages, lists, bytes, time, and which hosts want to be left alone.

Knows bounds, and what failures say of a site. Must never know what a document says, or which one is
asked for next.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

from feeds.fetch import FetchFailed
from feeds.sources.ask import Had, Kept, Lost, problem_of

# Failures in a row that speak of the site, not of its pages.
_FAILURES_IN_A_ROW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much one look asks for at most; a look that may ask for all ``pages`` has None."""

    pages: int | None
    lists: int
    list_bytes: int
    seconds: float


class Budget:
    """What one look may still ask for, and what ends it early.

    ``problem`` says what could not be had, with ``retry_at`` where the host of the list at ``url``
    asked us back; it ``has_lost_lists`` where that was a part of the list. A host that wants a
    pause or keeps failing is asked no more. ``cut`` names a list that did not come whole. ``met``
    says which bound the look came to,
    ``is_unfinished`` that there is more to ask for at once, ``is_stopped`` that the program ends.
    """

    def __init__(
        self,
        bounds: Bounds,
        stopping: Event,
        clock: Callable[[], float] = monotonic,
        *,
        url: str = "",
    ) -> None:
        self.problem = ""
        self.met = ""
        self.cut = ""
        self.retry_at: datetime | None = None
        self.has_lost_lists = False
        self.is_unfinished = False
        self.is_stopped = False
        self._bounds = bounds
        self._left = bounds.pages
        self._stopping = stopping
        self._clock = clock
        self._began = clock()
        self._host = _host(url)
        self._refused: set[str] = set()
        self._failures: Counter[str] = Counter()
        self._lists = 0
        self._list_bytes = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is told of in this look."""
        return self.is_unfinished or self.is_stopped

    @property
    def asks_on(self) -> bool:
        """Whether anything more may be asked for."""
        if self._stopping.is_set():
            self.is_stopped = True
        if self._clock() - self._began > self._bounds.seconds:
            self.meet(f"{self._bounds.seconds / 60:g} minutes")
        return not (self.is_over or self.met)

    def asks(self, url: str) -> bool:
        """Whether what is at that address may be asked for."""
        return self.asks_on and _host(url) not in self._refused

    def list_read(self, size: int) -> None:
        """A list of so many bytes was had."""
        self._lists += 1
        self._list_bytes += size
        if self._lists >= self._bounds.lists:
            self.meet(f"{self._bounds.lists:,} lists")
        if self._list_bytes >= self._bounds.list_bytes:
            self.meet(f"{self._bounds.list_bytes:,} bytes of lists")

    def meet(self, bound: str) -> None:
        """The look came to this bound, and asks for nothing more."""
        self.met = self.met or bound

    def may_ask(self, url: str) -> bool:
        """Whether the page at that address may be asked for; counts it."""
        if not self.asks(url):
            return False
        if self._left is not None:
            self.is_unfinished = self._left <= 0
            self._left -= 1
        return self.asks_on

    def page_answered(self, name: str, answer: Had | Kept | Lost) -> None:
        """A page not had is lost alone, unless its host wants a pause or keeps failing."""
        host = _host(name)
        if not isinstance(answer, FetchFailed):
            self._failures[host] = 0
            return
        self._failures[host] += 1
        if answer.retry_after is not None or self._failures[host] >= _FAILURES_IN_A_ROW:
            self._fail(name, answer)
            # Who was sent on to another host would be sent there again.
            self._refused.add(host)

    def list_failed(self, name: str, lost: Lost) -> None:
        """A part of the list cannot be had, and what it leads to is not known."""
        self.has_lost_lists = True
        self._fail(name, lost)
        if isinstance(lost, FetchFailed) and lost.retry_after is not None:
            self._refused.add(_host(name))

    def _fail(self, name: str, lost: Lost) -> None:
        self.problem = f"{name}: {problem_of(lost)}"
        if not isinstance(lost, FetchFailed) or lost.retry_after is None:
            return
        if self.has_lost_lists or (lost.host or _host(name)) == self._host:
            self.retry_at = lost.retry_after


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
