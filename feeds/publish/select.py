"""Which entries the document of a feed holds that readers subscribe to, and which of them whole.

Knows how many there are to be, how far back, and how large. Must never know a format, or where
entries come from.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

#: However much there is at once.
MOST_ENTRIES = 200
#: Beside the latest, those of the older ones that were significantly changed last: sixty corrected
#: texts of long ago are no reason to push today's news out.
MOST_CORRECTED = 10
# Who asks but once in so long misses nothing.
_GROWN_FOR = timedelta(hours=48)
#: Readers and validators refuse larger documents.
LARGEST_BYTES = 1_000_000


def held(moments: Sequence[datetime], fewest: int) -> int:
    """How many entries a feed holds of its latest, by the moments at which they became news, the
    newest first: ``fewest``, and all of two days before the newest, up to `MOST_ENTRIES`.
    """
    if not moments:
        return 0
    first = moments[0] - _GROWN_FOR
    recent = sum(moment > first for moment in moments[:MOST_ENTRIES])
    return min(len(moments), max(fewest, recent))


def is_grown(moments: Sequence[datetime]) -> bool:
    """Whether all of so many of the latest belong into a feed, so that even more may."""
    return bool(moments) and moments[-1] > moments[0] - _GROWN_FOR


def whole(sizes: Sequence[int], brief: Sequence[int]) -> tuple[int, int]:
    """How many entries of such sizes in bytes, the latest first, stand in a document whole, and how
    many stand there at all, the others as summaries of their ``brief`` sizes.
    """
    left, held = LARGEST_BYTES, 0
    for size in brief:
        if left < size and held:
            break
        left, held = left - size, held + 1
    count = 0
    for size, short in zip(sizes[:held], brief, strict=False):
        left -= size - short
        if left < 0:
            break
        count += 1
    return count, held
