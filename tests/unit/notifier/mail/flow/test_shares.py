"""Each mail server gets its share of what is sent, and nobody waits for one that does nothing."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.flow.shares import Shares


def opened(**weights: int) -> Shares:
    shares = Shares()
    for name, weight in weights.items():
        shares.opening(name, weight, 0.0)
    return shares


def sent(shares: Shares, names: str, count: int, now: float = 0.0) -> Counter[str]:
    """Who took how many of so many, where all of these ask in turns."""
    found = Counter[str]()
    while found.total() < count:
        for name in names:
            if found.total() < count and shares.may(name, now):
                shares.took(name, now)
                found[name] += 1
    return found


def test_one_alone_takes_everything() -> None:
    assert sent(opened(a=1), "a", 50) == {"a": 50}


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20))
def test_each_has_its_share(a: int, b: int, c: int) -> None:
    found = sent(opened(a=a, b=b, c=c), "abc", 10 * (a + b + c))
    off = {"a": found["a"] - 10 * a, "b": found["b"] - 10 * b, "c": found["c"] - 10 * c}
    assert all(abs(each) <= 3 for each in off.values())


def test_who_is_away_leaves_its_share_and_makes_nothing_good() -> None:
    shares = opened(a=1, b=1)
    shares.away("b")
    assert sent(shares, "a", 100) == {"a": 100}
    shares.opening("b", 1, 1.0)
    assert sent(shares, "ab", 100, 1.0) == {"a": 50, "b": 50}


def test_who_takes_nothing_holds_up_nobody() -> None:
    shares = opened(a=1, b=1)
    sent(shares, "ab", 2)
    shares.took("a", 0.0)
    assert not shares.may("a", 4.0)
    assert shares.may("a", 6.0)
    sent(shares, "a", 99, 6.0)
    shares.took("b", 6.1)
    assert sent(shares, "ab", 100, 6.1)["b"] in (49, 50, 51)


def test_who_is_being_opened_is_waited_for_a_moment() -> None:
    shares = opened(a=1, b=1)
    shares.took("a", 0.0)
    assert not shares.may("a", 0.5)
    assert shares.may("a", 1.5)


def test_who_is_slow_holds_up_nobody() -> None:
    shares = opened(a=1, b=1)
    shares.took("a", 0.0)
    shares.ended("a", 0.1)
    shares.ended("b", 0.9)
    assert not shares.may("a", 0.0)
    shares.ended("b", 5.0)
    assert shares.may("a", 0.0)
    # Where all are slow it is the line that is.
    for _ in range(20):
        shares.ended("a", 2.0)
    assert not shares.may("a", 0.0)


def test_who_may_take_none_for_now_keeps_nobody_waiting() -> None:
    shares = opened(a=1, b=1)
    shares.waits("a")
    assert sent(shares, "b", 10) == {"b": 10}
    # What was there all the while has nothing to make good.
    shares.opening("a", 3, 1.0)
    assert shares.may("a", 1.0)
