"""Delivery: what is queued goes out, and what becomes of it is on record.

Knows the order of claiming, sending and recording. Must never know SMTP, templates, or what a
reply means.

Each session has one message on the wire at most, and the next one begun behind it; one thread keeps
the ledger for all of them. What is begun leaves whole once it is on record that it may, together
with how the message before it ended: whatever waits at one moment is recorded in one transaction.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final, Literal, TypeAlias

from notifier.errors import LeaseLost, TransportUnavailable
from notifier.mail import Session, Transport
from notifier.mail.ledger import Ledger, LedgerEntry
from notifier.mail.turns import Turns
from notifier.model import DeliveryState, Envelope, Reply, Stage

#: A relay that drops so many messages in a row is left alone until the next run.
_LOST_IN_A_ROW = 3
#: The service closes (RFC 5321 section 3.8).
_CLOSING = 421
_LOST = (None, _CLOSING)
#: After so many results in a row that could not be recorded nothing more is sent.
_UNRECORDED_IN_A_ROW = 5
#: With fewer ready than this for each session, more are made ready.
_READY_EACH = 4
#: How often the ledger is looked after where nothing else is to be written down.
_TICK_SECONDS = 1.0


_MORE: Final = "more"
#: What the ledger's thread is asked: to write something down, to get more messages, or to end.
_Asked: TypeAlias = "tuple[_Lane, LedgerEntry] | Literal['more'] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of the messages of one run.

    ``in_doubt`` counts those of which nobody could tell whether they went out: found after a
    crash, or made by a connection lost at the wrong moment. ``problem`` says why the transport
    took no more; what was not sent stays queued.
    """

    accepted: int = 0
    deferred: int = 0
    failed: int = 0
    in_doubt: int = 0
    problem: str | None = None


async def deliver(
    ledger: Ledger, transport: Transport, *, stopping: Event | None = None
) -> DeliveryReport:
    """Everything that is due was offered once, unless ``stopping`` was set meanwhile.

    Then the messages in hand are finished. Nothing is claimed before a session is open. Raises
    StoreBusy where another process of this node is at it.
    """
    problem = None
    with ledger.opened(enough=transport.sessions) as count:
        if count:
            problem = await _Sending(ledger, stopping or Event()).send(transport, count)
    return DeliveryReport(
        accepted=ledger.tally[DeliveryState.ACCEPTED],
        deferred=ledger.tally[DeliveryState.DEFERRED],
        failed=ledger.tally[DeliveryState.FAILED],
        in_doubt=ledger.in_doubt,
        problem=problem,
    )


class _Sending:
    """All sessions at work, and the thread that keeps the ledger for them."""

    def __init__(self, ledger: Ledger, stopping: Event) -> None:
        self._ledger = ledger
        self._stopping = stopping
        self._loop = asyncio.get_running_loop()
        self._inbox: SimpleQueue[_Asked] = SimpleQueue()
        self._turns = Turns()
        self._lanes: set[_Lane] = set()
        self._written = self._returning = 0
        self._asks = False
        self._is_dry = False
        self._is_over = False
        self._is_stopped = False
        self._unrecorded = 0
        self._problem: Exception | None = None

    async def send(self, transport: Transport, count: int) -> str | None:
        """Nothing is left to send in up to ``count`` sessions, or no session to send it in: why.

        The first session comes alone, so that a relay that is down is not asked by all at once.
        """
        lanes = [_Lane(self, transport) for _ in range(count)]
        try:
            await lanes[0].open()
        except TransportUnavailable as error:
            return str(error)
        books = asyncio.create_task(asyncio.to_thread(self._keep))
        ended = await asyncio.gather(*(lane.work() for lane in lanes), return_exceptions=True)
        self._inbox.put(None)
        await books
        problems = [end for end in ended if end is not None]
        for problem in (*problems, self._problem):
            if problem and not isinstance(problem, TransportUnavailable):
                raise problem
        # A relay that lets in fewer than we asked for is no problem: those who got in do it all.
        return str(problems[0]) if len(problems) == count else None

    # What lanes ask for

    def enter(self, lane: "_Lane") -> None:
        """It sends, until it is told that nothing is left; that may be so by now."""
        self._lanes.add(lane)
        self._restock()
        lane.fill()
        self._look()

    def leave(self, lane: "_Lane") -> None:
        self._lanes.discard(lane)
        self._look()

    @property
    def goes_on(self) -> bool:
        """Whether there is, or may be, something to be sent."""
        there_is = self._turns or self._returning or not self._is_dry
        return bool(there_is) and not (self._is_over or self._is_stopped)

    def next(self) -> Envelope | None:
        """The next message, where there is one ready and it may still be begun."""
        if self._is_stopped or self._is_over:
            return None
        envelope = self._turns.take()
        self._restock()
        return envelope

    def write_down(self, lane: "_Lane", exchange: LedgerEntry) -> None:
        self._written += 1
        self._inbox.put((lane, exchange))

    def give_back(self, lane: "_Lane", envelope: Envelope) -> None:
        """It goes out another way: it is not to blame that it did not leave."""
        self._returning += 1
        self.write_down(lane, LedgerEntry(returned=envelope))

    # In the loop, by the ledger's thread

    def _served(self, group: list[tuple["_Lane", LedgerEntry]]) -> None:
        self._written -= len(group)
        if self._stopping.is_set():
            self._is_dry, self._turns = True, Turns()
        for lane, exchange in group:
            self._heed(exchange)
            self._take_back(exchange)
            try:
                lane.served(exchange)
            except Exception as bug:  # noqa: BLE001 - one session's must not cut off the others
                self._note(bug)
                lane.give_up()
        self._fill()
        self._restock()
        self._look()

    def _heed(self, exchange: LedgerEntry) -> None:
        """One result that cannot be recorded is one row's problem; many are the store's."""
        if exchange.problem:
            self._note(exchange.problem)
        if exchange.ended:
            # It may go out once more over another connection.
            self._is_dry = self._is_dry and not _has_not_left(exchange.ended[1])
            self._unrecorded = self._unrecorded + 1 if exchange.problem else 0
            self._is_stopped = self._is_stopped or self._unrecorded >= _UNRECORDED_IN_A_ROW

    def _take_back(self, exchange: LedgerEntry) -> None:
        if exchange.returned:
            self._returning -= 1
            if not (exchange.problem or self._stopping.is_set()):
                self._turns.add([exchange.returned])

    def _lost(self, problem: LeaseLost) -> None:
        """Nothing can be recorded any more, not even what is on the wire."""
        self._note(problem)
        self._is_over = True
        for lane in tuple(self._lanes):
            lane.give_up()

    def _note(self, problem: Exception) -> None:
        self._problem = self._problem or problem

    def _stocked(self, envelopes: list[Envelope]) -> None:
        self._asks = False
        self._is_dry = not envelopes or self._stopping.is_set()
        if not self._stopping.is_set():
            self._turns.add(envelopes)
            self._fill()
        self._restock()
        self._look()

    def _fill(self) -> None:
        for lane in tuple(self._lanes):
            lane.fill()

    def _restock(self) -> None:
        enough = _READY_EACH * len(self._lanes)
        if not (self._is_dry or self._asks or self._is_stopped) and len(self._turns) < enough:
            self._asks = True
            self._inbox.put(_MORE)

    def _look(self) -> None:
        """Ends where nothing is left to be done."""
        nothing_comes = self._is_stopped or (self._is_dry and not self._turns)
        is_quiet = nothing_comes and not (self._asks or self._written)
        if is_quiet and all(lane.is_idle for lane in self._lanes):
            self._is_over = True
            for lane in tuple(self._lanes):
                lane.end()

    # In the ledger's thread

    def _keep(self) -> None:
        goes_on = True
        try:
            while goes_on:
                gathered = self._gathered()
                goes_on = None not in gathered
                self._stopping.is_set()  # Whoever asks is alive.
                group = [one for one in gathered if isinstance(one, tuple)]
                self._ledger.serve([exchange for _, exchange in group])
                if group:
                    self._tell(self._served, group)
                if _MORE in gathered:
                    self._tell(self._stocked, self._envelopes())
        except LeaseLost as problem:
            self._tell(self._lost, problem)

    def _envelopes(self) -> list[Envelope]:
        try:
            return self._ledger.envelopes()
        except Exception as problem:  # noqa: BLE001 - raised once what is on the wire has ended
            self._tell(self._note, problem)
            return []

    def _tell(self, what: Callable[..., None], *of: object) -> None:
        self._loop.call_soon_threadsafe(what, *of)

    def _gathered(self) -> list[_Asked]:
        """All that waits to be written down; nothing after a while."""
        gathered: list[_Asked] = []
        with suppress(Empty):
            gathered.append(self._inbox.get(timeout=_TICK_SECONDS))
            while True:
                gathered.append(self._inbox.get_nowait())
        return gathered


class _Lane:
    """A session and what it has in hand: one message on the wire, one begun behind it.

    A session that takes no more is followed by another one.
    """

    def __init__(self, run: _Sending, transport: Transport) -> None:
        self._run = run
        self._transport = transport
        self._session: Session | None = None
        self._on_wire: Envelope | None = None
        self._ahead: Envelope | None = None
        # How this session broke, and those before it since the last one that did not.
        self._broken: Reply | None = None
        self._lost: list[Reply] = []
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

    @property
    def is_idle(self) -> bool:
        return self._on_wire is None and self._ahead is None

    def fill(self) -> None:
        """A message is begun, where there is one and none is begun already."""
        session = self._session
        if session is None or self._ahead:
            return
        if session.usable and (envelope := self._run.next()):
            self._ahead = envelope
            session.begin(envelope)
            if self._on_wire is None:
                self._run.write_down(self, LedgerEntry(following=envelope))
        elif not session.usable and self.is_idle:
            self.end()

    def served(self, exchange: LedgerEntry) -> None:
        """What was to be written down is on record; what may leave leaves."""
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
        if self._broken and _has_not_left(reply):
            self._run.give_back(self, envelope)
        else:
            self._run.write_down(self, LedgerEntry((envelope, reply), following))
        if reply.code in _LOST:
            self._broken = self._broken or reply
        self.fill()

    def give_up(self) -> None:
        """Nobody knows what became of what is in hand."""
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


def _has_not_left(reply: Reply) -> bool:
    """Whether a connection ended before the server could take the message."""
    return reply.code == _CLOSING or (reply.code is None and reply.stage is not Stage.DOT)


def _dropped(lost: Sequence[Reply]) -> str:
    """In numbers: the words of a server may hold an address, and this is logged."""
    said = " ".join(filter(None, (str(lost[-1].code or ""), lost[-1].enhanced)))
    last = f", the last with {said}" if said else ""
    return f"it dropped {len(lost)} messages in a row{last}; `deliveries` says more"
