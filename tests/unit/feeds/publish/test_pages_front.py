"""What the front page says of each feed."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from feeds.publish.build import SiteBuilder
from feeds.publish.feed import ALL, FeedLink, FeedRef
from feeds.publish.pages import MONTHS_SHOWN, TopicLine, overview
from feeds.selection import EVERYWHERE
from feeds.storage.entries import PastMonths
from feeds.taxonomy import Taxonomy
from tests.builders import HUMAN_RIGHTS, POLICING
from tests.items import a_site

VIENNA = ZoneInfo("Europe/Vienna")
LATE = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
PAST = PastMonths(months={"2019-03": 5, "2026-09": 2, "2026-11": 1}, latest_at=LATE)


def a_link(**below: FeedLink) -> FeedLink:
    feed = FeedRef.of(POLICING)
    return FeedLink(feed=feed, label="Policing", closed=False, below=tuple(below.values()))


def a_line(*months: int) -> TopicLine:
    return TopicLine(link=a_link(), count=sum(months), latest=None, months=months, below=())


def test_a_line_counts_all_items_and_shows_the_last_two_years() -> None:
    """A day is that of the site, as everywhere on its pages."""
    found = overview({"field": [a_link()]}, {EVERYWHERE: PAST, POLICING.place: PAST}, VIENNA)
    (line,) = found.lines["field"]
    assert (line.count, line.latest) == (8, date(2026, 11, 24))
    assert line.months == (0,) * 21 + (2, 0, 1)
    assert len(found.months) == MONTHS_SHOWN
    assert (found.months[0], found.months[-1]) == (date(2024, 12, 1), date(2026, 11, 1))


def test_the_last_month_is_that_of_the_newest_item_of_all() -> None:
    """No clock is asked: the same store gives the same page."""
    old = PastMonths(months={"2026-10": 4})
    found = overview({"field": [a_link()]}, {EVERYWHERE: PAST, POLICING.place: old}, VIENNA)
    assert found.lines["field"][0].months[-2:] == (4, 0)


def test_a_store_without_items_shows_no_months() -> None:
    found = overview({"field": [a_link(child=a_link())]}, {}, VIENNA)
    (line,) = found.lines["field"]
    assert (found.months, line.count, line.latest, line.months, line.chart) == ((), 0, None, (), "")
    assert [each.link.label for each in line.below] == ["Policing"]


@pytest.mark.parametrize(
    ("months", "chart"),
    [
        ((0, 0), ""),
        ((1, 0, 2), "M2 16v-8M10 16v-16"),
        ((1, 1000), "M2 16v-1M6 16v-16"),
    ],
)
def test_a_chart_has_a_line_for_each_month_with_items(months: tuple[int, ...], chart: str) -> None:
    """However few they are beside those of the fullest month, it is seen."""
    assert a_line(*months).chart == chart


def front_page(osce: Taxonomy, **changes: object) -> Any:
    histories = dict.fromkeys((EVERYWHERE, POLICING.place), PAST)
    builder = SiteBuilder(a_site(**changes), osce)
    return html.fromstring(builder.front_page(["en"], histories, [])[1].decode())


def test_the_front_page_tells_what_a_chart_shows_in_words(osce: Taxonomy) -> None:
    page = front_page(osce)
    (item,) = page.xpath("//li[div//a = 'Policing']")
    assert item.xpath(".//*[@class='count']/text()") == ["8 items, latest on 24 November 2026"]
    (chart,) = item.xpath(".//svg")
    told = chart.get("aria-label")
    assert told.startswith("Items a month, from December 2024 to November 2026: 0, 0, ")
    assert told.endswith(", 2, 0, 1")
    (rights,) = page.xpath("//li[div//a = 'Human rights']")
    assert rights.xpath(".//svg | .//*[@class='count']") == []
    assert HUMAN_RIGHTS.slug in rights.xpath(".//a/@href")[0]


def test_each_facet_but_the_first_is_folded_and_all_are_led_to(osce: Taxonomy) -> None:
    page = front_page(osce)
    led = [each.removeprefix("#") for each in page.xpath("//nav[@class='kinds']/a/@href")]
    assert led == ["field", "issuer", "country", "type", "language"]
    assert page.xpath("//details/ul/@id") == led
    assert page.xpath("//details[@open]/ul/@id") == led[:1]


def test_the_search_is_offered_where_somebody_answers_it(osce: Taxonomy) -> None:
    page = front_page(osce, url="https://example.org/news")
    (form,) = page.xpath("//form[@role='search']")
    assert form.get("action") == "/news/feeds/select/"
    assert form.xpath(".//input/@name") == ["q"]
    assert "SearchAction" in page.xpath("string(//script)")
    static = front_page(osce, has_search=False, has_sign_up=False)
    assert static.xpath("//form") == []
    assert "SearchAction" not in static.xpath("string(//script)")
    assert ALL.page in static.xpath("//a[@class='button']/@href")[0]
