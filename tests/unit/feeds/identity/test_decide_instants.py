"""When an item was published and updated, and whether it was news."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feeds.draft import Draft
from feeds.identity.decide import first_updated, freshness, published_at, revised_updated
from feeds.model import Fresh, Issued, IssuedFrom

VIENNA = ZoneInfo("Europe/Vienna")
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
zones = st.sampled_from(
    [
        ZoneInfo(name)
        for name in ("Europe/Vienna", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu")
    ]
)

#: When it was issued, its number, and the zone of its site.
_Item = tuple[Issued | None, int, tzinfo]
items = st.tuples(issues, numbers, zones)


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


@pytest.mark.parametrize(
    ("dates", "fresh"),
    [
        ({}, Fresh.ARCHIVE),
        ({"updated": TODAY}, Fresh.ARCHIVE),
        ({"issued": issued(TODAY)}, Fresh.NEWS),
        ({"issued": issued(TODAY - timedelta(days=8))}, Fresh.ARCHIVE),
    ],
)
def test_what_a_first_look_brings_is_news_only_where_it_says_when_it_was_issued(
    dates: dict[str, Any], fresh: Fresh
) -> None:
    draft = Draft(form="", title="", **dates)
    found = freshness(draft, NOW, backfill=False, archive_after_days=7, is_first_look=True)
    assert found is fresh


@pytest.mark.parametrize(("days_ago", "fresh"), [(7, Fresh.NEWS), (8, Fresh.ARCHIVE)])
def test_what_was_last_changed_long_ago_was_issued_no_later(days_ago: int, fresh: Fresh) -> None:
    draft = Draft(form="", title="", updated=TODAY - timedelta(days=days_ago))
    assert freshness(draft, NOW, backfill=False, archive_after_days=7) is fresh
    # A day of issue tells more.
    dated = replace(draft, issued=issued(TODAY))
    assert freshness(dated, NOW, backfill=False, archive_after_days=7) is Fresh.NEWS


def test_publication_is_the_instant_told_or_noon_of_the_day() -> None:
    """Midnight in Greenwich is the day before in New York, and in Vienna no hour of anybody."""
    at = datetime(2026, 11, 20, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=3)))
    assert published_at(None, NOW, VIENNA) is None
    day = issued(date(2026, 11, 20))
    assert published_at(day, NOW, VIENNA) == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert published_at(issued(date(2026, 7, 1)), NOW, VIENNA) == datetime(
        2026, 7, 1, 10, tzinfo=UTC
    )
    assert published_at(issued(at.date(), at), NOW, VIENNA) == at.replace(microsecond=0)


def test_publication_is_never_later_than_we_saw_it() -> None:
    """Tomorrow in Tashkent has begun while it is still today in Greenwich."""
    tomorrow = issued(TODAY + timedelta(days=1))
    assert published_at(tomorrow, NOW, VIENNA) == NOW.replace(microsecond=0)


def test_news_was_updated_now_whatever_day_it_tells() -> None:
    updated = first_updated(issued(date(2026, 11, 20)), NOW, Fresh.NEWS, VIENNA, number=7, change=9)
    assert updated == revised_updated(NOW, 9) == NOW.replace(microsecond=1_009)


def test_an_archived_item_was_updated_on_its_day() -> None:
    """Behind noon, at the second and microsecond that its number leaves."""
    half_a_day = 12 * 60 * 60
    day = issued(date(2001, 2, 3))
    for number, second, microsecond in ((61, 61, 0), (half_a_day + 40_000, 40_000, 1)):
        updated = first_updated(day, NOW, Fresh.ARCHIVE, VIENNA, number=number, change=9)
        assert updated.astimezone(VIENNA).date() == date(2001, 2, 3)
        assert published_at(day, NOW, VIENNA) <= updated  # type: ignore[operator]  # it is dated
        assert int(updated.timestamp()) % half_a_day == second
        assert updated.microsecond == microsecond


def test_an_archived_item_of_an_instant_was_updated_within_half_a_day() -> None:
    told = issued(date(2001, 2, 3), datetime(2001, 2, 3, 22, tzinfo=UTC))
    updated = first_updated(told, NOW, Fresh.ARCHIVE, VIENNA, number=61, change=9)
    assert updated == datetime(2001, 2, 4, 0, 1, 1, tzinfo=UTC)


def test_an_archived_item_of_today_was_not_updated_tomorrow() -> None:
    updated = first_updated(issued(TODAY), NOW, Fresh.ARCHIVE, VIENNA, number=80_000, change=9)
    assert updated == revised_updated(NOW, 9)


def test_an_archived_item_without_a_date_was_updated_now() -> None:
    assert first_updated(None, NOW, Fresh.ARCHIVE, VIENNA, number=1, change=9) == revised_updated(
        NOW, 9
    )


@given(issues, numbers, numbers, st.sampled_from(Fresh), zones)
def test_an_update_is_never_before_its_publication_nor_in_the_future(
    day: Issued | None, number: int, change: int, fresh: Fresh, zone: tzinfo
) -> None:
    updated = first_updated(day, NOW, fresh, zone, number=number, change=change)
    published = published_at(day, NOW, zone)
    assert published is None or published <= updated
    assert updated.replace(microsecond=0) <= NOW


@given(items, items, st.sampled_from(Fresh))
def test_no_two_items_were_updated_at_the_same_instant(
    one: _Item, other: _Item, fresh: Fresh
) -> None:
    """Equal updates draw warnings from validators, and some readers drop one of the two."""
    (day, number, zone), (other_day, other_number, other_zone) = one, other
    assume(number % 999_000 != other_number % 999_000)
    first = first_updated(day, NOW, fresh, zone, number=number, change=number)
    archived = first_updated(
        other_day, NOW, Fresh.ARCHIVE, other_zone, number=other_number, change=other_number
    )
    assert first != archived
