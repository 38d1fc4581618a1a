"""Lines around a title that are neither title nor text; and lines that only look like them."""

from collections.abc import Sequence
from datetime import date

import pytest

from feeds.draft import Reason
from feeds.model import IssuedFrom
from feeds.parse.dates import whole_day
from feeds.taxonomy import Taxonomy
from tests.pages import draft_of, refused

TITLE = "Border guards learn to read forged documents"
FIRST = (
    "Twelve officers said today that they learned how to tell genuine documents from forged ones."
)
SECOND = "The course was organized by the Programme Office and took place in a town on the river."
CALM = "The office supports authorities in making borders safe and open for trade and travel there."
STANDFIRST = "Three weeks in a former bakery ended with an exam that nobody failed."
DAY = date(2021, 6, 3)
CAPTION = "Guards at work, Dushanbe, 2 June 2021. (OSCE/Jane Doe)"


@pytest.mark.parametrize(
    ("head", "day", "origin"),
    [
        (("3 June 2021", TITLE), DAY, IssuedFrom.LINE),
        (("3 June 2021 | Press release", TITLE), DAY, IssuedFrom.LINE),
        (("Pressemitteilung vom 03.06.2021", TITLE), DAY, IssuedFrom.LINE),
        (("Thursday, 3 June 2021, 18:30", TITLE), DAY, IssuedFrom.LINE),
        (("SG/SM/21172", "3 June 2021", TITLE), DAY, IssuedFrom.LINE),
        (("Vienna, 3 June 2021", TITLE), DAY, IssuedFrom.LINE),
        (("VIENNA 3 June 2021", TITLE), DAY, IssuedFrom.LINE),
        (("Image", CAPTION, "3 June 2021", TITLE), DAY, IssuedFrom.LINE),
        ((TITLE, "- 3 June 2021 -", "- |", "- Last updated: 4 June 2021"), DAY, IssuedFrom.LINE),
        ((TITLE, "Strasbourg 3 June 2021"), DAY, IssuedFrom.LINE),
        ((TITLE, "Published: 3 June 2021", "Updated: 4 June 2021"), DAY, IssuedFrom.LABEL),
        ((TITLE, "Published", "3 June 2021", "Last updated", "4 June 2021 — See all updates"), DAY,
         IssuedFrom.LABEL),
        (("Home > News", TITLE, "3 June 2021", "News"), DAY, IssuedFrom.LINE),
        (("Home", "World", "Press release", TITLE, "3 June 2021"), DAY, IssuedFrom.LINE),
        (("This is an archived page.", "3 June 2021", TITLE), DAY, IssuedFrom.LINE),
    ],
)  # fmt: skip
def test_a_day_around_the_title_is_the_day_of_issue(
    osce: Taxonomy, head: Sequence[str], day: date, origin: IssuedFrom
) -> None:
    draft = draft_of((*head, FIRST, SECOND), osce)
    assert (draft.title, draft.paragraphs) == (TITLE, (FIRST, SECOND))
    assert draft.issued is not None
    assert (draft.issued.day, draft.issued.origin) == (day, origin)


@pytest.mark.parametrize(
    "head",
    [
        ("FOR IMMEDIATE RELEASE", TITLE),
        ("You are viewing an archived copy of this page. " + "It is old. " * 10, TITLE),
        (TITLE, "Last updated", "4 June 2021"),
        (TITLE, "Last updated: 4 June 2021"),
        (TITLE, "Press release"),
        ("Home", "News in brief today is long", TITLE)[2:],
    ],
)
def test_what_tells_no_day_of_issue_gives_none(osce: Taxonomy, head: Sequence[str]) -> None:
    draft = draft_of((*head, FIRST, SECOND), osce)
    assert (draft.title, draft.issued, draft.paragraphs) == (TITLE, None, (FIRST, SECOND))


def test_a_standfirst_and_a_sender_stand_above_the_day(osce: Taxonomy) -> None:
    lines = (TITLE, STANDFIRST, "From:", "Office, Quay & Boats", "Published", "3 June 2021")
    draft = draft_of((*lines, FIRST, SECOND), osce)
    assert (draft.summary, draft.paragraphs) == (STANDFIRST, (FIRST, SECOND))
    assert [(label.text, label.slug) for label in draft.issuers] == [("Office, Quay & Boats", None)]


def test_a_kind_below_a_subtitle_is_a_heading(osce: Taxonomy) -> None:
    draft = draft_of((TITLE, STANDFIRST, "Press release", FIRST, SECOND), osce)
    assert draft.content_type is None
    assert "Press release" in draft.paragraphs


@pytest.mark.parametrize("title", ["Spot Report 3 June 2021", "Statement", "Weekly report 3/2021"])
def test_a_title_that_reads_like_such_a_line_stays_one(osce: Taxonomy, title: str) -> None:
    assert draft_of((title, f"VIENNA, 3 June 2021 – {FIRST}", SECOND), osce).title == title


@pytest.mark.parametrize(
    "lines",
    [
        ("MC.DEC/4/18", "7 December 2018", "Original: ENGLISH", "Decision on borders", CALM, FIRST),
        ("Home", "News", "Events", "Latest news", TITLE, FIRST, SECOND),
        ("Home", "A long line that is no crumb", CALM, CALM),
        ("Home", "World", "Europe", "Asia", "Africa", "America", "Oceania", CALM, CALM),
        ("Conference on the future of borders", "3 June 2025", CALM, CALM),
        ("Opening hours", "Published", "soon", CALM, CALM),
        ("Opening hours", "Room", "3 June 2025 - 4 June 2025", CALM, CALM),
        ("Opening hours", "3 June", CALM, CALM),
        ("Opening hours", "Updated: 3 June 2025, 4 June 2025", CALM, CALM),
        ("Opening hours", STANDFIRST, "Published"),
        (
            "AGİT Ofisi hakkında",
            (
                "Ofis, ülkenin kurumlarını desteklemekte ve sınır bölgelerinde "
                "çalışmalar yürütmektedir."
            ),
            "Ofisin kırk çalışanı vardır ve üç şehirde projelere hukuki danışmanlık sağlamaktadır.",
        ),
        (
            "Бағдарлама кеңсесі туралы",
            "Кеңсе елдің мемлекеттік органдарына шекара қауіпсіздігі саласында қолдау көрсетеді.",
            (
                "Қызметкерлер үш қалада жұмыс істейді және азаматтарға тегін кеңес "
                "беруді қамтамасыз етеді."
            ),
        ),
        (
            "O biurze",
            (
                "Biuro wspiera władze w zapewnianiu bezpiecznych granic otwartych dla "
                "handlu i podróży."
            ),
            (
                "Czterdziestu pracowników działa w trzech miastach i udziela porad "
                "prawnych potrzebującym."
            ),
        ),
    ],
)
def test_a_near_miss_stays_refused(osce: Taxonomy, lines: Sequence[str]) -> None:
    assert refused(lines, osce).reason in {Reason.NOT_NEWS, Reason.INCOMPLETE}


@pytest.mark.parametrize(
    "lines",
    [
        (
            "AGİT gözlemcileri seçim gününü değerlendirdi",
            (
                "Heyet, oy verme işleminin ülkenin büyük bölümünde sakin ve düzenli "
                "geçtiğini bildirdi."
            ),
            (
                "Başkan, sandık kurullarının gece yarısına kadar sakin bir biçimde "
                "çalıştığını söyledi."
            ),
        ),
        (
            "Toshkentda davra suhbati o'tkazildi",
            (
                "Tadbirda davlat organlari va xalqaro tashkilotlarning o'ttizdan ortiq "
                "vakillari qatnashdi."
            ),
            (
                "Ishtirokchilar fuqarolar uchun va davlat bilan hamkorlik bo'yicha "
                "takliflarni muhokama qildi."
            ),
        ),
        (
            "Bakıda seminar keçirildi",
            (
                "Seminarda dövlət qurumlarının və beynəlxalq təşkilatların əlliyə "
                "yaxın üzvü iştirak etdi."
            ),
            (
                "İştirakçılar vətəndaşların hüquqları ilə bağlı bir neçə yeni təklifi "
                "müzakirə etdilər."
            ),
        ),
    ],
)
def test_turkic_reports_are_told_by_the_verbs_their_sentences_end_in(
    osce: Taxonomy, lines: Sequence[str]
) -> None:
    assert draft_of(lines, osce).title == lines[0]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019. március 8.", date(2019, 3, 8)),
        ("2019 m. kovo 8 d.", date(2019, 3, 8)),
        ("2019 жылғы 8 наурыз", date(2019, 3, 8)),
        ("2019. gada 8. martā", date(2019, 3, 8)),
        ("2019-жылдын 8-марты", date(2019, 3, 8)),
        ("12 listopada 2021", date(2021, 11, 12)),
        ("12. listopada 2006.", date(2006, 10, 12)),
        ("12 სექტემბერი 2012", date(2012, 9, 12)),
        ("In 2019 in March 8", None),
        ("3 June 2021 and a long line that says much more", None),
    ],
)
def test_a_line_that_is_a_day_in_any_language_is_one(text: str, day: date | None) -> None:
    assert whole_day(text) == day
