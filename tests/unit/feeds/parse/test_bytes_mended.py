"""Mojibake mended, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse.bytes import all_mended, is_suspect, mended


@pytest.mark.parametrize(
    "text",
    [
        "PRISHTINË",
        "the Mission’s course",
        "Das Grüne",
        "Škola u Čačku",
        "Пресс-релиз",
        "naïve – café",
    ],
)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_text_read_by_the_wrong_table_is_mended(text: str, encoding: str) -> None:
    """UTF-8 taken for a one-byte encoding, as copies of copies have it."""
    damaged = text.encode().decode(encoding, "replace")
    if "\ufffd" not in damaged:
        assert mended(damaged) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "PRISHTINË",
        "Škola u Čačku — “citat”",
        "Миссия ОБСЕ в г. Вене",
        "50 € â la carte",
    ],
)
def test_text_that_is_right_stays(text: str) -> None:
    """Accents, quotes and other alphabets are no damage."""
    assert mended(text) == text


def test_a_text_of_no_human_length_is_left() -> None:
    """What mending costs is bounded."""
    text = "Ã©" * 50_000
    assert mended(text) is text


@given(st.text())
def test_any_text_survives(text: str) -> None:
    """Whatever it holds."""
    assert isinstance(mended(text), str)


def test_damage_that_holds_control_characters_is_mended() -> None:
    """Windows' table has no character for five bytes; they come as they are."""
    assert mended("â€œÅ¹rÃ³dÅ‚oâ€\x9d in Å\x81Ã³dÅº") == "“Źródło” in Łódź"


def test_control_characters_that_mend_nothing_go() -> None:
    """No reader sees them, no feed may hold them."""
    assert mended("Č\x81ačak") == "Čačak"
    assert mended("é\x81" * 30_000) == "é" * 30_000


def test_a_quotation_mark_behind_an_accent_is_no_damage() -> None:
    """It takes two characters to complete what "ë" would begin."""
    assert not is_suspect("Vlorë’s police")


def test_no_more_is_mended_than_an_article_holds() -> None:
    """The rest loses what nobody sees, and nothing else."""
    texts = ["plain"] + ["CafÃ© Å\x81Ã³dÅº " * 100] * 100
    plain, first, *_, last = all_mended(texts)
    assert first == "Café Łódź " * 100
    assert last == "CafÃ© ÅÃ³dÅº " * 100
    assert plain == "plain"


def test_what_is_mended_stays_one_line() -> None:
    damaged = "\u2028Straße nach Österreich".encode().decode("cp1252")
    assert mended(damaged) == "Straße nach Österreich"
