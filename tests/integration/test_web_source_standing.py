"""How a website does as a whole, over real HTTP: failures, moves, pauses, hubs, ends."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from feeds.sources import Seen
from feeds.standing import State
from tests.publisher import contents
from tests.publisher.looking import Looking, looking
from tests.publisher.server import Request, Response
from tests.publisher.site import Site

Opened = Callable[..., Looking]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Puts a site on the web, and looks at one address of it."""
    with ExitStack() as stack:
        yield lambda *of: stack.enter_context(looking(*of))


def kinds(seen: list[Seen]) -> dict[str, int]:
    return dict(Counter(type(one).__name__ for one in seen))


def path(name: str) -> str:
    return urlsplit(name).path


def test_a_source_that_fails_says_why_and_rests_longer_each_time(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.site.break_down("/news", 500)
    assert "500" in shown.watched.failing_look()
    first = shown.watched.store.standing
    shown.watched.failing_look()
    second = shown.watched.store.standing
    assert first is not None
    assert second is not None
    assert (second.state, second.failures, second.since) == (State.FAILING, 2, first.since)
    assert first.next_look_at is not None
    assert second.next_look_at is not None
    assert second.next_look_at > first.next_look_at
    shown.site.mend("/news")
    shown.watched.look()
    third = shown.watched.store.standing
    assert third is not None
    assert (third.state, third.failures, third.problem) == (State.OK, 0, "")


@pytest.mark.parametrize("status", [401, 403, 404, 451])
def test_a_source_that_refuses_us_is_left_alone_for_a_day_at_once(
    opened: Opened, status: int
) -> None:
    shown = opened(Site(count=3))
    shown.site.break_down("/news", status)
    problem = shown.watched.failing_look()
    assert str(status) in problem
    assert "asked again on 2026-03-02" in problem
    assert _rest(shown) == timedelta(days=1)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_source_in_trouble_is_asked_again_soon(opened: Opened, status: int) -> None:
    shown = opened(Site(count=3))
    shown.site.break_down("/news", status)
    shown.watched.failing_look()
    assert _rest(shown) == timedelta(hours=2)


def test_a_refusal_where_a_source_had_moved_does_not_hold_up_its_old_address(
    opened: Opened,
) -> None:
    shown = opened(Site(count=3), "/old")
    shown.site.moved["/old"] = (301, "/news")
    shown.watched.look()
    shown.watched.look()
    shown.site.break_down("/news", 403)
    shown.watched.failing_look()
    assert _rest(shown) == timedelta(hours=2)


def _rest(shown: Looking) -> timedelta:
    """How long a source that just began to fail is left alone."""
    standing = shown.watched.store.standing
    assert standing is not None
    assert standing.next_look_at is not None
    return standing.next_look_at - standing.since


def test_a_login_page_where_the_list_was_is_a_failure(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.watched.look()
    shown.site.ask_to_log_in("/news")
    assert "log in" in shown.watched.failing_look()
    shown.site.mend("/news")
    assert kinds(shown.watched.look()) == {"Same": 4}


def test_a_list_cut_off_in_the_middle_is_a_failure(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.site.cut_off("/news")
    shown.watched.failing_look()
    assert shown.watched.store.items == {}


def test_robots_txt_can_keep_us_from_the_whole_source(opened: Opened) -> None:
    shown = opened(Site(count=3, robots="User-agent: *\nDisallow: /\n"))
    assert "robots.txt" in shown.watched.failing_look()
    assert shown.site.targets == []


def test_a_source_that_is_gone_has_ended(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.site.break_down("/news", 410)
    assert "until its address changes" in shown.watched.failing_look()
    standing = shown.watched.store.standing
    assert standing is not None
    assert (standing.state, standing.next_look_at) == (State.ENDED, None)


def moved_to(shown: Looking) -> str | None:
    """The path where the source is by now, None where it is at its own address."""
    standing = shown.watched.store.standing
    assert standing is not None
    assert (standing.state is State.MOVED) == (standing.moved_to is not None)
    return standing.moved_to and path(standing.moved_to)


def test_a_permanent_redirect_is_remembered_once_it_leads_to_what_is_known(
    opened: Opened,
) -> None:
    shown = opened(Site(count=3), "/old")
    shown.site.moved["/old"] = (301, "/news")
    shown.watched.look()
    assert moved_to(shown) is None
    shown.watched.look()
    assert moved_to(shown) == "/news"
    shown.site.forget_asked()
    assert kinds(shown.watched.look()) == {"Same": 4}
    assert "/old" not in shown.site.targets


def test_a_permanent_redirect_to_something_else_is_no_move(opened: Opened) -> None:
    """A feed that leads to the front page, by mistake."""
    shown = opened(Site(count=30, per_page=5), "/feed.atom")
    shown.watched.look()
    titles = shown.titles
    shown.site.moved["/feed.atom"] = (301, "/front")
    old = b'<h2><a href="/news/7">Of 2015</a></h2> <time datetime="2015-02-01">'
    shown.site.show("/front", b'<div class="list">%b</div>' % old)
    assert "something else" in shown.watched.failing_look()
    assert shown.titles == titles
    del shown.site.moved["/feed.atom"]
    shown.site.publish()
    shown.watched.look()
    assert shown.titles == titles | {shown.site.story(31).title}


def test_where_a_source_is_by_its_settings_is_asked_again_once_a_day(opened: Opened) -> None:
    shown = opened(Site(count=3), "/feed.atom")
    shown.watched.look()
    shown.site.moved["/feed.atom"] = (301, "/full.atom")
    shown.watched.look()
    assert moved_to(shown) == "/full.atom"
    shown.site.moved["/feed.atom"] = (404, "/")
    shown.watched.now += timedelta(days=1)
    shown.watched.look()
    assert moved_to(shown) == "/full.atom"
    del shown.site.moved["/feed.atom"]
    shown.watched.look()
    assert moved_to(shown) == "/full.atom"
    shown.watched.now += timedelta(days=1)
    shown.watched.look()
    assert moved_to(shown) is None


def test_a_list_is_asked_for_without_conditions_once_a_day_and_its_pages_once_a_week(
    opened: Opened,
) -> None:
    """Some servers say for ever that nothing changed."""
    shown = opened(Site(count=3))
    shown.watched.look()
    asked: dict[str, list[int]] = {"/news": [], "/news/100002": []}
    for _ in range(14):
        shown.watched.now += timedelta(hours=11)
        shown.site.forget_asked()
        shown.watched.look()
        for one in shown.site.asked:
            if one.target in asked:
                asked[one.target].append(one.status)
    assert asked["/news"].count(200) == 7
    assert asked["/news/100002"].count(200) == 1


def test_a_temporary_redirect_is_not(opened: Opened) -> None:
    shown = opened(Site(count=3), "/old")
    shown.site.moved["/old"] = (302, "/news")
    shown.watched.look()
    standing = shown.watched.store.standing
    assert standing is not None
    assert (standing.state, standing.moved_to) == (State.OK, None)


def test_a_site_that_asks_for_a_pause_gets_it(opened: Opened) -> None:
    shown = opened(Site(count=9))
    shown.site.break_down("/news/100005", 429, Retry_After="86400")
    shown.watched.look()
    standing = shown.watched.store.standing
    assert standing is not None
    assert standing.state is State.FAILING
    assert len(shown.watched.store.items) == 9
    assert len(shown.site.targets) == 1 + 5
    assert standing.next_look_at is not None
    assert (standing.next_look_at - shown.watched.now).total_seconds() > 80_000


@pytest.mark.parametrize("start", ["/news", "/feed.atom"])
def test_the_hub_that_announces_changes_is_remembered(opened: Opened, start: str) -> None:
    shown = opened(Site(count=3, hub="https://hub.example.org/"), start)
    for _ in range(2):
        shown.watched.look()
        standing = shown.watched.store.standing
        assert standing is not None
        assert standing.hub is not None
        assert (standing.hub.url, path(standing.hub.topic)) == ("https://hub.example.org/", start)


def test_a_hub_that_comes_with_a_feed_goes_before_the_one_within(opened: Opened) -> None:
    """WebSub, section 4."""
    site = Site(count=3, hub="https://within.example.org/")
    shown = opened(site, "/full.atom")
    body = contents.atom(shown.publisher.at(""), site.stories, full=True, hub=site.hub)
    fields = (("Link", '<https://hub.example.org/>; rel="hub"'), ("ETag", '"1"'))

    def answer(request: Request) -> Response:
        if request.header("If-None-Match") == '"1"':
            # Without the field that names the hub, as nothing changed.
            return Response(status=304)
        return Response(headers=fields, body=body)

    site.faults["/full.atom"] = answer
    for _ in range(2):
        shown.watched.look()
        standing = shown.watched.store.standing
        assert standing is not None
        assert standing.hub is not None
        assert standing.hub.url == "https://hub.example.org/"
    assert [one.status for one in site.asked if one.target == "/full.atom"] == [200, 304]


@pytest.mark.parametrize(
    ("fields", "announced"),
    [
        ('<https://hub.example.org/>; rel="hub"', ("https://hub.example.org/", "/feed.atom")),
        ('</own>; rel="self"', ("https://within.example.org/", "/own")),
    ],
)
def test_each_link_that_comes_with_a_feed_goes_before_its_like_within(
    opened: Opened, fields: str, announced: tuple[str, str]
) -> None:
    """WebSub, section 4: a topic under a name that nobody announces hears of nothing."""
    site = Site(count=3, hub="https://within.example.org/")
    shown = opened(site, "/full.atom")
    body = contents.atom(shown.publisher.at(""), site.stories, full=True, hub=site.hub)
    site.faults["/full.atom"] = lambda _: Response(headers=(("Link", fields),), body=body)
    shown.watched.look()
    standing = shown.watched.store.standing
    assert standing is not None
    assert standing.hub is not None
    assert (standing.hub.url, path(standing.hub.topic)) == announced


def test_a_look_ends_between_two_requests_when_the_program_does(opened: Opened) -> None:
    shown = opened(Site(count=9))
    scan = shown.watched.source().scan({}, shown.watched.now)
    next(scan)
    shown.watched.stopping.set()
    assert list(scan) == []
    assert len(shown.site.targets) == 2
    assert shown.watched.store.standing is None
