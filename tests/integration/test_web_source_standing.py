"""How a website does as a whole, over real HTTP: failures, moves, pauses, hubs, ends."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from feeds.sources import Seen
from feeds.standing import State
from tests.publisher.looking import Looking, looking
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


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_source_that_refuses_us_is_left_alone_for_a_day_at_once(
    opened: Opened, status: int
) -> None:
    shown = opened(Site(count=3))
    shown.site.break_down("/news", status)
    assert str(status) in shown.watched.failing_look()
    assert _rest(shown) == timedelta(days=1)


@pytest.mark.parametrize("status", [404, 408, 425, 429, 500, 503])
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


def test_a_permanent_redirect_is_remembered_and_used(opened: Opened) -> None:
    shown = opened(Site(count=3), "/old")
    shown.site.moved["/old"] = (301, "/news")
    shown.watched.look()
    standing = shown.watched.store.standing
    assert standing is not None
    assert (standing.state, path(standing.moved_to or "")) == (State.MOVED, "/news")
    shown.site.forget_asked()
    assert kinds(shown.watched.look()) == {"Same": 4}
    assert "/old" not in shown.site.targets


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


def test_a_look_ends_between_two_requests_when_the_program_does(opened: Opened) -> None:
    shown = opened(Site(count=9))
    scan = shown.watched.source().scan({}, shown.watched.now)
    next(scan)
    shown.watched.stopping.set()
    assert list(scan) == []
    assert len(shown.site.targets) == 2
    assert shown.watched.store.standing is None
