"""Dates as people write them.

Knows the shapes of a date and the months in the languages of the house's pages. Must never know
what a date stands for, or what day it is today.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from feeds.taxonomy.naming import fold

# Twelve groups a language, forms of one month joined by "|": names, genitives, abbreviations.
_MONTHS_BY_LANGUAGE = {
    "English": """
        january|jan february|feb march|mar april|apr may june|jun july|jul august|aug
        september|sept|sep october|oct november|nov december|dec""",
    "French": """
        janvier|janv fevrier|fevr|fev mars avril|avr mai juin juillet|juil aout septembre octobre
        novembre decembre""",
    "German": """
        januar|janner februar|feber marz april mai juni juli august september oktober|okt november
        dezember|dez""",
    "Spanish": """
        enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre octubre
        noviembre diciembre|dic""",
    "Italian": """
        gennaio|gen febbraio marzo aprile maggio|mag giugno|giu luglio|lug agosto settembre
        ottobre|ott novembre dicembre""",
    "Romanian": """
        ianuarie|ian februarie martie aprilie mai iunie|iun iulie|iul august septembrie octombrie
        noiembrie decembrie""",
    "Albanian": """
        janar shkurt mars prill maj qershor korrik gusht shtator tetor nentor dhjetor""",
    "Bosnian, Serbian": """
        januar|januara februar|februara mart|marta april|aprila maj|maja juni|jun|juna
        juli|jul|jula august|augusta|avgust|avgusta septembar|septembra oktobar|oktobra
        novembar|novembra decembar|decembra""",
    "Serbian in Cyrillic": """
        јануар|јануара фебруар|фебруара март|марта април|априла мај|маја јуни|јун|јуна
        јули|јул|јула август|августа септембар|септембра октобар|октобра новембар|новембра
        децембар|децембра""",
    "Croatian": """
        sijecanj|sijecnja veljaca|veljace ozujak|ozujka travanj|travnja svibanj|svibnja
        lipanj|lipnja srpanj|srpnja kolovoz|kolovoza rujan|rujna listopad|listopada
        studeni|studenog|studenoga prosinac|prosinca""",
    "Macedonian": """
        јануари февруари март април мај јуни јули август септември октомври ноември декември""",
    "Russian": """
        январь|января февраль|февраля март|марта апрель|апреля май|мая июнь|июня июль|июля
        август|августа сентябрь|сентября октябрь|октября ноябрь|ноября декабрь|декабря""",
    "Ukrainian": """
        січень|січня лютий|лютого березень|березня квітень|квітня травень|травня червень|червня
        липень|липня серпень|серпня вересень|вересня жовтень|жовтня листопад|листопада
        грудень|грудня""",
}
MONTHS = {
    fold(form): number
    for language in _MONTHS_BY_LANGUAGE.values()
    for number, forms in enumerate(language.split(), start=1)
    for form in forms.split("|")
}

# Nobody writes a date in more; it bounds what a pattern below may look at.
_LONGEST_TEXT_CHARS = 200
_DIGIT = re.compile("[0-9]")
_YEAR = r"(?:19|20)[0-9]{2}(?![0-9])"
_WORD = r"[^\W\d_]{3,}"
_DAY_FIRST = re.compile(
    r"(?<![0-9])(?P<range>[0-9]{1,2}\.?\s?[-–]\s?)?(?P<day>[0-9]{1,2})(?:\.|º|st|nd|rd|th|er)?"
    rf"\s?(?:de\s)?(?P<month>{_WORD})(?:\.?,?\s?(?:del?\s)?(?P<year>{_YEAR}))?"
)
_MONTH_FIRST = re.compile(
    rf"(?P<range>)(?<![^\W\d_])(?P<month>{_WORD})\.?\s(?P<day>[0-9]{{1,2}})(?![0-9])"
    rf"(?:st|nd|rd|th)?(?:,?\s(?P<year>{_YEAR}))?"
)
_YEAR_FIRST = re.compile(
    rf"(?<![0-9])(?P<year>{_YEAR})(?P<mark>[-./])(?P<month>[0-9]{{1,2}})(?P=mark)"
    rf"(?P<day>[0-9]{{1,2}})(?![0-9])"
)
_NUMBERS = re.compile(
    rf"(?<![0-9])(?P<first>[0-9]{{1,2}})(?P<mark>[-./])\s?(?P<second>[0-9]{{1,2}})(?P=mark)\s?"
    rf"(?P<year>{_YEAR})"
)
_INSTANT = re.compile(
    rf"(?<![0-9]){_YEAR}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?"
    r"(?:\.[0-9]{3})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A date in ``text[start:end]``; ``day`` is None where that is not one day for sure."""

    start: int
    end: int
    day: date | None


def mentions(text: str) -> tuple[Mention, ...]:
    """All dates at the start of a text, as they stand in it."""
    text = text[:_LONGEST_TEXT_CHARS]
    if not _DIGIT.search(text):
        return ()
    found = (*_with_named_month(text), *_with_numbers(text))
    return tuple(sorted(found, key=lambda mention: mention.start))


def only_day(text: str) -> date | None:
    """The one day a text names; None where it names none, several, or one in part."""
    composed = unicodedata.normalize("NFC", text[:_LONGEST_TEXT_CHARS])
    days = {mention.day for mention in mentions(composed)}
    return days.pop() if len(days) == 1 else None


def instant(text: str) -> datetime | None:
    """The instant a text names with its offset from UTC (RFC 3339), in UTC."""
    found = _INSTANT.search(text[:_LONGEST_TEXT_CHARS])
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _with_named_month(text: str) -> Iterator[Mention]:
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        for found in pattern.finditer(text):
            month = MONTHS.get(fold(found["month"]))
            if month is not None:
                # A range of days ("3-5 June") is mentioned, but names no one day.
                yield _mention(found, month, 0 if found["range"] else int(found["day"]))


def _with_numbers(text: str) -> Iterator[Mention]:
    for found in _YEAR_FIRST.finditer(text):
        yield _mention(found, int(found["month"]), int(found["day"]))
    for found in _NUMBERS.finditer(text):
        yield _mention(found, *_month_and_day(found))


def _month_and_day(found: re.Match[str]) -> tuple[int, int]:
    """Dots are written where the day comes first; with other marks only a number above 12, or
    two equal ones, tell. Month 0 stands for an order nobody can know.
    """
    first, second = int(found["first"]), int(found["second"])
    if found["mark"] == "." or first > 12 or first == second:
        return second, first
    return (first, second) if second > 12 else (0, 0)


def _mention(found: re.Match[str], month: int, day: int) -> Mention:
    try:
        known = date(int(found["year"]), month, day) if found["year"] else None
    except ValueError:
        known = None
    return Mention(start=found.start(), end=found.end(), day=known)
