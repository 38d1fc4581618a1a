"""Which entries the document of a feed holds that readers subscribe to, and which of them whole.

Knows how many there are to be, how far back, and how large. Must never know a format, or where
entries come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: However much there is at once.
MOST_ENTRIES = 200
#: Beside the latest, those of the older ones that were significantly changed last: sixty corrected
#: texts of long ago are no reason to push today's news out.
MOST_CORRECTED = 10
# Who asks but once in so long misses nothing.
_GROWN_FOR = timedelta(hours=48)
# Readers and validators refuse larger documents.
_LARGEST_BYTES = 1_000_000
# What an entry takes that stands there as a summary.
_SUMMARY_BYTES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a feed and its page hold, by the numbers of the items: ``entries`` the latest first and
    then the corrected ones, ``listed`` the latest; ``moved_at`` is when one last came or left.
    """

    entries: tuple[int, ...]
    listed: tuple[int, ...]
    moved_at: datetime | None


def held(moments: Sequence[datetime], fewest: int) -> int:
    """How many entries a feed holds of its latest, by the moments at which they became news, the
    newest first: ``fewest``, and all of two days before the newest, up to `MOST_ENTRIES`.
    """
    if not moments:
        return 0
    first = moments[0] - _GROWN_FOR
    recent = sum(moment > first for moment in moments[:MOST_ENTRIES])
    return min(len(moments), max(fewest, recent))


def whole(sizes: Sequence[int]) -> int:
    """How many entries of such sizes in bytes, the latest first, stand in a document whole; the
    others as summaries, or it would be too large for some readers.
    """
    left = _LARGEST_BYTES - sum(min(size, _SUMMARY_BYTES) for size in sizes)
    for count, size in enumerate(sizes):
        left -= max(0, size - _SUMMARY_BYTES)
        if left < 0:
            return count
    return len(sizes)
