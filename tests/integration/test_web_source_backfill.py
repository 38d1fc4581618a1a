"""A backfill of a website: everything, once, however often it is killed on the way."""

import itertools
from contextlib import suppress
from datetime import date

import pytest

from feeds.errors import SourceError
from feeds.sources import Fetched, Seen
from feeds.standing import State
from tests.publisher import contents
from tests.publisher.looking import Looking, looking
from tests.publisher.server import Request, Response
from tests.publisher.site import Site

STARTS = ("/news", "/sitemap.xml")


def everything(shown: Looking) -> set[str]:
    return {story.title for story in shown.site.stories}


@pytest.mark.parametrize("start", STARTS)
def test_a_backfill_has_everything_there_is(start: str) -> None:
    with looking(Site(count=47, per_page=5, per_sitemap=10), start) as shown:
        shown.watched.look(backfill=True)
        assert shown.titles == everything(shown)


@pytest.mark.parametrize("start", STARTS)
def test_a_second_backfill_asks_for_no_item_again(start: str) -> None:
    with looking(Site(count=47, per_page=5, per_sitemap=10), start) as shown:
        shown.watched.look(backfill=True)
        shown.site.forget_asked()
        before = dict(shown.watched.store.items)
        seen = shown.watched.look(backfill=True)
        assert not any(isinstance(one, Fetched) for one in seen)
        assert not any(target.startswith("/news/") for target in shown.site.targets)
        assert {asked.status for asked in shown.site.asked} == {304}
        assert shown.watched.store.items == before


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 20])
def test_a_backfill_killed_again_and_again_ends_with_the_same(start: str, step: int) -> None:
    """Each process dies ``step`` documents further than the one before."""
    with looking(Site(count=24, per_page=5, per_sitemap=10), start) as whole:
        whole.watched.look(backfill=True)
        with looking(Site(count=24, per_page=5, per_sitemap=10), start) as killed:
            deaths = itertools.count(step, step)
            while killed.watched.killed_look(next(deaths), backfill=True):
                pass
            assert killed.titles == whole.titles == everything(whole)
            asked = [target for target in killed.site.targets if target.startswith("/news/")]
            # What was on its way when the process died is asked for once more, nothing else is.
            assert sorted(set(asked)) == sorted(story.path for story in whole.site.stories)


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_a_list_that_shifts_between_deaths_loses_nothing(step: int) -> None:
    with looking(Site(count=24, per_page=5)) as shown:
        deaths = itertools.count(step, step)
        while shown.watched.killed_look(next(deaths), backfill=True):
            if shown.site.count < 40:
                shown.site.publish(2)
        assert shown.titles >= everything(shown)


def test_a_list_that_shifts_while_it_is_read_loses_nothing() -> None:
    with looking(Site(count=40, per_page=5)) as shown:
        scan = shown.watched.source(backfill=True).scan({}, shown.watched.now)
        for number, one in enumerate(scan):
            shown.watched.store.take(one)
            if number % 9 == 0 and number < 60:
                shown.site.publish(7)
        shown.watched.look()
        assert shown.titles == everything(shown)


@pytest.mark.parametrize("start", STARTS)
def test_a_backfill_goes_as_far_back_as_it_is_told(start: str) -> None:
    site = Site(count=80, per_page=5, per_sitemap=10)
    since = date(2001, 1, 23)
    with looking(site, start) as shown:
        shown.watched.look(backfill=True, since=since)
        wanted = {s.title for s in site.stories if contents.changed(s) >= since}
        assert shown.titles == wanted
        assert len(shown.site.targets) < 45


def test_a_server_that_shows_one_list_at_every_address_does_not_hold_us() -> None:
    """Each page has the same entries and leads to a page of another address."""
    site = Site(count=5)

    def endless(request: Request) -> Response:
        number = int(request.query.partition("=")[2] or 1)
        body = contents.listing(site.stories, f"/archive?page={number + 1}")
        return Response(body=body)

    for number in range(1, 30):
        site.faults[f"/archive?page={number}"] = endless
    with looking(site, "/archive?page=1") as shown:
        shown.watched.look(backfill=True)
        assert shown.titles == everything(shown)
        assert "/archive?page=9" not in shown.site.targets


def test_lists_that_lead_in_a_circle_are_read_once() -> None:
    site = Site(count=10)
    ways = {"/a": "/b", "/b": "/c", "/c": "/a"}
    for path, following in ways.items():
        site.show(path, contents.listing(site.stories, following))
    with looking(site, "/a") as shown:
        shown.watched.look(backfill=True, follow=False)
        assert shown.site.targets == ["/a", "/b", "/c"]


def test_a_part_of_the_list_that_fails_is_told_and_had_the_next_time() -> None:
    with looking(Site(count=25, per_page=5)) as shown:
        shown.site.break_down("/news?page=3")
        shown.watched.look(backfill=True)
        standing = shown.watched.store.standing
        assert standing is not None
        assert standing.state is State.FAILING
        assert "page=3" in standing.problem
        assert len(shown.watched.store.items) == 10
        shown.site.mend("/news?page=3")
        shown.watched.look(backfill=True)
        assert shown.titles == everything(shown)


@pytest.mark.parametrize("start", STARTS)
def test_a_server_that_fails_now_and_then_gives_everything_in_the_end(start: str) -> None:
    with looking(Site(count=30, per_page=5, per_sitemap=10, unsteady=7), start) as shown:
        for _ in range(40):
            _look_if_possible(shown)
        assert {one.title for one in shown.watched.store.items.values() if one.text} == (
            everything(shown)
        )


def _look_if_possible(shown: Looking) -> None:
    # The first request may be the one that fails.
    with suppress(SourceError):
        shown.watched.look(backfill=True)


def test_a_site_that_is_down_is_left_alone_after_a_while() -> None:
    with looking(Site(count=200), "/sitemap.xml") as shown:
        for story in shown.site.stories:
            shown.site.break_down(story.path, 503)
        shown.watched.look(backfill=True)
        assert len(shown.site.targets) < 30
        standing = shown.watched.store.standing
        assert standing is not None
        assert standing.state is State.FAILING


def test_a_large_site_is_taken_in_by_several_looks() -> None:
    """An ordinary look asks for 500 pages, and the next one is due at once."""
    with looking(Site(count=1_100, per_sitemap=600), "/sitemap.xml") as shown:
        looks: list[list[Seen]] = []
        while True:
            started = shown.watched.now
            looks.append(shown.watched.look())
            standing = shown.watched.store.standing
            assert standing is not None
            if standing.next_look_at != started:
                break
        assert len(looks) == 3
        assert shown.titles == everything(shown)


@pytest.mark.parametrize(
    ("start", "backfill"), [("/news", False), ("/news", True), ("/sitemap.xml", True)]
)
def test_how_much_there_is_is_known_in_the_end(start: str, backfill: bool) -> None:
    with looking(Site(count=25, per_page=5, per_sitemap=10), start) as shown:
        source = shown.watched.source(backfill=backfill)
        assert source.expected is None
        seen = list(source.scan({}, shown.watched.now))
        assert source.expected == len(seen)


def test_how_much_a_sitemap_of_sitemaps_leads_to_is_estimated_by_those_read() -> None:
    with looking(Site(count=100, per_sitemap=10), "/sitemap.xml") as shown:
        source = shown.watched.source(backfill=True)
        scan = source.scan({}, shown.watched.now)
        for _ in range(30):
            next(scan)
        assert source.expected is not None
        assert 80 <= source.expected <= 120


def test_how_much_a_long_list_leads_to_is_estimated_by_the_time_it_goes_back() -> None:
    with looking(Site(count=400, per_page=10)) as shown:
        source = shown.watched.source(backfill=True, since=contents.FIRST_DAY)
        scan = source.scan({}, shown.watched.now)
        estimates = []
        for number, _ in enumerate(scan):
            if number % 50 == 49:
                estimates.append(source.expected)
        assert all(estimate is not None and 380 <= estimate <= 500 for estimate in estimates)
