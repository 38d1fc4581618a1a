"""Mails speak several languages, each as its people write it, and never another instead."""

import tomllib
from datetime import date
from importlib.resources import files
from string import Formatter

import pytest
from babel import Locale

from feeds.model import Issued, IssuedFrom
from notifier.digest.languages import languages, texts_in
from notifier.errors import UnknownLanguage
from notifier.model import Frequency
from tests.digests import DAY, a_digest, rendered

TEXTS = files("notifier.digest") / "templates" / "texts"


def test_a_language_without_texts_is_refused_and_never_replaced() -> None:
    assert languages() == ("de", "en", "es", "fr", "it", "ru")
    with pytest.raises(UnknownLanguage, match=r"pt.*de, en, es, fr, it, ru") as refused:
        rendered(a_digest(), "pt")
    assert (refused.value.language, refused.value.known) == ("pt", languages())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", languages())
def test_the_texts_of_a_language_are_complete(language: str) -> None:
    """Every plural form the language has, and in each text what English fills in."""
    texts = tomllib.loads((TEXTS / f"{language}.toml").read_text("utf-8"))
    english = tomllib.loads((TEXTS / "en.toml").read_text("utf-8"))
    forms = {*Locale.parse(language).plural_form.tags, "other"}
    for name, said in texts.items():
        if isinstance(said, str):
            assert said.strip() == said != ""
            assert name.endswith("_pattern") or placeholders(said) == placeholders(english[name])
        else:
            assert set(said) == (set(Frequency) if name == "title" else forms)
            for form, text in said.items():
                assert placeholders(text) == placeholders(
                    english[name].get(form, english[name].get("other"))
                )


@pytest.mark.parametrize(
    ("language", "title", "day"),
    [
        ("en", "Your daily digest, Tuesday 24 November", "9 November 2026"),
        ("de", "Ihr täglicher Überblick, Dienstag, 24. November", "9. November 2026"),
        ("fr", "Votre bulletin quotidien, mardi 24 novembre", "9 novembre 2026"),
        ("es", "Su resumen diario, martes 24 de noviembre", "9 de noviembre de 2026"),
        ("it", "La sua rassegna quotidiana, martedì 24 novembre", "9 novembre 2026"),
        ("ru", "Ваш ежедневный обзор, вторник, 24 ноября", "9 ноября 2026 г."),
    ],
)
def test_dates_are_written_as_people_write_them(language: str, title: str, day: str) -> None:
    texts = texts_in(language)
    assert texts.title["daily"].format(day=texts.weekday(DAY)) == title
    assert texts.issued(Issued(day=date(2026, 11, 9), origin=IssuedFrom.LABEL)) == day


def test_large_counts_are_written_as_the_language_groups_them() -> None:
    texts = texts_in("de")
    assert texts.counted(texts.items, 12_345) == "12.345 Meldungen"
