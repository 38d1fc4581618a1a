"""When an item was published and updated, and whether it was news."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feeds.draft import Draft
from feeds.identity.decide import first_updated, freshness, published_at, revised_updated
from feeds.model import Fresh, Issued, IssuedFrom

NOW = datetime(2026, 11, 21, 15, 30, 45, 600_000, tzinfo=UTC)
TODAY = NOW.date()


def issued(day: date, at: datetime | None = None) -> Issued:
    return Issued(day=day, at=at, origin=IssuedFrom.LABEL)


days = st.dates(min_value=date(1995, 1, 1), max_value=date(2026, 12, 1))
times = st.times(timezones=st.just(UTC))
instants = st.builds(datetime.combine, days, times)
issues = st.one_of(
    st.none(),
    days.map(issued),
    instants.map(lambda at: issued(at.date(), at)),
)
numbers = st.integers(min_value=1, max_value=10_000_000)


@pytest.mark.parametrize(
    ("days_ago", "backfill", "fresh"),
    [
        (0, False, Fresh.NEWS),
        (7, False, Fresh.NEWS),
        (8, False, Fresh.ARCHIVE),
        (-1, False, Fresh.NEWS),
        (0, True, Fresh.ARCHIVE),
    ],
)
def test_what_was_issued_long_ago_is_no_news(days_ago: int, backfill: bool, fresh: Fresh) -> None:
    draft = Draft(form="", title="", issued=issued(TODAY - timedelta(days=days_ago)))
    assert freshness(draft, NOW, backfill=backfill, archive_after_days=7) is fresh


def test_what_tells_no_date_is_news_unless_it_fills_the_archive() -> None:
    draft = Draft(form="", title="")
    assert freshness(draft, NOW, backfill=False, archive_after_days=7) is Fresh.NEWS
    assert freshness(draft, NOW, backfill=True, archive_after_days=7) is Fresh.ARCHIVE


@pytest.mark.parametrize(("days_ago", "fresh"), [(7, Fresh.NEWS), (8, Fresh.ARCHIVE)])
def test_what_was_last_changed_long_ago_was_issued_no_later(days_ago: int, fresh: Fresh) -> None:
    draft = Draft(form="", title="", updated=TODAY - timedelta(days=days_ago))
    assert freshness(draft, NOW, backfill=False, archive_after_days=7) is fresh
    # A day of issue tells more.
    dated = replace(draft, issued=issued(TODAY))
    assert freshness(dated, NOW, backfill=False, archive_after_days=7) is Fresh.NEWS


def test_publication_is_the_instant_told_or_the_start_of_the_day() -> None:
    at = datetime(2026, 11, 20, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=3)))
    assert published_at(None, NOW) is None
    assert published_at(issued(date(2026, 11, 20)), NOW) == datetime(2026, 11, 20, tzinfo=UTC)
    assert published_at(issued(at.date(), at), NOW) == at.replace(microsecond=0)


def test_publication_is_never_later_than_we_saw_it() -> None:
    """Tomorrow in Tashkent has begun while it is still today in Greenwich."""
    assert published_at(issued(TODAY + timedelta(days=1)), NOW) == NOW.replace(microsecond=0)


def test_news_was_updated_now_whatever_day_it_tells() -> None:
    updated = first_updated(issued(date(2026, 11, 20)), NOW, 7, 9, Fresh.NEWS)
    assert updated == revised_updated(NOW, 9) == NOW.replace(microsecond=1_009)


def test_an_archived_item_was_updated_on_its_day() -> None:
    updated = first_updated(issued(date(2001, 2, 3)), NOW, 86_400 + 61, 9, Fresh.ARCHIVE)
    assert updated == datetime(2001, 2, 3, 0, 1, 1, 1, tzinfo=UTC)


def test_an_archived_item_of_an_instant_was_updated_after_it() -> None:
    told = issued(date(2001, 2, 3), datetime(2001, 2, 3, 12, tzinfo=UTC))
    updated = first_updated(told, NOW, 86_400 + 61, 9, Fresh.ARCHIVE)
    assert updated == datetime(2001, 2, 4, 0, 1, 1, 1, tzinfo=UTC)


def test_an_archived_item_of_today_was_not_updated_tomorrow() -> None:
    updated = first_updated(issued(TODAY), NOW, 80_000, 9, Fresh.ARCHIVE)
    assert updated == revised_updated(NOW, 9)


def test_an_archived_item_without_a_date_was_updated_now() -> None:
    assert first_updated(None, NOW, 1, 9, Fresh.ARCHIVE) == revised_updated(NOW, 9)


@given(issues, numbers, numbers, st.sampled_from(Fresh))
def test_an_update_is_never_before_its_publication_nor_in_the_future(
    day: Issued | None, number: int, change: int, fresh: Fresh
) -> None:
    updated = first_updated(day, NOW, number, change, fresh)
    published = published_at(day, NOW)
    assert published is None or published <= updated
    assert updated.replace(microsecond=0) <= NOW


@given(issues, issues, numbers, numbers, st.sampled_from(Fresh))
def test_no_two_items_were_updated_at_the_same_instant(
    day: Issued | None, other_day: Issued | None, number: int, other_number: int, fresh: Fresh
) -> None:
    """Equal updates draw warnings from validators, and some readers drop one of the two."""
    assume(number % 999_000 != other_number % 999_000)
    one = first_updated(day, NOW, number, number, fresh)
    other = first_updated(other_day, NOW, other_number, other_number, Fresh.ARCHIVE)
    assert one != other
