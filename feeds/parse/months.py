"""The names of months: as the Unicode consortium lists them, and as people write them besides.

Knows where the names come from and in which order they are asked. Must never know what a date
looks like.

CLDR's names are babel's, which takes milliseconds to load each locale. So months.json holds a copy
of what it says; a test keeps it true, and `pytest --regenerate` writes it anew.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from config.values import primary_language
from feeds.parse.words import languages
from feeds.taxonomy.naming import fold

COPY = Path(__file__).with_name("months.json")

# Greek is the first of the scripts behind the Latin one and its accents.
_BEYOND_LATIN = "\u0370"
_IN_PARTS = re.compile(r"[^\W\d_][ .']+[^\W\d_]")


@lru_cache(maxsize=2048)
def month_of(word: str, *, behind_dot: bool = False) -> int | None:
    """The month a word in a date means, 1 to 12; None for another word.

    Behind a day with a dot some languages mean another month by a word that is another's too.
    """
    name = fold(word)
    if behind_dot and (month := _behind_dot().get(name)):
        return month
    return _besides().get(name) or _listed().get(name)


@lru_cache(maxsize=2048)
def short_month_of(word: str, language: str | None = None, weekday: str = "") -> int | None:
    """The month a word means where nothing but a month can stand, abbreviations included; one that
    is short for different months in different languages needs a language, or a ``weekday`` that is
    written so in one alone.
    """
    if (
        month := month_in(word, language)
        or month_of(word)
        or _abbreviated().get(fold(word).rstrip("."))
    ):
        return month
    told = {month_in(word, tag) for tag in _short_days().get(fold(weekday), ())} - {None}
    return told.pop() if len(told) == 1 else None


@lru_cache(maxsize=2048)
def month_in(word: str, language: str | None) -> int | None:
    """The month a word means in one language, abbreviations included; None for another word. In
    letters that no Latin word is written in abbreviations are no words, whatever the language.
    """
    name = fold(word)
    if language and (month := _names_in(primary_language(language)).get(name)):
        return month
    return _abbreviated().get(name) if word[:1] >= _BEYOND_LATIN else None


@cache
def in_parts() -> tuple[str, ...]:
    """The names that are written in several words or with full stops or quotes within, the longest
    first: "kanun al-thani" in Arabic, "d'abril" in Catalan, "พ.ค" in Thai.
    """
    cldr = (
        name
        for language in languages()
        for locale in language.list("months.cldr")
        for names in _copied()[locale].values()
        for name in names
    )
    own = (
        form
        for language in languages()
        for month in range(1, 13)
        for table in ("months", "solar_months")
        for form in language.list(f"{table}.{month}")
    )
    names = {name for name in (*cldr, *own) if _IN_PARTS.search(name)}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


@cache
def _names_in(language: str) -> Mapping[str, int]:
    return {
        name: month
        for each in languages()
        if language in each.alike
        for words in [frozenset(each.list("months.words"))]
        for locale in each.list("months.cldr")
        for width in ("abbreviated", "wide")
        for name, month in _copied()[locale].get(width, {}).items()
        if name not in words
    }


@cache
def _short_days() -> Mapping[str, Sequence[str]]:
    """The languages in which a day of the week is short for this; they are those that are short
    for other months than their neighbours.
    """
    written: defaultdict[str, list[str]] = defaultdict(list)
    for language in languages():
        for day in language.list("months.short_days"):
            written[fold(day)].append(language.tags[0])
    return written


@cache
def _besides() -> Mapping[str, int]:
    """What CLDR has no names for: other cases, spellings, and those abbreviations that are no
    words ("set" and "out" are).
    """
    return {
        fold(form): month
        for language in languages()
        for month in range(1, 13)
        for form in language.list(f"months.{month}")
    }


@cache
def _behind_dot() -> Mapping[str, int]:
    """The names that mean another month than elsewhere: "3. listopada" is in October."""
    return {
        fold(form): month
        for language in languages()
        for form, month in language.table("months").get("behind_dot", {}).items()
    }


@cache
def _listed() -> Mapping[str, int]:
    """The full names CLDR has for the languages there are, within dates and alone."""
    elsewhere = _behind_dot()
    return {
        name: month
        for language in languages()
        for locale in language.list("months.cldr")
        for name, month in _copied()[locale]["wide"].items()
        if elsewhere.get(name) != month
    }


@cache
def _abbreviated() -> Mapping[str, int]:
    meant: defaultdict[str, set[int]] = defaultdict(set)
    for language in languages():
        for locale in language.list("months.cldr"):
            for name, month in _copied()[locale].get("abbreviated", {}).items():
                meant[name].add(month)
    return {name: min(months) for name, months in meant.items() if len(months) == 1}


@cache
def _copied() -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    copied: Mapping[str, Mapping[str, Mapping[str, int]]] = json.loads(COPY.read_text("utf-8"))
    return copied
