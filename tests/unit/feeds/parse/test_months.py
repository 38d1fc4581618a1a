"""Which month a word in a date means."""

from collections import defaultdict

import pytest
from babel import Locale

from feeds.parse.months import month_of
from feeds.parse.words import languages

LOCALES = [
    locale
    for language in languages()
    for locales in language.table("months").get("cldr", {}).values()
    for locale in locales
]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_twelve_months(locale: str) -> None:
    """In full, as they stand in dates."""
    names = Locale.parse(locale).months["format"]["wide"]
    # A day with a dot is how those write who call October by November's name elsewhere.
    assert {
        number: month_of(name, behind_dot=locale == "hr") for number, name in names.items()
    } == {number: number for number in range(1, 13)}


def test_no_word_is_two_months() -> None:
    """A word that means another month elsewhere would invent dates."""
    forms: defaultdict[str, set[int]] = defaultdict(set)
    for language in languages():
        behind_dot = language.table("months").get("behind_dot", {})
        for number in range(1, 13):
            for form in language.list(f"months.{number}"):
                forms[form].add(number)
        for locales in language.table("months").get("cldr", {}).values():
            for months in (Locale.parse(locale).months for locale in locales):
                for context in ("format", "stand-alone"):
                    for number, form in months.get(context, {}).get("wide", {}).items():
                        if form not in behind_dot:
                            forms[form.casefold()].add(number)
    assert [form for form, numbers in forms.items() if len(numbers) > 1] == []


@pytest.mark.parametrize(
    ("word", "month"),
    [
        ("June", 6), ("JUNE", 6), ("juin", 6), ("heinäkuuta", 7), ("лютого", 2), ("ქართული", None),
        ("სექტემბერს", 9), ("Sept", 9), ("Jänner", 1), ("set", None), ("out", None), ("noi", None),
        ("police", None), ("", None),
    ],
)  # fmt: skip
def test_a_word_is_a_month_or_none(word: str, month: int | None) -> None:
    """Abbreviations that are words elsewhere are none."""
    assert month_of(word) == month


@pytest.mark.parametrize(("behind_dot", "month"), [(True, 10), (False, 11)])
def test_one_name_is_october_behind_a_dot(*, behind_dot: bool, month: int) -> None:
    """In Croatian; in Polish and Czech it is November."""
    assert month_of("listopada", behind_dot=behind_dot) == month
