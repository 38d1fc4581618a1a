"""Moments to send at are given out once, at a fixed distance, and are of use for a while alone."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.flow.quotas import (
    FARTHEST_SECONDS,
    LATE_SECONDS,
    Quotas,
    SendingLimits,
    given_out,
    none_of,
)

NAME = "strict"


def test_moments_are_a_fixed_distance_apart_and_none_is_saved_up() -> None:
    waits, upto, _ = given_out(0.0, 100.0, 10, 3)
    assert waits == [0.0, 0.1, 0.2]
    assert upto == 100.3
    again, upto, _ = given_out(upto, 100.1, 10, 2)
    assert [round(each, 9) for each in again] == [0.2, 0.3]
    assert round(upto, 9) == 100.5


def test_none_is_given_out_far_ahead_and_it_is_told_when_to_ask() -> None:
    waits, upto, again = given_out(102.0, 100.0, 10, 3)
    assert (waits, upto, again) == ([], 102.0, 1.0)
    waits, _, _ = given_out(101.95, 100.0, 10, 30)
    assert len(waits) == 1


def test_a_clock_that_was_set_back_stops_nobody() -> None:
    waits, upto, _ = given_out(5_000.0, 100.0, 10, 1)
    assert (waits, upto) == ([0.0], 100.1)


@given(
    st.floats(0.2, 500),
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 50)), min_size=1, max_size=40),
    st.floats(0.01, 5),
)
def test_no_span_sees_more_than_its_share(
    rate: float, asked: list[tuple[float, int]], span: float
) -> None:
    """Whoever asks, and however late within the while the moments are used."""
    now = upto = 1_000.0
    moments: list[float] = []
    for pause, count in asked:
        now += pause
        waits, upto, _ = given_out(upto, now, rate, count)
        assert all(0 <= wait <= FARTHEST_SECONDS for wait in waits)
        moments += [now + wait for wait in waits]
    for at in moments:
        # Used at any moment from its own until it is over.
        within = sum(at - LATE_SECONDS <= other <= at + span for other in moments)
        assert within <= rate * (span + LATE_SECONDS) + 1.001


def test_where_nothing_is_set_nothing_is_asked() -> None:
    quotas = Quotas()
    assert quotas.may(("", NAME), 1.0)
    quotas.took(("", NAME, None))
    assert quotas.asked(10, 1.0) == {}
    assert not quotas.blocks(NAME, 1.0)
    assert SendingLimits().receiver("example.org") is None


def test_a_moment_is_over_after_a_while() -> None:
    quotas = Quotas(SendingLimits(rates={NAME: 10}))
    assert not quotas.may((NAME,), 1.0)
    assert quotas.blocks(NAME, 1.0)
    assert quotas.asked(3, 1.0) == {NAME: (10, 3)}
    assert quotas.asked(3, 1.0) == {}
    quotas.grant(NAME, [1.0, 1.1, 1.9], 2.0)
    assert quotas.may((NAME,), 1.3)
    assert not quotas.blocks(NAME, 1.3)
    quotas.took((NAME,))
    assert not quotas.may((NAME,), 1.5)
    assert quotas.next_at(NAME, 1.5) == 1.9
    assert quotas.blocks(NAME, 1.5)


def test_who_was_given_none_asks_again_later_and_in_another_run() -> None:
    quotas = Quotas(SendingLimits(rates={NAME: 10}))
    assert not quotas.may((NAME,), 1.0)
    quotas.asked(3, 1.0)
    for name, (moments, again_at) in none_of([NAME], 5.0).items():
        quotas.grant(name, moments, again_at)
    assert quotas.next_at(NAME, 1.0) == 5.0
    assert not quotas.may((NAME,), 4.0)
    assert quotas.asked(3, 4.0) == {}
    assert not quotas.may((NAME,), 5.0)
    assert quotas.asked(3, 5.0) == {NAME: (10, 3)}
    assert not quotas.may((NAME,), 6.0)
    quotas.forget()
    assert not quotas.may((NAME,), 7.0)
    assert quotas.asked(3, 7.0) == {NAME: (10, 3)}


def test_who_could_not_use_what_it_had_asks_for_less() -> None:
    quotas = Quotas(SendingLimits(rates={NAME: 10}))
    quotas.may((NAME,), 1.0)
    assert quotas.asked(100, 1.0) == {NAME: (10, 10)}
    quotas.grant(NAME, [1.0, 1.1], 1.0)
    assert not quotas.may((NAME,), 9.0)
    assert quotas.asked(100, 9.0) == {NAME: (10, 1)}


def test_a_receiver_is_who_receives_for_a_domain_or_for_all_below_one() -> None:
    limits = SendingLimits(receivers={"example.org": "one", "*.example.net": "below"})
    assert limits.receiver("example.org") == "one"
    assert limits.receiver("a.example.org") is None
    assert limits.receiver("a.b.example.net") == "below"
    assert limits.receiver("example.net") is None
    assert limits.receiver("net") is None


def test_a_name_blocks_until_its_moment_has_come() -> None:
    quotas = Quotas(limits=SendingLimits(rates={NAME: 10.0}))
    assert quotas.blocks(NAME, 0.0)
    assert not quotas.blocks("nobody", 0.0)
    assert quotas.most_open("nobody") == inf
