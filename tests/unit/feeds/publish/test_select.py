"""Which entries the document of a feed holds, and which of them whole."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.publish.select import LARGEST_BYTES, MOST_ENTRIES, fitting, held, is_grown, whole

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "fewest", "count"),
    [
        ([], 50, 0),
        ([0], 50, 1),
        ([0, 100, 200, 300], 2, 2),
        # All of two days, however few are wanted.
        ([0, 1, 2, 47], 2, 4),
        ([0, 1, 2, 48], 2, 3),
        ([0] * 130, 50, 130),
        ([0] * 900, 50, MOST_ENTRIES),
        ([0] * 900, 500, 500),
    ],
)
def test_a_feed_holds_the_latest_and_all_of_two_days(
    hours: list[int], fewest: int, count: int
) -> None:
    moments = [NOON - timedelta(hours=each) for each in hours]
    assert held(moments, fewest) == count
    # Whoever reads the fewest alone, and more only where these do not reach back, misses none.
    read = moments[:fewest]
    assert held(moments if is_grown(read) else read, fewest) == count


@pytest.mark.parametrize(
    ("sizes", "brief", "are_whole"),
    [
        ([], [], ""),
        ([2_000_000], [500], "s"),
        # One is there whatever it takes.
        ([2_000_000], [1_500_000], "s"),
        ([10_000] * 150, [1_000] * 150, "w" * 94 + "s" * 56),
        ([300_000] * 5, [300_000] * 5, "www"),
        # What is too large by itself takes no text from the others.
        ([300_000, 1_000_000, 1_000], [1_000] * 3, "wsw"),
        ([2_000_000, 300_000, 300_000], [1_000] * 3, "sww"),
        # A summary may be longer than a text of a title alone.
        ([100, 999_900], [200, 1_000], "ww"),
    ],
)
def test_the_latest_are_whole_as_far_as_a_feed_may_go(
    sizes: list[int], brief: list[int], are_whole: str
) -> None:
    assert whole(sizes, brief) == [each == "w" for each in are_whole]


def test_what_does_not_fit_stands_in_its_brief_form() -> None:
    assert fitting(["first", "a long one", "last"], ["f", "l", "l"], len, 12) == [
        "first",
        "l",
        "last",
    ]


@given(st.lists(st.integers(min_value=1, max_value=500_000), max_size=200), st.integers(1, 20_000))
def test_a_feed_with_its_others_as_summaries_is_not_too_large(sizes: list[int], most: int) -> None:
    brief = [min(size, most) for size in sizes]
    are_whole = whole(sizes, brief)
    taken = [
        size if is_whole else short
        for size, short, is_whole in zip(sizes, brief, are_whole, strict=False)
    ]
    assert sum(taken) <= LARGEST_BYTES
    # None more fits: neither whole, nor at all.
    for place, is_whole in enumerate(are_whole):
        rest = sum(taken[: place + 1]) + sum(brief[place + 1 : len(are_whole)])
        assert is_whole or rest + sizes[place] - brief[place] > LARGEST_BYTES
    assert len(are_whole) == len(sizes) or sum(brief[: len(are_whole) + 1]) > LARGEST_BYTES
