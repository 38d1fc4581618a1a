"""What a server refuses for its rate is sent more slowly, until the server takes more."""

from math import inf

import pytest

from notifier.mail.flow.pace import SendingPace


def sent(pace: SendingPace, limit: int, seconds: float, at: float = 0.0) -> tuple[int, int, float]:
    """How many a server took and refused that takes so many each second, and when that was over."""
    taken = refused = 0
    end, second, left = at + seconds, at, limit
    while at < end:
        at = max(at + 0.001, pace.next_at())
        if at >= second + 1:
            second, left = at, limit
        pace.went(at)
        if left:
            left -= 1
            taken += 1
            pace.accepted(at)
        else:
            refused += 1
            pace.slow(at, 0.0)
    return taken, refused, at


def test_nobody_is_slow_who_was_not_refused() -> None:
    pace = SendingPace()
    assert (pace.next_at(), pace.rate(1.0)) == (-inf, inf)
    pace.went(1.0)
    pace.accepted(1.0)
    assert (pace.next_at(), pace.rate(1.0)) == (-inf, inf)


def test_a_server_that_takes_so_many_a_second_gets_nearly_as_many_and_refuses_few() -> None:
    """1,000 offers, of which 977 were refused in 0.7 seconds, and again each time."""
    pace = SendingPace()
    taken, refused, _ = sent(pace, 14, 60)
    assert taken > 60 * 14 * 0.7
    assert refused < taken * 0.1


def test_what_was_sent_before_anybody_slowed_down_slows_once() -> None:
    pace = SendingPace()
    for at in range(20):
        pace.accepted(10 + at / 1000)
    for at in range(20):
        pace.slow(10.02 + at / 1000, 0.0)
    assert pace.rate(10.04) == pytest.approx(16, rel=0.01)
    assert 11.0 <= pace.next_at() < 11.1


def test_it_goes_faster_again_second_by_second_and_is_free_in_the_end() -> None:
    pace = SendingPace()
    for at in range(20):
        pace.accepted(10 + at / 1000)
    pace.slow(10.02, 0.0)
    slow, later = pace.rate(10.02), pace.rate(30.02)
    assert later == pytest.approx(2 * slow)
    assert pace.rate(10.02 + 20 * 19 + 1) == inf
    assert pace.rate(10.02) == inf


def test_the_time_that_was_asked_for_is_kept() -> None:
    pace = SendingPace()
    pace.slow(10.0, 60.0)
    assert pace.next_at() == 70.0


def test_who_is_refused_at_once_each_time_is_asked_ever_more_seldom() -> None:
    pace = SendingPace()
    rates = []
    at = 0.0
    for _ in range(12):
        at = max(at, pace.next_at()) + 2
        pace.went(at)
        pace.slow(at, 0.0)
        rates.append(pace.rate(at))
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] >= 1 / 60
