"""When to ask again, and what we call ourselves."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch.agent import product_token, user_agent
from feeds.fetch.retry import LONGEST_PAUSE, LONGEST_REST, next_look, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("field", "seconds"),
    [("120", 120), (" 120 ", 120), ("0", 0), ("Sun, 01 Mar 2026 12:02:00 GMT", 120)],
)
def test_both_forms_say_when(field: str, seconds: int) -> None:
    assert retry_after(field, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "field", [None, "", "soon", "-5", "1.5", "²", "Sun, 31 Feb 2026 12:00:00 GMT"]
)
def test_anything_else_says_nothing(field: str | None) -> None:
    assert retry_after(field, NOW) is None


def test_a_moment_that_is_over_is_now() -> None:
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT", NOW) == NOW


@pytest.mark.parametrize("field", ["9" * 5_000, "99999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_sends_us_away_for_good(field: str) -> None:
    assert retry_after(field, NOW) == NOW + LONGEST_REST


def test_after_a_success_the_next_look_is_the_usual_one() -> None:
    assert next_look(0, NOW, HOUR, 0.0) == NOW + HOUR
    assert next_look(0, NOW, HOUR, 1.0) == NOW + 1.1 * HOUR


def test_each_failure_doubles_the_pause_up_to_a_day() -> None:
    looks = [next_look(failures, NOW, HOUR, 0.0) - NOW for failures in (1, 2, 3, 4, 5, 10**9)]
    assert looks == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_pause_longer_than_a_day_is_not_shortened_by_failures() -> None:
    assert next_look(3, NOW, timedelta(days=30), 0.0) == NOW + timedelta(days=30)


def test_a_server_can_only_delay_the_next_look() -> None:
    assert next_look(1, NOW, HOUR, 0.0, NOW + 5 * HOUR) == NOW + 5 * HOUR
    assert next_look(1, NOW, HOUR, 0.0, NOW + timedelta(minutes=1)) == NOW + 2 * HOUR


@given(
    st.integers(0, 10_000),
    st.timedeltas(timedelta(seconds=1), timedelta(days=365)),
    st.floats(0, 1),
)
def test_the_next_look_is_never_sooner_than_usual(
    failures: int, every: timedelta, jitter: float
) -> None:
    pause = next_look(failures, NOW, every, jitter) - NOW
    assert every <= pause <= 1.1 * max(every, LONGEST_PAUSE) + timedelta(seconds=1)


@given(st.text(max_size=40))
def test_no_field_is_too_odd(field: str) -> None:
    found = retry_after(field, NOW)
    assert found is None or NOW <= found <= NOW + LONGEST_REST


def test_whoever_is_asked_knows_whom_to_write_to() -> None:
    assert (
        user_agent("0.1", "https://feeds.example.org", "news@example.org")
        == "Fieldfare/0.1 (+https://feeds.example.org; mailto:news@example.org)"
    )
    assert user_agent("0.1", "https://feeds.example.org") == (
        "Fieldfare/0.1 (+https://feeds.example.org)"
    )


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("Fieldfare/0.1 (+https://x.example)", "Fieldfare"),
        ("news-bot", "news-bot"),
        ("Reader_2/3 x", "Reader_2"),
        ("", "Fieldfare"),
        ("(none)", "Fieldfare"),
    ],
)
def test_a_robots_txt_calls_us_by_the_name_before_the_version(agent: str, token: str) -> None:
    assert product_token(agent) == token
