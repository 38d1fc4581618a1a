"""Where lists lead: addresses written one way, and hosts that may be asked."""

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.values import host_of
from feeds.draft import Draft, Location, Parsed
from feeds.model import Issued, IssuedFrom
from feeds.sources.leads import address, is_near, leads, located, stands_alone

MODIFIED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def partial(url: str | None, day: date | None = None, title: str = "Title") -> Draft:
    issued = Issued(day=day, origin=IssuedFrom.LISTING) if day else None
    return Draft(form="listing", title=title, partial=True, url=url, issued=issued)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("HTTPS://News.Example.org:443/a#part", "https://news.example.org/a"),
        ("http://example.org", "http://example.org/"),
        ("http://example.org:8080/a?b=c#d", "http://example.org:8080/a?b=c"),
        ("  https://example.org/a b?c=ü ", "https://example.org/a%20b?c=%C3%BC"),
        ("https://example.org/%7Ea%20b", "https://example.org/%7Ea%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("https://example.org/می\u200cخواهم", "https://example.org/" + quote("می\u200cخواهم")),
    ],
)
def test_an_address_is_written_in_one_way(url: str, written: str) -> None:
    assert address(url) == written


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/news/1",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "mailto:a@example.org",
        "https://user:secret@example.org/",
        "https:///nothing",
        "http://example.org:99999/",
        "http://[::1",
        "https://example.org/a\nb",
        "https://a..b.example/",
        "https://example.org/" + "a" * 3_000,
    ],
)
def test_what_cannot_be_asked_for_is_no_address(url: str) -> None:
    assert address(url) is None


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    for url in (text, f"https://example.org/{text}", f"https://{text}/"):
        written = address(url)
        assert written is None or address(written) == written


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("https://www.example.org/a", True),
        ("https://example.org/a", True),
        ("https://pages.news.example.org/a", True),
        ("https://other.example.org/a", False),
        ("https://badnews.example.org.test/a", False),
        ("https://xnews.example.org/a", False),
    ],
)
def test_only_hosts_above_and_below_are_near(url: str, near: bool) -> None:
    assert is_near(url, {host_of("https://www.news.example.org/list")}) is near


def test_a_top_level_domain_is_near_to_nothing() -> None:
    assert not is_near("https://org/", {"news.example.org"})
    assert not is_near("https://a.github.io/", {"github.io"})


def test_each_address_leads_once_with_all_that_is_said_of_it() -> None:
    parsed = Parsed(
        form="sitemap",
        drafts=(
            partial("https://example.org/1#top", date(2026, 2, 1)),
            partial("https://example.org/2"),
            partial("https://example.org/1", title="Again"),
            partial(None),
        ),
        is_list=True,
        locations=(
            Location(url="https://example.org/1", modified=MODIFIED),
            Location(url="https://example.org/3", modified=MODIFIED),
            Location(url="https://example.org/more.xml", is_sitemap=True),
            Location(url="ftp://example.org/4"),
        ),
    )
    found = leads(parsed)
    assert [lead.name.rpartition("/")[2] for lead in found] == ["1", "2", "3"]
    assert [lead.modified for lead in found] == [MODIFIED, None, MODIFIED]
    assert [lead.day for lead in found] == [date(2026, 2, 1), None, date(2026, 3, 1)]
    assert found[0].draft is not None
    assert found[0].draft.title == "Title"
    assert [lead.name for lead in located(parsed, is_sitemap=True)] == [
        "https://example.org/more.xml"
    ]


def test_what_is_told_changes_with_what_a_list_says() -> None:
    told = [
        leads(Parsed(form="listing", drafts=(draft,), is_list=True))[0].told
        for draft in (
            partial("https://example.org/1"),
            partial("https://example.org/1"),
            partial("https://example.org/1", date(2026, 2, 1)),
        )
    ]
    assert told[0] == told[1] != told[2]


def test_a_whole_draft_or_one_without_an_address_stands_alone() -> None:
    pages = {"https://example.org/1"}
    assert stands_alone(partial(None), pages, ())
    assert stands_alone(partial("javascript:void(0)"), pages, ())
    assert stands_alone(Draft(form="atom", title="Title", url="https://example.org/1"), pages, ())
    assert not stands_alone(partial("https://example.org/1"), pages, ())


def test_a_link_from_a_list_to_itself_tells_of_an_item_where_it_names_a_part_of_it() -> None:
    here = {"https://example.org/news"}
    assert stands_alone(partial("https://example.org/news#a1"), (), here)
    assert not stands_alone(partial("https://example.org/news"), (), here)
    assert stands_alone(replace(partial("https://example.org/news"), guid="17"), (), here)


ONE = "https://example.org/all#1"
TWO = "https://example.org/all#2"


@pytest.mark.parametrize(
    ("first", "second", "are_two"),
    [
        (partial(ONE), partial(TWO, title="Other"), True),
        (partial(ONE), partial(TWO), False),
        (partial(ONE), partial(ONE, title="Read on"), False),
        (partial("https://example.org/all"), partial(TWO, title="2 comments"), False),
        (replace(partial(ONE), guid="1"), replace(partial(TWO), guid="2"), True),
        (replace(partial(ONE), guid="1"), replace(partial(ONE, title="B"), guid="2"), True),
        (replace(partial(ONE), guid="1"), replace(partial(ONE), guid="2"), False),
        (replace(partial(ONE), guid="1"), replace(partial(TWO, title="B"), guid="1"), True),
        (replace(partial(ONE), guid="1"), replace(partial(ONE, title="B"), guid="1"), True),
        (replace(partial(ONE), form="rss"), replace(partial(ONE, title="B"), form="rss"), True),
    ],
)
def test_entries_that_share_a_page_have_none_of_their_own(
    first: Draft, second: Draft, are_two: bool
) -> None:
    """A list may show one item twice: then the page is the item's."""
    found = leads(Parsed(form="listing", drafts=(first, second), is_list=True))
    assert [lead.name for lead in found] == ([] if are_two else ["https://example.org/all"])
