"""What becomes of a draft: rules of identity and significance."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.ids import content_hash
from feeds.ingest.decide import Added, Known, Revised, Unchanged, decide, item_key, substance
from feeds.model import Draft, Issued, IssuedFrom
from tests.builders import a_draft, a_label

DAY = Issued(day=date(2026, 11, 20), origin=IssuedFrom.LABEL)


def known_as(draft: Draft) -> Known:
    """What is remembered of an item that says what ``draft`` says."""
    said = substance(draft.title, draft.summary, draft.body, draft.issued)
    return Known(slug="abc", revision=3, content_hash=content_hash(draft), substance=said)


def test_what_nobody_knows_is_added() -> None:
    assert decide(a_draft(), "1:x", None, None) == Added()


def test_what_says_the_same_under_its_key_is_unchanged() -> None:
    known = known_as(a_draft())
    decision = decide(a_draft(), known.content_hash, known, None)
    assert decision == Unchanged(known, renamed=False)


def test_what_says_the_same_under_another_key_is_a_twin() -> None:
    """A copy brings a name for the item, and never a second item."""
    twin = known_as(a_draft())
    assert decide(a_draft(), twin.content_hash, None, twin) == Unchanged(twin, renamed=True)


def test_a_key_outranks_a_twin() -> None:
    known, twin = known_as(a_draft(title="Old")), known_as(a_draft())
    decision = decide(a_draft(), twin.content_hash, known, twin)
    assert decision == Revised(known, significant=True)


@pytest.mark.parametrize(
    ("changes", "significant"),
    [
        ({"title": "Police officers trained in forensics"}, True),
        ({"summary": "Thirty officers practised how to secure electronic evidence."}, True),
        ({"paragraphs": ("The course was held in Warsaw.",)}, True),
        ({"issued": Issued(day=date(2026, 11, 21), origin=IssuedFrom.LABEL)}, True),
        ({"issued": None}, True),
        ({"title": "Police officers -- trained in “digital” investigations!"}, False),
        ({"summary": "Twenty  officers practised how to secure\xa0electronic evidence"}, False),
        ({"issued": Issued(day=date(2026, 11, 20), origin=IssuedFrom.LISTING)}, False),
        ({"fields": (a_label("Human rights", "human-rights"),)}, False),
        ({"content_type": None}, False),
        ({"language": "ru"}, False),
        ({"url": "https://news.example.org/1"}, False),
        ({"dateline": "VIENNA"}, False),
    ],
)
def test_readers_are_told_again_only_of_what_they_would_read_differently(
    changes: dict[str, Any], significant: bool
) -> None:
    before = a_draft(issued=DAY)
    decision = decide(replace(before, **changes), "1:other", known_as(before), None)
    assert isinstance(decision, Revised)
    assert decision.significant is significant


def test_numbers_and_currencies_are_no_punctuation() -> None:
    said = {substance("", "", text, None) for text in ("1.5 %", "15 %", "15 €", "15 $", "+15 $")}
    assert len(said) == 5


def test_letters_are_compared_as_people_see_them() -> None:
    assert substance("Priština", "", "", None) == substance("Pris\u030ctina", "", "", None)


@pytest.mark.parametrize(("marks", "sorted_"), [(10, True), (60_000, False)])
def test_a_run_of_accents_is_sorted_only_where_a_word_may_have_it(
    marks: int, *, sorted_: bool
) -> None:
    """Sorting the marks of a long run takes quadratic time, which a hostile text would use."""
    one, other = "a" + "\u0301\u0316" * marks, "a" + "\u0316\u0301" * marks
    assert (substance("", "", one, None) == substance("", "", other, None)) is sorted_


def test_an_instant_is_the_same_in_every_zone() -> None:
    vienna = datetime(2026, 11, 20, 13, tzinfo=timezone(timedelta(hours=1)))
    there = Issued(day=vienna.date(), at=vienna, origin=IssuedFrom.FEED)
    here = Issued(day=vienna.date(), at=vienna.astimezone(UTC), origin=IssuedFrom.FEED)
    assert substance("", "", "", there) == substance("", "", "", here) != substance("", "", "", DAY)


@given(st.text(), st.text())
def test_words_never_move_between_title_and_body(title: str, body: str) -> None:
    moved = substance(f"{title} x", "", body, None)
    assert moved != substance(title, "", f"x {body}", None)


# -- Keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.osce.org/secretariat/123456", "/123456"),
        ("http://osce.org/node/123456/", "/123456"),
        ("https://www.osce.org/123456?amp=1#top", "/123456"),
        ("https://www.osce.org/news/2026/11/20", "a/b.txt"),
        ("https://www.osce.org/news/officers-trained-123456", "a/b.txt"),
        (None, "a/b.txt"),
    ],
)
def test_a_number_at_the_end_of_the_address_is_the_key(url: str | None, key: str) -> None:
    assert item_key("a/b.txt", a_draft(url=url), alone=True) == key


def test_drafts_of_one_document_are_known_by_their_titles() -> None:
    """Where one stands in a list says nothing: the next listing has it elsewhere."""
    keys = {item_key("list.txt", a_draft(title=title), alone=False) for title in ("A", "B", "A!")}
    assert keys == {"list.txt#A", "list.txt#B"}
