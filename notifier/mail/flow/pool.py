"""The sessions at each mail server: none while it is away or refuses us, one for a trial, or all.

Knows when sessions are opened and end, and which server has the next message. Must never know whose
message that is, nor what a reply means.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from notifier.errors import TransportUnavailable
from notifier.mail import Transport
from notifier.mail.flow.lane import Lane
from notifier.mail.flow.turns import Turns
from notifier.mail.ledger import Ledger, LedgerEntry
from notifier.mail.relay_standing import AWAY_PAUSE
from notifier.model import Envelope

#: One that does not open for so long, when all others are done, is not waited for.
_PATIENCE_SECONDS = 5.0


class SharedByPools(Protocol):
    """What pools share."""

    @property
    def goes_on(self) -> bool:
        """Whether there is, or may be, something to be sent."""
        ...

    def end(self) -> None:
        """Nothing more is sent."""
        ...

    def enter(self, lane: Lane) -> None: ...

    def leave(self, lane: Lane) -> None: ...

    def fill(self) -> None:
        """Whoever has nothing begun begins something, where there is something."""
        ...

    def next(self, relay: str, behind: Envelope | None) -> Envelope | None:
        """The next message, where there is one ready and it may still be begun there, ``behind``
        what is on the wire.
        """
        ...

    def ended(self, envelope: Envelope, seconds: float) -> None: ...

    def write_down(self, lane: Lane | None, exchange: LedgerEntry) -> None: ...

    def give_back(self, lane: Lane, envelope: Envelope) -> None: ...


class Pools:
    """The ``transports`` at work, each in up to ``count`` sessions: what one of them cannot take
    goes by the others.
    """

    def __init__(
        self,
        run: SharedByPools,
        ledger: Ledger,
        turns: Turns,
        transports: Sequence[Transport],
        count: int,
    ) -> None:
        self.run = run
        self.ledger = ledger
        self.over = asyncio.Event()
        self._shares = turns.shares
        self._quotas = turns.quotas
        self._pools = {each.name: Pool(self, each, count) for each in transports}
        self._resting: set[Pool] = set()
        # Whether some server left a message to another.
        self._is_left = False

    async def work(self) -> dict[str, str]:
        """Nothing is left to send, or no session to send it in: why, by server."""
        working = (pool.work(self._first_pause(pool)) for pool in tuple(self._pools.values()))
        for problem in await asyncio.gather(*working, return_exceptions=True):
            if problem:
                raise problem
        return {name: pool.problem for name, pool in self._pools.items() if pool.problem}

    def _first_pause(self, pool: "Pool") -> float:
        """What is away is left alone only where there is another."""
        there_is_another = any(self.ledger.pause(name) <= 0 for name in self._pools)
        if there_is_another or self.ledger.is_closed(pool.name):
            return self.ledger.pause(pool.name)
        return 0.0

    def heed(self, exchange: LedgerEntry) -> None:
        """This is on record."""
        if pool := self._pools.get(exchange.relay):
            pool.is_tried = pool.is_tried or exchange.ended is not None
            if exchange.following and not exchange.is_marked:
                # It did not leave, as its reader did: nothing was tried by it.
                pool.is_begun = False

    def look(self) -> None:
        """Sessions end at a server that is to get nothing more for now."""
        for pool in self._pools.values():
            pool.look()

    # What each asks for

    def rest(self, pool: "Pool", *, is_resting: bool) -> None:
        """It sends nothing for a while, or may do so again; where all rest, nothing goes on."""
        if is_resting:
            self._resting.add(pool)
        else:
            self._resting.discard(pool)
        if len(self._resting) == len(self._pools):
            self.run.end()

    def opens(self, pool: "Pool") -> None:
        """It may soon send."""
        self._shares.opening(pool.name, pool.weight, time.monotonic())

    def away(self, pool: "Pool") -> None:
        """It cannot send; others have its share."""
        self._shares.away(pool.name)
        self.run.write_down(None, LedgerEntry(relay=pool.name, away=pool.problem))
        self.run.fill()

    def next(self, pool: "Pool", behind: Envelope | None) -> Envelope | None:
        """The next message, where it is this one's turn."""
        now = time.monotonic()
        if not self._shares.may(pool.name, now):
            self._is_left = True
            return None
        envelope = self.run.next(pool.name, behind)
        if envelope:
            self._shares.took(pool.name, now)
        elif self._quotas.blocks(pool.name, now):
            self._shares.waits(pool.name)
        else:
            return None
        if self._is_left:
            self._is_left = False
            asyncio.get_running_loop().call_soon(self.run.fill)
        return envelope

    def ended(self, pool: "Pool", envelope: Envelope, seconds: float) -> None:
        """A session has done with it, which took it so long."""
        self._shares.ended(pool.name, seconds)
        self.run.ended(envelope, seconds)


class Pool:
    """The sessions at one mail server, up to ``most`` at once."""

    def __init__(self, pools: Pools, transport: Transport, most: int) -> None:
        self.name = transport.name
        self.weight = transport.weight
        self.problem = ""
        self.is_tried = self.is_begun = False
        self._pools = pools
        self._run = pools.run
        self._transport = transport
        self._most = min(most, transport.sessions)
        self._lanes: set[Lane] = set()
        self._is_trial = False

    async def work(self, seconds: float) -> None:
        """Nothing is left to be sent; it was left alone for so many seconds at first."""
        while await self._rested(seconds):
            self._is_trial = self._is_closed
            self.is_begun = self.is_tried = False
            self._pools.opens(self)
            self.problem = await self._sent()
            if self.problem:
                self._pools.away(self)
            # As long as it is left alone once that is on record.
            away = AWAY_PAUSE.total_seconds() if self.problem else 0.0
            seconds = max(away, self._pools.ledger.pause(self.name))

    async def _rested(self, seconds: float) -> bool:
        if seconds <= 0:
            return self._run.goes_on
        self._pools.rest(self, is_resting=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._pools.over.wait()
        is_over = self._pools.over.is_set()
        if not is_over:
            self._pools.rest(self, is_resting=False)
        return not is_over

    async def _sent(self) -> str:
        """Why nothing more can be sent here; empty where something else ended it.

        The first session comes alone, so that a relay that is down is not asked by all at once.
        """
        lanes = [Lane(self, self._transport) for _ in range(1 if self._is_trial else self._most)]
        try:
            await self._opened(lanes[0])
        except TransportUnavailable as error:
            return str(error)
        ended = await asyncio.gather(*(lane.work() for lane in lanes), return_exceptions=True)
        problems = [end for end in ended if end is not None]
        for problem in problems:
            if not isinstance(problem, TransportUnavailable):
                raise problem
        # A relay that lets in fewer than we asked for is no problem: those who got in do it all.
        return str(problems[0]) if len(problems) == len(lanes) else ""

    async def _opened(self, lane: Lane) -> None:
        """Its session is open. Raises TransportUnavailable, also where others have done it all."""
        over = asyncio.ensure_future(self._pools.over.wait())
        opening = asyncio.ensure_future(lane.open())
        try:
            await asyncio.wait({opening, over}, return_when=asyncio.FIRST_COMPLETED)
            async with asyncio.timeout(_PATIENCE_SECONDS if over.done() else None):
                await opening
        except TimeoutError as error:
            raise TransportUnavailable(self.name, "it does not answer") from error
        finally:
            over.cancel()
            opening.cancel()

    def look(self) -> None:
        """Its sessions end where nothing more is to be sent in them for now."""
        if self._is_over and all(lane.is_idle for lane in self._lanes):
            for lane in tuple(self._lanes):
                lane.end()

    @property
    def _is_closed(self) -> bool:
        return self._pools.ledger.is_closed(self.name)

    @property
    def _is_over(self) -> bool:
        return self.is_tried if self._is_trial else self._is_closed

    # What its lanes ask for

    @property
    def goes_on(self) -> bool:
        return self._run.goes_on and not self._is_over

    def enter(self, lane: Lane) -> None:
        """It sends, until it is told that nothing is left; that may be so by now."""
        self._lanes.add(lane)
        self._run.enter(lane)

    def leave(self, lane: Lane) -> None:
        """Its session is over."""
        self._lanes.discard(lane)
        self._run.leave(lane)

    def next(self, behind: Envelope | None) -> Envelope | None:
        """The next message, where it may be begun here; only one on trial."""
        if self._is_over or (self._is_trial and self.is_begun):
            return None
        envelope = self._pools.next(self, behind)
        self.is_begun = envelope is not None
        return envelope

    def ended(self, envelope: Envelope, seconds: float) -> None:
        """A session has done with it, which took it so long."""
        self._pools.ended(self, envelope, seconds)

    def write_down(self, lane: Lane | None, exchange: LedgerEntry) -> None:
        """It is to be on record, as something of this server."""
        exchange.relay = self.name
        self._run.write_down(lane, exchange)

    def give_back(self, lane: Lane, envelope: Envelope) -> None:
        """It goes out another way."""
        self.is_begun = False
        self._run.give_back(lane, envelope)
