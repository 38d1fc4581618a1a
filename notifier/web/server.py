"""The web server: how it starts and ends, how many connections it has room for.

Knows uvicorn, sockets and descriptors. Must never know what is asked, or what is answered.
"""

import errno
import resource
import socket
import sys
from asyncio import AbstractEventLoop, get_running_loop
from collections import Counter
from collections.abc import Callable
from threading import Event
from time import monotonic, perf_counter
from types import FrameType
from typing import Any

import structlog
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from feeds.web.published import FileAnswer
from feeds.web.request_limits import CLIENT
from notifier.web.connections import (
    NOSNIFF,
    REFUSED,
    WAIT_SECONDS,
    AtOnce,
    Connection,
    Connections,
    WebCounts,
)

log = structlog.get_logger(__name__)

#: Four times as many as one browser a second opens within `WAIT_SECONDS`; each costs some 30 kB.
_MOST_CONNECTIONS = 1_000
#: Of all descriptors: the others are for the store, websites, mail servers and files.
_OF_DESCRIPTORS = 2
# What is accepted at once comes on top of the others, until the oldest of them have been closed.
_MOST_ACCEPTED_AT_ONCE = 128
_OF_CONNECTIONS = 8

#: A thread that computes (publishing) hands over after so long to the one that answers, which waits
#: for it at each of its system calls: Python's 5 ms add up, and halve what can be answered.
_SWITCH_SECONDS = 0.0005
#: It beats every second while it answers, and begins within one.
SILENT_SECONDS = 10
# Between two looks at all connections (10 ticks of uvicorn are a second).
_TICKS = 10

#: What lasts is told again after this long.
_SILENCE_SECONDS = 3_600
#: What follows in these addresses is a token, or may be one.
_PRIVATE = frozenset({"u", "undo", "d", "confirm", "manage", "address", "websub", "mails"})
_USED_UP = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Server(uvicorn.Server):
    """uvicorn with bounds. A signal only asks: what is in hand is finished, then we return.

    uvicorn itself raises the signal again once it has stopped serving, which would end the
    process before the jobs are done. ``descriptors`` are those of the whole process, ``place`` is
    its own in ``counts``. What ``at_once`` answers the application is not asked: a task a request
    costs twice the answer. Each request is in the log where ``logs`` is the path of the site.
    """

    def __init__(
        self,
        web: ASGIApp,
        stopping: Event,
        *,
        descriptors: int,
        counts: WebCounts,
        place: int = 0,
        at_once: AtOnce,
        logs: str | None = None,
    ) -> None:
        most = max(1, min(_MOST_CONNECTIONS, descriptors // _OF_DESCRIPTORS))
        answers = at_once if logs is None else logged_at_once(at_once, logs)
        self._connections = Connections(most, answers, counts, place)
        shared = _Shared(web if logs is None else logged(web, logs), self._connections)
        super().__init__(
            uvicorn.Config(
                shared,
                http=Connection,
                loop="uvloop",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                headers=[NOSNIFF],
                backlog=max(1, min(_MOST_ACCEPTED_AT_ONCE, most // _OF_CONNECTIONS)),
                timeout_keep_alive=WAIT_SECONDS,
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
        self._beats, self._place = counts.beats, place
        self._told_at = -_SILENCE_SECONDS * 1.0

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        self.should_exit = True

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        get_running_loop().set_exception_handler(self._failed)
        sys.setswitchinterval(_SWITCH_SECONDS)
        await super().startup(sockets)

    @override
    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            self._beats[self._place] = monotonic()
            self._connections.end_overdue(get_running_loop().time())
        # 0, as uvicorn makes the Date it sends anew at every tenth: no Last-Modified is later.
        return await super().on_tick(0)

    @property
    def is_alive(self) -> bool:
        """Whether it began, and turned of late."""
        last = self._beats[self._place]
        return bool(last) and monotonic() - last < SILENT_SECONDS

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


class _Shared:
    """An application whose requests no client has more of at once than its share of connections:
    a proxy brings those of all clients on its own.
    """

    def __init__(self, web: ASGIApp, connections: Connections) -> None:
        self._web = web
        self._connections = connections
        self._working: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_forwarded = any(name == b"x-forwarded-for" for name, _ in scope["headers"])
        client = self._connections.client(scope["client"], is_forwarded=is_forwarded)
        if client and self._working[client] >= self._connections.share:
            self._connections.refuse()
            await PlainTextResponse("Too much at once\n", 503, REFUSED)(scope, receive, send)
            return
        self._working[client] += 1
        try:
            await self._web({**scope, CLIENT: client}, receive, send)
        finally:
            self._working[client] -= 1
            if not self._working[client]:
                del self._working[client]


def logged(web: ASGIApp, base: str, seconds: Callable[[], float] = perf_counter) -> ASGIApp:
    """The same application, whose requests are in the log; addresses begin with ``base``."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        begun, status = seconds(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await web(scope, receive, sent)
        finally:
            path = shown(scope["path"], base)
            took = round(seconds() - begun, 4)
            log.info("request", method=scope["method"], path=path, status=status, seconds=took)

    return answer


def logged_at_once(answers: AtOnce, base: str) -> AtOnce:
    """The same, for what is answered from memory."""

    def answer(url: bytes, headers: list[tuple[bytes, bytes]]) -> FileAnswer | None:
        found = answers(url, headers)
        if found:
            path = shown(url.partition(b"?")[0].decode("latin-1"), base)
            log.info("request", method="GET", path=path, status=found.status, seconds=0.0)
        return found

    return answer


def shown(path: str, base: str) -> str:
    """The path as the log has it, without tokens, and without what was asked of it."""
    door, slash, _ = path.removeprefix(base).lstrip("/").partition("/")
    return f"{base}/{door}/…" if slash and door in _PRIVATE else path


def listen(host: str, port: int, *, beside: bool = False) -> socket.socket:
    """A bound socket, before any work has begun, by itself or ``beside`` those that `share` the
    address. Raises OSError where the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, asyncio sends at once; otherwise each body waits 40 ms for an acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if beside:
        share(bound)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def share(bound: socket.socket) -> None:
    """Others of this user may be bound beside it from now on, and each gets its part of what comes.

    It was bound by itself, so that an address that another program has is told.
    """
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def all_descriptors() -> int:
    """As many descriptors as the system grants this process are its own: how many that is."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        return least  # Some systems name a limit that they do not grant.
    return _MOST_CONNECTIONS * _OF_DESCRIPTORS if most == resource.RLIM_INFINITY else most
