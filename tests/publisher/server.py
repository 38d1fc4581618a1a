"""A real web server that answers as a test says: HTTP/1.1, and HTTP/2 over TLS.

Knows bytes and sockets. Must never know what a publisher says (that is `tests/publisher/site.py`).

    with publishing(lambda request: Response(body=b"hello")) as publisher:
        httpx2.get(publisher.at("/news"))          # http://127.0.0.1:PORT/news
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

import trustme

from tests.publisher.http2 import serve_http2

#: Names a certificate is good for, besides those a test adds.
NAMES = ("127.0.0.1", "localhost", "news.example.org", "www.example.org")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked; ``target`` as sent (path and query, or an address if we act as a proxy)."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    version: str = "HTTP/1.1"

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, in any case; None if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What to answer. Bytes go with a Content-Length; an iterable is sent piece by piece, chunked
    (HTTP/2: in DATA frames), and may be endless or wait between pieces.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Iterable[bytes] = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """These bytes instead of a response (frames in HTTP/2), then the connection is closed."""

    pieces: Iterable[bytes] = ()


Handler = Callable[[Request], Response | Raw]


@dataclass(slots=True, kw_only=True)
class Publisher:
    """A running server: where it is, and what it was asked so far.

    ``over`` is set when the server ends: a body that waits should wait for it with a timeout.
    """

    handler: Handler
    scheme: str = "http"
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _open: list[socket.socket] = field(default_factory=list)

    def at(self, target: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path here, under any name a test resolves to this machine."""
        return f"{self.scheme}://{host}:{self.port}{target}"

    def answer(self, request: Request) -> Response | Raw:
        with self._lock:
            self.requests.append(request)
        return self.handler(request)

    def connected(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open.append(connection)

    def hang_up(self) -> None:
        """Every connection is closed, as a server may do at any time; new ones are welcome."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    # Below TLS, whose own farewell is for the thread that reads.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
            self._open.clear()

    def asked(self, path: str) -> list[Request]:
        """The requests for that path, in order."""
        return [request for request in self.requests if request.path == path]

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


@contextmanager
def publishing(
    handler: Handler,
    *,
    ca: trustme.CA | None = None,
    names: tuple[str, ...] = NAMES,
    until: datetime | None = None,
    http2: bool = False,
    port: int = 0,
) -> Iterator[Publisher]:
    """A server on 127.0.0.1 that answers with ``handler``, called in a thread a connection.

    With ``ca`` it speaks TLS, with a certificate for ``names``, good ``until`` then; with ``http2``
    also HTTP/2, as the client likes (ALPN).
    """
    publisher = Publisher(handler=handler, scheme="https" if ca else "http")
    server = _Server(publisher, port, _context(ca, names, until, http2=http2) if ca else None)
    publisher.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        publisher.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _context(
    ca: trustme.CA, names: tuple[str, ...], until: datetime | None, *, http2: bool
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, not_after=until).configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, publisher: Publisher, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", port), _Talk)
        self.publisher = publisher
        self.context = context

    def finish_request(self, request: object, client_address: object) -> None:
        """In the thread of the connection: shakes hands, then talks in the version agreed."""
        try:
            if self.context is None:
                self.publisher.connected(request)  # type: ignore[arg-type]
                _Talk(request, client_address, self)  # type: ignore[arg-type]
                return
            with self.context.wrap_socket(request, server_side=True) as secured:  # type: ignore[arg-type]
                self.publisher.connected(secured)
                # Frames go at once; else each response waits 40 ms for an ACK.
                secured.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if secured.selected_alpn_protocol() == "h2":
                    serve_http2(secured, self.publisher)
                else:
                    _Talk(secured, client_address, self)
        except (OSError, ValueError):
            return  # the client went away, or wants none of our certificate

    def handle_error(self, request: object, client_address: object) -> None:
        """What a handler raises is a fault of the test: it is printed, as it is by default."""
        super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Nothing: the test keeps what was asked."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            target=self.path,
            headers=tuple(self.headers.items()),
            body=self.rfile.read(length),
            version=self.request_version,
        )
        answer = self.server.publisher.answer(request)
        if isinstance(answer, Raw):
            self._send(answer.pieces)
            self.close_connection = True
        else:
            self._respond(answer)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = _answer  # noqa: N815

    def _respond(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or response.status in {204, 304}
        if isinstance(response.body, bytes):
            if not bodiless and not _names(response, "content-length"):
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self._send(() if bodiless else (response.body,))
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._send(_chunks(response.body))

    def _send(self, pieces: Iterable[bytes]) -> None:
        with suppress(ConnectionError):
            for piece in pieces:
                self.wfile.write(piece)
                if self.server.publisher.over.is_set():
                    break
            return
        self.close_connection = True


def _names(response: Response, name: str) -> bool:
    return any(key.lower() == name for key, _ in response.headers)


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
