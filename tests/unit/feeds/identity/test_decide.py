"""What becomes of a draft: rules of identity and significance."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Draft
from feeds.identity.candidates import PUSHED
from feeds.identity.decide import (
    Decision,
    Known,
    Pace,
    Postponed,
    Restored,
    Revised,
    Role,
    Unchanged,
    decide,
    pace,
    revised_updated,
    substance,
)
from feeds.identity.ids import content_hash
from feeds.identity.ownership import Precedence
from feeds.model import Author, Enclosure, Issued, IssuedFrom, Provenance
from feeds.times import gone_when
from tests.builders import a_draft, a_label

DAY = Issued(day=date(2026, 11, 20), origin=IssuedFrom.LABEL)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def known_as(draft: Draft, **changes: Any) -> Known:
    """What is remembered of an item that says what ``draft`` says."""
    known = Known(
        slug="abc",
        revision=3,
        draft=draft,
        source="own",
        content_hash=content_hash(draft),
        group="abc",
    )
    return replace(known, **changes)


def decided(draft: Draft, known: Known, *, source: str = "own", role: Role = Role.OWN) -> Decision:
    return decide(draft, source, known, role, NOW)


def told(draft: Draft, known: Known, **options: Any) -> Draft:
    """What the item says after ``draft``."""
    decision = decided(draft, known, **options)
    assert isinstance(decision, Revised)
    return decision.draft


def test_what_says_the_same_is_unchanged() -> None:
    known = known_as(a_draft())
    assert decided(a_draft(), known) == Unchanged(known)


def test_what_was_withdrawn_and_says_the_same_is_restored() -> None:
    known = known_as(a_draft(), withdrawn_at=NOW)
    assert decided(a_draft(), known) == Restored(known)


def test_a_twin_never_revises() -> None:
    known = known_as(a_draft())
    assert decided(a_draft(title="Other"), known, role=Role.TWIN) == Unchanged(known)


def test_a_hash_of_an_older_program_revises_nothing() -> None:
    known = known_as(a_draft(language="en"), content_hash="1:made otherwise")
    assert decided(a_draft(), known) == Unchanged(known)


def test_another_source_fills_gaps_and_never_replaces_words() -> None:
    known = known_as(a_draft(fields=()))
    rights = a_label("Human rights", "human-rights")
    other = a_draft(title="Copied", issued=DAY, fields=(rights,))
    assert told(other, known, source="feed") == a_draft(issued=DAY, fields=(rights,))


def test_the_first_whole_text_replaces_a_lead_and_is_no_news() -> None:
    lead = a_draft(title="Officers trained", paragraphs=(), partial=True, issued=DAY)
    decision = decided(a_draft(), known_as(lead), source="pages", role=Role.NAME)
    assert isinstance(decision, Revised)
    assert decision.draft == a_draft(issued=DAY)
    assert not decision.significant


def test_a_lead_never_replaces_the_whole_text() -> None:
    known = known_as(a_draft(issued=DAY))
    lead = a_draft(title="Officers", paragraphs=(), partial=True, fields=(), issuers=())
    assert decided(lead, known) == Unchanged(known)


def test_only_its_own_lead_corrects_a_lead() -> None:
    known = known_as(a_draft(partial=True, paragraphs=()))
    lead = a_draft(title="Corrected", partial=True, paragraphs=())
    assert told(lead, known).title == "Corrected"
    assert decided(lead, known, source="other") == Unchanged(known)
    assert decided(lead, known, role=Role.NAME) == Unchanged(known)


def test_what_is_pushed_again_is_all_there_is_to_say() -> None:
    """A field that its publisher took out is gone (PUT, RFC 9110 section 9.3.4)."""
    known = known_as(a_draft(form="push", issued=DAY))
    bare = a_draft(form="push", fields=())
    assert told(bare, known) == bare
    assert decided(bare, known, source="other") == Unchanged(known)


def test_an_address_is_taken_where_there_was_none_or_its_own_document_has_another() -> None:
    known = known_as(a_draft())
    decision = decided(a_draft(url="https://x.test/a"), known)
    assert isinstance(decision, Revised)
    assert not decision.significant
    known = known_as(a_draft(url="https://x.test/b"))
    moved = a_draft(url="https://x.test/a")
    assert told(moved, known).url == moved.url
    assert told(replace(moved, partial=True), known) == replace(known.draft, url=moved.url)
    for role, source in ((Role.NAME, "own"), (Role.OWN, "other")):
        assert decided(moved, known, role=role, source=source) == Unchanged(known)
    again = a_draft(url="https://x.test/b?utm_source=f")
    assert decided(again, known) == Unchanged(known)
    for spelling in ("http://x.test/b", "https://www.x.test/b", "https://x.test/b/"):
        for form in ("A", PUSHED):
            decision = decided(a_draft(url=spelling, form=form), known)
            assert isinstance(decision, Revised)
            assert (decision.draft.url, decision.significant) == (spelling, False)


def test_the_entry_an_item_came_from_is_remembered() -> None:
    origin = Provenance(entry_id="tag:a", feed_id="tag:f", feed_title="F")
    assert told(a_draft(provenance=origin), known_as(a_draft())).provenance == origin


@pytest.mark.parametrize(
    ("feed", "updated", "known_to_be", "is_older"),
    [
        ("urn:a", NOW - timedelta(hours=2), NOW - timedelta(hours=1), True),
        ("urn:a", NOW - timedelta(hours=1), NOW - timedelta(hours=1), False),
        ("urn:a", NOW, NOW - timedelta(hours=1), False),
        ("urn:b", NOW - timedelta(hours=2), NOW - timedelta(hours=1), False),
        ("urn:a", None, NOW, False),
        ("urn:a", NOW, None, False),
        ("urn:a", NOW, NOW + timedelta(days=400), False),
    ],
)
def test_an_older_state_of_a_feed_undoes_nothing(
    feed: str, updated: datetime | None, known_to_be: datetime | None, is_older: bool
) -> None:
    def of(feed: str, at: datetime | None) -> Provenance:
        return Provenance(entry_id="urn:a:1", feed_id=feed, feed_title="A", feed_updated=at)

    known = known_as(a_draft(provenance=of("urn:a", known_to_be)))
    draft = a_draft(title="As it was before", provenance=of(feed, updated))
    for item in (known, replace(known, withdrawn_at=NOW)):
        decision = decided(draft, item)
        assert (decision == Postponed(item)) is is_older
        assert isinstance(decision, Revised) is not is_older


def test_an_ever_changing_page_is_taken_once_a_day_and_is_no_news() -> None:
    burst = tuple(NOW - timedelta(hours=hours) for hours in (1, 2, 3, 4, 5))
    known = known_as(a_draft(), revised=burst)
    assert decided(a_draft(title="Again"), known) == Postponed(known)
    known = known_as(a_draft(), revised=tuple(at - timedelta(days=1) for at in burst))
    decision = decided(a_draft(title="Again"), known)
    assert isinstance(decision, Revised)
    assert not decision.significant


@pytest.mark.parametrize(
    ("hours_ago", "expected"),
    [
        ([], Pace.FREE),
        ([1, 2, 3, 4], Pace.FREE),
        ([5, 1, 2, 4, 3], Pace.LATER),
        ([25, 26, 27, 28, 29], Pace.SLOW),
        ([1, 30, 60, 90, 120, 150], Pace.FREE),
        ([200, 201, 202, 203, 204], Pace.FREE),
    ],
)
def test_five_changes_within_a_day_slow_a_page_down(hours_ago: list[int], expected: Pace) -> None:
    assert pace([NOW - timedelta(hours=hours) for hours in hours_ago], NOW) is expected


@pytest.mark.parametrize(
    ("changes", "significant"),
    [
        ({"title": "Police officers trained in forensics"}, True),
        ({"summary": "Thirty officers practised how to secure electronic evidence."}, True),
        ({"paragraphs": ("The course was held in Warsaw.",)}, True),
        ({"issued": Issued(day=date(2026, 11, 21), origin=IssuedFrom.LABEL)}, True),
        ({"title": "Police officers -- trained in “digital” investigations!"}, False),
        ({"summary": "Twenty  officers practised how to secure\xa0electronic evidence"}, False),
        ({"enclosures": (Enclosure(url="https://x.test/a.pdf"),)}, False),
        ({"authors": (Author(name="Ana"),)}, False),
        ({"fields": (a_label("Human rights", "human-rights"),)}, False),
        ({"markup": "<p>Twenty officers</p>"}, False),
        ({"language": "ru"}, False),
        ({"url": "https://news.example.org/1"}, False),
    ],
)
def test_readers_are_told_again_only_of_what_they_would_read_differently(
    changes: dict[str, Any], significant: bool
) -> None:
    before = a_draft(issued=DAY)
    decision = decided(replace(before, **changes), known_as(before))
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


def test_a_twin_fills_gaps() -> None:
    """A saved page knows no day, and the listing that has no address does."""
    known = known_as(a_draft(fields=()))
    lead = a_draft(title="Copied", paragraphs=(), partial=True, issued=DAY)
    assert told(lead, known, role=Role.TWIN) == a_draft(issued=DAY)


def test_a_twin_brings_the_whole_text_of_a_lead() -> None:
    lead = a_draft(paragraphs=(), partial=True, issued=DAY)
    decision = decided(a_draft(), known_as(lead), role=Role.TWIN)
    assert isinstance(decision, Revised)
    assert decision.draft == a_draft(issued=DAY)
    assert not decision.significant


def test_a_copy_does_not_bring_a_withdrawn_item_back() -> None:
    known = known_as(a_draft(), withdrawn_at=NOW)
    assert decided(a_draft(issued=DAY), known, role=Role.TWIN) == Unchanged(known)


def test_of_what_a_stranger_said_nothing_stays_once_the_owner_speaks() -> None:
    known = known_as(a_draft(summary="A stranger's words.", url="https://stranger.test/1"))
    ours = a_draft(title="Ours", summary="", url="https://office.test/1")
    decision = decide(ours, "site", known, Role.OWN, NOW, precedence=Precedence.OWNER)
    assert isinstance(decision, Revised)
    assert decision.draft == ours


@pytest.mark.parametrize("after", [None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=9)])
def test_an_item_is_updated_now_and_always_later_than_before(after: datetime | None) -> None:
    """Whatever became of the clock; two of one second are told apart by their changes."""
    updated = revised_updated(NOW, 7, after)
    assert after is None or updated > after
    assert updated != revised_updated(NOW, 8, after)
    assert updated - max(NOW, after or NOW) < timedelta(seconds=2)


def test_what_is_gone_went_after_it_was_last_updated() -> None:
    """By that a mirror tells (RFC 6721, section 3)."""
    later = NOW + timedelta(hours=1)
    assert gone_when(later, NOW) == later
    assert gone_when(NOW, NOW) > NOW
    assert revised_updated(NOW, 3, gone_when(NOW, NOW)) > gone_when(NOW, NOW)
