"""Listings saved as text: blocks, missing labels, and pages that stop in half a block."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from feeds.draft import DateOrder, DateStyle, Habits, Reason
from feeds.model import Issued, IssuedFrom
from feeds.taxonomy import Taxonomy
from tests.pages import MENU, fields, issuers, read, refused

HEAD = ("Newsroom", "News and press releases", "News and press releases from all over the world.")
TITLE = "Water, energy: “a title” of 3 June 2020)"
DATE = "Publishing date: 22 January 2025"
KIND = "Content type: News"
WHERE = "Where we are: OSCE Presence in Albania, Transnational Threats Department"
WHAT = "What we do: Policing, Human rights"
LEAD = "VIENNA, 21 January 2025 – Water is scarce in the region, and those who share it..."
BLOCK = (TITLE, DATE, KIND, WHERE, WHAT, LEAD)
LAST = ("Another title", "Publishing date: 1 January 2025", "A short lead:")


def titles(lines: Sequence[str], taxonomy: Taxonomy) -> list[str]:
    parsed = read(lines, taxonomy)
    assert (parsed.form, parsed.is_list) == ("listing", True)
    return [draft.title for draft in parsed.drafts]


@pytest.mark.parametrize("above", [HEAD, (), MENU, (*MENU, *HEAD), ("Page not found?", *HEAD)])
@pytest.mark.parametrize("below", [(), ("Pages", "1", "2", "Next"), ("- About us",)])
def test_a_block_says_what_its_labels_say(
    osce: Taxonomy, above: Sequence[str], below: Sequence[str]
) -> None:
    first, second = read((*above, *BLOCK, *LAST, *below), osce).drafts
    assert (first.title, first.summary) == (TITLE, LEAD)
    assert first.issued == Issued(day=date(2025, 1, 22), origin=IssuedFrom.LISTING)
    assert first.content_type
    assert first.content_type.slug == "news"
    assert [slug for _, slug in issuers(first)] == [
        "presence-in-albania",
        "transnational-threats-department",
    ]
    assert [slug for _, slug in fields(first)] == ["policing", "human-rights"]
    assert first.partial
    assert not first.paragraphs
    assert (second.title, second.summary, second.content_type) == (LAST[0], LAST[2], None)
    assert second.issuers == second.fields == ()


@pytest.mark.parametrize("gone", [KIND, WHERE, WHAT, LEAD])
def test_any_line_behind_the_date_may_be_missing(osce: Taxonomy, gone: str) -> None:
    block = tuple(line for line in BLOCK if line != gone)
    assert titles((*block, *LAST), osce) == [TITLE, LAST[0]]


def test_a_title_may_stand_twice(osce: Taxonomy) -> None:
    first, second = read((TITLE, *BLOCK[:-1], LAST[0], *LAST), osce).drafts
    assert (first.summary, second.title) == ("", LAST[0])


@pytest.mark.parametrize(
    "cut",
    [
        (),
        ("Half a ti",),
        LAST[:1],
        LAST[:2],
        (*LAST[:2], "Where we are: OSCE Mis"),
        (*LAST[:2], "A lead that stops in the mid"),
        (*LAST[:2], "Next"),
        ("Another title", "Publishing date: 1 Jan"),
    ],
)
def test_half_a_block_is_no_draft(osce: Taxonomy, cut: Sequence[str]) -> None:
    assert titles((*BLOCK, *cut), osce) == [TITLE]


@pytest.mark.parametrize("lead", ["It ends.", "It ends:", "It ends..", "“It ends”", "word " * 58])
def test_a_last_lead_that_ends_as_leads_do_is_whole(osce: Taxonomy, lead: str) -> None:
    assert titles((*BLOCK, *LAST[:2], lead), osce) == [TITLE, LAST[0]]


def test_a_listing_may_hold_no_whole_block(osce: Taxonomy) -> None:
    assert titles((*HEAD, *BLOCK[:-1]), osce) == []


def test_a_block_without_its_title_is_no_draft(osce: Taxonomy) -> None:
    assert titles((DATE, LEAD, *LAST), osce) == [LAST[0]]
    assert titles((KIND, DATE, LEAD, *LAST), osce) == [LAST[0]]
    assert titles((TITLE, DATE, DATE, LEAD, *LAST), osce) == [TITLE, LAST[0]]


# Published, type, issuer and field, as a page in each language writes them.
LOCALISED = """
ru
    Дата публикации: 22 января 2025 г.
    Тип материала: Пресс-релиз
    Где мы работаем: OSCE Secretariat
    Чем мы занимаемся: Policing
uk
    Дата публікації: 22 січня 2025 року
    Тип матеріалу: Прес-реліз
    Де ми працюємо: OSCE Secretariat
    Що ми робимо: Policing
fr
    Date de publication : 22 janvier 2025
    Type de contenu : Communiqué de presse
    Où nous sommes : OSCE Secretariat
    Ce que nous faisons : Policing
de
    Veröffentlichungsdatum: 22. Jänner 2025
    Inhaltstyp: Pressemitteilung
    Wo wir sind: OSCE Secretariat
    Was wir tun: Policing
bs
    Datum objave: 22. januar 2025. godine
    Vrsta sadržaja: Saopćenje za javnost
    Gdje smo: OSCE Secretariat
    Šta radimo: Policing
hr
    Datum objave: 22. siječnja 2025.
    Vrsta sadržaja: Priopćenje za javnost
    Gdje smo: OSCE Secretariat
    Što radimo: Policing
sr
    Датум објаве: 22. јануар 2025. године
    Врста садржаја: Саопштење за јавност
    Где смо: OSCE Secretariat
    Шта радимо: Policing
mk
    Датум на објавување: 22 јануари 2025
    Тип на содржина: Соопштение за јавност
    Каде сме: OSCE Secretariat
    Што правиме: Policing
sq
    Data e publikimit: 22 janar 2025
    Lloji i përmbajtjes: Njoftim për shtyp
    Ku jemi: OSCE Secretariat
    Çfarë bëjmë: Policing
ro
    Data publicării: 22 ianuarie 2025
    Tip de conținut: Comunicat de presă
    Unde suntem: OSCE Secretariat
    Ce facem: Policing
it
    Data di pubblicazione: 22 gennaio 2025
    Tipo di contenuto: Comunicato stampa
    Dove siamo: OSCE Secretariat
    Cosa facciamo: Policing
es
    Fecha de publicación: 22 de enero de 2025
    Tipo de contenido: Comunicado de prensa
    Dónde estamos: OSCE Secretariat
    Qué hacemos: Policing
de
    Publishing date: January 22, 2025
    Content type: Press release
    Wo wir sind: OSCE Secretariat
    What we do: Policing
-
    Publishing date: 2025-01-22
    Content type: Press release
    Where we are: OSCE Secretariat
    What we do: Policing
"""


def localised() -> Iterator[tuple[list[str], str]]:
    """Each language's labels; "-" stands for English and for a mixture that tells none."""
    for entry in re.split(r"\n(?=\S)", LOCALISED.strip()):
        language, *labels = entry.split("\n")
        yield [label.strip() for label in labels], language


@pytest.mark.parametrize(("labels", "language"), list(localised()))
def test_labels_are_read_in_every_language(
    osce: Taxonomy, labels: Sequence[str], language: str
) -> None:
    [draft] = read((TITLE, *labels, LEAD), osce).drafts
    assert draft.issued == Issued(day=date(2025, 1, 22), origin=IssuedFrom.LISTING)
    assert draft.content_type
    assert draft.content_type.slug == "press-release"
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]
    assert fields(draft) == [("Policing", "policing")]
    assert (draft.language or "-") == language


def test_slash_dates_are_read_as_the_publisher_writes_them(osce: Taxonomy) -> None:
    lines = (TITLE, "Publishing date: 05/06/2025", KIND, LEAD)
    [unknown] = read(lines, osce).drafts
    [known] = read(lines, osce, Habits(date_style=DateStyle(DateOrder.MONTH_FIRST))).drafts
    assert unknown.issued is None
    assert known.issued == Issued(day=date(2025, 5, 6), origin=IssuedFrom.LISTING)


def test_what_a_listing_holds_beside_news_is_left_out(osce: Taxonomy) -> None:
    event = (TITLE, DATE, "Content type: Event", LEAD)
    feature = ("Third title", DATE, "Content type: Feature", LEAD)
    assert titles((*event, *feature, *LAST), osce) == ["Third title", LAST[0]]


def test_a_listing_without_end_is_refused(osce: Taxonomy) -> None:
    answer = refused((TITLE, DATE) * 20_001, osce)
    assert answer.reason is Reason.HOSTILE


def test_one_publishing_date_alone_makes_no_listing(osce: Taxonomy) -> None:
    answer = refused(("Office chairs", DATE, "Deadline: 3 March 2025", "Two offers."), osce)
    assert answer.reason is Reason.NOT_NEWS
