"""The web server's connections: how many there are, how long each may take, and how they end.

Knows uvicorn, sockets and descriptors. Must never know what is asked, or what is answered.
"""

import errno
import resource
import socket
from asyncio import AbstractEventLoop, Transport, get_running_loop
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from threading import Event
from types import FrameType
from typing import Any

import h11
import structlog
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

log = structlog.get_logger(__name__)

#: Four times as many as one browser a second opens within `_WAIT_SECONDS`; each costs some 30 kB.
_MOST_CONNECTIONS = 1_000
#: No client has more of them: an office behind one address opens some dozens.
_OF_ALL_A_CLIENT = 8
#: Of all descriptors: the others are for the store, websites, mail servers and files.
_OF_DESCRIPTORS = 2
# What is accepted at once comes on top of the others, until the oldest of them have been closed.
_MOST_ACCEPTED_AT_ONCE = 128
_OF_CONNECTIONS = 8

#: For the head of a request, from the beginning or the answer before.
_WAIT_SECONDS = 20
#: For a whole body: the longest document at 2 Mbit/s.
_BODY_SECONDS = 120
#: For an answer to be taken: the longest feed at 100 kbit/s.
_SEND_SECONDS = 120
# Between two looks at all connections (10 ticks of uvicorn are a second).
_TICKS = 10

#: What a proxy says is no address is kept so far (RFC 7239 allows names).
_LONGEST_CLIENT_CHARS = 64

#: What lasts is told again after this long.
_SILENCE_SECONDS = 3_600
_USED_UP = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: No answer is ever anything but what it says it is, errors and redirects included.
_NOSNIFF = ("X-Content-Type-Options", "nosniff")
#: That there is no room is nobody's secret: a reader in a browser waits as others do.
_REFUSED = {
    "Retry-After": "10",
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}
_NO_ROOM = "\r\n".join(
    (
        "HTTP/1.1 503 Service Unavailable",
        *map(": ".join, (("Connection", "close"), ("Content-Length", "0"), _NOSNIFF)),
        *map(": ".join, _REFUSED.items()),
        "\r\n",
    )
).encode("ascii")


class Server(uvicorn.Server):
    """uvicorn with bounds. A signal only asks: what is in hand is finished, then we return.

    uvicorn itself raises the signal again once it has stopped serving, which would end the
    process before the jobs are done. ``descriptors`` are those of the whole process.
    """

    def __init__(self, web: ASGIApp, stopping: Event, *, descriptors: int) -> None:
        most = max(1, min(_MOST_CONNECTIONS, descriptors // _OF_DESCRIPTORS))
        self._connections = _Connections(most)
        shared = _Shared(web, self._connections)
        super().__init__(
            uvicorn.Config(
                shared,
                http=_Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                headers=[_NOSNIFF],
                backlog=max(1, min(_MOST_ACCEPTED_AT_ONCE, most // _OF_CONNECTIONS)),
                timeout_keep_alive=_WAIT_SECONDS,
                timeout_graceful_shutdown=10,
            )
        )
        # As uvicorn takes it: this machine, or those that FORWARDED_ALLOW_IPS names.
        trusted = ProxyHeadersMiddleware(
            shared,  # type: ignore[arg-type] # Starlette's types and uvicorn's differ
            self.config.forwarded_allow_ips,
        )
        self._connections.is_proxy = trusted.trusted_hosts.__contains__
        self.server_state = self._connections
        self._stopping = stopping
        self._told_at = -_SILENCE_SECONDS * 1.0

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        self.should_exit = True

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        get_running_loop().set_exception_handler(self._failed)
        # What an application may know of its server (ASGI's lifespan state).
        self.lifespan.state["connections"] = self._connections
        await super().startup(sockets)

    @override
    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            self._connections.end_overdue(get_running_loop().time())
        # 0, as uvicorn makes the Date it sends anew at every tenth: no Last-Modified is later.
        return await super().on_tick(0)

    def _failed(self, loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        """What nobody awaits went wrong; that nothing can be accepted is told once."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _USED_UP:
            loop.default_exception_handler(context)
            return
        # asyncio tries again after a second; until then some may be free.
        self._connections.end_waiting()
        if loop.time() - self._told_at >= _SILENCE_SECONDS:
            self._told_at = loop.time()
            log.error("no connection can be accepted", problem=error.strerror)


class _Connections(ServerState):
    """All connections, ``most`` at a time, and a share of them for a client.

    Those that bring no request are closed to make room, the ones that wait longest first. So many
    were ``refused``, or their requests. What ``is_proxy`` says of an
    address is that its connections are others'.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.share = max(1, most // _OF_ALL_A_CLIENT)
        self.refused = 0
        self.is_proxy: Callable[[str], bool] = lambda _: False
        self._most = most
        # In the order in which they began to wait.
        self._waiting: dict[_Connection, None] = {}
        self._by_client: dict[str, set[_Connection]] = {}

    def wait(self, connection: "_Connection") -> None:
        """It brings no request, as of now."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def work(self, connection: "_Connection") -> None:
        """It waits no longer."""
        self._waiting.pop(connection, None)

    def has_room(self, connection: "_Connection", client: str) -> bool:
        """Whether one more can be taken, if need be in the place of another; counts it."""
        own = self._by_client.setdefault(client, set()) if client else set()
        is_full = len(self.connections) >= self._most
        has_all = len(own) >= self.share
        if client:
            own.add(connection)
        if not (is_full or has_all):
            return True
        longest = next((each for each in self._waiting if not has_all or each in own), None)
        if longest is None:
            self.refused += 1
            return False
        longest.end()
        return True

    def leave(self, connection: "_Connection", client: str) -> None:
        """It is no more."""
        self.work(connection)
        own = self._by_client.get(client, set())
        own.discard(connection)
        if not own:
            self._by_client.pop(client, None)

    def client(self, address: Any, *, is_forwarded: bool = False) -> str:
        """Who is at an address, "" for a proxy of our own: who has an IPv6 address has 2^64."""
        host = str(address[0]) if address else ""
        if self.is_proxy(host) and not is_forwarded:
            return ""
        with suppress(ValueError):
            found = ip_address(host)
            mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
            if isinstance(found, IPv6Address) and not mapped:
                return str(IPv6Address(int(found) >> 64 << 64))
            return str(mapped or found)
        return host[:_LONGEST_CLIENT_CHARS]

    def end_waiting(self) -> None:
        """None is left that brings no request."""
        for connection in [*self._waiting]:
            connection.end()

    def end_overdue(self, now: float) -> None:
        """None is left that took longer than it may."""
        for connection in [*self.connections]:
            if isinstance(connection, _Connection) and connection.is_overdue(now):
                connection.end()


class _Shared:
    """An application whose requests no client has more of at once than its share of connections:
    a proxy brings those of all clients on its own.
    """

    def __init__(self, web: ASGIApp, connections: _Connections) -> None:
        self._web = web
        self._connections = connections
        self._working: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_forwarded = any(name == b"x-forwarded-for" for name, _ in scope["headers"])
        client = self._connections.client(scope["client"], is_forwarded=is_forwarded)
        if client and self._working[client] >= self._connections.share:
            self._connections.refused += 1
            await PlainTextResponse("Too much at once\n", 503, _REFUSED)(scope, receive, send)
            return
        if not scope["path"].startswith("/") and "://" in scope["path"]:
            # A request may name its host in its target, too (RFC 9112 3.2.2).
            rest = scope["path"].partition("://")[2]
            scope = {**scope, "path": f"/{rest.partition('/')[2]}"}
        self._working[client] += 1
        try:
            await self._web(scope, receive, send)
        finally:
            self._working[client] -= 1
            if not self._working[client]:
                del self._working[client]


class _Connection(H11Protocol):
    """One connection; what it may take begins anew with each request and each answer."""

    transport: Transport

    def __init__(self, *, server_state: _Connections, **others: Any) -> None:
        super().__init__(server_state=server_state, **others)
        self._all = server_state
        self._since = self.loop.time()
        self._client = ""

    @property
    def _is_working(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn
        self._client = self._all.client(transport.get_extra_info("peername"))
        has_room = self._all.has_room(self, self._client)
        super().connection_made(transport)
        if has_room:
            self._all.wait(self)
        else:
            transport.write(_NO_ROOM)
            transport.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._all.leave(self, self._client)
        super().connection_lost(exc)

    @override
    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self._is_working and self.cycle is not before:
            self._since = self.loop.time()
            self._all.work(self)

    @override
    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        self._all.wait(self)
        super().on_response_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered where it can be, and ends the connection.

        uvicorn would send it into another answer, or after it, and fail.
        """
        is_due = not self._is_working and self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}
        if self._is_working:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if is_due:
            fields = [_NOSNIFF, ("Content-Type", "text/plain"), ("Connection", "close")]
            answer = h11.Response(status_code=400, headers=fields, reason=b"Bad Request")
            for event in (answer, h11.Data(data=msg.encode("ascii")), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def is_overdue(self, now: float) -> bool:
        """Whether it took longer than it may, for what it is at."""
        taken = now - self._since
        if self._is_working and self.cycle.more_body:
            return taken > _BODY_SECONDS
        if self._is_working:
            # Our own work takes as long as it takes; an answer nobody takes does not.
            return self.flow.write_paused and taken > _SEND_SECONDS
        is_sending = self.transport.get_write_buffer_size() > 0
        return taken > (_SEND_SECONDS if is_sending else _WAIT_SECONDS)

    def end(self) -> None:
        """It is closed, whatever it was at."""
        self._all.work(self)
        self.transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, before any work has begun. Raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, asyncio sends at once; otherwise each body waits 40 ms for an acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def all_descriptors() -> int:
    """As many descriptors as the system grants this process are its own: how many that is."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        return least  # Some systems name a limit that they do not grant.
    return _MOST_CONNECTIONS * _OF_DESCRIPTORS if most == resource.RLIM_INFINITY else most
