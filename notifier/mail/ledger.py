"""The ledger of a delivery run: records what was sent and gives out what is to be sent next.

Knows that one transaction serves everybody who waits. Must never know a connection to a mail
server.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds.model import Progress
from feeds.storage.database import Database
from notifier.errors import MessageRefused
from notifier.mail.message import fill
from notifier.mail.outcome import decide
from notifier.model import DeliveryState, Envelope, Reply, Settlement
from notifier.storage import digests, sending
from notifier.storage.sending import Claimed
from notifier.storage.suppressions import Keyed

#: About 20 kB each, so 20 MB: enough for the favourite selections of a run.
_KEPT_TEMPLATES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRules:
    """Who sends, in whose name, and how patiently.

    ``sender`` is the envelope's (RFC 5321 MAIL FROM). ``hold`` keeps what is in doubt for a
    person, instead of sending it once more.
    """

    node: str
    sender: str
    give_up_after: timedelta
    hold: bool


@dataclass(slots=True)
class _Turn:
    """What one worker brings and wants; it has got what it gets once ``is_done``."""

    sent: Envelope | None
    reply: Reply | None
    wants: bool
    envelope: Envelope | None = None
    is_done: bool = False


class Ledger:
    """The books of one run; ``tally`` counts the states that deliveries came into.

    ``in_doubt`` counts those of which nobody knows whether they went out.
    """

    def __init__(
        self,
        database: Database,
        keyed: Keyed,
        rules: SendingRules,
        *,
        clock: Callable[[], datetime],
        jitter: Callable[[], float],
        progress: Progress | None = None,
    ) -> None:
        self._database = database
        self._keyed = keyed
        self._rules = rules
        self._clock = clock
        self._jitter = jitter
        self._progress = progress
        self._templates: dict[str, bytes] = {}
        self._turns: list[_Turn] = []
        self._lock = asyncio.Lock()
        self.tally = Counter[DeliveryState]()
        self.in_doubt = 0

    async def exchange(
        self, sent: Envelope | None = None, reply: Reply | None = None, *, wants: bool
    ) -> Envelope | None:
        """What was sent is on record; returns the next message where one is wanted and there.

        Whoever gets the lock writes for all who wait. If that fails, each of the others tries
        again, so that a store that is back loses no more than one result.
        """
        turn = _Turn(sent, reply, wants)
        self._turns.append(turn)
        async with self._lock:
            if not turn.is_done:
                turns, self._turns = self._turns, []
                try:
                    await asyncio.to_thread(self._serve, turns)
                except BaseException:
                    self._turns = [other for other in turns if other is not turn] + self._turns
                    raise
        return turn.envelope

    def _serve(self, turns: Sequence[_Turn]) -> None:
        now = self._clock()
        settled = [
            self._settlement(turn.sent, turn.reply, now)
            for turn in turns
            if turn.sent and turn.reply
        ]
        waiting = [turn for turn in turns if turn.wants]
        claimed = self._transact(now, settled, len(waiting))
        while spoiled := self._hand_out(claimed, waiting):
            claimed = self._transact(now, spoiled, len(waiting))
        for turn in turns:
            turn.is_done = True
        if self._progress is not None:
            self._progress(self.tally.total(), None)

    def _transact(
        self, now: datetime, settled: Sequence[Settlement], wanted: int
    ) -> Sequence[Claimed]:
        with self._database.writing() as connection:
            sending.settle(connection, self._rules.node, now, settled, self._keyed)
            claimed = sending.claim(connection, self._rules.node, now, wanted) if wanted else []
            needed = {one.rendering for one in claimed}
            if missing := needed.difference(self._templates):
                if len(self._templates) > _KEPT_TEMPLATES:
                    self._templates.clear()
                    missing = needed
                self._templates.update(digests.templates(connection, list(missing)))
        self.in_doubt += sum(one.was_in_doubt for one in settled)
        self.tally.update(one.state for one in settled if not one.was_in_doubt)
        return claimed

    def _hand_out(self, claimed: Sequence[Claimed], waiting: list[_Turn]) -> list[Settlement]:
        """Everybody who waits gets a message, as far as they go; returns those nobody can send."""
        spoiled = []
        for one in claimed:
            try:
                envelope = self._envelope(one)
            except MessageRefused as error:
                failed = DeliveryState.FAILED
                spoiled.append(Settlement(delivery=one.id, state=failed, reply=str(error)))
            else:
                waiting.pop().envelope = envelope
        return spoiled

    def _envelope(self, claimed: Claimed) -> Envelope:
        return Envelope(
            delivery=claimed.id,
            message_id=claimed.message_id,
            sender=self._rules.sender,
            recipient=claimed.recipient,
            content=fill(self._templates[claimed.rendering], claimed.personal),
            attempts=claimed.attempts,
            in_doubt=claimed.in_doubt,
            first_at=claimed.created_at,
        )

    def _settlement(self, sent: Envelope, reply: Reply, now: datetime) -> Settlement:
        return decide(
            sent,
            reply,
            now=now,
            give_up_after=self._rules.give_up_after,
            hold=self._rules.hold,
            jitter=self._jitter(),
        )
