"""One message after the other through an open session, as somebody does who waits for each reply.

Knows what sessions promise. Must never know a ledger.
"""

import asyncio
from dataclasses import dataclass, field

from notifier.mail import Session, Transport
from notifier.model import Envelope, Reply


@dataclass(slots=True)
class Hearer:
    """Keeps what a session tells of each message, in order."""

    replies: list[tuple[Envelope, Reply]] = field(default_factory=list)
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    def ended(self, envelope: Envelope, reply: Reply) -> None:
        self.replies.append((envelope, reply))
        self._told.set()

    async def told(self, count: int) -> list[Reply]:
        """How the first ``count`` messages ended."""
        while len(self.replies) < count:
            self._told.clear()
            await self._told.wait()
        return [reply for _, reply in self.replies[:count]]

    async def send(self, session: Session, envelope: Envelope) -> Reply:
        """How this message ended, nothing else being in hand."""
        count = len(self.replies)
        session.begin(envelope)
        session.finish()
        await self.told(count + 1)
        return self.replies[count][1]


async def send_all(transport: Transport, *envelopes: Envelope) -> list[Reply]:
    """How they ended, sent by one session."""
    hearer = Hearer()
    session = await transport.open(hearer.ended)
    replies = [await hearer.send(session, envelope) for envelope in envelopes]
    await session.close()
    return replies
