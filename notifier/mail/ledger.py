"""The ledger of a delivery run: records what was sent and gives out what is to be sent next.

Knows that one transaction serves everybody who waits. Must never know a connection to a mail
server.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

import structlog

from feeds.model import Progress
from feeds.storage.database import Database
from notifier.errors import MessageRefused
from notifier.mail.outcome import decide
from notifier.model import DeliveryState, Envelope, Reply, Settlement, Skip
from notifier.storage import sending
from notifier.storage.sending import Claimed
from notifier.storage.suppressions import Keyed

log = structlog.get_logger(__name__)

#: A claim older than this belongs to a node that is no more; longer than any message takes.
LEASE = timedelta(minutes=15)

#: The message of each, in their order, or why there is none to send. It is asked in the ledger's
#: thread, outside any transaction.
Compose = Callable[[Sequence[Claimed]], Sequence[bytes | Skip | MessageRefused]]


@dataclass(slots=True)
class _Exchange:
    """What one worker brings and wants; it has got what it gets once ``is_done``."""

    sent: Envelope | None
    reply: Reply | None
    wants: bool
    envelope: Envelope | None = None
    is_done: bool = False


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The books of one run; ``tally`` counts the states that deliveries came into.

    ``in_doubt`` counts those of which nobody knows whether they went out. ``node`` sends, in the
    name of ``sender`` (RFC 5321 MAIL FROM). What was in doubt ``doubts`` times and is so again is
    kept for a person, instead of being sent once more. ``progress`` hears how many are on record.
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
    tally: Counter[DeliveryState] = field(init=False, default_factory=Counter)
    in_doubt: int = field(init=False, default=0)
    _exchanges: list[_Exchange] = field(init=False, default_factory=list)
    _lock: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    @contextmanager
    def opened(self, patience: timedelta, *, enough: int) -> Iterator[int]:
        """Tells how many messages there are to send, counted no further than ``enough``.

        Among them is what was deferred until now, and what a crash left on the wire: of this node,
        or of any whose claim is older than a message takes, which is ``patience`` at most. Raises
        StoreBusy where another process of this node is at it: what that one has on the wire must
        not be taken for the leavings of a crash.
        """
        with self.database.exclusive(f"delivery-{quote(self.node, safe='')}"):
            now = self.clock()
            stale = now - max(LEASE, 2 * patience)
            with self.database.reading() as connection:
                waiting = sending.waiting(connection, self.node, now, stale, enough=enough)
            if waiting:
                with self.database.writing() as connection:
                    self.in_doubt += sending.recover(
                        connection, self.node, now, stale, doubts=self.doubts
                    )
                    sending.wake(connection, now)
            yield waiting

    async def exchange(
        self, sent: Envelope | None = None, reply: Reply | None = None, *, wants: bool
    ) -> Envelope | None:
        """What was sent is on record; returns the next message where one is wanted and there.

        Whoever gets the lock writes for all who wait. If that fails, each of the others tries
        again, so that a store that is back loses no more than one result.
        """
        mine = _Exchange(sent, reply, wants)
        self._exchanges.append(mine)
        async with self._lock:
            if not mine.is_done:
                exchanges, self._exchanges = self._exchanges, []
                try:
                    await asyncio.to_thread(self._serve, exchanges)
                except BaseException:
                    others = [each for each in exchanges if each is not mine]
                    self._exchanges = others + self._exchanges
                    raise
        return mine.envelope

    def _serve(self, exchanges: Sequence[_Exchange]) -> None:
        now = self.clock()
        settled = [
            decide(
                one.sent,
                one.reply,
                now=now,
                give_up_after=self.give_up_after,
                doubts=self.doubts,
                jitter=self.jitter(),
            )
            for one in exchanges
            if one.sent and one.reply
        ]
        waiting = [one for one in exchanges if one.wants]
        claimed = self._transact(now, settled, len(waiting))
        while unsendable := self._hand_out(claimed, waiting):
            claimed = self._transact(now, unsendable, len(waiting))
        for one in exchanges:
            one.is_done = True
        if self.progress is not None:
            self.progress(self.tally.total(), None)

    def _transact(
        self, now: datetime, settled: Sequence[Settlement], wanted: int
    ) -> Sequence[Claimed]:
        with self.database.writing() as connection:
            held = sending.settle(connection, self.node, now, settled, self.keyed)
            claimed = sending.claim(connection, self.node, now, wanted) if wanted else []
        for delivery in held:
            log.error("outcome not recorded: held in doubt", delivery=delivery)
        doubted = {*held, *(one.delivery for one in settled if one.was_in_doubt)}
        self.in_doubt += len(doubted)
        self.tally.update(one.state for one in settled if one.delivery not in doubted)
        return claimed

    def _hand_out(self, claimed: Sequence[Claimed], waiting: list[_Exchange]) -> list[Settlement]:
        """Everybody who waits gets a message, as far as they go; returns those nobody can send."""
        unsendable = []
        for one, content in zip(claimed, self.compose(claimed), strict=True):
            if not isinstance(content, bytes):
                unsendable.append(_unsent(one, content))
            else:
                waiting.pop().envelope = Envelope(
                    delivery=one.id,
                    message_id=one.message_id,
                    sender=self.sender,
                    recipient=one.recipient,
                    content=content,
                    attempts=one.attempts,
                    in_doubt=one.in_doubt,
                    first_at=one.created_at,
                    tried_at=one.tried_at,
                )
        return unsendable


def _unsent(one: Claimed, why: Skip | MessageRefused) -> Settlement:
    state = DeliveryState.SKIPPED if isinstance(why, Skip) else DeliveryState.FAILED
    return Settlement(delivery=one.id, state=state, reply=str(why))
