"""The one place in the house that reads the wall clock.

Knows what time it is. Must never know what anybody does with it: decisions get the time as an
argument, so that tests can choose it.
"""

from datetime import UTC, datetime


def clock() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
