"""Digests fall due once a local day (week), at the reader's minute, whatever clocks do."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.digest.schedule import continued, latest_due, next_due, paused, period
from notifier.model import Cadence, Frequency

ZONES = sorted(available_timezones() - {"localtime"})
MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
FRIDAY, SUNDAY = 4, 6


def daily(zone: str, minute: int) -> Cadence:
    return Cadence(frequency=Frequency.DAILY, minute=minute, zone=ZoneInfo(zone))


def weekly(zone: str, minute: int, weekday: int) -> Cadence:
    return Cadence(
        frequency=Frequency.WEEKLY,
        minute=minute,
        zone=ZoneInfo(zone),
        weekdays=frozenset({weekday}),
    )


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def latest(cadence: Cadence, at: datetime) -> datetime:
    due = latest_due(cadence, at)
    assert due is not None
    return due


def dues(cadence: Cadence, start: datetime, end: datetime) -> Iterator[datetime]:
    due = next_due(cadence, start)
    while due < end:
        yield due
        due = next_due(cadence, due)


def shown(cadence: Cadence, at: datetime) -> datetime:
    return at.astimezone(cadence.zone).replace(tzinfo=None)


minutes = st.integers(0, 24 * 60 - 1)
dailies = st.builds(daily, st.sampled_from(ZONES), minutes)
weeklies = st.builds(weekly, st.sampled_from(ZONES), minutes, st.integers(0, 6))
cadences = dailies | weeklies
instants = st.datetimes(
    min_value=datetime(1840, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(cadences, instants)
@example(daily("Pacific/Apia", 420), utc(2011, 12, 30, 9, 59))
@example(daily("America/Toronto", 23 * 60 + 45), utc(1919, 3, 31, 4))
@example(daily("America/St_Johns", 0), utc(2006, 10, 29, 2, 45))
def test_what_is_due_next_lies_ahead_and_what_was_due_last_does_not(
    cadence: Cadence, at: datetime
) -> None:
    assert latest(cadence, at) <= at < next_due(cadence, at)


@given(cadences, instants)
def test_nothing_falls_due_between_the_last_and_the_next(cadence: Cadence, at: datetime) -> None:
    last, following = latest(cadence, at), next_due(cadence, at)
    assert next_due(cadence, last) == following
    assert latest_due(cadence, following - MOMENT) == last
    assert latest_due(cadence, following) == following


@given(cadences, instants)
def test_a_digest_is_due_at_its_minute_or_when_the_gap_over_it_ends(
    cadence: Cadence, at: datetime
) -> None:
    due = next_due(cadence, at)
    wall = shown(cadence, due)
    wanted = wall.replace(hour=cadence.minute // 60, minute=cadence.minute % 60, second=0)
    if wall.replace(microsecond=0) != wanted:
        before = shown(cadence, due - timedelta(seconds=1))
        assert before.date() < wall.date() or before < wanted < wall
        assert wall - before > timedelta(seconds=1)


@given(cadences, instants)
def test_a_digest_takes_the_first_occurrence_of_its_minute(cadence: Cadence, at: datetime) -> None:
    assert next_due(cadence, at).astimezone(cadence.zone).fold == 0


@given(dailies, st.sets(st.integers(0, 6), min_size=1), instants)
@example(daily("Pacific/Apia", 0), set(range(7)), utc(2011, 12, 30))
@example(daily("Pacific/Apia", 0), {FRIDAY}, utc(2011, 12, 30))
@example(daily("Asia/Manila", 720), set(range(7)), utc(1844, 12, 30))
@example(daily("America/Sitka", 720), set(range(7)), utc(1867, 10, 18))
@example(daily("America/Dominica", 0), set(range(7)), utc(2000, 1, 1, 4) + MOMENT)
def test_every_chosen_local_day_that_was_lived_has_exactly_one_daily_digest(
    cadence: Cadence, weekdays: set[int], at: datetime
) -> None:
    cadence = replace(cadence, weekdays=frozenset(weekdays))
    start, end = at - 8 * DAY, at + 8 * DAY
    planned = [date.fromisoformat(period(cadence, due, 0)) for due in dues(cadence, start, end)]
    hours = (start + HOUR / 2 * n for n in range(16 * 24 * 2 + 1))
    lived = {shown(cadence, hour).date() for hour in hours}
    inner = {day for day in lived if planned[0] <= day <= planned[-1]}
    assert planned == sorted(set(planned))
    assert set(planned) == {day for day in inner if day.weekday() in weekdays}


@given(weeklies, instants)
@example(weekly("Pacific/Apia", 420, FRIDAY), utc(2011, 12, 25))
def test_weekly_digests_are_those_of_days_a_week_apart(cadence: Cadence, at: datetime) -> None:
    planned = [period(cadence, due, 0) for due in dues(cadence, at, at + 6 * WEEK)]
    days = [date.fromisoformat(day) for day in planned]
    assert all(later - earlier == WEEK for earlier, later in pairwise(days))


@given(cadences, instants, st.integers(-20, 20))
def test_nothing_is_due_before_the_first_day_and_the_first_is_of_that_day_or_the_next_one_lived(
    cadence: Cadence, at: datetime, ahead: int
) -> None:
    first = at.date() + ahead * DAY
    begun = replace(cadence, first=first)
    eve = datetime.combine(first, datetime.min.time(), UTC) - 2 * DAY
    assert latest_due(begun, eve) is None
    due = next_due(begun, eve)
    day = date.fromisoformat(period(begun, due, 0))
    assert day == first or (day > first and next_due(replace(cadence, first=None), eve) <= due)
    assert next_due(begun, due) == next_due(cadence, due)


#: A change of mind after so many hours: to which cadence, and how late the planner is just then.
changes = st.lists(
    st.tuples(st.integers(0, 400), weeklies | dailies, st.integers(0, 100)), min_size=1, max_size=6
)


@dataclass
class Reader:
    """Gets what is due, changes their mind, and remembers what came of which day, and when."""

    cadence: Cadence
    now: datetime
    came: list[tuple[date, datetime]] = field(default_factory=list)

    def wait(self, until: datetime, *, late: timedelta = timedelta()) -> None:
        due = next_due(self.cadence, self.now)
        while due + late <= until:
            self.now = due + late
            day = period(self.cadence, latest(self.cadence, self.now), 0)
            self.came.append((date.fromisoformat(day), self.now))
            due = next_due(self.cadence, self.now)
        self.now = max(self.now, until)

    def change(self, to: Cadence) -> None:
        self.cadence = continued(to, *self.came[-1], self.now) if self.came else to


modern = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(cadences, modern, changes)
@example(
    weekly("Europe/Vienna", 420, FRIDAY),
    utc(2026, 11, 20, 5),
    [(150, weekly("Europe/Vienna", 420, 2), 0)],
)
@example(
    daily("Pacific/Auckland", 420),
    utc(2026, 11, 20),
    [(30, daily("Pacific/Honolulu", 420), 0), (30, daily("Pacific/Kiritimati", 420), 0)],
)
def test_whatever_somebody_changes_no_day_has_two_digests_and_no_week_is_without(
    cadence: Cadence, start: datetime, changes: list[tuple[int, Cadence, int]]
) -> None:
    reader = Reader(cadence, start)
    for hours, to, minutes_late in changes:
        asked_at = reader.now + HOUR * hours
        reader.wait(asked_at, late=HOUR / 60 * minutes_late)
        reader.change(to)
        before = len(reader.came)
        reader.wait(reader.now + 3 * WEEK)
        if before == 0:
            continue
        (day, at), (following, arrived) = reader.came[before - 1], reader.came[before]
        taken = max(day, shown(to, at).date())
        assert following > taken
        assert shown(to, arrived).date() > shown(to, at).date()
        if to.frequency is Frequency.WEEKLY:
            assert following - taken <= WEEK or following <= shown(to, asked_at).date() + DAY


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Vienna",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Pacific/Apia",
        "UTC",
    ],
)
@pytest.mark.parametrize("minute", [0, 1, 90, 150, 180, 420, 1439])
def test_periods_neither_repeat_nor_skip_over_years_of_clock_changes(
    zone: str, minute: int
) -> None:
    cadence = daily(zone, minute)
    planned = [period(cadence, due, 0) for due in dues(cadence, utc(2010, 9, 1), utc(2013, 1, 1))]
    days = [date.fromisoformat(day) for day in planned]
    skipped = {date(2011, 12, 30)} if zone == "Pacific/Apia" else set()
    whole_span = {days[0] + DAY * n for n in range((days[-1] - days[0]).days + 1)}
    assert days == sorted(whole_span - skipped)


def test_a_gap_takes_the_first_valid_minute_after_it() -> None:
    """Vienna's clocks went from 02:00 to 03:00 on 31 March 2024."""
    assert next_due(daily("Europe/Vienna", 150), utc(2024, 3, 30, 12)) == utc(2024, 3, 31, 1)


def test_a_gap_of_half_an_hour_is_seen_too() -> None:
    """Lord Howe's clocks went from 02:00 to 02:30 on 6 October 2024."""
    due = next_due(daily("Australia/Lord_Howe", 125), utc(2024, 10, 5))
    assert due == utc(2024, 10, 5, 15, 30)


def test_a_gap_at_midnight_stays_within_its_day() -> None:
    """In Sao Paulo 4 November 2018 began at 01:00."""
    cadence = daily("America/Sao_Paulo", 0)
    due = next_due(cadence, utc(2018, 11, 3, 12))
    assert due == utc(2018, 11, 4, 3)
    assert period(cadence, due, 0) == "2018-11-04"


def test_a_gap_over_midnight_keeps_the_day_the_digest_belongs_to() -> None:
    """In Toronto 30 March 1919 ended at 23:30; the next minute was 00:30 of the 31st."""
    cadence = daily("America/Toronto", 23 * 60 + 45)
    due = next_due(cadence, utc(1919, 3, 31))
    assert due == utc(1919, 3, 31, 4, 30)
    assert period(cadence, due, 0) == "1919-03-30"


def test_a_fold_takes_the_first_occurrence() -> None:
    """Vienna's clocks showed 02:30 twice on 27 October 2024."""
    cadence = daily("Europe/Vienna", 150)
    assert next_due(cadence, utc(2024, 10, 26, 12)) == utc(2024, 10, 27, 0, 30)
    assert next_due(cadence, utc(2024, 10, 27, 0, 30)) == utc(2024, 10, 28, 1, 30)


def test_a_fold_over_midnight_does_not_bring_the_morrow_twice() -> None:
    """St John's clocks fell from 00:01 of 29 October 2006 back to 23:01 of the 28th."""
    cadence = daily("America/St_Johns", 0)
    second_pass = utc(2006, 10, 29, 3)
    assert latest_due(cadence, second_pass) == utc(2006, 10, 29, 2, 30)
    assert next_due(cadence, second_pass) == utc(2006, 10, 30, 3, 30)


def test_a_day_a_place_skipped_has_no_daily_digest() -> None:
    """Samoa went from 29 to 31 December 2011."""
    cadence = daily("Pacific/Apia", 420)
    first = next_due(cadence, utc(2011, 12, 29, 12))
    second = next_due(cadence, first)
    assert [period(cadence, due, 0) for due in (first, second)] == ["2011-12-29", "2011-12-31"]


def test_a_weekly_digest_on_a_skipped_day_comes_when_the_skip_ends() -> None:
    """The Friday Samoa skipped belongs to a week that still gets its digest."""
    cadence = weekly("Pacific/Apia", 420, FRIDAY)
    due = next_due(cadence, utc(2011, 12, 25))
    assert due == utc(2011, 12, 30, 10)
    assert period(cadence, due, 0) == "2011-12-30"
    assert next_due(cadence, due) == utc(2012, 1, 5, 17)


def test_a_digest_at_seven_stays_at_seven_across_a_clock_change() -> None:
    """Local days are added in local time: seven days added in UTC would drift by an hour."""
    cadence = weekly("Europe/Vienna", 420, SUNDAY)
    spring = list(dues(cadence, utc(2024, 3, 20), utc(2024, 4, 10)))
    assert [shown(cadence, due).hour for due in spring] == [7, 7, 7]


IMMEDIATE = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=ZoneInfo("Europe/Vienna"))


def test_an_immediate_cadence_is_always_due_and_named_by_its_last_item() -> None:
    at = utc(2026, 11, 24, 6)
    assert next_due(IMMEDIATE, at) == at
    assert latest_due(IMMEDIATE, at.astimezone(IMMEDIATE.zone)) == at
    assert period(IMMEDIATE, at, 123) == "n123"


def test_after_an_immediate_mail_the_next_one_waits_for_a_quiet_time() -> None:
    at = utc(2026, 11, 24, 6)
    assert next_due(replace(IMMEDIATE, quiet_minutes=10), at) == at + timedelta(minutes=10)


def test_an_immediate_cadence_begins_with_its_first_day() -> None:
    begun = paused(IMMEDIATE, date(2026, 12, 24))
    midnight = utc(2026, 12, 23, 23)
    assert next_due(begun, utc(2026, 11, 24)) == midnight
    assert latest_due(begun, midnight - MOMENT) is None
    assert latest_due(begun, midnight) == midnight
    assert next_due(replace(begun, quiet_minutes=10), midnight) == midnight + timedelta(minutes=10)
    assert continued(begun, date(2026, 12, 24), midnight, midnight) == begun


def test_a_pause_ends_with_the_first_day_of_the_cadence() -> None:
    """24 December 2026 is a Thursday."""
    day = date(2026, 12, 24)
    assert paused(daily("UTC", 420), day).first == day
    assert paused(weekly("UTC", 420, FRIDAY), day).first == date(2026, 12, 25)
    weekends = replace(daily("UTC", 420), weekdays=frozenset({5, 6}), first=date(2026, 1, 1))
    assert paused(weekends, day).first == date(2026, 12, 26)


def test_a_pause_is_kept_by_a_change() -> None:
    asked = paused(weekly("UTC", 420, FRIDAY), date(2026, 12, 24))
    assert continued(asked, date(2026, 11, 20), utc(2026, 11, 20, 7), utc(2026, 11, 24)) == asked


def test_where_the_seventh_day_has_passed_the_next_one_there_can_be_is_taken() -> None:
    """Nothing was planned for a fortnight."""
    begun = continued(
        weekly("UTC", 420, SUNDAY), date(2026, 11, 6), utc(2026, 11, 6, 7), utc(2026, 11, 24, 12)
    )
    assert begun.first == date(2026, 11, 25)


def test_a_change_that_changes_nothing_needs_no_first_day() -> None:
    plain = weekly("UTC", 420, FRIDAY)
    assert continued(plain, date(2026, 11, 20), utc(2026, 11, 20, 7), utc(2026, 11, 24)) == plain


def test_nothing_is_due_before_the_first_day() -> None:
    with pytest.raises(ValueError, match="2026-12-24"):
        period(paused(daily("UTC", 420), date(2026, 12, 24)), utc(2026, 12, 23), 0)


def test_the_turn_of_a_year_is_a_day_like_others() -> None:
    cadence = weekly("Europe/Vienna", 420, FRIDAY)
    planned = [period(cadence, due, 0) for due in dues(cadence, utc(2026, 12, 24), utc(2027, 1, 9))]
    assert planned == ["2026-12-25", "2027-01-01", "2027-01-08"]


def test_a_moment_between_two_due_ones_belongs_to_the_earlier_period() -> None:
    """After downtime a digest is planned late; it is still that of the day it was due."""
    cadence = daily("Europe/Vienna", 420)
    assert period(cadence, utc(2026, 11, 24, 5, 59), 0) == "2026-11-23"
    assert period(cadence, utc(2026, 11, 24, 6), 0) == "2026-11-24"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_due(daily("UTC", 0), datetime(2026, 1, 1))  # noqa: DTZ001 - that is the fault
