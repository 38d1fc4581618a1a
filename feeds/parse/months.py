"""The names of months: as the Unicode consortium lists them, and as people write them besides.

Knows where the names come from and in which order they are asked. Must never know what a date
looks like.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from feeds.parse.words import languages
from feeds.taxonomy.naming import fold

# Most words in dates are English; they are known before any other language is looked at.
_FIRST = "en"


@lru_cache(maxsize=2048)
def month_of(word: str, *, behind_dot: bool = False) -> int | None:
    """The month a word in a date means, 1 to 12; None for another word.

    Behind a day with a dot some languages mean another month by a word that is another's too.
    """
    name = fold(word)
    if behind_dot and (month := _behind_dot().get(name)):
        return month
    return _besides().get(name) or _listed(_FIRST).get(name) or _of_script(_script(name)).get(name)


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
def _of_script(script: str) -> Mapping[str, int]:
    """The names in one script. Each locale takes milliseconds to load, so no other is."""
    elsewhere = _behind_dot()
    return {
        name: month
        for locale in _locales(script)
        for name, month in _listed(locale).items()
        if elsewhere.get(name) != month
    }


def _locales(script: str) -> Iterator[str]:
    for language in languages():
        for name, locales in language.table("months").get("cldr", {}).items():
            if name.upper() == script:
                yield from locales


def _script(name: str) -> str:
    return unicodedata.name(name[0], "").partition(" ")[0] if name else ""


@cache
def _listed(locale: str) -> Mapping[str, int]:
    """The full names CLDR has for a locale, within dates and alone."""
    # Of a locale no more is wanted than stands in its own file: to merge them takes long.
    from babel import localedata  # noqa: PLC0415

    months = localedata.load(locale, merge_inherited=False)["months"]
    wide = (months.get(context, {}).get("wide", {}) for context in ("format", "stand-alone"))
    return {
        fold(name): month
        for names in wide
        if isinstance(names, Mapping)
        for month, name in names.items()
    }
