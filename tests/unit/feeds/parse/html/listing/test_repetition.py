"""Listings with few entries, or with entries that no element holds together."""

from datetime import date

import pytest

from feeds.taxonomy import Taxonomy
from tests.publisher import contents
from tests.webpages import FIRST, SECOND, THIRD, draft_of, listed, page, paragraphs

SITE = "https://news.example.org"
LEAD = "Experts met to take stock of the work of the past year."


def heading(number: int) -> str:
    return f'<h3><a href="/news/{number}">Meeting number {number} takes place</a></h3>'


def flat(number: int) -> str:
    return f"{heading(number)}<p>{number} May 2021</p><p>{LEAD}</p>"


@pytest.mark.parametrize("entries", [1, 2])
@pytest.mark.parametrize("next_page", [None, "/news?page=2"])
def test_the_last_page_of_a_listing_is_a_listing(
    osce: Taxonomy, entries: int, next_page: str | None
) -> None:
    stories = [contents.Story(n) for n in range(12, 12 + entries)]
    parsed = listed(contents.listing(stories, next_page).decode(), osce)
    assert [draft.title for draft in parsed.drafts] == [story.title for story in stories]
    assert [draft.url for draft in parsed.drafts] == [SITE + story.path for story in stories]
    days = [draft.issued.day for draft in parsed.drafts if draft.issued]
    assert days == [story.day for story in stories]
    assert [draft.summary for draft in parsed.drafts] == [story.summary for story in stories]
    assert parsed.next_page == (SITE + next_page if next_page else None)


@pytest.mark.parametrize("around", ["<h1>News</h1>{}", "<div><h1>News</h1><div>{}</div></div>"])
@pytest.mark.parametrize("numbers", [[7], [1, 2], [1, 2, 3, 4]])
def test_entries_without_an_element_are_told_apart(
    osce: Taxonomy, around: str, numbers: list[int]
) -> None:
    parsed = listed(page(around.format("".join(map(flat, numbers)))), osce)
    assert [draft.url for draft in parsed.drafts] == [f"{SITE}/news/{n}" for n in numbers]
    assert {draft.summary for draft in parsed.drafts} == {LEAD}
    days = [draft.issued.day for draft in parsed.drafts if draft.issued]
    assert days == [date(2021, 5, n) for n in numbers]


def test_flat_entries_without_dates_need_company(osce: Taxonomy) -> None:
    entries = [f"{heading(n)}<p>{LEAD}</p>" for n in range(4)]
    assert len(listed(page("<h1>News</h1>" + "".join(entries)), osce).drafts) == 4


def test_a_heading_within_a_link_opens_an_entry(osce: Taxonomy) -> None:
    entries = [
        f'<a href="/news/{n}"><h3>Meeting number {n}</h3></a><p>{n} May 2021</p>' for n in (1, 2)
    ]
    parsed = listed(page("<h1>News</h1>" + "".join(entries)), osce)
    assert [draft.title for draft in parsed.drafts] == ["Meeting number 1", "Meeting number 2"]


def test_a_date_that_only_machines_see_is_a_date(osce: Taxonomy) -> None:
    entry = f'<div>{heading(1)}<time datetime="2021-05-01">last week</time></div>'
    [draft] = listed(page(f"<h1>News</h1>{entry}"), osce).drafts
    assert draft.issued is not None
    assert draft.issued.day == date(2021, 5, 1)


def test_terms_and_links_are_entries(osce: Taxonomy) -> None:
    rows = "".join(
        f'<dt>{n} May 2021</dt><dd><a href="/press/{n}">Observers welcome campaign {n}</a></dd>'
        for n in (3, 2, 1)
    )
    parsed = listed(page(f"<h1>Press</h1><dl>{rows}</dl>"), osce)
    assert [draft.title for draft in parsed.drafts] == [
        f"Observers welcome campaign {n}" for n in (3, 2, 1)
    ]


def test_a_page_whose_heading_links_to_itself_is_an_item(osce: Taxonomy) -> None:
    own = (
        '<h2><a href="https://news.example.org/secretariat/534321">Police officers trained</a></h2>'
    )
    body = page(
        f"<div>{own}<p>26 June 2021</p>{paragraphs(FIRST, SECOND, THIRD)}</div>",
        head="<title>Police officers trained</title>",
    )
    assert draft_of(body, osce).title == "Police officers trained"


def test_news_listed_beside_an_article_make_it_no_listing(osce: Taxonomy) -> None:
    beside = f"<section>{flat(1)}</section>"
    body = page(
        f"<div><h1>Police officers trained</h1>{paragraphs(FIRST, SECOND, THIRD)}</div>{beside}"
    )
    assert draft_of(body, osce).title == "Police officers trained"


def test_a_page_that_calls_itself_an_article_is_none(osce: Taxonomy) -> None:
    short = "<p>VIENNA, 26 June 2021 – Twenty police officers were trained.</p>"
    head = '<meta property="og:type" content="article">'
    body = page(f"<h1>Police officers trained</h1>{short}<div>{flat(1)}</div>", head=head)
    assert draft_of(body, osce).title == "Police officers trained"


def test_a_text_below_a_linked_heading_is_no_lead(osce: Taxonomy) -> None:
    """More than a lead stands in no listing, whatever its heading leads to."""
    body = page(
        f"<div>{heading(1)}<p>26 June 2021</p>{paragraphs(*[FIRST, SECOND, THIRD] * 3)}</div>",
        head="<title>Meeting number 1 takes place</title>",
    )
    assert len(draft_of(body, osce).paragraphs) >= 2


def test_a_heading_that_holds_the_pages_title_is_no_entry(osce: Taxonomy) -> None:
    """Nested as a fuzzer nests them; the entries beside it are found all the same."""
    nested = f'<h2><a href="/news/9">About <h1>News</h1></a></h2>{flat(1)}{flat(2)}'
    parsed = listed(page(nested), osce)
    assert [draft.url for draft in parsed.drafts] == [f"{SITE}/news/1", f"{SITE}/news/2"]
