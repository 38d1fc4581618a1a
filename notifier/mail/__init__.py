"""Finished messages on their way out, and what becomes of each.

Its door knows what every transport promises. Must never know where messages come from, nor what a
reply means for them.

What comes back later, a bounce or a complaint (RFC 3464, 5965), is read by nobody yet; its place is
beside `outcome`, as `bounce`.
"""

from datetime import timedelta
from typing import Protocol

from notifier.model import Envelope, Reply

__all__ = ["Session", "Transport"]


class Session(Protocol):
    """An open way out that takes one message after the other."""

    @property
    def usable(self) -> bool:
        """Whether it takes another message."""
        ...

    async def send(self, envelope: Envelope) -> Reply:
        """The message was offered once; the reply says how far it got. Raises nothing expected."""
        ...

    async def close(self) -> None:
        """The session has ended, politely where that is still possible."""
        ...


class Transport(Protocol):
    """Opens sessions.

    ``sessions`` is how many it may be asked for at once, ``patience`` the longest that one
    `Session.send` can take.
    """

    @property
    def name(self) -> str: ...

    @property
    def sessions(self) -> int: ...

    @property
    def patience(self) -> timedelta: ...

    async def open(self) -> Session:
        """A usable session. Raises TransportUnavailable."""
        ...
