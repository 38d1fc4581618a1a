"""What one request may take of us: so many bytes of a body, a thread of a few, a wait that ends.

Knows threads, seconds and HTTP's ways to tell a length. Must never know what a body says, what is
done in a thread, or who is answered what.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio import CapacityLimiter, Semaphore
from starlette.requests import Request

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


class BodyTooLong(Exception):
    """A request brings more than ``most`` bytes.

    What is left of it is not read: its connection cannot be used again.
    """

    def __init__(self, most: int) -> None:
        super().__init__(f"a body of more than {most:,} bytes")
        self.most = most


async def body_of(request: Request, most: int) -> bytes:
    """The whole body, ``most`` bytes at most.

    Raises BodyTooLong, without reading where the length was announced; ClientDisconnect.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise BodyTooLong(most)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLong(most)
    return bytes(body)
