"""A limit of threads for what has to wait for the store, and an end to waiting for one.

Knows threads and how long somebody waits. Must never know what is done in them.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio import CapacityLimiter, Semaphore

from feeds.errors import Overloaded

#: One connection of the store each.
_THREADS = 4
#: Mail programs give up after some ten seconds, of which the work needs a part.
PATIENCE_SECONDS = 5.0

Result = TypeVar("Result")


class ThreadLimit:
    """Works of one kind, some at once. Those of another kind do not wait for them."""

    def __init__(self, threads: int = _THREADS, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._free = Semaphore(threads)
        self._threads = CapacityLimiter(threads)

    async def run(self, work: Callable[..., Result], *arguments: object) -> Result:
        """What ``work`` returns, done in a thread. Raises Overloaded where too many wait."""
        with anyio.move_on_after(self._patience_seconds) as waited:
            await self._free.acquire()
        if waited.cancelled_caught:
            raise Overloaded(self._patience_seconds)
        try:
            return await anyio.to_thread.run_sync(partial(work, *arguments), limiter=self._threads)
        finally:
            self._free.release()
