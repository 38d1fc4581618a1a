"""Connections that go nowhere private, and take no longer than they may.

Knows resolving, connecting and time left. Must never know what is sent over a connection.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from httpcore2 import (
    SOCKET_OPTION,
    ConnectError,
    ConnectTimeout,
    NetworkBackend,
    NetworkStream,
    SyncBackend,
    TimeoutException,
)
from typing_extensions import override

from feeds.fetch.guard import Guard

#: The addresses of a host, most wanted first. Raises OSError.
Resolve = Callable[[str, int], Sequence[str]]

#: When the request in hand must be over; each thread has its own.
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class PrivateAddress(ConnectError):
    """The host is where nobody may ask; the text says where."""


class HostUnknown(ConnectError):
    """The host's name has no address."""


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """Whatever is read or written inside is over by then (time.monotonic), however slow the peer.

    A limit for each read alone would not do: one byte a second keeps every one of them.
    """
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def resolve(host: str, port: int) -> tuple[str, ...]:
    """What the machine's resolver says. Raises OSError.

    It has time limits of its own (resolv.conf); nobody can cut it short.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as fault:  # a label of more than 63 bytes
        raise OSError(f"{host[:80]!r} is no name of a host") from fault
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _left(timeout: float | None) -> float:
    """Seconds the next step may take. Raises TimeoutException once there are none."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutException("the time for the document is over")
    return left if timeout is None else min(timeout, left)


class Timed(NetworkBackend):
    """Connects to any host by the machine's own means, within the time left: for a proxy."""

    def __init__(self) -> None:
        self._plain = SyncBackend()

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        stream = self._plain.connect_tcp(
            host, port, _left(timeout), local_address, socket_options=socket_options
        )
        return _TimedStream(stream)


class Guarded(Timed):
    """Resolves a host once, refuses what the guard refuses, connects to what was checked.

    No name goes further down: a second look at a resolver could give another address (DNS
    rebinding). TLS and the Host field keep the name, as they are set above.
    """

    def __init__(self, guard: Guard, resolve: Resolve) -> None:
        super().__init__()
        self._guard = guard
        self._resolve = resolve

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        give_up_at = time.monotonic() + _left(timeout)
        addresses = self.public(host, port)
        for place, address in enumerate(addresses):
            # One that does not answer must leave time for the others.
            share = (give_up_at - time.monotonic()) / (len(addresses) - place)
            try:
                return super().connect_tcp(
                    address, port, max(share, 0.001), local_address, socket_options
                )
            except (ConnectError, ConnectTimeout):
                if place == len(addresses) - 1:
                    raise
        raise HostUnknown(f"{host} has no address")

    def public(self, host: str, port: int) -> Sequence[str]:
        """The host's addresses that may be asked. Raises PrivateAddress, HostUnknown."""
        reason = self._guard.refuses_host(host)
        if reason is not None:
            raise PrivateAddress(reason)
        try:
            found = self._resolve(host, port)
        except OSError as fault:
            raise HostUnknown(f"{host} has no address: {fault}") from fault
        refused = {address: self._guard.refuses(host, address) for address in found}
        public = [address for address in found if refused[address] is None]
        if found and not public:
            raise PrivateAddress(refused[found[0]])
        return public


class _TimedStream(NetworkStream):
    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
