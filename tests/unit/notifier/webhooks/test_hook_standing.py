"""What follows from what a receiver answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifier.webhooks.hook_standing import (
    GIVE_UP,
    ToldHook,
    failed,
    heard,
    oldest_told,
    wants_none,
)
from tests.items import NOON

LATER = NOON + timedelta(hours=1)
TOLD = ToldHook(name="site", url="https://a.example.org/", items_told=3, events_told=4)


def after(status: int, told: ToldHook = TOLD) -> ToldHook:
    return failed(told, status, "x" * 600, now=NOON, again_at=LATER)


def test_one_that_fails_is_told_again_later_until_it_hears() -> None:
    once = after(503)
    assert (once.due_at, once.failures, once.since, once.ended_at) == (LATER, 1, NOON, None)
    assert len(once.problem) == 500
    twice = failed(once, 0, "away", now=LATER, again_at=LATER)
    assert (twice.failures, twice.since, twice.problem) == (2, NOON, "away")
    assert heard(twice, LATER) == replace(TOLD, due_at=LATER, told_at=LATER)


def test_410_ends_it() -> None:
    assert (after(410).ended_at, after(410).due_at) == (NOON, None)


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_what_refuses_one_event_again_and_again_wants_none_of_it(status: int) -> None:
    told = TOLD
    for _ in range(4):
        told = after(status, told)
        assert not wants_none(told)
    assert wants_none(after(status, told))
    # One that has trouble between says nothing of the event.
    assert not wants_none(after(status, after(500, told)))


@pytest.mark.parametrize("status", [0, 301, 401, 403, 404, 429, 503])
def test_what_may_pass_is_tried_for_days(status: int) -> None:
    told = TOLD
    for _ in range(40):
        told = after(status, told)
    assert not wants_none(told)


def test_what_is_old_is_told_no_more_where_that_is_as_it_failed() -> None:
    now = NOON + GIVE_UP + timedelta(seconds=1)
    failing = replace(TOLD, since=NOON)
    assert oldest_told(failing, now) == now - GIVE_UP
    assert oldest_told(failing, NOON + GIVE_UP) is None
    assert oldest_told(TOLD, now) is None


def test_no_cursor_goes_back() -> None:
    assert TOLD.beyond(2, 5, 1) == replace(TOLD, events_told=5, missed=1)
