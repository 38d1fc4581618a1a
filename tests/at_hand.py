"""A clock that stands still until a test moves it, on the wall and of seconds that nobody sets.

Knows one moment. Must never know what time it is.
"""

from dataclasses import dataclass
from datetime import datetime

from tests.outbox import NOW


@dataclass
class Hand:
    """The moment it shows, from `NOW` on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """How many have passed since `NOW`."""
        return (self.now - NOW).total_seconds()
