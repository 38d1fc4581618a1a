"""What an editor says of an item stands above what its sources say, now and later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from feeds.identity.correction import (
    Correction,
    Deed,
    ItemStep,
    corrected,
    differences,
    title_at,
)
from feeds.model import Issued, IssuedFrom, Mark, TopicKind, TopicRef
from tests.builders import HUMAN_RIGHTS, POLICING, a_draft, a_label

RIGHTS = a_label("Human rights", "human-rights")
REPORT = a_label("Report", "report", TopicKind.TYPE)
DAY = Issued(day=date(2026, 11, 20), origin=IssuedFrom.EDITOR)


def test_what_nobody_corrected_is_as_its_sources_say() -> None:
    draft = a_draft()
    assert corrected(draft, None) is draft
    assert corrected(draft, Correction()) == draft
    assert differences(draft, draft) == {}


def test_an_editors_words_stand_above_and_the_rest_follows_the_source() -> None:
    gone = frozenset({POLICING})
    said = Correction(title="Another title", summary="", added=(RIGHTS,), removed=gone)
    shown = corrected(a_draft(), said)
    assert (shown.title, shown.summary, shown.fields) == ("Another title", "", (RIGHTS,))
    later = a_draft(title="The source's next title", fields=(a_label("Cyber", "cyber"),))
    shown = corrected(later, said)
    assert (shown.title, shown.paragraphs) == ("Another title", later.paragraphs)
    assert shown.fields == (a_label("Cyber", "cyber"), RIGHTS)


def test_another_text_takes_its_markup_along() -> None:
    draft = a_draft(markup="<p>Old</p>")
    assert corrected(draft, Correction(title="New")).markup == "<p>Old</p>"
    shown = corrected(draft, Correction(paragraphs=("New.",)))
    assert (shown.body, shown.markup) == ("New.", "")


def test_an_item_has_one_kind_and_that_is_the_editors() -> None:
    assert corrected(a_draft(), Correction(added=(REPORT,))).content_type == REPORT


def test_what_was_guessed_is_a_statement_once_an_editor_makes_it() -> None:
    guessed = frozenset({Mark.GUESSED_LANGUAGE, Mark.INFERRED_ISSUER, Mark.MENDED})
    draft = a_draft(language="en", marks=guessed)
    shown = corrected(draft, Correction(language="de", issued=DAY))
    assert (shown.language, shown.issued) == ("de", DAY)
    assert shown.marks == {Mark.INFERRED_ISSUER, Mark.MENDED}
    issuer = a_label("The Mission", "mission", TopicKind.ISSUER)
    assert corrected(draft, Correction(added=(issuer,))).marks == guessed - {Mark.INFERRED_ISSUER}


def test_the_later_of_two_corrections_counts() -> None:
    first = Correction(title="One", summary="One", issued=DAY, added=(RIGHTS, REPORT))
    then = Correction(title="Two", paragraphs=("Two.",), removed=frozenset({HUMAN_RIGHTS}))
    both = first.followed_by(then)
    assert (both.title, both.summary, both.paragraphs) == ("Two", "One", ("Two.",))
    assert (both.issued, both.added) == (DAY, (REPORT,))
    assert both.removed == {HUMAN_RIGHTS}
    again = both.followed_by(Correction(added=(RIGHTS,)))
    assert (again.added, again.removed) == ((REPORT, RIGHTS), frozenset())
    assert both.followed_by(Correction(summary="Three", language="de")).summary == "Three"


def test_a_correction_follows_its_topics() -> None:
    """Where one is renamed; one that is none any more is named still."""
    police, rights, other = (TopicRef.parse(f"field:{name}") for name in ("police", "rights", "x"))
    now = {POLICING: police, HUMAN_RIGHTS: rights}
    gone = a_label("Gone", "gone")
    said = Correction(added=(RIGHTS, gone), removed=frozenset({POLICING, other}))
    moved = said.moved(now.get)
    assert moved.added == (replace(RIGHTS, slug="rights"), gone)
    assert sorted(map(str, moved.removed)) == ["field:police", "field:x"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": "New"}, ("Police officers trained in digital investigations", "New")),
        ({"issued": DAY}, ("", "2026-11-20")),
        ({"language": "de"}, ("", "de")),
        ({"url": "https://a.example.org/1"}, ("", "https://a.example.org/1")),
    ],
)
def test_what_differs_is_told_by_field(changes: dict[str, object], told: tuple[str, str]) -> None:
    [name] = changes
    assert differences(a_draft(), a_draft(**changes)) == {name: told}


def test_topics_are_told_by_their_names_and_unknown_ones_as_printed() -> None:
    after = a_draft(fields=(a_label("Nobody's", None),))
    [(was, now)] = differences(a_draft(), after).values()
    assert was == "field:policing, issuer:secretariat, type:news"
    assert now == "field:? Nobody's, issuer:secretariat, type:news"


def test_what_an_item_was_called_is_what_was_shown_then() -> None:
    """Not what its source said beneath an editor's word."""
    began = datetime(2026, 11, 20, tzinfo=UTC)

    def step(hour: int, deed: Deed, was: str, now: str) -> ItemStep:
        is_editor = deed in {Deed.CORRECTED, Deed.RELEASED}
        at, changes = began + timedelta(hours=hour), {"title": (was, now)} if was else {}
        return ItemStep(at=at, deed=deed, who="Eva", is_editor=is_editor, changes=changes)

    steps = [
        step(1, Deed.REVISED, "One", "Two"),
        step(2, Deed.WITHDRAWN, "", ""),
        step(3, Deed.CORRECTED, "Two", "Ours"),
        step(4, Deed.REVISED, "Two", "Three"),
        step(5, Deed.RELEASED, "Ours", "Three"),
        step(6, Deed.REVISED, "Three", "Four"),
    ]
    called = [title_at(steps, began + timedelta(hours=hour), "Four") for hour in range(1, 8)]
    assert called == ["One", "Two", "Two", "Ours", "Ours", "Three", "Four"]
