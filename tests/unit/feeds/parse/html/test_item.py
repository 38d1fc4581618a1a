"""An item's page of several kinds of sites: each fact from its surest source."""

# ruff: noqa: E501 - pages are written as their sites write them

from datetime import UTC, date, datetime

import pytest

from feeds.draft import Alternate, DateOrder, DateStyle, Draft, Habits, Hub, Parsed
from feeds.model import Issued, IssuedFrom
from feeds.parse import text
from feeds.taxonomy import Taxonomy
from tests.pages import TRAINING
from tests.webpages import (
    FIRST,
    SECOND,
    SUBTITLE,
    THIRD,
    TITLE,
    URL,
    document,
    draft_of,
    page,
    paragraphs,
    understood,
)

BODY = (FIRST, SECOND, THIRD)
JSON_LD = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
 {"@type": "Organization", "name": "Example Organization"},
 {"@type": "NewsArticle", "headline": "%s", "datePublished": "2021-06-26T22:30:00-05:00",
  "dateModified": "2022-01-01T00:00:00Z", "inLanguage": "en",
  "author": {"@type": "Organization", "name": "OSCE Secretariat"},
  "articleSection": "Policing", "keywords": ["Human rights", "laptops"]}]}</script>"""


def on(day: date, origin: IssuedFrom = IssuedFrom.PAGE, at: datetime | None = None) -> Issued:
    return Issued(day=day, at=at, origin=origin)


def slugs(draft: Draft) -> tuple[list[str | None], list[str | None]]:
    return [each.slug for each in draft.issuers], [each.slug for each in draft.fields]


# -- Kinds of sites --------------------------------------------------------------------------------

DRUPAL = page(
    f"""<main role="main"><div class="breadcrumb"><a href="/">Home</a> / <a href="/news">News</a></div>
<article class="node node--type-news"><h1 class="page-title"><span>{TITLE}</span></h1>
<div class="field field--name-field-date"><time datetime="2021-06-26T12:00:00Z">26 June 2021</time></div>
<div class="addtoany_list"><a href="https://share.example.net/">Facebook</a></div>
<figure><img src="/a.jpg" alt="Officers"><figcaption>Officers, Vienna, 3 May 2019. (OSCE/A. Photographer)</figcaption></figure>
<div class="clearfix text-formatted field field--name-body">{paragraphs(*BODY)}
<ul><li>First point of the programme</li><li><a href="/second" onclick="x()" class="c">Second</a> point</li></ul></div>
<div class="field field--name-field-tags"><a rel="tag" href="/p">Policing</a> <a rel="tag" href="/l">Laptops</a></div>
</article><div class="view related-news"><h2>Related news</h2><ul>
<li><a href="/1">One other item of the news</a> <time datetime="2020-01-01">1 January 2020</time></li>
<li><a href="/2">Two other items of the news</a> <time datetime="2020-01-02">2 January 2020</time></li>
<li><a href="/3">Three other items of the news</a> <time datetime="2020-01-03">3 January 2020</time></li>
</ul></div></main>""",
    head=f"<title>{TITLE} | OSCE</title>",
)


def test_a_drupal_page_is_understood_exactly(osce: Taxonomy) -> None:
    draft = draft_of(DRUPAL, osce)
    assert draft.title == TITLE
    assert draft.paragraphs == (*BODY, "First point of the programme", "Second point")
    assert draft.markup == (
        '<figure><img src="https://news.example.org/a.jpg" alt="Officers"><figcaption>Officers, '
        "Vienna, 3 May 2019. (OSCE/A. Photographer)</figcaption></figure>\n"
        f"<div>{paragraphs(*BODY)}\n<ul><li>First point of the programme</li>"
        '<li><a href="https://news.example.org/second" rel="noopener noreferrer">Second</a> point</li>'
        "</ul></div>"
    )
    assert draft.issued == on(date(2021, 6, 26), at=datetime(2021, 6, 26, 12, tzinfo=UTC))
    assert draft.dateline == "VIENNA, 26 June 2021"
    assert slugs(draft) == ([], ["policing"])
    assert draft.language == "en"
    assert (draft.url, draft.also_at) == (URL, ())


WORDPRESS = page(
    f"""<div id="page" class="site has-sidebar"><div id="content"><article id="post-12" class="post-12 post">
<header class="entry-header"><h1 class="entry-title">{TITLE}</h1>
<div class="entry-meta">Posted on <time class="entry-date published" datetime="2021-06-26T10:00:00+02:00">June 26, 2021</time>
<time class="updated" datetime="2023-02-02T10:00:00+02:00">February 2, 2023</time> by <a href="/a">admin</a></div></header>
<div class="entry-content">{paragraphs(*BODY)}<div class="sharedaddy share">Share this:<a href="x">X</a></div></div>
<footer class="entry-footer"><a rel="category tag" href="/c/police">Policing</a></footer></article>
<div id="comments" class="comments-area"><p>A comment of somebody on this, which is long enough to be text.</p></div>
</div></div>""",
    head=f"""<title>{TITLE} - Example Mission</title><meta property="og:site_name" content="Example Mission">
<meta property="og:title" content="{TITLE} - Example Mission"><meta property="og:type" content="article">
<meta property="article:published_time" content="2021-06-26T10:00:00+02:00">
<meta property="article:modified_time" content="2023-02-02T10:00:00+02:00">""",
    lang="en-GB",
)


def test_a_wordpress_page_is_understood_exactly(osce: Taxonomy) -> None:
    draft = draft_of(WORDPRESS, osce)
    assert (draft.title, draft.language) == (TITLE, "en-GB")
    assert draft.paragraphs == BODY
    assert draft.issued == on(date(2021, 6, 26), at=datetime(2021, 6, 26, 8, tzinfo=UTC))
    assert slugs(draft) == ([], ["policing"])


OLD_SITE = page(
    f"""<div class="content--header"><h1>{TITLE}</h1><span class="date-display-single">KYIV 26 June 2021</span></div>
<div class="content--content"><div class="panel"><div class="pane-content">{paragraphs(SECOND, SECOND, THIRD)}</div></div></div>""",
    head=f"<title>{TITLE} | OSCE</title>",
)
OLD_HABITS = Habits(
    page_title="div.content--header > h1",
    page_date="span.date-display-single",
    page_text="div.content--content div.pane-content",
)


@pytest.mark.parametrize("habits", [OLD_HABITS, Habits()], ids=["selectors", "alone"])
def test_a_page_of_the_older_site_with_and_without_selectors(
    osce: Taxonomy, habits: Habits
) -> None:
    draft = draft_of(OLD_SITE, osce, habits)
    assert (draft.title, draft.paragraphs) == (TITLE, (SECOND, THIRD))
    assert draft.issued is not None
    assert draft.issued.day == date(2021, 6, 26)


LABELS = {
    "list": """<ul><li>Issued on:</li><li>Issued by:</li><li>OSCE Secretariat, Transnational Threats
        Department</li><li>Fields of work:</li><li>Policing, Human rights</li></ul>""",
    "definitions": """<dl><dt>Issued on</dt><dd></dd><dt>Issued by</dt><dd>OSCE Secretariat</dd>
        <dd>Transnational Threats Department</dd><dt>Fields of work</dt><dd>Policing</dd>
        <dd>Human rights</dd></dl>""",
    "divs": """<div class="field"><div class="field__label">Issued by</div><div class="field__items">
        <div><a href="/s">OSCE Secretariat</a></div><div><a href="/t">Transnational Threats
        Department</a></div></div></div><div><span>Fields of work:</span> <a href="/p">Policing</a>,
        <a href="/h">Human rights</a></div>""",
    "German": """<p><b>Herausgegeben von:</b> OSCE Secretariat, Transnational Threats Department<br>
        <b>Arbeitsfelder:</b> Policing, Human rights</p>""",
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_a_page_prints_win_over_its_metadata(osce: Taxonomy, labels: str) -> None:
    body = page(
        f"<main><p>News Item</p><h1>{TITLE}</h1><p>{SUBTITLE}</p>{labels}{paragraphs(*BODY)}</main>",
        head='<meta name="author" content="Presence in Albania"><meta name="keywords" content="Youth">',
    )
    draft = draft_of(body, osce)
    assert slugs(draft) == (
        ["secretariat", "transnational-threats-department"],
        ["policing", "human-rights"],
    )
    assert (draft.title, draft.summary, draft.paragraphs) == (TITLE, SUBTITLE, BODY)
    assert draft.content_type is not None
    assert draft.content_type.slug == "news"
    assert draft.markup == f"<div>{paragraphs(*BODY)}</div>"


def test_a_page_of_today_saved_as_html_or_as_text_gives_the_same(osce: Taxonomy) -> None:
    expected = text.parse(document(TRAINING, url=URL), osce, Habits())
    lines = TRAINING.decode().split("\n")
    at = lines.index("News Item")
    listed = "".join(f"<li>{line[2:]}</li>" for line in lines[at:] if line.startswith("- "))
    told = [line for line in lines[at:] if not line.startswith("- ")]
    body = page(
        f"<main><span>{told[0]}</span><h1>{told[1]}</h1><p>{told[2]}</p><ul>{listed}</ul>"
        f"{paragraphs(*told[3:])}</main>"
    )
    draft = draft_of(body, osce)
    assert isinstance(expected, Parsed)
    [same] = expected.drafts
    for name in ("title", "summary", "paragraphs", "issuers", "fields", "content_type", "issued"):
        assert getattr(draft, name) == getattr(same, name), name


# -- One fact at a time ----------------------------------------------------------------------------


def test_json_ld_gives_instant_topics_and_title(osce: Taxonomy) -> None:
    body = page(f"<article>{paragraphs(*BODY)}</article>", head=JSON_LD % TITLE)
    draft = draft_of(body, osce)
    instant = datetime(2021, 6, 27, 3, 30, tzinfo=UTC)
    assert draft.issued == on(date(2021, 6, 26), at=instant)
    assert draft.title == TITLE
    assert slugs(draft) == (["secretariat"], ["policing", "human-rights"])


def test_broken_json_ld_is_passed_over(osce: Taxonomy) -> None:
    broken = '<script type="application/ld+json">{"@type": "NewsArticle", </script>'
    deep = f'<script type="application/ld+json">{"[" * 100_000}</script>'
    body = page(f"<article>{paragraphs(*BODY)}</article>", head=broken + deep + JSON_LD % TITLE)
    assert draft_of(body, osce).title == TITLE


@pytest.mark.parametrize(
    ("markup", "issued"),
    [
        ('<meta name="dcterms.issued" content="2021-06-26">', on(date(2021, 6, 26))),
        (
            '<meta property="article:published_time" content="2021-06-26T10:00">',
            on(date(2021, 6, 26)),
        ),
        ('<meta property="article:modified_time" content="2021-06-27T10:00Z">', None),
        ('<time pubdate datetime="2021-06-26">Saturday</time>', on(date(2021, 6, 26))),
        ('<p class="publish-date">26.06.2021</p>', on(date(2021, 6, 26))),
        ('<p class="updated date">26.06.2021</p>', None),
        ('<div class="event-info"><time datetime="2021-09-01">1 September</time></div>', None),
        ('<p class="date">05/06/2021</p>', None),
        ("<p>KYIV 25 June 2021</p>", on(date(2021, 6, 25), IssuedFrom.LINE)),
        ("<p>Issued on: 24 June 2021</p>", on(date(2021, 6, 24), IssuedFrom.LABEL)),
    ],
)
def test_only_a_date_of_publication_is_the_issue_date(
    osce: Taxonomy, markup: str, issued: Issued | None
) -> None:
    body = page(f"<main><h1>{TITLE}</h1>{markup}{paragraphs(SECOND, THIRD)}</main>")
    draft = draft_of(body, osce)
    assert draft.issued == issued
    assert draft.paragraphs[-2:] == (SECOND, THIRD)


def test_slash_dates_follow_the_habit_of_the_source(osce: Taxonomy) -> None:
    body = page(f'<main><h1>{TITLE}</h1><p class="date">05/06/2021</p>{paragraphs(*BODY)}</main>')
    first = draft_of(body, osce, Habits(date_style=DateStyle(DateOrder.DAY_FIRST)))
    second = draft_of(body, osce, Habits(date_style=DateStyle(DateOrder.MONTH_FIRST)))
    assert (first.issued, second.issued) == (on(date(2021, 6, 5)), on(date(2021, 5, 6)))


def test_a_dateline_is_the_last_resort(osce: Taxonomy) -> None:
    draft = draft_of(page(f"<main><h1>{TITLE}</h1>{paragraphs(*BODY)}</main>"), osce)
    assert draft.issued == on(date(2021, 6, 26), IssuedFrom.DATELINE)


def test_addresses_languages_and_hub(osce: Taxonomy) -> None:
    head = """<link rel="canonical" href="/secretariat/534321"><link rel="shortlink" href="/node/534321">
<link rel="amphtml" href="/secretariat/534321?amp=1"><link rel="hub" href="https://hub.example.org/">
<link rel="self" href="/secretariat/534321"><link rel="alternate" hreflang="ru" href="/ru/secretariat/534321">
<link rel="alternate" hreflang="x-default" href="/"><link rel="alternate" type="application/rss+xml" href="/rss">"""
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(*BODY)}</main>", head=head)
    parsed = understood(body, osce, url=f"{URL}?fbclid=1")
    assert isinstance(parsed, Parsed)
    [draft] = parsed.drafts
    site = "https://news.example.org"
    assert draft.url == URL
    assert draft.also_at == (
        f"{URL}?fbclid=1", f"{site}/node/534321", f"{site}/secretariat/534321?amp=1",
    )  # fmt: skip
    assert draft.alternates == (Alternate("ru", f"{site}/ru/secretariat/534321"),)
    assert parsed.hub == Hub("https://hub.example.org/", URL)


@pytest.mark.parametrize(
    "named",
    [
        "/",
        "https://other.example.com/1",
        "https://example.net/1",
        "javascript:x",
        "http://[",
        "/en",
    ],
)
def test_a_canonical_address_that_cannot_be_is_not_believed(osce: Taxonomy, named: str) -> None:
    head = f'<link rel="canonical" href="{named}">'
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(*BODY)}</main>", head=head)
    assert draft_of(body, osce).url == URL


@pytest.mark.parametrize(
    ("found_at", "named", "is_believed"),
    [
        ("https://www.vlada.gov.hr/vijesti/1", "https://vlada.gov.hr/vijesti/a", True),
        ("https://press.example.org/1", "https://www.example.org/news/1", True),
        ("https://evil.gov.hr/a", "https://vlada.gov.hr/vijesti/1", False),
        ("https://evil.github.io/a", "https://office.github.io/1", False),
        ("https://evil.github.io/a", "https://github.io/1", False),
    ],
)
def test_an_address_a_page_names_counts_within_its_registrable_domain(
    osce: Taxonomy, found_at: str, named: str, is_believed: bool
) -> None:
    head = f'<link rel="canonical" href="{named}"><link rel="alternate" hreflang="ru" href="{named}/ru">'
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(*BODY)}</main>", head=head)
    parsed = understood(body, osce, url=found_at)
    assert isinstance(parsed, Parsed)
    [draft] = parsed.drafts
    assert draft.url == (named if is_believed else found_at)
    assert bool(draft.alternates) is is_believed


@pytest.mark.parametrize(
    "head",
    [
        f"<title>{TITLE} | OSCE</title>",
        f'<meta property="og:title" content="{TITLE} | OSCE">',
        f'<title>OSCE</title><meta property="og:title" content="{TITLE[:30]}...">',
        '<meta property="og:title" content="OSCE"><meta property="og:site_name" content="OSCE">',
    ],
)
def test_a_title_is_without_its_site_and_whole(osce: Taxonomy, head: str) -> None:
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(*BODY)}</main>", head=head)
    assert draft_of(body, osce).title == TITLE


def test_a_page_that_marks_nothing_is_left_to_the_extractor(osce: Taxonomy) -> None:
    body = page(f"<div><div><h1>{TITLE}</h1><div>{paragraphs(*BODY)}</div></div></div>")
    draft = draft_of(body, osce)
    assert (draft.title, draft.paragraphs) == (TITLE, BODY)


def test_paragraphs_made_of_breaks_are_paragraphs(osce: Taxonomy) -> None:
    body = page(f"<main><h1>{TITLE}</h1><div>{FIRST}<br><br>{SECOND}<br/><br/>{THIRD}</div></main>")
    assert draft_of(body, osce).paragraphs == BODY


def test_a_person_may_vouch_for_a_page(osce: Taxonomy) -> None:
    body = page("<main><h1>About us</h1><p>We are an organization.</p></main>")
    assert draft_of(body, osce, Habits(forced=True)).title == "About us"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (
            b"<meta charset=windows-1251>" + "<h1>Новости из Киева</h1>".encode("cp1251"),
            None,
        ),
        ("<h1>Новости из Киева</h1>".encode("koi8-r"), "text/html; charset=koi8-r"),
        ("<h1>Новости из Киева</h1>".encode(), "text/html; charset=iso-8859-1"),
        ("<h1>Новости из Киева</h1>".encode("utf-16"), "text/html; charset=utf-8"),
        ("<meta charset=no-such><h1>Новости из Киева</h1>".encode(), None),
    ],
)
def test_declared_encodings_are_believed_where_they_fit(
    osce: Taxonomy, body: bytes, media_type: str | None
) -> None:
    more = "".join(f"<p>{text}</p>" for text in ("Evidence. " * 20, "More evidence. " * 20))
    encoded = more.encode("utf-16-le") if body.startswith(b"\xff\xfe") else more.encode()
    draft = draft_of(body + encoded, osce, Habits(forced=True), media_type=media_type)
    assert draft.title == "Новости из Киева"


def test_a_day_that_only_markup_holds_tells_no_order_of_numbers(osce: Taxonomy) -> None:
    held = ("", ' data-day="03/05/2011"')
    told = f"<h1>{TITLE}</h1>{paragraphs(*BODY)}"
    plain, marked = (draft_of(page(f"<div{each}>{told}</div>"), osce) for each in held)
    assert marked == plain
