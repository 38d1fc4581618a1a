"""Pages in Chromium: on a phone and on a desk, in light and in dark, without script."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx2 as httpx
import pytest
from lxml import html
from playwright.sync_api import Browser, Page, ViewportSize

from feeds.taxonomy import Taxonomy
from tests.contrast import LEAST_CONTRAST, contrasts
from tests.served_site import ServedSite, served_site

Scheme = Literal["light", "dark"]

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=900)
#: design/look: the page and its head.
GROUNDS = {
    "light": ("rgb(251, 249, 245)", "rgb(63, 82, 102)"),
    "dark": ("rgb(18, 22, 27)", "rgb(169, 184, 200)"),
}
PAGES = ["/", "/feeds/fields/policing", "/feeds/issuers/secretariat", "guide", "fetched"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, osce: Taxonomy) -> Iterator[ServedSite]:
    with served_site(tmp_path_factory.mktemp("site"), osce) as up:
        yield up


def address(site: ServedSite, page: str) -> str:
    titles = {"guide": "Human rights compliance", "fetched": "Representative calls"}
    return site.item(titles[page]) if page in titles else site.url + page


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    wanted: Scheme = request.param
    return wanted


@pytest.fixture(scope="module", params=[PHONE, DESK], ids=["phone", "desk"])
def window(request: pytest.FixtureRequest) -> ViewportSize:
    wanted: ViewportSize = request.param
    return wanted


@pytest.fixture(scope="module")
def opened(browser: Browser, window: ViewportSize, scheme: Scheme) -> Iterator[Page]:
    """A tab for one page after the other, without script as everything must work without.

    Chromium starts two processes for a tab, which takes longer than all pages in it.
    """
    context = browser.new_context(
        viewport=window,
        color_scheme=scheme,
        java_script_enabled=False,
    )
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """A tab on a phone, for one page after the other.

    Script is on for those who test, the pages have none.
    """
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("page", PAGES)
def test_every_word_stands_out_and_nothing_is_wider_than_the_window(
    site: ServedSite, opened: Page, scheme: Scheme, page: str, tmp_path: Path
) -> None:
    opened.goto(address(site, page))
    with pictured_where_wrong(opened, tmp_path / f"{scheme}.png"):
        stands_out(opened, scheme)


@contextmanager
def pictured_where_wrong(shown: Page, file: Path) -> Iterator[None]:
    """A picture of a page with a fault is left, for people to look at."""
    try:
        yield
    except AssertionError:
        shown.screenshot(path=file, full_page=True)
        raise


def stands_out(opened: Page, scheme: Scheme) -> None:
    shown = contrasts(opened)
    assert len(shown) > 10
    assert [(text, ratio) for text, ratio in shown if ratio < LEAST_CONTRAST] == []
    ground, head = GROUNDS[scheme]
    assert _ground(opened, "body") == ground
    assert _ground(opened, "header") == head
    assert opened.viewport_size
    assert opened.evaluate("document.documentElement.scrollWidth") == opened.viewport_size["width"]


def _ground(page: Page, selector: str) -> str:
    script = "element => getComputedStyle(element).backgroundColor"
    found: str = page.locator(selector).evaluate(script)
    return found


def test_what_a_reader_came_for_is_above_the_fold_on_a_phone(site: ServedSite, tab: Page) -> None:
    tab.goto(f"{site.url}/feeds/fields/policing")
    for wanted in (".address", "text=Get it by email", "article h3 >> nth=0"):
        box = tab.locator(wanted).bounding_box()
        assert box, wanted
        assert box["y"] + box["height"] <= PHONE["height"], wanted


def test_an_address_is_selected_as_a_whole_by_one_click(site: ServedSite, tab: Page) -> None:
    tab.goto(f"{site.url}/feeds/fields/policing")
    tab.locator(".address code").click(click_count=1)
    assert tab.evaluate("getSelection().toString()") == f"{site.url}/feeds/fields/policing.atom"


def test_a_word_without_end_does_not_widen_a_phone(site: ServedSite, tab: Page) -> None:
    tab.goto(site.item("Human rights compliance"))
    tab.locator("h1").evaluate("heading => heading.textContent = 'x'.repeat(300)")
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_keyboard_reaches_the_content_first(site: ServedSite, tab: Page) -> None:
    tab.goto(site.url)
    tab.keyboard.press("Tab")
    skip = tab.locator(".skip")
    assert skip.evaluate("link => link === document.activeElement")
    box = skip.bounding_box()
    assert box
    assert box["x"] >= 0


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_script_no_image_and_nothing_from_elsewhere(
    site: ServedSite, tab: Page, page: str
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.goto(address(site, page))
    assert all(url.startswith((site.url, "data:")) for url in asked), asked
    assert complaints == []
    assert tab.locator("script:not([type='application/ld+json']), img, iframe").count() == 0


def test_every_link_within_the_site_leads_somewhere(site: ServedSite) -> None:
    seen: set[str] = set()
    waiting = [f"{site.url}/"]
    with httpx.Client() as client:
        while waiting:
            url = waiting.pop().partition("#")[0]
            # Where forms go is answered by who takes them.
            if url in seen or not url.startswith(site.url) or url == f"{site.url}/subscribe":
                continue
            seen.add(url)
            answer = client.get(url)
            assert answer.status_code == 200, url
            if answer.headers["content-type"].startswith("text/html"):
                page: Any = html.fromstring(answer.text, base_url=url)
                page.make_links_absolute()
                waiting += [link for _, _, link, _ in page.iterlinks()]
    assert len(seen) > 150


def fetched(url: str) -> Any:
    """The page at an address, as elements."""
    return html.fromstring(httpx.get(url).text)


def test_a_page_names_its_language_its_address_and_its_feed(site: ServedSite) -> None:
    page = fetched(f"{site.url}/feeds/fields/policing")
    assert page.get("lang") == "en"
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{site.url}/feeds/fields/policing/"]
    for where in ("//link[@rel='alternate']", "//p[contains(., 'Formats')]/a[@type]"):
        feeds = [(each.get("type"), each.get("href")) for each in page.xpath(where)]
        assert [(kind, link.removeprefix(site.url)) for kind, link in feeds] == [
            ("application/atom+xml", "/feeds/fields/policing.atom"),
            ("application/rss+xml", "/feeds/fields/policing.rss"),
            ("application/feed+json", "/feeds/fields/policing.json"),
        ]


def test_an_items_page_leads_to_the_feeds_it_is_in(site: ServedSite) -> None:
    page = fetched(site.item("Human rights compliance"))
    feeds = page.xpath("//link[@rel='alternate'][@type='application/atom+xml']/@href")
    assert [feed.removeprefix(f"{site.url}/feeds/") for feed in feeds] == [
        "issuers/secretariat.atom",
        "issuers/transnational-threats-department.atom",
        "fields/policing.atom",
        "fields/human-rights.atom",
        "types/news.atom",
        "all.atom",
    ]
    assert "date not stated" in page.text_content()


def test_an_item_in_another_language_says_so_where_it_is_shown(site: ServedSite) -> None:
    for path in (site.item("Конференция"), f"{site.url}/feeds/all"):
        page = fetched(path)
        assert page.xpath("//*[@lang='ru'][contains(., 'Конференция')]"), path
        assert page.get("lang") == "en"


def test_a_fetched_item_shows_its_summary_its_credit_and_the_way_to_the_whole(
    site: ServedSite,
) -> None:
    page = fetched(site.item("Representative calls"))
    text = page.text_content()
    assert "The course was held in Vienna." not in text
    assert "© OSCE, www.osce.org" in text
    origin = "https://www.osce.org/representative/123456"
    assert page.xpath("//main//a[. = 'Read it in full at osce.org']/@href") == [origin]
    assert page.xpath("//link[@rel='canonical']/@href") == [origin]


def test_the_days_are_written_as_people_write_them(site: ServedSite) -> None:
    page = fetched(f"{site.url}/feeds/fields/human-rights")
    times = [(each.get("datetime"), each.text) for each in page.iter("time")]
    assert times == [("2026-11-19", "19 November 2026"), ("2026-11-18", "18 November 2026")]


def test_the_index_shows_the_tree_and_what_is_closed(site: ServedSite) -> None:
    page = fetched(site.url)
    below = page.xpath("//li[div//a = 'OSCE Secretariat']/ul/li/div//a/text()")
    assert "Transnational Threats Department" in below
    closed = page.xpath("//li[div//a = 'OSCE Mission to Croatia']//*[@class='closed']/text()")
    assert closed == ["closed"]
    assert not page.xpath("//li[div//a = 'Policing']//*[@class='closed']")
