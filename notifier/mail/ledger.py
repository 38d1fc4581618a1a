"""The ledger of a delivery run: records what was sent and gives out what is to be sent next.

Knows that one transaction serves everybody who waits. Must never know a connection to a mail
server, nor a loop.

What it gives out is claimed in large groups, which cost little and are never in doubt. In doubt is
what it marked: a message is marked in the transaction that records how the one before it on the
same connection ended, so that a crash leaves one message a connection in doubt at most.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import SupportsBytes
from urllib.parse import quote

import structlog

from feeds.model import Progress
from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.errors import LeaseLost, MessageRefused
from notifier.mail.flow.quotas import Moments, Rates, given_out
from notifier.mail.outcome import decide
from notifier.mail.relay_standing import allowed, anonymous, heeded, is_closed, unreachable
from notifier.model import (
    Cause,
    DeliveryState,
    Envelope,
    RelayStanding,
    Reply,
    Settlement,
    Skip,
    message_id,
)
from notifier.storage import deliveries, returns, senders, sending
from notifier.storage.sending import Claimed
from notifier.storage.suppressions import Keyed
from notifier.storage.watched import relay_standings

log = structlog.get_logger(__name__)

#: How many are claimed at a time, at least and at most: one transaction for many costs next to
#: nothing for each, and what a slow node claimed waits while another one is idle.
_CLAIMED_AT_ONCE = (50, 1600)
#: What is claimed at a time lasts about as long.
_CLAIM_SECONDS = 1.0

#: The message of each, in their order, or why there is none to send. It is asked in one thread,
#: outside any transaction.
Compose = Callable[[Sequence[Claimed]], Sequence[SupportsBytes | Skip | MessageRefused]]

_Settle = Callable[..., Sequence[int]]


@dataclass(slots=True, eq=False)
class LedgerEntry:
    """How the last message on a connection to ``relay`` ended, and which is to leave next on it.

    ``returned`` is one that did not leave with it after all, and goes out another way;
    ``postponed`` one whose turn comes so many seconds later, ``unsent`` one that cannot be sent.
    ``away`` is why the relay could not be reached, or let nobody in. ``is_marked`` tells once it is
    on record that the following one may leave, ``settled`` what became of the last.
    """

    ended: tuple[Envelope, Reply] | None = None
    following: Envelope | None = None
    returned: Envelope | None = None
    postponed: tuple[Envelope, float] | None = None
    unsent: Settlement | None = None
    relay: str = ""
    away: str = ""
    settled: Settlement | None = None
    is_marked: bool = False
    problem: Exception | None = None


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The books of one run; ``tally`` counts the states that deliveries came into, ``unsent`` why
    those that were skipped were so.

    ``in_doubt`` counts those of which nobody knows whether they went out. ``node`` sends, in the
    name of ``sender`` (RFC 5321 MAIL FROM). What was in doubt ``doubts`` times and is so again is
    kept for a person, instead of being sent once more. ``progress`` hears how many are on record.
    ``standings`` tell which relay does not take mails, ``stopped`` who stopped mail, and the run
    ``is_stopped`` where that met what was about to leave; ``place`` says which of so many nodes
    that send this one is.
    Each message is signed as it leaves, where there is something to ``sign`` it, and goes by a
    ``return_path`` of its own, with the fields that ``mark`` it, by the number of its delivery,
    where there are such.
    """

    database: Database
    compose: Compose
    keyed: Keyed
    node: str
    sender: str
    give_up_after: timedelta
    doubts: int
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    progress: Progress | None = None
    sign: Callable[[SupportsBytes], bytes] | None = None
    return_path: Callable[[int], str] | None = None
    mark: Callable[[int], bytes] | None = None
    tally: Counter[DeliveryState] = field(init=False, default_factory=Counter)
    unsent: Counter[Skip] = field(init=False, default_factory=Counter)
    in_doubt: int = field(init=False, default=0)
    standings: dict[str, RelayStanding] = field(init=False, default_factory=dict)
    stopped: str | None = field(init=False, default=None)
    is_stopped: bool = field(init=False, default=False)
    place: tuple[int, int] = field(init=False, default=(0, 1))
    _writing: Callable[[], AbstractContextManager[Connection]] = field(init=False)
    _lease: int = field(init=False, default=0)
    #: When the lease is to be renewed.
    _due_at: float = field(init=False, default=0.0)
    _claimed: deque[Claimed] = field(init=False, default_factory=deque)
    _claimed_at: float = field(init=False, default=0.0)
    _many: int = field(init=False, default=0)

    @contextmanager
    def opened(self, relays: Sequence[str], *, enough: int) -> Iterator[int]:
        """Tells how many messages may be sent by these relays, counted no further than ``enough``.

        Among them is what was deferred until now, and what a crash left on the wire: of this node,
        or of any whose lease has ended. Raises StoreBusy where another process of this node is at
        it: what that one has on the wire must not be taken for the leavings of a crash.
        """
        with self.database.exclusive(f"delivery-{quote(self.node, safe='')}"):
            now = self.clock()
            waiting = self._waiting(relays, now, enough)
            if not waiting:
                yield 0
                return
            with self.database.kept() as self._writing:
                with self._writing() as connection:
                    self._lease = senders.begin(connection, self.node)
                    self.place = senders.place(connection, self._lease)
                    self._due_at = time.monotonic() + senders.RENEWAL.total_seconds()
                    self.in_doubt += sending.recover(connection, now, doubts=self.doubts)
                    sending.wake(connection, now)
                try:
                    yield waiting
                finally:
                    with self._writing() as connection:
                        senders.end(connection, self._lease)

    def is_closed(self, relay: str) -> bool:
        """Whether the relay refuses us, whoever a message is for: none is to be offered."""
        return is_closed(self.standings.get(relay))

    def pause(self, relay: str) -> float:
        """For how many seconds the relay is to be left alone."""
        standing = self.standings.get(relay)
        return (standing.again_at - self.clock()).total_seconds() if standing else 0.0

    def _waiting(self, relays: Sequence[str], now: datetime, enough: int) -> int:
        with self.database.reading() as connection:
            waiting = sending.waiting(connection, self.node, now, enough=enough)
            known, self.stopped = relay_standings.every(connection), self._halted(connection)
            self.standings = {relay: known[relay] for relay in relays if relay in known}
            is_over = self.standings and not waiting and not deliveries.is_anything_left(connection)
        if is_over:
            with self.database.writing() as connection:
                for relay, standing in tuple(self.standings.items()):
                    self._keep(connection, relay, standing, None)
        return max(
            (allowed(self.standings.get(relay), now, waiting) for relay in relays), default=0
        )

    def serve(self, exchanges: Sequence[LedgerEntry]) -> None:
        """How messages ended is on record, and so is that the following may leave.

        A group that cannot be recorded is tried one by one, so that no row spoils it for others;
        ``problem`` says what kept one from being recorded. The lease goes on. Raises LeaseLost.
        """
        is_time = time.monotonic() >= self._due_at
        if (exchanges or is_time) and self._tried(exchanges, sending.settle):
            for one in exchanges:
                one.problem = self._tried([one], sending.settle_or_hold)

    def claimed(self, most: int) -> list[Claimed]:
        """Some of what is due, and nobody else's now; none where nothing is due."""
        while not (self._claimed or self.is_stopped) and self._claim():
            self.serve(())  # all of these wait for a pause to end; the lease goes on
        return [self._claimed.popleft() for _ in range(min(most, len(self._claimed)))]

    def composed(self, claimed: Sequence[Claimed]) -> tuple[list[Envelope], list[Settlement]]:
        """The envelopes of those that can be sent, and what becomes of the others.

        May be asked by a thread of its own, while something is recorded.
        """
        envelopes, unsent = [], []
        for one, content in zip(claimed, self.compose(claimed), strict=True):
            if isinstance(content, Skip | MessageRefused):
                unsent.append(_unsent(one, content))
            else:
                envelopes.append(self._envelope(one, content))
        return envelopes, unsent

    def moments(self, asked: Rates) -> Moments:
        """The moments at which as many may leave, of all that may at such a rate, and when to ask
        again where there are none: by this machine's clock that never goes back.
        """
        with self.database.writing() as connection:
            now, known = senders.given_out(connection, asked)
            here = time.monotonic()
            found = {
                name: given_out(known.get(name, 0.0), now, rate, count)
                for name, (rate, count) in asked.items()
            }
            senders.keep_given_out(connection, {name: upto for name, (_, upto, _) in found.items()})
        return {
            name: ([here + seconds for seconds in waits], here + again)
            for name, (waits, _, again) in found.items()
        }

    def _claim(self) -> bool:
        """Whether anything was due, though it may have to wait now."""
        at, (least, most) = time.monotonic(), _CLAIMED_AT_ONCE
        is_fast = at - self._claimed_at < _CLAIM_SECONDS
        self._many = min(2 * self._many, most) if is_fast else max(self._many // 2, least)
        self._claimed_at = at
        with self._writing() as connection:
            sending.wake(connection, self.clock())
            claimed = sending.claim(connection, self._lease, self.node, self.clock(), self._many)
            if later := returns.waiting(connection, claimed, self.clock()):
                sending.postpone(connection, self._lease, later)
        self._claimed.extend(one for one in claimed if one.id not in later)
        return bool(claimed)

    def _tried(self, exchanges: Sequence[LedgerEntry], settle: _Settle) -> Exception | None:
        try:
            self._transact(exchanges, settle)
        except LeaseLost:
            raise
        except Exception as problem:  # noqa: BLE001 - told of the exchange, and raised at the end
            return problem
        return None

    def _transact(self, exchanges: Sequence[LedgerEntry], settle: _Settle) -> None:
        now = self.clock()
        decided = partial(decide, now=now, give_up_after=self.give_up_after, doubts=self.doubts)
        settled, returned, postponed = [], [], {}
        for one in exchanges:
            if one.ended:
                one.settled = decided(*one.ended, jitter=self.jitter())
                settled.append(one.settled)
            if one.unsent:
                settled.append(one.unsent)
            if one.returned:
                returned.append(one.returned.delivery)
            if one.postponed:
                envelope, seconds = one.postponed
                postponed[envelope.delivery] = now + timedelta(seconds=seconds)
        # What ended before it left may have been about to be marked.
        gone = {*returned, *(one.delivery for one in settled)}
        about = [one.following.delivery for one in exchanges if one.following]
        following = [one for one in about if one not in gone]
        at = time.monotonic()
        is_time = at >= self._due_at
        with self._writing() as connection:
            if is_time and not senders.renew(connection, self._lease):
                raise LeaseLost(self.node)
            if is_time:
                self.place = senders.place(connection, self._lease)
            held = settle(connection, self._lease, now, settled, self.keyed)
            self._heed(connection, exchanges, now)
            sending.take_back(connection, self._lease, returned)
            sending.postpone(connection, self._lease, postponed)
            marked = self._mark(connection, following)
        if is_time:
            self._due_at = at + senders.RENEWAL.total_seconds()
        self._count(settled, held)
        for one in exchanges:
            one.is_marked = one.following is not None and one.following.delivery in marked

    def _mark(self, connection: Connection, following: Collection[int]) -> Collection[int]:
        """Those that may leave; the run is over where somebody stopped the others."""
        marked = sending.mark(connection, self._lease, following)
        if len(marked) < len(following) and (halt := self._halted(connection)):
            self.stopped, self.is_stopped = halt, True
        return marked

    @staticmethod
    def _halted(connection: Connection) -> str | None:
        halt = senders.halted(connection)
        return str(halt) if halt else None

    def _heed(
        self, connection: Connection, exchanges: Sequence[LedgerEntry], now: datetime
    ) -> None:
        """What is wrong with relays is on record; nearly always nothing is."""
        settled: dict[str, list[Settlement]] = {}
        for one in exchanges:
            if one.settled:
                settled.setdefault(one.relay, []).append(one.settled)
        for relay, theirs in settled.items():
            if relay in self.standings or any(one.cause is Cause.OURS for one in theirs):
                known = relay_standings.known(connection, relay)
                found = heeded(known, theirs, now=now, jitter=self.jitter())
                self._keep(connection, relay, known, found)
        for one in exchanges:
            if one.away:
                known = relay_standings.known(connection, one.relay)
                self._keep(connection, one.relay, known, unreachable(known, one.away, now))

    def _keep(
        self,
        connection: Connection,
        relay: str,
        known: RelayStanding | None,
        found: RelayStanding | None,
    ) -> None:
        if found is None:
            self.standings.pop(relay, None)
        else:
            self.standings[relay] = found
        if found != known:
            relay_standings.keep(connection, relay, found)

    def _count(self, settled: Sequence[Settlement], held: Collection[int] = ()) -> None:
        for delivery in held:
            log.error("outcome not recorded: held in doubt", delivery=delivery)
        self._name(settled)
        doubted = {*held, *(one.delivery for one in settled if one.was_in_doubt)}
        self.in_doubt += len(doubted)
        known = [one for one in settled if one.delivery not in doubted]
        self.tally.update(one.state for one in known)
        skipped = (one.reply for one in known if one.state is DeliveryState.SKIPPED)
        self.unsent.update(map(Skip, skipped))
        if self.progress is not None:
            self.progress(self.tally.total(), None)

    def _name(self, settled: Sequence[Settlement]) -> None:
        """What failed is found by its id in the log, and by `fieldfare deliveries ID`."""
        for one in settled:
            if one.state is DeliveryState.FAILED:
                cause = one.cause and one.cause.value
                reply = anonymous(one.reply or "")
                log.warning("delivery failed", delivery=one.delivery, cause=cause, reply=reply)

    def _envelope(self, one: Claimed, content: SupportsBytes) -> Envelope:
        if self.mark:
            content = self.mark(one.id) + bytes(content)
        return Envelope(
            one.id,
            message_id(one.public_id, one.period, self.sender),
            self.return_path(one.id) if self.return_path else self.sender,
            one.recipient,
            self.sign(content) if self.sign else content,
            one.attempts,
            one.in_doubt,
            one.created_at,
            one.tried_at,
        )


def _unsent(one: Claimed, why: Skip | MessageRefused) -> Settlement:
    state = DeliveryState.SKIPPED if isinstance(why, Skip) else DeliveryState.FAILED
    return Settlement(delivery=one.id, state=state, reply=str(why))
