"""The day that stands in the address of a page."""

from datetime import date

import pytest

from feeds.model import Issued
from feeds.parse.html.address_day import month_of_address, of_address, of_file_name


def said(issued: Issued | None) -> str:
    return issued.day.isoformat() if issued else ""


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2011/08/24/a", "2011-08-24"), ("2011-08/24/a", "2011-08-24"), ("2024/02/31/a-course", ""),
    ],
)  # fmt: skip
def test_archives_have_folders_of_days(path: str, day: str) -> None:
    assert said(of_address(f"https://news.example.org/{path}", None)) == day


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("camels-20100304-pl2q.html", "2010-03-04"), ("report_2011_05_17", "2011-05-17"),
        ("story-17052011", ""), ("story-12345678", ""), ("story-20111301", ""),
        ("list-20110517/camels", ""), ("a-201105171", ""), ("a-20310517", ""),
        ("a-20110517-meeting-of-ministers", ""), ("a-20110517.html", "2011-05-17"),
    ],
)  # fmt: skip
def test_names_of_files_hold_days(path: str, day: str) -> None:
    assert said(of_file_name(f"https://news.example.org/{path}", date(2026, 11, 25))) == day


def test_blogs_have_folders_of_months() -> None:
    assert month_of_address("https://blog.example.org/2011/05/camels/") == date(2011, 5, 1)
    assert month_of_address("https://blog.example.org/2011/05/") is None
    assert month_of_address("https://blog.example.org/2011/13/camels/") is None


@pytest.mark.parametrize("url", ["https://[news/2011/08/24/a-20110824", None])
def test_what_is_no_address_tells_no_day(url: str | None) -> None:
    assert (of_address(url, None), of_file_name(url, None), month_of_address(url)) == (None,) * 3
