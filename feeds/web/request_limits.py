"""What one request may take of us: so many bytes of a body, a thread of a few, a wait that ends,
how often it may come, and that what many ask at once is done once.

Knows threads, seconds and HTTP's ways to tell a length. Must never know what a body says, what is
done in a thread, or who is answered what.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from contextlib import suppress
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from anyio import CapacityLimiter, Semaphore
from starlette.requests import Request

from feeds.errors import Overloaded

#: One connection of the store each.
_THREADS = 4
#: Mail programs give up after some ten seconds, of which the work needs a part.
PATIENCE_SECONDS = 5.0

#: Whom a server takes a request to come from, "" for nobody in particular, as it tells in a scope.
CLIENT = "fieldfare.client"
#: The address that a request comes from by its socket, whatever its fields say: a proxy's, where
#: there is one.
PEER = "fieldfare.peer"
#: More than ask within some minutes, some MB at most.
_MOST_CLIENTS = 10_000

#: What a proxy says is no address is kept so far (RFC 7239 allows names).
_LONGEST_CLIENT_CHARS = 64

Result = TypeVar("Result")


def network_of(host: str) -> str:
    """Who is at an address, as limits count them: who has an IPv6 address has 2^64 of them."""
    with suppress(ValueError):
        found = ip_address(host)
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        if isinstance(found, IPv6Address) and not mapped:
            return str(IPv6Address(int(found) >> 64 << 64))
        return str(mapped or found)
    return host[:_LONGEST_CLIENT_CHARS]


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


class SharedWork:
    """Works of which equal ones, those of one key, are done once for all who ask meanwhile."""

    def __init__(self) -> None:
        self._going: dict[Hashable, asyncio.Future[Any]] = {}

    def is_going(self, key: Hashable) -> bool:
        """Whether it needs nobody to begin it."""
        return key in self._going

    async def done(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What ``work`` returns, or what it returns to who asked first; who goes away meanwhile
        takes it from nobody. Raises what it raises, for all of them.
        """
        going = self._going.get(key)
        if going is None:
            going = self._going[key] = asyncio.ensure_future(work())
            going.add_done_callback(lambda _: self._going.pop(key))
        result: Result = await asyncio.shield(going)
        return result


class RateLimit:
    """So many works at once for each client, and so many a second after that (a token bucket)."""

    def __init__(self, at_once: int, a_second: float) -> None:
        self._at_once = at_once
        self._a_second = a_second
        #: What each client has used up, and at which moment; who asked last is last.
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, client: str, now: float) -> float:
        """How long ``client`` has to wait at the moment ``now`` (in seconds): 0 for a work that may
        begin, and counts. Nobody ("") never waits. Who is called by more than an address, or a
        name, is one with all who are called so at first.
        """
        if not client:
            return 0
        client = client[:_LONGEST_CLIENT_CHARS]
        used, since = self._used.pop(client, (0.0, now))
        used = max(0.0, used - max(0.0, now - since) * self._a_second) + 1
        wait = max(0.0, used - self._at_once) / self._a_second
        self._used[client] = (used - 1 if wait else used), now
        if len(self._used) > _MOST_CLIENTS:
            self._used.popitem(last=False)
        return wait


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
