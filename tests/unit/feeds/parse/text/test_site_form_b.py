"""Form B: newsroom, title, a line of place and day, a picture, a dateline, the text."""

from collections.abc import Sequence
from datetime import date

import pytest

from feeds.draft import DateOrder, DateStyle, Habits, Reason
from feeds.model import Issued, IssuedFrom
from feeds.parse import text
from feeds.taxonomy import Taxonomy
from tests.pages import MENU, document, draft_of, refused

TITLE = "Chief Monitor visits the contact line"
DATELINE = "KYIV, 26 June 2021"
FIRST = f"{DATELINE} – The Chief Monitor visited three villages and met the people who live there."
SECOND = "He underlined how much the safety of civilians depends on a lasting ceasefire."
CAPTION = "The Chief Monitor at the bridge in Stanytsia, 25 June 2021. (OSCE) Photo details"
HEAD = ("Newsroom", TITLE, "KYIV 26 June 2021")
JUNE_26 = Issued(day=date(2021, 6, 26), origin=IssuedFrom.LINE)


@pytest.mark.parametrize(
    "lines",
    [
        (*HEAD, FIRST, SECOND),
        (*MENU, *HEAD, FIRST, SECOND),
        ("Home", "Newsroom", "Press releases", *HEAD, FIRST, SECOND),
        (*HEAD[1:], FIRST, SECOND),
        (*HEAD[:2], TITLE, HEAD[2], FIRST, SECOND),
        (*HEAD, FIRST, FIRST, SECOND, SECOND),
        (*HEAD, FIRST, SECOND, FIRST, SECOND),
        (*HEAD, TITLE, FIRST, SECOND),
        (*HEAD, CAPTION, FIRST, SECOND),
        (*HEAD, "Monitors at a bridge", CAPTION, FIRST, SECOND),
        (*HEAD, "Image", FIRST, SECOND),
        (*HEAD, CAPTION + FIRST, SECOND),
        (*HEAD, FIRST, SECOND, "For further information contact:", "Press office", "+43 1 500"),
    ],
)
def test_an_article_is_read_whatever_stands_around_it(osce: Taxonomy, lines: Sequence[str]) -> None:
    draft = draft_of(lines, osce)
    assert (draft.form, draft.title, draft.summary) == ("B", TITLE, "")
    assert draft.paragraphs == (FIRST, SECOND)
    assert draft.issued == JUNE_26
    assert draft.dateline == DATELINE
    assert draft.issuers == draft.fields == ()


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("VIENNA/WARSAW 26 June 2021", date(2021, 6, 26)),
        ("PRISHTINË/PRIŠTINA 26 June 2021", date(2021, 6, 26)),
        ("Nur-Sultan, 26 June 2021", date(2021, 6, 26)),
        ("SARAJEVO 26. juni 2021. godine", date(2021, 6, 26)),
        ("KYIV 05/06/2021", None),
    ],
)
def test_the_line_below_the_title_tells_the_day(
    osce: Taxonomy, line: str, day: date | None
) -> None:
    draft = draft_of(("Newsroom", TITLE, line, SECOND, "More."), osce)
    assert (draft.issued and draft.issued.day) == day
    assert draft.dateline is None
    assert draft.paragraphs == (SECOND, "More.")


def test_the_line_is_a_statement_and_the_dateline_evidence(osce: Taxonomy) -> None:
    draft = draft_of((*HEAD, "KYIV, 25 June – " + SECOND), osce)
    assert draft.issued == JUNE_26
    assert draft.dateline == "KYIV, 25 June"


def test_a_publisher_may_write_the_month_first(osce: Taxonomy) -> None:
    habits = Habits(date_style=DateStyle(DateOrder.MONTH_FIRST))
    draft = draft_of(("Newsroom", TITLE, "KYIV 05/06/2021", SECOND), osce, habits)
    assert draft.issued == Issued(day=date(2021, 5, 6), origin=IssuedFrom.LINE)


def test_a_kind_and_a_subtitle_may_stand_around_the_title(osce: Taxonomy) -> None:
    lines = ("Newsroom", "Spot report", "Spot Report 26 June 2021", "Shelling", HEAD[2], SECOND)
    draft = draft_of(lines, osce)
    assert (draft.title, draft.summary) == ("Spot Report 26 June 2021", "Shelling")
    assert draft.content_type
    assert draft.content_type.slug == "spot-report"


def test_a_title_that_ends_in_a_day_is_no_such_line(osce: Taxonomy) -> None:
    draft = draft_of((TITLE, "Spot Report 26 June 2021", FIRST, SECOND), osce)
    assert draft.form == "C"


def test_a_page_cut_below_the_line_is_incomplete(osce: Taxonomy) -> None:
    answer = refused(HEAD, osce)
    assert answer.reason is Reason.INCOMPLETE
    assert "KYIV" in answer.evidence


EVENT = ("Annual meeting of centres", "VIENNA 12 June 2014", "When", "12 June 2014 09:00", "Where",
         "Neuer Saal, Vienna", "Organized by", "OSCE Secretariat")  # fmt: skip


def test_a_place_and_a_day_above_when_and_where_are_those_of_an_event(osce: Taxonomy) -> None:
    answer = refused(EVENT, osce)
    assert answer.reason is Reason.NOT_NEWS
    assert "'When' and 'Where'" in answer.evidence


@pytest.mark.parametrize("above", [("Newsroom",), ("Press release",)])
def test_what_the_newsroom_invites_to_is_news(osce: Taxonomy, above: tuple[str, ...]) -> None:
    assert draft_of((*above, *EVENT), osce).form == "B"


def test_when_and_where_below_a_text_are_part_of_it(osce: Taxonomy) -> None:
    assert draft_of((*EVENT[:2], FIRST, *EVENT[2:]), osce).form == "B"


def test_a_newsroom_far_from_any_day_is_a_line_of_the_menu(osce: Taxonomy) -> None:
    lines = ("Our work", "Newsroom", *("Heading",) * 8, *HEAD[1:], FIRST, SECOND)
    understood = text.parse(document("\n".join(lines).encode()), osce, Habits())
    assert understood is not None
