"""One message past the queue, to the first way out that takes it.

Knows that a way out may be away, or refuse. Must never know what is said, or keep anything of it.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from notifier.errors import TransportUnavailable
from notifier.mail import Transport
from notifier.model import Envelope, Reply

_TAKEN: Final = 250


async def offer(transports: Sequence[Transport], envelope: Envelope) -> Reply:
    """The message was offered to one after the other, until one took it, and that is what was said;
    or what the last said that said anything.

    Raises TransportUnavailable where none could be reached.
    """
    said: Reply | None = None
    away: TransportUnavailable | None = None
    for transport in transports:
        try:
            said = await _offered(transport, envelope)
        except TransportUnavailable as error:
            away = error
            continue
        if said.code == _TAKEN:
            break
    if said is None:
        raise away or TransportUnavailable("any mail server", "there is none")
    return said


async def _offered(transport: Transport, envelope: Envelope) -> Reply:
    ended: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    session = await transport.open(lambda _, reply: ended.set_result(reply))
    try:
        session.begin(envelope)
        session.finish()
        reply = await ended
    finally:
        await session.close()
    if reply.code is None:
        raise TransportUnavailable(transport.name, reply.text)
    return reply
