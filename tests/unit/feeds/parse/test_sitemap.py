"""Sitemaps: pages, lists of sitemaps, and the news among them."""

from datetime import UTC, date, datetime

import pytest

from feeds.draft import (
    Alternate,
    Document,
    Habits,
    Location,
    Parsed,
    Reason,
    Refused,
)
from feeds.model import Issued, IssuedFrom
from feeds.parse import sitemap, understand
from feeds.taxonomy import Taxonomy
from tests.pages import fields

START = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset '
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:xhtml="http://www.w3.org/1999/xhtml">'
)


def understood(
    body: str,
    osce: Taxonomy,
    url: str | None = "https://www.example.org/sitemap.xml",
) -> Parsed | Refused:
    document = Document(source="test", name="sitemap", body=body.encode(), url=url)
    return sitemap.parse(document, osce, Habits())


def parsed(inner: str, osce: Taxonomy, url: str | None = "https://www.example.org/") -> Parsed:
    found = understood(f"{START}{inner}</urlset>", osce, url)
    assert isinstance(found, Parsed), str(found)
    return found


def test_pages_are_locations(osce: Taxonomy) -> None:
    found = parsed(
        "<url><loc> https://www.example.org/1 </loc><lastmod>2026-11-20T10:00:00+01:00</lastmod></url>"  # noqa: E501
        "<url><loc>https://www.example.org/2</loc><lastmod>2026-11-20</lastmod></url>"
        "<url><loc>/3</loc><lastmod>soon</lastmod></url><url/><other/>",
        osce,
    )
    assert (found.form, found.is_list, found.drafts) == ("sitemap", True, ())
    assert found.locations == (
        Location(url="https://www.example.org/1", modified=datetime(2026, 11, 20, 9, tzinfo=UTC)),
        Location(
            url="https://www.example.org/2",
            modified=datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC),
        ),
        Location(url="https://www.example.org/3"),
    )


def test_an_index_lists_sitemaps(osce: Taxonomy) -> None:
    body = (
        "<sitemapindex><sitemap><loc>https://www.example.org/a.xml</loc></sitemap></sitemapindex>"
    )
    found = understood(body, osce)
    assert isinstance(found, Parsed)
    assert found.locations == (Location(url="https://www.example.org/a.xml", is_sitemap=True),)


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("https://www.example.org/1", True),
        ("http://example.org/1", True),
        ("https://news.example.org/1", True),
        ("https://example.test/1", False),
        ("https://notexample.org/1", False),
        ("ftp://www.example.org/1", False),
    ],
)
def test_only_pages_of_the_same_site_are_taken(url: str, is_kept: bool, osce: Taxonomy) -> None:
    found = parsed(f"<url><loc>{url}</loc></url>", osce)
    assert bool(found.locations) is is_kept


def test_a_sitemap_from_nowhere_may_list_any_site(osce: Taxonomy) -> None:
    assert parsed("<url><loc>https://e.test/1</loc></url>", osce, None).locations
    assert not parsed("<url><loc>https://e.test/1</loc></url>", osce, "http://[x/").locations


def test_news_are_partial_drafts(osce: Taxonomy) -> None:
    found = parsed(
        "<url><loc>https://www.example.org/1</loc><news:news><news:publication>"
        "<news:name>News</news:name><news:language>en-us</news:language></news:publication>"
        "<news:publication_date>2026-11-20</news:publication_date>"
        "<news:title>Officers &amp;amp; judges met</news:title>"
        "<news:keywords>Policing, zzz</news:keywords></news:news>"
        '<xhtml:link rel="alternate" hreflang="fr" href="/fr/1"/>'
        '<xhtml:link rel="alternate" hreflang="x-default" href="/1"/></url>'
        "<url><loc>https://www.example.org/2</loc><news:news/></url>",
        osce,
    )
    [draft] = found.drafts
    assert (draft.title, draft.url, draft.partial) == (
        "Officers & judges met",
        "https://www.example.org/1",
        True,
    )
    assert draft.issued == Issued(day=date(2026, 11, 20), origin=IssuedFrom.FEED)
    assert (draft.language, fields(draft)) == ("en-US", [("Policing", "policing")])
    assert draft.alternates == (Alternate("fr", "https://www.example.org/fr/1"),)
    assert [each.url for each in found.locations] == ["https://www.example.org/2"]


def test_a_long_title_is_cut(osce: Taxonomy) -> None:
    title = f"<news:news><news:title>{'a' * 1000}</news:title></news:news>"
    found = parsed(f"<url><loc>/1</loc>{title}</url>", osce)
    assert len(found.drafts[0].title) == 300


def test_the_half_page_of_a_cut_sitemap_is_left_out(osce: Taxonomy) -> None:
    body = f"{START}<url><loc>/1</loc></url><url><loc>https://www.example.org/2"
    found = understood(body, osce, "https://www.example.org/")
    assert isinstance(found, Parsed)
    assert [each.url for each in found.locations] == ["https://www.example.org/1"]


@pytest.mark.parametrize("form", ["", "sitemap"])
def test_a_list_of_addresses_is_a_sitemap(osce: Taxonomy, form: str) -> None:
    """As sitemaps.org has it, whether or not its source says so."""
    body = "\ufeffhttps://www.example.org/1\r\n\n https://www.example.org/2 \nhttps://e.test/3\n"
    document = Document(source="s", name="d", body=body.encode(), url="https://www.example.org/a")
    found = understand(document, osce, Habits(form=form))
    assert isinstance(found, Parsed)
    assert (found.is_list, found.drafts) == (True, ())
    assert [each.url for each in found.locations] == [
        "https://www.example.org/1",
        "https://www.example.org/2",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "https://www.example.org/1\nis where the office is.\n",
        "https://www.example.org/1\n",
        "The office\nhttps://www.example.org/1\nhttps://www.example.org/2\n",
        "https://www.example.org/1\nhttps://www.example.org/2\n" + "It says so.\n" * 9,
    ],
)
def test_a_text_that_names_addresses_is_none(osce: Taxonomy, body: str) -> None:
    document = Document(source="s", name="d", body=body.encode(), url="https://www.example.org/a")
    assert isinstance(understand(document, osce), Refused)


def test_one_line_that_is_no_address_spoils_no_list(osce: Taxonomy) -> None:
    body = "https://www.example.org/1\n# made by hand\nhttps://www.example.org/2\n"
    found = understood(body, osce)
    assert isinstance(found, Parsed)
    assert len(found.locations) == 2


@pytest.mark.parametrize("body", ["https://www.example.org/1\nand words", "/1", " ", "\0"])
def test_words_are_no_sitemap(body: str, osce: Taxonomy) -> None:
    found = understood(body, osce)
    assert isinstance(found, Refused)
    assert found.reason is Reason.MALFORMED


@pytest.mark.one_python
def test_no_more_than_the_protocol_allows_is_read(osce: Taxonomy) -> None:
    pages = [f"<url><loc>/{number}</loc></url>" for number in range(50_001)]
    found, whole = parsed("".join(pages), osce), parsed("".join(pages[1:]), osce)
    assert (len(found.locations), found.may_hold_more) == (50_000, True)
    assert (len(whole.locations), whole.may_hold_more) == (50_000, False)
    lines = understood("\n".join(f"https://www.example.org/{n}" for n in range(50_001)), osce)
    assert isinstance(lines, Parsed)
    assert (len(lines.locations), lines.may_hold_more) == (50_000, True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<html><body>Sitemap</body></html>", Reason.MALFORMED),
        ("<urlset>" + "<a>" * 200_000, Reason.HOSTILE),
        ("<urlset><url><loc>/1</lo", Reason.MALFORMED),
        ("<sitemapindex>", Reason.MALFORMED),
    ],
)
def test_others_are_refused(body: str, reason: Reason, osce: Taxonomy) -> None:
    found = understood(body, osce)
    assert isinstance(found, Refused)
    assert found.reason is reason


def test_a_sitemap_wrapped_in_another_one_is_read(osce: Taxonomy) -> None:
    body = "<urlset><urlset><url><loc>https://www.example.org/1</loc></url></urlset></urlset>"
    found = understood(body, osce, "https://www.example.org/sitemap.xml")
    assert isinstance(found, Parsed)
    assert [one.url for one in found.locations] == ["https://www.example.org/1"]
