"""Pages that send their reader on, and cookies without which they do so for ever."""

from collections.abc import Callable, Mapping

import pytest

from feeds.fetch import Answer, Denied, FetchedPage, FetchFailed, RemoteValidators
from tests.publisher.fetching import fetching, here
from tests.publisher.server import Handler, Request, Response, publishing

HTML = ("Content-Type", "text/html; charset=utf-8")
NEWS = Response(headers=(HTML, ("ETag", '"7"')), body=b"<h1>News</h1>")
Answering = Response | Callable[[Request], Response]


def pages(answers: Mapping[str, Answering]) -> Handler:
    """A site that has these paths and no others, robots.txt among the others."""

    def answer(request: Request) -> Response:
        found = answers.get(request.path, Response(status=404))
        return found(request) if callable(found) else found

    return answer


def led(to: str, *fields: tuple[str, str]) -> Response:
    tag = f'<html><head><meta http-equiv="refresh" content="0; url={to}"></head></html>'
    return Response(headers=(HTML, *fields), body=tag.encode())


def fetched(answers: Mapping[str, Answering], start: str = "/start") -> Answer:
    with publishing(pages(answers)) as publisher, fetching() as fetcher:
        return fetcher.fetch(publisher.at(start))


def problem(answer: Answer) -> str:
    assert isinstance(answer, FetchFailed)
    return answer.problem


def test_a_page_that_sends_on_is_not_what_was_asked_for() -> None:
    with publishing(pages({"/a/start": led("../news"), "/news": NEWS})) as publisher:
        with fetching() as fetcher:
            page = fetcher.fetch(publisher.at("/a/start"))
        assert isinstance(page, FetchedPage)
        # It is no permanent move, and the page that was asked first has other validators.
        assert (page.url, page.moved_to) == (publisher.at("/news"), None)
        assert (page.body, page.validators) == (NEWS.body, RemoteValidators())


def test_a_field_sends_on_as_well() -> None:
    page = fetched({"/start": Response(headers=(("Refresh", "1;URL='/news'"),)), "/news": NEWS})
    assert isinstance(page, FetchedPage)
    assert page.body == NEWS.body


def test_a_page_that_sends_to_itself_or_to_a_program_is_the_page() -> None:
    for to in ("/start", "", "app://news/1", "javascript:go()"):
        page = fetched({"/start": led(to)})
        assert isinstance(page, FetchedPage), to
        assert page.url.endswith("/start")


def test_what_sends_on_is_a_redirect_with_all_its_bounds() -> None:
    assert "in a circle" in problem(fetched({"/start": led("/b"), "/b": led("/start")}))
    endless = {f"/{n}": led(f"/{n + 1}") for n in range(9)}
    assert "more than 5 redirects" in problem(fetched(endless, "/0"))
    assert "fetch.private_hosts" in problem(fetched({"/start": led("http://10.0.0.1/")}))
    assert "refused" in problem(fetched({"/start": led("http://169.254.169.254/latest")}))
    robots = Response(body=b"User-agent: *\nDisallow: /news")
    answers = {"/start": led("/news"), "/robots.txt": robots, "/news": NEWS}
    assert isinstance(fetched(answers), Denied)


def test_redirects_of_both_kinds_are_counted_together() -> None:
    moved = {
        f"/{n}": Response(status=302, headers=(("Location", f"/{n + 1}"),)) for n in range(0, 8, 2)
    }
    shown = {f"/{n}": led(f"/{n + 1}") for n in range(1, 8, 2)}
    assert "more than 5 redirects" in problem(fetched(moved | shown, "/0"))


@pytest.mark.parametrize("status", [200, 302, 307])
def test_a_cookie_goes_back_where_a_page_asks_for_it(status: int) -> None:
    def answer(request: Request) -> Response:
        if request.header("Cookie") == "seen=1":
            return NEWS
        field = ("Set-Cookie", "seen=1; Path=/; HttpOnly; SameSite=Lax")
        if status == 200:
            return led("/start", field)
        return Response(status=status, headers=(field, ("Location", "/start")))

    with publishing(pages({"/start": answer})) as publisher, fetching() as fetcher:
        page = fetcher.fetch(publisher.at("/start"))
        assert isinstance(page, FetchedPage)
        assert (page.body, page.url) == (NEWS.body, publisher.at("/start"))
        # With the chain the cookie ends.
        fetcher.fetch(publisher.at("/start"))
        cookies = [asked.header("Cookie") for asked in publisher.asked("/start")]
        assert cookies == [None, "seen=1", None, "seen=1"]


def test_who_sets_a_cookie_and_never_takes_it_is_left() -> None:
    same = Response(status=302, headers=(("Set-Cookie", "a=1"), ("Location", "/start")))
    with publishing(pages({"/start": same})) as publisher, fetching() as fetcher:
        assert "in a circle" in problem(fetcher.fetch(publisher.at("/start")))
        assert len(publisher.asked("/start")) == 2
    count = iter(range(100))
    new: Callable[[Request], Response] = lambda _: Response(  # noqa: E731
        status=302, headers=(("Set-Cookie", f"a={next(count)}"), ("Location", "/start"))
    )
    assert "more than 5 redirects" in problem(fetched({"/start": new}))


def test_a_cookie_is_for_the_host_alone_that_set_it() -> None:
    with publishing(lambda _: NEWS) as other:
        away = Response(
            status=302,
            headers=(
                ("Set-Cookie", "a=1; Domain=example.org; Path=/"),
                ("Set-Cookie", "b=2; Domain=example.com"),
                ("Set-Cookie", "c=3; Secure"),
                ("Set-Cookie", "d=4; Path=/elsewhere"),
                ("Location", "/then"),
            ),
        )
        then = Response(status=302, headers=(("Location", other.at("/", "www.example.org")),))
        site = pages({"/start": away, "/then": then})
        with publishing(site) as publisher, fetching(resolve=here) as fetcher:
            fetcher.fetch(publisher.at("/start", "news.example.org"))
            assert publisher.asked("/then")[0].header("Cookie") == "a=1"
            assert publisher.asked("/robots.txt")[0].header("Cookie") is None
        assert [asked.header("Cookie") for asked in other.requests] == [None, None]


def test_cookies_are_few_and_small() -> None:
    fields = [("Set-Cookie", f"c{n}={'x' * (5_000 if n == 1 else 10)}") for n in range(50)]
    away = Response(status=302, headers=(*fields, ("Location", "/news")))
    with publishing(pages({"/start": away, "/news": NEWS})) as publisher, fetching() as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/start")), FetchedPage)
        told = publisher.asked("/news")[0].header("Cookie") or ""
    assert told.count("=") == 20
    assert "c1=" not in told
