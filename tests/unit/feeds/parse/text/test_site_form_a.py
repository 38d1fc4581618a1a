"""Form A: both examples exactly, any menu, and a head with lines missing or to spare."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from feeds.draft import Parsed, Reason
from feeds.model import TopicKind
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label
from tests.pages import (
    DEPARTMENT,
    LABELS,
    MENU,
    MORE,
    PLENARY,
    SUBTITLE,
    TITLE,
    TRAINING,
    document,
    draft_of,
    page,
    refused,
)

# -- The examples ----------------------------------------------------------------------------------

EXAMPLE = a_draft(
    issuers=tuple(a_label(text, slug, TopicKind.ISSUER) for text, slug in DEPARTMENT),
    content_type=a_label("News Item", "news", TopicKind.TYPE),
    issued=None,
    dateline=None,
)


def test_the_training_guide_is_understood_exactly(osce: Taxonomy) -> None:
    paragraphs = tuple(TRAINING.decode().split("\n")[-9:-2])
    assert draft_of(TRAINING, osce) == replace(
        EXAMPLE,
        title=(
            "Human rights compliance essential in cybercrime investigations: "
            "new OSCE training guide"
        ),
        summary=(
            "The OSCE Transnational Threats Department launched a new training guide on "
            "human rights compliance in cybercrime investigations."
        ),
        paragraphs=paragraphs,
        fields=(a_label("Policing", "policing"), a_label("Human rights", "human-rights")),
    )
    assert paragraphs[-1].startswith("The guide was developed under")


def test_the_plenary_session_is_understood_exactly(osce: Taxonomy) -> None:
    paragraphs = tuple(PLENARY.decode().split("\n")[-5:])
    assert draft_of(PLENARY, osce) == replace(
        EXAMPLE,
        title=(
            "OSCE observes plenary session on 2nd Additional Protocol to Budapest Convention "
            "on Cybercrime"
        ),
        summary=(
            "On 26 February 2021, the Council of Europe (CoE) convened the 8th meeting of the "
            "Protocol Drafting Plenary of the Cybercrime Convention Committee (T/CY), which "
            "represents the State Parties to the Budapest Convention on Cybercrime. The aim of "
            "the meeting was to prepare a 2nd Additional Protocol to the Convention."
        ),
        paragraphs=paragraphs,
        fields=(a_label("Policing", "policing"),),
    )
    assert paragraphs[0].startswith("On 26 February 2021")


# -- Menu ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "menu",
    [
        (),
        ("- Home",),
        ("-", "-", "-"),
        ("- Czech Republic", "- Switzerland – OSCE Chairpersonship 2026", "- About us"),
        ("Skip Links", *MENU, "-", "Language"),
        (*MENU, "-", "Where we are", "What we do"),
        ("Our work", "Fields of work", "Policing", "Countries", "Albania", "Youth", "About us"),
        MENU * 50,
    ],
)
def test_any_menu_is_left_out(osce: Taxonomy, menu: Sequence[str]) -> None:
    draft = draft_of(page(menu=menu), osce)
    assert (draft.title, draft.summary) == (TITLE, SUBTITLE)
    assert draft.content_type
    assert draft.content_type.slug == "news"


# -- Head ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind", "title", "summary"),
    [
        (("Spot report", TITLE, SUBTITLE), ("Spot report", "spot-report"), TITLE, SUBTITLE),
        (("Feature story", TITLE, SUBTITLE), ("Feature story", None), TITLE, SUBTITLE),
        (("Menu rest", "Feature", TITLE, SUBTITLE), ("Feature", None), TITLE, SUBTITLE),
        (("Feature", TITLE, TITLE, SUBTITLE), ("Feature", None), TITLE, SUBTITLE),
        (("News Item", TITLE, TITLE, SUBTITLE), ("News Item", "news"), TITLE, SUBTITLE),
        (("News Item", "News", SUBTITLE), ("News Item", "news"), "News", SUBTITLE),
        (("News", "News", SUBTITLE), ("News", "news"), "News", SUBTITLE),
        ((TITLE, SUBTITLE), None, TITLE, SUBTITLE),
        (("News Item", TITLE), ("News Item", "news"), TITLE, ""),
        ((TITLE,), None, TITLE, ""),
        (("A sentence is no kind.", TITLE, SUBTITLE), None, TITLE, SUBTITLE),
        (("News Item", TITLE, "One.", "Two."), ("News Item", "news"), TITLE, "One. Two."),
    ],
)
def test_kind_title_and_subtitle_are_told_apart(
    osce: Taxonomy,
    head: Sequence[str],
    kind: tuple[str, str | None] | None,
    title: str,
    summary: str,
) -> None:
    draft = draft_of(page(head=head), osce)
    assert (draft.title, draft.summary) == (title, summary)
    found = draft.content_type
    assert (found and (found.text, found.slug)) == kind


@pytest.mark.parametrize(
    ("head", "kind", "title", "summary"),
    [
        (("Feature", TITLE, SUBTITLE), "Feature", TITLE, SUBTITLE),
        (("Feature", TITLE), "Feature", TITLE, ""),
        ((TITLE, SUBTITLE), None, TITLE, SUBTITLE),
        (("A title that is longer than a kind would be", "and a subtitle"), None,
         "A title that is longer than a kind would be", "and a subtitle"),
    ],
)  # fmt: skip
def test_a_head_the_body_does_not_repeat_is_read_in_its_usual_order(
    osce: Taxonomy, head: Sequence[str], kind: str | None, title: str, summary: str
) -> None:
    draft = draft_of(page(head=head, body=("Something else happened.", MORE)), osce)
    assert (draft.title, draft.summary) == (title, summary)
    assert (draft.content_type and draft.content_type.text) == kind


def test_the_address_of_the_document_is_that_of_the_item(osce: Taxonomy) -> None:
    understood = understand(document(page(), "https://example.org/node/1"), osce)
    assert isinstance(understood, Parsed)
    assert understood.drafts[0].url == "https://example.org/node/1"


@pytest.mark.parametrize("title", ["- 15 officers trained", "– 15 officers trained"])
@pytest.mark.parametrize("menu", [(), MENU])
def test_a_title_may_start_like_a_list_item(
    osce: Taxonomy, title: str, menu: Sequence[str]
) -> None:
    draft = draft_of(page(menu=menu, head=("News Item", title, SUBTITLE)), osce)
    assert (draft.title, draft.summary) == ("15 officers trained", SUBTITLE)


@pytest.mark.parametrize("heading", ["- About us", "News"])
def test_the_end_of_a_menu_is_no_title(osce: Taxonomy, heading: str) -> None:
    head = (heading, "- About us", TITLE)
    draft = draft_of(page(menu=(), head=head, body=("Something else.", MORE)), osce)
    assert draft.title == TITLE


# -- Pages with labels that are no news ------------------------------------------------------------

EVENT = ("- When:", "- 3 June 2026", "- Where:", "- Vienna")


@pytest.mark.parametrize(
    ("kind", "labels", "evidence"),
    [
        ("Feature", (*EVENT, *LABELS), "event page"),
        ("Feature", (*LABELS, *EVENT), "event page"),
        ("Treffen", ("- Wann:", "- 3. Juni", "- Wo:", "- Wien", *LABELS), "event page"),
        ("Event", LABELS, "'Event'"),
        ("Vacancy", LABELS, "'Vacancy'"),
        ("Вакансия", LABELS, "'Вакансия'"),
        ("Feature", LABELS[3:], "nobody issued"),
    ],
)
def test_a_page_of_another_kind_is_no_news(
    osce: Taxonomy, kind: str, labels: Sequence[str], evidence: str
) -> None:
    answer = refused(page(head=(kind, TITLE, SUBTITLE), labels=labels), osce)
    assert answer.reason is Reason.NOT_NEWS
    assert evidence in answer.evidence


def test_an_event_in_the_news_is_news(osce: Taxonomy) -> None:
    assert draft_of(page(labels=(*EVENT, *LABELS)), osce).title == TITLE


def test_a_kind_may_be_a_label(osce: Taxonomy) -> None:
    labels = (*LABELS, "- Content type:", "- Spot report")
    draft = draft_of(page(head=(TITLE, SUBTITLE), labels=labels), osce)
    assert draft.content_type
    assert draft.content_type.slug == "spot-report"


@pytest.mark.parametrize(
    ("kind", "slug"),
    [
        ("Пресс-релиз", "press-release"),
        ("Прес-реліз", "press-release"),
        ("Communiqué de presse", "press-release"),
        ("Pressemitteilung", "press-release"),
        ("Saopštenje za javnost", "press-release"),
        ("Саопштење за јавност", "press-release"),
        ("Priopćenje za javnost", "press-release"),
        ("Соопштение за јавност", "press-release"),
        ("Njoftim për shtyp", "press-release"),
        ("Comunicat de presă", "press-release"),
        ("Comunicato stampa", "press-release"),
        ("Comunicado de prensa", "press-release"),
        ("Новости", "news"),
        ("Vijest", "news"),
        ("Izjava za medije", "press-statement"),
        ("Недељни извештај", "weekly-report"),
    ],
)
def test_a_kind_is_known_in_every_language(osce: Taxonomy, kind: str, slug: str) -> None:
    found = draft_of(page(head=(kind, TITLE, SUBTITLE)), osce).content_type
    assert (found and (found.text, found.slug)) == (kind, slug)


# -- Labels without marks --------------------------------------------------------------------------

UNMARKED = tuple(line.removeprefix("- ") for line in LABELS)


@pytest.mark.parametrize("menu", [(), MENU])
def test_labels_that_lost_their_marks_are_labels(osce: Taxonomy, menu: Sequence[str]) -> None:
    """A copy by hand keeps the lines and drops the list."""
    assert draft_of(page(menu=menu, labels=UNMARKED), osce) == draft_of(page(menu=menu), osce)


def test_a_text_below_an_empty_unmarked_label_is_no_value(osce: Taxonomy) -> None:
    """Only what names something known is."""
    draft = draft_of(page(labels=(*UNMARKED[:3], "Fields of work:")), osce)
    assert (draft.fields, draft.paragraphs) == ((), (SUBTITLE, MORE))


def test_a_page_that_ends_with_an_unmarked_label_is_incomplete(osce: Taxonomy) -> None:
    """Nothing follows."""
    cut = page(menu=(), labels=("Issued by:", "OSCE Secretariat", "Fields of work:"), body=())
    assert refused(cut.decode().split("\nRead more")[0], osce).reason is Reason.INCOMPLETE


def test_one_such_line_alone_is_no_label(osce: Taxonomy) -> None:
    """Texts end lines with colons too."""
    answer = refused(page(menu=(), labels=("Issued by:",), footer=()), osce)
    assert answer.reason is Reason.NOT_NEWS


def test_a_vacancy_is_no_news_though_somebody_issued_it(osce: Taxonomy) -> None:
    """Its kind, or a label only such pages have, says so."""
    head = ("Adviser on Youth", SUBTITLE)
    labels = ("- Issued by:", "- OSCE Secretariat", "- Closing date:", "- 3 June 2023")
    assert refused(page(head=("Vacancy notice", *head)), osce).reason is Reason.NOT_NEWS
    answer = refused(page(head=head, labels=labels), osce)
    assert answer.reason is Reason.NOT_NEWS
    assert "Closing date" in answer.evidence
    assert draft_of(page(head=("News Item", *head), labels=labels), osce).title == head[0]
