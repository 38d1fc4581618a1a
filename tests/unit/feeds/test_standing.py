"""How a source does: what answers make of its standing, and when it is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Hub
from feeds.standing import (
    LONGEST_PAUSE,
    Standing,
    State,
    begun,
    early_look,
    exhausts,
    failed,
    is_due,
    is_first_look,
    looked_at,
    next_look,
    succeeded,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://news.example.org/"
NEW = "https://www.example.org/news"


def fresh() -> Standing:
    return begun(None, "news", URL, NOW)


def test_a_source_never_asked_is_due() -> None:
    assert is_due(None, URL, NOW)
    assert is_due(fresh(), URL, NOW)


def test_a_source_is_due_once_its_next_look_has_come() -> None:
    good = succeeded(fresh(), NOW, NOW + HOUR)
    assert not is_due(good, URL, NOW)
    assert is_due(good, URL, NOW + HOUR)


def test_a_source_that_ended_is_due_only_at_another_address() -> None:
    over = failed(fresh(), "gone", NOW, None)
    assert (over.state, over.problem, over.next_look_at) == (State.ENDED, "gone", None)
    assert not is_due(over, URL, NOW + 1_000 * HOUR)
    assert is_due(over, NEW, NOW)


def test_another_address_begins_anew() -> None:
    bad = failed(fresh(), "no answer", NOW, NOW + HOUR)
    assert begun(bad, "news", URL, NOW + HOUR) is bad
    assert begun(bad, "news", NEW, NOW + HOUR).failures == 0


def test_a_first_look_is_one_until_it_has_come_to_its_end() -> None:
    assert is_first_look(None, URL)
    assert is_first_look(failed(fresh(), "no answer", NOW, NOW + HOUR), URL)
    begun_only = succeeded(fresh(), NOW, NOW, is_unfinished=True)
    assert is_first_look(begun_only, URL)
    done = succeeded(begun_only, NOW + HOUR, NOW + 2 * HOUR)
    assert not is_first_look(done, URL)
    assert not is_first_look(failed(done, "no answer", NOW, NOW + HOUR), URL)
    assert not is_first_look(succeeded(done, NOW, NOW, is_unfinished=True), URL)
    assert is_first_look(done, NEW)


def test_a_state_is_dated_from_its_beginning() -> None:
    first = failed(fresh(), "no answer", NOW, NOW + HOUR)
    second = failed(first, "no host", NOW + HOUR, NOW + 3 * HOUR)
    assert (second.since, second.failures, second.problem) == (NOW, 2, "no host")
    good = succeeded(second, NOW + 3 * HOUR, NOW + 4 * HOUR)
    assert (good.since, good.failures, good.problem) == (NOW + 3 * HOUR, 0, "")
    assert good.last_success_at == NOW + 3 * HOUR


def test_patience_is_for_what_may_pass_by_itself() -> None:
    failing = failed(fresh(), "no answer", NOW, NOW + HOUR)
    assert not exhausts(fresh(), HOUR, NOW + 2 * HOUR)
    assert not exhausts(failing, HOUR, NOW + HOUR / 2)
    assert exhausts(failing, HOUR, NOW + HOUR)
    assert exhausts(replace(failing, is_lasting=True), HOUR, NOW)


def test_the_last_success_outlives_failures() -> None:
    good = succeeded(fresh(), NOW, NOW + HOUR)
    assert failed(good, "no answer", NOW + HOUR, NOW + 2 * HOUR).last_success_at == NOW


def test_an_address_moved_to_is_asked_until_it_fails() -> None:
    moved = succeeded(fresh(), NOW, NOW + HOUR, moved_to=NEW)
    assert (moved.state, moved.asked_at) == (State.MOVED, NEW)
    still = succeeded(moved, NOW + HOUR, NOW + 2 * HOUR)
    assert (still.state, still.asked_at, still.since) == (State.MOVED, NEW, NOW)
    assert failed(still, "no answer", NOW + 2 * HOUR, NOW + 3 * HOUR).asked_at == URL


def test_a_source_that_moved_back_is_where_it_was() -> None:
    moved = succeeded(fresh(), NOW, NOW + HOUR, moved_to=NEW)
    back = succeeded(moved, NOW + HOUR, NOW + 2 * HOUR, moved_to=URL)
    assert (back.state, back.asked_at) == (State.OK, URL)


def test_the_hub_is_the_one_last_named() -> None:
    hub = Hub(url="https://hub.example.org/", topic=URL)
    named = succeeded(fresh(), NOW, NOW + HOUR, hub=hub)
    assert named.hub == hub
    assert succeeded(named, NOW + HOUR, NOW + 2 * HOUR).hub is None


def test_a_source_looked_at_all_the_time_changes_only_as_it_does() -> None:
    """A folder: well, away since when, and well again."""
    well = looked_at(None, "inbox", "/inbox", "", NOW)
    assert looked_at(well, "inbox", "/inbox", "", NOW + HOUR) == well
    away = looked_at(well, "inbox", "/inbox", "no such folder", NOW + HOUR)
    still = looked_at(away, "inbox", "/inbox", "no such folder", NOW + 2 * HOUR)
    assert (still.state, still.since, still.failures) == (State.FAILING, NOW + HOUR, 2)
    back = looked_at(still, "inbox", "/inbox", "", NOW + 3 * HOUR)
    assert (back.state, back.problem, back.failures) == (State.OK, "", 0)


def test_after_a_success_the_next_look_is_the_usual_one() -> None:
    assert next_look(0, NOW, HOUR, 0.0) == NOW + HOUR
    assert next_look(0, NOW, HOUR, 1.0) == NOW + 1.1 * HOUR


def test_each_failure_doubles_the_pause_up_to_a_day() -> None:
    looks = [next_look(failures, NOW, HOUR, 0.0) - NOW for failures in (1, 2, 3, 4, 5, 10**9)]
    assert looks == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, LONGEST_PAUSE, LONGEST_PAUSE]


def test_what_will_not_pass_by_itself_rests_for_the_longest_pause_at_once() -> None:
    assert next_look(1, NOW, HOUR, 0.0, is_lasting=True) == NOW + LONGEST_PAUSE
    assert next_look(7, NOW, HOUR, 1.0, is_lasting=True) == NOW + 1.1 * LONGEST_PAUSE
    rare = timedelta(days=30)
    assert next_look(1, NOW, rare, 0.0, is_lasting=True) == NOW + rare
    back = NOW + timedelta(days=3)
    assert next_look(1, NOW, HOUR, 0.0, back, is_lasting=True) == back


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


@pytest.mark.parametrize(
    ("changes", "moment"),
    [
        ({}, NOW),
        ({"state": State.MOVED, "last_success_at": None}, NOW),
        ({"last_success_at": NOW - timedelta(minutes=2)}, NOW + timedelta(minutes=3)),
        ({"next_look_at": NOW}, None),
        ({"next_look_at": None}, None),
        ({"state": State.FAILING}, None),
        ({"state": State.ENDED, "next_look_at": None}, None),
    ],
)
def test_who_says_there_is_news_brings_the_next_look_forward(
    changes: dict[str, Any], moment: datetime | None
) -> None:
    """Not more often than every five minutes, and never for a source that is not well."""
    well = replace(
        begun(None, "news", "https://www.example.org/", NOW),
        last_success_at=NOW - timedelta(hours=1),
        next_look_at=NOW + timedelta(hours=1),
    )
    assert early_look(replace(well, **changes), NOW) == moment
    assert early_look(None, NOW) is None
