"""Delivery: what is queued goes out, and what becomes of it is on record.

Knows the order of claiming, sending and recording. Must never know SMTP, templates, or what a
reply means.

A worker a session sends; the ledger is kept for all of them. A worker's message is on record before
it gets another, so that a crash leaves in doubt one message a session at most; and whatever the
workers who wait at one moment bring is recorded in one transaction, so that commits are few.
"""

import asyncio
from dataclasses import dataclass
from threading import Event

from notifier.errors import TransportUnavailable
from notifier.mail import Session, Transport
from notifier.mail.ledger import Ledger
from notifier.model import DeliveryState, Envelope, Reply

#: A relay that drops so many messages in a row is left alone until the next run.
_LOST_IN_A_ROW = 3
#: No reply, or that the service closes (RFC 5321 section 3.8).
_LOST = (None, 421)


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
    with ledger.opened(transport.patience, enough=transport.sessions) as count:
        if count:
            problem = await _send_all(transport, ledger, count, stopping or Event())
    return DeliveryReport(
        accepted=ledger.tally[DeliveryState.ACCEPTED],
        deferred=ledger.tally[DeliveryState.DEFERRED],
        failed=ledger.tally[DeliveryState.FAILED],
        in_doubt=ledger.in_doubt,
        problem=problem,
    )


async def _send_all(
    transport: Transport, ledger: Ledger, count: int, stopping: Event
) -> str | None:
    """Nothing is left to send in up to ``count`` sessions, or no session to send it in: why.

    The first session comes alone, so that a relay that is down is not asked by all at once.
    """
    try:
        first = await _opened(transport)
    except TransportUnavailable as error:
        return str(error)
    ended = await asyncio.gather(
        _work(transport, ledger, stopping, first),
        *(_work(transport, ledger, stopping) for _ in range(count - 1)),
        # One worker's bug must not cut off the others in the middle of a message.
        return_exceptions=True,
    )
    problems = [end for end in ended if end is not None]
    for problem in problems:
        if not isinstance(problem, TransportUnavailable):
            raise problem
    # A relay that lets in fewer than we asked for is no problem: those who got in do it all.
    return str(problems[0]) if len(problems) == count else None


async def _work(
    transport: Transport, ledger: Ledger, stopping: Event, session: Session | None = None
) -> None:
    """Sends one message after the other. Raises TransportUnavailable, with nothing in hand."""
    lost = 0
    sent: Envelope | None = None
    reply: Reply | None = None
    session = session or await _opened(transport)
    try:
        while envelope := await ledger.exchange(sent, reply, wants=not stopping.is_set()):
            sent, reply = envelope, await session.send(envelope)
            lost = lost + 1 if reply.code in _LOST else 0
            if not session.usable:
                await ledger.exchange(sent, reply, wants=False)
                if lost == _LOST_IN_A_ROW:
                    raise TransportUnavailable(transport.name, _dropped(reply))
                sent = reply = None
                await session.close()
                session = await _opened(transport)
    finally:
        await session.close()


def _dropped(reply: Reply) -> str:
    """In numbers: the words of a server may hold an address, and this is logged."""
    said = " ".join(filter(None, (str(reply.code or ""), reply.enhanced)))
    last = f", the last with {said}" if said else ""
    return f"it dropped {_LOST_IN_A_ROW} messages in a row{last}; `deliveries` says more"


async def _opened(transport: Transport) -> Session:
    session = await transport.open()
    if not session.usable:
        await session.close()
        raise TransportUnavailable(transport.name, "it hangs up at once")
    return session
