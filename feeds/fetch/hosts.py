"""One request a host at a time, with a pause between two: whose turn it is.

Knows hosts and seconds. Must never know what is asked of a host.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

#: How long one waits for another's turn to end before looking whether the program does.
_LOOK_SECONDS = 0.2


@dataclass(slots=True)
class _Host:
    lock: Lock = field(default_factory=Lock)
    free_since: float | None = None
    closed_until: datetime | None = None


class Hosts:
    """Turns at hosts, for any number of threads; a slow host never delays another.

    ``clock`` is monotonic, in seconds. ``wait`` waits up to that many seconds and says whether the
    program is ending (threading.Event.wait).
    """

    def __init__(
        self,
        pause_seconds: float,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], bool],
    ) -> None:
        self._pause = pause_seconds
        self._clock = clock
        self._wait = wait
        self._hosts: dict[str, _Host] = {}
        self._lock = Lock()

    @contextmanager
    def turn(self, host: str, delay_seconds: float = 0.0) -> Iterator[bool]:
        """Our turn at the host while inside; False if the program ends before it comes.

        Since the turn before it, the pause or the longer ``delay_seconds`` has passed.
        """
        state = self._state(host)
        while not state.lock.acquire(timeout=_LOOK_SECONDS):
            if self._wait(0):
                yield False
                return
        try:
            pause = max(self._pause, delay_seconds)
            left = 0.0 if state.free_since is None else state.free_since + pause - self._clock()
            # It is cut short if the program ends.
            if self._wait(max(left, 0.0)):
                yield False
                return
            try:
                yield True
            finally:
                state.free_since = self._clock()
        finally:
            state.lock.release()

    def close(self, host: str, until: datetime) -> None:
        """The host wants nothing asked before then."""
        self._state(host).closed_until = until

    def closed_until(self, host: str, now: datetime) -> datetime | None:
        """When the host may be asked again, None if at once."""
        until = self._state(host).closed_until
        return until if until is not None and now < until else None

    def _state(self, host: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host, _Host())
