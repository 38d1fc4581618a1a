"""Days of calendars beside the Gregorian one: of the Buddha's era, of Iran's sun, of reigns.

Knows how years are counted elsewhere, and the day of ours that a day there is. Must never know how
such a day is written, or what it stands for.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from feeds.parse.words import languages
from feeds.taxonomy.naming import fold

#: The year before the first of an era or of a reign: of Thailand, Japan and Taiwan.
_YEARS_BEFORE = {
    "พ.ศ": -543, "令和": 2018, "平成": 1988, "昭和": 1925, "R": 2018, "H": 1988, "S": 1925,
    "民國": 1911, "民国": 1911, "中華民國": 1911,
}  # fmt: skip
# Where days are numbered by another calendar than ours, beside ours.
_BUDDHIST = frozenset({"th"})
_SOLAR = frozenset({"fa", "prs", "ps"})
_OF_THE_REPUBLIC = frozenset({"zh-tw", "zh-hant", "zh-hant-tw"})
# The numerals of Chinese and Japanese; ten is written between its tens and its ones.
_NUMERALS = {char: number % 10 for number, char in enumerate("〇一二三四五六七八九零")} | {"○": 0}
_TEN = "十"


class Calendar(StrEnum):
    """How the years of a date are counted."""

    GREGORIAN = "gregorian"
    BUDDHIST = "buddhist"
    SOLAR = "solar"
    REPUBLIC = "republic"


_COUNTING = {Calendar.BUDDHIST: _BUDDHIST, Calendar.SOLAR: _SOLAR}


def calendar_of(year: int, language: str | None) -> Calendar | None:
    """How a year that stands in numbers alone is counted; None where nobody counts so."""
    tag = (language or "").casefold()
    name = tag.partition("-")[0]
    if 1900 <= year < 2100:
        return Calendar.GREGORIAN
    if 2400 <= year < 2600 and name in _BUDDHIST:
        return Calendar.BUDDHIST
    if 1300 <= year < 1500 and name in _SOLAR:
        return Calendar.SOLAR
    return Calendar.REPUBLIC if 80 <= year < 200 and tag in _OF_THE_REPUBLIC else None


def counts_so(calendar: Calendar, language: str | None) -> bool:
    """Whether a language's years are counted so."""
    if not language:
        return False
    return language.casefold().partition("-")[0] in _COUNTING.get(calendar, ())


def day_in(calendar: Calendar, year: int, month: int, day: int) -> date | None:
    """The day of ours; None where there never was one."""
    try:
        if calendar is Calendar.SOLAR:
            return _of_the_sun(year, month, day)
        before = {Calendar.BUDDHIST: -543, Calendar.REPUBLIC: 1911}.get(calendar, 0)
        return date(year + before, month, day)
    except (ValueError, OverflowError):
        return None


def year_of_reign(reign: str, year: int) -> int:
    """The year of ours in which one of a reign began."""
    return _YEARS_BEFORE[reign] + year


def number_in(text: str) -> int:
    """What numerals mean, Chinese ones too: "二〇一一", "二十三", "元" is the first."""
    if text.isascii():
        return int(text)
    if text == "元":
        return 1
    tens, ten, ones = text.partition(_TEN)
    if not ten:
        return int("".join(str(_NUMERALS[char]) for char in text))
    return 10 * (number_in(tens) if tens else 1) + (number_in(ones) if ones else 0)


@cache
def solar_months() -> Mapping[str, int]:
    """The months of Iran's year, as they are written in the languages there are."""
    return {
        fold(form): month
        for language in languages()
        for month in range(1, 13)
        for form in language.list(f"solar_months.{month}")
    }


def _of_the_sun(year: int, month: int, day: int) -> date:
    """A day of the Solar Hijri calendar, by the rule of 33 years, which holds from 1210 to 1633.

    Source: K. M. Borkowski, "The Persian calendar for 3000 years" (1996).
    """
    is_leap = year % 33 in {1, 5, 9, 13, 17, 22, 26, 30}
    longest = 31 if month <= 6 else 30 if month < 12 or is_leap else 29
    if not (1 <= month <= 12 and 1 <= day <= longest):
        raise ValueError
    # The first day of 1375 was 20 March 1996.
    years = range(min(year, 1375), max(year, 1375))
    leaps = sum(each % 33 in {1, 5, 9, 13, 17, 22, 26, 30} for each in years)
    since = (len(years) * 365 + leaps) * (1 if year >= 1375 else -1)
    months = 31 * (month - 1) if month <= 7 else 186 + 30 * (month - 7)
    return date(1996, 3, 20) + timedelta(days=since + months + day - 1)
