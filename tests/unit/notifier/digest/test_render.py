"""A digest says what is new, from when and by whom, how to leave, and where the feeds are.

As text and HTML that every mail program shows.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any
from unicodedata import category

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from config.values import INVISIBLE
from feeds.catalogue import languages
from feeds.model import Issued, IssuedFrom, Label, TopicKind, TopicRef
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from notifier.digest.pieces import COLUMNS, apart, environment, underlined, wrapped
from notifier.model import Frequency, Window
from tests.builders import POLICING, only, some_news
from tests.digests import (
    TOPICS,
    VALUES,
    a_digest,
    a_renderer,
    composed,
    named,
    of,
    page_of,
    rendered,
    subject_of,
    text_of,
)


@pytest.mark.parametrize("language", languages())
def test_a_daily_digest_in_every_language(
    language: str, golden: Callable[[str, bytes], None]
) -> None:
    golden(f"digest-{language}.eml", rendered(a_digest(), language))


def test_a_weekly_digest_with_all_that_is_optional(golden: Callable[[str, bytes], None]) -> None:
    renderer = a_renderer(
        name="Fieldfare für alle",
        reply_to="editors@example.org",
        unsubscribe_mailbox="leave@example.org",
    )
    weekly = rendered(a_digest(), frequency=Frequency.WEEKLY, renderer=renderer)
    golden("weekly-en.eml", weekly)


@pytest.mark.parametrize("language", languages())
def test_text_keeps_to_72_columns_and_addresses_to_lines_of_their_own(language: str) -> None:
    for line in text_of(a_digest(), language=language).splitlines():
        assert len(line) <= COLUMNS or re.fullmatch(r"https://\S+", line)
        assert "https://" not in line or line.startswith("https://")


def test_a_heading_over_several_lines_is_underlined_at_its_longest() -> None:
    words = "Combating trafficking " * 5
    lines = underlined(words, "-").splitlines()
    assert lines[-1] == "-" * max(map(len, lines[:-1]))
    assert wrapped("x" * 100) == "x" * 100


def test_styles_stand_in_their_elements_and_only_rules_for_media_in_the_head() -> None:
    page = page_of(a_digest())
    (style,) = page.iter("style")
    assert style.text.strip().startswith("@media")
    assert "prefers-color-scheme: dark" in style.text
    assert all("color" in link.get("style") for link in page.iter("a"))


def test_a_mail_loads_nothing() -> None:
    """No tracking pixels, and nothing that is missing until somebody allows images."""
    page = page_of(a_digest())
    assert list(page.iter("img", "script", "link", "iframe")) == []
    assert "url(" not in lxml.html.tostring(page, encoding="unicode")


def test_tables_are_for_layout_only() -> None:
    assert {table.get("role") for table in page_of(a_digest()).iter("table")} == {"presentation"}


def test_a_missing_word_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ digest.nothing.at_all }}").render(digest=a_digest())


PRINTED = Label(kind=TopicKind.ISSUER, text="OSCE Secretariat", slug="secretariat")
wild = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&\"'{}%\0\r\n"))


@cache
def _tags_of_a_tame_page() -> list[str]:
    return [found.tag for found in page_of(of(some_news(summary="x"))).iter()]


@given(wild, wild, wild)
def test_what_an_item_says_stays_text(title: str, summary: str, issuer: str) -> None:
    """No title, summary or issuer adds an element, ends a slot or runs as a template."""
    page = page_of(of(some_news(title=title, summary=f"x{summary}", issuers=(issuer,))))
    assert [found.tag for found in page.iter()] == _tags_of_a_tame_page()
    (heading,) = page.iter("h3")
    seen = re.sub(f"[{INVISIBLE}]", "", title)
    told = "".join(" " if category(letter) == "Cc" else letter for letter in seen)
    assert heading.text_content().split() == told.split()


def test_the_subject_counts_the_items_and_names_the_leading_topics() -> None:
    assert subject_of(a_digest()) == "16 new items: Human rights, Policing"
    assert subject_of(of(some_news())) == "1 new item: Policing"


def test_a_subject_names_three_topics_at_most() -> None:
    topics = [TopicRef.parse(f"field:{name}") for name in "abcd"]
    news = [some_news(number=n, topics=frozenset({topic})) for n, topic in enumerate(topics, 1)]
    digest = composed([*map(only, topics)], news, Window(after=0, upto=9), limit=9)
    assert digest
    assert subject_of(digest) == "4 new items: a, b, c, …"


@pytest.mark.parametrize(
    ("count", "subject"),
    [(1, "1 новый материал"), (3, "3 новых материала"), (5, "5 новых"), (21, "21 новый материал")],
)
def test_plural_forms_are_those_of_the_language(count: int, subject: str) -> None:
    digest = of(*(some_news(number=number) for number in range(1, count + 1)))
    assert subject_of(digest, language="ru").startswith(subject)


@pytest.mark.parametrize(
    ("frequency", "title"),
    [
        (Frequency.DAILY, "Your daily digest, Tuesday 24 November"),
        (Frequency.WEEKLY, "Your weekly digest, Tuesday 24 November"),
        (Frequency.IMMEDIATE, "Just published, Tuesday 24 November"),
    ],
)
def test_the_title_says_how_often_and_which_day(frequency: Frequency, title: str) -> None:
    page = page_of(a_digest(), frequency=frequency)
    assert [h1.text_content() for h1 in page.iter("h1")] == [title]
    heading, rule = text_of(a_digest(), frequency=frequency).splitlines()[:2]
    assert (heading, rule) == (title, "=" * len(title))


@pytest.mark.parametrize(
    ("issued", "about"),
    [
        (Issued(day=date(2026, 11, 9), origin=IssuedFrom.LABEL), "9 November 2026"),
        (Issued(day=date(2026, 11, 9), origin=IssuedFrom.DATELINE), "9 November 2026 (date in"),
        (None, "date not stated"),
    ],
)
def test_a_date_is_told_from_evidence_and_from_silence(issued: Issued | None, about: str) -> None:
    """An unknown issue date stays unknown; a date taken from a dateline says so."""
    (line,) = page_of(of(some_news(issued=issued))).find_class("about")[:1]
    assert line.text_content().startswith(about)


def test_a_secondary_line_leaves_out_what_is_not_known() -> None:
    bare = some_news(issuers=(), content_type=None, issued=None)
    assert page_of(of(bare)).find_class("about")[0].text_content() == "date not stated"


def test_headings_lead_from_the_mail_to_its_topics_to_their_items() -> None:
    page = page_of(a_digest())
    headings = [(found.tag, found.text_content()) for found in page.iter("h1", "h2", "h3")]
    assert headings == [
        ("h1", "Your daily digest, Tuesday 24 November"),
        ("h2", "Human rights 2 items"),
        ("h3", "Human rights in policing: a course for investigators in Central Asia"),
        ("h3", "Statement on the situation of human rights defenders"),
        ("h2", "Policing 14 items"),
        ("h3", "OSCE observes plenary session on cybercrime & electronic evidence"),
        ("h3", "ОБСЕ проводит семинар по борьбе с киберпреступностью"),
    ]


def test_an_item_without_an_address_of_its_own_is_read_on_our_page() -> None:
    digest = of(some_news(number=5, url=None))
    (link,) = (link for heading in page_of(digest).iter("h3") for link in heading.iter("a"))
    assert link.get("href") == "https://news.example.org/items/slug5/"
    assert "\nhttps://news.example.org/items/slug5/\n" in text_of(digest)


def test_an_item_names_the_other_topics_it_belongs_to() -> None:
    news = some_news(topics=frozenset(TOPICS))
    assert "Also in Policing, OSCE Secretariat" in text_of(of(news))
    also = page_of(of(news)).find_class("about")[1]
    assert [link.get("href") for link in also.iter("a")] == [
        "https://news.example.org/feeds/fields/policing/",
        "https://news.example.org/feeds/issuers/secretariat/",
    ]


def test_what_a_mail_leaves_out_is_a_link_to_the_topics_page() -> None:
    (more,) = page_of(a_digest()).find_class("more")
    assert more.text_content() == "and 12 more in Policing"
    assert [link.get("href") for link in more.iter("a")] == [
        "https://news.example.org/feeds/fields/policing/"
    ]
    assert (
        "and 12 more in Policing\nhttps://news.example.org/feeds/fields/policing/\n"
    ) in text_of(a_digest())


def test_the_preheader_shows_what_the_mail_is_about() -> None:
    (preheader,) = page_of(a_digest()).find_class("preheader")
    titles = [heading.text_content() for heading in page_of(a_digest()).iter("h3")]
    assert " ".join(preheader.text_content().split()) == " · ".join(titles[:3])


def test_a_long_summary_is_cut_at_a_word() -> None:
    summary = page_of(of(some_news(summary="evidence " * 100))).find_class("text")[0]
    assert 380 < len(summary.text_content()) <= 400
    assert summary.text_content().endswith("evidence …")


def test_an_item_without_a_summary_has_no_empty_paragraph() -> None:
    assert page_of(of(some_news(summary=""))).find_class("text") == []


def test_every_item_says_in_which_language_it_is() -> None:
    """WCAG 2.2 3.1.1 and 3.1.2."""
    page = page_of(a_digest(), language="de")
    assert page.get("lang") == "de"
    assert [heading.get("lang") for heading in page.iter("h3")] == ["en", "en", "en", "ru"]


def test_every_item_says_which_way_its_text_runs() -> None:
    """Its title and summary would be in disorder within a mail that runs the other way."""
    page = page_of(of(some_news(number=1), some_news(number=2, language="ar")))
    runs = {each.get("lang"): each.get("dir") for each in page.iter("h3", "p") if each.get("lang")}
    assert runs == {"en": "ltr", "ar": "rtl"}
    assert page.get("dir") == "ltr"


def test_lines_of_text_that_run_the_other_way_are_set_apart() -> None:
    """A line is a paragraph there; UAX 9 orders what is isolated by itself (section 2.4)."""
    title, office = "شرطة قيرغيزستان (بيشكيك)", "مكتب المنظمة في بيشكيك"
    item = some_news(title=title, summary=f"{title} " * 5, language="ar", issuers=(office,))
    text = text_of(of(item))
    assert f"\n\u2067{title}\u2069\n" in text
    assert f" · \u2068{office}\u2069 · News Item\n" in text
    opened = [line for line in text.splitlines() if line.startswith("\u2067")]
    assert len(opened) > 2
    assert all(line.endswith("\u2069") for line in opened)
    assert "\u2068" not in text_of(of(some_news()))


def test_a_topic_that_is_written_the_other_way_is_set_apart() -> None:
    topics = '[[field]]\nslug = "policing"\nlabel = "الشرطة"\n'
    renderer = a_renderer(named(Taxonomy.from_toml(f'language = "ar"\n{topics}')))
    digest = of(*(some_news(number=n, topics=frozenset({POLICING})) for n in (1, 2)), limit=1)
    text = text_of(digest, renderer=renderer)
    assert "\u2068الشرطة\u2069 · 2 items\n----------------\n" in text
    assert "and 1 more in \u2068الشرطة\u2069" in text
    heading = page_of(digest, renderer=renderer).find("body").find(".//h2/span")
    assert (heading.get("lang"), heading.get("dir")) == ("ar", "rtl")


def test_within_a_mail_from_right_to_left_it_is_what_runs_from_the_left() -> None:
    assert apart("OSCE", "rtl") == "\u2068OSCE\u2069"
    assert apart("منظمة", "rtl") == "منظمة"
    assert apart("ОБСЕ", "ltr") == "ОБСЕ"
    assert underlined(apart("منظمة", "ltr"), "-").splitlines()[1] == "-----"


def test_the_way_out_stands_at_the_top_as_well() -> None:
    """Who is shown the beginning of a mail alone can leave all the same."""
    url = VALUES["unsubscribe_url"]
    assert f"\nUnsubscribe\n{url}\n" in text_of(a_digest()).partition("Human rights")[0]
    page = page_of(a_digest())
    (top,) = page.find_class("top")
    assert url in {link.get("href") for link in top.iter("a")}
    assert [link.get("href") for link in page.iter("a")].count(url) == 2


def foot_of(**changes: Any) -> str:
    text = text_of(a_digest(), renderer=a_renderer(**changes))
    return text.partition("\n-- \n")[2]


def test_the_foot_tells_how_to_leave_and_where_the_feeds_are() -> None:
    foot = foot_of()
    assert f"\nUnsubscribe from this digest\n{VALUES['unsubscribe_url']}\n" in foot
    for topic in TOPICS:
        page = named().page(Selection(frozenset({topic})), "en")
        assert f"\n{page.label}\n{page.feed_url}\n" in foot


def test_the_foot_tells_how_to_change_it() -> None:
    way = f"\nChoose other topics or another hour, or pause\n{VALUES['manage_url']}\n"
    assert way in foot_of()
    links = [link.get("href") for link in page_of(a_digest()).iter("a")]
    assert links.count(VALUES["manage_url"]) == 1


def test_a_topic_without_a_feed_promises_none() -> None:
    """Also one that left the taxonomy: it is named, and its readers led to the front page."""
    gone = TopicRef.parse("field:gone")
    digest = composed([only(gone)], [some_news(topics=frozenset({gone}))], Window(after=0, upto=9))
    assert digest
    text = text_of(digest, follows=(only(gone),))
    assert "gone · 1 item" in text
    assert ".atom" not in text
    assert "feed reader" not in text


def test_links_are_the_same_in_text_and_html() -> None:
    page, text = page_of(a_digest()), text_of(a_digest())
    in_html = {link.get("href") for link in page.iter("a")}
    in_text = {line for line in text.splitlines() if line.startswith("https://")}
    assert in_text <= in_html
    # Topics named in passing are links in HTML only.
    assert {link for link in in_html - in_text if "/feeds/" not in link} == set()


def test_topics_are_named_in_the_language_of_the_reader_where_they_have_a_name_there() -> None:
    topics = (
        '[[field]]\nslug = "policing"\nlabel = "Policing"\nlabels.de = "Polizei"\n'
        '[[issuer]]\nslug = "secretariat"\nlabel = "Secretariat"\n'
    )
    renderer = a_renderer(named(Taxonomy.from_toml(topics)))
    digest = of(replace(some_news(), issuers=(PRINTED,)))
    german = text_of(digest, language="de", renderer=renderer)
    assert "Polizei · 1 Meldung" in german
    assert "OSCE Secretariat" in german
    assert "Policing · 1 item" in text_of(digest, renderer=renderer)


def test_who_issued_an_item_is_named_so_too() -> None:
    topics = (
        '[[field]]\nslug = "policing"\nlabel = "Policing"\n'
        '[[issuer]]\nslug = "secretariat"\nlabel = "S"\nlabels.ru = "Секретариат"\n'
    )
    digest = of(replace(some_news(topics=frozenset({POLICING})), issuers=(PRINTED,)))
    renderer = a_renderer(named(Taxonomy.from_toml(topics)))
    text = text_of(digest, language="ru", renderer=renderer)
    assert " · Секретариат · News Item" in text
