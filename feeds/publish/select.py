"""Which entries the document of a feed holds that readers subscribe to, and which of them whole.

Knows how many there are to be, how far back, and how large. Must never know a format, or where
entries come from.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

_T = TypeVar("_T")

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


def whole(sizes: Sequence[int], brief: Sequence[int], most: int = LARGEST_BYTES) -> Sequence[bool]:
    """Which entries of such sizes in bytes, the latest first, stand whole in ``most`` of them, of
    as many as stand there at all, the others as summaries of their ``brief`` sizes. One that is too
    large by itself takes nothing from the others.
    """
    left, held = most, 0
    for size in brief:
        if left < size and held:
            break
        left, held = left - size, held + 1
    are_whole = []
    for size, short in zip(sizes[:held], brief, strict=False):
        is_whole = size - short <= left
        left -= size - short if is_whole else 0
        are_whole.append(is_whole)
    return are_whole


def fitting(
    entries: Sequence[_T], brief: Sequence[_T], size: Callable[[_T], int], most: int = LARGEST_BYTES
) -> Sequence[_T]:
    """The entries as they stand in a document, or their ``brief`` forms."""
    are_whole = whole([*map(size, entries)], [*map(size, brief)], most)
    pairs = zip(entries, brief, are_whole, strict=False)
    return [entry if is_whole else short for entry, short, is_whole in pairs]
