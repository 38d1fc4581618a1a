"""Two tellings of one item: gaps are filled, words are not mixed, statements outrank guesses."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from feeds.draft import Alternate
from feeds.identity.merge import completed
from feeds.model import Author, Enclosure, Issued, IssuedFrom, Mark, Provenance, TopicKind
from tests.builders import a_draft, a_label

DAY = date(2026, 11, 20)
ODIHR = a_label("ODIHR", "odihr", TopicKind.ISSUER)
LEAD = a_draft(form="listing", title="Police officers trained", summary="Twenty ...", partial=True)


def issued(origin: IssuedFrom, day: date = DAY, at: datetime | None = None) -> Issued:
    return Issued(day=day, at=at, origin=origin)


@pytest.mark.parametrize(
    "fact",
    [
        {"url": "https://x.test/a"},
        {"guid": "7"},
        {"provenance": Provenance(entry_id="tag:a", feed_id="tag:f", feed_title="F")},
        {"issued": issued(IssuedFrom.LISTING)},
        {"dateline": "VIENNA"},
        {"language": "en"},
        {"alternates": (Alternate("ru", "https://x.test/ru"),)},
        {"content_type": a_label("News", "news", TopicKind.TYPE)},
        {"issuers": (ODIHR,)},
        {"fields": (a_label("Youth", "youth"),)},
        {"countries": (a_label("Austria", "austria", TopicKind.COUNTRY),)},
        {"authors": (Author(name="Ana"),)},
        {"enclosures": (Enclosure(url="https://x.test/a.pdf"),)},
    ],
)
def test_what_a_draft_leaves_open_is_kept(fact: dict[str, Any]) -> None:
    bare = a_draft(content_type=None, issuers=(), fields=())
    assert completed(bare, replace(LEAD, **fact)).title == bare.title
    (name,) = fact
    assert getattr(completed(bare, replace(LEAD, **fact)), name) == fact[name]
    assert completed(replace(bare, **fact), bare) == replace(bare, **fact)


def test_the_words_of_a_partial_draft_never_replace_whole_ones() -> None:
    whole = a_draft(markup="<p>x</p>", marks=frozenset({Mark.MENDED}))
    told = completed(LEAD, whole)
    assert (told.title, told.body, told.markup) == (whole.title, whole.body, whole.markup)
    assert (told.partial, told.form, told.marks) == (False, "A", whole.marks)


def test_a_picture_without_a_word_stays_where_nobody_has_more() -> None:
    shown = a_draft(paragraphs=(), markup="<img>", partial=True)
    silent = a_draft(paragraphs=(), partial=True)
    assert completed(shown, silent).markup == completed(silent, shown).markup == "<img>"
    assert completed(shown, a_draft(partial=True)).markup == ""


def test_a_whole_draft_takes_the_place_of_a_lead() -> None:
    told = completed(a_draft(summary=""), LEAD)
    assert (told.title, told.summary, told.partial) == (a_draft().title, LEAD.summary, False)


@pytest.mark.parametrize("origin", [each for each in IssuedFrom if each != IssuedFrom.DATELINE])
def test_a_stated_date_outranks_a_dateline(origin: IssuedFrom) -> None:
    stated = issued(origin, date(2026, 11, 21))
    dateline = issued(IssuedFrom.DATELINE)
    assert completed(a_draft(issued=dateline), a_draft(issued=stated)).issued == stated
    assert completed(a_draft(issued=stated), a_draft(issued=dateline)).issued == stated


def test_of_two_statements_the_newer_counts_unless_the_older_is_surer_or_finer() -> None:
    moment = issued(IssuedFrom.FEED, at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    day, other = issued(IssuedFrom.LABEL), issued(IssuedFrom.LABEL, date(2026, 11, 21))
    assert completed(a_draft(issued=day), a_draft(issued=moment)).issued == moment
    assert completed(a_draft(issued=moment), a_draft(issued=day)).issued == moment
    # In the zone of the page it was the next day; any other day is a guess beside a feed's.
    printed = replace(moment, day=other.day)
    assert completed(a_draft(issued=other), a_draft(issued=moment)).issued == printed
    assert completed(a_draft(issued=moment), a_draft(issued=other)).issued == printed
    for guess in (date(1970, 1, 1), date(2026, 11, 24), date(2099, 12, 31)):
        page = a_draft(issued=issued(IssuedFrom.PAGE, guess))
        assert completed(page, a_draft(issued=moment)).issued == moment
    pushed = issued(IssuedFrom.PUSH, other.day)
    assert completed(a_draft(issued=moment), a_draft(issued=pushed)).issued == pushed


def test_a_printed_issuer_outranks_one_inferred() -> None:
    inferred = a_draft(issuers=(ODIHR,), marks=frozenset({Mark.INFERRED_ISSUER}))
    assert completed(inferred, a_draft()) == a_draft()
    assert completed(a_draft(), inferred) == a_draft()
    assert completed(a_draft(issuers=()), inferred).marks == {Mark.INFERRED_ISSUER}
    assert completed(inferred, replace(inferred, title="x")) == inferred


def test_a_stated_language_outranks_a_guess() -> None:
    guess = a_draft(language="bs", marks=frozenset({Mark.GUESSED_LANGUAGE}))
    stated = a_draft(language="sr")
    assert completed(guess, stated) == completed(stated, guess) == stated
    assert completed(guess, a_draft()) == completed(a_draft(), guess) == guess


def test_a_promise_of_a_person_is_kept() -> None:
    promoted = a_draft(marks=frozenset({Mark.PROMOTED}))
    assert completed(a_draft(), promoted).marks == completed(promoted, a_draft()).marks


@pytest.mark.parametrize(
    ("told", "known", "language"),
    [
        ("zh", "zh-TW", "zh-TW"),
        ("zh-TW", "zh", "zh-TW"),
        ("en-GB", "en-US", "en-GB"),
        ("d", "de", "d"),
    ],
)
def test_a_language_is_told_as_fully_as_anybody_tells_it(
    told: str, known: str, language: str
) -> None:
    assert completed(a_draft(language=told), a_draft(language=known)).language == language
    guess = a_draft(language=f"{told}-XX", marks=frozenset({Mark.GUESSED_LANGUAGE}))
    assert completed(a_draft(language=told), guess).language == told
