"""Dates of feeds: the faults of real ones, and never a zone or a day that nobody stated."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse.syndication import feed_dates

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 20 Nov 2026 12:00:00 GMT",
        "Fri, 20 Nov 2026 12:00:00 +0000",
        "fri, 20 nov 2026 12:00:00 gmt",
        "20 Nov 2026 12:00 UT",
        "20 Nov 26 12:00:00 Z",
        "Friday, 20-Nov-26 12:00:00 UTC",
        "Fri, 20 November 2026 13:00:00 CET",
        "Fri, 20 Nov 2026 07:00:00 EST",
        "Fri, 20 Nov 2026 14:00:00 GMT+2",
        "Fri, 20 Nov 2026 14:00:00 +02:00",
        "Fri, 20 Nov 2026 12:00:00 +0000 (UTC)",
        "Fri Nov 20 12:00:00 UTC 2026",
        "Fri, 20 Nov 2026, 12:00:00 GMT",
        "ven., 20 novembre 2026 12:00:00 GMT",
        "Fr., 20. Nov. 2026 13:00:00 +0100",
        "пт, 20 нояб. 2026 г. 15:00:00 +0300",
        "Пт, 20 лис 2026 14:00:00 +0200",
        "20261120T120000.000Z",
        "2026-11-20T12:00:00Z",
        "2026-11-20t12:00:00z",
        "2026-11-20 12:00:00 +0000",
        "2026-11-20T13:00:00.123456789+0100",
        "2026-11-20T13:00+01:00",
        " 2026-11-20T13:00:00+01:00\n",
        "Fri, Nov 20 2026 12:00:00 +0000",
        "Fri, Nov 20, 2026 1:00 PM +0100",
        "November 20, 2026 at 12:00:00 p.m. UTC",
        "11/20/2026 12:00:00 PM GMT",
        "20/11/2026, 13:00:00 +0100",
        "20.11.2026 14:00 +02:00",
        "2026/11/20 21:00:00 +0900",
        "Fri, 11/20/2026 - 07:00 EST",
        "20 Nov 2026 12:00:00 PM GMT",
        "2026-11-20 7:00:00 AM -0500",
        "2026-11-20 13:00:00.364419679 +0100 CET",
        "2026-11-20 17:30:00 +0530 +0530",
        "2026-11-20 12:00:00.5 +0000 UTC m=+0.012345678",
        "Fri Nov 20 2026 13:00:00 GMT+0100 (CET)",
        "Fri Nov 20 2026 13:00:00 GMT+0100 (Mitteleuropäische Normalzeit)",
        "Fri Nov 20 2026 07:00:00 GMT-0500",
        "Fri, 20 Nov 2026 13:00:00 GMT+0100 (CET)",
        "20 novembre 2026 13:00:00 +0100",
        '<time datetime="2026-11-20T12:00:00Z" class="datetime">Fri, 11/20/2026 - 13:00</time>',
        "pt., 20 lis 2026 13:00:00 +0100",
        "pet, 20 stu 2026 13:00:00 +0100",
        "pá, 20 lis 2026 13:00:00 +0100",
    ],
)
def test_an_instant_is_read(text: str) -> None:
    issued = feed_dates.issued(text)
    assert issued
    assert issued.at
    assert issued.at == NOON
    assert issued.day == date(2026, 11, 20)
    assert feed_dates.instant(text) == issued.at


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20",
        "2026-11-20T12:00:00",
        "2026-11-20T25:00:00Z",
        "Fri, 20 Nov 2026 99999999999999999999:00:00 GMT",
        "Fri, 20 Nov 2026",
        "Fri, 20 Nov 2026 12:00:00",
        "Fri, 20 Nov 2026 12:00:00 XYZ",
        "Fri, 20 Nov 2026 12:00:00 IST",
        "Fri, 20 Nov 2026 12:00:00 CET+1",
        "Fri, 20 Nov 2026 12:00:00 +9900",
        "Fri, 20 Nov 2026 24:00:00 GMT",
        "20 ноября 2026",
        "20. November 2026, 12 Uhr",
        "November 20, 2026",
        "Nov 20, 2026 9:00 PM",
        "Nov 20, 2026 13:00 PM GMT",
        "11/20/2026 0:30 AM GMT",
        "Fri Nov 20 2026 13:00:00 (CET)",
        "20/11/2026 12:00 IST",
        "20 Nov 2026 and again 12:00 GMT",
        "<p>20 November 2026</p>",
        "pt., 20 lis 2026",
    ],
)
def test_of_others_the_day_is_kept(text: str) -> None:
    issued = feed_dates.issued(text)
    assert issued
    assert (issued.day, issued.at) == (date(2026, 11, 20), None)
    assert feed_dates.instant(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026",
        "2026-11",
        "2026-02-30T00:00:00Z",
        "31 Feb 2026 12:00:00 GMT",
        "20 Foo 2026 12:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "12/05/2026 12:00:00",
        "a " * 100_000,
    ],
)
def test_what_is_no_date_stays_unknown(text: str) -> None:
    assert feed_dates.issued(text) is None


def test_a_leap_second_is_the_one_before() -> None:
    issued = feed_dates.issued("Sat, 31 Dec 2016 23:59:60 GMT")
    assert issued
    assert issued.at == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@given(
    st.datetimes(datetime(1971, 1, 2), datetime(2098, 1, 1)),  # noqa: DTZ001 - zones are below
    st.integers(-14 * 60, 14 * 60),
)
def test_every_instant_survives(moment: datetime, minutes: int) -> None:
    said = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    for text in (said.isoformat(), said.strftime("%a, %d %b %Y %H:%M:%S %z")):
        issued = feed_dates.issued(text)
        assert issued
        assert (issued.at, issued.day) == (said, said.date())


@given(st.text())
def test_any_text_is_read_or_not(text: str) -> None:
    feed_dates.issued(text)


def test_a_day_that_is_in_no_calendar_is_none() -> None:
    """In numbers either."""
    assert feed_dates.issued("31.02.26") is None


@pytest.mark.parametrize(
    ("text", "language", "month"),
    [
        ("20 lip 2026", "pl", 7), ("20 lip 2026", "hr", 6), ("20 lip 2026", None, None),
        ("20. lis 2026.", "hr-HR", 10), ("20 lis 2026", "cs", 11), ("20 lis 2026", "en", None),
        ("20 srp 2026 10:00:00 +0200", "cs", 8), ("Mon, 20 srp 2026 10:00:00 +0200", "bs", 7),
        ("pon, 20 lip 2026 10:00:00 +0200", None, None), ("sri, 20 lip 2026", None, 6),
        ("śr., 20 lip 2026", None, 7), ("čt, 20 srp 2026", None, 8),
    ],
)  # fmt: skip
def test_a_month_that_is_short_for_several_is_that_of_its_language(
    text: str, language: str | None, month: int | None
) -> None:
    """Of the feed's, or of the day of the week beside it; without either nobody knows."""
    assert feed_dates.day(text, language) == (month and date(2026, month, 20))


@pytest.mark.parametrize("zone", ["0200", "--0700", "GMT0200", "+25:00", "Europe/Berlin"])
def test_a_zone_that_is_no_offset_leaves_the_day_and_no_instant(zone: str) -> None:
    found = feed_dates.issued(f"Fri, 20 Nov 2026 14:00:00 {zone}")
    assert found is not None
    assert (found.day, found.at) == (date(2026, 11, 20), None)
