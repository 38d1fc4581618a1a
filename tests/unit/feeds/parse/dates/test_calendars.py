"""Which day of ours one of another calendar is."""

import pytest

from feeds.draft import DateStyle
from feeds.parse import dates


@pytest.mark.parametrize(
    "text", ["31 Esfand 1390", "۳۰ اسفند ۱۳۹۸", "32 خرداد 1390", "31 مهر 1390"]
)
def test_a_day_that_never_was_is_none(text: str) -> None:
    """The seventh month on has thirty days, the last one twenty-nine but in leap years."""
    assert dates.only_day(text, DateStyle(None, "fa")) is None
