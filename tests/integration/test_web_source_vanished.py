"""What a list of a website shows no more, and what is no list where one was to be."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from feeds.sources import Fetched, Gone, LeadOnly, Seen
from feeds.standing import State
from tests.publisher.looking import Looking, looking
from tests.publisher.site import Site

Opened = Callable[..., Looking]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Puts a site on the web, and looks at one address of it."""
    with ExitStack() as stack:
        yield lambda *of: stack.enter_context(looking(*of))


def gone(seen: list[Seen]) -> list[str]:
    return [urlsplit(one.name).path for one in seen if isinstance(one, Gone)]


@pytest.mark.parametrize("start", ["/news", "/feed.atom", "/sitemap.xml"])
def test_what_was_withdrawn_and_taken_off_the_list_is_gone(opened: Opened, start: str) -> None:
    shown = opened(Site(count=8, dates_sitemaps=False), start)
    shown.watched.look()
    shown.site.withdraw(3)
    assert gone(shown.watched.look()) == ["/news/100003"]
    shown.site.forget_asked()
    assert gone(shown.watched.look()) == []
    assert "/news/100003" not in shown.site.targets


def test_what_is_missing_once_it_is_off_the_list_stays(opened: Opened) -> None:
    shown = opened(Site(count=8))
    shown.watched.look()
    shown.site.delete(3)
    shown.site.forget_asked()
    assert gone(shown.watched.look()) == []
    assert shown.site.targets.count("/news/100003") == 1
    assert shown.site.story(3).title in shown.titles


def test_what_moved_to_an_older_page_of_the_list_is_asked_for_once(opened: Opened) -> None:
    shown = opened(Site(count=20))
    shown.watched.look(listing_pages=2)
    shown.site.publish(5)
    shown.site.forget_asked()
    seen = shown.watched.look(listing_pages=2)
    assert len(shown.site.targets) == len(set(shown.site.targets)) == 2 + 25
    assert len({one.name for one in seen}) == len(seen)


def test_only_so_many_are_asked_for_that_are_off_the_list(opened: Opened) -> None:
    shown = opened(Site(count=120, per_page=120))
    shown.watched.look()
    shown.site.withdrawn.update(range(1, 101))
    assert len(gone(shown.watched.look())) == 50


def test_a_page_of_an_item_where_an_older_part_of_the_list_was_to_be_ends_the_walk(
    opened: Opened,
) -> None:
    shown = opened(Site(count=30))
    elsewhere = b"<article>\n<h1>A story of its own</h1>\n<p>It is long.</p></article>"
    shown.site.show("/news?page=2", elsewhere)
    seen = shown.watched.look(listing_pages=3)
    assert not any(isinstance(one, Fetched) and "page=2" in one.name for one in seen)
    standing = shown.watched.store.standing
    assert standing is not None
    assert (standing.state, len(shown.watched.store.items)) == (State.FAILING, 10)
    assert "no list" in standing.problem


@pytest.mark.parametrize(
    ("start", "cut"), [("/feed.atom", "/feed.atom"), ("/sitemap.xml", "/sitemap-0.xml")]
)
def test_what_stood_behind_the_end_of_a_list_that_is_cut_is_not_missed(
    opened: Opened, start: str, cut: str
) -> None:
    shown = opened(Site(count=8, dates_sitemaps=False), start)
    shown.watched.look(complete=True)
    whole = next(body for name, body in shown.watched.store.originals.items() if name.endswith(cut))
    half = whole[: max(whole.rfind(end, 0, len(whole) // 2) for end in (b"<entry>", b"<url>"))]
    shown.site.renew_validators(cut, half)
    shown.site.forget_asked()
    assert gone([*shown.watched.look(complete=True), *shown.watched.look(complete=True)]) == []
    # What was cut is never said to be what it still is.
    asked = shown.site.forget_asked()
    assert [one.status for one in asked if one.target == cut] == [200, 200]
    shown.site.mend(cut)
    assert gone(shown.watched.look(complete=True)) == []


def test_what_a_feed_lost_that_does_not_say_where_its_entries_end_is_not_missed(
    opened: Opened,
) -> None:
    shown = opened(Site(count=8), "/feed.atom")
    shown.watched.look(complete=True)
    whole = shown.watched.store.originals
    feed = next(body for name, body in whole.items() if name.endswith("/feed.atom"))
    before, _, last = feed.rpartition(b"<entry>")
    shown.site.renew_validators("/feed.atom", before + b"<ent>" + last)
    assert gone(shown.watched.look(complete=True)) == []


def test_an_item_whose_page_leads_to_the_front_page_is_as_its_list_tells_it(opened: Opened) -> None:
    shown = opened(Site(count=3), "/feed.atom")
    shown.site.break_down("/news/100002", 302, location="/")
    shown.site.show("/", b"<title>Welcome</title><h1>Welcome to the press office</h1>")
    told = [one for one in shown.watched.look() if isinstance(one, LeadOnly)]
    assert [urlsplit(one.name).path for one in told] == ["/news/100002"]
