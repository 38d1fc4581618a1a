"""What is said of an installation: where else its feeds are told of."""

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
