"""The shapes of dates: in which order day, month and year stand, and what stands between them.

Knows what each shape looks like in any language, and the day each means. Must never know which of
several dates of a text is meant.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from feeds.draft import DateOrder, DateStyle
from feeds.parse.dates.calendars import (
    Calendar,
    calendar_of,
    counts_so,
    day_in,
    number_in,
    solar_months,
    year_of_reign,
)
from feeds.parse.months import in_parts, month_in, month_of
from feeds.parse.words import any_of, fold

# The letters of a month. Vowels of India's and Thailand's scripts are marks, no letters.
VOWELS = "\u0900-\u0963\u0970-\u0e4e"
_LETTER = r"[^\W\d_]"
_YEAR = r"(?:19|20)[0-9]{2}(?![0-9])"
# With those of the Buddha's era, of Iran and of Taiwan.
_ANY_YEAR = r"(?:1[349]|2[045])[0-9]{2}(?![0-9])"
_CENTURIES = frozenset({"19", "20"})
#: Where a number in a text begins and ends.
Number = tuple[int, int]
_LONGEST_DAY = 2
_LONGEST_YEAR = 4
# With a name for the month it is one less.
_NUMBERS_OF_A_DATE = 3
# Between the numbers of a day.
_MARKS = frozenset("-./")
# Behind a month that is short.
_SHORT = "[.׳]?"
_NUMERAL = "[0-9]{1,4}|[〇○零一二三四五六七八九十]{1,5}"
# "2019年3月8日", "2019년 3월 8일", with the year of an era as well, "2019年（平成31年）3月8日",
# or alone, "平成31年3月8日", "民國108年3月8日".
_COUNTED = re.compile(
    rf"(?<![0-9])(?:(?P<reign>令和|平成|昭和|中華民國|民國|民国)\s?)?(?P<year>{_NUMERAL}|元)\s?[年년]\s?"
    rf"(?:[(（][^\W\d_]{{2}}[0-9元]{{1,2}}年[)）])?(?P<month>{_NUMERAL})\s?[月월]\s?(?P<day>{_NUMERAL})\s?[日일]"
)
# "R6.5.3".
_REIGN = re.compile(
    r"(?<![^\W_])(?P<reign>[RHS])(?P<year>[0-9]{1,2})(?P<mark>[./])(?P<month>[0-9]{1,2})(?P=mark)"
    r"(?P<day>[0-9]{1,2})(?![0-9])"
)
_YEAR_FIRST = re.compile(
    r"(?<![0-9])(?P<year>[0-9]{3,4})(?P<mark>[-./])\s?(?P<month>[0-9]{1,2})(?P=mark)"
    r"\s?(?P<day>[0-9]{1,2})(?![0-9])"
)
_NUMBERS = re.compile(
    # A number of four parts is none: "1.10.11.2012".
    r"(?<![0-9])(?<![0-9]\.)(?P<first>[0-9]{1,2})(?P<mark>[-./])\s?(?P<second>[0-9]{1,2})(?P=mark)"
    r"\s?(?P<year>[0-9]{4})(?![0-9]|\.[0-9]++(?!:))"
)
# "3.XI.2009", "03 V 2011"; "2011.XI.3.".
_ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_ROMAN = re.compile(
    rf"(?<![0-9])(?P<day>[0-9]{{1,2}})(?P<mark>[. /-])\s?(?P<month>[IVX]{{1,4}})(?P=mark)\s?"
    rf"(?P<year>{_YEAR})"
)
_ROMAN_YEAR_FIRST = re.compile(
    rf"(?<![0-9])(?P<year>{_YEAR})\.\s?(?P<month>[IVX]{{1,4}})\.\s?(?P<day>[0-9]{{1,2}})(?![0-9])"
)
# Where they are written within a line; elsewhere "Chapter 12 IV 2003" is no day.
_WITH_ROMANS = frozenset(
    {"be", "bg", "bs", "cs", "hr", "hu", "it", "la", "mk", "pl", "ro", "ru", "sh", "sk", "sl"}
    | {"sr", "uk"}
)
# Arabic says a month by its two names: "أيار/مايو".
_OTHER_NAME = r"(?:\s?[/(]\s?[\u0620-\u064a]{2,9}(?:\s[\u0620-\u064a]{2,9})?\)?)?"
# "28.10.01", "3/5/99", "07.09.'16".
_SHORT_NUMBERS = re.compile(
    r"(?<![\w.:/–-])(?P<first>[0-9]{1,2})(?P<mark>[-./])\s?(?P<second>[0-9]{1,2})(?P=mark)\s?['’]?"
    r"(?P<third>[0-9]{2})(?![\w:%/]|[.-]\w)"
)
# Two numbers stand for years from 1971 to 2039: what is older is no news.
_FIRST_SHORT_YEAR, _LAST_SHORT_YEAR = 71, 39
# Where the year stands first, in short dates, too. Source: CLDR.
_YEAR_STANDS_FIRST = frozenset({"eu", "fa", "hu", "ja", "ko", "lt", "mn", "sv", "zh"})

_SHORT_NAME = 4
# Days with dots and without noughts, "3.5.11"; elsewhere that is a version.
_WITH_DOTS = frozenset(
    {"az", "be", "bg", "bs", "cs", "da", "de", "et", "fi", "he", "hr", "hy", "is", "ka", "kk", "ky"}
    | {"lb", "lv", "mk", "nb", "nn", "no", "pl", "ro", "ru", "sh", "sk", "sl", "sq", "sr", "tg"}
    | {"tk", "tr", "uk", "uz", "cnr"}
)
_IS_VOWEL = re.compile(f"[{VOWELS}]")
THAI = re.compile("[\u0e01-\u0e4e]")


class Mention(NamedTuple):
    """A date in ``text[start:end]``; ``day`` is None where that is not one day for sure."""

    start: int
    end: int
    day: date | None


@cache
def _word() -> str:
    """The name of a month: a word, or one of those that are written in parts."""
    # By their first letters: a pattern sees at once that none of them begins with another one.
    rests: dict[str, list[str]] = {}
    for name in in_parts():
        rests.setdefault(name[0], []).append(re.escape(name[1:]).replace("'", "['’]"))
    parts = "".join(
        rf"[{letter}{letter.upper()}](?i:{'|'.join(behind)})(?!{_LETTER})|"
        for letter, behind in rests.items()
    )
    return rf"(?:{parts}{_LETTER}(?>(?:{_LETTER}|[{VOWELS}])+))"


@cache
def _with_words() -> tuple[re.Pattern[str], ...]:
    """The shapes that begin with a year (two), with a day, and with a month (two)."""
    marks, of, word = any_of("ordinals", str), any_of("before_month", str), _word()
    behind = rf"(?:\s{any_of('behind_month', str)})?"
    # "2019. március 8.", "2019 m. kovo 8 d."; "2019 жылғы 8 наурыз", "2019. gada 8. martā".
    year_first = (
        rf"(?<![0-9])(?P<year>{_YEAR})(?:\.(?=\s[^A-Z])"
        rf"|(?:\.?\s|-)?{any_of('year_first', str)}\.?,?)\s"
    )
    year_month_day = (
        rf"(?P<range>)(?P<mark>)(?:{year_first}|(?<![0-9])(?P<bare>{_YEAR}),?\s)"
        rf"(?P<month>{word}){_SHORT}{behind}\s(?P<day>[0-9]{{1,2}})(?![0-9])"
        rf"(?:\s?{any_of('day_last', str)}|-[^\W\d_]{{1,3}}\b)?(?(bare)(?!,?\s{_YEAR}))"
    )
    year_day_month = (
        rf"(?P<range>){year_first}(?P<day>[0-9]{{1,2}})(?P<mark>\.|-(?:[^\W\d_]{{2,3}}(?=\s))?)?"
        rf"\s?(?P<month>{word})"
    )
    day_first = (
        rf"(?<![0-9])(?P<range>[0-9]{{1,2}}\.?\s?[-–]\s?)?(?P<day>[0-9]{{1,2}})"
        rf"(?P<mark>[./]|{marks}|-|[»\"”])?\s?(?:{of}\s)?(?P<month>{word}){_OTHER_NAME}"
        rf"(?:(?:{_SHORT}{behind},?\s(?:{any_of('before_year', str)}\s?)?|[-./]?)"
        rf"(?P<year>{_ANY_YEAR}))?"
    )
    month_first = (
        rf"(?P<range>)(?P<mark>)(?<!{_LETTER})(?P<month>{word}){_SHORT}\s(?P<day>[0-9]{{1,2}})(?![0-9])"
        rf"{marks}?(?:(?:,\s?|\s)(?P<year>{_YEAR}))?"
    )
    # "Fri Sep 22 10:41:00 UTC 2017", as archives of mail print it.
    with_time = (
        rf"(?P<range>)(?P<mark>)(?<!{_LETTER})(?P<month>{word})\s(?P<day>[0-9]{{1,2}})\s"
        rf"[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?\s(?:[A-Z]{{2,5}}\s)?(?P<year>{_YEAR})"
    )
    shapes = (year_month_day, year_day_month, day_first, month_first, with_time)
    return tuple(map(re.compile, shapes))


@cache
def _with_numbered_month() -> tuple[re.Pattern[str], ...]:
    """The shapes "24 tháng 11 năm 2026", "24 thg 11, 2026"; "2026 оны 11 сарын 24"."""
    day_first = (
        rf"(?<![0-9])(?P<day>[0-9]{{1,2}})\s{any_of('before_month_number', str)}\.?\s?"
        rf"(?P<month>[0-9]{{1,2}}),?\s(?:{any_of('before_year', str)}\s)?(?P<year>{_YEAR})"
    )
    year_first = (
        rf"(?<![0-9])(?P<year>{_YEAR})\s{any_of('year_first', str)}\s(?P<month>[0-9]{{1,2}})\s?"
        rf"{any_of('behind_month_number', str)}\s(?P<day>[0-9]{{1,2}})(?![0-9])"
    )
    return re.compile(day_first), re.compile(year_first)


def with_named_month(
    text: str, numbers: Sequence[Number], language: str | None
) -> Iterator[Mention]:
    """The dates with the name of a month among some ``numbers``."""
    years, words = _years(text, numbers), _words_before(text, _days(numbers))
    year_month_day, year_day_month, day_first, month_first, with_time = _with_words()
    matches = (
        *(found for form in (year_month_day, year_day_month) for found in _at(form, text, years)),
        *_at(day_first, text, [day for day, end in numbers if _may_name_month(text, day, end)]),
        *(_at(with_time, text, words) if ":" in text else ()),
        *_at(month_first, text, words),
    )
    for found in matches:
        # A range of days ("3-5 June") is mentioned, but names no one day.
        year = found["year"] or (found["bare"] if found.re is year_month_day else None)
        named = _named(found["month"], year, language, behind_dot=found["mark"] == ".")
        if named is not None:
            calendar, month = named
            day = 0 if found["range"] else int(found["day"])
            yield _mention(found, calendar, int(year or 0), month, day)


def with_numbers(text: str, numbers: Sequence[Number], style: DateStyle) -> Iterator[Mention]:
    """The dates that are ``numbers`` alone, those with a word for year or month among them."""
    days, years = _days(numbers), _years(text, numbers)
    if len(numbers) >= _NUMBERS_OF_A_DATE:
        marked = [(start, end) for start, end in numbers if text[end : end + 1] in _MARKS]
        for found in _at(_YEAR_FIRST, text, [start for start, _ in marked]):
            yield from _counted(found, int(found["month"]), int(found["day"]), style.language)
        for found in _at(_NUMBERS, text, _days(marked)):
            yield from _counted(found, *_month_and_day(found, style.order), style.language)
        for form, places in zip(_with_numbered_month(), (days, years), strict=True):
            for found in _at(form, text, places):
                year, month, day = (int(found[name]) for name in ("year", "month", "day"))
                yield _mention(found, Calendar.GREGORIAN, year, month, day)
    if "I" in text or "V" in text or "X" in text:
        for form, places in ((_ROMAN, days), (_ROMAN_YEAR_FIRST, years)):
            for found in _at(form, text, places):
                if found["month"] in _ROMANS and _has_romans(found, style.language):
                    month = _ROMANS.index(found["month"]) + 1
                    yield _mention(
                        found, Calendar.GREGORIAN, int(found["year"]), month, int(found["day"])
                    )


def _has_romans(found: re.Match[str], language: str | None) -> bool:
    """Whether a month may be written in Roman numbers here: in such a language, or as a line."""
    is_line = found.start() == 0 and found.end() >= len(found.string.rstrip(" ."))
    return is_line or (language or "").partition("-")[0].casefold() in _WITH_ROMANS


def with_signs(text: str, language: str | None) -> Iterator[Mention]:
    """The dates with the signs of East Asia for year, month and day, or of a reign."""
    if "年" in text or "년" in text:
        for found in _COUNTED.finditer(text):
            year, month, day = (number_in(found[name]) for name in ("year", "month", "day"))
            if reign := found["reign"]:
                yield _mention(found, Calendar.GREGORIAN, year_of_reign(reign, year), month, day)
            else:
                yield from _counted(found, month, day, language, year)
    if (language or "").startswith("ja"):
        for found in _REIGN.finditer(text):
            year = year_of_reign(found["reign"], int(found["year"]))
            yield _mention(found, Calendar.GREGORIAN, year, int(found["month"]), int(found["day"]))


def with_short_year(text: str, numbers: Sequence[Number], style: DateStyle) -> Iterator[Mention]:
    """The dates whose year is written with two digits, where their order is plain."""
    days = _days(numbers)
    # The year is one of them.
    if len(days) < _NUMBERS_OF_A_DATE - 1:
        return
    language = (style.language or "").partition("-")[0].casefold()
    for found in _at(_SHORT_NUMBERS, text, days):
        first, third = int(found["first"]), int(found["third"])
        if is_like_version(found[0]) and language not in _WITH_DOTS:
            continue
        if counts_so(Calendar.SOLAR, language):
            year = first + (1300 if first > _LAST_SHORT_YEAR else 1400)
            yield _mention(found, Calendar.SOLAR, year, int(found["second"]), third)
        elif language in _YEAR_STANDS_FIRST:
            yield _mention(found, Calendar.GREGORIAN, _whole(first), int(found["second"]), third)
        else:
            month, day = _month_and_day(found, style.order)
            yield _mention(found, Calendar.GREGORIAN, _whole(third), month, day)
    day_first, month_first = _with_short_year()
    words = _words_before(text, days)
    for found in (*_at(day_first, text, days), *_at(month_first, text, words)):
        is_behind_dot = found["mark"] == "."
        named = _named(found["month"], "", style.language, behind_dot=is_behind_dot, is_sure=True)
        if named is not None and (whole := _whole_year(found, named[0])) is not None:
            calendar, year = whole
            yield _mention(found, calendar, year, named[1], int(found["day"]))


def is_like_version(text: str) -> bool:
    """Whether a day is written as versions are: "3.5.11"."""
    parts = text.split(".")
    return len(parts) == 3 and any(len(part.strip()) == 1 for part in parts)


def _whole_year(found: re.Match[str], calendar: Calendar) -> tuple[Calendar, int] | None:
    """The year that two digits behind a month mean; None where they may mean another thing."""
    year = int(found["year"])
    if THAI.match(found["month"]):
        # Below that it is a year of ours: 2024, not 2524.
        return (Calendar.BUDDHIST, 2500 + year) if year > _LAST_SHORT_YEAR else None
    if calendar is Calendar.SOLAR:
        return calendar, year + (1300 if year > _LAST_SHORT_YEAR else 1400)
    return (calendar, _whole(year)) if found["joint"] else None


@cache
def _with_short_year() -> tuple[re.Pattern[str], ...]:
    """The shapes "3 May '09", "03-MAY-09"; "May 3, '09"."""
    year, marks = r"(?P<year>[0-9]{2})(?![\w:%/]|[.-]\w)", any_of("ordinals", str)
    day_first = (
        rf"(?<![0-9–-])(?P<day>[0-9]{{1,2}})(?P<mark>\.|{marks}|[-/])?\s?"
        rf"(?:{any_of('before_month', str)}\s)?(?P<month>{_word()})"
        rf"(?:(?P<joint>[-/.]['’]?|{_SHORT},?\s['’‘])|{_SHORT}\s){year}"
    )
    month_first = (
        rf"(?P<mark>)(?<!{_LETTER})(?P<month>{_word()}){_SHORT}\s(?P<day>[0-9]{{1,2}})(?![0-9])"
        rf"{marks}?,?\s(?P<joint>['’‘]){year}"
    )
    return re.compile(day_first), re.compile(month_first)


def _whole(year: int) -> int:
    if _LAST_SHORT_YEAR < year < _FIRST_SHORT_YEAR:
        return 0
    return year + (2000 if year <= _LAST_SHORT_YEAR else 1900)


def _named(
    word: str, year: str | None, language: str | None, *, behind_dot: bool, is_sure: bool = False
) -> tuple[Calendar, int] | None:
    """The month a word means, and by which calendar; None for another word."""
    # "Mehr" is more than a month in German, and so are other short ones: "5 Mehr 1389 Euro".
    is_of_iran = counts_so(Calendar.SOLAR, language)
    is_solar = is_of_iran or (year and 1300 <= int(year) < 1500)
    is_known = is_of_iran or not word.isascii() or len(word) > _SHORT_NAME
    if is_solar and is_known and (month := solar_months().get(fold(word))):
        return Calendar.SOLAR, month
    # Between a day and a year stands a month, however short; "set" and "out" are words, too.
    month = month_in(word, language) if year or is_sure else None
    month = month or month_of(word, behind_dot=behind_dot)
    if month is None:
        return None
    is_later = year and int(year) >= 2400
    if is_later and (THAI.match(word) or counts_so(Calendar.BUDDHIST, language)):
        return Calendar.BUDDHIST, month
    return Calendar.GREGORIAN, month


def _may_name_month(text: str, start: int, end: int) -> bool:
    """Whether the name of a month may stand behind a number, or behind the next one of a range."""
    if end - start > _LONGEST_DAY or end == len(text):
        return False
    # "14.06.2023".
    return not (text[end] in "./" and text[end + 1 : end + 2].isdecimal())


def _days(numbers: Iterable[Number]) -> list[int]:
    """Where those begin that may be a day: no other is read as one."""
    return [start for start, end in numbers if end - start <= _LONGEST_DAY]


def _years(text: str, numbers: Iterable[Number]) -> list[int]:
    """Where those begin that may be a year of a century that news is of, with a day behind it."""
    return [
        start
        for start, end in numbers
        if end - start == _LONGEST_YEAR
        and end < len(text)
        and text[start : start + 2] in _CENTURIES
    ]


def _words_before(text: str, days: Iterable[int]) -> list[int]:
    """Where the words begin that stand before days, a blank between, perhaps a full stop."""
    return [_start_of_word(text, day - 1) for day in days if text[day - 1 : day].isspace()]


def _start_of_word(text: str, end: int) -> int:
    """Where the word begins that ends there, or a full stop before."""
    start = end - 1 if text[end - 1 : end] == "." else end
    while start > 0 and (text[start - 1].isalpha() or _IS_VOWEL.match(text[start - 1])):
        start -= 1
    return start


def _at(pattern: re.Pattern[str], text: str, places: Iterable[int]) -> Iterator[re.Match[str]]:
    """What a pattern finds at these places, one behind the other: to try them all is slow."""
    end = 0
    for place in places:
        if place >= end and (found := pattern.match(text, place)):
            end = found.end()
            yield found


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


def _counted(
    found: re.Match[str], month: int, day: int, language: str | None, year: int | None = None
) -> Iterator[Mention]:
    """A date in numbers alone; none where nobody counts years so."""
    year = int(found["year"]) if year is None else year
    calendar = calendar_of(year, language)
    if calendar is not None:
        yield _mention(found, calendar, year, month, day)


def _mention(found: re.Match[str], calendar: Calendar, year: int, month: int, day: int) -> Mention:
    known = day_in(calendar, year, month, day) if year else None
    return Mention(*found.span(), known)
