"""Moments as HTTP writes them, months, and waits that grow with every failure.

Knows RFC 9110's dates and arithmetic. Must never know a clock or chance: both are arguments, or
who waits for what.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}"

#: The three forms of HTTP-date (RFC 9110 5.6.7): IMF-fixdate, RFC 850's, asctime's. Between the
#: first two lies the one of Netscape's cookies.
_HTTP_DATE = re.compile(
    rf"{_DAY}, [0-9]{{2}} {_MONTH} [0-9]{{4}} {_TIME} GMT"
    rf"|(?:{_DAY}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day),"
    rf" [0-9]{{2}}-{_MONTH}-(?:[0-9]{{2}}){{1,2}} {_TIME} GMT"
    rf"|{_DAY} {_MONTH} [ 0-9][0-9] {_TIME} [0-9]{{4}}"
)
_DECEMBER = 12
_LEAST = timedelta(microseconds=1)
#: Of any pause more doublings pass every bound there is; it keeps the numbers small.
_MOST_DOUBLINGS = 20


def http_date(seconds: int) -> str:
    """The IMF-fixdate of a Unix time (RFC 9110 5.6.7)."""
    return formatdate(seconds, usegmt=True)


def seconds_of(text: str) -> int | None:
    """The Unix time an HTTP-date stands for; None where the text is no HTTP-date.

    A two-digit year from 69 on lies in the last century, as in POSIX.
    """
    if not _HTTP_DATE.fullmatch(text):
        return None
    try:
        return int(parsedate_to_datetime(text).replace(tzinfo=UTC).timestamp())
    except ValueError:  # 31 February, hour 25
        return None


def second_of(nanoseconds: int) -> int:
    """The first whole second by which a moment has come, both in Unix time."""
    return -(-nanoseconds // 1_000_000_000)


def month_of(moment: datetime) -> str:
    """The month a moment lies in."""
    return moment.astimezone(UTC).isoformat()[: len("2019-03")]


def span_of(month: str) -> tuple[datetime, datetime]:
    """The moments of a month, the second no more."""
    year, number = map(int, month.split("-"))
    after = (year + 1, 1) if number == _DECEMBER else (year, number + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)


def months_to(last: date, count: int) -> Iterator[date]:
    """The first days of so many months up to that of ``last``, the oldest first."""
    final = last.year * 12 + last.month - 1
    for number in range(final - count + 1, final + 1):
        yield date(number // 12, number % 12 + 1, 1)


def gone_when(gone_at: datetime, updated_at: datetime) -> datetime:
    """The moment that is told of an item that went at ``gone_at``: later than its last update, by
    which a mirror tells whether it is there (RFC 6721, section 3).
    """
    return max(gone_at, updated_at + _LEAST)


def backoff(
    failures: int,
    *,
    first: timedelta,
    longest: timedelta,
    spread: float = 0.0,
    jitter: float = 0.0,
) -> timedelta:
    """How long to wait: ``first``, doubled by each of the ``failures``, at most ``longest``.

    ``jitter`` from 0 to 1 adds up to ``spread`` of it, so that many do not come back at once.
    """
    pause = min(first * (1 << min(failures, _MOST_DOUBLINGS)), longest)
    return pause * (1 + spread * jitter)
