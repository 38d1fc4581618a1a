"""Copies are recognised, items of a series are not."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.values import wide
from feeds.draft import Draft
from feeds.identity.likeness import (
    agrees,
    are_one_language,
    is_alike,
    is_moved,
    is_unspaced,
    opening_key,
    plain,
    said_alike,
    speaks_otherwise,
    tells_of,
    title_key,
)
from feeds.model import Issued, IssuedFrom, Mark, TopicKind
from tests.builders import a_draft, a_label

BODY = (
    "Twenty officers from all over the country practised how to secure electronic evidence.",
    "The course, held over five days, was organised together with the police academy in Vienna.",
    "A second course will follow in spring, with judges and prosecutors taking part as well.",
)


def an_original(**changes: Any) -> Draft:
    draft = a_draft(paragraphs=BODY, summary="", issued=on(20), language="en")
    return replace(draft, **changes)


def on(day: int) -> Issued:
    return Issued(day=date(2026, 11, day), origin=IssuedFrom.LABEL)


ODIHR = a_label("ODIHR", "odihr", TopicKind.ISSUER)
UNIT = a_label("Public Affairs Unit", None, TopicKind.ISSUER)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"issued": on(21)},
        {"issued": None},
        {"issuers": ()},
        {"language": None},
        {"title": "Police officers trained in “digital” investigations!"},
        {"paragraphs": (*BODY, "Source: the Secretariat.")},
        {"paragraphs": ("VIENNA, 20 November 2026 – " + BODY[0], *BODY[1:])},
        {"paragraphs": (BODY[0].replace("practised", "practiced"), *BODY[1:])},
        {"paragraphs": BODY[:2]},
        {"paragraphs": (), "summary": BODY[0] + " The course, held...", "partial": True},
        {"paragraphs": (), "summary": "", "partial": True},
    ],
)
def test_what_copies_change_makes_no_other_item(changes: dict[str, Any]) -> None:
    copy = an_original(**changes)
    assert is_alike(copy, an_original())
    assert is_alike(an_original(), copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"issued": on(22)},
        {"issuers": (ODIHR,)},
        {"issuers": (UNIT,)},
        {"language": "de"},
        {"title": "Police officers trained in digital investigations, course 2"},
        {"title": "Another", "paragraphs": ("Before the course, t" + BODY[0][1:], *BODY[1:])},
        {"paragraphs": (BODY[0].replace("Twenty", "21"), *BODY[1:])},
        {"paragraphs": ("The ministers met in Vienna and spoke about the security of Europe.",)},
        {"paragraphs": (), "summary": "Twenty officers", "partial": True},
        {"title": "Judges trained", "partial": True},
        {"paragraphs": (), "summary": "", "partial": True, "issued": None},
        {"paragraphs": (), "summary": "", "partial": True, "title": "Daily report"},
    ],
)
def test_items_of_a_series_are_told_apart(changes: dict[str, Any]) -> None:
    assert not is_alike(an_original(**changes), an_original())


def test_another_town_makes_another_item() -> None:
    one, other = (
        an_original(title=f"Officers trained in {town}", paragraphs=(*BODY, f"Now in {town}."))
        for town in ("Ashvale", "Brookmoor")
    )
    assert said_alike(one, other)
    assert not is_alike(one, other)


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MORNING = Issued(day=NOON.date(), at=NOON.replace(hour=9), origin=IssuedFrom.LABEL)


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, {}),
        ({"title": "Corrected"}, {}),
        ({"paragraphs": BODY[:2]}, {}),
        ({"issued": MORNING}, {}),
        ({"issued": None, "url": "https://x.test/2026/b"}, {"url": "https://x.test/2026/a"}),
    ],
)
def test_the_same_words_at_another_place_have_moved(
    changes: dict[str, Any], known: dict[str, Any]
) -> None:
    assert is_moved(an_original(**changes), an_original(**known))


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"issued": on(21)}, {}),
        ({"issued": MORNING}, {"issued": replace(MORNING, at=NOON)}),
        ({"title": "Corrected", "paragraphs": BODY[:2]}, {}),
        ({"issued": None, "url": "https://x.test/2027"}, {"url": "https://x.test/2026"}),
    ],
)
def test_the_next_of_a_series_has_not_moved(changes: dict[str, Any], known: dict[str, Any]) -> None:
    assert not is_moved(an_original(**changes), an_original(**known))


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({}, True),
        ({"paragraphs": ("Another.",)}, True),
        ({"title": "Police officers trained in digital investigations | Office"}, True),
        ({"title": "Another"}, True),
        ({"title": "Another", "paragraphs": ("Another.",)}, False),
        ({"title": "", "paragraphs": ("Another.",)}, False),
    ],
)
def test_who_claims_to_be_an_item_has_its_title_or_its_words(
    changes: dict[str, Any], is_one: bool
) -> None:
    assert agrees(an_original(**changes), an_original()) is is_one


def test_a_number_cut_in_two_is_no_other_number() -> None:
    whole = an_original(paragraphs=(*BODY, "In 2026 there were 1500 of them, all told."))
    cut = an_original(
        partial=True, summary=" ".join(BODY) + " In 2026 there were 15", paragraphs=()
    )
    assert said_alike(cut, whole)


def test_a_guessed_language_does_not_outweigh_an_equal_title() -> None:
    guessed = an_original(language="bs", marks=frozenset({Mark.GUESSED_LANGUAGE}))
    assert not speaks_otherwise(guessed, an_original())
    assert speaks_otherwise(replace(guessed, title="Obuka policije"), an_original())
    assert speaks_otherwise(an_original(language="bs"), an_original())


def test_keys_are_the_same_for_all_spellings() -> None:
    assert title_key("Officers  trained!") == title_key("officers “trained”") is not None
    assert title_key("?!") is None
    assert opening_key(an_original()) == opening_key(
        an_original(paragraphs=("WARSAW, 3 June 2026 - " + BODY[0].upper(), *BODY[1:]))
    )
    assert opening_key(a_draft(paragraphs=("Hello!",))) is None


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_texts_are_the_same_beside_letters_of_any_script(text: str) -> None:
    assert plain(f"{text} ж").split() == [*plain(text).split(), "ж"]


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    here, there = a_draft(paragraphs=(one,)), a_draft(paragraphs=(other,), partial=True)
    assert said_alike(here, there) == said_alike(there, here)
    for draft in (here, there):
        key = opening_key(draft)
        assert key is None or -(2**63) <= key < 2**63


@pytest.mark.parametrize(
    ("title", "summary", "source", "is_told"),
    [
        ("Officers practise to secure evidence", "", "", True),
        ("What the judges learn", "A course for officers from all over the country", "", True),
        ("Mayors of twelve towns meet", "They spoke about water in the capital", "", False),
        # Quotes stand above many an interview, and nowhere in it.
        ("\u201cNobody had told us\u201d", "", "<h1>&#8220;Nobody had told us&rdquo;</h1>", True),
        ("Встречи мэров городов", "", "", False),
        ("十二城市市長會議", "", "", False),
        # Nothing that could be looked for.
        ("Day 5", "", "", True),
        # Where a title tells too little by itself, its summary does.
        ("Obituary", "Former minister who reformed schools died on Monday", "", False),
        ("Day 5", "A course for officers from all over the country", "", True),
    ],
)
def test_a_page_has_words_of_what_leads_to_it(
    title: str, summary: str, source: str, *, is_told: bool
) -> None:
    lead = a_draft(title=title, summary=summary, paragraphs=(), partial=True)
    assert tells_of(an_original(), lead, lambda: source) is is_told


def test_words_are_known_in_other_forms_and_without_blanks() -> None:
    russian = a_draft(paragraphs=("Во вторник мэры двенадцати городов встретились в столице.",))
    assert tells_of(russian, a_draft(title="Встреча мэров: город за городом"), str)
    chinese = a_draft(paragraphs=("週二，十二個城市的市長在首都開會。",))
    assert tells_of(chinese, a_draft(title="城市市長首都會議"), str)


def test_a_title_above_a_mere_line_is_no_text() -> None:
    title = "Mayors of twelve towns meet"
    loading = a_draft(paragraphs=("Loading…",))
    assert not tells_of(loading, a_draft(title=title), lambda: f"<title>{title}</title>")


@pytest.mark.parametrize(
    "filling", ["«", "&", "&amp;", "<p>", "a\u0301 ", "\u0301\u0327", "a", "漢", "x 1 "]
)
def test_no_page_holds_whoever_compares_it(filling: str) -> None:
    """What stands far behind in it is not looked at."""
    title = "Harbour umbrellas returned at last"
    large = f"{filling * (2_000_000 // len(filling))} {title}"
    lead = a_draft(title=title, paragraphs=(), partial=True)
    one = a_draft(title=large, paragraphs=(large,), url="https://x.test/1")
    assert not tells_of(one, lead, lambda: large)
    other = a_draft(title=f"{large} again", paragraphs=(f"{large} again",), url="https://x.test/2")
    assert agrees(one, other) == agrees(one, one)


@pytest.mark.parametrize(
    ("tag", "other", "are_one"),
    [
        ("en", "en-GB", True),
        ("en-us", "EN-GB", True),
        ("de", "de-CH-1901", True),
        ("sr", "sr-Latn", True),
        ("sr-Latn-RS", "sr-Cyrl-RS", False),
        ("zh-TW", "zh-Hant", True),
        ("zh-TW", "zh-CN", False),
        ("zh", "zh-CN", True),
        ("en", "de", False),
        ("en", "eng", False),
    ],
)
def test_a_language_is_one_wherever_it_is_spoken(tag: str, other: str, are_one: bool) -> None:
    assert are_one_language(tag, other) is are_one


@pytest.mark.parametrize(
    ("word", "signs", "is_more"),
    [
        ("\u4f1a\u8bae", 2, True),
        ("\u30cb\u30e5\u30fc\u30b9", 4, True),
        ("\ud68c\uc758", 2, True),
        ("\u0e02\u0e48\u0e32\u0e27", 0, True),
        ("\u1781\u17d2\u1798\u17c2\u179a", 0, True),
        ("word", 0, False),
        ("\u0441\u043b\u043e\u0432\u043e", 0, False),
        ("", 0, False),
    ],
)
def test_scripts_without_blanks_are_known(word: str, signs: int, is_more: bool) -> None:
    assert (wide(word), is_unspaced(word)) == (signs, is_more)
