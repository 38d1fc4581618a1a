"""One request and its response, within every limit.

Knows the wire: connections, TLS, HTTP/1.1 and HTTP/2, proxies, sizes and times. Must never know
what a response means or whether the request should have been made.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import h2.exceptions
import httpcore2
import socksio
from httpx2 import URL, Proxy, create_ssl_context

from feeds.fetch import FetchFailed, Limits, Outsized
from feeds.fetch.answers import WITH_BODY, Received
from feeds.fetch.guard import Guard, Guarded, HostUnknown, PrivateAddress, until
from feeds.fetch.unpack import (
    ACCEPTED,
    PIECE_BYTES,
    CutShort,
    Damaged,
    TooLarge,
    joined,
    unpacked,
)

#: What is read of a response nobody wants, so that its connection can be used again.
_DRAINED_BYTES = 65_536
#: Connections wait this long for the next request; servers drop them about then.
_KEPT_SECONDS = 15.0
_KEPT_CONNECTIONS = 20

#: Whatever a peer can make happen. httpcore2 lets some through that are not its own: those of h2,
#: of a status that is no number (HTTP/2), of a SOCKS proxy that speaks something else.
_FAULTS = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.TimeoutException,
    h2.exceptions.H2Error,
    socksio.ProtocolError,
    AssertionError,
    OSError,
    ValueError,
)


#: Connections that break are no fault of TLS.
_PASSING_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
#: What OpenSSL calls an answer that is none of TLS.
_NO_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. Of a body larger than ``max_bytes`` its start is taken, if ``is_cut``; else
    the ``setting`` that allows more is named.
    """

    url: URL
    method: Literal["GET", "POST"] = "GET"
    fields: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    max_bytes: int
    is_cut: bool = False
    setting: str = ""


class Exchange:
    """Connections to wherever the guard lets us; no passwords, no redirects.

    With a proxy the target is out of our sight: names are resolved here once to refuse private
    ones, but the proxy resolves them again. What it may reach is then for its own rules to say.
    """

    def __init__(
        self,
        limits: Limits,
        guard: Guard,
        *,
        proxy: str | None = None,
    ) -> None:
        self._limits = limits
        self._guard = guard
        self._has_proxy = bool(proxy)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=create_ssl_context(),
            proxy=_proxy(proxy) if proxy else None,
            max_connections=None,
            max_keepalive_connections=_KEPT_CONNECTIONS,
            keepalive_expiry=_KEPT_SECONDS,
            http1=True,
            http2=True,
            network_backend=Guarded(None if proxy else guard),
        )

    def close(self) -> None:
        self._pool.close()

    def ask(self, question: Question, seconds: float) -> Received | FetchFailed:
        """The response, or why there is none after at most that many seconds."""
        host = question.url.host
        started = time.monotonic()
        try:
            if self._has_proxy:
                self._look_up(question.url)
            with until(started + seconds):
                received = self._asked(question)
            if isinstance(received, FetchFailed):
                return received
            return replace(received, seconds=time.monotonic() - started)
        except PrivateAddress as refusal:
            problem = f"refused: {refusal}; fetch.private_hosts can allow a host"
            return FetchFailed(problem=problem, is_lasting=True)
        except HostUnknown as fault:
            return FetchFailed(problem=str(fault))
        except httpcore2.TimeoutException:
            is_over = time.monotonic() >= started + seconds
            return FetchFailed(problem=f"{host} {self._slowness(is_over=is_over)}")
        except _FAULTS as fault:
            is_lasting = _tls_fault(fault) is not None
            problem = f"{host} cannot be asked: {_words(fault)}"
            return FetchFailed(problem=problem, is_lasting=is_lasting)

    def _slowness(self, *, is_over: bool) -> str:
        if is_over:
            return f"takes longer than {self._limits.document_seconds:g} seconds for a document"
        return f"says nothing for {self._limits.timeout_seconds:g} seconds"

    def _look_up(self, url: URL) -> None:
        """Refuses a private target before a proxy is asked. Raises PrivateAddress.

        A name only the proxy can resolve passes: behind some proxies there is no other DNS.
        """
        with suppress(HostUnknown):
            self._guard.public(url.host, url.port or 0)

    def _asked(self, question: Question) -> Received | FetchFailed:
        """One more try where a connection kept from before turns out to be closed."""
        was_kept = any(True for _ in self._connections(question.url))
        try:
            return self._once(question)
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
            if question.content is not None or not was_kept:
                raise
            return self._once(question)

    def _once(self, question: Question) -> Received | FetchFailed:
        """The response; a connection that is not left at its end is used no more."""
        received = Received(url=question.url, status=0)
        seconds = self._limits.timeout_seconds
        sent = (*question.fields, ("Accept-Encoding", ACCEPTED))
        waiting = self._pool.stream(
            question.method,
            _plain(question.url),
            headers=[(name.encode(), value.encode("latin-1")) for name, value in sent],
            content=question.content,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        )
        try:
            with waiting as response:
                fields = (
                    (name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t"))
                    for name, value in response.headers
                )
                received = Received(url=question.url, status=response.status, fields=tuple(fields))
                received, is_at_end = _with_body(question, received, response.iter_stream())
        except (Damaged, TooLarge) as fault:
            self._drop(question.url)
            return _without_body(question, received, fault)
        except BaseException:
            self._drop(question.url)
            raise
        if not is_at_end:
            self._drop(question.url)
        return received

    def _drop(self, url: URL) -> None:
        """Closes the connection to a host: ours alone, as a host is asked one thing at a time."""
        for connection in self._connections(url):
            connection.close()

    def _connections(self, url: URL) -> Iterator[httpcore2.ConnectionInterface]:
        origin = _plain(url).origin
        return (held for held in self._pool.connections if held.can_handle_request(origin))


def _with_body(
    question: Question, received: Received, pieces: Iterable[bytes]
) -> tuple[Received, bool]:
    """The response with its body, and whether nothing is left to read. Raises TooLarge, Damaged."""
    most, codings = question.max_bytes, received.all("content-encoding")
    if received.status not in WITH_BODY:
        body, is_at_end = _first(pieces, _DRAINED_BYTES)
        return replace(received, body=body), is_at_end
    if question.is_cut:
        # The cut comes first: no piece is larger than what is added.
        body, is_at_end = _first(unpacked(pieces, codings, most + 4 * PIECE_BYTES), most)
        return replace(received, body=body), is_at_end
    if (_announced(received) or 0) > most:
        raise TooLarge(f"it is larger than {most:,} bytes")
    body, is_whole = joined(unpacked(pieces, codings, most))
    return replace(received, body=body, is_cut=not is_whole), True


def _announced(received: Received) -> int | None:
    length = received.field("content-length") or ""
    return int(length[:20]) if length.isascii() and length.isdecimal() else None


def _without_body(question: Question, received: Received, fault: Damaged | TooLarge) -> FetchFailed:
    is_large = isinstance(fault, TooLarge)
    hint = f"; see {question.setting}" if is_large and question.setting else ""
    length = None if received.all("content-encoding") else _announced(received)
    kind = received.field("content-type")
    outsized = Outsized(url=str(received.url), media_type=kind, length=length)
    return FetchFailed(
        problem=f"{question.url} cannot be had: {fault}{hint}",
        is_lasting=is_large,
        outsized=outsized if is_large else None,
    )


def _first(pieces: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    """The first bytes, up to that many, and whether there were no more."""
    taken = bytearray()
    with suppress(CutShort):
        for piece in pieces:
            taken += piece
            if len(taken) > most:
                return bytes(taken[:most]), False
    return bytes(taken), True


def _plain(url: URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _proxy(address: str) -> httpcore2.Proxy:
    proxy = Proxy(address)
    is_secured = proxy.url.scheme == "https"
    # A context of its own: ALPN is set on it, and differs between a proxy and what is behind it.
    context = create_ssl_context() if is_secured else None
    return httpcore2.Proxy(_plain(proxy.url), auth=proxy.raw_auth, ssl_context=context)


def _tls_fault(fault: BaseException) -> ssl.SSLError | None:
    """What is wrong with the host's TLS, such as a certificate nobody vouches for."""
    cause: BaseException | None = fault
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return None if isinstance(cause, _PASSING_TLS) else cause


def _words(fault: Exception) -> str:
    text = str(fault)
    tls = _tls_fault(fault)
    if tls is not None and tls.reason in _NO_TLS:
        return f"no TLS is spoken there: {text[:200]}"
    # Of a broken stream some only tell its number.
    return text[:200] if " " in text else f"{type(fault).__name__} {text[:200]}".strip()
