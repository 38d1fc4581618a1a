"""Delivery: what is queued goes out, and what becomes of it is on record.

Knows the order of claiming, sending and recording. Must never know SMTP, templates, or what a
reply means.

Each session has one message on the wire at most, and the next one begun behind it; one thread keeps
the ledger for all of them. What is begun leaves whole once it is on record that it may, together
with how the message before it ended: whatever waits at one moment is recorded in one transaction.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event
from typing import TypeAlias, TypeVar

from notifier.mail import Transport
from notifier.mail.flow.lane import Lane, has_not_left
from notifier.mail.flow.one_core import core_of_this_thread, kept_on, quick_turns
from notifier.mail.flow.pool import Pools
from notifier.mail.flow.quotas import Moments, Rates, none_of
from notifier.mail.flow.turns import Turns
from notifier.mail.ledger import Ledger, LedgerEntry
from notifier.mail.relay_standing import refused
from notifier.model import DeliveryState, Envelope, Settlement, Skip, Stage
from notifier.storage.sending import Claimed

#: After so many results in a row that could not be recorded nothing more is sent.
_UNRECORDED_IN_A_ROW = 5
#: With fewer ready than this for each session, more are made: so many at least, and for each
#: session what it sends until they are.
_READY_EACH = 4
_MADE_READY_AT_ONCE = 50
_SENT_MEANWHILE = 2
#: Where nothing may go for longer, what waits is left to the next run.
_LONGEST_WAIT_SECONDS = 5.0
#: How often the ledger is looked after where nothing else is to be written down.
_TICK_SECONDS = 1.0

_Group: TypeAlias = "list[tuple[Lane | None, LedgerEntry]]"
#: What the ledger's thread is asked: to write these down, to get so many messages, or moments at
#: which they may leave, or to end.
_Asked: TypeAlias = "_Group | Rates | int | None"

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of the messages of one run.

    ``unsent`` counts, by reason, those that were planned and had nothing to say, or to nobody, when
    they were to leave; ``queued`` is what waits for its moment, or for another run, after this one:
    with these all add up to what was planned and what had waited, but for whoever left meanwhile.
    ``in_doubt`` counts those of which nobody could tell whether they went out: found after a
    crash, or made by a connection lost at the wrong moment. ``problem`` says why the transport
    took no more, or who stopped mail; what was not sent stays queued.
    """

    accepted: int = 0
    deferred: int = 0
    failed: int = 0
    in_doubt: int = 0
    unsent: Mapping[Skip, int] = field(default_factory=dict)
    queued: int = 0
    problem: str | None = None


async def deliver(
    ledger: Ledger,
    *transports: Transport,
    turns: Turns | None = None,
    stopping: Event | None = None,
) -> DeliveryReport:
    """Everything that is due was offered once, unless ``stopping`` was set meanwhile.

    What one of the ``transports`` does not take goes by the others. ``turns`` knows from runs
    before how fast messages may go. Then the messages in hand are finished. Nothing is claimed
    before a session is open. Raises StoreBusy where another process of this node is at it.
    """
    names = [transport.name for transport in transports]
    problems: dict[str, str] = {}
    enough = sum(transport.sessions for transport in transports)
    with ledger.opened(names, enough=enough) as waiting:
        if waiting:
            # One in which nothing waits is as good as any.
            known = Turns() if turns is None else turns
            sending = _Sending(ledger, known, stopping or Event())
            problems = await sending.send(transports, waiting)
    for name, standing in ledger.standings.items():
        if standing.refusals:
            problems.setdefault(name, refused(name, standing))
    is_stuck = problems.keys() == set(names)
    return DeliveryReport(
        accepted=ledger.tally[DeliveryState.ACCEPTED],
        deferred=ledger.tally[DeliveryState.DEFERRED],
        failed=ledger.tally[DeliveryState.FAILED],
        in_doubt=ledger.in_doubt,
        unsent=dict(ledger.unsent),
        problem="; ".join(problems.values()) if is_stuck else ledger.stopped,
    )


class _Sending:
    """All sessions at work, and the thread that keeps the ledger for them."""

    def __init__(self, ledger: Ledger, turns: Turns, stopping: Event) -> None:
        self._ledger = ledger
        self._turns = turns
        self._timer: asyncio.TimerHandle | None = None
        self._due_at = 0.0
        self._stops: Callable[[], bool] = lambda: stopping.is_set() or ledger.is_stopped
        self._loop = asyncio.get_running_loop()
        self._inbox: SimpleQueue[_Asked] = SimpleQueue()
        self._to_compose: SimpleQueue[list[Claimed] | None] = SimpleQueue()
        self._lanes: set[Lane] = set()
        self._pools: Pools
        self._written: _Group = []
        self._in_hand = self._returning = self._unrecorded = 0
        self._is_told = self._is_hungry = False
        self._asks = self._is_dry = self._is_over = self._is_stopped = False
        # What was claimed last was so before something was queued once more.
        self._was_asked_before = False
        self._problem: Exception | None = None

    async def send(self, transports: Sequence[Transport], count: int) -> dict[str, str]:
        """Nothing is left to send in up to ``count`` sessions at each transport, or no session to
        send it in: why, by their names.
        """
        self._pools = Pools(self, self._ledger, self._turns, transports, count)
        core = core_of_this_thread()
        works = (kept_on(core)(work) for work in (self._keep, self._compose))
        threads = [asyncio.create_task(asyncio.to_thread(work)) for work in works]
        try:
            with quick_turns(), kept_on(core):
                [ended] = await asyncio.gather(self._pools.work(), return_exceptions=True)
        finally:
            self._inbox.put(self._written or None)
            self._inbox.put(None)
            self._to_compose.put(None)
        await asyncio.gather(*threads)
        self._turns.clear()
        if self._timer:
            self._timer.cancel()
        if self._problem:
            raise self._problem
        if isinstance(ended, BaseException):
            raise ended
        return ended

    # What lanes ask for

    def enter(self, lane: Lane) -> None:
        """It sends, until it is told that nothing is left; that may be so by now."""
        self._lanes.add(lane)
        self._restock()
        lane.fill()
        self._look()

    def leave(self, lane: Lane) -> None:
        self._lanes.discard(lane)
        self._look()

    @property
    def goes_on(self) -> bool:
        """Whether there is, or may be, something to be sent."""
        there_is = self._turns or self._returning or not self._is_dry
        return bool(there_is) and not (self._is_over or self._is_stopped)

    def next(self, relay: str, behind: Envelope | None) -> Envelope | None:
        """The next message that may still be begun there, ``behind`` what is on the wire."""
        if self._is_stopped or self._is_over or (behind and self._turns.takes_long(behind)):
            return None
        now = time.monotonic()
        envelope = self._turns.take(now, len(self._lanes), relay)
        if asked := self._turns.quotas.asked(len(self._turns), now):
            self._inbox.put(asked)
        if envelope is None:
            self._is_hungry = True
            self._restock()
            if self._turns:
                self._wait(relay)
        return envelope

    def ended(self, envelope: Envelope, seconds: float) -> None:
        """A session has done with it, which took it so long."""
        self._turns.ended(envelope, seconds, time.monotonic())

    def write_down(self, lane: Lane | None, exchange: LedgerEntry) -> None:
        self._written.append((lane, exchange))
        if not self._is_told:
            self._is_told = True
            # Behind all that has arrived by now.
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        """All that waits to be written down at one moment costs one transaction."""
        self._is_told = False
        if self._written and not self._in_hand:
            group, self._written = self._written, []
            self._in_hand = len(group)
            self._inbox.put(group)

    def give_back(self, lane: Lane, envelope: Envelope) -> None:
        """It goes out another way: it is not to blame that it did not leave."""
        self._returning += 1
        self.write_down(lane, LedgerEntry(returned=envelope))

    # In the loop, by the ledger's thread

    def _served(self, group: _Group) -> None:
        self._in_hand = 0
        self._hand_over()
        self._turns.quotas.place = self._ledger.place
        self._stop_where_asked()
        now = time.monotonic()
        for lane, exchange in group:
            self._heed(exchange, now)
            self._pools.heed(exchange)
            if lane:
                try:
                    lane.served(exchange)
                except Exception as bug:  # noqa: BLE001 - one session's must not cut off the others
                    self._note(bug)
                    lane.give_up()
        if self._is_hungry:
            self.fill()
        self._restock()
        self._look()

    def _heed(self, exchange: LedgerEntry, now: float) -> None:
        """One result that cannot be recorded is one row's problem; many are the store's."""
        if exchange.problem:
            self._note(exchange.problem)
        if exchange.returned:
            self._returning -= 1
            if not (exchange.problem or self._stops()):
                self._turns.add([exchange.returned])
        if exchange.ended is None:
            return
        envelope, reply = exchange.ended
        settled = exchange.settled
        if settled and settled.state is DeliveryState.ACCEPTED:
            self._turns.accepted(envelope, now)
        elif settled and settled.slows:
            wait = settled.wait.total_seconds() if settled.wait else 0.0
            # Before it was said for whom the message is, the sender alone can be meant.
            self._turns.slow(envelope, now, wait, is_ours=reply.stage is Stage.MAIL)
        # It may go out once more over another connection.
        if has_not_left(reply):
            self._is_dry, self._was_asked_before = False, self._asks
        self._unrecorded = self._unrecorded + 1 if exchange.problem else 0
        self._is_stopped = self._is_stopped or self._unrecorded >= _UNRECORDED_IN_A_ROW

    def _wait(self, relay: str) -> None:
        """Goes on when the next message may go; ends where that is too far off."""
        now = time.monotonic()
        at = self._turns.again_at(now, relay)
        if at is None or at <= now or (self._timer and self._due_at <= at):
            return
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if at > now + _LONGEST_WAIT_SECONDS:
            for envelope, seconds in self._turns.held(now, all_of_it=True):
                self.write_down(None, LedgerEntry(postponed=(envelope, seconds)))
            self._is_dry = True
            self._turns.clear()
            self._loop.call_soon(self._look)
        else:
            self._due_at = at
            self._timer = self._loop.call_later(at - now, self._go_on)

    def _go_on(self) -> None:
        self._timer = None
        self.fill()

    def _stop_where_asked(self) -> None:
        if self._stops():
            self._is_dry = True
            self._turns.clear()

    def _granted(self, moments: Moments) -> None:
        for name, (given, again_at) in moments.items():
            self._turns.quotas.grant(name, given, again_at)
        self.fill()

    def _tick(self) -> None:
        """While somebody is slow, others may have come."""
        self._stop_where_asked()
        if not self._is_over and not self._stops():
            self._is_dry = False
            self._restock()
            # What was left to a server that stands still is taken by another.
            self.fill()
        self._look()

    def _lost(self, problem: Exception) -> None:
        """Nothing can be recorded any more, not even what is on the wire."""
        self._note(problem)
        self.end()
        for lane in tuple(self._lanes):
            lane.give_up()

    def _note(self, problem: Exception) -> None:
        self._problem = self._problem or problem

    def _stocked(self, envelopes: list[Envelope], unsent: list[Settlement]) -> None:
        self._asks = False
        there_may_be = envelopes or unsent or self._was_asked_before
        self._is_dry = not there_may_be or self._stops()
        self._was_asked_before = False
        for settlement in unsent:
            self.write_down(None, LedgerEntry(unsent=settlement))
        if not self._stops():
            self._turns.add(envelopes)
            if self._is_hungry:
                self.fill()
        self._restock()
        self._look()

    def fill(self) -> None:
        """Whoever has nothing begun begins something, where there is something."""
        self._is_hungry = False
        for lane in tuple(self._lanes):
            lane.fill()

    def _restock(self) -> None:
        now, enough = time.monotonic(), _READY_EACH * len(self._lanes)
        for envelope, seconds in self._turns.held(now):
            self.write_down(None, LedgerEntry(postponed=(envelope, seconds)))
        if not (self._is_dry or self._asks or self._is_stopped) and self._turns.ready(now) < enough:
            self._asks = True
            self._inbox.put(max(_MADE_READY_AT_ONCE, _SENT_MEANWHILE * len(self._lanes)))

    def _look(self) -> None:
        """Ends where nothing is left to be done."""
        self._pools.look()
        nothing_comes = self._is_stopped or (self._is_dry and not self._turns)
        is_quiet = nothing_comes and not (self._asks or self._written or self._in_hand)
        if is_quiet and all(lane.is_idle for lane in self._lanes):
            self.end()
            for lane in tuple(self._lanes):
                lane.end()

    def end(self) -> None:
        """Nothing more is sent."""
        self._is_over = True
        self._pools.over.set()

    # In the ledger's thread

    def _keep(self) -> None:
        try:
            while True:
                asked: _Asked = []
                with suppress(Empty):
                    asked = self._inbox.get(timeout=_TICK_SECONDS)
                if asked is None:
                    return
                self._stops()  # Whoever asks is alive.
                group = asked if isinstance(asked, list) else []
                self._ledger.serve([exchange for _, exchange in group])
                if isinstance(asked, dict):
                    ask = partial(self._ledger.moments, asked)
                    none = none_of(asked, time.monotonic() + 2 * _LONGEST_WAIT_SECONDS)
                    self._tell(self._granted, self._asked(ask, none))
                elif isinstance(asked, int):
                    claimed = partial(self._ledger.claimed, asked)
                    self._to_compose.put(self._asked(claimed, list[Claimed]()))
                elif group:
                    self._tell(self._served, group)
                else:
                    self._tell(self._tick)
        except Exception as problem:  # noqa: BLE001 - of a lost lease, or a bug: raised at the end
            self._tell(self._lost, problem)

    def _asked(self, ask: Callable[[], _Answer], otherwise: _Answer) -> _Answer:
        try:
            return ask()
        except Exception as problem:  # noqa: BLE001 - raised once what is on the wire has ended
            self._tell(self._note, problem)
            return otherwise

    # In a thread of its own, so that messages are made while the ledger's waits for the disk

    def _compose(self) -> None:
        while (claimed := self._to_compose.get()) is not None:
            none: tuple[list[Envelope], list[Settlement]] = ([], [])
            made = self._asked(partial(self._ledger.composed, claimed), none)
            self._tell(self._stocked, *made)

    def _tell(self, what: Callable[..., None], *of: object) -> None:
        self._loop.call_soon_threadsafe(what, *of)
