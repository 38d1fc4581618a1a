"""Versions of a published file and what is said of one that is gone, as files tell the server."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from feeds.publish.files import Files
from feeds.times import second_of
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from tests.serving import serving

FEED = "feeds/all.atom"
PAGE = "items/one/index.html"


class Site:
    """A published directory and a server of it, whose clock can be put forward."""

    def __init__(self, public: Path) -> None:
        self.public = public
        self.ahead = timedelta()
        self.client = httpx2.Client()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def app(self) -> Starlette:
        directory = Directory(self.public, limit_bytes=1_000_000, clock=self.now)
        return Starlette(routes=[Route("/{path:path}", PublishedFiles(directory))])

    def write(self, content: bytes, path: str = FEED, status: bytes = b"") -> None:
        # A publisher of its own each time, as each beat of the daemon has one.
        assert Files(self.public).write(path, content, status)

    def get(self, path: str = FEED, since: str | None = None) -> httpx2.Response:
        fields = {"Accept-Encoding": "gzip"} | ({"If-Modified-Since": since} if since else {})
        return self.client.get(f"/{path}", headers=fields)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "public")
    with serving(made.app()) as url, httpx2.Client(base_url=url) as client:
        made.client = client
        yield made


def _moment(answer: httpx2.Response, field: str = "last-modified") -> datetime:
    return parsedate_to_datetime(answer.headers[field])


def test_no_change_is_missed_by_who_knows_a_date_alone(site: Site) -> None:
    """However many there are in one second, and whether it asks at once or later."""
    known: list[str] = []
    for number in range(5):
        site.write(b"<feed>%d</feed>" % number)
        answer = site.get()
        assert answer.content == b"<feed>%d</feed>" % number
        for since in known:
            assert site.get(since=since).content == answer.content
        known.append(answer.headers["last-modified"])
    last = known.pop()
    site.ahead = timedelta(minutes=1)
    for since in known:
        assert site.get(since=since).content == b"<feed>4</feed>"
    settled = site.get().headers["last-modified"]
    assert site.get(since=settled).status_code == 304
    assert parsedate_to_datetime(settled) >= parsedate_to_datetime(last)


def test_a_change_in_a_second_of_its_own_is_known_by_its_date_at_once(site: Site) -> None:
    site.write(b"<feed>old</feed>")
    os.utime(site.public / FEED, (1e9, 1e9 + 0.5))
    old = site.get().headers["last-modified"]
    site.write(b"<feed>new</feed>")
    # The server's Date may be of a moment before.
    site.ahead = timedelta(seconds=0.5)
    assert site.get(since=old).content == b"<feed>new</feed>"
    new = site.get()
    assert abs(_moment(new) - site.now()) < timedelta(seconds=5)
    assert site.get(since=new.headers["last-modified"]).status_code == 304


def test_last_modified_grows_with_every_version_and_is_never_in_the_future(site: Site) -> None:
    moments = []
    for number in range(4):
        site.write(b"%d" % number)
        answer = site.get()
        assert _moment(answer) <= site.now()
        # A busy machine may be late with the Date.
        assert _moment(answer) <= _moment(answer, "date") + site.ahead + timedelta(seconds=1)
        moments.append(_moment(answer))
        site.ahead += timedelta(seconds=10)
        moments.append(_moment(site.get()))
    assert moments == sorted(moments)
    assert len(set(moments[1::2])) == 4


def test_dates_of_versions_grow_in_the_folder_itself(tmp_path: Path) -> None:
    """So that they do behind any web server, after a start, and where the clock was set back."""
    ahead = int(time.time()) + 3600
    moments: list[int] = []
    for number in range(4):
        files = Files(tmp_path)
        files.write("a.atom", b"%d" % number)
        if number == 1:
            os.utime(tmp_path / "a.atom", (ahead, ahead))
        files.pack()
        dates = {second_of(path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
        assert len(dates) == 1
        moments += dates
    assert all(one < next_one for one, next_one in pairwise(moments))


def test_what_is_long_past_is_known_by_its_date_at_once(site: Site) -> None:
    site.write(b"<feed/>")
    written = time.time() - 60
    os.utime(site.public / FEED, (written, written))
    since = formatdate(second_of(int(written * 1e9)), usegmt=True)
    assert site.get(since=since).status_code == 304


def test_what_is_gone_is_said_to_be_until_it_is_back(site: Site) -> None:
    site.write(b"<p>news</p>", PAGE)
    etag = site.get(PAGE).headers["etag"]
    site.write(b"<p>withdrawn</p>", PAGE, b"410\n")
    for fields in ({}, {"If-None-Match": "*"}, {"If-None-Match": etag}, {"If-Match": '"x"'}):
        for path in ("/items/one/", "/items/one"):
            gone = site.client.get(path, headers=fields)
            assert (gone.status_code, gone.content) == (410, b"<p>withdrawn</p>")
            # What is back must be found again.
            assert "max-age=60" in gone.headers["cache-control"]
    head = site.client.head("/items/one/")
    assert (head.status_code, head.content) == (410, b"")
    site.write(b"<p>news</p>", PAGE)
    assert site.client.get("/items/one/", headers={"If-None-Match": etag}).status_code == 304


def test_what_moved_leads_to_where_it_is(site: Site) -> None:
    site.write(b"<p>other</p>", "items/other/index.html")
    site.write(b"<p>moved</p>", PAGE, b"308 /items/other/\n")
    moved = site.client.get("/items/one/")
    assert (moved.status_code, moved.headers["location"]) == (308, "/items/other/")
    assert moved.content == b"<p>moved</p>"
    assert site.client.get("/items/one", follow_redirects=True).content == b"<p>other</p>"


def test_a_status_is_heeded_whichever_file_comes_first(site: Site) -> None:
    """A copy of the folder brings them in any order."""
    site.write(b"<p>withdrawn</p>", PAGE)
    assert site.client.get("/items/one/").status_code == 200
    status = site.public / f"{PAGE}.status"
    status.write_bytes(b"410\n")
    assert site.client.get("/items/one/").status_code == 410
    status.unlink()
    assert site.client.get("/items/one/").status_code == 200


@pytest.mark.parametrize(
    "status",
    [
        b"",
        b"410",
        b"200\n",
        b"308\n",
        b"308 https://elsewhere.example/\n",
        b"308 //elsewhere.example/\n",
        b"308 /a\r\nX: y\n",
    ],
)
def test_a_status_nobody_wrote_changes_nothing(site: Site, status: bytes) -> None:
    site.write(b"<p>news</p>", PAGE)
    (site.public / f"{PAGE}.status").write_bytes(status)
    assert site.client.get("/items/one/").status_code == 200
    assert site.client.get(f"/{PAGE}.status").status_code == 404


def test_a_status_that_a_crash_left_is_put_right(site: Site) -> None:
    site.write(b"<p>news</p>", PAGE)
    (site.public / f"{PAGE}.status").write_bytes(b"410\n")
    site.write(b"<p>news</p>", PAGE)
    assert site.client.get("/items/one/").status_code == 200
    assert [path.name for path in (site.public / "items/one").iterdir()] == ["index.html"]


def test_what_follows_a_file_is_sent_soon(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("a.atom", b"news " * 100)
    now = [datetime.now(UTC)]
    directory = Directory(tmp_path, limit_bytes=1_000_000, clock=lambda: now[0])

    def codings() -> tuple[str, ...]:
        signature = directory.signature("a.atom")
        assert signature
        served = directory.remembered("a.atom", signature) or directory.read("a.atom")
        assert served
        directory.remember("a.atom", served)
        return served.codings

    assert codings() == ()
    files.pack()
    assert codings() == ()
    now[0] += timedelta(seconds=1)
    assert set(codings()) == {"br", "zstd", "gzip"}
