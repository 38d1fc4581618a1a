"""One SMTP session after its greeting: transactions spoken over a connection, one behind the other.

Knows who speaks when (RFC 5321, RFC 2920). Must never know how the connection came about, or
what a reply means for a delivery.

Where the server pipelines, the commands of the next message follow the final dot of the one before
in one write, so that a message costs one round trip; every reply is read and counted all the same.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from typing_extensions import override

from notifier.mail import Ended
from notifier.mail.smtp.commands import COMMANDS, Extensions, Transaction, Waits, begin
from notifier.mail.smtp.replies import (
    LONGEST_LINE_BYTES,
    MOST_LINES,
    Malformed,
    ReplyLine,
    assembled,
    line,
    taken,
)
from notifier.model import Envelope, Reply, Stage

#: The end of a message that is written at once, dot and all, when the rest has gone out. Before
#: that nothing is in doubt, however large a message is.
_PIECE_BYTES = 64 * 1024
#: How long a server may take over QUIT: everything is settled by then.
_GOODBYE_SECONDS = 5

#: So many replies are awaited where a message has left and all commands of the next one.
_AFTER_DOT = 4
_CLOSING = 421
_GO_AHEAD = 354
#: The class of the reply that lets a transaction go on.
_GOES_ON = {Stage.MAIL: 2, Stage.RCPT: 2, Stage.DATA: 3, Stage.DOT: 2}


@dataclass(slots=True, eq=False)
class _Talk:
    """What is said about one message, and how far that is.

    So many of the ``commands`` are ``said``. After the reply ``refused`` no other one counts, and
    the server is asked once to forget about it (``is_cleared``). ``is_ready`` tells that the
    server went ahead, ``may_end`` that the message may leave.
    """

    envelope: Envelope
    commands: tuple[bytes, ...]
    content: Sequence[bytes]
    size: int
    end: bytes
    said: int = 0
    refused: Reply | None = None
    is_cleared: bool = False
    is_ready: bool = False
    may_end: bool = False
    has_left: bool = False


class SmtpSession(asyncio.Protocol):
    """Sends one message after the other over ``transport``, ``messages`` more at most.

    The reply told of each is the one that ended its transaction. Without a code the connection was
    lost, or the server silent for too long: at stage DOT once the final dot was written, and only
    then. Notifications of its failure are asked for by its ``envid``, if there is one. ``heard``
    is told all that the server says.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        extensions: Extensions,
        ended: Ended,
        *,
        messages: int,
        waits: Waits,
        envid: Callable[[int], str] | None = None,
        heard: Callable[[bytes], None] | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._extensions = extensions
        self._ended = ended
        self._left = messages
        self._waits = waits
        self._envid = envid
        self._heard = heard
        self._talks: deque[_Talk] = deque()
        # Who is to be answered next, in which stage; one that was refused is cleared up after.
        self._expected: deque[tuple[_Talk | None, Stage]] = deque()
        self._begun = b""
        self._lines: list[ReplyLine] = []
        self._is_full = False
        self._drained: _Talk | None = None
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._problem = ""
        self._gone = self._loop.create_future()
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        return self._left > 0 and not self._transport.is_closing()

    def begin(self, envelope: Envelope) -> None:
        transaction = begin(envelope, self._extensions, self._envid)
        if isinstance(transaction, Transaction):
            self._left -= 1
            talk = _Talk(envelope, *transaction)
        else:
            talk = _Talk(envelope, (), (), 0, b"", refused=transaction)
        self._talks.append(talk)
        first = self._talks[0]
        if self._transport.is_closing():
            self._loop.call_soon(self._forsake, "the server hung up")
        elif talk is first and talk.refused:
            self._loop.call_soon(self._end_refused)
        elif talk is first or (first.has_left and self._extensions.pipelining):
            self._write(self._said(talk))

    def finish(self) -> None:
        for talk in self._talks:  # None where the connection was lost meanwhile.
            if not talk.may_end:
                talk.may_end = True
                if talk.is_ready:
                    self._leave(talk)
                return

    def abort(self) -> None:
        self._lose("aborted")

    async def close(self) -> None:
        """The connection is closed, after a QUIT where the server still listens."""
        if not self._transport.is_closing() and not self._talks:
            self._waits = Waits.each(min(self._waits.shortest, _GOODBYE_SECONDS))
            self._expected.append((None, Stage.MAIL))
            if self._timer:
                self._timer.cancel()
                self._timer = None
            self._write(b"QUIT\r\n")
        else:
            self._lose("closed")
        # Without a reply the time-out ends it; TLS may wait for a goodbye of its own.
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _GOODBYE_SECONDS):
                await self._gone
        self._transport.abort()

    # What asyncio calls

    @override
    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        if self._heard:
            self._heard(data)
        if self._begun:
            data = self._begun + data
        is_usual = len(self._expected) == _AFTER_DOT and not self._lines
        if is_usual and (usual := taken(data)):
            self._hear_usual(*usual)
            return
        lines = data.split(b"\n")
        self._begun = lines.pop()
        try:
            for received in lines:
                self._hear(received)
            _bounded(self._begun)
        except Malformed as error:
            self._lose(str(error))

    @override
    def pause_writing(self) -> None:
        self._is_full = True

    @override
    def resume_writing(self) -> None:
        self._is_full = False
        if talk := self._drained:
            self._drained = None
            self._write_end(talk)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        if not self._gone.done():
            self._gone.set_result(None)
        self._forsake(str(exc) if exc else self._problem or "the server hung up")

    # What is said

    def _said(self, talk: _Talk) -> bytes:
        """The commands of a message that may be said at once; their replies are expected."""
        before = talk.said
        talk.said = len(talk.commands) if self._extensions.pipelining else before + 1
        self._expected.extend([(talk, stage) for stage in COMMANDS[before : talk.said]])
        return b"".join(talk.commands[before : talk.said])

    def _leave(self, talk: _Talk) -> None:
        """The message goes out whole: its end, which puts it in doubt, when the rest has gone."""
        if talk.size > _PIECE_BYTES:
            self._transport.set_write_buffer_limits(high=0)
            whole = b"".join(talk.content)
            self._write(whole[:-_PIECE_BYTES])
            talk.content = [whole[-_PIECE_BYTES:]]
            if self._is_full:
                self._drained = talk
                return
        self._write_end(talk)

    def _write_end(self, talk: _Talk) -> None:
        if self._transport.is_closing():
            return
        talk.has_left = True
        self._expected.append((talk, Stage.DOT))
        behind = b""
        if self._extensions.pipelining and len(self._talks) > 1:
            behind = self._said(self._talks[1])
        self._write(b"".join((*talk.content, talk.end, behind)))
        talk.content = ()

    def _write(self, said: bytes) -> None:
        if said:
            self._transport.write(said)
            self._await()

    # What is heard

    def _hear_usual(self, reply: Reply, goes_on: bool) -> None:  # noqa: FBT001 - as it is read
        """The message was taken, and the server may have gone ahead with the next one."""
        talk, following = self._talks
        if goes_on:
            self._expected.clear()
            following.is_ready = True
        else:
            self._expected.popleft()
        self._end(talk, reply)

    def _hear(self, received: bytes) -> None:
        """A line from the server. Raises Malformed."""
        if not self._expected:
            # It says so when it is about to close, and is out of step in any other case.
            raise Malformed(f"unasked: {received[:80]!r}")
        talk, stage = self._expected[0]
        goes_on = b"354 " if stage is Stage.DATA else b"250 "
        # What most replies are: whatever it says, the transaction goes on.
        is_usual = received[:4] == goes_on and stage is not Stage.DOT and not self._lines
        if is_usual and talk and not talk.refused:
            self._expected.popleft()
            self._go_on(talk, stage)
            return
        self._lines.append(line(_bounded(received).rstrip(b"\r")))
        if self._lines[-1].is_last:
            reply = assembled(stage, self._lines)
            self._lines.clear()
            self._expected.popleft()
            self._take(talk, reply)
        elif len(self._lines) >= MOST_LINES:
            raise Malformed(f"a reply of more than {MOST_LINES} lines")

    def _take(self, talk: _Talk | None, reply: Reply) -> None:
        if talk is None:  # Nothing but the goodbye is said of no message.
            self._transport.close()
        elif not _is_in_step(reply):
            talk.refused = talk.refused or reply
            self._lose("out of step")
        elif talk.refused:
            self._clear(talk, reply)
        elif reply.stage is Stage.DOT:
            self._end(talk, reply)
        elif _goes_on(reply):
            self._go_on(talk, reply.stage)
        else:
            talk.refused = reply
            talk.commands = talk.commands[: talk.said]
            self._clear(talk, reply)

    def _go_on(self, talk: _Talk, stage: Stage) -> None:
        self._await()
        if stage is Stage.DATA:
            talk.is_ready = True
            if talk.may_end:
                self._leave(talk)
        elif talk.said < len(talk.commands):
            self._write(self._said(talk))

    def _clear(self, talk: _Talk, reply: Reply) -> None:
        """The server is ready for another transaction, or the session has ended.

        It may go ahead although it refused the recipient: then it gets a message that ends before
        it began, which it cannot send to anybody (RFC 2920 section 3.1).
        """
        if self._is_asked(talk):
            return
        if talk.is_cleared:
            self._end(talk, talk.refused or reply)
            if not _goes_on(reply) and reply.stage is Stage.MAIL:
                self._lose("it does not reset")
            return
        talk.is_cleared = True
        went_ahead = reply.code == _GO_AHEAD
        self._expected.append((talk, Stage.DOT if went_ahead else Stage.MAIL))
        self._write(b".\r\n" if went_ahead else b"RSET\r\n")

    def _is_asked(self, talk: _Talk) -> bool:
        return any(one is talk for one, _ in self._expected)

    def _end(self, talk: _Talk, reply: Reply) -> None:
        self._talks.popleft()
        self._await()
        self._ended(talk.envelope, reply)
        self._end_refused()
        following = self._talks[0] if self._talks else None
        if following and not following.said and not self._is_asked(following):
            self._write(self._said(following))

    def _end_refused(self) -> None:
        """What no server could take ends in its turn, before a word was said about it."""
        while self._talks and (refused := self._talks[0].refused):
            if self._is_asked(self._talks[0]):
                break
            self._ended(self._talks.popleft().envelope, refused)

    # What is not heard

    def _await(self) -> None:
        """Whatever is awaited now may take the whole time that it has."""
        self._since = self._loop.time()
        if self._timer is None:
            # To set another clock for each would cost more, and some have less time than others.
            self._timer = self._loop.call_at(self._since + self._waits.shortest, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._expected and self._drained is None:
            return
        wait = self._waits.reply(self._expected[0][1]) if self._expected else self._waits.block
        now = self._loop.time()
        if now < self._since + wait:
            at = min(self._since + wait, now + self._waits.shortest)
            self._timer = self._loop.call_at(at, self._look)
        elif self._drained:
            self._lose("the server takes no more")
        else:
            self._lose(f"no reply within {wait:g} seconds")

    def _lose(self, problem: str) -> None:
        # Not closed: that would wait until the server has read what was written.
        self._problem = self._problem or problem
        self._transport.abort()
        self._forsake(problem)

    def _forsake(self, problem: str) -> None:
        """Everything that was begun has ended, without a reply that counts."""
        stages = {id(talk): stage for talk, stage in reversed(self._expected)}
        self._expected.clear()
        talks, self._talks, self._drained = self._talks, deque(), None
        for talk in talks:
            said = Stage.DATA if talk.is_ready else stages.get(id(talk), Stage.MAIL)
            stage = Stage.DOT if talk.has_left else said
            lost = Reply(stage=stage, code=None, enhanced=None, text=problem)
            self._ended(talk.envelope, talk.refused or lost)


def _bounded(received: bytes) -> bytes:
    if len(received) > LONGEST_LINE_BYTES:
        raise Malformed("a reply line without an end")
    return received


def _goes_on(reply: Reply) -> bool:
    return (reply.code or 0) // 100 == _GOES_ON[reply.stage]


def _is_in_step(reply: Reply) -> bool:
    """Whether server and client agree on what comes next."""
    return _goes_on(reply) or (reply.code != _CLOSING and (reply.code or 0) // 100 in {4, 5})
