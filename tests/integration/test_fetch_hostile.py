"""Servers that lie, stall, explode or lead astray: each costs its limit and no more."""

import gzip
import resource
import socket
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from threading import Event

import pytest

from feeds.fetch import Answer, FetchedPage, FetchFailed
from feeds.fetch.guard import Guard, resolve
from tests.publisher.fetching import LIMITS, fetching
from tests.publisher.server import Handler, Raw, Request, Response, publishing

#: Short, as nothing good is slow here.
HASTY = replace(LIMITS, timeout_seconds=0.3, document_seconds=0.8)
PATIENT_READ = replace(LIMITS, timeout_seconds=5, document_seconds=0.6)


def only(answer: Response | Raw) -> Handler:
    """A site without robots.txt that answers so to everything else."""
    return lambda request: Response(status=404) if request.path == "/robots.txt" else answer


def failed(answer: Answer, words: str) -> FetchFailed:
    assert isinstance(answer, FetchFailed)
    assert words in answer.problem
    return answer


def packed_zeros(layers: int = 1) -> bytes:
    """10 GB of zeros as 10 MB: one megabyte packed, and that repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    start = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1_048_576)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = start + block * 10_000
    return packed if layers == 1 else gzip.compress(packed, 1)


@pytest.mark.parametrize(("layers", "coding"), [(1, "gzip"), (2, "gzip, gzip")])
def test_a_bomb_does_not_go_off(layers: int, coding: str) -> None:
    bomb = Response(headers=(("Content-Encoding", coding),), body=packed_zeros(layers))
    limits = replace(LIMITS, max_bytes=20_000_000)
    with publishing(only(bomb)) as publisher, fetching(limits=limits) as fetcher:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        failed(fetcher.fetch(publisher.at("/a")), "it unpacks to more than 250 times its size")
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 100_000


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "compress"])
def test_a_body_that_is_not_what_it_says_is_refused(coding: str) -> None:
    lie = Response(headers=(("Content-Encoding", coding),), body=b"nothing; " * 1_000)
    with publishing(only(lie)) as publisher, fetching() as fetcher:
        failed(fetcher.fetch(publisher.at("/a")), "cannot be had")


def test_a_document_announced_too_large_is_not_read() -> None:
    limits = replace(LIMITS, max_bytes=1_000)
    large = Raw(pieces=[b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"])
    with publishing(only(large)) as publisher, fetching(limits=limits) as fetcher:
        answer = failed(fetcher.fetch(publisher.at("/a")), "larger than 1,000 bytes")
        assert answer.is_lasting


@pytest.mark.parametrize("body", [b"x" * 1_001, [b"x" * 600, b"x" * 401]])
def test_a_document_that_turns_out_too_large_is_left(body: bytes | list[bytes]) -> None:
    limits = replace(LIMITS, max_bytes=1_000)
    with publishing(only(Response(body=body))) as publisher, fetching(limits=limits) as fetcher:
        failed(fetcher.fetch(publisher.at("/a")), "larger than 1,000 bytes")


def test_a_document_of_just_the_size_is_taken() -> None:
    limits = replace(LIMITS, max_bytes=1_000)
    exact = Response(body=b"x" * 1_000)
    with publishing(only(exact)) as publisher, fetching(limits=limits) as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/a")), FetchedPage)


@pytest.mark.parametrize("status", [200, 404, 500, 302])
def test_an_endless_answer_ends(status: int) -> None:
    endless = Response(status=status, headers=(("Location", "/b"),), body=repeat(b"x" * 10_000))
    with publishing(only(endless)) as publisher, fetching() as fetcher:
        assert not isinstance(fetcher.fetch(publisher.at("/a")), FetchedPage)
        assert not isinstance(fetcher.fetch(publisher.at("/a")), FetchedPage)


def test_endless_fields_end() -> None:
    fields = Raw(
        pieces=(b"HTTP/1.1 200 OK\r\n", *repeat(b"X-Filler: " + b"x" * 900 + b"\r\n", 500))
    )
    with publishing(only(fields)) as publisher, fetching() as fetcher:
        failed(fetcher.fetch(publisher.at("/a")), "cannot be asked")


@contextmanager
def loris(start: bytes) -> Iterator[tuple[Handler, Event]]:
    """A server that sends ``start``, and then a byte now and then."""
    over = Event()

    def drops() -> Iterator[bytes]:
        yield start
        while not over.wait(0.05):
            yield b"x"

    try:
        yield (
            lambda request: (
                Response(status=404) if request.path == "/robots.txt" else Raw(pieces=drops())
            ),
            over,
        )
    finally:
        over.set()


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
        b"HTTP/1.1 404 No\r\nContent-Length: 100000\r\n\r\n",
    ],
)
def test_a_byte_now_and_then_is_no_document(start: bytes) -> None:
    with (
        loris(start) as (handler, _),
        publishing(handler) as publisher,
        fetching(limits=PATIENT_READ) as fetcher,
    ):
        answer = fetcher.fetch(publisher.at("/a"))
        assert isinstance(answer, FetchFailed)
        if start:
            failed(answer, "takes longer than 0.6 seconds for a document")
        assert not answer.is_lasting


def test_a_server_that_falls_silent_is_left() -> None:
    silent = Event()

    def answer(request: Request) -> Response | Raw:
        if request.path == "/robots.txt":
            return Response(status=404)
        silent.wait(20)
        return Raw()

    with publishing(answer) as publisher, fetching(limits=HASTY) as fetcher:
        failed(fetcher.fetch(publisher.at("/a")), "says nothing for 0.3 seconds")
        silent.set()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut short",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nBad Field\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\x00c\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00" * 50,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_what_is_no_response_is_a_failure(raw: bytes) -> None:
    with publishing(only(Raw(pieces=[raw]))) as publisher, fetching(limits=HASTY) as fetcher:
        answer = fetcher.fetch(publisher.at("/a"))
        assert isinstance(answer, FetchFailed)


def test_endless_interim_responses_end() -> None:
    interim = Raw(pieces=repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=x\r\n\r\n"))
    with publishing(only(interim)) as publisher, fetching(limits=HASTY) as fetcher:
        failed(fetcher.fetch(publisher.at("/a")), "")


def test_a_host_within_is_refused_before_it_is_asked() -> None:
    with publishing(only(Response())) as publisher, fetching(guard=Guard()) as fetcher:
        for host in ("127.0.0.1", "localhost", "news.example.org", "127.1", "0x7f000001", "[::1]"):
            answer = failed(fetcher.fetch(publisher.at("/a", host)), "refused: ")
            assert answer.is_lasting
            posted = fetcher.post(publisher.at("/hub", host), {})
            assert isinstance(posted, FetchFailed)
        assert publisher.connections == 0


def test_a_redirect_into_a_private_network_is_refused() -> None:
    with publishing(only(Response(body=b"secret"))) as within:
        away = Response(status=302, headers=(("Location", within.at("/", "169.254.169.254")),))
        with publishing(only(away)) as publisher, fetching() as fetcher:
            failed(fetcher.fetch(publisher.at("/a")), "refused: 169.254.169.254 is at")


def test_a_robots_txt_does_not_lead_into_a_private_network() -> None:
    handler = lambda request: Response(status=302, headers=(("Location", "http://10.0.0.1/"),))  # noqa: E731
    with publishing(handler) as publisher, fetching() as fetcher:
        failed(fetcher.fetch(publisher.at("/a")), "refused: 10.0.0.1 is at")
        assert publisher.paths == ["/robots.txt"]


class Rebinding:
    """A resolver that gives a public address first, and ours ever after."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One look at the resolver a connection; below it, only numbers are connected to."""
    reached: list[tuple[object, ...]] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    resolver = Rebinding(["93.184.216.34"], ["127.0.0.1"])
    with fetching(guard=Guard(), resolve=resolver) as fetcher:
        failed(fetcher.fetch("http://rebind.example/a"), "cannot be asked")
    assert resolver.asked == ["rebind.example"]
    assert reached == [("93.184.216.34", 80)]


def test_a_name_that_turns_private_is_refused_at_the_next_connection() -> None:
    resolver = Rebinding(["127.0.0.1"], ["10.0.0.1"])
    closing = Response(status=404, headers=(("Connection", "close"),))
    guard = Guard.of("127.0.0.1")
    with publishing(lambda _: closing) as publisher:
        with fetching(guard=guard, resolve=resolver) as fetcher:
            answer = fetcher.fetch(publisher.at("/a", "rebind.example"))
        failed(answer, "refused: rebind.example is at 10.0.0.1")
        assert publisher.paths == ["/robots.txt"]


def test_only_the_public_ones_of_several_addresses_are_asked() -> None:
    resolver = Rebinding(["10.0.0.1", "127.0.0.1", "::1"])
    with (
        publishing(only(Response(body=b"x"))) as publisher,
        fetching(guard=Guard.of("127.0.0.1"), resolve=resolver) as fetcher,
    ):
        assert isinstance(fetcher.fetch(publisher.at("/a", "many.example")), FetchedPage)


def test_an_address_that_does_not_answer_leaves_time_for_the_next() -> None:
    resolver = Rebinding(["127.0.0.2", "127.0.0.1"])
    with (
        publishing(only(Response(body=b"x"))) as publisher,
        fetching(guard=Guard.of("many.example"), resolve=resolver) as fetcher,
    ):
        assert isinstance(fetcher.fetch(publisher.at("/a", "many.example")), FetchedPage)


def test_the_machines_own_resolver_is_asked() -> None:
    with publishing(only(Response(body=b"x"))) as publisher, fetching(resolve=resolve) as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/a", "localhost")), FetchedPage)


def test_a_name_without_an_address_is_a_failure() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for resolver in (unknown, Rebinding([])):
        with fetching(resolve=resolver) as fetcher:
            failed(fetcher.fetch("http://nowhere.example/"), "nowhere.example has no address")
    with fetching(resolve=resolve) as fetcher:
        failed(fetcher.fetch(f"http://{'a' * 70}.example/"), "has no address")
