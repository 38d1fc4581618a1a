"""When an item was published and updated, and whether it was news by then.

Knows calendars in UTC. Must never ask the clock: what time it is, it is told.
"""

from datetime import UTC, datetime, time, timedelta

from feeds.model import Fresh, Issued

_SECONDS_A_DAY = 86_400
# Microseconds are what tells instants of one second apart. Archived items use those below, all
# others the rest, so that no two of them can meet before 86 million items.
_ARCHIVE_MICROSECONDS = 1_000
_NEWS_MICROSECONDS = 1_000_000 - _ARCHIVE_MICROSECONDS


def freshness(
    issued: Issued | None, now: datetime, *, backfill: bool, archive_after_days: int
) -> Fresh:
    """Archive if we are told so, or if it was issued long ago; a text without a date is news."""
    if backfill:
        return Fresh.ARCHIVE
    oldest = now.astimezone(UTC).date() - timedelta(days=archive_after_days)
    return Fresh.ARCHIVE if issued and issued.day < oldest else Fresh.NEWS


def published_at(issued: Issued | None, seen_at: datetime) -> datetime | None:
    """The second of publication; None where the day is unknown.

    A day begins at midnight UTC here. East of Greenwich it began before: what was issued "in the
    future" was published when we saw it.
    """
    if issued is None:
        return None
    said = issued.at or datetime.combine(issued.day, time(), UTC)
    return min(said, seen_at).astimezone(UTC).replace(microsecond=0)


def first_updated(
    issued: Issued | None, now: datetime, number: int, change: int, fresh: Fresh
) -> datetime:
    """When a new item was last changed: unique in the store, at or after its publication.

    What is news changed now. What is archived keeps its day, at a time of day made from its number
    in the store, as nobody knows a better one.
    """
    published = published_at(issued, now)
    if fresh is Fresh.NEWS or published is None:
        return revised_updated(now, change)
    days, seconds = divmod(number, _SECONDS_A_DAY)
    midnight = datetime.combine(published, time(), UTC)
    updated = midnight + timedelta(seconds=seconds, microseconds=days % _ARCHIVE_MICROSECONDS)
    if updated < published:
        updated += timedelta(days=1)
    return updated if updated <= now else revised_updated(now, change)


def revised_updated(now: datetime, change: int) -> datetime:
    """When an item was changed by ``change``: now, to the second, unique in the store."""
    microsecond = _ARCHIVE_MICROSECONDS + change % _NEWS_MICROSECONDS
    return now.astimezone(UTC).replace(microsecond=microsecond)
