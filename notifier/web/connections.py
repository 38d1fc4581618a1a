"""One connection of the web server and all of them: requests in, answers out, within bounds.

Knows HTTP/1.1 as httptools reads it, and how long each may take. Must never know what is asked, or
what is answered.
"""

from asyncio import Transport
from collections.abc import Callable, MutableSequence
from ctypes import Array
from dataclasses import dataclass, fields
from typing import Any, cast

from typing_extensions import override
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from feeds.web.published import FileAnswer
from feeds.web.request_limits import PEER, network_of

#: No client has more of them: an office behind one address opens some dozens.
_OF_ALL_A_CLIENT = 8

#: For the head of a request, from the beginning or the answer before.
WAIT_SECONDS = 20
#: For a whole body: the longest document at 2 Mbit/s.
_BODY_SECONDS = 120
#: For an answer to be taken: the longest feed at 100 kbit/s.
_SEND_SECONDS = 120
#: The head of a request, as h11 bounds it; the parser here has no bound of its own.
_LONGEST_HEAD_BYTES = 65_536
#: Asked before the answer before is taken; browsers and proxies do not.
_MOST_PIPELINED = 128
#: What makes of a GET more than its head: a body, or words between the two (RFC 9110 10.1.1).
_NOT_PLAIN = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})

#: No answer is ever anything but what it says it is, errors and redirects included.
NOSNIFF = ("X-Content-Type-Options", "nosniff")
#: That there is no room is nobody's secret: a reader in a browser waits as others do.
REFUSED = {
    "Retry-After": "10",
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}
_NO_ROOM = "\r\n".join(
    (
        "HTTP/1.1 503 Service Unavailable",
        *map(": ".join, (("Connection", "close"), ("Content-Length", "0"), NOSNIFF)),
        *map(": ".join, REFUSED.items()),
        "\r\n",
    )
).encode("ascii")


#: What a GET of a target with such fields is answered, where that takes no time; else None.
AtOnce = Callable[[bytes, list[tuple[bytes, bytes]]], FileAnswer | None]


#: Of one process, or in memory that several share.
Numbers = MutableSequence[float] | Array[Any]


def own_numbers(count: int) -> Numbers:
    """So many, all 0, which no other process sees."""
    return [0.0] * count


@dataclass(frozen=True, slots=True, kw_only=True)
class WebCounts:
    """What the processes that answer count together, each in a place of its own: whether it is
    ``running``, how often one ended before it was to, how many connections or requests were
    ``refused``, as there were too many, when it last beat, by the clock that all processes share
    (`time.monotonic`), how often it ``announced`` that somebody wants to subscribe to a feed, and
    how often that there is mail to send, as it ``noticed``.
    """

    running: Numbers
    ended: Numbers
    refused: Numbers
    beats: Numbers
    announced: Numbers
    noticed: Numbers

    @classmethod
    def of(cls, processes: int = 1, numbers: Callable[[int], Numbers] = own_numbers) -> "WebCounts":
        """Nothing is counted yet; ``numbers`` makes so many that all of the processes see."""
        return cls(**{each.name: numbers(processes) for each in fields(cls)})

    @property
    def missing(self) -> int:
        """How many do not run; one that is being started for the first time was never there."""
        pairs = zip(self.running[:], self.ended[:], strict=True)
        return sum(bool(ended) and not running for running, ended in pairs)


class Connections(ServerState):
    """All connections of a process, ``most`` at a time, and a share of them for a client.

    Those that bring no request are closed to make room, the ones that wait longest first. What
    ``is_proxy`` says of an address is that its connections are others'.
    """

    def __init__(self, most: int, at_once: AtOnce, counts: WebCounts, place: int) -> None:
        super().__init__()
        self.at_once = at_once
        self.share = max(1, most // _OF_ALL_A_CLIENT)
        self._counts = counts
        self._place = place
        self.is_proxy: Callable[[str], bool] = lambda _: False
        self._most = most
        # In the order in which they began to wait.
        self._waiting: dict[Connection, None] = {}
        self._by_client: dict[str, set[Connection]] = {}

    def refuse(self) -> None:
        """One more was refused, or its request."""
        self._counts.refused[self._place] += 1

    def wait(self, connection: "Connection") -> None:
        """It brings no request, as of now."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def work(self, connection: "Connection") -> None:
        """It waits no longer."""
        self._waiting.pop(connection, None)

    def has_room(self, connection: "Connection", client: str) -> bool:
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
            self.refuse()
            return False
        longest.end()
        return True

    def leave(self, connection: "Connection", client: str) -> None:
        """It is no more."""
        self.work(connection)
        own = self._by_client.get(client, set())
        own.discard(connection)
        if not own:
            self._by_client.pop(client, None)

    def client(self, address: Any, *, is_forwarded: bool = False) -> str:
        """Who is at an address, "" for a proxy of our own."""
        host = str(address[0]) if address else ""
        if self.is_proxy(host) and not is_forwarded:
            return ""
        return network_of(host)

    def end_waiting(self) -> None:
        """None is left that brings no request."""
        for connection in [*self._waiting]:
            connection.end()

    def end_overdue(self, now: float) -> None:
        """None is left that took longer than it may."""
        for connection in [*self.connections]:
            if isinstance(connection, Connection) and connection.is_overdue(now):
                connection.end()


class Connection(HttpToolsProtocol):
    """One connection; what it may take begins anew with each request and each answer."""

    transport: Transport

    def __init__(self, *, server_state: Connections, **others: Any) -> None:
        super().__init__(server_state=server_state, **others)
        self._all = server_state
        self._since = self.loop.time()
        self._client = ""
        # Bytes that came since the last that ended or began something.
        self._pending_bytes = 0
        # Whether a message has begun whose body has not ended, and whether it was answered at once.
        self._is_within = False
        self._is_done = False

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
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > _LONGEST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of this request is too long.")

    @override
    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []

    @override
    def on_headers_complete(self) -> None:
        """Raises ValueError, which the parser hands on as one of its own, for what is no HTTP."""
        if not self.url.startswith(b"/"):
            # A request may name its host in its target, too (RFC 9112 3.2.2).
            _, separator, rest = self.url.partition(b"://")
            if separator:
                self.url = b"/" + rest.partition(b"/")[2]
        answer = self._at_once()
        self._is_done = answer is not None
        if answer is not None:
            self._send(answer)
        else:
            self._ask()
        self._is_within, self._pending_bytes = True, 0

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        # Not those that come after a body: nobody asked for them (RFC 9110 6.5.1).
        if not self._is_within:
            self.headers.append((name.lower(), value))

    @override
    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._is_within, self._pending_bytes = False, 0
        if not self._is_done:
            super().on_message_complete()

    def _at_once(self) -> FileAnswer | None:
        """What a plain GET is answered from memory, unless it is another's turn."""
        hosts, is_plain = 0, True
        for name, _ in self.headers:
            hosts += name == b"host"
            is_plain &= name not in _NOT_PLAIN
        is_modern = self.parser.get_http_version() == "1.1"
        if is_modern and hosts != 1:
            raise ValueError("a request names its host once (RFC 9112 3.2)")
        if (
            is_plain
            and is_modern
            and self.parser.get_method() == b"GET"
            and not self._is_working
            and self.parser.should_keep_alive()
            and self.transport.get_write_buffer_size() < HIGH_WATER_LIMIT
        ):
            return self._all.at_once(self.url, self.headers)
        return None

    def _ask(self) -> None:
        """The application is asked, as uvicorn does from the beginning of a message on."""
        if len(self.pipeline) >= _MOST_PIPELINED:
            self.end()
            raise ValueError("so much is not asked at once")
        url, headers = self.url, self.headers
        super().on_message_begin()
        # Before uvicorn puts there whom a proxy speaks for.
        cast("dict[str, Any]", self.scope)[PEER] = self.client[0] if self.client else ""
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()
        if self.parser.should_upgrade():
            # To nothing: what follows is no HTTP that could be read.
            self.cycle.keep_alive = False

    def _send(self, answer: FileAnswer) -> None:
        own = b"".join([b"%s: %s\r\n" % field for field in self._all.default_headers])
        fields = b"".join([b"%s: %s\r\n" % field for field in answer.headers])
        self.transport.write(
            b"".join((STATUS_LINE[answer.status], own, fields, b"\r\n", answer.body))
        )
        self._all.total_requests += 1
        self._since = self.loop.time()
        self._all.wait(self)

    @override
    def _start_asgi_task(self, *request: Any) -> None:
        self._since = self.loop.time()
        self._all.work(self)
        super()._start_asgi_task(*request)

    @override
    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        self._all.wait(self)
        super().on_response_complete()

    @override
    def _unsupported_upgrade_warning(self) -> None:
        """What strangers ask for is no news."""

    @override
    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered where it can be, and ends the connection.

        uvicorn would send it into another answer, or before it.
        """
        if self.transport.is_closing():
            return
        if self._is_working and not self._is_within:
            # What was asked before is answered first.
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        if self._is_working:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif not self._is_within:
            fields = (NOSNIFF, ("Content-Type", "text/plain"), ("Connection", "close"))
            head = "\r\n".join(("HTTP/1.1 400 Bad Request", *map(": ".join, fields), "\r\n"))
            self.transport.write(f"{head}{msg}".encode("ascii"))
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
        return taken > (_SEND_SECONDS if is_sending else WAIT_SECONDS)

    def end(self) -> None:
        """It is closed, whatever it was at."""
        self._all.work(self)
        self.transport.abort()
