"""What servers ask of whoever fetches, and that it is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest

from feeds.fetch import Answer, Denied, FetchedPage, FetchFailed, Stopped
from tests.publisher.fetching import LIMITS, NOW, fetching
from tests.publisher.server import Handler, Request, Response, publishing

BODY = Response(body=b"news")


class Clock:
    """A day of its own: waiting is what makes it later."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waited: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> bool:
        if seconds:
            self.waited.append(round(seconds, 3))
        self.seconds += seconds
        return False

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


def site(robots: Response, answer: Response = BODY) -> Handler:
    return lambda request: robots if request.path == "/robots.txt" else answer


def rules(text: str) -> Response:
    return Response(headers=(("Content-Type", "text/plain"),), body=text.encode())


def fetched(robots: Response, path: str = "/a") -> Answer:
    with publishing(site(robots)) as publisher, fetching() as fetcher:
        return fetcher.fetch(publisher.at(path))


def busy(status: int, after: str | None) -> Response:
    headers = (("Retry-After", after),) if after else ()
    return Response(status=status, headers=headers)


def test_what_robots_txt_denies_is_not_asked_for() -> None:
    robots = rules("User-agent: fieldfare\nDisallow: /private")
    with publishing(site(robots)) as publisher, fetching() as fetcher:
        assert fetcher.fetch(publisher.at("/private/a")) == Denied(url=publisher.at("/private/a"))
        assert isinstance(fetcher.fetch(publisher.at("/public")), FetchedPage)
        assert publisher.paths == ["/robots.txt", "/public"]


def test_a_redirect_does_not_lead_past_robots_txt() -> None:
    robots = rules("User-agent: *\nDisallow: /private")
    away = Response(status=301, headers=(("Location", "/private/a"),))
    with publishing(site(robots, away)) as publisher, fetching() as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/a")), Denied)
        assert publisher.asked("/private/a") == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_without_a_robots_txt_all_is_allowed(status: int) -> None:
    assert isinstance(fetched(Response(status=status)), FetchedPage)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_robots_txt_in_trouble_denies_all_for_now(status: int) -> None:
    clock = Clock()
    answers = [busy(status, "60"), rules("")]
    handler: Handler = lambda request: (  # noqa: E731
        answers.pop(0) if request.path == "/robots.txt" else BODY
    )
    with publishing(handler) as publisher, fetching(clock=clock.now) as fetcher:
        for _ in range(2):
            answer = fetcher.fetch(publisher.at("/a"))
            assert isinstance(answer, FetchFailed)
            assert answer.retry_after == NOW + timedelta(seconds=60)
            assert not answer.is_lasting
        assert publisher.paths == ["/robots.txt"]
        clock.seconds = 3_600
        assert isinstance(fetcher.fetch(publisher.at("/a")), FetchedPage)


def test_a_huge_robots_txt_is_read_as_far_as_it_must() -> None:
    start = "User-agent: *\nDisallow: /private\n"
    endless = [start.encode(), *[b"# filler\n" * 10_000] * 1_000, b"Disallow: /\n"]
    robots = Response(body=endless)
    assert isinstance(fetched(robots, "/private"), Denied)
    assert isinstance(fetched(robots, "/a"), FetchedPage)


@pytest.mark.parametrize(("last", "expected"), [(5, Denied), (6, FetchedPage)])
def test_robots_txt_is_found_behind_five_redirects(last: int, expected: type[Answer]) -> None:
    def answer(request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(status=302, headers=(("Location", "/r1"),))
        if request.path.startswith("/r"):
            step = int(request.path[2:])
            away = Response(status=301, headers=(("Location", f"/r{step + 1}"),))
            return away if step < last else rules("User-agent: *\nDisallow: /")
        return BODY

    with publishing(answer) as publisher, fetching() as fetcher:
        assert isinstance(fetcher.fetch(publisher.at("/a")), expected)


def test_each_port_has_its_own_robots_txt() -> None:
    robots = rules("User-agent: *\nDisallow: /")
    with (
        publishing(site(robots)) as closed,
        publishing(site(rules(""))) as other,
        fetching() as fetcher,
    ):
        assert isinstance(fetcher.fetch(closed.at("/a")), Denied)
        assert isinstance(fetcher.fetch(other.at("/a")), FetchedPage)


def test_between_two_requests_lies_the_pause() -> None:
    clock = Clock()
    limits = replace(LIMITS, pause_seconds=1.5)
    with (
        publishing(site(rules(""))) as publisher,
        fetching(limits=limits, monotonic=clock, wait=clock.wait) as fetcher,
    ):
        for _ in range(3):
            fetcher.fetch(publisher.at("/a"))
        assert clock.waited == [1.5, 1.5, 1.5]  # robots.txt was the first request of four


def test_a_crawl_delay_makes_the_pause_longer() -> None:
    clock = Clock()
    limits = replace(LIMITS, pause_seconds=1.5)
    with (
        publishing(site(rules("User-agent: *\nCrawl-delay: 20"))) as publisher,
        fetching(limits=limits, monotonic=clock, wait=clock.wait) as fetcher,
    ):
        for _ in range(2):
            fetcher.fetch(publisher.at("/a"))
        assert clock.waited == [20, 20]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("after", ["300", "Sun, 01 Mar 2026 12:05:00 GMT"])
def test_a_host_that_sends_us_away_is_left_alone_until_then(status: int, after: str) -> None:
    clock = Clock()
    answers = [busy(status, after), BODY]
    handler: Handler = lambda request: (  # noqa: E731
        Response(status=404) if request.path == "/robots.txt" else answers.pop(0)
    )
    with publishing(handler) as publisher, fetching(clock=clock.now) as fetcher:
        for path in ("/a", "/b"):
            answer = fetcher.fetch(publisher.at(path))
            assert isinstance(answer, FetchFailed)
            assert answer.retry_after == NOW + timedelta(minutes=5)
            assert not answer.is_lasting
        assert publisher.paths == ["/robots.txt", "/a"]
        clock.seconds = 300
        assert isinstance(fetcher.fetch(publisher.at("/b")), FetchedPage)


def test_a_host_in_trouble_that_names_no_time_may_be_asked_on() -> None:
    answers = [busy(503, None), BODY]
    handler: Handler = lambda request: (  # noqa: E731
        Response(status=404) if request.path == "/robots.txt" else answers.pop(0)
    )
    with publishing(handler) as publisher, fetching() as fetcher:
        answer = fetcher.fetch(publisher.at("/a"))
        assert isinstance(answer, FetchFailed)
        assert answer.retry_after is None
        assert isinstance(fetcher.fetch(publisher.at("/a")), FetchedPage)


def test_nothing_is_asked_once_the_program_ends() -> None:
    stopping = Event()
    stopping.set()
    with publishing(site(rules(""))) as publisher, fetching(stopping=stopping) as fetcher:
        assert fetcher.fetch(publisher.at("/a")) == Stopped()
        assert fetcher.post(publisher.at("/a"), {}) == Stopped()
        assert publisher.requests == []


def test_an_ending_program_does_not_wait_for_its_turn() -> None:
    stopping = Event()
    answers: list[Answer] = []
    limits = replace(LIMITS, pause_seconds=3_600)
    with (
        publishing(site(rules(""))) as publisher,
        fetching(limits=limits, stopping=stopping) as fetcher,
    ):
        thread = Thread(target=lambda: answers.append(fetcher.fetch(publisher.at("/a"))))
        thread.start()
        stopping.set()
        thread.join()
        assert answers == [Stopped()]


def test_a_host_is_asked_one_thing_at_a_time() -> None:
    inside: list[str] = []
    most: list[int] = []
    answer_when = Event()

    def answer(request: Request) -> Response:
        inside.append(request.path)
        most.append(len(inside))
        answer_when.wait(0.02)
        inside.pop()
        return BODY

    def fetch_all(ask: Callable[[str], Answer], start: str) -> None:
        for number in range(3):
            ask(f"{start}/{number}")

    with publishing(answer) as publisher, fetching() as fetcher:
        threads = [
            Thread(target=fetch_all, args=(fetcher.fetch, publisher.at(f"/{name}")))
            for name in "abc"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(most) == {1}
    assert len(most) >= 10


def test_a_slow_host_does_not_delay_another() -> None:
    released = Event()

    def slow(request: Request) -> Response:
        released.wait(30)
        return BODY

    answers: list[Answer] = []
    with publishing(slow) as first, publishing(site(rules(""))) as second, fetching() as fetcher:
        url = first.at("/a", "www.example.org")
        thread = Thread(target=lambda: answers.append(fetcher.fetch(url)))
        thread.start()
        assert isinstance(fetcher.fetch(second.at("/a")), FetchedPage)
        assert answers == []
        released.set()
        thread.join()
    assert len(answers) == 1
