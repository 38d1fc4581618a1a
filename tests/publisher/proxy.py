"""Proxies as tests need them: one that forwards and tunnels, one of SOCKS 5.

Knows the first lines of a connection. Must never know what goes through.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

#: Where a proxy sends everything: this machine, whatever name was asked for.
_HERE = "127.0.0.1"


@dataclass(slots=True)
class Proxy:
    """A running proxy: its port, and what it was asked to reach, as it was asked."""

    port: int = 0
    asked: list[str] = field(default_factory=list)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    proxy: Proxy


@contextmanager
def web_proxy(*, refuses: bool = False) -> Iterator[Proxy]:
    """A proxy for http: (forwarded) and https: (CONNECT), or one that refuses all with 403."""

    def begin(client: socket.socket, proxy: Proxy) -> socket.socket | None:
        head = _head(client)
        method, target, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
        proxy.asked.append(f"{method.decode()} {target.decode()}")
        if refuses:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return None
        if method == b"CONNECT":
            beyond = socket.create_connection((_HERE, int(target.rpartition(b":")[2])))
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            return beyond
        _, _, rest = target.partition(b"://")
        host, slash, path = rest.partition(b"/")
        beyond = socket.create_connection((_HERE, int(host.rpartition(b":")[2])))
        beyond.sendall(
            head.replace(target, slash + path, 1).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        )
        return beyond

    with _running(begin) as proxy:
        yield proxy


@contextmanager
def socks_proxy() -> Iterator[Proxy]:
    """A SOCKS 5 proxy without passwords (RFC 1928) that resolves names itself."""

    def begin(client: socket.socket, proxy: Proxy) -> socket.socket | None:
        client.recv(2 + 255)
        client.sendall(b"\x05\x00")
        _, _, _, kind = client.recv(4)
        if kind == 1:
            host = socket.inet_ntoa(client.recv(4))
        else:
            host = client.recv(client.recv(1)[0]).decode()
        (port,) = struct.unpack("!H", client.recv(2))
        proxy.asked.append(f"{host}:{port}")
        beyond = socket.create_connection((_HERE, port))
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        return beyond

    with _running(begin) as proxy:
        yield proxy


@contextmanager
def _running(begin: Callable[[socket.socket, Proxy], socket.socket | None]) -> Iterator[Proxy]:
    class Talk(BaseRequestHandler):
        server: _Server

        def handle(self) -> None:
            with suppress(OSError):
                beyond = begin(self.request, self.server.proxy)
                if beyond is not None:
                    with beyond:
                        _join(self.request, beyond)

    with _Server((_HERE, 0), Talk) as server:
        server.proxy = Proxy(port=server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.proxy
        finally:
            server.shutdown()
            thread.join()


def _head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (data := client.recv(4_096)):
        head += data
    return head


def _join(client: socket.socket, beyond: socket.socket) -> None:
    """Bytes go both ways until either side hangs up."""
    back = Thread(target=_pump, args=(beyond, client), daemon=True)
    back.start()
    _pump(client, beyond)
    back.join()


def _pump(source: socket.socket, drain: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            drain.sendall(data)
    with suppress(OSError):
        drain.shutdown(socket.SHUT_WR)
