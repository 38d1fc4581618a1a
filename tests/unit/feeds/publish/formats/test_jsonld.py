"""What pages say of themselves to machines: true, whole, and never the end of their element."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import html

from feeds.model import Author, Issued, IssuedFrom, Item
from feeds.publish.build import SiteBuilder
from feeds.publish.feed import ALL, FeedRef
from feeds.storage.read_items import Surroundings
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING
from tests.items import a_site, an_item, feed_page, issued


def page(osce: Taxonomy, item: Item, **site: Any) -> Any:
    """The page of an item, as elements."""
    _, made = SiteBuilder(a_site(**site), osce).item(item, Surroundings())
    return html.fromstring(made.decode())


def told(made: Any) -> dict[str, Any]:
    (script,) = made.xpath("//script")
    assert script.get("type") == "application/ld+json"
    found: dict[str, Any] = json.loads(script.text)
    return found


def test_the_page_of_an_item_says_what_a_news_article_says(osce: Taxonomy) -> None:
    item = an_item(issued=issued("2026-11-18"), authors=(Author(name="Ann Lee"),))
    assert told(page(osce, item)) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.title,
        "description": item.summary,
        "datePublished": "2026-11-18",
        "dateModified": "2026-11-20T12:00:00+00:00",
        "inLanguage": "en",
        "url": f"https://news.example.org/items/{item.slug}/",
        "mainEntityOfPage": f"https://news.example.org/items/{item.slug}/",
        "author": [{"@type": "Person", "name": "Ann Lee"}],
        "publisher": {
            "@type": "Organization",
            "name": "OSCE",
            "url": "https://news.example.org/",
        },
        "articleSection": ["Policing"],
    }


def test_a_day_that_nobody_knows_is_not_told(osce: Taxonomy) -> None:
    made = page(osce, an_item(issued=None))
    assert "datePublished" not in told(made)
    assert made.xpath("//meta[@property='article:published_time']") == []


def test_an_instant_is_told_as_one(osce: Taxonomy) -> None:
    at = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    item = an_item(issued=Issued(day=at.date(), at=at, origin=IssuedFrom.FEED))
    assert told(page(osce, item))["datePublished"] == "2026-11-18T23:30:00+00:00"


def test_issuers_who_stand_for_authors_are_no_persons(osce: Taxonomy) -> None:
    """Whatever they are called in the language of the site."""
    for language in ("en", "de"):
        (author, *_) = told(page(osce, an_item(), language=language))["author"]
        assert (author["@type"], author["name"]) == ("Organization", "OSCE Secretariat")


def test_a_fetched_item_is_at_home_where_it_came_from(osce: Taxonomy) -> None:
    made = page(osce, an_item(source="web", url="https://www.osce.org/1"))
    assert told(made)["url"] == told(made)["mainEntityOfPage"] == "https://www.osce.org/1"
    assert made.xpath("//meta[@property='og:url']/@content") == ["https://www.osce.org/1"]


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "]]> &lt;/script&gt; </ScRiPt >",
        'quotes " and \\ and \u2028 lines',
        "{{ 7 * 7 }} {% raw %}",
    ],
)
def test_no_text_ends_the_element_or_says_something_else(osce: Taxonomy, text: str) -> None:
    item = an_item(title=text, summary=text, authors=(Author(name=text),))
    made = page(osce, item)
    assert len(made.xpath("//script")) == 1
    data = told(made)
    shown = " ".join(text.split())
    assert (data["headline"], data["description"]) == (shown, shown)
    assert data["author"][0]["name"] == shown
    assert made.xpath("//meta[@property='og:title']/@content") == [shown]


def test_an_item_without_a_summary_is_described_by_how_it_opens(osce: Taxonomy) -> None:
    item = an_item(summary="", body="Word " * 200)
    (described,) = page(osce, item).xpath("//meta[@name='description']/@content")
    assert described.startswith("Word Word")
    assert described.endswith(" …")
    assert len(described) < 310
    assert page(osce, an_item(summary="", body="")).xpath("//meta[@name='description']") == []


def test_the_page_of_a_feed_lists_its_items(osce: Taxonomy) -> None:
    builder = SiteBuilder(a_site(), osce)
    ready = builder.ready(an_item())
    feed = FeedRef.of(POLICING)
    data = told(html.fromstring(feed_page(builder, feed, ready)))
    assert data["@type"] == "CollectionPage"
    assert data["url"] == "https://news.example.org/feeds/fields/policing/"
    assert data["mainEntity"]["itemListElement"] == [
        {
            "@type": "ListItem",
            "position": 1,
            "url": "https://news.example.org/items/aaaaaaaaaaaaaaaa/",
        }
    ]


def test_a_feed_without_items_lists_none(osce: Taxonomy) -> None:
    page = feed_page(SiteBuilder(a_site(), osce), ALL)
    assert told(html.fromstring(page))["mainEntity"]["itemListElement"] == []
