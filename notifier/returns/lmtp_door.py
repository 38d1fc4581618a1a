"""The door of LMTP (RFC 2033): a mail server of ours hands over what comes back.

Knows the protocol, by aiosmtpd. Must never know what a mail says, nor take any for others.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import Thread

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from typing_extensions import override

from feeds.errors import StoreError
from notifier.errors import CannotListen

log = structlog.get_logger(__name__)

#: Whoever sends more sends no report; the size of a mail is told with LHLO (RFC 1870).
_MOST_BYTES = 2_000_000
#: A mail server keeps a few connections, and brings a few mails by each.
_MOST_CONNECTIONS = 20
_MOST_A_CONNECTION = 20_000_000
_PATIENCE = 60.0

Take = Callable[[bytes, Sequence[str]], object]


class LmtpDoor:
    """What answers each command; ``own`` are the addresses that mail is taken for, a star in one
    standing for anything.
    """

    def __init__(self, take: Take, own: Sequence[str]) -> None:
        self._take = take
        self._own = [
            re.compile(re.escape(each).replace(r"\*", "[^@]*"), re.IGNORECASE) for each in own
        ]

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self,
        _server: LMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if not any(each.fullmatch(address) for each in self._own):
            return "550 5.1.1 no mailbox of ours"
        # After the dot there is a reply for each, and the library knows of one alone.
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, _server: LMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        try:
            await asyncio.to_thread(self._take, content, tuple(envelope.rcpt_tos))
        except StoreError as error:
            log.error("mail not taken", problem=str(error))  # noqa: TRY400 - expected
            return "451 4.3.0 the store does not answer; try again later"
        return "250 2.0.0 taken"


class _Server(LMTP):
    """One connection, of a few: they are descriptors and memory of the daemon."""

    #: Beyond 998 octets a line is wrong, and some mails that are returned have such.
    line_length_limit = 100_000

    def __init__(
        self, door: LmtpDoor, live: "set[_Server]", loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            door, data_size_limit=_MOST_BYTES, enable_SMTPUTF8=True, timeout=_PATIENCE, loop=loop
        )
        self._live = live
        self._read = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._live) < _MOST_CONNECTIONS:
            self._live.add(self)
            super().connection_made(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.3.2 too many connections, try again later\r\n")
            transport.close()

    @override
    def data_received(self, data: bytes) -> None:
        if self not in self._live:
            return
        self._read += len(data)
        # Without an end of line, the library keeps it all.
        if self._read > _MOST_A_CONNECTION and isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
            return
        super().data_received(data)

    @override
    def connection_lost(self, error: Exception | None) -> None:
        if self in self._live:
            self._live.remove(self)
            super().connection_lost(error)


@contextmanager
def lmtp(host: str, port: int, take: Take, own: Sequence[str]) -> Iterator[None]:
    """Mail is taken at this address until the end. Raises CannotListen."""
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise CannotListen(host, port, error.strerror or str(error)) from error
    begun: Future[Callable[[], object]] = Future()
    answering = _answer(listening, LmtpDoor(take, own), begun)
    thread = Thread(target=asyncio.run, args=(answering,), name="lmtp")
    thread.start()
    stop = begun.result()
    try:
        yield
    finally:
        stop()
        thread.join()


async def _answer(
    listening: socket.socket, door: LmtpDoor, begun: "Future[Callable[[], object]]"
) -> None:
    """Whoever connects is answered until what ``begun`` tells is called, from another thread."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()

    live: set[_Server] = set()
    try:
        server = await loop.create_server(partial(_Server, door, live, loop), sock=listening)
    except BaseException as error:
        begun.set_exception(error)
        raise
    begun.set_result(partial(loop.call_soon_threadsafe, stopping.set))
    await stopping.wait()
    server.close()
