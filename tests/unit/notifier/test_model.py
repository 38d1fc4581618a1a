"""The words of mailing check themselves: an object that exists is a valid one."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from notifier.model import Cadence, Frequency, Window

VIENNA = ZoneInfo("Europe/Vienna")


def a_cadence(frequency: Frequency, *, minute: int = 420, weekday: int | None = None) -> Cadence:
    return Cadence(frequency=frequency, minute=minute, zone=VIENNA, weekday=weekday)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Window(after=2, upto=1), "cannot end"),
        (lambda: a_cadence(Frequency.DAILY, minute=24 * 60), "not within a day"),
        (lambda: a_cadence(Frequency.DAILY, weekday=0), "weekly cadence"),
        (lambda: a_cadence(Frequency.WEEKLY), "belongs to a weekly"),
        (lambda: a_cadence(Frequency.WEEKLY, weekday=7), "not within a week"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        make()


def test_a_window_holds_what_came_after_its_start_up_to_its_end() -> None:
    window = Window(after=1, upto=3)
    assert [number for number in range(5) if number in window] == [2, 3]
