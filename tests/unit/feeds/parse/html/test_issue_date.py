"""Which of the dates of a page is the day it was issued."""

import json
from datetime import UTC, date, datetime

import pytest

from feeds.draft import Habits
from feeds.model import Issued, IssuedFrom
from feeds.parse.html.issue_date import as_printed
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, THIRD, TITLE, draft_of, page, paragraphs

FORCED = Habits(forced=True)
LONG = "and stands here with many other words, which make of it more than a line of a day"
TEXT = paragraphs(FIRST.partition("– ")[2], SECOND, THIRD)


def day_of(osce: Taxonomy, beside: str, *, foot: str = "", head: str = "", lang: str = "en") -> str:
    body = page(
        f"<main><article><h1>{TITLE}</h1>{beside}{TEXT}{foot}</article></main>",
        head=f"<title>{TITLE} | Office</title>{head}",
        lang=lang,
    )
    issued = draft_of(body, osce, FORCED).issued
    return issued.day.isoformat() if issued else ""


@pytest.mark.parametrize(
    "beside",
    [
        '<p>Last updated: <time datetime="2026-11-20">20 November 2026</time></p>',
        '<p>Date of last change: <time datetime="2026-11-20">20 November 2026</time></p>',
        "<table><caption>Last update</caption><tr><td>20 November 2026</td></tr></table>",
        '<small class="article-date">Page last reviewed: 20 November 2026</small>',
        '<p><time itemprop="dateModified" datetime="2026-11-20">20 November 2026</time></p>',
        '<div class="date"><span>Zuletzt geändert</span><span>20. November 2026</span></div>',
        '<div class="row"><b>When:</b> <time datetime="2026-11-20">20 November 2026</time></div>',
        '<p class="date">آخر تحديث: 20 نوفمبر 2026</p>',
    ],
)
def test_a_change_or_an_event_is_no_day_of_issue(osce: Taxonomy, beside: str) -> None:
    assert day_of(osce, beside) == ""


@pytest.mark.parametrize(
    "beside",
    [
        "<div>Published 3 March 2019 · Last updated <time>20 November 2026</time></div>",
        "<dl><dt>Published</dt><dd>3 March 2019</dd><dt>Last updated</dt><dd>20 May 2026</dd></dl>",
        '<p><time itemprop="dateModified">03/03/2019 01:57 | Updated 20/11/2026 19:20</time></p>',
        '<time class="entry-date published updated" datetime="2019-03-03">3 March</time>',
        '<span class="updated">2026-11-20T13:11:00Z</span><span class="meta">3 March 2019</span>',
        '<span property="dc:date dc:created" content="2019-03-03">03/03/2019</span>',
        "<table><tr><th>작성일</th><td>2019. 3. 3.</td><th>조회수</th><td>1,204</td></tr></table>",
        '<p class="info">نشر في ٣ مارس ٢٠١٩</p>',
        "<p>發佈日期：2019年3月3日</p>",
        "<p>3 मार्च 2019</p>",
        "<p>3 במרץ 2019</p>",
        "<p>2019年（平成31年）3月3日</p>",
        "<p>3-Mar-2019</p>",
        "<p>۱۲ اسفند ۱۳۹۷ - 3 March 2019</p>",
        '<span property="schema:datePublished" content="2019-03-03">Sunday</span>',
        '<span class="date" data-datetime="2019-03-03T10:00:00+01:00">2 days ago</span>',
        '<abbr class="published" title="2019-03-03T10:00:00+01:00">yesterday</abbr>',
        '<div class="date"><span>3</span><span>2019</span><span>March</span></div>',
        "<p>By John Doe, Example News 3 March 2019 Last updated at 10:15</p>",
        "<p>Written by Administrator Sunday, 03 March 2019 10:15</p>",
        f'<p class="postmetadata">This entry was posted on March 3rd, 2019 at 9:14 pm {LONG}</p>',
    ],
)
def test_a_date_is_read_with_its_label(osce: Taxonomy, beside: str) -> None:
    assert day_of(osce, beside) == "2019-03-03"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("parsely-page", "{&quot;pub_date&quot;: &quot;2019-03-03T10:00:00Z&quot;}"),
        ("cXenseParse:recs:publishtime", "2019-03-03T10:00:00Z"),
        ("article.published", "2019-03-03T10:00:00Z"),
        ("og:pubdate", "2019-03-03"),
        ("sailthru.date", "Sun, 03 Mar 2019 10:00:00 +0000"),
        ("OriginalPublicationDate", "2019/03/03 10:00:00"),
    ],
)
def test_systems_have_names_of_their_own_for_a_day(osce: Taxonomy, name: str, content: str) -> None:
    assert day_of(osce, "", head=f'<meta name="{name}" content="{content}">') == "2019-03-03"


@pytest.mark.parametrize(
    ("lang", "day"),
    [
        ("fa", "۱۲ اسفند ۱۳۹۷"), ("fa", "1397/12/12"), ("th", "3 มีนาคม 2562"), ("th", "03/03/2562"),
        ("zh-TW", "民國108年3月3日"), ("zh-TW", "108/03/03"), ("ja", "平成31年3月3日"),
    ],
)  # fmt: skip
def test_a_day_of_another_calendar_is_the_one_of_ours(osce: Taxonomy, lang: str, day: str) -> None:
    assert day_of(osce, f'<div class="date">{day}</div>', lang=lang) == "2019-03-03"


@pytest.mark.parametrize(
    ("lang", "day"),
    [
        ("ar", "26 جمادى الثانية 1440"), ("ar", "1440/06/26"), ("en", "1397/12/12"),
        ("en", "03/03/2562"), ("en", "108/03/03"), ("de", "12 mehr 98"), ("en", "2 days ago"),
    ],
)  # fmt: skip
def test_a_day_that_nobody_can_be_sure_of_is_unknown(osce: Taxonomy, lang: str, day: str) -> None:
    assert day_of(osce, f'<div class="date">{day}</div>', lang=lang) == ""


def test_the_foot_of_an_article_counts_with_a_label(osce: Taxonomy) -> None:
    foot = '<footer><span class="date">{} 3 March 2019</span></footer>'
    assert day_of(osce, "", foot=foot.format("Published on")) == "2019-03-03"
    assert day_of(osce, "", foot=foot.format("Next session")) == ""
    related = '<h2>Related</h2><p><span class="date">Published on 4 April 2020</span></p>'
    head = '<meta property="article:published_time" content="2019-03-03T08:00:00+01:00">'
    assert day_of(osce, "", foot=related, head=head) == "2019-03-03"


def test_metadata_that_may_mean_today_go_behind_what_is_printed(osce: Taxonomy) -> None:
    head = '<meta name="date" content="2026-11-25">'
    assert day_of(osce, '<p class="date">3 March 2019</p>', head=head) == "2019-03-03"
    assert day_of(osce, "", head=head) == "2026-11-25"


def test_the_day_is_that_of_the_pages_own_zone(osce: Taxonomy) -> None:
    head = '<meta property="article:published_time" content="2019-03-02T23:30:00Z">'
    assert day_of(osce, "<time>3 March 2019</time>", head=head) == "2019-03-03"
    # Another date altogether is one of something else.
    assert day_of(osce, "<time>13 March 2019</time>", head=head) == "2019-03-02"


PLACEHOLDERS = ["0001-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "9999-12-31"]


@pytest.mark.parametrize("day", PLACEHOLDERS)
def test_what_programs_write_for_no_date_is_none(osce: Taxonomy, day: str) -> None:
    head = f'<meta property="article:published_time" content="{day}T00:00:00Z">'
    assert day_of(osce, '<p class="date">3 March 2019</p>', head=head) == "2019-03-03"
    assert day_of(osce, "", head=head) == ""


def test_nothing_was_issued_after_it_was_fetched(osce: Taxonomy) -> None:
    head = '<meta property="article:published_time" content="2026-11-{}T00:00:00+01:00">'
    beside = '<p class="date">3 March 2019</p>'
    for day, expected in (("26", "2026-11-26"), ("27", "2019-03-03")):
        body = page(f"<main><h1>{TITLE}</h1>{beside}{TEXT}</main>", head=head.format(day))
        fetched = datetime(2026, 11, 25, 22, tzinfo=UTC)
        draft = draft_of(body, osce, FORCED, fetched=fetched)
        assert draft.issued is not None
        assert draft.issued.day.isoformat() == expected


@pytest.mark.parametrize(
    "own",
    [
        {"url": "https://news.example.org/secretariat/534321"},
        {"mainEntityOfPage": {"@id": "https://news.example.org/secretariat/534321/"}},
        {"headline": TITLE},
    ],
)
def test_of_several_articles_described_the_page_is_one(
    osce: Taxonomy, own: dict[str, object]
) -> None:
    thing = {"@type": "NewsArticle", "datePublished": "2019-03-03T08:00:00+01:00", **own}
    other = {"@type": "NewsArticle", "datePublished": "2020-04-04", "url": "/n/1"}
    graph = json.dumps({"@graph": [other, thing, {**other, "headline": "Another"}]})
    script = f'<script type="application/ld+json">{graph}</script>'
    assert day_of(osce, "", head=script) == "2019-03-03"


def test_a_described_page_tells_its_day_where_no_article_does(osce: Taxonomy) -> None:
    graph = json.dumps({"@type": "WebPage", "datePublished": "2019-03-03T08:00:00+01:00"})
    script = f'<script type="application/ld+json">{graph}</script>'
    assert day_of(osce, "", head=script) == "2019-03-03"


def test_a_mere_day_is_not_another_because_one_place_says_so() -> None:
    told, shown = (Issued(day=date(2026, 11, day), origin=IssuedFrom.PAGE) for day in (20, 21))
    assert as_printed(told, shown) == told
    assert as_printed(told, shown, shown).day == shown.day


@pytest.mark.parametrize(("label", "day"), [("Updated:", ""), ("Posted:", "2019-03-03")])
def test_a_day_without_its_year_has_its_label(osce: Taxonomy, label: str, day: str) -> None:
    body = page(
        f'<main><h1>{TITLE}</h1><p>{label} <span class="date">3 March</span></p>{TEXT}</main>'
    )
    issued = draft_of(body, osce, FORCED, url="https://news.example.org/2019/03/a").issued
    assert (issued.day.isoformat() if issued else "") == day


def test_a_day_may_be_printed_as_a_heading(osce: Taxonomy) -> None:
    assert day_of(osce, '<h4 class="date">5 November 2026</h4>') == "2026-11-05"


@pytest.mark.parametrize(
    "beside",
    [
        f'<p class="meta">Changed on 3 March 2019 {LONG} or of any other thing</p>',
        f'<p class="meta">The bridge opens on 3 March 2019 {LONG} or of any other thing</p>',
        f'<p class="meta">The bridge opens in spring, so the office says, {LONG}, in room 3</p>',
        f'<p class="teaser-meta">Posted on 3 March 2019 {LONG} or of any other thing</p>',
        '<div class="date"><span>3</span><span>Room</span><span>2019</span></div>',
        '<p class="date">3 March</p>',
        f'<p class="metal-prices">Posted on 3 March 2019 {LONG} or of any other thing</p>',
        "<p>Last modified <time>March 2019 3</time></p>",
        "<p>Version: 3.5.11</p>",
        '<div class="info">3.5.11</div>',
    ],
)
def test_a_sentence_tells_a_day_with_the_word_for_publication_alone(
    osce: Taxonomy, beside: str
) -> None:
    assert day_of(osce, beside) == ""


@pytest.mark.parametrize(
    ("foot", "day"),
    [
        ("<p>Published on March 3, 2019</p>", "2019-03-03"),
        ("<p>Last updated on March 3, 2019</p>", ""), ("<p>Published</p><p>in 2019</p>", ""),
        ("<p>Published on March 3, 2019</p><p>Published on April 4, 2019</p>", ""),
        ("<footer>Published on 3 March 2019</footer>", "2019-03-03"),
        ("<footer><p>Published: 3 March 2019</p></footer>", "2019-03-03"),
        ("<footer>Last change: 3 March 2019</footer>", ""), ("<footer>3 March 2019</footer>", ""),
        ("</article></main><footer>Published on 3 March 2019</footer>", ""),
    ],
)  # fmt: skip
def test_an_article_may_end_with_its_day(osce: Taxonomy, foot: str, day: str) -> None:
    assert day_of(osce, "", foot=foot) == day


@pytest.mark.parametrize(
    "foot",
    [
        "<p>Date: 3 March 2019</p><p>Place: Town Hall</p>",
        "<p>Place: Town Hall</p><p>Date: 3 March 2019</p>", "<p>Datum: 3. März 2019</p>",
        "<ul><li>Date: 3 March 2019</li><li>Time: 18:00</li><li>Venue: Town Hall</li></ul>",
        "<h3>The next meeting</h3><p>Date: 3 March 2019</p>",
        "<table><tr><td>Date</td><td>3 March 2019</td></tr><tr><td>Place</td><td>Hall</td></table>",
        "<dl><dt>Date</dt><dd>3 March 2019</dd><dt>Place</dt><dd>Town Hall</dd></dl>",
        "<p><time>3 March 2019</time><br>Place: Town Hall</p>",
    ],
)  # fmt: skip
def test_the_date_of_an_appointment_is_no_day_of_issue(osce: Taxonomy, foot: str) -> None:
    assert day_of(osce, "", foot=foot) == ""


def test_the_head_of_an_appointment_tells_no_day_of_issue(osce: Taxonomy) -> None:
    beside = "<p>{}: 3 March 2019</p><p>Place: Town Hall</p>"
    assert day_of(osce, beside.format("Date")) == ""
    assert day_of(osce, beside.format("Published")) == "2019-03-03"


@pytest.mark.parametrize(
    ("called", "day"),
    [
        ("metal-prices", ""), ("multimedia", ""), ("candidate", ""), ("mandatory", ""),
        ("sentiment", ""), ("reinforcement", ""), ("composted", ""), ("Metallurgy", ""),
        ("post-meta", "2019-03-03"), ("entry_meta", "2019-03-03"), ("metadata", "2019-03-03"),
        ("candidate-date", "2019-03-03"), ("articledatetext", "2019-03-03"),
    ],
)  # fmt: skip
def test_a_part_of_another_word_names_no_date(osce: Taxonomy, called: str, day: str) -> None:
    foot = f'<div class="{called}">Copper, 3 March 2019: 6,100 dollars</div>'
    assert day_of(osce, "", foot=foot) == day


@pytest.mark.parametrize(
    ("called", "day"),
    [
        ("events", ""), ("public-events", ""), ("startdate", ""), ("comments", ""),
        ("prevention", "2019-03-03"), ("commentary", "2019-03-03"), ("start-ups", "2019-03-03"),
        ("fa-calendar", "2019-03-03"), ("icon-clock", "2019-03-03"), ("mandate", "2019-03-03"),
    ],
)  # fmt: skip
def test_what_holds_a_date_is_called_by_whole_words(osce: Taxonomy, called: str, day: str) -> None:
    foot = f'<div class="{called}"><span class="date">3 March 2019</span></div>'
    assert day_of(osce, "", foot=foot) == day


@pytest.mark.parametrize(
    ("path", "day"), [("2019/03/03/a", "2019-03-03"), ("2019/03/04/a", "2019-03-03"), ("a", "")]
)
def test_an_address_tells_which_of_two_days_is_meant(osce: Taxonomy, path: str, day: str) -> None:
    beside = '<p class="date">3 March 2019</p><p class="date">9 May 2019</p>'
    body = page(f"<main><h1>{TITLE}</h1>{beside}{TEXT}</main>")
    issued = draft_of(body, osce, FORCED, url=f"https://news.example.org/{path}").issued
    assert (issued.day.isoformat() if issued else "") == day
