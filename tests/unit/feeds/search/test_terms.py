"""One spelling a word, whatever accents, endings and letters it was written with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.search.terms import BREAK, STEMMED, pairs, runs, term, terms_of


def words(text: str) -> list[str]:
    return [run.text for run in runs(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mission’s police", ["the", "mission", "police"]),
        ("snake_case, e-mail; 25.11.2026", ["snake", "case", "e", "mail", "25", "11", "2026"]),
        ("U.S. and O.S.C.E, but www.osce.org", "us and osce but www osce org".split()),
        ("l'Ukraine, dell’OSCE, qu'il, O'Brien", "ukraine osce il o brien".split()),
        ("п’ять об'єктів", ["пять", "обєктів"]),
        ("Ёлка й", ["елка", "й"]),
        ("cafe\u0301 Łódź œuvre Straße ﬁn ＡＢ", "cafe lodz oeuvre strasse fin ab".split()),
        ("Αθήνα", ["αθηνα"]),
        ("أُسْتَاذ", ["استاذ"]),
        ("हिन्दी", ["हिन्दी"]),
        ("sol\u00addier", ["soldier"]),
        ("OSCE東京2026年", ["osce", "東京", "2026", "年"]),
        ("ｶﾀｶﾅ", ["カタカナ"]),
        ("\u0e31 \u0301 _ '", []),
    ],
)
def test_a_text_is_runs_of_letters(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("language", "alike"),
    [
        ("en", "police policing"),
        ("de", "Bürger Buerger Burger"),
        ("de", "Übung Uebung Übungen"),
        ("fr", "sécurité securite sécurités"),
        ("fr", "première premiere premier"),
        ("it", "università universita"),
        ("ru", "полиция полиции полицию"),
        ("es", "policía policia policías policias"),
        ("es", "investigación investigacion investigaciones"),
    ],
)
def test_what_differs_in_accents_and_endings_is_one(language: str, alike: str) -> None:
    assert len({term(word, language) for word in words(alike)}) == 1


@pytest.mark.parametrize("language", [None, "pl", ""])
def test_other_languages_keep_their_endings(language: str | None) -> None:
    assert term("policing", language) == "policing"


def test_numbers_have_no_endings_and_long_words_end() -> None:
    assert term("2026", "en") == "2026"
    assert len(term("a" * 90, "en")) == len(term("a" * 90, None)) == 60


def test_runs_without_blanks_are_found_from_within() -> None:
    assert pairs("東京都") == ("東京", "京都")
    assert terms_of(["東京都", "Policing"], "ja") == [
        "東京",
        "京都",
        "都",
        BREAK,
        "policing",
        BREAK,
    ]


def test_terms_are_of_the_language_of_a_text() -> None:
    assert terms_of(["Policing"], "en-GB") == ["polic", BREAK]
    assert terms_of(["Policing"], "") == ["policing", BREAK]


def test_texts_without_end_have_some_terms() -> None:
    assert len(terms_of(["a " * 60_000, "b"], "en")) == 16_000
    assert len(terms_of(["一二" * 60_000], "zh")) == 16_000


# Letters whose stems end in nothing, marks alone, everything engines know.
@given(st.text(max_size=200), st.sampled_from([None, *sorted(STEMMED)]))
def test_terms_are_letters_and_digits_alone(text: str, language: str | None) -> None:
    for run, has_blanks in runs(text):
        found = [term(run, language)] if has_blanks else [*pairs(run), run[-1]]
        for each in found:
            assert each
            assert not set(each) & set(" \t\n\0'\"\\-:*()&|!<>^_,.")
            assert not any(map(str.isspace, each))
