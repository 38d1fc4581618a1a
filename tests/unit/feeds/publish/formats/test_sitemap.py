"""What search engines are told, as the protocol has it."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from feeds.publish.build import SiteBuilder
from feeds.publish.formats import sitemap
from feeds.storage.published.sitemap_parts import ListedPage
from feeds.taxonomy import Taxonomy
from tests.items import NOON, a_site

LATER = datetime(2026, 11, 22, 8, 0, 0, 500, tzinfo=UTC)


def listed(document: bytes) -> list[tuple[str | None, ...]]:
    """Each address with the moment told of it."""
    root = etree.fromstring(document)
    assert root.nsmap == {None: "http://www.sitemaps.org/schemas/sitemap/0.9"}
    return [tuple(child.text for child in each) for each in root]


def a_page(slug: str, **changes: object) -> ListedPage:
    known = {"url": None, "updated_at": NOON, "withdrawn_at": None, "is_shown": True}
    return ListedPage(**{"slug": slug, **known, **changes})  # type: ignore[arg-type]


def test_a_part_lists_pages_that_are_at_home_here_and_when_they_last_changed(
    osce: Taxonomy,
) -> None:
    pages = [
        a_page("one", updated_at=LATER),
        a_page("elsewhere", url="https://www.osce.org/1"),
        a_page("gone", is_shown=False, withdrawn_at=LATER.replace(day=23)),
        a_page("two", url="no address"),
    ]
    document, at = SiteBuilder(a_site(), osce).sitemap_part(7, pages)
    assert document
    assert document[0] == "sitemap-items-7.xml"
    assert listed(document[1]) == [
        ("https://news.example.org/items/one/", "2026-11-22T08:00:00+00:00"),
        ("https://news.example.org/items/two/", "2026-11-20T12:00:00+00:00"),
    ]
    assert at == LATER.replace(day=23)


def test_a_part_that_lists_nothing_is_none(osce: Taxonomy) -> None:
    pages = [a_page("elsewhere", url="https://www.osce.org/1"), a_page("gone", is_shown=False)]
    assert SiteBuilder(a_site(), osce).sitemap_part(1, pages) == (None, None)


def test_the_index_names_the_parts_there_are(osce: Taxonomy) -> None:
    site = a_site(url="https://example.org/news")
    path, document = SiteBuilder(site, osce).sitemap_index({2: LATER, 1: NOON, 3: None})
    assert path == "sitemap.xml"
    assert listed(document) == [
        ("https://example.org/news/sitemap-pages.xml",),
        ("https://example.org/news/sitemap-items-1.xml", "2026-11-20T12:00:00+00:00"),
        ("https://example.org/news/sitemap-items-2.xml", "2026-11-22T08:00:00+00:00"),
    ]


def test_the_pages_of_feeds_are_listed_without_a_moment(osce: Taxonomy) -> None:
    document = dict(SiteBuilder(a_site(), osce).lists([]))[sitemap.PAGES_FILE]
    assert listed(document)[:3] == [
        ("https://news.example.org/",),
        ("https://news.example.org/feeds/all/",),
        ("https://news.example.org/feeds/fields/arms-control/",),
    ]
    assert {len(each) for each in listed(document)} == {1}


@pytest.mark.parametrize(
    ("url", "there", "written"),
    [
        ("https://news.example.org", None, True),
        ("https://news.example.org", sitemap.OURS + b"User-agent: *\n", True),
        ("https://news.example.org", b"User-agent: *\nDisallow: /\n", False),
        ("https://news.example.org", b"", False),
        ("https://example.org/news", None, False),
    ],
)
def test_robots_are_told_unless_the_operator_tells_them(
    osce: Taxonomy, url: str, there: bytes | None, written: bool
) -> None:
    """Below a path of a host nobody would ask for it (RFC 9309, 2.3)."""
    documents = dict(SiteBuilder(a_site(url=url), osce).robots(there))
    assert bool(documents) is written
    if written:
        assert b"\nSitemap: https://news.example.org/sitemap.xml\n" in documents["robots.txt"]
