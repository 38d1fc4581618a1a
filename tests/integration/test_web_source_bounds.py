"""A walk has an end, whatever a website leads to, and says which bound it came to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Event

import pytest

from feeds.sources import Fetched, LeadOnly, Refusal, walk, website
from feeds.sources.budget import Bounds, Budget
from feeds.standing import State, is_first_look
from tests.publisher.fetching import fetching
from tests.publisher.looking import Looking, looking
from tests.publisher.remembered import EVERY, Watched
from tests.publisher.server import Handler, Raw, Request, Response, publishing
from tests.publisher.site import Site

Opened = Callable[..., Looking]
XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Puts a site on the web, and looks at one address of it."""
    with ExitStack() as stack:
        yield lambda *of: stack.enter_context(looking(*of))


def an_index(request: Request, children: list[str], padding: str = "") -> Response:
    base = f"http://{request.header('Host')}"
    rows = "".join(f"<sitemap><loc>{base}{child}</loc></sitemap>" for child in children)
    body = f'<?xml version="1.0"?><sitemapindex {XMLNS}>{rows}</sitemapindex><!--{padding}-->'
    return Response(headers=(("Content-Type", "application/xml"),), body=body.encode())


def leading(children: list[str], padding: str = "") -> Handler:
    return lambda request: an_index(request, children, padding)


def met(shown: Looking) -> tuple[str, int]:
    """Which bound one look comes to, and how many requests it makes."""
    source = shown.watched.source()
    list(source.scan({}, shown.watched.now))
    assert source.standing is not None
    assert source.standing.state is State.OK
    assert source.standing.next_look_at is not None
    assert source.standing.next_look_at > shown.watched.now
    return source.met, len(shown.site.targets)


def test_an_index_that_leads_to_an_index_for_ever_is_read_so_deep(opened: Opened) -> None:
    shown = opened(Site(), "/index-0.xml")
    for n in range(20):
        shown.site.faults[f"/index-{n}.xml"] = leading([f"/index-{n + 1}.xml"])
    assert met(shown) == ("lists of lists 4 deep", 5)


def test_an_index_that_leads_to_ever_more_lists_is_read_so_far(opened: Opened) -> None:
    shown = opened(Site(), "/index-0.xml")
    for n in range(200):
        shown.site.faults[f"/index-{n}.xml"] = leading(
            [f"/index-{m}.xml" for m in range(150) if m != n]
        )
    assert met(shown) == ("100 lists", 100)


def test_lists_are_read_up_to_so_many_bytes(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(website, "_LOOK", replace(website._LOOK, list_bytes=3_000_000))
    shown = opened(Site(), "/index-0.xml")
    for n in range(50):
        shown.site.faults[f"/index-{n}.xml"] = leading(
            [f"/index-{n}{m}.xml" for m in range(3)], "x" * 999_000
        )
    shown.site.faults["/index-0.xml"] = lambda request: an_index(
        request, [f"/index-{m}.xml" for m in range(1, 40)], "x" * 999_000
    )
    assert met(shown) == ("3,000,000 bytes of lists", 3)


def test_what_a_look_leaves_unasked_is_no_document_that_cannot_be_had(opened: Opened) -> None:
    shown = opened(Site(count=30, per_sitemap=30), "/sitemap-0.xml")
    shown.site.break_down("/news/100020", 503, Retry_After="60")
    seen = shown.watched.look()
    assert [one.name[-6:] for one in seen if isinstance(one, Refusal)] == ["100020"]


def test_what_a_feed_tells_is_told_beyond_the_pages_of_a_look(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(website, "_LOOK", replace(website._LOOK, pages=5))
    monkeypatch.setattr(walk, "_REVISITS_A_PAGE", 2)
    shown = opened(Site(count=12), "/feed.atom")
    told = shown.watched.look()
    assert shown.titles == {story.title for story in shown.site.stories}
    assert sum(isinstance(one, LeadOnly) for one in told) == 7
    asked = [target for target in shown.site.targets if "/news/" in target]
    assert len(asked) == 5
    shown.watched.look()
    shown.watched.look()
    pages = [target for target in shown.site.targets if "/news/" in target]
    assert {story.path for story in shown.site.stories} == set(pages)


def test_a_look_ends_after_so_long() -> None:
    now = [0.0]
    bounds = Bounds(pages=None, lists=9, list_bytes=9_000, seconds=60)
    budget = Budget(bounds, Event(), lambda: now[0])
    assert budget.may_ask("https://example.org/a")
    now[0] = 61.0
    assert not budget.may_ask("https://example.org/a")
    assert (budget.met, budget.is_over) == ("1 minutes", False)


@pytest.mark.parametrize("status", [429, 500])
def test_a_pause_is_for_the_host_that_asks_for_it(status: int) -> None:
    """The sitemap is on one host, its pages are on two."""
    fields = (("Retry-After", "86400"),) if status == 429 else ()
    site = Site(count=30)

    def answer(request: Request) -> Response | Raw:
        host = request.header("Host") or ""
        other = host.replace("www", "news")
        if request.path == "/both.xml":
            places = (f"http://{at}{one.path}" for one in site.stories for at in (other, host))
            rows = "".join(f"<url><loc>{place}</loc></url>" for place in places)
            return Response(body=f'<?xml version="1.0"?><urlset {XMLNS}>{rows}</urlset>'.encode())
        if host == other and request.path != "/robots.txt":
            return Response(status=status, headers=fields)
        return site(request)

    with publishing(answer) as publisher, fetching() as fetcher:
        watched = Watched(url=publisher.at("/both.xml", "www.example.org"), fetcher=fetcher)
        seen = watched.look()
        hosts = [request.header("Host") or "" for request in publisher.requests]
        asked = sum("news" in host for host in hosts)
        assert asked == 1 + (1 if status == 429 else 20)
        assert sum(isinstance(one, Fetched) and one.is_page for one in seen) == 30
        standing = watched.store.standing
        assert standing is not None
        assert "news.example.org" in standing.problem
        assert standing.next_look_at is not None
        assert standing.next_look_at - watched.now <= 1.2 * EVERY


def test_a_first_look_goes_on_until_all_there_is_was_seen(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an archive of more pages than a look takes would be news from the second one on."""
    monkeypatch.setattr(website, "_LOOK", replace(website._LOOK, pages=10))
    shown = opened(Site(count=25), "/sitemap.xml")
    looks = []
    for _ in range(3):
        shown.watched.look()
        standing = shown.watched.store.standing
        looks.append((len(shown.titles), is_first_look(standing, shown.watched.url)))
    assert looks == [(10, True), (20, True), (25, False)]
