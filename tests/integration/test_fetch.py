"""Fetching from a real server: documents, validators, redirects, statuses, forms."""

import gzip
from collections.abc import Callable
from dataclasses import replace

import brotli  # type: ignore[import-untyped]
import pytest
from httpx2 import URL

from feeds.fetch import (
    Answer,
    FetchedPage,
    FetchFailed,
    Missing,
    NotModified,
    Posted,
    RemoteValidators,
    TakenAway,
)
from feeds.fetch.client import ACCEPT
from tests.publisher.fetching import AGENT, LIMITS, fetching
from tests.publisher.server import Handler, Request, Response, publishing

BODY = "<p>Vienna, Wien, Вена</p>".encode() * 500


def pages(answers: dict[str, Response | Callable[[Request], Response]]) -> Handler:
    """A site that has these paths and no others, robots.txt among the others."""

    def answer(request: Request) -> Response:
        found = answers.get(request.path, Response(status=404))
        return found(request) if callable(found) else found

    return answer


def fetched(path: str, answers: dict[str, Response | Callable[[Request], Response]]) -> Answer:
    with publishing(pages(answers)) as publisher, fetching() as fetcher:
        return fetcher.fetch(publisher.at(path))


def moved(status: int, location: str) -> Response:
    return Response(status=status, headers=(("Location", location),))


def test_a_document_is_fetched_with_what_was_said_of_it() -> None:
    said = Response(
        headers=(
            ("Content-Type", "text/html; charset=koi8-r"),
            ("ETag", '"1"'),
            ("Link", '<https://hub.example.org/>; rel="hub", </feed>; rel=self'),
        ),
        body=BODY,
    )
    with publishing(pages({"/a": said})) as publisher, fetching() as fetcher:
        assert fetcher.fetch(publisher.at("/a?b=c#d")) == FetchedPage(
            url=publisher.at("/a?b=c"),
            body=BODY,
            media_type="text/html; charset=koi8-r",
            validators=RemoteValidators('"1"', None),
            hub="https://hub.example.org/",
            topic=publisher.at("/feed"),
        )


def test_the_server_learns_who_asks_and_for_what() -> None:
    with publishing(pages({})) as publisher, fetching() as fetcher:
        fetcher.fetch(publisher.at("/a"))
        (asked,) = publisher.asked("/a")
    assert asked.header("User-Agent") == AGENT
    assert asked.header("Accept") == ACCEPT
    assert asked.header("Accept-Encoding") == "gzip, br, zstd"
    assert asked.header("Host") == f"127.0.0.1:{publisher.port}"
    assert asked.header("Cookie") is None
    assert asked.header("Authorization") is None


def test_no_cookie_is_ever_sent_back() -> None:
    handler = pages({"/a": Response(headers=(("Set-Cookie", "track=1; Path=/"),), body=b"x")})
    with publishing(handler) as publisher, fetching() as fetcher:
        fetcher.fetch(publisher.at("/a"))
        fetcher.fetch(publisher.at("/a"))
        assert [asked.header("Cookie") for asked in publisher.asked("/a")] == [None, None]


@pytest.mark.parametrize("tag", ['"x"', 'W/"x"', "no quotes", '"a, b', '"\xfc\xe9"', "*"])
def test_a_document_that_did_not_change_is_not_sent_again(tag: str) -> None:
    since = "sometime in March"

    def answer(request: Request) -> Response:
        fields = (("ETag", tag), ("Last-Modified", since))
        is_known = request.header("If-None-Match") == tag
        is_known &= request.header("If-Modified-Since") == since
        return Response(status=304 if is_known else 200, headers=fields, body=BODY)

    with publishing(pages({"/a": answer})) as publisher, fetching() as fetcher:
        first = fetcher.fetch(publisher.at("/a"))
        assert isinstance(first, FetchedPage)
        assert first.validators == RemoteValidators(tag, since)
        again = fetcher.fetch(publisher.at("/a"), first.validators)
        assert again == NotModified(url=publisher.at("/a"), validators=first.validators)
        assert publisher.connections == 1


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("br", brotli.compress),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    ],
)
def test_a_packed_document_is_unpacked(coding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = Response(headers=(("Content-Encoding", coding),), body=pack(BODY))
    page = fetched("/a", {"/a": packed})
    assert isinstance(page, FetchedPage)
    assert page.body == BODY


def test_a_document_may_come_in_pieces() -> None:
    page = fetched("/a", {"/a": Response(body=[BODY, b"", BODY])})
    assert isinstance(page, FetchedPage)
    assert page.body == BODY * 2


@pytest.mark.parametrize("media_type", ["image/png", "nonsense", "text/html; charset=\xff", ""])
def test_a_wrong_media_type_is_handed_on_as_it_is(media_type: str) -> None:
    page = fetched("/a", {"/a": Response(headers=(("Content-Type", media_type),), body=BODY)})
    assert isinstance(page, FetchedPage)
    assert page.media_type == (media_type or None)


def test_what_is_gone_is_told_from_what_is_missing() -> None:
    assert isinstance(fetched("/a", {"/a": Response(status=410, body=b"gone")}), TakenAway)
    assert isinstance(fetched("/a", {}), Missing)


@pytest.mark.parametrize(("status", "is_lasting"), [(403, True), (500, False), (503, False)])
def test_a_server_that_refuses_is_told_from_one_in_trouble(status: int, is_lasting: bool) -> None:
    answer = fetched("/a", {"/a": Response(status=status, body=b"<h1>no</h1>")})
    assert isinstance(answer, FetchFailed)
    assert answer.is_lasting == is_lasting
    assert f"answers {status}" in answer.problem


def test_redirects_are_followed_and_permanent_ones_remembered() -> None:
    handler = pages(
        {
            "/a": moved(301, "/b"),
            "/b": moved(308, "c?x=1"),
            "/c": moved(302, "/d"),
            "/d": moved(301, "/e"),
            "/e": Response(body=BODY),
        }
    )
    with publishing(handler) as publisher, fetching() as fetcher:
        page = fetcher.fetch(publisher.at("/a"))
        assert isinstance(page, FetchedPage)
        assert page.url == publisher.at("/e")
        assert page.moved_to == publisher.at("/c?x=1")


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_remembered(status: int) -> None:
    page = fetched("/a", {"/a": moved(status, "/b"), "/b": Response(body=BODY)})
    assert isinstance(page, FetchedPage)
    assert page.moved_to == page.url
    assert URL(page.url).path == "/b"


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_is_followed_and_not_remembered(status: int) -> None:
    page = fetched("/a", {"/a": moved(status, "/b"), "/b": Response(body=BODY)})
    assert isinstance(page, FetchedPage)
    assert page.moved_to is None
    assert URL(page.url).path == "/b"


def test_a_document_that_moved_may_be_unchanged() -> None:
    handler = pages({"/a": moved(301, "/b"), "/b": Response(status=304)})
    with publishing(handler) as publisher, fetching() as fetcher:
        known = RemoteValidators('"1"')
        assert fetcher.fetch(publisher.at("/a"), known) == NotModified(
            url=publisher.at("/b"), validators=known, moved_to=publisher.at("/b")
        )


def test_validators_are_not_shown_to_another_host() -> None:
    with publishing(pages({"/a": Response(body=BODY)})) as publisher, fetching() as fetcher:
        with publishing(pages({"/": moved(302, publisher.at("/a", "www.example.org"))})) as first:
            page = fetcher.fetch(first.at("/", "news.example.org"), RemoteValidators('"1"'))
        assert isinstance(page, FetchedPage)
        (asked,) = publisher.asked("/a")
        assert asked.header("If-None-Match") is None


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/a", "in a circle"),
        ("/c", "more than 5 redirects"),
        ("file:///etc/passwd", "file: is not fetched"),
        ("gopher://127.0.0.1/", "gopher: is not fetched"),
        ("http://user:secret@127.0.0.1/", "password"),
        ("http://[::1", "no address"),
        ("", "without saying where"),
    ],
)
def test_a_redirect_that_leads_nowhere_good_is_not_followed(location: str, words: str) -> None:
    def further(request: Request) -> Response:
        return moved(302, f"/c?{request.query}x")

    answer = fetched("/a", {"/a": moved(302, location), "/c": further})
    assert isinstance(answer, FetchFailed)
    assert words in answer.problem
    assert answer.is_lasting


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news.example.org/feed",
        "file:///etc/passwd",
        "http://",
        "http://user@127.0.0.1/",
        "http://127.0.0.1/\r\nX-Injected: 1",
        "http://127.0.0.1/a b",
        "http://127.0.0.1\r\nHost: evil.example/",
        "http://a..b/\x00",
        "http://\ud800/",
        "http://127.0.0.1/" + "a" * 9_000,
    ],
)
def test_what_is_no_address_is_not_asked(url: str) -> None:
    with fetching() as fetcher:
        for answer in (fetcher.fetch(url), fetcher.post(url, {})):
            assert isinstance(answer, FetchFailed)
            assert answer.is_lasting


def test_a_host_may_have_a_name_in_any_script() -> None:
    with publishing(pages({"/новости": Response(body=BODY)})) as publisher, fetching() as fetcher:
        url = publisher.at("/новости", "мир.example")
        fetcher.fetch(url)
        asked = publisher.requests[-1]
    assert asked.header("Host") == f"xn--h1ahn.example:{publisher.port}"
    assert asked.path == URL(url).raw_path.decode()


def test_a_form_is_sent() -> None:
    def receive(request: Request) -> Response:
        return Response(status=202 if request.method == "POST" else 405, body=request.body)

    handler = pages({"/hub": receive, "/old": moved(308, "/hub")})
    with publishing(handler) as publisher, fetching() as fetcher:
        form = {"hub.mode": "subscribe", "hub.topic": "https://a.example/?b&c"}
        sent = b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2F%3Fb%26c"
        assert fetcher.post(publisher.at("/old"), form) == Posted(status=202, body=sent)
        assert publisher.paths == ["/old", "/hub"]  # no robots.txt: a form is not a crawl
        media_type = publisher.requests[-1].header("Content-Type")
        assert media_type == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [301, 302, 303, 400, 500])
def test_a_form_is_not_sent_where_it_would_be_lost(status: int) -> None:
    with publishing(pages({"/hub": moved(status, "/b")})) as publisher, fetching() as fetcher:
        assert isinstance(fetcher.post(publisher.at("/hub"), {"a": "b"}), FetchFailed)
        assert publisher.paths == ["/hub"]


def test_a_form_is_not_sent_in_a_circle() -> None:
    with publishing(pages({"/hub": moved(308, "/hub")})) as publisher, fetching() as fetcher:
        answer = fetcher.post(publisher.at("/hub"), {"a": "b"})
        assert isinstance(answer, FetchFailed)
        assert "in a circle" in answer.problem


def test_a_connection_is_used_again() -> None:
    handler = pages({"/a": Response(body=BODY), "/b": Response(status=500, body=b"x")})
    with publishing(handler) as publisher, fetching() as fetcher:
        for path in ("/a", "/b", "/c", "/a"):
            fetcher.fetch(publisher.at(path))
        assert publisher.connections == 1


def test_all_redirects_together_have_the_time_of_one_document() -> None:
    def slow(request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(status=404)
        publisher.over.wait(0.1)
        return moved(302, f"{request.path}a")

    limits = replace(LIMITS, document_seconds=0.5, max_redirects=1_000)
    with publishing(slow) as publisher, fetching(limits=limits) as fetcher:
        answer = fetcher.fetch(publisher.at("/a"))
        assert isinstance(answer, FetchFailed)
        assert "longer than 0.5 seconds" in answer.problem
        assert len(publisher.requests) < 10
