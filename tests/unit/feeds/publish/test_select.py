"""Which entries the document of a feed holds, and which of them whole."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.publish.select import MOST_ENTRIES, held, whole

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST_BYTES = 1_000_000


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
    assert held([NOON - timedelta(hours=each) for each in hours], fewest) == count


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([], 0),
        ([2_000_000], 0),
        ([10_000] * 50, 50),
        ([1_000] * 200, 200),
        ([300_000] * 5, 3),
        ([300_000, 1_000_000, 1_000], 1),
    ],
)
def test_the_latest_are_whole_as_far_as_a_feed_may_go(sizes: list[int], count: int) -> None:
    assert whole(sizes) == count


@given(st.lists(st.integers(min_value=1, max_value=500_000), max_size=200))
def test_a_feed_with_its_others_as_summaries_is_not_too_large(sizes: list[int]) -> None:
    count = whole(sizes)
    briefly = [min(size, 2_000) for size in sizes[count:]]
    assert sum(sizes[:count]) + sum(briefly) <= MOST_BYTES
    # One more would be too much.
    assert count == len(sizes) or sum(sizes[: count + 1]) + sum(briefly[1:]) > MOST_BYTES
