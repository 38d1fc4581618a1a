"""What numbers of a day, and a day without its year, mean by what stands elsewhere on its page."""

from datetime import date

import pytest

from feeds.draft import DateOrder, DateStyle
from feeds.parse import dates


@pytest.mark.parametrize(
    ("text", "month", "order"),
    [
        ("3/5/2011", None, None), ("3/5/2011 and 25/4/2011", None, DateOrder.DAY_FIRST),
        ("3/5/2011 and 4/25/2011", None, DateOrder.MONTH_FIRST),
        ("25/4/2011 and 4/25/2011", None, None), ("3/5/2011", 5, DateOrder.DAY_FIRST),
        ("3/5/2011", 3, DateOrder.MONTH_FIRST), ("3/5/2011", 6, None), ("5/5/2011", 5, None),
        ("3/5/2010", 5, None), ("3/5/11", 5, DateOrder.DAY_FIRST), ("3/5/10", 5, None),
        ("3/5/2010, 7/3/2011", 3, DateOrder.DAY_FIRST),
        ("3/5/2011 and 25/4/2009", None, DateOrder.DAY_FIRST),
        ("3/5/2011 and 25/4/2009", 3, DateOrder.DAY_FIRST), ("25/4/09, 4/25/11", None, None),
        ("3/5/2011 10:15 AM EST", None, DateOrder.MONTH_FIRST), ("a/25/4/2011", None, None),
    ],
)  # fmt: skip
def test_the_days_of_a_page_tell_their_order(
    text: str, month: int | None, order: DateOrder | None
) -> None:
    assert dates.order_among(text, date(2011, month, 1) if month else None) is order


@pytest.mark.parametrize(
    ("language", "order"),
    [
        (None, None), ("en", None), ("en-US", None), ("en-GB", DateOrder.DAY_FIRST),
        ("es", DateOrder.DAY_FIRST), ("es-US", None), ("he", DateOrder.DAY_FIRST),
    ],
)  # fmt: skip
def test_languages_order_numbers(language: str | None, order: DateOrder | None) -> None:
    assert dates.order_in(language) is order


@pytest.mark.parametrize(
    ("host", "order"),
    [
        ("news.example.co.uk", DateOrder.DAY_FIRST), ("city.example.gov", DateOrder.MONTH_FIRST),
        ("news.example.com", None), ("", None),
    ],
)  # fmt: skip
def test_countries_order_numbers(host: str, order: DateOrder | None) -> None:
    assert dates.order_at(host) is order


@pytest.mark.parametrize(
    ("text", "whole"), [("17 May", "17 May 2011"), ("17 June", ""), ("17 May 2010", "")]
)
def test_a_day_without_a_year_is_of_the_month_that_is_known(text: str, whole: str) -> None:
    assert dates.in_year(text, date(2011, 5, 1), DateStyle()) == whole


def test_a_text_needs_an_order_for_few_days() -> None:
    assert dates.is_unordered("on 3/5/2011")
    assert not dates.is_unordered("on 3.5.2011, 25/5/2011, 5/5/2011 and at /2011/3/5")
