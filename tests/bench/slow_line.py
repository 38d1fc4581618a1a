"""A line that takes its time: all that is said arrives so much later, in order, each way half.

Knows sockets. Must never know what is said. Run it with ``python -m tests.bench.slow_line HERE PORT
SECONDS``.
"""

import asyncio
import sys
from typing import cast

import uvloop
from typing_extensions import override


class LateSide(asyncio.Protocol):
    """One end of a line: what it hears is said at the other end when its time has come."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.transport: asyncio.Transport | None = None
        self.other: LateSide | None = None
        self._early: list[bytes] = []

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        for data in self._early:
            self.transport.write(data)

    @override
    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self.seconds, self._say, data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.other and self.other.transport:
            asyncio.get_running_loop().call_later(self.seconds, self.other.transport.close)

    def _say(self, data: bytes) -> None:
        assert self.other
        if self.other.transport is None:
            self.other._early.append(data)
        elif not self.other.transport.is_closing():
            self.other.transport.write(data)


async def serve(here: int, port: int, seconds: float) -> None:
    """Whoever comes to ``here`` is led to ``port``, for ever."""
    loop = asyncio.get_running_loop()
    tasks = set[asyncio.Task[object]]()

    def begun() -> LateSide:
        near, far = LateSide(seconds / 2), LateSide(seconds / 2)
        near.other, far.other = far, near
        task = loop.create_task(loop.create_connection(lambda: far, "127.0.0.1", port))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return near

    server = await loop.create_server(begun, "127.0.0.1", here)
    await server.serve_forever()


if __name__ == "__main__":
    own, other, late = sys.argv[1:]
    uvloop.run(serve(int(own), int(other), float(late)))
