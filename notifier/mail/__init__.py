"""Finished messages on their way out, and what becomes of each.

Its door knows what every transport promises. Must never know where messages come from, nor what a
reply means for them.

What comes back later, a bounce or a complaint (RFC 3464, 5965), is read by nobody yet; its place is
beside `outcome`, as `bounce`.
"""

from collections.abc import Callable
from typing import Protocol

from notifier.model import Envelope, Reply

__all__ = ["Ended", "Session", "Transport"]

#: Hears once of each message that was begun, in their order, how far it got. Never called before
#: the call that began the message has returned.
Ended = Callable[[Envelope, Reply], None]


class Session(Protocol):
    """An open way out, on which a message may be begun while the one before awaits its reply."""

    @property
    def usable(self) -> bool:
        """Whether another message may be begun."""
        ...

    def begin(self, envelope: Envelope) -> None:
        """The message is on its way, but for its final dot: so far it is never in doubt."""
        ...

    def finish(self) -> None:
        """The oldest message begun may leave whole; its reply, or silence, ends it.

        What was begun behind it goes along where the server allows it.
        """
        ...

    def abort(self) -> None:
        """The session has ended at once; what was begun and not finished was not sent."""
        ...

    async def close(self) -> None:
        """The session has ended, politely where that is still possible."""
        ...


class Transport(Protocol):
    """Opens sessions; ``sessions`` is how many it may be asked for at once, ``weight`` its share of
    what several send.
    """

    @property
    def name(self) -> str: ...

    @property
    def sessions(self) -> int: ...

    @property
    def weight(self) -> int: ...

    async def open(self, ended: Ended) -> Session:
        """A usable session, which tells ``ended`` of each message. Raises TransportUnavailable."""
        ...
