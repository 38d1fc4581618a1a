"""A digest is text and HTML that every mail program shows, made once for all who get the same."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from notifier.digest.languages import languages
from notifier.digest.render import COLUMNS, environment, underlined, wrapped
from notifier.model import Cadence, Frequency
from tests.builders import some_news
from tests.letters import (
    DAILY,
    DUE,
    FOLLOWED,
    a_digest,
    a_renderer,
    body,
    of,
    page_of,
    rendered,
    text_of,
)

# Gmail cuts longer ones off and hides the rest, the way to unsubscribe included.
LONGEST_HTML = 102_000


@pytest.mark.parametrize("language", languages())
def test_a_daily_digest_in_every_language(
    language: str, golden: Callable[[str, bytes], None]
) -> None:
    golden(f"digest-{language}.eml", rendered(a_digest(), language))


def test_a_weekly_digest_with_all_that_is_optional(golden: Callable[[str, bytes], None]) -> None:
    renderer = a_renderer(
        name="Fieldfare für alle",
        reply_to="editors@example.org",
        unsubscribe_mailbox="leave@example.org",
    )
    weekly = Cadence(frequency=Frequency.WEEKLY, minute=420, zone=DAILY.zone, weekday=1)
    golden("weekly-en.eml", rendered(a_digest(), cadence=weekly, renderer=renderer))


@pytest.mark.parametrize("language", languages())
def test_text_keeps_to_72_columns_and_addresses_to_lines_of_their_own(language: str) -> None:
    for line in text_of(a_digest(), language=language).splitlines():
        assert len(line) <= COLUMNS or re.fullmatch(r"https://\S+", line)
        assert "https://" not in line or line.startswith("https://")


def test_a_heading_over_several_lines_is_underlined_at_its_longest() -> None:
    words = "Combating trafficking " * 5
    lines = underlined(words, "-").splitlines()
    assert lines[-1] == "-" * max(map(len, lines[:-1]))
    assert wrapped("x" * 100) == "x" * 100


def test_styles_stand_in_their_elements_and_only_rules_for_media_in_the_head() -> None:
    page = page_of(a_digest())
    (style,) = page.iter("style")
    assert style.text.strip().startswith("@media")
    assert "prefers-color-scheme: dark" in style.text
    assert all("color" in link.get("style") for link in page.iter("a"))


def test_a_mail_loads_nothing() -> None:
    """No tracking pixels, and nothing that is missing until somebody allows images."""
    page = page_of(a_digest())
    assert list(page.iter("img", "script", "link", "iframe")) == []
    assert "url(" not in lxml.html.tostring(page, encoding="unicode")


def test_tables_are_for_layout_only() -> None:
    assert {table.get("role") for table in page_of(a_digest()).iter("table")} == {"presentation"}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_largest_digest_is_not_cut_off(language: str) -> None:
    news = [
        some_news(
            number=number,
            title="Права человека " * 10,
            summary="Двадцать офицеров " * 30,
            issuers=("Office of the Special Representative and Co-ordinator",) * 2,
            topics=frozenset(FOLLOWED),
        )
        for number in range(1, 60)
    ]
    assert len(body(rendered(of(*news, limit=50), language), "html")) < LONGEST_HTML


def test_a_missing_word_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ letter.nothing.at_all }}").render(letter=a_digest())


wild = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&\"'{}%\0\r\n"))


@given(wild, wild, wild)
def test_what_an_item_says_stays_text(title: str, summary: str, issuer: str) -> None:
    """No title, summary or issuer adds an element, ends a slot or runs as a template."""
    tame = page_of(of(some_news(summary="x")))
    page = page_of(of(some_news(title=title, summary=f"x{summary}", issuers=(issuer,))))
    assert [found.tag for found in page.iter()] == [found.tag for found in tame.iter()]
    (heading,) = page.iter("h3")
    told = "".join(" " if ord(letter) < 32 or ord(letter) == 127 else letter for letter in title)
    assert heading.text_content().split() == told.split()


def test_all_who_get_the_same_share_one_rendering() -> None:
    renderer = a_renderer()

    def made(**changes: Any) -> bytes:
        options = {"topics": FOLLOWED, "cadence": DAILY, "due": DUE, "language": "en", **changes}
        return renderer.render(a_digest(), **options)

    later = Cadence(frequency=Frequency.DAILY, minute=480, zone=ZoneInfo("Europe/Rome"))
    assert made() is made(cadence=later)
    others = [
        made(language="de"),
        made(topics=FOLLOWED[::-1]),
        made(due=datetime(2026, 11, 25, 6, tzinfo=UTC)),
        made(cadence=Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=DAILY.zone)),
    ]
    assert len({made(), *others}) == 5
