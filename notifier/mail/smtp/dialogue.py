"""One SMTP session after its greeting: transactions spoken over a pair of streams.

Knows who speaks when (RFC 5321, RFC 2920). Must never know how the connection came about, or
what a reply means for a delivery.
"""

import asyncio
from dataclasses import dataclass

from notifier.mail.smtp.commands import Extensions, Transaction, begin
from notifier.mail.smtp.replies import MOST_LINES, Malformed, ReplyLine, assembled, line
from notifier.model import Envelope, Reply, Stage

#: The end of a message that is written at once, dot and all, when the rest has gone out. Before
#: that nothing is in doubt, however large a message is.
_PIECE_BYTES = 64 * 1024
#: How long a server may take over QUIT: everything is settled by then.
_GOODBYE_SECONDS = 5

_CLOSING = 421
_GO_AHEAD = 354
#: The class of the reply that lets a transaction go on.
_GOES_ON = {Stage.MAIL: 2, Stage.RCPT: 2, Stage.DATA: 3, Stage.DOT: 2}


@dataclass(slots=True, kw_only=True)
class SmtpSession:
    """Sends one message after the other, ``messages`` more at most."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    extensions: Extensions
    messages: int
    timeout_seconds: float

    @property
    def usable(self) -> bool:
        return self.messages > 0 and not self._is_gone

    async def send(self, envelope: Envelope) -> Reply:
        """Offers the message once; the reply is the one that ended the transaction.

        Without a code the connection was lost, or the server silent for too long: at stage DOT
        once the final dot was written, and only then.
        """
        transaction = begin(envelope, self.extensions)
        if isinstance(transaction, Reply):
            return transaction
        self.messages -= 1
        return await self._transact(transaction)

    async def close(self) -> None:
        """The connection is closed, after a QUIT where the server still listens."""
        if not self._is_gone:
            self.timeout_seconds = min(self.timeout_seconds, _GOODBYE_SECONDS)
            self.writer.write(b"QUIT\r\n")
            await self._hear(Stage.MAIL)
        self.writer.close()
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self.writer.wait_closed()
        except OSError:
            self.writer.transport.abort()

    @property
    def _is_gone(self) -> bool:
        return self.writer.is_closing() or self.reader.at_eof()

    async def _transact(self, transaction: Transaction) -> Reply:
        for group in transaction.groups:
            self.writer.write(b"".join(step.command for step in group))
            replies = await self._hear(*(step.stage for step in group))
            refused = next((reply for reply in replies if not _goes_on(reply)), None)
            if refused:
                await self._clear(replies[-1])
                return refused
        return await self._hand_over(transaction.content)

    async def _clear(self, last: Reply) -> None:
        """The server is ready for another transaction, or the session has ended.

        It may go ahead although it refused the recipient: then it gets a message that ends before
        it began, which it cannot send to anybody (RFC 2920 section 3.1).
        """
        if self._is_gone:
            return
        went_ahead = last.code == _GO_AHEAD
        self.writer.write(b".\r\n" if went_ahead else b"RSET\r\n")
        [answer] = await self._hear(Stage.DOT)
        if not went_ahead and not _goes_on(answer):
            self.writer.close()

    async def _hand_over(self, content: bytes) -> Reply:
        body, end = content[:-_PIECE_BYTES], content[-_PIECE_BYTES:]
        if body:
            self.writer.write(body)
            try:
                async with asyncio.timeout(self.timeout_seconds):
                    await self.writer.drain()
            except OSError as error:
                return self._lost(Stage.DATA, str(error) or "the server takes no more")
        if self._is_gone:
            return self._lost(Stage.DATA, "the server hung up")
        self.writer.write(end)
        [reply] = await self._hear(Stage.DOT)
        return reply

    async def _hear(self, *stages: Stage) -> list[Reply]:
        """A reply for each stage, as long as the server answers as one can understand."""
        replies: list[Reply] = []
        try:
            async with asyncio.timeout(self.timeout_seconds):
                for stage in stages:
                    replies.append(assembled(stage, await self._lines()))
                    if not _is_in_step(replies[-1]):
                        self.writer.close()
                        break
        except TimeoutError:
            silence = f"no reply within {self.timeout_seconds:g} seconds"
            replies.append(self._lost(stages[len(replies)], silence))
        except (OSError, ValueError, Malformed) as error:
            replies.append(self._lost(stages[len(replies)], str(error)))
        return replies

    async def _lines(self) -> list[ReplyLine]:
        lines: list[ReplyLine] = []
        while len(lines) < MOST_LINES:
            received = await self.reader.readline()
            if not received.endswith(b"\n"):
                raise ConnectionResetError("the server hung up")
            lines.append(line(received.rstrip(b"\r\n")))
            if lines[-1].is_last:
                return lines
        raise Malformed(f"a reply of more than {MOST_LINES} lines")

    def _lost(self, stage: Stage, problem: str) -> Reply:
        # Not closed: that would wait until the server has read what was written.
        self.writer.transport.abort()
        return Reply(stage=stage, code=None, enhanced=None, text=problem)


def _goes_on(reply: Reply) -> bool:
    return (reply.code or 0) // 100 == _GOES_ON[reply.stage]


def _is_in_step(reply: Reply) -> bool:
    """Whether server and client agree on what comes next."""
    return _goes_on(reply) or (reply.code != _CLOSING and (reply.code or 0) // 100 in {4, 5})
