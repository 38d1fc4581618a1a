"""Dates as people write them.

Knows the shapes of a date. Must never know
what a date stands for, or what day it is today.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache

from feeds.draft import UNSTATED, DateOrder, DateStyle, Habits
from feeds.parse.months import month_in, month_of
from feeds.parse.words import any_of

# Nobody writes a date in more; it bounds what a pattern below may look at.
_LONGEST_TEXT_CHARS = 200
_LONGEST_DAY_CHARS = 40
_NUMBER = re.compile("[0-9]+")
_YEAR = r"(?:19|20)[0-9]{2}(?![0-9])"
_CENTURIES = ("19", "20")
# Vowels of Devanagari are marks, no letters.
_WORD = r"[^\W\d_](?:[^\W\d_]|[\u0900-\u0963]){1,}"
# Behind a month that is short.
_SHORT = "[.׳]?"
# Programs write 1 January 0001, 1900 or 1970, or the last day of 2099 or 9999, where they have no
# date, and no news is older.
_FIRST_YEAR, _LAST_YEAR = 1971, 2098
# Countries with another order than their language has elsewhere.
_MONTH_FIRST = frozenset({"us", "pr", "pa", "ph", "ca"})
_DAY_FIRST = frozenset({"gb", "ie", "au", "nz", "in"})
# Digits that are written in other scripts, one for one.
_DIGITS = {
    first + number: str(number)
    for first in (0x0660, 0x06F0, 0x0966, 0x09E6, 0xFF10)
    for number in range(10)
}
# "2019年3月8日", "2019년 3월 8일", with the year of an era behind it "2019年（平成31年）3月8日".
_COUNTED = re.compile(
    r"(?<![0-9])(?P<year>(?:19|20)[0-9]{2})\s?[年년]\s?(?:[(（][^\W\d_]{2}[0-9元]{1,2}年[)）])?(?P<month>[0-9]{1,2})\s?[月월]\s?"
    r"(?P<day>[0-9]{1,2})\s?[日일]"
)
# "24 tháng 11 năm 2026", "24 thg 11, 2026".
_NUMBERED = re.compile(
    r"(?<![0-9])(?P<day>[0-9]{1,2})\s(?:tháng|[Tt]hg|Tháng)\.?\s(?P<month>[0-9]{1,2}),?\s(?:năm\s)?"
    rf"(?P<year>{_YEAR})"
)
_YEAR_FIRST = re.compile(
    rf"(?<![0-9])(?P<year>{_YEAR})(?P<mark>[-./])\s?(?P<month>[0-9]{{1,2}})(?P=mark)"
    rf"\s?(?P<day>[0-9]{{1,2}})(?![0-9])"
)
_NUMBERS = re.compile(
    rf"(?<![0-9])(?P<first>[0-9]{{1,2}})(?P<mark>[-./])\s?(?P<second>[0-9]{{1,2}})(?P=mark)\s?"
    rf"(?P<year>{_YEAR})"
)
_INSTANT = re.compile(
    rf"(?<![0-9]){_YEAR}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?"
    r"(?:\.[0-9]{3})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


@cache
def _with_words() -> tuple[re.Pattern[str], ...]:
    """The shapes that begin with a year (two), with a day, and with a month (two)."""
    marks, of = any_of("ordinals", str), any_of("before_month", str)
    # "2019. március 8.", "2019 m. kovo 8 d."; "2019 жылғы 8 наурыз", "2019. gada 8. martā".
    year_first = (
        rf"(?<![0-9])(?P<year>{_YEAR})(?:\.(?=\s[^A-Z])"
        rf"|(?:\.?\s|-){any_of('year_first', str)}\.?,?)\s"
    )
    year_month_day = (
        rf"(?P<range>)(?P<mark>){year_first}(?P<month>{_WORD}){_SHORT}\s(?P<day>[0-9]{{1,2}})(?![0-9])"
        rf"(?:\s?{any_of('day_last', str)}|-[^\W\d_]{{1,3}}\b)?"
    )
    year_day_month = (
        rf"(?P<range>){year_first}(?P<day>[0-9]{{1,2}})(?P<mark>\.|-(?:[^\W\d_]{{2,3}}(?=\s))?)?"
        rf"\s?(?P<month>{_WORD})"
    )
    day_first = (
        rf"(?<![0-9])(?P<range>[0-9]{{1,2}}\.?\s?[-–]\s?)?(?P<day>[0-9]{{1,2}})"
        rf"(?P<mark>\.|{marks}|-)?\s?(?:{of}\s)?(?P<month>{_WORD})"
        rf"(?:(?:{_SHORT},?\s(?:{any_of('before_year', str)}\s)?|-)(?P<year>{_YEAR}))?"
    )
    month_first = (
        rf"(?P<range>)(?P<mark>)(?<![^\W\d_])(?P<month>{_WORD}){_SHORT}\s(?P<day>[0-9]{{1,2}})(?![0-9])"
        rf"{marks}?(?:,?\s(?P<year>{_YEAR}))?"
    )
    # "Fri Sep 22 10:41:00 UTC 2017", as archives of mail print it.
    with_time = (
        rf"(?P<range>)(?P<mark>)(?<![^\W\d_])(?P<month>{_WORD})\s(?P<day>[0-9]{{1,2}})\s"
        rf"[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?\s(?:[A-Z]{{2,5}}\s)?(?P<year>{_YEAR})"
    )
    shapes = (year_month_day, year_day_month, day_first, month_first, with_time)
    return tuple(map(re.compile, shapes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A date in ``text[start:end]``; ``day`` is None where that is not one day for sure."""

    start: int
    end: int
    day: date | None


def mentions(text: str, style: DateStyle = UNSTATED) -> tuple[Mention, ...]:
    """All dates at the start of a text, as they stand in it.

    12/05/2015 names a day only where ``style`` says which number that is, and "5 set 2015" where it
    says that this is Italian.
    """
    return _mentions(text[:_LONGEST_TEXT_CHARS], style)


# Several readers ask for the same lines of a document, one after the other.
@lru_cache(maxsize=256)
def _mentions(text: str, style: DateStyle) -> tuple[Mention, ...]:
    if not text.isascii():
        text = text.translate(_DIGITS)
    numbers = [number.start() for number in _NUMBER.finditer(text)]
    if not numbers:
        return ()
    found = (
        *_with_named_month(text, numbers, style.language),
        *_with_numbers(text, numbers, style.order),
    )
    ordered = sorted(found, key=lambda mention: mention.start)
    return tuple(_apart(ordered)) if len(ordered) > 1 else tuple(ordered)


def _apart(ordered: Iterable[Mention]) -> Iterator[Mention]:
    """Those that do not stand within one that began before them."""
    end = 0
    for mention in ordered:
        if mention.start >= end:
            end = mention.end
            yield mention


def order_in(language: str | None) -> DateOrder | None:
    """What 12/05/2015 means in a language; None where that differs by country.

    Source: the short dates of CLDR.
    """
    name, *others = (language or "en").casefold().split("-")
    countries = {part for part in others if len(part) == 2}
    if name in {"en", "fil", "tl"} or not countries.isdisjoint(_MONTH_FIRST):
        return DateOrder.DAY_FIRST if not countries.isdisjoint(_DAY_FIRST) else None
    return DateOrder.DAY_FIRST


def habits_in(habits: Habits, language: str | None) -> Habits:
    """The habits of a publisher, for a document that states a language."""
    order, known = habits.date_style
    style = DateStyle(order or order_in(language), language or known)
    return habits if style == habits.date_style else replace(habits, date_style=style)


def is_sane(day: date, latest: date | None = None) -> bool:
    """Whether news can be of a day: none that programs write where they have none, none behind the
    ``latest`` there can be.
    """
    return _FIRST_YEAR <= day.year <= _LAST_YEAR and (latest is None or day <= latest)


@lru_cache(maxsize=2048)
def _days(text: str, style: DateStyle) -> frozenset[date | None]:
    composed = unicodedata.normalize("NFC", text)
    return frozenset(mention.day for mention in mentions(composed, style))


def only_day(text: str, style: DateStyle = UNSTATED) -> date | None:
    """The one day a text names; None where it names none, several, or one in part."""
    days = _days(text[:_LONGEST_TEXT_CHARS], style)
    return next(iter(days)) if len(days) == 1 else None


def whole_day(text: str, style: DateStyle = UNSTATED) -> date | None:
    """The day a text consists of; None for one that says anything else."""
    if len(text) > _LONGEST_DAY_CHARS:
        return None
    found = mentions(text, style)
    is_whole = len(found) == 1 and found[0].start == 0 and found[0].end >= len(text.rstrip(" ."))
    return found[0].day if is_whole else None


def instant(text: str) -> datetime | None:
    """The instant a text names with its offset from UTC (RFC 3339), in UTC."""
    found = _INSTANT.search(text[:_LONGEST_TEXT_CHARS])
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _with_named_month(text: str, numbers: Sequence[int], language: str | None) -> Iterator[Mention]:
    words = [_start_of_word(text, number - 1) for number in numbers]
    years = [number for number in numbers if text[number : number + 2] in _CENTURIES]
    year_month_day, year_day_month, day_first, month_first, with_time = _with_words()
    matches = (
        *_at(year_month_day, text, years),
        *_at(year_day_month, text, years),
        *_at(day_first, text, numbers),
        *_at(with_time, text, words),
        *_at(month_first, text, words),
    )
    for found in matches:
        # Between a day and a year stands a month, however short; "set" and "out" are words, too.
        month = month_in(found["month"], language) if found["year"] else None
        month = month or month_of(found["month"], behind_dot=found["mark"] == ".")
        if month is not None:
            # A range of days ("3-5 June") is mentioned, but names no one day.
            yield _mention(found, month, 0 if found["range"] else int(found["day"]))


def _start_of_word(text: str, end: int) -> int:
    """Where the word begins that ends there, or a full stop before."""
    start = end - 1 if text[end - 1 : end] == "." else end
    while start > 0 and text[start - 1].isalpha():
        start -= 1
    return max(start, 0)


def _at(pattern: re.Pattern[str], text: str, places: Iterable[int]) -> Iterator[re.Match[str]]:
    """What a pattern finds at these places, one behind the other: to try them all is slow."""
    end = 0
    for place in places:
        if place >= end and (found := pattern.match(text, place)):
            end = found.end()
            yield found


def _with_numbers(text: str, numbers: Sequence[int], order: DateOrder | None) -> Iterator[Mention]:
    for found in _at(_YEAR_FIRST, text, numbers):
        yield _mention(found, int(found["month"]), int(found["day"]))
    for form in (_COUNTED, _NUMBERED):
        for found in _at(form, text, numbers):
            yield _mention(found, int(found["month"]), int(found["day"]))
    for found in _at(_NUMBERS, text, numbers):
        yield _mention(found, *_month_and_day(found, order))


def _month_and_day(found: re.Match[str], order: DateOrder | None) -> tuple[int, int]:
    """Dots are written where the day comes first; with other marks a number above 12, or two
    equal ones, tell, and else the publisher's habit. Month 0 stands for an order nobody knows.
    """
    first, second = int(found["first"]), int(found["second"])
    if found["mark"] == "." or first > 12 or first == second:
        return second, first
    if second > 12 or order is DateOrder.MONTH_FIRST:
        return first, second
    return (second, first) if order is DateOrder.DAY_FIRST else (0, 0)


def _mention(found: re.Match[str], month: int, day: int) -> Mention:
    try:
        known = date(int(found["year"]), month, day) if found["year"] else None
    except ValueError:
        known = None
    return Mention(start=found.start(), end=found.end(), day=known)
