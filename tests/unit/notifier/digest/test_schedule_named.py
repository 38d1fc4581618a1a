"""What a delivery is called tells of which frequency and day it is."""

from datetime import date

import pytest

from notifier.digest.schedule import delivery_name, named_so, period_at_once
from notifier.model import Frequency

DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("frequency", "period", "name", "day"),
    [
        (Frequency.DAILY, "2026-11-24", "2026-11-24", DAY),
        (Frequency.WEEKLY, "2026-11-24", "2026-11-24-weekly", DAY),
        (Frequency.IMMEDIATE, period_at_once(123), "n123", None),
    ],
)
def test_a_name_is_read_as_it_was_given(
    frequency: Frequency, period: str, name: str, day: date | None
) -> None:
    """A weekly digest stands beside a daily one of the same day."""
    assert delivery_name(frequency, period) == name
    assert named_so(name) == (frequency, day)
