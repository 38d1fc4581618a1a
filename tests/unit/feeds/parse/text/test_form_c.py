"""Form C: a title and a text, weighed; and pages that only look like it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from feeds.draft import Habits, Parsed, Reason
from feeds.model import Issued, IssuedFrom
from feeds.parse import text
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.pages import BODY, HEAD, LABELS, MENU, document, draft_of, issuers, page, refused

TITLE = "Border guards trained in Dushanbe"
DATELINE = "DUSHANBE, 3 June 2021"
FIRST = "Twenty border guards learned how to tell genuine documents from forged ones."
OPENING = f"{DATELINE} – {FIRST}"
SECOND = "Experts from three countries shared what they know with the young officers there."
REPORT = "The Programme Office in Dushanbe organized the course, which took place on 3 June 2021."
CALM = "The office supports authorities in making borders safe and open for trade and travel."
QUOTE = "“Open borders need trained people who know what they do,” the Head of the Office said."
CONTACTS = ("For further information contact:", "Press office", "Tel: +992 37 000", "a@example.org")
CAPTION = "Guards at work, Dushanbe, 2 June 2021. (OSCE/Jane Doe)"
VOUCHED = Habits(forced=True)

# -- With a dateline -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (TITLE, OPENING, SECOND),
        (*MENU, TITLE, OPENING, SECOND),
        (TITLE, TITLE, OPENING, SECOND),
        ("- " + TITLE, OPENING, SECOND),
        ("Skip Links", TITLE, OPENING, SECOND),
        (TITLE, CAPTION, OPENING, SECOND),
        (TITLE, CAPTION + OPENING, CAPTION, SECOND),
        (TITLE, OPENING, SECOND, *CONTACTS),
        (TITLE, OPENING, "[email protected]", SECOND, OPENING, "* * *"),
        (TITLE, OPENING, SECOND, "Read more on this topic:", "Other news"),
        (TITLE, OPENING, *CONTACTS, SECOND + " " + SECOND + " " + SECOND),
    ],
)
def test_a_dateline_makes_a_title_and_a_text_news(osce: Taxonomy, lines: Sequence[str]) -> None:
    draft = draft_of(lines, osce)
    assert (draft.form, draft.title, draft.dateline) == ("C", TITLE, DATELINE)
    assert draft.paragraphs[0] == OPENING
    assert draft.paragraphs[1].startswith(SECOND)
    assert len(draft.paragraphs) == 2
    assert draft.issued == Issued(day=date(2021, 6, 3), origin=IssuedFrom.DATELINE)


def test_a_dateline_without_a_year_leaves_the_day_unknown(osce: Taxonomy) -> None:
    draft = draft_of((TITLE, f"WARSAW/VIENNA, 30 June – {FIRST}"), osce)
    assert draft.dateline == "WARSAW/VIENNA, 30 June"
    assert draft.issued is None


def test_a_subtitle_stands_before_the_dateline(osce: Taxonomy) -> None:
    draft = draft_of((TITLE, "Forgery is found sooner", OPENING), osce)
    assert draft.summary == "Forgery is found sooner"
    assert draft.paragraphs == (OPENING,)


def test_a_dateline_may_be_a_line_of_its_own(osce: Taxonomy) -> None:
    draft = draft_of((TITLE, "SARAJEVO, 05 August 2025", FIRST), osce)
    assert draft.dateline == "SARAJEVO, 05 August 2025"
    assert draft.issued == Issued(day=date(2025, 8, 5), origin=IssuedFrom.DATELINE)


def test_an_advisory_may_say_when_and_where(osce: Taxonomy) -> None:
    lines = ("Media advisory", OPENING, "When: 3 June", "Where: Dushanbe", *CONTACTS)
    assert draft_of(lines, osce).paragraphs == (OPENING, "When: 3 June", "Where: Dushanbe")


def test_labels_below_the_title_are_read(osce: Taxonomy) -> None:
    labels = (
        "Objavljeno: 4. juni 2021.",
        "Gde smo: OSCE Secretariat",
        "Tip sadržaja:",
        "Vrsta sadržaja: Vest",
    )
    draft = draft_of((TITLE, *labels, OPENING), osce)
    assert draft.issued == Issued(day=date(2021, 6, 4), origin=IssuedFrom.LABEL)
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]
    assert draft.language == "sr"
    assert draft.content_type
    assert draft.content_type.slug == "news"
    assert draft.paragraphs == (OPENING,)


@pytest.mark.parametrize("lines", [(TITLE, OPENING[:60]), ("T" * 500, OPENING)])
def test_a_text_without_a_title_or_an_end_is_incomplete(
    osce: Taxonomy, lines: Sequence[str]
) -> None:
    assert refused(lines, osce).reason is Reason.INCOMPLETE


# -- Without one -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (TITLE, REPORT, SECOND),
        (TITLE, FIRST, QUOTE),
        (TITLE, "Гости обсудили сегодня безопасность дорог и права человека в Душанбе.", SECOND),
        ("Press release", TITLE, CALM, SECOND),
        ("Newsroom", TITLE, SECOND, FIRST + " The course ended today."),
        (TITLE, "Content type: News", "Issued on: 3 June 2021", CALM + " He said so.", SECOND),
        (TITLE, f"{REPORT} {QUOTE}"),
    ],
)  # fmt: skip
def test_prose_with_signs_of_a_press_release_is_news(osce: Taxonomy, lines: Sequence[str]) -> None:
    draft = draft_of(lines, osce)
    assert (draft.form, draft.title, draft.dateline) == ("C", TITLE, None)
    assert draft.issued is None or draft.issued.origin is IssuedFrom.LABEL


def test_a_listing_that_led_here_speaks_for_news(osce: Taxonomy) -> None:
    found = document(f"{TITLE}\n{CALM}\n{SECOND}".encode())
    led = replace(found, lead=a_draft(title=TITLE.upper()))
    other = replace(found, lead=a_draft(title="Another"))
    assert isinstance(text.parse(led, osce, Habits()), Parsed)
    assert not isinstance(text.parse(other, osce, Habits()), Parsed)


@pytest.mark.parametrize(
    ("lines", "evidence"),
    [
        (("Water conference", "When", "3 June", "Where", "Vienna", REPORT, QUOTE), "event page"),
        (("Water conference", "When: 3 June", "Organized by: OSCE", REPORT, QUOTE), "event page"),
        (("Конференция", "Когда:", "3 июня", "Где:", "Вена", REPORT, QUOTE), "event page"),
        (("Policing", REPORT, QUOTE), "topic page"),
        (("Serbia", REPORT, QUOTE), "topic page"),
        (("Safe borders", "Our challenge", REPORT, "Our action", QUOTE), "topic page"),
        (("Skip Links", "Safe borders", REPORT, QUOTE), "screen readers"),
        (("Borders", "Latest news", REPORT, "Upcoming events", QUOTE), "home page"),
        (("Welcome to our office", REPORT, QUOTE), "home page"),
        (("Legal officer", "Duty station: Vienna", REPORT, QUOTE), "vacancy"),
        (("Tender: office chairs", REPORT, QUOTE), "tender"),
        (("Office chairs", "Submission deadline: 3 June", REPORT, QUOTE), "tender"),
        (("Travel policy", REPORT, QUOTE), "rules"),
        (("Frequently asked questions", REPORT, QUOTE), "FAQ"),
        (("Voting", "Who votes?", REPORT, "Where?", QUOTE, "How?", CALM), "FAQ"),
        (("Life at the border", "Posted by Jane", REPORT, QUOTE), "blog"),
        (("Life at the border", REPORT, "I met my friends and I said what they told me."), "blog"),
        (("Who we are", REPORT, QUOTE), "about"),
        ((TITLE, CALM, SECOND), "speaks for news"),
        ((TITLE, REPORT), "speaks for news"),
        ((TITLE, "Short.", "Lines.", "Only."), "speaks for news"),
    ],
)
def test_a_near_miss_is_refused_with_what_shows_it(
    osce: Taxonomy, lines: Sequence[str], evidence: str
) -> None:
    answer = refused(lines, osce)
    assert answer.reason is Reason.NOT_NEWS
    assert evidence in answer.evidence


# -- What a person vouches for ---------------------------------------------------------------------


def test_a_page_a_person_vouches_for_is_read_whatever_it_looks_like(osce: Taxonomy) -> None:
    draft = draft_of((*MENU, "Policing", "Our challenge", CALM), osce, VOUCHED)
    assert (draft.title, draft.paragraphs) == ("Policing", ("Our challenge", CALM))


def test_labels_are_read_on_a_page_a_person_vouches_for(osce: Taxonomy) -> None:
    body = page(head=("Event", *HEAD[1:]), labels=("- When:", "- 3 June 2026", *LABELS))
    assert refused(body, osce).reason is Reason.NOT_NEWS
    draft = draft_of(body, osce, VOUCHED)
    assert (draft.form, draft.title, draft.paragraphs) == ("A", HEAD[1], BODY)
    assert len(draft.issuers) == 2


@pytest.mark.parametrize("lines", [MENU, ("A title",), ("Newsroom",)])
def test_nobody_can_vouch_for_what_is_not_there(osce: Taxonomy, lines: Sequence[str]) -> None:
    assert refused(lines, osce, VOUCHED).reason is Reason.INCOMPLETE


# -- Menus without marks, addresses ----------------------------------------------------------------

UNMARKED_MENU = (
    "Our work",
    "Policing",
    "Youth",
    "OSCE Secretariat",
    "Mission to Serbia",
    "About us",
)


@pytest.mark.parametrize("subtitle", [(), ("A course on documents, and on who reads them",)])
def test_a_menu_without_marks_is_left_above_the_title(
    osce: Taxonomy, subtitle: tuple[str, ...]
) -> None:
    title = "Border guards of three countries trained in Dushanbe"
    draft = draft_of((*UNMARKED_MENU, title, *subtitle, OPENING, SECOND), osce)
    assert (draft.title, draft.summary, draft.dateline) == (title, "".join(subtitle), DATELINE)
    assert draft.paragraphs == (OPENING, SECOND)


@pytest.mark.parametrize(
    "lines",
    [
        (*UNMARKED_MENU, TITLE, CALM, OPENING, SECOND),
        ("One", "Two", "Three", "Four", "Five", TITLE, OPENING, SECOND),
    ],
)
def test_lines_that_are_no_menu_stay(osce: Taxonomy, lines: Sequence[str]) -> None:
    understood = text.parse(document("\n".join(lines).encode()), osce, Habits())
    assert not isinstance(understood, Parsed) or understood.drafts[0].title == lines[0]


@pytest.mark.parametrize(
    ("url", "is_news"),
    [
        ("https://www.osce.org/odihr/elections/443210", True),
        ("https://www.osce.org/ru/odihr/443210/", True),
        ("https://www.osce.org/odihr/elections", False),
        ("https://www.osce.org/node/443210", False),
        ("https://news.example.org/odihr/443210", False),
        ("https://[", False),
        (None, False),
    ],
)
def test_a_number_in_an_issuer_s_section_speaks_for_news(
    osce: Taxonomy, url: str | None, is_news: bool
) -> None:
    page = document("\n".join((TITLE, CALM, CALM.replace("office", "mission"))).encode(), url)
    assert isinstance(text.parse(page, osce, Habits()), Parsed) == is_news


@pytest.mark.parametrize(
    "lines",
    [
        (
            "Учебный курс для пограничников завершился в Душанбе",
            "Представители миссии заявили, что курс завершили двадцать сотрудников из трех стран.",
            "В понедельник начнется новый курс, в котором будут участвовать и соседние страны.",
        ),
        (
            "Lehrgang für Grenzschutzbeamte in Duschanbe",
            "Der Leiter des Büros sagte, zwanzig Beamte aus drei Ländern hätten teilgenommen.",
            "Am Montag beginnt ein neuer Kurs, an dem auch die Nachbarn beteiligt sein werden.",
        ),
        (
            "Obuka za graničnu policiju u Dušanbeu",
            "Šef misije izjavio je da je obuku završilo dvadeset službenika iz tri zemlje.",
            "U ponedjeljak počinje nova obuka, na kojoj će biti i službenici drugih zemalja.",
        ),
    ],
)
def test_reports_in_other_languages_are_told_by_their_words(
    osce: Taxonomy, lines: Sequence[str]
) -> None:
    assert draft_of(lines, osce).title == lines[0]


@pytest.mark.parametrize(
    "line", ["Срок подачи заявок: 3 июня", "Način prijave", "Bewerbungsfrist:"]
)
def test_vacancies_in_other_languages_are_told_by_their_headings(osce: Taxonomy, line: str) -> None:
    answer = refused((TITLE, line, REPORT, QUOTE), osce)
    assert answer.reason is Reason.NOT_NEWS
    assert "a vacancy" in answer.evidence
