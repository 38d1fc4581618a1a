"""When to ask again: what servers say, and what is decent after failures.

Knows Retry-After and arithmetic. Must never know a clock or chance: both are arguments.
"""

from datetime import UTC, datetime, timedelta

from feeds.web.conditional import seconds_of

__all__ = ["LONGEST_REST", "next_look", "retry_after"]

#: A source that fails is asked once a day still: it may have come back.
LONGEST_PAUSE = timedelta(days=1)
#: No server sends us away for longer, be it by mistake or by malice.
LONGEST_REST = timedelta(days=7)
#: Looks are spread over this share of their pause, so that not all sources are asked at once.
SPREAD = 0.1
#: 2 ** 20 of any pause is beyond LONGEST_PAUSE; it keeps the numbers small.
_MOST_DOUBLINGS = 20


def retry_after(field: str | None, now: datetime) -> datetime | None:
    """When a server wants us back, None if it does not say (RFC 9110 10.2.3, both forms)."""
    if field is None:
        return None
    text = field.strip()
    if text.isascii() and text.isdecimal():
        seconds = int(text[:12])  # int() of a whole header would take long, and means no more
        return now + min(timedelta(seconds=min(seconds, 10**9)), LONGEST_REST)
    moment = seconds_of(text)
    if moment is None:
        return None
    return min(max(datetime.fromtimestamp(moment, UTC), now), now + LONGEST_REST)


def next_look(
    failures: int,
    now: datetime,
    every: timedelta,
    jitter: float,
    retry_after: datetime | None = None,
) -> datetime:
    """The next time to ask a source after this many failures in a row; 0 after a success.

    The pause doubles with each failure, up to a day or ``every`` if that is longer. ``jitter``
    from 0 to 1 draws the moment from the tenth after it; ``retry_after`` only ever delays it.
    """
    longest = max(every, LONGEST_PAUSE)
    pause = min(every * 2 ** min(failures, _MOST_DOUBLINGS), longest) if failures else every
    moment = now + pause * (1 + SPREAD * jitter)
    return moment if retry_after is None else max(moment, retry_after)
