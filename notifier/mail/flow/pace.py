"""How fast messages may follow each other where a server said that they came too fast.

Knows how often something was accepted and when it was refused for its rate. Must never know what a
reply says, nor read a clock: moments are seconds of any clock that never goes back.

What a server allows is found as TCP finds what a line carries (RFC 5681): less at once when it
refuses, a little more for each second in which it does not.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import Final

#: Within so long, what is refused is the answer to what was sent before anybody slowed down.
_SECONDS: Final = 1.0
#: What was accepted a second when it was refused, less this share, is sent from then on.
_LESS: Final = 0.2
#: So much more each second, as a share of that.
_MORE: Final = 0.05
#: No server that is of use takes less than one in so many seconds.
_SLOWEST_SECONDS: Final = 60.0
#: A server that takes so much more than when it refused has no such limit any more.
_FORGIVEN: Final = 20.0


@dataclass(slots=True)
class SendingPace:
    """Any number a second, and fewer where that is refused."""

    _base: float = inf
    _slowed_at: float = -inf
    _next_at: float = -inf
    _accepted: deque[float] = field(default_factory=deque)

    def next_at(self) -> float:
        """The moment from which the next one may go."""
        return self._next_at

    def rate(self, now: float) -> float:
        """How many may go a second."""
        if self._base == inf:
            return inf
        since = max(0.0, now - self._slowed_at)
        rate = self._base * (1 + _MORE * since)
        if rate > self._base * _FORGIVEN:
            self._base = inf
            return inf
        return rate

    def went(self, now: float) -> None:
        """One goes now; those behind it keep their distance."""
        rate = self.rate(now)
        # A moment late is made good by the next one, a second late is not.
        self._next_at = -inf if rate == inf else max(self._next_at, now - _SECONDS / 10) + 1 / rate

    def accepted(self, now: float) -> None:
        """One was taken."""
        self._accepted.append(now)
        while self._accepted[0] < now - _SECONDS:
            self._accepted.popleft()

    def slow(self, now: float, wait: float) -> None:
        """One was refused for its rate; nothing is to go for ``wait`` seconds, or one at least."""
        self._next_at = max(self._next_at, now + max(wait, _SECONDS))
        if now - self._slowed_at < _SECONDS:
            return
        taken = sum(at >= now - _SECONDS for at in self._accepted)
        least = 1 / _SLOWEST_SECONDS
        before = self.rate(now)
        self._base = max(least, taken * (1 - _LESS) if taken else min(before, 1.0) / 2)
        self._slowed_at = now
