"""Bosnian, Croatian and Serbian, told apart by their words."""

import pytest

from feeds.parse.language import spoken
from feeds.parse.variants import home_of, variant

EKAVIAN = "Saveti mladih iz cele Srbije predstavili su planove za naredni mesec."
CYRILLIC = "Савјети младих представили су планове за наредни мјесец."
CROATIAN = "Promatrači su tijekom tjedna posjetili općine i sudjelovali u raspravi o sustavu."
BOSNIAN = "Posmatrači su tokom sedmice posjetili sva mjesta i učestvovali u raspravi o sistemu."


@pytest.mark.parametrize(
    ("text", "home", "guess", "language"),
    [
        (EKAVIAN, None, "bs", "sr"),
        (EKAVIAN, "bs", "hr", "sr"),
        (CYRILLIC, None, "bs", "sr"),
        (CROATIAN, None, "sr", "hr"),
        (CROATIAN, "bs", "sr", "hr"),
        (BOSNIAN, None, "sr", "bs"),
        (BOSNIAN, None, "hr", "bs"),
        (BOSNIAN, "sr", "hr", "sr"),
        ("Nova obuka za policiju.", None, "sr", "sr"),
        ("Nova obuka za policiju.", None, "hr", "hr"),
        ("Nova obuka za policiju.", "hr", "bs", "hr"),
        ("Nova obuka za policiju tokom godine.", None, "bs", "bs"),
    ],
)
def test_words_tell_then_the_home_then_the_guess(
    text: str, home: str | None, guess: str, language: str
) -> None:
    """In this order."""
    assert variant(text, home=home, guess=guess) == language


@pytest.mark.parametrize(
    ("names", "home"),
    [
        (("mission-to-serbia",), "sr"),
        (("secretariat", "mission-to-bosnia-and-herzegovina"), "bs"),
        (("mission-to-croatia",), "hr"),
        (("secretariat", ""), None),
        ((), None),
    ],
)
def test_an_issuer_says_where_it_is_at_home(names: tuple[str, ...], home: str | None) -> None:
    """By the country in its name."""
    assert home_of(names) == home


@pytest.mark.parametrize(("text", "language"), [(EKAVIAN, "sr"), (CROATIAN, "hr"), (BOSNIAN, "bs")])
def test_a_guess_of_one_of_them_is_settled_by_words(text: str, language: str) -> None:
    """Statistics alone cannot."""
    assert spoken(text, None, is_whole=True).language == language
