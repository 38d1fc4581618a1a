"""Dates as feeds write them, by the rules of RFC 822 and RFC 3339 or not.

Knows the faults of real feeds. Must never know today's date, and never guess a zone: a time whose
zone nobody can know leaves the day alone.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, lru_cache

from feeds.draft import DateStyle
from feeds.model import Issued, IssuedFrom
from feeds.parse.dates import is_sane, mentions, only_day
from feeds.parse.months import short_month_of
from feeds.parse.words import any_of

_LONGEST_CHARS = 100

_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm](?![a-z])\.?)?"
)
# Go and JavaScript name the zone behind its offset: "+0200 CEST", "GMT+0100 (CET)"; Go tells what
# its other clock says: " m=+0.01".
_ZONE = (
    r"(?P<zone>(?:[A-Za-z]{1,5}+(?![0-9]))?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?)"
    r"(?:(?<=[0-9])\s+(?:[A-Za-z]{1,5}|[+-][0-9]{2,4})(?=\s|$))?(?:\s*\([^()]{0,60}\))?"
    r"(?:\sm=[+-][0-9.]{1,30})?"
)
# RFC 3339 and W3C-DTF; a blank may stand for the T.
_STANDARD = re.compile(
    r"\s*(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    rf"(?:[Tt ]\s*{_CLOCK}\s*{_ZONE})?\s*"
)
# The basic format of ISO 8601.
_BASIC = re.compile(
    r"\s*(?P<year>[12][0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:T?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(?:[.,][0-9]{1,9})?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\s*"
)
_EPOCH = re.compile(r"\s*(1[0-9]{9})(?:[0-9]{3}|\.[0-9]{1,9})?\s*")
_ASCTIME = re.compile(
    r"\s*[A-Za-z]{3}\s+(?P<month>[A-Za-z]{3})\s+(?P<day>[0-9]{1,2})\s+"
    rf"{_CLOCK}\s+(?:{_ZONE}\s+)?(?P<year>[0-9]{{4}})\s*"
)
# What follows a day that stands in any other form.
_TIME = re.compile(rf"(?:,|\s+-|\s+[^\W\d_]{{1,3}})?\s+{_CLOCK}\s*{_ZONE}\s*")
# Drupal's views print a day as their pages do.
_MARKED_UP = re.compile(
    r"<time\b[^<>]{0,200}?\bdatetime\s{0,9}=\s{0,9}[\"']([^\"'<>]{8,60})[\"']", re.IGNORECASE
)
# "2026. nov. 24."
_YEAR_FIRST = re.compile(
    r"\s*(?P<year>[0-9]{4})\.?\s+(?P<month>[^\W\d_]{3,12})\.?\s+(?P<day>[0-9]{1,2})\.?"
    rf"(?:,?\s+{_CLOCK}\s*{_ZONE})?\s*"
)


@cache
def _forms() -> tuple[re.Pattern[str], ...]:
    of, year = any_of("before_month", str), any_of("year", str)
    # RFC 822, section 5, with RFC 2822, 4.3: "Wed, 02 Oct 02 13:00 GMT" and what became of it.
    mail = re.compile(
        r"\s*(?:(?P<weekday>[^\W\d_]{2,12})\.?\s*,?\s*)?(?P<day>[0-9]{1,2})(?:\.?\s+|-)"
        rf"(?:{of}\s+)?(?P<month>[^\W\d_]{{3,12}}(?:\s[^\W\d_]{{3,12}})?)\.?"
        rf"(?:\s+(?:{of}\s+)?|-|,\s*)(?P<year>[0-9]{{4}}|[0-9]{{2}})(?:\s?{year}\.?)?"
        rf"(?:,?\s+{_CLOCK}\s*{_ZONE}.*)?\s*",
        re.DOTALL,
    )
    return (_STANDARD, mail, _ASCTIME, _BASIC, _YEAR_FIRST)


# Hours east of Greenwich, of the names that mean one offset in feeds. IST, or CST in China, are
# left out: nobody can know which one is meant. CST is the American one by RFC 822.
_HOURS = {
    **dict.fromkeys(("", "z", "ut", "utc", "gmt", "wet"), 0),
    "edt": -4,
    "est": -5,
    "cdt": -5,
    "cst": -6,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
    "bst": 1,
    "west": 1,
    "cet": 1,
    "mez": 1,
    "cest": 2,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
}
_OFFSET = re.compile(r"([+-])([0-9]{1,2}):?([0-9]{2})?")
_FARTHEST_MINUTES = 15 * 60


def issued(text: str, language: str | None = None) -> Issued | None:
    """When an entry was issued: the publisher's own calendar day, and the instant if it is sure.

    Of months that are short in several languages for others, ``language`` tells which they are.
    """
    moment = _read(text, language)
    if moment is None:
        return None
    if isinstance(moment, datetime):
        at = _in_utc(moment)
        return Issued(day=moment.date(), at=at, origin=IssuedFrom.FEED)
    return Issued(day=moment, origin=IssuedFrom.FEED)


def day(text: str, language: str | None = None) -> date | None:
    """The day a text names."""
    found = issued(text, language) if text else None
    return found.day if found else None


def instant(text: str) -> datetime | None:
    """The instant a text names for sure, in UTC."""
    moment = _read(text, None)
    return _in_utc(moment) if isinstance(moment, datetime) else None


def _read(text: str, language: str | None) -> datetime | date | None:
    if "<" in text and (stated := _MARKED_UP.search(text)):
        text = stated[1]
    short = text[:_LONGEST_CHARS]
    return (
        _usual(text, language)
        or _moment(short, language)
        or _counted(text)
        or _any(short, language)
    )


def _any(text: str, language: str | None) -> datetime | date | None:
    """The day a text names in whatever form, with the time behind it if its zone is stated."""
    style = DateStyle(None, language)
    day = only_day(text, style)
    if day is None or not is_sane(day):
        return None
    found = mentions(text, style)
    time = _TIME.fullmatch(text, found[0].end) if len(found) == 1 else None
    return (_timed(day, time) if time else None) or day


def _counted(text: str) -> datetime | None:
    """Seconds since 1970, or thousandths of them."""
    found = _EPOCH.fullmatch(text[:_LONGEST_CHARS])
    moment = datetime.fromtimestamp(int(found[1]), UTC) if found else None
    return moment if moment and is_sane(moment) else None


def _in_utc(moment: datetime) -> datetime:
    whole = moment.replace(microsecond=0) if moment.microsecond else moment
    return whole if whole.tzinfo is UTC else whole.astimezone(UTC)


def _usual(text: str, language: str | None) -> datetime | None:
    """The two forms nearly all feeds write, "Wed, 02 Oct 2002 13:00:00 GMT" and RFC 3339."""
    parts = text[:_LONGEST_CHARS].split(" ")
    try:
        if len(parts) == 1:
            moment = datetime.fromisoformat(text) if text[4:5] == "-" and "T" in text else None
            is_sure = moment and moment.tzinfo and is_sane(moment)
            return moment if moment and is_sure else None
        _, day, month, year, clock, zone = parts
        hour, minute, second = clock.split(":")
        offset = _zone(zone) if len(year) == 4 else None
        number = short_month_of(month, language) or 0
        moment = datetime(
            int(year), number, int(day), int(hour), int(minute), int(second), 0, offset
        )
    except (KeyError, OverflowError, ValueError):
        return None
    return moment if offset and is_sane(moment) else None


def _moment(text: str, language: str | None) -> datetime | date | None:
    """An aware time of the stated zone, or a day; None where the text has no such shape."""
    found = next(filter(None, (form.fullmatch(text) for form in _forms())), None)
    if found is None:
        return None
    month, weekday = found["month"], found.groupdict().get("weekday") or ""
    number = int(month) if month.isdigit() else short_month_of(month, language, weekday)
    try:
        day = date(_year(found["year"]), number or 0, int(found["day"]))
    except ValueError:
        return None
    return (_timed(day, found) or day) if is_sane(day) else None


def _timed(day: date, found: re.Match[str]) -> datetime | None:
    zone = _zone(found["zone"]) if found["hour"] else None
    if zone is None:
        return None
    # A leap second (RFC 3339, 5.7) is one that Python does not know.
    second = min(int(found["second"] or 0), 59)
    hour = _hour(int(found["hour"]), found.groupdict().get("half"))
    try:
        return datetime(day.year, day.month, day.day, hour, int(found["minute"]), second, 0, zone)
    except ValueError:
        return None


def _hour(hour: int, half: str | None) -> int:
    """The hour of a day, counted from midnight; 24 for one that is on no clock of twelve."""
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return 24
    return hour % 12 + (12 if half in "Pp" else 0)


@lru_cache(maxsize=256)
def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    name = text.rstrip("0123456789:+-").lower()
    hours = _HOURS.get(name)
    offset = _OFFSET.fullmatch(text, len(name))
    if hours is None or (offset and hours) or (offset is None and name != text.lower()):
        return None
    if offset is None:
        return UTC if hours == 0 else timezone(timedelta(hours=hours))
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    if minutes > _FARTHEST_MINUTES:
        return None
    return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    # RFC 2822, section 4.3
    return year + (2000 if year < 50 else 1900)
