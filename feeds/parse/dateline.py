"""The place and date an article opens with: "VIENNA, 3 June 2002 – ...".

Knows how agencies have written datelines. Must never know whether that day is the
issue date: a dateline is evidence, and who uses it says so.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache

from feeds.draft import UNSTATED, DateStyle
from feeds.parse.dates import Mention, mentions
from feeds.parse.words import any_of, plain

# A dateline is short. The bound also keeps a long paragraph from being looked at as a whole; it
# leaves room for a date and an aside after the longest place.
_LONGEST_PLACE_CHARS = 100
_OPENING_CHARS = 250
_MOST_PLACE_WORDS = 10
# "September" may stand between the place and the first digit; most paragraphs have no digit there.
_LONGEST_MONTH_CHARS = 20
_DIGIT = re.compile("[0-9]")

_BETWEEN_WORDS = re.compile(r"[\s/,–—-]+")
_WITHIN_WORDS = dict.fromkeys(map(ord, ".'’‘`"))
_JOINTS = (",", "-", "–", "—")
_PLACE_AFTER_DATE = re.compile(r",\s(?P<place>[^\d,;:()]{2,60}?)\s?(?:[–—―−‒]|--?\s)")


# Behind a year that is written with digits alone another word may be joined to it.
_JOINED = r"(?<=\d)-?"


@cache
def _after_date() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What follows a date, and what ends a line with one."""
    year = rf"(?:\s?(?:{any_of('year', str)}|{_JOINED}{any_of('year_joined', str)})\b[.․]?)?"
    # Wires say at what time they were sent: ", 18:30".
    time = (
        rf"(?:,?\s(?:{any_of('before_hour', str)}\s)?[0-9]{{1,2}}[:.][0-9]{{2}}"
        rf"(?:\s?(?:{any_of('hours', str)}|CES?T|GMT|UTC)\b\.?)?)?"
    )
    # After the date: the word for year, an aside in brackets (one with a slash, as a caption's
    # "(Agency/Name)", only before a dash), and then a dash, a full stop, a colon or nothing more.
    aside = r"(?:\s?\((?:[^()/]{1,60}\)|[^()]{1,60}\)(?=\s?[-–—―])))?"
    end = r"\s?(?P<end>(?:--?|[–—―−‒‑])\s?|$|[.:](?=\s[^(]))"
    return re.compile(rf"\.?{year}{time}{aside}{end}"), re.compile(rf"\.?{year}\s?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """A dateline as printed, without the dash; ``day`` is None where it names no year."""

    text: str
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAndDay:
    """A line that names a place and a day and says nothing else; ``day`` is None where it may be
    one of two, or lacks a year.
    """

    place: str
    day: date | None


def find(paragraph: str, style: DateStyle = UNSTATED) -> Dateline | None:
    """The dateline a paragraph opens with, if it has one with a day and a month."""
    if not _DIGIT.search(paragraph, 0, _LONGEST_PLACE_CHARS + _LONGEST_MONTH_CHARS):
        return None
    opening = unicodedata.normalize("NFC", paragraph[:_OPENING_CHARS])
    dates = mentions(opening, style)
    if not dates or dates[0].start > _LONGEST_PLACE_CHARS:
        return None
    first = dates[0]
    if first.start == 0:
        found = _PLACE_AFTER_DATE.match(opening, first.end)
        if found is None or not _is_place(found["place"]):
            return None
        return Dateline(text=opening[: found.end("place")], day=first.day)
    return _place_then_date(opening, first, {each.start for each in dates[1:]})


def line(text: str, style: DateStyle = UNSTATED) -> PlaceAndDay | None:
    """The place and day a whole line consists of, as below a title: "KYIV 26 June 2021"."""
    if len(text) > _LONGEST_PLACE_CHARS:
        return None
    composed = unicodedata.normalize("NFC", text)
    dates = mentions(composed, style)
    if len(dates) != 1 or not _after_date()[1].match(composed, dates[0].end):
        return None
    place, day = composed[: dates[0].start].rstrip(" ,-–—"), dates[0].day
    return PlaceAndDay(place=place, day=day) if _is_place(place) else None


def _place_then_date(opening: str, first: Mention, others: set[int]) -> Dateline | None:
    before = opening[: first.start].rstrip()
    place = before.rstrip(" ,-–—")
    found = _after_date()[0].match(opening, first.end)
    # A date behind the dash makes it a range of days, which is no issue date.
    if found is None or found.end() in others or not _is_place(place):
        return None
    in_capitals = _BETWEEN_WORDS.split(place)[0].isupper()
    if not in_capitals and (found["end"] in (".", ":") or not before.endswith(_JOINTS)):
        return None
    return Dateline(text=opening[: first.end], day=first.day)


def _is_place(text: str) -> bool:
    words = [word for word in _BETWEEN_WORDS.split(text) if word]
    return (
        0 < len(words) <= _MOST_PLACE_WORDS
        and words[0].casefold() not in plain("no_place", str)
        and _is_great(words[0][0])
        and all(map(_is_of_a_name, words))
    )


def _is_of_a_name(word: str) -> bool:
    letters = word.translate(_WITHIN_WORDS)
    return letters.isalpha() and (_is_great(letters[0]) or letters in plain("place_particles", str))


def _is_great(letter: str) -> bool:
    # Georgian has one case.
    return letter.isupper() or "\u10d0" <= letter <= "\u10ff"
