"""A mail server that speaks line by line as a test dictates, pipelining and all.

Knows the bytes of SMTP. Must never know the client; aiosmtpd (tests/smtp.py) is the polite one.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

#: Hang up instead of replying.
HANG_UP = b""
#: Never reply.
SILENCE = b"..."
#: Go ahead, and then read no more.
DEAF = b"354 deaf\r\n"
#: Go ahead, and then hang up.
GONE = b"354 gone\r\n"

USUAL = {
    "EHLO": b"250-wire\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    "HELO": b"250 wire\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go ahead\r\n",
    ".": b"250 2.0.0 Ok\r\n",
    "RSET": b"250 2.0.0 Ok\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass(slots=True, kw_only=True)
class ScriptedSmtp:
    """A listening server; what it heard, line by line, and the contents it was sent.

    ``replies`` gives for a verb the replies by turns; the last one stays. Where there is none, the
    reply is as usual.
    """

    replies: Mapping[str, Sequence[bytes]]
    port: int = 0
    lines: list[bytes] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    sessions: int = 0
    _asked: dict[str, int] = field(default_factory=dict)
    _talks: set[asyncio.Task[None]] = field(default_factory=set)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.add(asyncio.create_task(self._serve(reader, writer)))

    async def end(self) -> None:
        """Nobody waits for a reply any more, and every session is closed."""
        self._over.set()
        await asyncio.gather(*self._talks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        try:
            await self._talk(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 wire\r\n")
        while line := await reader.readline():
            self.lines.append(line.rstrip(b"\r\n"))
            verb = line[:4].decode().strip().upper()
            if not await self._reply(writer, verb):
                return
            if verb == "DATA" and self._said("DATA").startswith(b"354"):
                if self._said("DATA") == DEAF:
                    await self._over.wait()
                if self._said("DATA") in {DEAF, GONE}:
                    return
                self.contents.append(await _content(reader))
                if not await self._reply(writer, "."):
                    return
            if verb == "QUIT":
                return

    async def _reply(self, writer: asyncio.StreamWriter, verb: str) -> bool:
        self._asked[verb] = self._asked.get(verb, 0) + 1
        reply = self._said(verb)
        if reply == HANG_UP:
            return False
        if reply == SILENCE:
            await self._over.wait()
            return False
        writer.write(reply)
        return not reply.startswith(b"421")

    def _said(self, verb: str) -> bytes:
        by_turns = self.replies.get(verb, [USUAL[verb]])
        return by_turns[min(self._asked[verb], len(by_turns)) - 1]


async def _content(reader: asyncio.StreamReader) -> bytes:
    """All up to the final dot; nothing at all is a lone dot."""
    lines = []
    while (line := await reader.readline()) not in {b".\r\n", b""}:
        lines.append(line)
    return b"".join(lines)


@asynccontextmanager
async def scripted_smtp(**replies: Sequence[bytes]) -> AsyncIterator[ScriptedSmtp]:
    """A server on a loopback port of its own. ``DOT`` stands for the reply to the final dot."""
    told = {("." if verb == "DOT" else verb): said for verb, said in replies.items()}
    talking = ScriptedSmtp(replies=told)
    server = await asyncio.start_server(talking.accept, "127.0.0.1", 0)
    talking.port = server.sockets[0].getsockname()[1]
    async with server:
        yield talking
        server.close()
        await talking.end()
