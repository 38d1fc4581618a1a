"""Which entries the document of a feed holds, and which of them whole."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.publish.select import LARGEST_BYTES, MOST_ENTRIES, held, is_grown, whole

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
    ("sizes", "brief", "count", "held"),
    [
        ([], [], 0, 0),
        ([2_000_000], [500], 0, 1),
        # One is there whatever it takes.
        ([2_000_000], [1_500_000], 0, 1),
        ([10_000] * 150, [1_000] * 150, 94, 150),
        ([300_000] * 5, [300_000] * 5, 3, 3),
        ([300_000, 1_000_000, 1_000], [1_000] * 3, 1, 3),
    ],
)
def test_the_latest_are_whole_as_far_as_a_feed_may_go(
    sizes: list[int], brief: list[int], count: int, held: int
) -> None:
    assert whole(sizes, brief) == (count, held)


@given(st.lists(st.integers(min_value=1, max_value=500_000), max_size=200), st.integers(1, 20_000))
def test_a_feed_with_its_others_as_summaries_is_not_too_large(sizes: list[int], most: int) -> None:
    brief = [min(size, most) for size in sizes]
    count, held = whole(sizes, brief)
    assert count <= held <= len(sizes)
    taken = sum(sizes[:count]) + sum(brief[count:held])
    assert taken <= LARGEST_BYTES
    # One more would be too much.
    assert count == held or taken + sizes[count] - brief[count] > LARGEST_BYTES
    assert held == len(sizes) or sum(brief[: held + 1]) > LARGEST_BYTES
