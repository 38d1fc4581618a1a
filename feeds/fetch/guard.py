"""Connections that go nowhere private, and take no longer than they may.

Knows address ranges, how a host may be spelt, resolving, connecting and time left. Must never know
what is sent over a connection.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Self

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

Address = IPv4Address | IPv6Address
#: The addresses of a host, most wanted first. Raises OSError.
Resolve = Callable[[str, int], Sequence[str]]

#: IANA's special-purpose registry (RFC 6890) and what clouds tell secrets at.
_REFUSED_4 = (
    (IPv4Network("0.0.0.0/8"), "this very network"),
    (IPv4Network("10.0.0.0/8"), "a private network"),
    (IPv4Network("100.64.0.0/10"), "a carrier's private network"),
    (IPv4Network("127.0.0.0/8"), "this machine"),
    (IPv4Network("168.63.129.16/32"), "a cloud's metadata"),  # Azure's; a public address by range
    (IPv4Network("169.254.0.0/16"), "link-local, where clouds keep metadata"),
    (IPv4Network("172.16.0.0/12"), "a private network"),
    (IPv4Network("192.0.0.0/24"), "a reserved range"),
    (IPv4Network("192.0.2.0/24"), "a range for examples"),
    (IPv4Network("192.88.99.0/24"), "a reserved range"),
    (IPv4Network("192.168.0.0/16"), "a private network"),
    (IPv4Network("198.18.0.0/15"), "a range for tests"),
    (IPv4Network("198.51.100.0/24"), "a range for examples"),
    (IPv4Network("203.0.113.0/24"), "a range for examples"),
    (IPv4Network("224.0.0.0/4"), "a multicast range"),
    (IPv4Network("240.0.0.0/4"), "a reserved range"),
)

#: All of IPv6 that is routed in public; what is outside needs no list of its own.
_PUBLIC_6 = IPv6Network("2000::/3")
_REFUSED_6 = (
    (IPv6Network("2001::/23"), "a reserved range"),  # Teredo, benchmarks, ORCHID
    (IPv6Network("2001:db8::/32"), "a range for examples"),
    (IPv6Network("3fff::/20"), "a range for examples"),
)
#: An IPv4 address within an IPv6 one, and by how many bits it is shifted.
_EMBEDDED = (
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped (RFC 4291)
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052)
    (IPv6Network("2002::/16"), 80),  # 6to4 (RFC 3056)
)
#: Refused even to a host that may be private, unless the setting names the address itself.
_METADATA = (IPv4Network("168.63.129.16/32"), IPv4Network("169.254.0.0/16"))
_METADATA_6 = (IPv6Network("fd00:ec2::/32"), IPv6Network("fe80::/10"))

#: When the request in hand must be over; each thread has its own.
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))

_NUMBER = re.compile(r"0x[0-9a-f]{1,16}|[0-9]{1,22}")


class PrivateAddress(ConnectError):
    """The host is where nobody may ask; the text says where."""


class HostUnknown(ConnectError):
    """The host's name has no address."""


def resolve(host: str, port: int) -> tuple[str, ...]:
    """What the machine's resolver says. Raises OSError.

    It has time limits of its own (resolv.conf); nobody can cut it short.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as fault:  # a label of more than 63 bytes
        raise OSError(f"{host[:80]!r} is no name of a host") from fault
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses what is not public; ``allowed`` hosts (names or addresses) may be private.

    What addresses a host has, ``resolve`` says.
    """

    allowed: frozenset[str] = frozenset()
    resolve: Resolve = resolve

    @classmethod
    def of(cls, hosts: str) -> Self:
        """A guard that lets the hosts pass that a setting names, separated by blanks."""
        return cls(frozenset(_plain(host) for host in hosts.split()))

    def refuses_host(self, host: str) -> str | None:
        """Why a host is refused by its spelling alone, None where its address decides.

        A number in any spelling is an address already (127.1, 0x7f000001, 017700000001).
        """
        name = _plain(host)
        if name in self.allowed:
            return None
        if name == "localhost" or name.endswith(".localhost"):
            return f"{host} is this machine"
        address = literal(name)
        return None if address is None else self.refuses(host, str(address))

    def refuses(self, host: str, address: str) -> str | None:
        """Why the host is refused at the address it resolved to, None if it may be asked there."""
        try:
            found: Address = ip_address(address)
        except ValueError:
            return f"{host} has {address!r} for an address"
        if str(found) in self.allowed:
            return None
        if _plain(host) in self.allowed and not _is_metadata(found):
            return None
        why = _private(found)
        return None if why is None else f"{host} is at {found}, {why}"

    def public(self, host: str, port: int) -> Sequence[str]:
        """The host's addresses that may be asked. Raises PrivateAddress, HostUnknown."""
        reason = self.refuses_host(host)
        if reason is not None:
            raise PrivateAddress(reason)
        try:
            found = self.resolve(host, port)
        except OSError as fault:
            raise HostUnknown(f"{host} has no address: {fault}") from fault
        refused = {address: self.refuses(host, address) for address in found}
        public = [address for address in found if refused[address] is None]
        if found and not public:
            raise PrivateAddress(refused[found[0]])
        return public


def literal(host: str) -> Address | None:
    """The address a host is by its spelling, None for a name.

    Resolvers take more than the usual spelling: fewer parts, octal and hexadecimal (inet_aton).
    """
    text = _plain(host)
    try:
        return ip_address(text)
    except ValueError:
        pass
    parts = text.split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    return _joined([_value(part) for part in parts])


def _joined(values: list[int]) -> IPv4Address | None:
    """One to four numbers, the last filling what is left, as the address they are."""
    *heads, last = values
    if any(head > 255 for head in heads) or last >= 256 ** (4 - len(heads)):
        return None
    total = sum(head << (24 - 8 * place) for place, head in enumerate(heads))
    return IPv4Address(total + last)


def _value(part: str) -> int:
    if part.startswith("0x"):
        return int(part, 16)
    is_octal = part.startswith("0") and not set(part) & {"8", "9"}
    return int(part, 8 if is_octal else 10)


def _plain(host: str) -> str:
    """A host to compare: small letters, no brackets, no final dot."""
    return host.strip().lower().removeprefix("[").removesuffix("]").rstrip(".")


def _private(address: Address) -> str | None:
    """What range an address is of, if nobody in public has it."""
    if isinstance(address, IPv4Address):
        return next((why for network, why in _REFUSED_4 if address in network), None)
    for inner in _embedded(address):
        return _private(inner)
    if address not in _PUBLIC_6:
        return "this machine" if address.is_loopback else "no public address"
    return next((why for network, why in _REFUSED_6 if address in network), None)


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    for network, shift in _EMBEDDED:
        if address in network:
            yield IPv4Address(int(address) >> shift & 0xFFFF_FFFF)


def _is_metadata(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in _METADATA)
    if any(_is_metadata(inner) for inner in _embedded(address)):
        return True
    return any(address in network for network in _METADATA_6)


# -- Connections ----------------------------------------------------------------------------------


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


def _left(timeout: float | None) -> float:
    """Seconds the next step may take. Raises TimeoutException once there are none."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutException("the time for the document is over")
    return left if timeout is None else min(timeout, left)


class Guarded(NetworkBackend):
    """Connects within the time left to what the ``guard`` lets pass; without one, for a proxy, to
    any host by the machine's own means.

    A host is resolved once, and no name goes further down: a second look at a resolver could give
    another address (DNS rebinding). TLS and the Host field keep the name, as they are set above.
    """

    def __init__(self, guard: Guard | None) -> None:
        self._plain = SyncBackend()
        self._guard = guard

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
        addresses = self._guard.public(host, port) if self._guard else [host]
        for place, address in enumerate(addresses):
            # One that does not answer must leave time for the others.
            share = (give_up_at - time.monotonic()) / (len(addresses) - place)
            try:
                stream = self._plain.connect_tcp(
                    address,
                    port,
                    _left(max(share, 0.001)),
                    local_address,
                    socket_options=socket_options,
                )
            except (ConnectError, ConnectTimeout):
                if place == len(addresses) - 1:
                    raise
            else:
                return _TimedStream(stream)
        raise HostUnknown(f"{host} has no address")


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
