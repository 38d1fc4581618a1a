"""A website all the way: real HTTP, real parsers, a real store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.storage import VERSIONS
from tests.publisher import contents
from tests.publisher.site import Site
from tests.publisher.taking import desk

OTHERS = [contents.Story(n) for n in range(50, 60)]
STARTS = ("/news", "/feed.atom", "/full.atom", "/feed.rss", "/sitemap.xml")


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "store.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = Database.open(f"sqlite:///{path}", VERSIONS)
    yield opened
    opened.close()


@pytest.mark.parametrize("start", STARTS)
def test_every_way_into_a_site_brings_its_items_and_no_more_a_second_time(
    store: Database, osce: Taxonomy, start: str
) -> None:
    site = Site(count=20, per_page=5, per_sitemap=10)
    with desk(store, osce, site) as taking:
        report = taking.ingest(start, listing_pages=4)
        assert (report.added, report.quarantined) == (20, 0)
        days = {story.title: story.day for story in site.stories}
        # Sitemaps say when a page changed, and nobody says when it was issued.
        assert taking.items == (dict.fromkeys(days) if start == "/sitemap.xml" else days)
        site.forget_asked()
        again = taking.ingest(start, listing_pages=4)
        assert (again.added, again.revised, again.quarantined) == (0, 0, 0)
        assert {asked.status for asked in site.asked if asked.target != "/robots.txt"} == {304}


@pytest.mark.parametrize("first", STARTS)
def test_whichever_way_into_a_site_comes_first_the_others_add_no_item(
    store: Database, osce: Taxonomy, first: str
) -> None:
    site = Site(count=20, per_page=5, per_sitemap=10)
    with desk(store, osce, site) as taking:
        assert taking.ingest(first, listing_pages=4).added == 20
        for start in STARTS:
            assert taking.ingest(start, listing_pages=4).added == 0
        assert taking.items == {story.title: story.day for story in site.stories}


def test_a_page_withdrawn_is_no_longer_listed(store: Database, osce: Taxonomy) -> None:
    site = Site(count=8)
    with desk(store, osce, site) as taking:
        taking.ingest("/news")
        site.break_down("/news/100003", 410)
        report = taking.ingest("/news")
        assert (report.added, report.revised, report.quarantined) == (0, 0, 0)
        assert report.withdrawn == 1


def test_a_page_that_fails_is_an_item_as_its_list_tells_it_until_it_can_be_had(
    store: Database, osce: Taxonomy
) -> None:
    site = Site(count=4)
    with desk(store, osce, site) as taking:
        site.break_down("/news/100003")
        assert taking.ingest("/news").added == 4
        site.mend("/news/100003")
        report = taking.ingest("/news")
        assert (report.added, report.revised) == (0, 1)
        assert taking.items == {story.title: story.day for story in site.stories}


def test_a_page_taken_off_its_list_and_withdrawn_is_no_longer_listed(
    store: Database, osce: Taxonomy
) -> None:
    site = Site(count=8)
    with desk(store, osce, site) as taking:
        taking.ingest("/news")
        site.withdraw(3)
        assert taking.ingest("/news").withdrawn == 1
        assert taking.items == {story.title: story.day for story in site.stories}


@pytest.mark.parametrize("body", [contents.login(), contents.listing(OTHERS, None)])
def test_what_comes_instead_of_a_page_is_held_and_the_item_told_by_its_list(
    store: Database, osce: Taxonomy, body: bytes
) -> None:
    site = Site(count=4)
    with desk(store, osce, site) as taking:
        site.show("/news/100003", body)
        for _ in range(2):
            report = taking.ingest("/news")
            assert taking.items == {story.title: story.day for story in site.stories}
            (held,) = report.quarantine
            assert held.document.endswith("/news/100003")
        site.mend("/news/100003")
        report = taking.ingest("/news")
        assert (report.added, report.revised, report.quarantined) == (0, 1, 0)


def test_validators_that_are_renewed_while_nothing_changes_are_remembered(
    store: Database, osce: Taxonomy
) -> None:
    site = Site(count=3)
    page = "/news/100002"
    with desk(store, osce, site) as taking:
        site.renew_validators(page, contents.page(site.story(2)))
        for _ in range(3):
            taking.ingest("/news")
        assert [one.status for one in site.asked if one.target == page] == [200, 304, 304]
