"""A website as a source, over real HTTP: what each look brings, asks for, and remembers."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import pytest

from feeds.sources import Fetched, Gone, LeadOnly, Refusal, Seen, walk
from feeds.standing import State
from tests.publisher import contents
from tests.publisher.looking import Looking, looking
from tests.publisher.server import Response
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


# -- What a look brings ----------------------------------------------------------------------------


def test_the_first_look_has_the_page_of_every_item_completed_by_its_list(opened: Opened) -> None:
    shown = opened(Site(count=30))
    seen = shown.watched.look()
    assert kinds(seen) == {"Fetched": 11}
    items = shown.watched.store.items
    assert {path(name): (item.title, item.day) for name, item in items.items()} == {
        story.path: (story.title, story.day) for story in shown.site.stories[:10]
    }
    assert all(item.text for item in items.values())


def test_the_list_is_told_of_last_and_older_items_first(opened: Opened) -> None:
    shown = opened(Site(count=5))
    seen = shown.watched.look()
    numbers = [path(one.name) for one in seen]
    assert numbers == [*(shown.site.story(n).path for n in range(1, 6)), "/news"]
    last = seen[-1]
    assert isinstance(last, Fetched)
    assert last.is_listing


def test_a_second_look_fetches_304s_and_changes_nothing(opened: Opened) -> None:
    shown = opened(Site(count=30))
    shown.watched.look()
    before = dict(shown.watched.store.items)
    shown.site.forget_asked()
    seen = shown.watched.look()
    assert kinds(seen) == {"Same": 11}
    assert {asked.status for asked in shown.site.asked} == {304}
    assert shown.watched.store.items == before


def test_equal_bytes_are_the_same_document_even_without_validators(opened: Opened) -> None:
    shown = opened(Site(count=3, has_validators=False))
    shown.watched.look()
    assert kinds(shown.watched.look()) == {"Same": 4}


def test_a_new_item_is_the_only_one_fetched(opened: Opened) -> None:
    shown = opened(Site(count=5))
    shown.watched.look()
    shown.site.publish()
    seen = shown.watched.look()
    fetched = [path(one.name) for one in seen if isinstance(one, Fetched)]
    assert fetched == [shown.site.story(6).path, "/news"]


def test_a_changed_page_is_fetched_again(opened: Opened) -> None:
    shown = opened(Site(count=5))
    shown.watched.look()
    shown.site.revise(3)
    shown.watched.look()
    assert shown.site.story(3).title in shown.titles


def test_what_only_the_list_says_anew_completes_the_page_we_have(opened: Opened) -> None:
    """The page says nothing of its day, so only the list's word can have changed it."""
    shown = opened(Site(count=5))
    shown.watched.look()
    name = next(n for n in shown.watched.store.items if n.endswith("100003"))
    old = shown.watched.store.items[name]
    shown.site.postponed[3] = 1
    shown.site.forget_asked()
    shown.watched.look()
    assert shown.watched.store.items[name].day != old.day
    assert {a.status for a in shown.site.asked if a.target == path(name)} == {304}


def test_as_many_pages_of_a_list_are_read_as_the_settings_say(opened: Opened) -> None:
    shown = opened(Site(count=50))
    shown.watched.look(listing_pages=3)
    assert len(shown.watched.store.items) == 30


def test_what_appeared_while_nobody_looked_is_caught_up_with(opened: Opened) -> None:
    """35 items appear between two looks at a list that shows ten."""
    shown = opened(Site(count=50))
    shown.watched.look()
    shown.site.publish(35)
    shown.watched.look()
    assert shown.titles == {shown.site.story(n).title for n in range(41, 86)}


@pytest.mark.parametrize("after", [1, 4, 9, 15, 25, 36])
def test_a_killed_look_still_catches_up(opened: Opened, after: int) -> None:
    shown = opened(Site(count=50))
    shown.watched.look()
    shown.site.publish(35)
    shown.watched.killed_look(after)
    shown.watched.look()
    assert shown.titles == {shown.site.story(n).title for n in range(41, 86)}


def test_a_single_page_is_a_source_too(opened: Opened) -> None:
    shown = opened(Site(count=5), "/news/100002")
    assert kinds(shown.watched.look()) == {"Fetched": 1}
    assert shown.titles == {shown.site.story(2).title}
    assert kinds(shown.watched.look()) == {"Same": 1}


def test_a_list_that_is_not_followed_is_itself_the_document(opened: Opened) -> None:
    shown = opened(Site(count=5))
    (seen,) = shown.watched.look(follow=False)
    assert isinstance(seen, Fetched)
    assert not seen.is_listing
    assert len(shown.watched.store.items) == 5
    assert shown.site.targets == ["/news"]


# -- Feeds and sitemaps ----------------------------------------------------------------------------


@pytest.mark.parametrize("feed", ["/feed.atom", "/feed.rss"])
def test_the_pages_of_a_feed_of_summaries_are_fetched(opened: Opened, feed: str) -> None:
    shown = opened(Site(count=5), feed)
    assert kinds(shown.watched.look()) == {"Fetched": 6}
    assert kinds(shown.watched.look()) == {"Same": 6}


def test_a_feed_of_whole_texts_is_followed_nowhere(opened: Opened) -> None:
    shown = opened(Site(count=5), "/full.atom")
    (seen,) = shown.watched.look()
    assert isinstance(seen, Fetched)
    assert not seen.is_listing
    assert shown.site.targets == ["/full.atom"]
    assert len(shown.watched.store.items) == 5


@pytest.mark.parametrize("packs", [False, True])
def test_a_sitemap_leads_to_every_page(opened: Opened, packs: bool) -> None:
    shown = opened(Site(count=25, per_sitemap=10, packs_sitemaps=packs), "/sitemap.xml")
    seen = shown.watched.look()
    assert kinds(seen) == {"Fetched": 25 + 4}
    assert shown.titles == {story.title for story in shown.site.stories}


def test_of_unchanged_sitemaps_nothing_is_asked(opened: Opened) -> None:
    shown = opened(Site(count=25, per_sitemap=10), "/sitemap.xml")
    shown.watched.look()
    shown.site.forget_asked()
    shown.watched.look()
    assert shown.site.targets == ["/sitemap.xml"]


def test_a_changed_sitemap_leads_to_the_changed_page_alone(opened: Opened) -> None:
    shown = opened(Site(count=20, per_sitemap=10), "/sitemap.xml")
    shown.watched.look()
    shown.site.revise(20)
    shown.site.forget_asked()
    shown.watched.look()
    assert shown.site.targets == ["/sitemap.xml", "/sitemap-1.xml", "/news/100020"]


def test_of_a_sitemap_without_dates_the_ends_are_asked_for_again(opened: Opened) -> None:
    """Corrections arrive, and what was withdrawn without being taken off."""
    shown = opened(Site(count=100, per_sitemap=100, dates_sitemaps=False), "/sitemap-0.xml")
    sitemap = contents.sitemap(shown.publisher.at(""), shown.site.stories)
    shown.site.faults["/sitemap-0.xml"] = lambda _: Response(
        headers=(("Content-Type", "application/xml"),),
        body=re.sub(rb"<lastmod>.*?</lastmod>", b"", sitemap),
    )
    shown.watched.look()
    shown.site.revise(99)
    shown.site.revise(2)
    shown.site.break_down("/news/100001", 410)
    shown.site.forget_asked()
    seen = shown.watched.look()
    assert {shown.site.story(99).title, shown.site.story(2).title} <= shown.titles
    assert [path(one.name) for one in seen if isinstance(one, Gone)] == ["/news/100001"]
    assert len(shown.site.targets) == 1 + 40


def _xml(body: bytes, _: object) -> Response:
    return Response(headers=(("Content-Type", "application/xml"),), body=body)


def test_no_sitemap_without_dates_waits_for_others(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each some pages are asked for again, however many there are."""
    monkeypatch.setattr(walk, "_UNDATED_A_LOOK", 16)
    shown = opened(Site(count=48, per_sitemap=6, dates_sitemaps=False), "/sitemap.xml")
    for number in range(8):
        stories = shown.site.stories[number * 6 : number * 6 + 6]
        body = re.sub(
            rb"<lastmod>.*?</lastmod>", b"", contents.sitemap(shown.publisher.at(""), stories)
        )
        shown.site.faults[f"/sitemap-{number}.xml"] = partial(_xml, body)
    shown.watched.look()
    shown.site.forget_asked()
    shown.watched.look()
    asked = [target for target in shown.site.targets if target.startswith("/news/")]
    assert len(asked) == 16
    assert len({(int(target[-6:]) - 100_001) // 6 for target in asked}) == 8


def test_an_unpacked_size_has_a_bound(opened: Opened) -> None:
    shown = opened(Site(count=10, packs_sitemaps=True), "/sitemap-0.xml.gz")
    source = shown.watched.source()
    fetcher = shown.watched.fetcher
    fetcher._limits = replace(fetcher._limits, max_list_bytes=300)
    with pytest.raises(
        Exception, match=r"unpacks to more than 300 bytes; see ingest\.max_list_bytes"
    ):
        list(source.scan({}, shown.watched.now))


# -- What cannot be had ----------------------------------------------------------------------------


def test_a_page_that_fails_is_told_of_by_its_list_and_asked_again(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.site.break_down("/news/100002")
    seen = shown.watched.look()
    (told,) = [one for one in seen if isinstance(one, LeadOnly)]
    assert (path(told.name), told.lead.title) == ("/news/100002", shown.site.story(2).title)
    assert path(told.listing.name) == "/news"
    shown.site.mend("/news/100002")
    assert kinds(shown.watched.look()) == {"Fetched": 1, "Same": 3}


def test_a_page_known_that_fails_stays_as_it_was(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.watched.look()
    shown.site.break_down("/news/100002")
    assert kinds(shown.watched.look()) == {"Same": 4}


def test_a_page_that_is_gone_is_withdrawn_and_one_that_is_missing_is_not(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.watched.look()
    shown.site.break_down("/news/100001", 410)
    shown.site.break_down("/news/100002", 404)
    seen = shown.watched.look()
    assert [path(one.name) for one in seen if isinstance(one, Gone)] == ["/news/100001"]
    assert kinds(seen) == {"Gone": 1, "Same": 3}


def test_a_new_page_of_which_no_list_tells_anything_is_refused_where_it_is_missing(
    opened: Opened,
) -> None:
    shown = opened(Site(count=3), "/sitemap.xml")
    shown.site.break_down("/news/100002", 404)
    (refusal,) = [one for one in shown.watched.look() if isinstance(one, Refusal)]
    assert "404" in str(refusal.refused)


@pytest.mark.parametrize("status", [404, 302])
def test_a_new_page_that_is_missing_is_told_of_by_its_list(opened: Opened, status: int) -> None:
    """Many sites answer so to programs, others publish a list before the page."""
    shown = opened(Site(count=3))
    shown.site.break_down("/news/100002", status, Location="/news")
    (told,) = [one for one in shown.watched.look() if isinstance(one, LeadOnly)]
    assert path(told.name) == "/news/100002"
    shown.site.mend("/news/100002")
    assert kinds(shown.watched.look()) == {"Fetched": 1, "Same": 3}


def test_a_page_refused_is_not_fetched_again_until_it_changes(opened: Opened) -> None:
    shown = opened(Site(count=3, has_validators=False))
    shown.site.ask_to_log_in("/news/100002")
    shown.watched.look()
    assert [path(name) for name in shown.watched.store.refused] == ["/news/100002"]
    assert kinds(shown.watched.look()) == {"Same": 4}
    shown.site.mend("/news/100002")
    assert kinds(shown.watched.look()) == {"Fetched": 1, "Same": 3}
    assert shown.watched.store.refused == {}


def test_a_page_refused_is_read_again_without_a_request_once_it_may_be_understood(
    opened: Opened,
) -> None:
    shown = opened(Site(count=3))
    shown.site.ask_to_log_in("/news/100002")
    shown.watched.look()
    shown.site.forget_asked()
    # Without the signature of what was refused: another program, or other settings, read it now.
    seen = list(shown.watched.source().scan(shown.watched.store.signatures, shown.watched.now))
    assert [path(one.name) for one in seen if isinstance(one, Fetched)] == ["/news/100002"]
    assert "/news/100002" not in shown.site.targets


def test_robots_txt_keeps_us_from_pages_and_lists_still_tell_of_them(opened: Opened) -> None:
    shown = opened(Site(count=3, robots="User-agent: *\nDisallow: /news/\n"))
    assert kinds(shown.watched.look()) == {"LeadOnly": 3, "Fetched": 1}
    assert shown.site.targets == ["/news"]


def test_hosts_of_others_are_not_asked(opened: Opened) -> None:
    shown = opened(Site(count=3))
    entry = b'<h2><a href="/news/7">Elsewhere</a></h2> <time datetime="2026-02-01">'
    shown.site.show("/news", b'<div class="list">%b</div>' % entry)
    shown.watched.look()
    assert "/news/7" in shown.site.targets
    shown.site.forget_asked()
    abroad = entry.replace(b"/news/7", b"https://other.test/news/8")
    shown.site.show("/news", b'<div class="list">%b</div>' % abroad)
    (told,) = [one for one in shown.watched.look() if isinstance(one, LeadOnly)]
    assert (told.name, told.lead.title) == ("https://other.test/news/8", "Elsewhere")
    # What the list showed before is asked for once more, as its page was never had.
    assert shown.site.targets == ["/news", "/news/7"]


def test_bytes_that_were_lost_are_fetched_again(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.watched.look()
    shown.watched.store.originals.clear()
    shown.site.forget_asked()
    assert kinds(shown.watched.look()) == {"Same": 4}
    assert [a.status for a in shown.site.asked if a.target == "/news"] == [304, 200]


def test_a_server_that_says_nothing_changed_to_all_who_ask_has_failed(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.site.break_down("/news", 304)
    shown.watched.failing_look()
    assert shown.watched.store.items == {}


def test_a_login_page_within_a_list_is_a_problem_and_the_rest_is_had(opened: Opened) -> None:
    shown = opened(Site(count=30))
    shown.site.ask_to_log_in("/news?page=2")
    shown.watched.look(listing_pages=2)
    standing = shown.watched.store.standing
    assert standing is not None
    assert (standing.state, len(shown.watched.store.items)) == (State.FAILING, 10)
    assert "page=2" in standing.problem


def test_pages_of_an_unchanged_sitemap_are_not_missed_in_a_complete_one(opened: Opened) -> None:
    shown = opened(Site(count=20, per_sitemap=10), "/sitemap.xml")
    shown.watched.look(complete=True)
    shown.site.delete(20)
    seen = shown.watched.look(complete=True)
    assert [path(one.name) for one in seen if isinstance(one, Gone)] == ["/news/100020"]
    assert shown.site.targets.count("/sitemap-0.xml") == 1


def test_what_a_complete_list_no_longer_shows_is_withdrawn(opened: Opened) -> None:
    shown = opened(Site(count=8))
    shown.watched.look(complete=True)
    shown.site.delete(3)
    seen = shown.watched.look(complete=True)
    assert [path(one.name) for one in seen if isinstance(one, Gone)] == ["/news/100003"]


def test_what_an_incomplete_list_no_longer_shows_stays(opened: Opened) -> None:
    shown = opened(Site(count=8))
    shown.watched.look()
    shown.site.delete(3)
    assert not any(isinstance(one, Gone) for one in shown.watched.look())
    shown.site.publish(5)
    # Now it has two pages, and one is read.
    assert not any(isinstance(one, Gone) for one in shown.watched.look(complete=True))


@pytest.mark.parametrize(
    ("where", "complete", "is_complete"),
    # Of the older part of a listing the rest is elsewhere.
    [("/feed.rss", True, [True]), ("/feed.rss", False, [False]), ("/news", True, [False, True])],
)
def test_a_list_says_whether_it_shows_all_there_is(
    opened: Opened, where: str, complete: bool, is_complete: list[bool]
) -> None:
    shown = opened(Site(count=15), where)
    seen = shown.watched.look(complete=complete, follow=False, listing_pages=5)
    assert [one.is_complete for one in seen if isinstance(one, Fetched)] == is_complete


def test_what_came_another_way_is_not_missed_on_a_list(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.watched.look(complete=True)
    shown.watched.store.signatures["pushed/17"] = "of another kind"
    assert kinds(shown.watched.look(complete=True)) == {"Same": 4}


def test_an_empty_list_withdraws_nothing(opened: Opened) -> None:
    shown = opened(Site(count=3))
    shown.watched.look(complete=True)
    shown.site.show("/news", b'<div class="list"></div>')
    assert not any(isinstance(one, Gone) for one in shown.watched.look(complete=True))


def test_a_list_may_be_larger_than_a_page_and_a_refusal_for_size_names_its_setting(
    opened: Opened,
) -> None:
    shown = opened(Site(count=3), "/full.atom")
    body = contents.atom(shown.publisher.at(""), shown.site.stories, full=True, hub=None)
    atom = (("Content-Type", "application/atom+xml"),)
    padded = body + b" " * 9_000_000
    shown.site.faults["/full.atom"] = lambda _: Response(headers=atom, body=padded)
    shown.watched.look()
    assert len(shown.watched.store.items) == 3
    shown.site.faults["/full.atom"] = lambda _: Response(headers=atom, body=b"x" * 50_000_001)
    assert "ingest.max_list_bytes" in shown.watched.failing_look()
    pages = opened(Site(count=3))
    pages.site.show("/news/100001", b"x" * 2_000_001)
    (told,) = [one for one in pages.watched.look() if isinstance(one, LeadOnly)]
    assert path(told.name) == "/news/100001"
