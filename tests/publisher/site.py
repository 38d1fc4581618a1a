"""A publisher's whole site, made up as it is asked: pages, listings, feeds, sitemaps, and faults.

Knows which address holds what, and how a test lets it misbehave. Must never know who asks.

    site = Site(count=30)
    with publishing(site) as publisher:
        publisher.at("/news")       # the listing; also /feed.atom /full.atom /feed.rss /sitemap.xml
        site.publish()              # one item more, on top
        site.asked                  # what was asked and answered, in order
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from urllib.parse import parse_qs

from tests.publisher import contents
from tests.publisher.contents import FIRST_NUMBER, Story
from tests.publisher.server import Handler, Raw, Request, Response

_ITEM = re.compile(r"/news/(\d{1,9})")
_SITEMAP = re.compile(r"/sitemap-(\d{1,6})\.xml(\.gz)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for ``target`` and the status it got."""

    target: str
    status: int


@dataclass(slots=True)
class Site:
    """``count`` items, the last one the newest.

    ``faults`` answer in place of an address (path, with query if it has one). ``unsteady`` n lets
    every n-th request fail with 500. ``moved`` addresses answer with a status and a new place.
    ``has_validators`` off sends neither ETag nor 304.
    """

    count: int = 30
    per_page: int = 10
    per_sitemap: int = 1_000
    feed_length: int = 20
    packs_sitemaps: bool = False
    dates_sitemaps: bool = True
    has_validators: bool = True
    hub: str | None = None
    robots: str = ""
    unsteady: int = 0
    withdrawn: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    versions: Counter[int] = field(default_factory=Counter)
    postponed: Counter[int] = field(default_factory=Counter)
    moved: dict[str, tuple[int, str]] = field(default_factory=dict)
    faults: dict[str, Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _requests: int = 0

    # -- What a test does to it --------------------------------------------------------------------

    def publish(self, more: int = 1) -> None:
        """That many items more, on top."""
        self.count += more

    def revise(self, n: int) -> None:
        """Item ``n`` has another title now."""
        self.versions[n] += 1

    def withdraw(self, n: int) -> None:
        """Item ``n`` answers 410, and no list shows it."""
        self.withdrawn.add(n)

    def delete(self, n: int) -> None:
        """Item ``n`` answers 404, and no list shows it."""
        self.deleted.add(n)

    def break_down(self, target: str, status: int = 500, **headers: str) -> None:
        """The address answers with a failure until `mend`."""
        fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.faults[target] = lambda _: Response(status=status, headers=fields, body=b"Sorry.")

    def show(self, target: str, body: bytes) -> None:
        """The address shows this page instead of its own."""
        self.faults[target] = lambda _: _html(body)

    def renew_validators(self, target: str, body: bytes) -> None:
        """The address shows this page with another ETag at each answer, and knows the last one."""
        last = 0

        def answer(request: Request) -> Response:
            nonlocal last
            is_known, last = request.header("If-None-Match") == f'"{last}"', last + 1
            fields = (("Content-Type", "text/html"), ("ETag", f'"{last}"'))
            status, sent = (304, b"") if is_known else (200, body)
            return Response(status=status, headers=fields, body=sent)

        self.faults[target] = answer

    def ask_to_log_in(self, target: str) -> None:
        """The address shows a login page as if that were the document."""
        self.show(target, contents.login())

    def cut_off(self, target: str) -> None:
        """The connection breaks in the middle of the document."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n"
        self.faults[target] = lambda _: Raw(pieces=(head, b"<html><body><h1>Half a"))

    def mend(self, target: str) -> None:
        del self.faults[target]

    def forget_asked(self) -> list[Asked]:
        """What was asked so far; from now on anew."""
        with self._lock:
            asked, self.asked = self.asked, []
        return asked

    @property
    def targets(self) -> list[str]:
        """What was asked for, robots.txt left out."""
        return [asked.target for asked in self.asked if asked.target != "/robots.txt"]

    @property
    def stories(self) -> list[Story]:
        """What the lists show, the newest first."""
        return [self.story(n) for n in self._numbers]

    @property
    def _numbers(self) -> Sequence[int]:
        """The items on lists; made as a range where it can be, as there may be many."""
        numbers = range(self.count, 0, -1)
        if not (self.withdrawn or self.deleted):
            return numbers
        return [n for n in numbers if not self._is_hidden(n)]

    def story(self, n: int) -> Story:
        return Story(n, self.versions[n], self.postponed[n])

    # -- What it answers ---------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response | Raw:
        response = self._fault(request) or self._validated(request, self._plain(request))
        status = response.status if isinstance(response, Response) else 0
        with self._lock:
            self.asked.append(Asked(request.target, status))
        return response

    def _fault(self, request: Request) -> Response | Raw | None:
        with self._lock:
            self._requests += 1
            fails = bool(self.unsteady) and self._requests % self.unsteady == 0
        if fault := self.faults.get(request.target):
            return fault(request)
        return Response(status=500, body=b"Sorry.") if fails else None

    def _validated(self, request: Request, response: Response) -> Response:
        if not self.has_validators or response.status != 200:
            return response
        assert isinstance(response.body, bytes)
        etag = f'"{hashlib.sha256(response.body).hexdigest()[:16]}"'
        headers = (*response.headers, ("ETag", etag))
        if request.header("If-None-Match") == etag:
            return Response(status=304, headers=headers)
        return Response(headers=headers, body=response.body)

    def _plain(self, request: Request) -> Response:
        if request.target in self.moved:
            status, place = self.moved[request.target]
            return Response(status=status, headers=(("Location", place),))
        return self._document(request) or Response(status=404, body=b"Nothing here.")

    def _document(self, request: Request) -> Response | None:
        path, base = request.path, f"http://{request.header('Host')}"
        if path == "/robots.txt":
            return Response(headers=(("Content-Type", "text/plain"),), body=self.robots.encode())
        if path == "/news":
            return self._listing(int(parse_qs(request.query).get("page", ["1"])[0]))
        if item := _ITEM.fullmatch(path):
            return self._item(int(item[1]) - FIRST_NUMBER)
        if part := _SITEMAP.fullmatch(path):
            return self._sitemap(base, int(part[1]), is_packed=bool(part[2]))
        return self._single(path, base)

    def _single(self, path: str, base: str) -> Response | None:
        latest = [self.story(n) for n in self._numbers[: self.feed_length]]
        match path:
            case "/feed.atom" | "/full.atom":
                full = path == "/full.atom"
                body = contents.atom(base, latest, full=full, hub=self.hub)
                return Response(headers=(("Content-Type", "application/atom+xml"),), body=body)
            case "/feed.rss":
                body = contents.rss(base, latest)
                return Response(headers=(("Content-Type", "application/rss+xml"),), body=body)
            case "/sitemap.xml":
                return _xml(contents.sitemap_index(base, list(self._sitemaps())))
            case _:
                return None

    def _listing(self, number: int) -> Response | None:
        numbers = self._numbers
        first, last = (number - 1) * self.per_page, number * self.per_page
        if number < 1 or first >= max(len(numbers), 1):
            return None
        more = f"/news?page={number + 1}" if last < len(numbers) else None
        stories = [self.story(n) for n in numbers[first:last]]
        return _html(contents.listing(stories, more), hub=self.hub)

    def _item(self, n: int) -> Response | None:
        if n in self.withdrawn:
            return Response(status=410, body=b"Gone.")
        if n in self.deleted or not 0 < n <= self.count:
            return None
        return _html(contents.page(self.story(n)))

    def _sitemaps(self) -> Iterator[tuple[str, date | None]]:
        ending = ".xml.gz" if self.packs_sitemaps else ".xml"
        for number in range(-(-self.count // self.per_sitemap)):
            stories = self._part(number)
            day = max((contents.changed(story) for story in stories), default=None)
            yield f"/sitemap-{number}{ending}", day if self.dates_sitemaps else None

    def _sitemap(self, base: str, number: int, *, is_packed: bool) -> Response:
        body = contents.sitemap(base, self._part(number))
        if is_packed:
            headers = (("Content-Type", "application/gzip"),)
            return Response(headers=headers, body=contents.packed(body))
        return _xml(body)

    def _part(self, number: int) -> list[Story]:
        first = number * self.per_sitemap + 1
        numbers = range(first, min(first + self.per_sitemap, self.count + 1))
        return [self.story(n) for n in numbers if not self._is_hidden(n)]

    def _is_hidden(self, n: int) -> bool:
        return n in self.withdrawn or n in self.deleted


def _html(body: bytes, hub: str | None = None) -> Response:
    link = (("Link", f'<{hub}>; rel="hub"'),) if hub else ()
    return Response(headers=(("Content-Type", "text/html; charset=utf-8"), *link), body=body)


def _xml(body: bytes) -> Response:
    return Response(headers=(("Content-Type", "application/xml"),), body=body)
