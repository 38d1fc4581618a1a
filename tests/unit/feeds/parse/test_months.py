"""Which month a word in a date means."""

import json
import pickle
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
from babel import Locale, localedata

from feeds.parse.months import COPY, month_of, short_month_of
from feeds.parse.words import languages
from feeds.taxonomy.naming import fold

LOCALES = [locale for language in languages() for locale in language.list("months.cldr")]


def cldr(locale: str) -> dict[str, dict[str, int]]:
    """The names of months in the locale's own data, within dates and alone, as compared: in full,
    and the abbreviations that are more than a number.
    """
    # Read past babel's cache: what is loaded there without what it inherits stays so for everybody.
    file = Path(localedata.resolve_locale_filename(locale))
    months = pickle.loads(file.read_bytes()).get("months", {})
    found: dict[str, dict[str, int]] = {}
    for width in ("wide", "abbreviated"):
        contexts = (months.get(each, {}).get(width, {}) for each in ("format", "stand-alone"))
        named = {
            fold(name).rstrip("." if width == "abbreviated" else ""): month
            for names in contexts
            if isinstance(names, Mapping)
            for month, name in names.items()
        }
        if named := {name: month for name, month in named.items() if not name[:1].isdigit()}:
            found[width] = named
    return found if "wide" in found else {}


def is_of_a_country(locale: str) -> bool:
    _, *others = locale.split("_")
    return any(len(part) < len("Latn") for part in others)


def test_the_copy_of_cldr_is_what_babel_says(request: pytest.FixtureRequest) -> None:
    """Of every language it has, so that a new one needs a file of words only."""
    named = [each for each in sorted(localedata.locale_identifiers()) if not is_of_a_country(each)]
    told = {locale: months for locale in named if (months := cldr(locale))}
    if request.config.getoption("--regenerate"):
        lines = (f'"{locale}": {json.dumps(told[locale], ensure_ascii=False)}' for locale in told)
        COPY.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    assert json.loads(COPY.read_text("utf-8")) == told


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
        for months in (Locale.parse(each).months for each in language.list("months.cldr")):
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


@pytest.mark.parametrize(
    ("word", "month"),
    [("ноя", 11), ("нояб.", 11), ("СЕНТ.", 9), ("févr.", 2), ("ago", 8), ("set", 9), ("out", 10)],
)
def test_an_abbreviation_is_a_month_where_nothing_else_can_stand(word: str, month: int) -> None:
    """As in the dates of feeds."""
    assert short_month_of(word) == month


def test_what_is_short_for_several_months_is_short_for_none() -> None:
    """In July for some neighbours, in August for others."""
    assert short_month_of("srp") is None


@pytest.mark.parametrize(("behind_dot", "month"), [(True, 10), (False, 11)])
def test_one_name_is_october_behind_a_dot(*, behind_dot: bool, month: int) -> None:
    """In Croatian; in Polish and Czech it is November."""
    assert month_of("listopada", behind_dot=behind_dot) == month
