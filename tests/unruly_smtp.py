"""A mail server as bad days bring them: it defers, refuses, hangs up, dawdles and talks nonsense.

Knows the bytes of SMTP, and keeps a journal of what it took. Must never know the client.
"""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from zlib import crc32

from tests.services import listening

#: One mailbox of so many is dead, always the same ones.
_DEAD_OF = 40
_LONGEST_PAUSE_SECONDS = 0.2
_HANG_UP = b""
#: What a session may be offered; the last knows no EHLO at all.
_OFFERS = (
    b"250-unruly\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n",
    b"250-unruly\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"250 unruly\r\n",
    b"502 5.5.1 what is that\r\n",
)
#: What it says instead of the usual, by verb; a reply of no code is nonsense.
_TROUBLE = {
    "MAIL": (b"451 4.3.0 later\r\n", b"421 4.3.2 closing\r\n", _HANG_UP, b"well\r\n"),
    "RCPT": (
        b"450 4.2.0 grey\r\n",
        b"452 4.5.3 too many\r\n",
        b"451 4.7.1 try again in 60 seconds\r\n",
        b"421 4.7.0 slow down\r\n",
        _HANG_UP,
        b"999 what\r\n",
    ),
    "DATA": (b"451 4.3.0 later\r\n", b"421 4.3.2 closing\r\n", _HANG_UP, b"\x1b]0;x\x07\r\n"),
    # Not taken.
    ".": (b"451 4.3.0 later\r\n", b"452 4.3.1 full\r\n", b"421 4.3.2 closing\r\n", _HANG_UP),
    # Taken, and the client is left in doubt, or told so in an odd way.
    "taken": (_HANG_UP, b"no reply\r\n", b"250 2.0.0 \x00\x1b[31mtaken\x9b\r\n"),
}
_TAKEN = b"250 2.0.0 taken\r\n"
_USUAL = {"MAIL": b"250 2.1.0 ok\r\n", "RCPT": b"250 2.1.5 ok\r\n", "DATA": b"354 go ahead\r\n"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A message it took: for whom, and what tells it from another."""

    recipient: str
    message_id: str
    digest: str


@dataclass(slots=True, kw_only=True)
class UnrulySmtp:
    """A listening server. ``trouble`` is the share of commands that go wrong, ``most`` how many
    sessions it lets in at once. ``silences`` counts the messages of which nobody was told whether
    it took them, ``answered`` are those whose last one it took, and said so.
    """

    port: int
    chance: random.Random
    trouble: float
    most: int
    journal: list[Taken] = field(default_factory=list)
    silences: int = 0
    answered: set[str] = field(default_factory=set)
    sessions: int = 0
    _ended: list[float] = field(default_factory=list)

    def is_dead(self, recipient: str) -> bool:
        """Whether this mailbox never takes anything."""
        return crc32(recipient.encode()) % _DEAD_OF == 0

    def calm(self) -> None:
        """From now on everything is as it should be."""
        self.trouble = 0

    def open_since(self, moment: float) -> int:
        """How many sessions there are, or were at that moment (of time.monotonic) or later."""
        return self.sessions + sum(ended >= moment for ended in self._ended)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        try:
            with suppress(ConnectionError):
                await self._talk(reader, writer)
        finally:
            self._ended.append(time.monotonic())
            self.sessions -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.sessions > self.most or self._goes_wrong():
            writer.write(b"421 4.7.0 too many sessions\r\n")
            return
        writer.write(b"220 unruly ESMTP\r\n")
        offer = self.chance.choice(_OFFERS) if self.trouble else _OFFERS[0]
        recipient, has_sender = "", False
        while line := await reader.readline():
            verb = line[:4].decode("ascii", "replace").strip().upper()
            reply = offer if verb == "EHLO" else await self._reply(verb, line)
            if verb == "MAIL":
                recipient, has_sender = "", reply == _USUAL["MAIL"]
            if verb == "RCPT":
                recipient = _path(line) if has_sender and reply == _USUAL["RCPT"] else ""
            writer.write(reply)
            if reply == _USUAL["DATA"]:
                reply = await self._take(recipient, await _content(reader))
                writer.write(reply)
            if reply == _HANG_UP or reply.startswith((b"221", b"421")):
                return

    async def _reply(self, verb: str, line: bytes) -> bytes:
        if verb == "RCPT" and self.is_dead(_path(line)):
            return b"550 5.1.1 no such mailbox\r\n"
        if verb in _USUAL and self._goes_wrong():
            return await self._trouble(verb)
        return _USUAL.get(verb, b"221 2.0.0 bye\r\n" if verb == "QUIT" else b"250 2.0.0 ok\r\n")

    async def _take(self, recipient: str, content: bytes) -> bytes:
        if not recipient:
            # RFC 2920 section 3.1: it may go ahead with nobody to send it to.
            return b"554 5.5.1 no valid recipients\r\n"
        self.answered.discard(recipient)
        if self._goes_wrong():
            reply = await self._trouble(".")
            self.silences += reply == _HANG_UP
            return reply
        [message_id] = [
            line[12:].decode()
            for line in content.split(b"\r\n")
            if line.startswith(b"Message-ID: ")
        ]
        self.journal.append(Taken(recipient, message_id, sha256(content).hexdigest()))
        reply = await self._trouble("taken") if self._goes_wrong() else _TAKEN
        if reply.startswith(b"250"):
            self.answered.add(recipient)
        else:
            self.silences += 1
        return reply

    async def _trouble(self, verb: str) -> bytes:
        await asyncio.sleep(self.chance.uniform(0, _LONGEST_PAUSE_SECONDS))
        return self.chance.choice(_TROUBLE[verb])

    def _goes_wrong(self) -> bool:
        return self.chance.random() < self.trouble


def _path(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]


async def _content(reader: asyncio.StreamReader) -> bytes:
    """All up to the final dot. Raises ConnectionError where it does not come."""
    lines: list[bytes] = []
    while (line := await reader.readline()) != b".\r\n":
        if not line:
            raise ConnectionResetError
        lines.append(line)
    return b"".join(lines)


@contextmanager
def unruly_smtp(seed: int, *, trouble: float = 0.03, most: int = 15) -> Iterator[UnrulySmtp]:
    """A server on a loopback port of its own, in a thread of its own."""
    bound = listening()
    server = UnrulySmtp(
        port=bound.getsockname()[1], chance=random.Random(seed), trouble=trouble, most=most
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    started = asyncio.start_server(server.accept, sock=bound, limit=2**20)
    served = asyncio.run_coroutine_threadsafe(started, loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_ended(served), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended(server: asyncio.Server) -> None:
    """Nobody is let in, and whoever talks is cut off."""
    server.close()
    talks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for talk in talks:
        talk.cancel()
    await asyncio.gather(*talks, return_exceptions=True)
