"""Dates as HTTP writes them, and waits that grow."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.times import backoff, http_date, month_of, second_of, seconds_of, span_of

MODIFIED = 784_111_777  # the example of RFC 9110 5.6.7
THEN = "Sun, 06 Nov 1994 08:49:37 GMT"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("nanoseconds", "second"),
    [(0, 0), (1, 1), (999_999_999, 1), (1_000_000_000, 1), (1_000_000_001, 2), (-1, 0)],
)
def test_a_second_is_named_once_the_moment_has_come(nanoseconds: int, second: int) -> None:
    assert second_of(nanoseconds) == second


@pytest.mark.parametrize(
    "text",
    [
        THEN,
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        # Netscape's, which some still write.
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
    ],
)
def test_the_three_forms_of_a_date_are_read_and_what_is_between_them(text: str) -> None:
    assert seconds_of(text) == MODIFIED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0200",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:٣٧ GMT",
        "1994-11-06T08:49:37Z",
    ],
)
def test_what_is_no_date_is_ignored(text: str) -> None:
    assert seconds_of(text) is None


def test_a_date_is_written_as_http_prefers_it() -> None:
    assert http_date(MODIFIED) == THEN


@given(st.integers(min_value=0, max_value=253_402_300_799))
def test_a_date_written_is_the_date_read(seconds: int) -> None:
    assert http_date(seconds) == formatdate(seconds, usegmt=True)
    assert seconds_of(http_date(seconds)) == seconds


@given(st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"))
def test_no_date_however_odd_breaks_a_request(text: str) -> None:
    assert seconds_of(text) is None or isinstance(seconds_of(text), int)


def test_a_wait_doubles_up_to_its_longest() -> None:
    waits = [backoff(failures, first=MINUTE, longest=HOUR) for failures in (0, 1, 2, 5, 6, 10**9)]
    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE, 32 * MINUTE, HOUR, HOUR]


def test_jitter_lengthens_a_wait_by_its_share_of_the_spread() -> None:
    def wait(jitter: float) -> timedelta:
        return backoff(9, first=MINUTE, longest=HOUR, spread=0.25, jitter=jitter)

    assert [wait(jitter) for jitter in (0.0, 0.5, 1.0)] == [HOUR, HOUR * 1.125, HOUR * 1.25]


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC), "2019-12"),
        (datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2019-12"),
        (datetime(2020, 1, 1, tzinfo=UTC), "2020-01"),
        (datetime(987, 2, 1, tzinfo=UTC), "0987-02"),
    ],
)
def test_a_moment_lies_in_a_month_of_utc(moment: datetime, month: str) -> None:
    start, end = span_of(month)
    assert month_of(moment) == month
    assert start <= moment < end
