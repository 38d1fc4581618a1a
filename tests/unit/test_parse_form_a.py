"""Form A: both examples exactly, any menu, and a head with lines missing or to spare."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from feeds.ingest.parse import understand
from feeds.model import Parsed, TopicKind
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label
from tests.pages import (
    DEPARTMENT,
    MENU,
    MORE,
    PLENARY,
    SUBTITLE,
    TITLE,
    TRAINING,
    document,
    draft_of,
    page,
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
