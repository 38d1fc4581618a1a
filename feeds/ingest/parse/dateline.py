"""The place and date an article opens with: "VIENNA, 3 June 2002 – ...".

Knows how agencies and missions have written datelines. Must never know whether that day is the
issue date: a dateline is evidence, and who uses it says so.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from feeds.ingest.parse.dates import Mention, mentions

# A dateline is short. The bound also keeps a long paragraph from being looked at as a whole; it
# leaves room for a date and an aside after the longest place.
_LONGEST_PLACE_CHARS = 100
_OPENING_CHARS = 250
_MOST_PLACE_WORDS = 10

# What goes on in small letters within the name of a place.
_PARTICLES = frozenset("al am an and de del der di du el et i la le na nad of the und и".split())
# Words a sentence opens with, where a place would stand: "On Monday, 3 June 2002 – ...".
_OPENERS = frozenset("am at by from im in le on since until в у".split())

_BETWEEN_WORDS = re.compile(r"[\s/,–—-]+")
_WITHIN_WORDS = dict.fromkeys(map(ord, ".'’‘`"))
_JOINTS = (",", "-", "–", "—")
# After the date: the word for year, an aside in brackets (not a caption's "(OSCE/Name)"), and
# then a dash, a full stop or nothing more.
_AFTER_DATE = re.compile(
    r"\.?(?:\s(?:godine|године|года|году|року|г|р)\b\.?)?(?:\s?\([^()/]{1,60}\))?"
    r"\s?(?P<end>(?:--?|[–—―])\s?|$|\.(?=\s[^(]))"
)
_PLACE_AFTER_DATE = re.compile(r",\s(?P<place>[^\d,;:()]{2,60}?)\s?(?:[–—―]|--?\s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """A dateline as printed, without the dash; ``day`` is None where it names no year."""

    text: str
    day: date | None


def find(paragraph: str) -> Dateline | None:
    """The dateline a paragraph opens with, if it has one with a day and a month."""
    opening = unicodedata.normalize("NFC", paragraph[:_OPENING_CHARS])
    dates = mentions(opening)
    if not dates or dates[0].start > _LONGEST_PLACE_CHARS:
        return None
    first = dates[0]
    if first.start == 0:
        return _date_then_place(opening, first)
    return _place_then_date(opening, first, {each.start for each in dates[1:]})


def _date_then_place(opening: str, first: Mention) -> Dateline | None:
    found = _PLACE_AFTER_DATE.match(opening, first.end)
    if found is None or not _is_place(found["place"]):
        return None
    return Dateline(text=opening[: found.end("place")], day=first.day)


def _place_then_date(opening: str, first: Mention, others: set[int]) -> Dateline | None:
    before = opening[: first.start].rstrip()
    place = before.rstrip(" ,-–—")
    found = _AFTER_DATE.match(opening, first.end)
    # A date behind the dash makes it a range of days, which is no issue date.
    if found is None or found.end() in others or not _is_place(place):
        return None
    in_capitals = _BETWEEN_WORDS.split(place)[0].isupper()
    if not in_capitals and (found["end"] == "." or not before.endswith(_JOINTS)):
        return None
    return Dateline(text=opening[: first.end], day=first.day)


def _is_place(text: str) -> bool:
    words = [word for word in _BETWEEN_WORDS.split(text) if word]
    return (
        0 < len(words) <= _MOST_PLACE_WORDS
        and words[0].casefold() not in _OPENERS
        and words[0][0].isupper()
        and all(map(_is_of_a_name, words))
    )


def _is_of_a_name(word: str) -> bool:
    letters = word.translate(_WITHIN_WORDS)
    return letters.isalpha() and (letters[0].isupper() or letters in _PARTICLES)
