"""Which of what looks like a date in a text is one."""

from datetime import date

import pytest

from feeds.draft import DateStyle
from feeds.parse import dates


def test_digits_tell_a_calendar_where_nobody_says_the_language() -> None:
    assert dates.only_day("۱۳۹۸/۰۲/۱۴") == date(2019, 5, 4)
    assert dates.only_day("1398/02/14") is None
    # Urdu and Pashto have the same digits.
    assert dates.only_day("۰۳/۰۵/۲۴") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Version: 03.05.11", None), ("Version 03.05.11", None), ("Version 03.05.2011", None),
        ("(Version: 03.05.2011)", None), ("v03.05.11", None), ("v03.05.2011", None),
        ("V.03.05.2011", None), ("Release 10.11.12", None),
        ("Firmware: 10.11.2012", None), ("rev. 03.05.2011", None), ("Versión: 03.05.11", None),
        ("IP: 10.11.12.13", None), ("IP 10.11.2012.13", None), ("10.11.12.13", None),
        ("1.10.11.2012", None), ("§ 03.05.11", None), ("§ 03.05.2011", None),
        ("Release date: 03.05.2011", "2011-05-03"), ("Press release: 03.05.11", "2011-05-03"),
        ("Released: 03.05.11", "2011-05-03"), ("Version of 3 May 2011", "2011-05-03"),
        ("Version vom 03.05.2011", "2011-05-03"), ("Version 3, 03.05.2011", "2011-05-03"),
        ("Version 2011-05-03", "2011-05-03"), ("Conversion 03.05.2011", "2011-05-03"),
        ("Rev 3. 03.05.2011", "2011-05-03"), ("Tel Aviv 03.05.2011", "2011-05-03"),
        ("For immediate release: 03.05.2011", "2011-05-03"),
        ("Date of release: 03.05.2011", "2011-05-03"), ("03.05.2011.10:30", "2011-05-03"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["de", "en-GB", None])
def test_a_number_of_a_version_is_no_day(language: str | None, text: str, day: str | None) -> None:
    said = dates.only_day(text, DateStyle(dates.order_in(language), language))
    assert (said.isoformat() if said else None) == day


def test_a_month_before_the_day_does_not_hide_the_one_behind_it() -> None:
    """Tuesday is short for March in Italian."""
    assert [each.day for each in dates.mentions("Mar 3 Mag, 2011", DateStyle(None, "it"))] == [
        date(2011, 5, 3)
    ]
