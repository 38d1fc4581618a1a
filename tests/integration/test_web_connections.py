"""Connections that are slow, too many or no HTTP: bounded in number and time, and quiet."""

import errno
import logging
import os
import resource
import socket
import time
from asyncio import AbstractEventLoop, new_event_loop
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from notifier.web import connections, server
from tests.command import until
from tests.serving import NOW, serving, some_counts

#: Connections there may be of these descriptors.
DESCRIPTORS, MOST = 16, 8
PATIENCE_SECONDS = 10
LONG = "x" * 8_000_000


class Site:
    """An application whose work takes as long as a test wants."""

    def __init__(self) -> None:
        self.done = Event()
        self.counts = some_counts()
        routes = [
            Route("/", self.page, methods=["GET", "POST"]),
            Route("/long", self.long),
            Route("/work", self.work),
            Route("/refused", self.refused),
            Route("/body", self.body, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def page(self, _request: Request) -> Response:
        return PlainTextResponse("here")

    async def long(self, _request: Request) -> Response:
        return PlainTextResponse(LONG)

    async def refused(self, _request: Request) -> Response:
        return PlainTextResponse(str(round(sum(self.counts.refused))))

    def work(self, _request: Request) -> Response:
        self.done.wait(PATIENCE_SECONDS)
        return PlainTextResponse("done")

    async def body(self, request: Request) -> Response:
        try:
            return PlainTextResponse(str(len(await request.body())))
        except ClientDisconnect:
            return PlainTextResponse("cut off", 400)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.done.set()


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    with serving(site.app, DESCRIPTORS) as address:
        yield address


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WAIT_SECONDS", "_BODY_SECONDS", "_SEND_SECONDS"):
        monkeypatch.setattr(connections, name, 1)


def connected(url: str, said: bytes = b"", client: str = "127.0.0.1") -> socket.socket:
    address = urlsplit(url)
    there = (address.hostname or "", address.port or 0)
    connection = socket.create_connection(there, 30, source_address=(client, 0))
    connection.settimeout(PATIENCE_SECONDS)
    connection.sendall(said)
    return connection


def answered(connection: socket.socket) -> bytes:
    """All that comes until the server closes. Raises TimeoutError where it does not."""
    received = bytearray()
    try:
        while some := connection.recv(65_536):
            received += some
    except ConnectionResetError:
        pass
    return bytes(received)


GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /%s HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHos",
        GET % b"",
        GET % b"" + b"GET / HT",
        POST % b"body" + b"Content-Length: 9\r\n\r\nhalf",
        POST % b"" + b"Content-Length: 9\r\n\r\nhalf",
    ],
)
def test_a_request_that_does_not_go_on_ends(short: None, url: str, said: bytes) -> None:
    with connected(url, said) as connection:
        answered(connection)


def test_a_head_has_its_time_however_slowly_it_drops_in(short: None, url: str) -> None:
    def drop(connection: socket.socket) -> None:
        for _ in range(600):
            connection.sendall(b"x")
            time.sleep(0.1)

    with connected(url) as connection, pytest.raises((ConnectionResetError, BrokenPipeError)):
        drop(connection)


@pytest.mark.parametrize("asked", [GET % b"long", GET % b"long" * 100])
def test_an_answer_nobody_takes_ends(short: None, url: str, asked: bytes) -> None:
    with connected(url, asked) as connection:
        time.sleep(3)
        assert len(answered(connection)) < len(LONG)


def test_work_of_ours_takes_as_long_as_it_takes(short: None, site: Site, url: str) -> None:
    asked = b"GET /work HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connected(url, asked) as connection:
        time.sleep(3)
        site.done.set()
        assert answered(connection).endswith(b"done")


def test_who_waits_longest_makes_room(url: str) -> None:
    with ExitStack() as held:
        idle = [held.enter_context(connected(url)) for _ in range(MOST)]
        assert httpx2.get(url).text == "here"
        assert idle[0].recv(1) == b""
        idle[-1].sendall(GET % b"")
        assert idle[-1].recv(1_000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("target", [b"http://x", b"http://x/long", b"HTTP://x:80/refused?a=b"])
def test_a_target_may_name_its_host(url: str, target: bytes) -> None:
    with connected(url, b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target) as client:
        assert client.recv(1_000).startswith(b"HTTP/1.1 200")


def test_where_all_are_at_work_one_more_is_told_to_come_back(site: Site, url: str) -> None:
    with ExitStack() as held:
        for _ in range(MOST):
            held.enter_context(connected(url, GET % b"work"))
        time.sleep(0.5)
        answer = httpx2.get(url)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "10"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["access-control-allow-origin"] == "*"
        site.done.set()
    assert httpx2.get(url).text == "here"


@pytest.mark.parametrize(
    "said",
    [
        b"GET /" + LONG[:900_000].encode(),
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + LONG[:900_000].encode(),
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: x\r\n" * 100_000,
        POST % b"body" + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: x\r\n" * 100_000,
        POST % b"body" + b"Transfer-Encoding: chunked\r\n\r\n1;" + LONG[:900_000].encode(),
        GET % b"work" * 10_000,
    ],
)
def test_what_has_no_end_is_not_kept(site: Site, url: str, said: bytes) -> None:
    """Neither a head nor what follows a body, nor requests before any is answered."""
    with connected(url) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(said)
        assert b" 200 " not in answered(connection)
    site.done.set()
    assert httpx2.get(url).text == "here"


@pytest.mark.parametrize("named", [b"", b"Host: x\r\nHost: y\r\n"])
def test_a_request_names_one_host(url: str, named: bytes) -> None:
    with connected(url, b"GET / HTTP/1.1\r\n" + named + b"\r\n") as connection:
        assert answered(connection).startswith(b"HTTP/1.1 400")
    with connected(url, b"GET / HTTP/1.0\r\n\r\n") as connection:
        assert b" 200 " in answered(connection)


def test_answers_from_memory_wait_until_they_are_taken(tmp_path: Path) -> None:
    """However many are asked for: what is sent to nobody is no more than one answer or two."""
    (tmp_path / "all.atom").write_bytes(b"x" * 1_000_000)
    app = Starlette()
    app.router.default = PublishedFiles(Directory(tmp_path, 10_000_000, lambda: NOW))
    with serving(app) as url, connected(url, GET % b"all.atom") as connection:
        before = _memory_bytes()
        connection.sendall(GET % b"all.atom" * 100)
        time.sleep(0.5)
        assert _memory_bytes() - before < 30_000_000
        taken = 0
        while taken < 101 * 1_000_000 and (some := connection.recv(1_000_000)):
            taken += len(some)
        assert taken > 101 * 1_000_000


def _memory_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


#: One client has this many of 32 connections.
SHARE = 4
FORWARDED = b"GET /%s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\n\r\n"


def test_no_client_takes_the_connections_of_all(site: Site) -> None:
    """Who comes from 127.0.0.1 is a proxy, as far as is known."""
    with serving(site.app, 64, counts=site.counts) as url, ExitStack() as held:
        idle = [held.enter_context(connected(url, client="127.0.0.2")) for _ in range(SHARE + 1)]
        assert idle[0].recv(1) == b""
        for each in idle[1:]:
            each.sendall(GET % b"work")
        time.sleep(0.5)
        assert b" 503 " in answered(held.enter_context(connected(url, client="127.0.0.2")))
        assert httpx2.get(f"{url}/refused").text == "1"
        others = held.enter_context(connected(url, GET % b"", client="127.0.0.3"))
        assert b" 200 " in others.recv(1_000)
        for _ in range(3 * SHARE):
            held.enter_context(connected(url, GET % b"work"))
        assert b" 200 " in held.enter_context(connected(url, GET % b"")).recv(1_000)
        site.done.set()
        assert all(b" 200 " in each.recv(1_000) for each in idle[1:])


def test_behind_a_proxy_a_client_is_who_it_is_forwarded_for(site: Site) -> None:
    with serving(site.app, 64, counts=site.counts) as url, ExitStack() as held:
        same = (b"2001:db8::%d" % n for n in range(SHARE))
        working = [
            held.enter_context(connected(url, FORWARDED % (b"work", client))) for client in same
        ]
        time.sleep(0.5)
        asked = FORWARDED % (b"", b"2001:db8::ffff")
        refused = held.enter_context(connected(url, asked)).recv(1_000)
        assert b" 503 " in refused
        assert b"retry-after: 10" in refused
        assert b"access-control-allow-origin: *" in refused
        assert httpx2.get(f"{url}/refused").text == "1"
        asked = FORWARDED % (b"", b"2001:db8:0:1::1")
        assert b" 200 " in held.enter_context(connected(url, asked)).recv(1_000)
        # What a stranger says of others is not believed.
        asked = FORWARDED % (b"", b"2001:db8::1")
        stranger = held.enter_context(connected(url, asked, client="127.0.0.2"))
        assert b" 200 " in stranger.recv(1_000)
        site.done.set()
        assert all(b" 200 " in each.recv(1_000) for each in working)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01 no HTTP\r\n\r\n", b"400"),
        (POST % b"" + b"Transfer-Encoding: chunked\r\n\r\nno length\r\n", b""),
        (POST % b"body" + b"Transfer-Encoding: chunked\r\n\r\nno length\r\n", b""),
        (GET % b"" + b"no request\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"200"),
    ],
)
def test_what_is_no_http_is_refused_quietly(
    url: str, caplog: pytest.LogCaptureFixture, said: bytes, status: bytes
) -> None:
    with connected(url, said) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        answer = connection.recv(65_536)
    assert answer.split()[1:2] == ([status] if status else [])
    assert not answer or b"nosniff" in answer
    assert httpx2.get(url).text == "here"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_chunks_that_go_wrong_after_the_answer_are_refused_quietly(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(url, POST % b"" + b"Transfer-Encoding: chunked\r\n\r\n") as connection:
        assert b"200" in connection.recv(1_000)
        connection.sendall(b"no length\r\n")
        answered(connection)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_that_nothing_can_be_accepted_is_told_once() -> None:
    refused = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    loop: AbstractEventLoop = new_event_loop()
    full = server.Server(
        Starlette(), Event(), descriptors=DESCRIPTORS, counts=some_counts(), at_once=lambda *_: None
    )
    with capture_logs() as told:
        for _ in range(100):
            full._failed(loop, {"message": "socket.accept() failed", "exception": refused})
    assert [each["event"] for each in told] == ["no connection can be accepted"]
    loop.close()


def test_a_server_beats_as_long_as_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_TICKS", 1)
    counts, begun = some_counts(), time.monotonic()
    with serving(Starlette(), counts=counts):
        first = time.monotonic()
        until(lambda: counts.beats[0] > first)
    assert begun < first < counts.beats[0] <= time.monotonic()
