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

from feeds.errors import StoreError
from notifier.errors import CannotListen

log = structlog.get_logger(__name__)

#: Whoever sends more sends no report; the size of a mail is told with LHLO (RFC 1870).
_MOST_BYTES = 10_000_000

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
    #: Beyond 998 octets a line is wrong, and some mails that are returned have such.
    line_length_limit = 100_000


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

    def answerer() -> LMTP:
        return _Server(door, data_size_limit=_MOST_BYTES, enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(answerer, sock=listening)
    begun.set_result(partial(loop.call_soon_threadsafe, stopping.set))
    await stopping.wait()
    server.close()
