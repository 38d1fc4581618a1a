"""Lines around a title that are neither title nor text: days, kinds, symbols, banners, crumbs.

Knows what each such line tells. Must never know in which form its page is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from feeds.draft import DateStyle
from feeds.model import Label
from feeds.parse import dateline, dates
from feeds.parse.bytes import Lines
from feeds.parse.text import labels
from feeds.parse.words import any_of, openings, pattern, plain
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

_LONGEST_CHARS = 120
_LONGEST_BANNER_CHARS = 250
_LONGEST_VALUE_CHARS = 200
_AROUND = " \t,.:;|–—-‒―−•·()[]/*"
# An hour may stand beside a day.
_HOUR = r"[0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2})?"
_BETWEEN_CRUMBS = re.compile(r"\s[>»›/|→]\s|\s?[›»>]\s?")
# A spot report of a day is a title, a press release of a day is not.
_REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """What lines told; ``published`` and ``sender`` are what stands behind such labels."""

    kind: Label | None = None
    day: date | None = None
    published: str = ""
    sender: str = ""
    is_release: bool = False
    # "Spot Report 3 June 2021" is as likely a title as "Strasbourg 3 June 2021" is a place.
    is_unsure: bool = False
    is_dateline: bool = False
    lines: int = 1

    @property
    def is_dated(self) -> bool:
        return self.day is not None or bool(self.published)


_NOTHING = LineFacts()


@cache
def _symbol() -> re.Pattern[str]:
    """The mark of a document, which looks like a number of many parts: "Ref. SEC.GAL/12/21"."""
    before = rf"(?i:{any_of('reference', str)}|{any_of('before_number', str)}):?\s?"
    return re.compile(
        rf"(?:{before})?[A-ZА-Я]{{1,8}}(?=[^a-z]{{0,39}}[0-9])"
        r"[A-ZА-Я0-9./() -]{0,30}[/(.][A-ZА-Я0-9./() -]{0,30}"
    )


@cache
def _small() -> re.Pattern[str]:
    """What may stand around a day and tells nothing: days of the week, hours, small words."""
    hours = rf"{_HOUR}(?: ?(?:{any_of('hours')}|ces?t|gmt|utc|am|pm))?"
    return re.compile(rf"\b(?:{hours}|{any_of('beside_day')})(?:\b|$)\.?")


def together(told: Sequence[LineFacts]) -> LineFacts:
    """What several lines tell, of each thing what the first one said."""
    return LineFacts(
        kind=next((each.kind for each in told if each.kind), None),
        day=next((each.day for each in told if each.day), None),
        published=next((each.published for each in told if each.published), ""),
        sender=next((each.sender for each in told if each.sender), ""),
        is_release=any(each.is_release for each in told),
        lines=sum(each.lines for each in told),
    )


def is_crumbs(line: str) -> bool:
    """Whether a short line says where on a site a page is: "Home > News"."""
    first, *others = _BETWEEN_CRUMBS.split(line, 1)
    return bool(others) and fold(first).strip(_AROUND) in plain("home")


def is_home(line: str) -> bool:
    """Whether a line is the first crumb alone."""
    return len(line) <= _LONGEST_VALUE_CHARS and fold(line).strip(_AROUND) in plain("home")


def read(lines: Lines, taxonomy: Taxonomy, style: DateStyle) -> LineFacts | None:
    """What the first of ``lines`` tells, with the value below a label; None for any other line."""
    line = lines[0]
    if len(line) > _LONGEST_CHARS:
        return _NOTHING if _is_banner(line) else None
    if labels.beside(line, taxonomy) is not None:
        return None
    if any(map(str.isdigit, line)):
        return _with_a_day(line, taxonomy, style)
    return _of_words(line, taxonomy) or _labelled(lines, style)


def _is_banner(line: str) -> bool:
    if len(line) > _LONGEST_BANNER_CHARS or fold(line.partition(" ")[0]) not in openings(
        "archived"
    ):
        return False
    return pattern("archived").fullmatch(fold(line)) is not None


def _of_words(line: str, taxonomy: Taxonomy) -> LineFacts | None:
    bare = line.strip(_AROUND)
    words = fold(bare)
    if not words or words in plain("picture") or is_crumbs(line) or _is_banner(line):
        return _NOTHING
    if pattern("release").fullmatch(words):
        return LineFacts(is_release=True)
    kind = taxonomy.kind_label(bare)
    return LineFacts(kind=kind) if kind else None


def _labelled(lines: Lines, style: DateStyle) -> LineFacts | None:
    """A label with its value in the line below."""
    words = fold(lines[0]).strip(_AROUND)
    value = lines[1] if len(lines) > 1 else ""
    if not value or len(value) > _LONGEST_VALUE_CHARS:
        return None
    if words in plain("sender") and lines[0].endswith(":"):
        return LineFacts(sender=value, lines=2)
    if pattern("updated").fullmatch(words) and dates.mentions(value, style):
        return LineFacts(lines=2)
    is_label = words in plain("published") or words in plain("any_day")
    if is_label and dates.only_day(value, style):
        return LineFacts(published=value, lines=2)
    return None


@lru_cache(maxsize=2048)
def _with_a_day(line: str, taxonomy: Taxonomy, style: DateStyle) -> LineFacts | None:
    if _symbol().fullmatch(line):
        return _NOTHING
    found = dates.mentions(line, style)
    if len(found) != 1 or found[0].day is None:
        return _NOTHING if found and pattern("updated").match(fold(line).strip(_AROUND)) else None
    told = [LineFacts(day=found[0].day)]
    for part in (line[: found[0].start], line[found[0].end :]):
        told_by_part = _beside_a_day(part.strip(_AROUND), line, taxonomy)
        if told_by_part is None:
            return _place(line, style)
        told.append(told_by_part)
    if any(each.lines == 0 for each in told):
        return _NOTHING
    return LineFacts(kind=together(told).kind, day=found[0].day, published=told[1].published)


def _place(line: str, style: DateStyle) -> LineFacts | None:
    place = dateline.line(line, style)
    if place is None or place.day is None:
        return None
    is_dateline = dateline.find(line, style) is not None
    is_unsure = not is_dateline and not place.place.isupper()
    return LineFacts(day=place.day, is_unsure=is_unsure, is_dateline=is_dateline)


def _beside_a_day(part: str, line: str, taxonomy: Taxonomy) -> LineFacts | None:
    """What the words before or behind a day tell; with 0 lines where it is no day of issue."""
    words = " ".join(_small().sub(" ", fold(part)).split()).strip(_AROUND)
    if not words or pattern("release").fullmatch(words) or _symbol().fullmatch(part):
        return _NOTHING
    if words in plain("published") or words in plain("any_day"):
        return LineFacts(published=line)
    if pattern("updated").match(words):
        return LineFacts(lines=0)
    kind = taxonomy.kind_label(part) or taxonomy.kind_label(words)
    is_report = kind is not None and (kind.slug or "").endswith(_REPORT)
    return LineFacts(kind=kind) if kind and not is_report else None
