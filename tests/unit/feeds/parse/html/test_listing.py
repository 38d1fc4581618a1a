"""Listing pages, by the source's selectors or by what repeats on them."""

# ruff: noqa: E501 - pages are written as their sites write them

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from feeds.draft import Draft, Habits
from feeds.model import Issued, IssuedFrom
from feeds.parse import html
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, THIRD, TITLE, document, draft_of, listed, page, paragraphs

SITE = "https://news.example.org"
NEWSROOM = f"{SITE}/newsroom"
LEAD = "Experts and officials met to take stock of the work of the past year and to plan the next"
NUMBERS = range(1, 6)


def title(number: int) -> str:
    return f"Meeting number {number}, on work in 2024, takes place"


def day(number: int) -> date:
    return date(2025, 1, 20 - number)


def printed(number: int) -> str:
    return f"{20 - number} January 2025"


OLDER = Habits(
    listing_entry=".search-result-news",
    listing_title=".search-title",
    listing_date=".publishing-date",
    listing_lead=".search-snippet",
)


def older(number: int) -> str:
    return f"""<div class="search-result-news"><a href="/odihr/{number}"><div class="search-title">
{title(number)}</div></a><div class="publishing-date"><span>Publishing date:</span> {printed(number)}</div>
<div><span>Content type:</span> Press release</div><div>What we do: Elections, Human rights</div>
<div>Where we are: OSCE Mission to Serbia</div><div class="search-snippet">{LEAD} {number}...</div></div>"""


def drupal(number: int) -> str:
    return f"""<div class="views-row views-row-{number}"><article class="node teaser"><a href="/node/{number}"><img src="/i"></a>
<h3><a href="/node/{number}" rel="bookmark">{title(number)}</a></h3>
<time datetime="2025-01-{20 - number:02}T12:00:00Z">{printed(number)}</time><p>{LEAD} {number}.</p>
<a href="/node/{number}">Read more</a></article></div>"""


def wordpress(number: int) -> str:
    return f"""<article id="post-{number}" class="post-{number} post"><h2 class="entry-title"><a href="{SITE}/2025/{number}/">
{title(number)}</a></h2><span class="posted-on">{printed(number)}</span><div class="entry-summary"><p>{LEAD} {number}.</p></div></article>"""


def linked(number: int) -> str:
    return f"""<li><a href="items/{number}"><span>{printed(number)}</span><h4>{title(number)}</h4><p>{LEAD} {number}.</p></a></li>"""


def row(number: int) -> str:
    return f'<tr><td>{printed(number)}</td><td><a href="/item?id={number}">{title(number)}</a></td></tr>'


SITES = {
    "drupal": ("<main><div class='view-content'>{}</div></main>", drupal),
    "wordpress": ("<div id='content'>{}</div>", wordpress),
    "custom": ("<ul class='list'>{}</ul>", linked),
    "table": ("<table><tbody>{}</tbody></table>", row),
}


def site(name: str, numbers: range = NUMBERS, more: str = "") -> str:
    around, entry = SITES[name]
    entries = around.format("".join(map(entry, numbers)))
    return page(f"<h1>News and press releases</h1><p>News from the field.</p>{entries}{more}")


def drafts(body: str, osce: Taxonomy, habits: Habits | None = None) -> tuple[Draft, ...]:
    return listed(body, osce, habits, url=NEWSROOM).drafts


def test_the_older_site_is_read_by_its_selectors(osce: Taxonomy) -> None:
    found = drafts(page("".join(map(older, NUMBERS))), osce, OLDER)
    assert [draft.title for draft in found] == [title(number) for number in NUMBERS]
    first = found[0]
    assert first.form == "listing"
    assert first.partial
    assert first.url == f"{SITE}/odihr/1"
    assert first.issued == Issued(day=day(1), origin=IssuedFrom.LISTING)
    assert first.summary == f"{LEAD} 1..."
    assert [label.slug for label in first.fields] == ["elections", "human-rights"]
    assert [label.slug for label in first.issuers] == ["mission-to-serbia"]
    assert first.content_type is not None
    assert first.content_type.slug == "press-release"


def test_the_older_site_is_read_without_selectors_too(osce: Taxonomy) -> None:
    body = page("".join(map(older, NUMBERS)))
    assert drafts(body, osce) == drafts(body, osce, OLDER)


@pytest.mark.parametrize("name", SITES)
def test_entries_are_found_by_repetition(osce: Taxonomy, name: str) -> None:
    found = drafts(site(name), osce)
    assert [draft.title for draft in found] == [title(number) for number in NUMBERS]
    assert [draft.issued and draft.issued.day for draft in found] == [day(n) for n in NUMBERS]
    assert all(draft.url and draft.url.startswith(SITE) for draft in found)
    if name != "table":
        assert [draft.summary.rstrip(".") for draft in found] == [f"{LEAD} {n}" for n in NUMBERS]


def test_an_entry_without_a_date_stays_unknown(osce: Taxonomy) -> None:
    body = site("custom").replace(f"<span>{printed(3)}</span>", "")
    found = drafts(body, osce)
    assert [draft.issued is None for draft in found] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('<a rel="next" href="?page=1">2</a>', "?page=1"),
        ('<ul class="pager"><li><a href="?page=1">Next ›</a></li></ul>', "?page=1"),
        ('<div><a href="/newsroom?page=1">Следующая</a></div>', "?page=1"),
        ('<div><a href="?p=0">1</a><a href="?p=1">2</a></div>', "?p=1"),
        ('<div><a href="/newsroom/older">Older posts</a></div>', "/older"),
        ('<div><a href="/elsewhere">More</a></div>', None),
        ('<div><a href="http://[">Next</a></div>', None),
    ],
)
def test_the_next_page_is_found(osce: Taxonomy, more: str, expected: str | None) -> None:
    parsed = listed(site("drupal", more=more), osce, url=NEWSROOM)
    assert parsed.next_page == (f"{NEWSROOM}{expected}" if expected else None)


def test_an_item_with_related_news_is_an_item(osce: Taxonomy) -> None:
    related = "".join(map(drupal, NUMBERS))
    body = page(
        f"<main><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD, FIRST[7:], SECOND[1:])}"
        f"<h2>More news</h2><div>{related}</div></main>",
    )
    draft = draft_of(body, osce)
    assert draft.title == TITLE


def test_a_short_item_that_says_it_is_an_article_is_one(osce: Taxonomy) -> None:
    body = page(
        f"<main><h1>{TITLE}</h1>{paragraphs(FIRST)}<div>{''.join(map(drupal, NUMBERS))}</div></main>",
        head='<meta property="og:type" content="article">',
    )
    assert draft_of(body, osce).title == TITLE


def test_the_text_of_an_item_may_stand_bare_around_its_related_news(osce: Taxonomy) -> None:
    entries = "".join(map(drupal, NUMBERS))
    body = page(
        f"<main><h1>{TITLE}</h1><div>{FIRST}<br>{entries}</div></main>",
        head='<meta property="og:type" content="article">',
    )
    assert draft_of(body, osce).title == TITLE


def test_what_stands_within_an_entry_is_no_text_of_the_page(osce: Taxonomy) -> None:
    entries = "".join(
        f'<section class="entry"><a href="/{n}">{title(n)}</a> {printed(n)}<div>{paragraphs(FIRST, SECOND)}'
        f'<section class="entry"><a href="/{n}-more">{title(n)}, continued</a> {printed(n)}</section>'
        "</div></section>"
        for n in NUMBERS
    )
    head = '<meta property="og:type" content="article">'
    parsed = listed(page(f"<div>{entries}</div>", head=head), osce, url=NEWSROOM)
    assert {f"{SITE}/{n}" for n in NUMBERS} <= {draft.url for draft in parsed.drafts}


def test_a_page_its_lead_promised_is_an_item(osce: Taxonomy) -> None:
    body = page(
        f"<main><h1>{TITLE}</h1>{paragraphs(FIRST)}<div>{''.join(map(drupal, NUMBERS))}</div></main>"
    )
    lead = Draft(form="listing", title=TITLE, partial=True)
    assert draft_of(body, osce, lead=lead).title == TITLE


def test_an_article_is_one_under_another_title_than_its_lead_promises(osce: Taxonomy) -> None:
    body = page(
        f"<main><h1>{TITLE}</h1>{paragraphs(FIRST)}<div>{''.join(map(drupal, NUMBERS))}</div></main>",
        head='<meta property="og:type" content="article">',
    )
    lead = Draft(form="listing", title="What the list calls it", partial=True)
    assert draft_of(body, osce, lead=lead).paragraphs


def test_events_in_a_listing_are_left_out(osce: Taxonomy) -> None:
    body = page("".join(map(older, NUMBERS)).replace("Press release", "Event", 1))
    assert len(drafts(body, osce, OLDER)) == len(NUMBERS) - 1


def test_entries_may_be_titles_alone(osce: Taxonomy) -> None:
    links = "".join(f'<li><a href="/{n}">Report number {n} of 2021</a></li>' for n in NUMBERS)
    found = drafts(page(f"<ul>{links}</ul>"), osce)
    assert [draft.title for draft in found] == [f"Report number {n} of 2021" for n in NUMBERS]
    assert {draft.issued for draft in found} == {None}


def test_a_link_may_stand_beside_the_title(osce: Taxonomy) -> None:
    entries = "".join(
        f"<li><h3>{title(n)}</h3><i class='date'>{printed(n)}</i><a href='/{n}'>Read more</a></li>"
        for n in NUMBERS
    )
    found = drafts(page(f"<ul>{entries}</ul>"), osce)
    assert [(draft.title, draft.url) for draft in found] == [
        (title(n), f"{SITE}/{n}") for n in NUMBERS
    ]


def test_a_menu_is_no_listing(osce: Taxonomy) -> None:
    links = "".join(f'<li><a href="/{n}">A heading of the menu {n}</a></li>' for n in range(30))
    parsed = html.parse(document(page(f"<ul>{links}</ul>")), osce, Habits())
    assert not getattr(parsed, "is_list", False)


def test_selectors_that_are_none_find_nothing(osce: Taxonomy) -> None:
    habits = replace(OLDER, listing_entry="::bad(((")
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND)}</main>")
    assert draft_of(body, osce, habits).title == TITLE


COLUMNS = f"""<div class="row"><div class="col"><a href="/">Example since 1975</a></div><div class="col"><h1>{TITLE}</h1>
<p>26 June 2021</p>{paragraphs(SECOND, THIRD, SECOND)}<a href="/more">More of 2021</a></div>
<div class="col"><h2>More</h2><p><a href="/n/1">Courses in 2022</a></p></div></div>"""


@pytest.mark.parametrize(
    "body",
    [
        COLUMNS,
        COLUMNS.replace(' class="col"', ""),
        COLUMNS.replace("<div", "<section").replace("</div", "</section"),
        f"<div class='col'><div class='col'>{COLUMNS}</div></div>",
    ],
    ids=["columns", "without classes", "sections", "within each other"],
)
def test_a_page_whose_layout_repeats_is_no_list(osce: Taxonomy, body: str) -> None:
    assert draft_of(page(body), osce).title == TITLE


def card(n: int, url: str, more: str = "", css: str = "card") -> str:
    return f"""<div class="{css}">{more}<h3><a href="{url}/{n}">Town number {n} gets a bridge</a></h3><p>{printed(n)}</p><p>{LEAD} {n}.</p></div>"""


TOWNS = [f"Town number {n} gets a bridge" for n in (1, 2, 3)]
NEWS = "".join(card(n, "/n") for n in (1, 2, 3))
LABELS = "<p>When: 3 May 2025</p><p>Where: Hofburg, Vienna</p>"


@pytest.mark.parametrize(
    "events",
    [
        "".join(card(n, "/events") for n in (11, 12, 13, 14)),
        "".join(card(n, "/events", css="event") for n in (11, 12, 13, 14)),
        "".join(card(n, "/n", LABELS) for n in (11, 12, 13, 14)),
        "".join(card(n, "/n", "<b>Conference</b>") for n in (11, 12, 13, 14)),
        "<h2>Upcoming events</h2>" + "".join(card(n, "/n") for n in (11, 12, 13, 14)),
    ],
    ids=["addresses", "a group of their own", "labels", "kinds", "heading"],
)
def test_events_beside_the_news_are_none(osce: Taxonomy, events: str) -> None:
    body = page(f"<section><h2>News</h2>{NEWS}</section><section>{events}</section>")
    assert [draft.title for draft in listed(body, osce).drafts] == TOWNS


def test_a_list_whose_addresses_all_say_event_is_taken_as_it_is(osce: Taxonomy) -> None:
    body = page("<h1>News</h1>" + "".join(card(n, "/events") for n in (1, 2, 3)))
    assert [draft.title for draft in listed(body, osce).drafts] == TOWNS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("When: 3 May 2025", None),
        ("<b>When:</b> 3 May 2025", None),
        ("<b>Last updated:</b> <time>3 May 2025</time>", None),
        ("Published: 4 May 2025 | Last updated: 5 May 2025", date(2025, 5, 4)),
        ("4 May 2025 · Vienna", date(2025, 5, 4)),
    ],
)
def test_the_day_of_something_else_is_not_that_of_an_entry(
    osce: Taxonomy, line: str, expected: date | None
) -> None:
    entries = "".join(
        f'<div class="card"><h3><a href="/n/{n}">{title(n)}</a></h3><p>{line}</p><p>{LEAD}</p></div>'
        for n in (1, 2, 3)
    )
    for draft in listed(page(f"<h1>News</h1>{entries}"), osce).drafts:
        assert (draft.issued.day if draft.issued else None) == expected


def test_a_heading_among_the_entries_is_that_of_those_below_it(osce: Taxonomy) -> None:
    events = "".join(card(n, "/n") for n in (11, 12, 13, 14))
    body = page(
        f"<main><h1>Newsroom</h1><h2>News</h2>{NEWS}<h2>Upcoming events</h2>{events}</main>"
    )
    assert [draft.title for draft in listed(body, osce).drafts] == TOWNS
    wrapped = body.replace('<div class="card">', '<div><div class="card">').replace(
        "</p></div>", "</p></div></div>"
    )
    assert [draft.title for draft in listed(wrapped, osce).drafts] == TOWNS


@pytest.mark.parametrize(
    ("called", "selector", "expected"),
    [
        ("candidate", "", day),
        ("event-date", "", lambda _: date(2025, 3, 30)),
        ("candidate", ".candidate", lambda _: date(2025, 3, 30)),
    ],
)
def test_a_part_of_another_word_names_no_date_of_an_entry(
    osce: Taxonomy, called: str, selector: str, expected: Callable[[int], date]
) -> None:
    entries = "".join(
        f"<li><h3><a href='/{n}'>{title(n)}</a></h3><p class='{called}'>The whole of the region votes on 30 March 2025</p>"
        f"<p>{printed(n)}</p><p>{LEAD} {n}.</p></li>"
        for n in NUMBERS
    )
    body = page(f"<main><ul>{entries}</ul></main>")
    drafts = listed(body, osce, Habits(listing_date=selector)).drafts
    days = [draft.issued.day if draft.issued else None for draft in drafts]
    assert days == [expected(n) for n in NUMBERS]
