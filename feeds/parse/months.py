"""The names of months: as the Unicode consortium lists them, and as people write them besides.

Knows where the names come from and in which order they are asked. Must never know what a date
looks like.

CLDR's names are babel's, which takes milliseconds to load each locale. So months.json holds a copy
of what it says; a test keeps it true, and `pytest --regenerate` writes it anew.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from feeds.parse.words import languages
from feeds.taxonomy.naming import fold

COPY = Path(__file__).with_name("months.json")


@lru_cache(maxsize=2048)
def month_of(word: str, *, behind_dot: bool = False) -> int | None:
    """The month a word in a date means, 1 to 12; None for another word.

    Behind a day with a dot some languages mean another month by a word that is another's too.
    """
    name = fold(word)
    if behind_dot and (month := _behind_dot().get(name)):
        return month
    return _besides().get(name) or _listed().get(name)


def short_month_of(word: str) -> int | None:
    """The month a word means where nothing but a month can stand, abbreviations included; None for
    one that is short for different months in different languages.
    """
    return month_of(word) or _abbreviated().get(fold(word).rstrip("."))


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
