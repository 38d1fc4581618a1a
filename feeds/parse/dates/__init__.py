"""Dates as people write them.

Knows which of the shapes and calendars in a text are its dates. Must never know
what a date stands for, or what day it is today.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache

from feeds.draft import UNSTATED, DateOrder, DateStyle, Habits
from feeds.parse.dates.shapes import (
    Mention,
    is_like_version,
    with_named_month,
    with_numbers,
    with_short_year,
    with_signs,
)
from feeds.parse.words import any_of, fold, plain

__all__ = [
    "Mention", "habits_in", "in_year", "instant", "is_sane", "is_unordered", "mentions", "of_leaf",
    "only_day", "order_among", "order_at", "order_in", "whole_day",
]  # fmt: skip

# Nobody writes a date in more; it bounds what a pattern below may look at.
_LONGEST_TEXT_CHARS = 200
_LONGEST_DAY_CHARS = 40
_LONGEST_LEAF_CHARS = 25
_NUMBER = re.compile("[0-9]+")
# Programs write 1 January 0001, 1900 or 1970, or the last day of 2099 or 9999, where they have no
# date, and no news is older.
_FIRST_YEAR, _LAST_YEAR = 1971, 2098
# Countries with another order than their language has elsewhere.
_MONTH_FIRST = frozenset({"us", "pr", "pa", "ph", "ca"})
_DAY_FIRST = frozenset({"gb", "ie", "au", "nz", "in"})
# Domains of countries that speak English; those of the United States are its offices'.
_MONTH_FIRST_AT = frozenset({"us", "gov", "mil"})
_DAY_FIRST_AT = frozenset(
    {"uk", "ie", "au", "nz", "in", "za", "ng", "ke", "gh", "ug", "tz", "pk", "lk", "sg", "my", "mt"}
)
_ORDERED = re.compile(
    # A digit first, and then what may not stand before it: so a search passes other letters fast.
    r"([0-9](?<![\w./-].)[0-9]?)([/-])([0-9]{1,2})\2(?:[0-9]{4}|[0-9]{2})(?![\w/-])"
)
# What stands behind the first number of such a day; what begins with one sign is found fast.
_BEHIND_FIRST = tuple(re.compile(rf"{mark}[0-9]{{1,2}}{mark}[0-9]{{2}}") for mark in "/-")
# "05/03/2011 10:15:00 AM PDT".
_AMERICAN = re.compile(
    r"(?<![\w./-])[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4},?\s[0-9:]{4,8}\s?[AaPp]\.?[Mm]\.?\s[ECMP][SD]?T\b"
)
# Digits that are written in other scripts, one for one, and the comma of Arabic.
_DIGITS = {
    first + number: str(number)
    for first in (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0AE6, 0x0BE6, 0x0E50, 0xFF10)
    for number in range(10)
} | {0x060C: ","}
# A year or a month in digits and letters of Iran tells its calendar where nobody says the language;
# the digits alone do not, they are those of Urdu, too.
_PERSIAN_YEAR = re.compile(r"(?<![۰-۹])(?:۱[۳۴][۰-۹]{2}(?![۰-۹])|[۴-۹][۰-۹][/.-])|[۰-۹]\s[^\W\d_]")
# A line that says a day and little else: two digits may be a year there.
_LONGEST_LINE_CHARS = 60
_BEHIND_NAMES = ":([ "
_LONGEST_WORDS_CHARS = 40
_JOINED_TO_VERSION = re.compile(r"(?<![^\W_])[vV]\.?\Z")
_BEFORE_DATES = ",:;|/(·•–—-»>["
_INSTANT = re.compile(
    r"(?<![0-9])(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
    r"(?:\.[0-9]{3})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


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
        if style.language is None and _PERSIAN_YEAR.search(text):
            style = DateStyle(order=style.order, language="fa")
        text = text.translate(_DIGITS)
    numbers = [number.span() for number in _NUMBER.finditer(text)]
    if not numbers and "年" not in text:
        return ()
    found = (
        *with_named_month(text, numbers, style.language),
        *with_numbers(text, numbers, style),
        *with_signs(text, style.language),
    )
    ordered = sorted(found, key=lambda mention: mention.start)
    apart = tuple(_apart(ordered)) if len(ordered) > 1 else tuple(ordered)
    apart = tuple(each for each in apart if not (each.start and _is_of_version(text, each)))
    if len(text) > _LONGEST_LINE_CHARS or any(mention.day for mention in apart):
        return apart
    short = (
        each
        for each in with_short_year(text, numbers, style)
        if each.day is not None and _opens(text, each) and not _is_of_version(text, each)
    )
    return tuple(short) or apart


def _apart(ordered: Sequence[Mention]) -> Iterator[Mention]:
    """Those that do not stand within one that began before them and says as much."""
    last = ordered[0]
    for mention in ordered[1:]:
        if mention.start >= last.end:
            yield last
            last = mention
        elif last.day is None and mention.day is not None and mention.end > last.end:
            # "Mar 3 Mag 2011" is in May, and Tuesday.
            last = mention
    yield last


def _opens(text: str, mention: Mention) -> bool:
    """Whether a date with a short year may stand where it does: behind nothing, a mark, a day of
    the week or a label, and behind no other word: "version 3.5.11", "Version: 3.5.11".
    """
    before = text[: mention.start].rstrip()
    if is_like_version(text[mention.start : mention.end]):
        before = before.rstrip(_BEHIND_NAMES)
    return not before or before[-1] in _BEFORE_DATES or bool(_words_before().search(fold(before)))


def _is_of_version(text: str, mention: Mention) -> bool:
    """Whether dots part a number that the word before it calls one of a version or a paragraph:
    "Version: 03.05.11", "v03.05.2011"; "Press release: 03.05.11" is a day.
    """
    if text.count(".", mention.start, mention.end) < 2:
        return False
    if _JOINED_TO_VERSION.search(text, max(mention.start - 3, 0), mention.start):
        return True
    before = fold(text[max(mention.start - _LONGEST_WORDS_CHARS, 0) : mention.start])
    before = before.rstrip(_BEHIND_NAMES)
    is_named = _before_version().search(before) is not None
    return is_named and " ".join(before.split()[-2:]) not in plain("sections")


@cache
def _before_version() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_]){any_of('before_version')}$")


@cache
def _words_before() -> re.Pattern[str]:
    lists = ("published", "any_day", "updated", "other_date", "beside_day", "days", "hours")
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(map(any_of, lists))})$")


def order_in(language: str | None) -> DateOrder | None:
    """What 12/05/2015 means in a language; None where that differs by country.

    Source: the short dates of CLDR.
    """
    name, *others = (language or "en").casefold().split("-")
    countries = {part for part in others if len(part) == 2}
    if name in {"en", "fil", "tl"} or not countries.isdisjoint(_MONTH_FIRST):
        return DateOrder.DAY_FIRST if not countries.isdisjoint(_DAY_FIRST) else None
    return DateOrder.DAY_FIRST


def is_unordered(text: str) -> bool:
    """Whether a text holds a day in numbers that only their order can tell, "12/05/2015"."""
    pairs = ((int(day[1]), int(day[3])) for day in _ordered(text))
    return any(max(pair) <= 12 and pair[0] != pair[1] for pair in pairs)


def order_among(text: str, month: date | None = None) -> DateOrder | None:
    """The order that the other days of a text have, where a number above twelve, a time of North
    America's or the ``month`` they are of tells it.

    A number above twelve tells it in a day of any year: a page writes all its days one way. A day
    that may be of the ``month`` must be of its year, or another day's number is taken for it.
    """
    if _AMERICAN.search(text):
        return DateOrder.MONTH_FIRST
    days = [*_ordered(text)]
    pairs = [(int(day[1]), int(day[3])) for day in days]
    pairs = [pair for pair in pairs if min(pair) <= 12 < max(pair) <= 31]
    if not pairs and month is not None:
        years = {month.year, month.year % 100}
        days = [day for day in days if int(day[0].split(day[2])[2]) in years]
        pairs = [(int(day[1]) != month.month, int(day[3]) != month.month) for day in days]
        pairs = [(first, second) for first, second in pairs if first != second]
    orders = {
        DateOrder.DAY_FIRST if first > second else DateOrder.MONTH_FIRST for first, second in pairs
    }
    return orders.pop() if len(orders) == 1 else None


def order_at(host: str) -> DateOrder | None:
    """The order in the country whose addresses end so, whatever language is spoken there."""
    country = host.rpartition(".")[2]
    if country in _MONTH_FIRST_AT:
        return DateOrder.MONTH_FIRST
    return DateOrder.DAY_FIRST if country in _DAY_FIRST_AT else None


def _ordered(text: str) -> Iterator[re.Match[str]]:
    """Each day in numbers, in no order."""
    for behind in _BEHIND_FIRST:
        for rest in behind.finditer(text):
            one, two = (max(rest.start() - digits, 0) for digits in (1, 2))
            if found := _ORDERED.match(text, one) or _ORDERED.match(text, two):
                yield found


@lru_cache(maxsize=256)
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


def of_leaf(text: str) -> str:
    """The day of a calendar's leaf in the order of a date, "Mai 2011 17"; "" for another text."""
    parts = text.split()
    if len(parts) != 3:
        return ""
    days = [part for part in parts if part.isdecimal() and len(part) <= 2]
    years = [part for part in parts if part.isdecimal() and len(part) == 4]
    words = [part for part in parts if part[:1].isalpha()]
    return " ".join((*days, *words, *years)) if len(days) == len(words) == len(years) == 1 else ""


def in_year(text: str, month: date, style: DateStyle) -> str:
    """A day of a month with its year, "17 May 2011"; "" for a day of another month."""
    if len(text) > _LONGEST_LEAF_CHARS or only_day(text, style) is not None:
        return ""
    whole = f"{text} {month.year}"
    day = only_day(whole, style)
    return whole if day is not None and day.month == month.month else ""


def instant(text: str) -> datetime | None:
    """The instant a text names with its offset from UTC (RFC 3339), in UTC."""
    found = _INSTANT.search(text[:_LONGEST_TEXT_CHARS])
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
