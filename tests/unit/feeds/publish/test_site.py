"""What is said of an installation: where else its feeds are told of, and where pictures are."""

from feeds.publish.site import SourceTerms, item_page, slug_of
from tests.items import a_site

FEED = "feeds/all.atom"


def test_a_feed_names_each_hub_and_itself() -> None:
    """Who subscribes asks a hub for the address that is named as self (WebSub 4)."""
    site = a_site(hubs=("https://hub.example.org/", "https://news.example.org/websub"))
    assert site.links(FEED) == (
        '<https://hub.example.org/>; rel="hub", <https://news.example.org/websub>; rel="hub",'
        ' <https://news.example.org/feeds/all.atom>; rel="self"'
    )


def test_what_is_no_feed_names_nothing() -> None:
    assert a_site(hubs=("https://hub.example.org/",)).links("feeds/all/index.html") == ""


def test_a_feed_without_a_hub_names_nothing() -> None:
    assert a_site().links(FEED) == ""


def test_pages_of_items_may_show_pictures_where_a_source_does() -> None:
    page = "items/aaaaaaaaaaaaaaaa/index.html"
    assert not a_site().is_pictured(page)
    site = a_site(terms=(SourceTerms(source="own", full_text=True, images=True),))
    assert site.is_pictured(page)
    assert not site.is_pictured("feeds/all/index.html")


def test_the_page_of_an_item_tells_which_it_is_of() -> None:
    assert slug_of(f"{item_page('a-day-at-sea')}index.html") == "a-day-at-sea"
    assert slug_of(FEED) is None
