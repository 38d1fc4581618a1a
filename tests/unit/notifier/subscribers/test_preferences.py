"""Preferences are written as they are typed."""

import pytest

from notifier.subscribers.preferences import named_days, numbered_days, spelt_hour


def test_an_hour_and_days_are_spelt_as_they_are_typed() -> None:
    assert [spelt_hour(minute) for minute in (0, 7 * 60, 23 * 60 + 59)] == [
        "00:00",
        "07:00",
        "23:59",
    ]
    assert named_days({6, 0}) == ("monday", "sunday")
    assert numbered_days(("sunday", "monday")) == {0, 6}
    with pytest.raises(ValueError, match="noday"):
        numbered_days(["noday"])
