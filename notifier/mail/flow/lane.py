"""A session and what it has in hand: one message on the wire, one begun behind it.

Knows the order in which a message is begun, marked, finished and recorded. Must never know whose
turn it is, nor what a reply means.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from notifier.errors import TransportUnavailable
from notifier.mail import Session, Transport
from notifier.mail.ledger import LedgerEntry
from notifier.mail.outcome import told
from notifier.mail.relay_standing import anonymous
from notifier.model import Envelope, Reply, Stage

#: A relay that drops so many messages in a row is left alone until the next run.
_LOST_IN_A_ROW = 3
#: The service closes (RFC 5321 section 3.8).
_CLOSING = 421
_LOST = (None, _CLOSING)


class SharedByLanes(Protocol):
    """What lanes share."""

    @property
    def goes_on(self) -> bool:
        """Whether there is, or may be, something to be sent."""
        ...

    def enter(self, lane: "Lane") -> None:
        """It sends, until it is told that nothing is left; that may be so by now."""
        ...

    def leave(self, lane: "Lane") -> None:
        """Its session is over."""
        ...

    def next(self, behind: Envelope | None) -> Envelope | None:
        """The next message, where there is one ready and it may still be begun ``behind`` what is
        on the wire.
        """
        ...

    def ended(self, envelope: Envelope, seconds: float) -> None:
        """A session has done with it, which took it so long."""
        ...

    def write_down(self, lane: "Lane | None", exchange: LedgerEntry) -> None:
        """It is to be on record; the lane is told once it is."""
        ...

    def give_back(self, lane: "Lane", envelope: Envelope) -> None:
        """It goes out another way: it is not to blame that it did not leave."""
        ...


class Lane:
    """A session and what it has in hand: one message on the wire, one begun behind it.

    A session that takes no more is followed by another one.
    """

    def __init__(self, run: SharedByLanes, transport: Transport) -> None:
        self._run = run
        self._transport = transport
        self._session: Session | None = None
        self._on_wire: Envelope | None = None
        self._ahead: Envelope | None = None
        # How this session broke, and those before it since the last one that did not.
        self._broken: Reply | None = None
        self._lost: list[Reply] = []
        # What was refused here and is not on record: that may want less to be sent.
        self._undecided = 0
        # When it last had nothing in hand, or was done with the message before.
        self._since = 0.0
        self._over: asyncio.Future[None]

    async def open(self) -> Session:
        """A session is open, and this lane's. Raises TransportUnavailable."""
        session = await self._transport.open(self.ended)
        if not session.usable:
            await session.close()
            raise TransportUnavailable(self._transport.name, "it hangs up at once")
        self._session = session
        return session

    async def work(self) -> None:
        """Nothing is left to be sent. Raises TransportUnavailable, with nothing in hand."""
        while self._run.goes_on:
            session = self._session or await self.open()
            self._over, self._broken = asyncio.get_running_loop().create_future(), None
            self._run.enter(self)
            try:
                await self._over
            finally:
                self._session = None
                self._run.leave(self)
                await session.close()
        if self._session:
            await self._session.close()

    @property
    def is_idle(self) -> bool:
        return self._on_wire is None and self._ahead is None

    def fill(self) -> None:
        """A message is begun, where there is one and none is begun already."""
        session = self._session
        if session is None or self._ahead:
            return
        if session.usable and not self._undecided and (envelope := self._run.next(self._on_wire)):
            self._ahead = envelope
            session.begin(envelope)
            if self._on_wire is None:
                self._since = time.monotonic()
                self._run.write_down(self, LedgerEntry(following=envelope))
        elif not session.usable and self.is_idle:
            self.end()

    def served(self, exchange: LedgerEntry) -> None:
        """What was to be written down is on record; what may leave leaves."""
        if exchange.ended and not _is_taken(exchange.ended[1]):
            self._undecided -= 1
            self.fill()
        envelope, session = exchange.following, self._session
        if envelope is None or envelope is not self._ahead or session is None:
            return
        if exchange.is_marked:
            self._on_wire, self._ahead = envelope, None
            self.fill()
            session.finish()
        else:
            # A server that went ahead can only be left alone: nobody is to get it, or nobody knows.
            self._ahead = None
            self._run.ended(envelope, 0.0)
            if exchange.problem:
                self._run.give_back(self, envelope)
            session.abort()
            self.fill()

    def ended(self, envelope: Envelope, reply: Reply) -> None:
        """A message ended: what is begun behind it may leave once that is on record."""
        following = None
        if envelope is self._on_wire:
            self._on_wire, following = None, self._ahead
        elif envelope is self._ahead:
            self._ahead = None
        else:  # It was taken from this session.
            return
        if reply.code not in _LOST:
            self._lost.clear()
        now = time.monotonic()
        self._run.ended(envelope, now - self._since)
        self._since = now
        if self._broken and has_not_left(reply):
            self._run.give_back(self, envelope)
        else:
            self._undecided += not _is_taken(reply)
            self._run.write_down(self, LedgerEntry((envelope, reply), following))
        if reply.code in _LOST:
            self._broken = self._broken or reply
        self.fill()

    def give_up(self) -> None:
        """Nobody knows what became of what is in hand."""
        for envelope in filter(None, (self._on_wire, self._ahead)):
            self._run.ended(envelope, 0.0)
        if self._ahead:
            self._run.give_back(self, self._ahead)
        self._on_wire = self._ahead = None
        with suppress(Exception):
            if self._session:
                self._session.abort()
        self.end()

    def end(self) -> None:
        """The session is closed; another one follows it while there is something to send."""
        if not self._over.done():
            if self._broken:
                self._lost.append(self._broken)
            if len(self._lost) >= _LOST_IN_A_ROW:
                problem = _dropped(self._lost)
                self._over.set_exception(TransportUnavailable(self._transport.name, problem))
            else:
                self._over.set_result(None)


def _is_taken(reply: Reply) -> bool:
    return (reply.code or 0) // 100 == 2


def has_not_left(reply: Reply) -> bool:
    """Whether a connection ended before the server could take the message."""
    return reply.code == _CLOSING or (reply.code is None and reply.stage is not Stage.DOT)


def _dropped(lost: Sequence[Reply]) -> str:
    """The last words of the server, without the address that they may hold: this is logged."""
    said = anonymous(told(lost[-1]))
    last = f", the last with {said}" if said else ""
    return f"it dropped {len(lost)} messages in a row{last}; `deliveries` says more"
