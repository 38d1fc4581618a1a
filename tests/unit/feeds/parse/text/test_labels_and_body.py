"""Form A below its head: labels in many forms, the body, its dateline and where it ends."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from feeds.draft import DateOrder, DateStyle, Habits, Reason
from feeds.model import Issued, IssuedFrom
from feeds.taxonomy import Taxonomy
from tests.pages import (
    BODY,
    DEPARTMENT,
    FOOTER,
    LABELS,
    MORE,
    SUBTITLE,
    TITLE,
    draft_of,
    fields,
    issuers,
    page,
    refused,
)

# -- Labels ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        ("- Issued on:", "- Izdavač:", *LABELS[2:]),
        ("- Дата публикации:", "- Издатель:", LABELS[2], "- Сферы деятельности:", LABELS[4]),
        ("- Publié le :", "- Publié par :", LABELS[2], "- Domaines d’activité :", LABELS[4]),
        ("-\u00a0Issued on:\u00a0", "-\u00a0Issued\u00a0by:", *LABELS[2:]),
        ("- Issued on:", "- Nashr etgan:", LABELS[2], "- Faoliyat sohalari:", LABELS[4]),
        ("- Chiqarilgan:", "- ?", *LABELS[1:]),
        ("- Issued on:", "- Reference:", "- SEC.PR/1/26", *LABELS[1:]),
        ("- Issued on: ", "- Issued by: OSCE Secretariat, Transnational Threats Department",
         "- Fields of work: Policing, Human rights"),
        ("• Issued on:", "• Issued by:", "• OSCE Secretariat", "• Transnational Threats Department",
         "• Fields of work:", "• Policing", "• Human rights", "• policing"),
        ("- Fields of work:", LABELS[4], "-", "- Issued by:", LABELS[2]),
    ],
)  # fmt: skip
def test_labels_are_read_in_every_form(osce: Taxonomy, labels: Sequence[str]) -> None:
    draft = draft_of(page(labels=labels), osce)
    assert draft.title == TITLE
    assert issuers(draft) == DEPARTMENT
    assert fields(draft) == [("Policing", "policing"), ("Human rights", "human-rights")]
    assert draft.issued is None
    assert draft.paragraphs == BODY


def test_fields_of_work_may_be_missing(osce: Taxonomy) -> None:
    draft = draft_of(page(labels=LABELS[:3]), osce)
    assert (issuers(draft), fields(draft)) == (DEPARTMENT, [])


def test_the_issuer_may_be_missing(osce: Taxonomy) -> None:
    draft = draft_of(page(labels=(LABELS[0], *LABELS[3:])), osce)
    assert issuers(draft) == []
    assert len(draft.fields) == 2


def test_fields_alone_make_an_item_of_a_known_kind_only(osce: Taxonomy) -> None:
    """Event pages carry fields of work too."""
    assert draft_of(page(labels=LABELS[3:]), osce).title == TITLE
    when = ("- When:", "- 3 June 2026", "- Organized by:", "- OSCE Secretariat")
    event = page(head=("Event", TITLE, SUBTITLE), labels=(*when, *LABELS[3:]))
    assert refused(event, osce).reason is Reason.NOT_NEWS


def test_a_label_without_a_name_is_none(osce: Taxonomy) -> None:
    labels = ("- Issued by:", LABELS[2], "- :", "- Fields of work:", LABELS[4])
    draft = draft_of(page(head=("A common table for two towns",), labels=labels), osce)
    assert (issuers(draft), len(draft.fields)) == (DEPARTMENT, 2)


def test_an_unknown_issuer_is_kept(osce: Taxonomy) -> None:
    draft = draft_of(page(labels=("- Issued by:", "- Moon Office, OSCE Secretariat")), osce)
    assert issuers(draft) == [("Moon Office", None), ("OSCE Secretariat", "secretariat")]


@pytest.mark.parametrize(
    ("printed", "issued"),
    [
        ("22 January 2025", Issued(day=date(2025, 1, 22), origin=IssuedFrom.LABEL)),
        ("22. siječnja 2025.", Issued(day=date(2025, 1, 22), origin=IssuedFrom.LABEL)),
        ("22.01.2025", Issued(day=date(2025, 1, 22), origin=IssuedFrom.LABEL)),
        (
            "2025-01-22T00:30:00+01:00",
            Issued(
                day=date(2025, 1, 22),
                at=datetime(2025, 1, 21, 23, 30, tzinfo=UTC),
                origin=IssuedFrom.LABEL,
            ),
        ),
        ("12/05/2015", None),
        ("soon", None),
    ],
)
def test_an_issue_date_is_read_and_never_guessed(
    osce: Taxonomy, printed: str, issued: Issued | None
) -> None:
    labels = ("- Issued on:", f"- {printed}", *LABELS[1:])
    assert draft_of(page(labels=labels), osce).issued == issued


def test_a_publisher_tells_what_slash_dates_mean(osce: Taxonomy) -> None:
    body = page(labels=("- Issued on:", "- 12/05/2015", *LABELS[1:]))
    for order, day in (
        (DateOrder.DAY_FIRST, date(2015, 5, 12)),
        (DateOrder.MONTH_FIRST, date(2015, 12, 5)),
    ):
        issued = draft_of(body, osce, Habits(date_style=DateStyle(order))).issued
        assert issued == Issued(day=day, origin=IssuedFrom.LABEL)


@pytest.mark.parametrize(
    ("labels", "language"),
    [
        (LABELS, None),
        (("- Issued on:", "- Izdavač:", LABELS[2], *LABELS[3:]), None),
        (("- Issued on:", "- Izdavač:", LABELS[2], "- Oblasti delovanja:", LABELS[4]), "sr"),
        (("- Issued on:", "- Издатель:", LABELS[2], *LABELS[3:]), "ru"),
        (("- Издатель:", LABELS[2], "- Tätigkeitsfelder:", LABELS[4]), None),
    ],
)
def test_labels_tell_the_language_if_they_speak_for_one(
    osce: Taxonomy, labels: Sequence[str], language: str | None
) -> None:
    assert draft_of(page(labels=labels), osce).language == language


# -- Body ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        (SUBTITLE, "When:", "- 15:00, Monday, 26 October 2020", "Where:", "- Vienna", MORE),
        (SUBTITLE, "- Issued by:", "- Nobody", MORE),
        ("- When:", "- 15:00, Monday, 26 October 2020", SUBTITLE, MORE),
        ("- When:", "- 15:00", "- Where:", "- OSCE Secretariat", SUBTITLE, MORE),
    ],
)
@pytest.mark.parametrize("footer", [(), FOOTER, FOOTER[1:], ("Mehr zu diesem Thema", "Anderes")])
def test_the_body_goes_from_the_labels_to_the_footer(
    osce: Taxonomy, body: Sequence[str], footer: Sequence[str]
) -> None:
    draft = draft_of(page(body=body, footer=footer), osce)
    assert draft.paragraphs == tuple(body)
    assert fields(draft) == [("Policing", "policing"), ("Human rights", "human-rights")]


@pytest.mark.parametrize(
    "noise",
    [
        "Officers at work, Vienna, 3 June 2021. (OSCE/Jane Doe)",
        "Officers at work. (OSCE/Jane Doe)",
        "Officers at work in Vienna, 3 June 2021 (OSCE/Jane Doe)",
        "Officers at work, 3 June 2021. (OSCE) Photo details",
        "Photo details",
        "[email protected]",
        "\u00a0",
        "***",
    ],
)
def test_captions_and_noise_are_left_out(osce: Taxonomy, noise: str) -> None:
    assert draft_of(page(body=(noise, SUBTITLE, noise, MORE, noise)), osce).paragraphs == BODY


@pytest.mark.parametrize(
    "caption",
    ["Officers, Vienna, 3 June 2021. (OSCE/Jane Doe)", "Officers. (OSCE/J. Doe) Photo details"],
)
def test_a_caption_is_cut_off_the_paragraph_it_is_glued_to(osce: Taxonomy, caption: str) -> None:
    for glue in ("", " "):
        assert draft_of(page(body=(SUBTITLE, caption + glue + MORE)), osce).paragraphs == BODY


@pytest.mark.parametrize(
    "paragraph",
    [
        "The Office for Democratic Institutions and Human Rights (OSCE/ODIHR) took part.",
        "The course was given by the Office of Human Rights. (OSCE/ODIHR)",
        "VIENNA, 3 June 2021 (OSCE/ODIHR) – The course was held.",
        "He saw it on 3 June 2021 (as did others).",
        "Contact between people matters.",
        "For further information on the course, see the page of the Office.",
        "Read more on this topic of growing importance in the report.",
    ],
)
def test_text_that_looks_like_a_caption_or_a_footer_stays(osce: Taxonomy, paragraph: str) -> None:
    body = (SUBTITLE, paragraph, MORE)
    assert draft_of(page(body=body), osce).paragraphs == body


@pytest.mark.parametrize(
    "contacts",
    [
        ("For further information contact:", "Jane Doe", "+43 1 500"),
        ("For more information, please contact: jane@example.org",),
        ("Media contacts", "Jane Doe", "jane@example.org"),
        ("Контакты:", "Пресс-служба"),
        ("Für weitere Informationen:", "Pressestelle"),
        ("Kontakt", "Jane Doe"),
    ],
)
def test_a_contact_block_is_no_body(osce: Taxonomy, contacts: Sequence[str]) -> None:
    assert draft_of(page(body=(*BODY, *contacts)), osce).paragraphs == BODY


@pytest.mark.parametrize("cut", range(3, len(FOOTER[1]), 9))
def test_a_footer_that_is_cut_off_leaves_nothing(osce: Taxonomy, cut: int) -> None:
    for footer in ((FOOTER[1][:cut],), (FOOTER[0], FOOTER[1][:cut]), (FOOTER[0][:cut],)):
        assert draft_of(page(footer=footer), osce).paragraphs == BODY


def test_a_short_line_may_recur_and_a_paragraph_may_not(osce: Taxonomy) -> None:
    body = (SUBTITLE, "- Yes", MORE, "- Yes", SUBTITLE)
    assert draft_of(page(body=body), osce).paragraphs == body[:-1]


def test_a_title_on_top_of_the_body_is_left_out(osce: Taxonomy) -> None:
    assert draft_of(page(body=(TITLE, *BODY)), osce).paragraphs == BODY


@pytest.mark.parametrize(
    "body",
    [
        (SUBTITLE, SUBTITLE, MORE),
        (SUBTITLE, "\u00a0", SUBTITLE, "", MORE, MORE),
    ],
)
def test_a_doubled_paragraph_is_kept_once(osce: Taxonomy, body: Sequence[str]) -> None:
    assert draft_of(page(body=body), osce).paragraphs == BODY


@pytest.mark.parametrize(
    "body",
    [
        (f"VIENNA, 3 June 2002 – {SUBTITLE}", MORE),
        (f"VIENNA, 3 June 2002 – {SUBTITLE}", SUBTITLE, MORE),
        (SUBTITLE, f"VIENNA, 3 June 2002 – {SUBTITLE}", MORE),
    ],
)
@pytest.mark.parametrize("kind", ["News Item", "Feature"])
def test_a_dateline_is_recorded_and_tells_the_day(
    osce: Taxonomy, body: Sequence[str], kind: str
) -> None:
    draft = draft_of(page(head=(kind, TITLE, SUBTITLE), body=body), osce)
    assert draft.title == TITLE
    assert draft.summary == SUBTITLE
    assert draft.dateline == "VIENNA, 3 June 2002"
    assert draft.issued == Issued(day=date(2002, 6, 3), origin=IssuedFrom.DATELINE)
    assert draft.paragraphs == (f"VIENNA, 3 June 2002 – {SUBTITLE}", MORE)


def test_a_label_tells_more_than_a_dateline(osce: Taxonomy) -> None:
    labels = ("- Issued on:", "- 4 June 2002", *LABELS[1:])
    draft = draft_of(page(labels=labels, body=(f"VIENNA, 3 June 2002 – {SUBTITLE}",)), osce)
    assert draft.dateline == "VIENNA, 3 June 2002"
    assert draft.issued == Issued(day=date(2002, 6, 4), origin=IssuedFrom.LABEL)


def test_a_dateline_without_a_year_is_no_date(osce: Taxonomy) -> None:
    draft = draft_of(page(body=(f"WARSAW/VIENNA, 30 June – {SUBTITLE}",)), osce)
    assert draft.dateline == "WARSAW/VIENNA, 30 June"
    assert draft.issued is None
