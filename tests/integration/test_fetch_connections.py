"""TLS, HTTP/2, proxies, and connections that break."""

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import hpack
import pytest
import trustme

from feeds.fetch import FetchedPage, FetchFailed, NotModified, Posted, RemoteValidators
from feeds.fetch.guard import Guard
from tests.publisher.fetching import HERE, LIMITS, fetching
from tests.publisher.proxy import Proxy, socks_proxy, web_proxy
from tests.publisher.server import Handler, Raw, Request, Response, publishing

NEWS = "news.example.org"
BODY = b"<p>The course was held in Vienna.</p>" * 5_000


def only(answer: Response | Raw) -> Handler:
    return lambda request: Response(status=404) if request.path == "/robots.txt" else answer


def failed(answer: object, words: str) -> FetchFailed:
    assert isinstance(answer, FetchFailed)
    assert words in answer.problem
    return answer


@pytest.mark.parametrize(("http2", "version"), [(False, "HTTP/1.1"), (True, "HTTP/2")])
def test_a_host_is_asked_in_the_best_version_it_speaks(
    authority: trustme.CA, http2: bool, version: str
) -> None:
    packed = Response(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(BODY))
    with publishing(only(packed), ca=authority, http2=http2) as publisher, fetching() as fetcher:
        for _ in range(3):
            page = fetcher.fetch(publisher.at("/a", NEWS))
            assert isinstance(page, FetchedPage)
            assert page.body == BODY
        assert {request.version for request in publisher.requests} == {version}
        assert publisher.connections == 1
        assert publisher.requests[-1].header("Host") == f"{NEWS}:{publisher.port}"


def test_validators_and_forms_go_by_http2_too(authority: trustme.CA) -> None:
    def answer(request: Request) -> Response:
        if request.method == "POST":
            return Response(status=202, body=request.body)
        return Response(status=304 if request.header("If-None-Match") == '"\xe9"' else 404)

    with publishing(answer, ca=authority, http2=True) as publisher, fetching() as fetcher:
        url = publisher.at("/a", NEWS)
        assert isinstance(fetcher.fetch(url, RemoteValidators('"\xe9"')), NotModified)
        assert fetcher.post(url, {"a": "b"}) == Posted(status=202, body=b"a=b")


@pytest.mark.parametrize("http2", [False, True])
def test_a_document_left_in_its_middle_does_not_spoil_the_next(
    authority: trustme.CA, http2: bool
) -> None:
    def answer(request: Request) -> Response:
        match request.path:
            case "/endless":
                return Response(body=repeat(b"x" * 10_000))
            case "/error":
                return Response(status=500, body=repeat(b"x" * 10_000))
            case "/robots.txt":
                return Response(status=404)
            case _:
                return Response(body=BODY)

    with publishing(answer, ca=authority, http2=http2) as publisher, fetching() as fetcher:
        for path in ("/endless", "/error", "/endless"):
            assert isinstance(fetcher.fetch(publisher.at(path, NEWS)), FetchFailed)
            assert isinstance(fetcher.fetch(publisher.at("/a", NEWS)), FetchedPage)


@pytest.mark.parametrize("http2", [False, True])
def test_a_kept_connection_that_was_closed_is_opened_again(
    authority: trustme.CA, http2: bool
) -> None:
    """A server may hang up at any time."""
    handler = only(Response(body=BODY))
    with publishing(handler, ca=authority, http2=http2) as publisher, fetching() as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/a", NEWS)), FetchedPage)
        publisher.hang_up()
        assert isinstance(fetcher.fetch(publisher.at("/a", NEWS)), FetchedPage)
        assert publisher.connections == 2


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """A frame of HTTP/2 (RFC 9113 4.1), whatever is in it."""
    head = len(content).to_bytes(3, "big") + bytes([kind, flags])
    return head + stream.to_bytes(4, "big") + content


@pytest.mark.parametrize(
    "frames",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n" * 9,
        frame(1, 5, 1, b"\xff" * 20),
        frame(1, 5, 1, hpack.Encoder().encode([(b":status", b"many")])),
        frame(1, 5, 1, hpack.Encoder().encode([(b":status", b"")])),
        frame(0, 1, 1, b"a body before its head"),
        frame(3, 0, 1, bytes(4)),
        frame(4, 0, 0, b"\x00\x05" + b"\xff" * 4),
        frame(7, 0, 0, bytes(8)),
        frame(8, 0, 0, bytes(4)),
        frame(9, 4, 1, b"a part without a start"),
    ],
)
def test_broken_frames_are_a_failure(authority: trustme.CA, frames: bytes) -> None:
    handler: Handler = lambda _: Raw(pieces=[frames])  # noqa: E731
    with publishing(handler, ca=authority, http2=True) as publisher, fetching() as fetcher:
        failed(fetcher.fetch(publisher.at("/a", NEWS)), "cannot be asked")
        assert isinstance(fetcher.post(publisher.at("/a", NEWS), {}), FetchFailed)


def test_a_certificate_nobody_vouches_for_is_not_believed(authority: trustme.CA) -> None:
    with publishing(only(Response(body=BODY)), ca=trustme.CA()) as publisher:
        with fetching() as fetcher:
            answer = failed(fetcher.fetch(publisher.at("/a", NEWS)), "CERTIFICATE_VERIFY_FAILED")
            assert answer.is_lasting
        with fetching() as fetcher:
            failed(fetcher.fetch(publisher.at("/a", NEWS)), "CERTIFICATE_VERIFY_FAILED")
        assert publisher.requests == []


def test_an_authority_that_the_environment_names_is_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As by the relay and other programs: an organisation may sign its own hosts."""
    other = trustme.CA()
    other.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with publishing(only(Response(body=BODY)), ca=other) as publisher, fetching() as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/a", NEWS)), FetchedPage)


def test_a_certificate_for_another_name_is_not_believed(authority: trustme.CA) -> None:
    with (
        publishing(only(Response()), ca=authority, names=("www.example.org",)) as publisher,
        fetching() as fetcher,
    ):
        failed(fetcher.fetch(publisher.at("/a", NEWS)), "Hostname mismatch")


def test_a_host_that_speaks_no_tls_is_a_failure(authority: trustme.CA) -> None:
    with publishing(only(Response())) as publisher, fetching() as fetcher:
        url = publisher.at("/a", NEWS).replace("http:", "https:")
        failed(fetcher.fetch(url), "cannot be asked")


def test_a_host_that_is_not_there_is_a_failure() -> None:
    with socket.socket() as bound, fetching() as fetcher:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/a"
        answer = failed(fetcher.fetch(url), "Connection refused")
        assert not answer.is_lasting


def test_a_way_down_from_https_is_not_taken(authority: trustme.CA) -> None:
    with publishing(only(Response(body=b"x"))) as plain:
        away = Response(status=301, headers=(("Location", plain.at("/b", NEWS)),))
        with publishing(only(away), ca=authority) as publisher, fetching() as fetcher:
            failed(fetcher.fetch(publisher.at("/a", NEWS)), "from https to http")
        assert plain.requests == []


def test_a_handshake_that_never_ends_ends() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        limits = replace(LIMITS, timeout_seconds=0.3)
        with fetching(limits=limits) as fetcher:
            url = f"https://127.0.0.1:{bound.getsockname()[1]}/a"
            failed(fetcher.fetch(url), "says nothing for 0.3 seconds")


def test_the_environment_chooses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with publishing(only(Response(body=BODY))) as publisher, fetching() as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/a")), FetchedPage)


PROXIES: list[tuple[str, Callable[[], AbstractContextManager[Proxy]]]] = [
    ("http", web_proxy),
    ("socks5", socks_proxy),
]


@pytest.mark.parametrize(("scheme", "proxy_of"), PROXIES)
@pytest.mark.parametrize("secured", [False, True])
def test_all_requests_go_through_the_proxy(
    authority: trustme.CA,
    scheme: str,
    proxy_of: Callable[[], AbstractContextManager[Proxy]],
    secured: bool,
) -> None:
    handler = only(Response(body=BODY))
    with (
        publishing(handler, ca=authority if secured else None, http2=True) as publisher,
        proxy_of() as proxy,
        fetching(proxy=f"{scheme}://127.0.0.1:{proxy.port}") as fetcher,
    ):
        page = fetcher.fetch(publisher.at("/a", NEWS))
        assert isinstance(page, FetchedPage)
        assert page.body == BODY
        assert proxy.asked
        assert all(f"{NEWS}:{publisher.port}" in asked for asked in proxy.asked)


def test_a_proxy_is_not_asked_for_what_is_private() -> None:
    """As far as we can see: by the spelling, and by our own resolver."""
    with web_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        with fetching(guard=Guard(), proxy=address) as fetcher:
            for host in ("10.0.0.1", "0x0a000001", "localhost", "[::1]", "169.254.169.254", NEWS):
                failed(fetcher.fetch(f"http://{host}/a"), "refused: ")
    assert proxy.asked == []


def unknown(host: str, port: int) -> Iterator[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_name_that_only_the_proxy_knows_is_for_the_proxy_to_resolve() -> None:
    with publishing(only(Response(body=BODY))) as publisher, web_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        with fetching(guard=Guard(), proxy=address, resolve=unknown) as fetcher:
            assert isinstance(fetcher.fetch(publisher.at("/a", NEWS)), FetchedPage)


def test_a_proxy_that_refuses_or_is_not_there_is_a_failure(authority: trustme.CA) -> None:
    with (
        web_proxy(refuses=True) as proxy,
        fetching(proxy=f"http://127.0.0.1:{proxy.port}") as fetcher,
    ):
        failed(fetcher.fetch(f"https://{NEWS}/a"), "403")
    with fetching(guard=HERE, proxy=f"http://127.0.0.1:{proxy.port}") as fetcher:
        failed(fetcher.fetch(f"http://{NEWS}/a"), "Connection refused")
