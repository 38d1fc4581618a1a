"""Pages served in place of an article, and articles that speak of such pages."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Reason, Refused
from feeds.parse.interstitial import interstitial
from feeds.taxonomy import Taxonomy
from tests.pages import MENU, draft_of, refused


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("Log in", "User name", "Password"), Reason.LOGIN),
        (("Example", "Sign in to continue", "E-mail address *", "Forgot password?"), Reason.LOGIN),
        (("Anmelden", "Benutzername", "Passwort"), Reason.LOGIN),
        (("Вход", "Имя пользователя", "Пароль"), Reason.LOGIN),
        (("Prijava", "Korisničko ime", "Lozinka"), Reason.LOGIN),
        (("Checking your browser before accessing example.org.", "Please wait."), Reason.CHALLENGE),
        (("example.org", "Just a moment...", "Enable JavaScript and cookies"), Reason.CHALLENGE),
        (("Attention Required! | Shield", "Please complete the security check"), Reason.CHALLENGE),
        (("Verify you are human",), Reason.CHALLENGE),
        (("404", "Nothing here"), Reason.ERROR_PAGE),
        (("Example", "Page not found"), Reason.ERROR_PAGE),
        (("404 - Page not found",), Reason.ERROR_PAGE),
        (("Error 404: Not Found",), Reason.ERROR_PAGE),
        (("Access denied", "You are not authorized to access this page."), Reason.ERROR_PAGE),
        (("500 Internal Server Error", "nginx"), Reason.ERROR_PAGE),
        (("503 Service Unavailable",), Reason.ERROR_PAGE),
        (("The requested page could not be found.",), Reason.ERROR_PAGE),
        (("Oops! That page can’t be found.",), Reason.ERROR_PAGE),
        (("Страница не найдена",), Reason.ERROR_PAGE),
        (("Seite nicht gefunden",), Reason.ERROR_PAGE),
        (("Page introuvable",), Reason.ERROR_PAGE),
        (("Stranica nije pronađena",), Reason.ERROR_PAGE),
    ],
)
def test_a_page_in_place_of_an_article_is_known(
    osce: Taxonomy, lines: Sequence[str], reason: Reason
) -> None:
    for page in (lines, (*MENU, *lines)):
        answer = refused(page, osce)
        assert answer.reason is reason
        assert "it " in answer.evidence


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Password security trained in Skopje", "Twenty officers learned to choose a password."),
        ("Log in", "to history: old logbooks found"),
        ("500 officers trained in Skopje", "They came from all over the country."),
        ("404 cases of hate crime recorded", "The report was published today."),
        ("Access denied to journalists in the region", "They were turned away."),
        ("Log in", "User name", "Password", "A long text. " * 200),
        ("Just a moment...", *("One of many lines",) * 40),
    ],
)
def test_an_article_about_logins_or_errors_is_none(lines: Sequence[str]) -> None:
    assert interstitial(lines) is None


def test_a_dateline_tells_an_article(osce: Taxonomy) -> None:
    lines = ("Access denied", "SKOPJE, 3 June 2021 – Journalists were turned away at the gate.")
    assert draft_of(lines, osce).title == "Access denied"


@given(st.lists(st.text(min_size=1, max_size=60), max_size=8))
def test_any_lines_can_be_asked(lines: Sequence[str]) -> None:
    answer = interstitial(lines)
    assert answer is None or isinstance(answer, Refused)
