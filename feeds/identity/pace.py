"""How often an item may say something else.

Knows when it did of late. Must never know what it says.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

#: Corrections come in ones and twos; a page that changed five times within a day shows a clock, a
#: counter or today's weather.
_BURST = 5
_DAY = timedelta(days=1)
#: A page that kept still for so long may be trusted again.
REMEMBERED = timedelta(days=7)


class Pace(Enum):
    """``FREE`` as it likes; ``SLOW``: once a day, and it is no news; ``LATER``: it had its day."""

    FREE = auto()
    SLOW = auto()
    LATER = auto()


def pace(revised: Sequence[datetime], now: datetime) -> Pace:
    """How an item revised at these times may be revised ``now``."""
    times = sorted(at for at in revised if now - at < REMEMBERED)
    bursts = zip(times, times[_BURST - 1 :], strict=False)
    if not any(last - first < _DAY for first, last in bursts):
        return Pace.FREE
    return Pace.LATER if now - times[-1] < _DAY else Pace.SLOW
