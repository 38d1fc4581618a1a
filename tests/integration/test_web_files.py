"""The published directory over HTTP, asked by a real client through a real server."""

import gzip
import http.client
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from feeds.publish.files import Files
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from tests.serving import serving

FEED = b'<?xml version="1.0" encoding="utf-8"?>\n<feed>' + b"news " * 200 + b"</feed>\n"
LINKS = '<https://hub.example.org/>; rel="hub", <https://news.example.org/a>; rel="self"'
PAGE = b"<!doctype html><title>All news</title>" + b"<p>news</p>" * 100
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
WRITTEN = NOW - timedelta(hours=1)


def put(root: Path, name: str, content: bytes, *, at: datetime = WRITTEN) -> None:
    """A file and what it is packed to, each written beside and renamed."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, body in ((f"{path}.gz", gzip.compress(content, mtime=0)), (str(path), content)):
        beside = Path(f"{target}.tmp")
        beside.write_bytes(body)
        os.utime(beside, (at.timestamp(), at.timestamp()))
        beside.replace(target)


@pytest.fixture(scope="module", params=["asked", "at once"])
def way(request: pytest.FixtureRequest) -> str:
    """By turns the application answers all, and the server itself what lies in memory."""
    return str(request.param)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, way: str) -> Path:
    """What all tests here read; one that changes a file makes it first."""
    public = tmp_path_factory.mktemp("site") / "public"
    put(public, "index.html", PAGE)
    put(public, "feeds/all.atom", FEED)
    put(public, "feeds/all/index.html", PAGE)
    put(public, "feeds/fields/index.html", PAGE)
    put(public, "feeds.opml", b"<opml/>")
    put(public, "style.css", b"body {}")
    return public


@pytest.fixture(scope="module")
def client(way: str, root: Path) -> Iterator[httpx2.Client]:
    directory = Directory(
        root,
        limit_bytes=1_000_000,
        clock=lambda: NOW,
        links=lambda name: LINKS if name == "feeds/all.atom" else "",
    )
    files = PublishedFiles(directory)
    app = Starlette(routes=[Route("/{path:path}", files)])
    if way == "at once":
        app.router.default = files
    with (
        serving(app) as address,
        httpx2.Client(base_url=address, headers={"Accept-Encoding": "identity"}) as asking,
    ):
        yield asking


@pytest.mark.parametrize(
    ("path", "media_type", "content"),
    [
        ("/feeds/all.atom", "application/atom+xml; charset=utf-8", FEED),
        ("/feeds/all/", "text/html; charset=utf-8", PAGE),
        ("/feeds/all", "text/html; charset=utf-8", PAGE),
        ("/feeds/fields", "text/html; charset=utf-8", PAGE),
        ("/feeds/fields/", "text/html; charset=utf-8", PAGE),
        ("/", "text/html; charset=utf-8", PAGE),
        ("/feeds.opml", "text/x-opml; charset=utf-8", b"<opml/>"),
        ("/style.css", "text/css; charset=utf-8", b"body {}"),
    ],
)
def test_files_are_served_as_what_they_are(
    client: httpx2.Client, path: str, media_type: str, content: bytes
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == content


def test_an_answer_carries_what_caches_need(client: httpx2.Client) -> None:
    headers = client.get("/feeds/all.atom").headers
    assert headers["etag"].startswith('"')
    assert headers["last-modified"] == "Tue, 24 Nov 2026 05:00:00 GMT"
    assert headers["cache-control"] == "public, max-age=60, stale-while-revalidate=3600"
    assert headers["vary"] == "Accept-Encoding"


def test_a_feed_names_its_hubs_also_where_it_did_not_change(client: httpx2.Client) -> None:
    answer = client.get("/feeds/all.atom")
    assert answer.headers["link"] == LINKS
    known = {"If-None-Match": answer.headers["etag"]}
    unmodified = client.get("/feeds/all.atom", headers=known)
    assert (unmodified.status_code, unmodified.headers["link"]) == (304, LINKS)
    assert "link" not in client.get("/feeds/all").headers


def test_any_page_may_read_a_feed_and_none_may_frame_ours(client: httpx2.Client) -> None:
    assert client.get("/feeds/all.atom").headers["access-control-allow-origin"] == "*"
    page = client.get("/feeds/all").headers
    assert "access-control-allow-origin" not in page
    assert "default-src 'none'" in page["content-security-policy"]
    assert "frame-ancestors 'none'" in page["content-security-policy"]
    assert page["referrer-policy"] == "same-origin"


def test_gzip_is_another_representation_with_a_tag_of_its_own(client: httpx2.Client) -> None:
    plain = client.get("/feeds/all.atom")
    packed = client.get("/feeds/all.atom", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(FEED)
    assert packed.content == FEED
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in plain.headers


def test_every_encoding_is_a_representation_with_a_tag_of_its_own(
    client: httpx2.Client, root: Path
) -> None:
    """Those follow the file, and one that is of other bytes is never sent."""
    Files(root).write("feeds/packed.atom", FEED)
    asked = {"Accept-Encoding": "gzip, br, zstd"}
    assert "content-encoding" not in client.get("/feeds/packed.atom", headers=asked).headers
    (root / "feeds/packed.atom.br").write_bytes(brotli.compress(b"of another version"))
    put(root, "feeds/packed.atom", FEED, at=WRITTEN)
    assert client.get("/feeds/packed.atom", headers=asked).headers["content-encoding"] == "gzip"
    (root / "feeds/packed.atom.br").unlink()
    files = Files(root)
    files.write("feeds/packed.atom", FEED + b" ")
    files.pack()
    tags = set()
    for coding in ("br", "zstd", "gzip", "identity"):
        answer = client.get("/feeds/packed.atom", headers={"Accept-Encoding": coding})
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.content == FEED + b" "
        known = {"Accept-Encoding": coding, "If-None-Match": answer.headers["etag"]}
        assert client.get("/feeds/packed.atom", headers=known).status_code == 304
        tags.add(answer.headers["etag"])
    assert len(tags) == 4


def test_gzip_is_not_forced_on_anybody(client: httpx2.Client) -> None:
    answer = client.get("/feeds/all.atom", headers={"Accept-Encoding": "gzip;q=0, *;q=0"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_what_is_known_is_not_sent_again(client: httpx2.Client, encoding: str) -> None:
    first = client.get("/feeds/all.atom", headers={"Accept-Encoding": encoding})
    for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = client.get(
            "/feeds/all.atom", headers={"Accept-Encoding": encoding, "If-None-Match": known}
        )
        assert again.status_code == 304
        assert again.content == b""
        # RFC 9110 15.4.5: what the 200 would say, but for what the known body is.
        body = {"content-type", "content-length", "content-encoding", "date"}
        assert _without(again.headers, body) == _without(first.headers, body)
        assert not {"content-type", "content-length", "content-encoding"} & set(again.headers)


def test_the_tag_of_the_other_encoding_is_not_this_one(client: httpx2.Client) -> None:
    packed = client.get("/feeds/all.atom", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/feeds/all.atom", headers={"If-None-Match": packed.headers["etag"]})
    assert plain.status_code == 200


def test_a_tag_wins_over_a_date(client: httpx2.Client) -> None:
    known = {"If-None-Match": '"old"', "If-Modified-Since": "Tue, 24 Nov 2026 05:00:00 GMT"}
    assert client.get("/feeds/all.atom", headers=known).status_code == 200
    del known["If-None-Match"]
    assert client.get("/feeds/all.atom", headers=known).status_code == 304


def test_a_field_in_two_lines_is_one_list(client: httpx2.Client) -> None:
    etag = client.get("/feeds/all.atom").headers["etag"]
    lines = [("If-None-Match", '"old"'), ("If-None-Match", etag)]
    assert client.get("/feeds/all.atom", headers=lines).status_code == 304


def test_a_failed_precondition_is_said(client: httpx2.Client) -> None:
    answer = client.get("/feeds/all.atom", headers={"If-Match": '"old"'})
    assert (answer.status_code, answer.content) == (412, b"")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["If-None-Match: *"], 304),
        (['If-None-Match: "x", W/{etag}'], 304),
        (['If-None-Match: "x"', "If-None-Match: {etag}"], 304),
        (["if-none-match:{etag}  "], 304),
        (["If-None-Match: {bare}"], 200),
        (['If-None-Match: "x"', "If-Modified-Since: Tue, 24 Nov 2026 05:00:00 GMT"], 200),
        (["If-Modified-Since: Tuesday, 24-Nov-26 05:00:00 GMT"], 304),
        (["If-Modified-Since: Tue Nov 24 05:00:00 2026"], 304),
        (["If-Modified-Since: yesterday"], 200),
        (["If-Modified-Since: "], 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_are_understood_as_they_are_sent(
    client: httpx2.Client, method: str, fields: list[str], status: int
) -> None:
    """Byte by byte, as clients put in order what they are given."""
    etag = client.get("/feeds/all.atom").headers["etag"]
    lines = [field.format(etag=etag, bare=etag.strip('"')) for field in fields]
    request = [f"{method} /feeds/all.atom HTTP/1.1", "Host: x", "Connection: close", *lines]
    host, port = str(client.base_url.host), client.base_url.port or 0
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall("\r\n".join((*request, "", "")).encode("ascii"))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert body == (FEED if method == "GET" and status == 200 else b"")
    for name in (b"etag", b"last-modified", b"cache-control", b"vary"):
        assert head.lower().count(b"\r\n%s:" % name) == 1


@pytest.mark.parametrize("path", ["/feeds/all.atom", "/feeds/all", "/", "/nothing.atom"])
def test_head_answers_as_get_would(client: httpx2.Client, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.content == b""
    varying = {"date"}
    assert _without(head.headers, varying) == _without(get.headers, varying)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_files_are_only_read(client: httpx2.Client, method: str) -> None:
    answer = client.request(method, "/feeds/all.atom")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == "*"
    page = client.request(method, "/feeds/all/")
    assert page.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "access-control-allow-origin" not in page.headers


def _is_shared(answer: httpx2.Response) -> bool:
    exposed = answer.headers.get("access-control-expose-headers", "").lower().split(", ")
    allowed = answer.headers.get("access-control-allow-origin")
    return allowed == "*" and {"etag", "link", "last-modified", "retry-after"} <= set(exposed)


def test_every_answer_of_a_feed_can_be_read_by_pages_of_other_origins(
    client: httpx2.Client,
) -> None:
    feed = client.get("/feeds/all.atom")
    etag = feed.headers["etag"]
    answers = {
        200: feed,
        304: client.get("/feeds/all.atom", headers={"If-None-Match": etag}),
        404: client.get("/feeds/nothing.atom"),
        405: client.post("/feeds/all.atom"),
        412: client.get("/feeds/all.atom", headers={"If-Match": '"old"'}),
    }
    assert {status: answer.status_code for status, answer in answers.items()} == {
        status: status for status in answers
    }
    assert [status for status, answer in answers.items() if not _is_shared(answer)] == []
    assert _is_shared(client.get("/feeds.opml"))


@pytest.mark.parametrize("path", ["/feeds/all.atom", "/feeds/nothing.atom", "/feeds.opml"])
@pytest.mark.parametrize("field", ["If-None-Match", "If-Modified-Since", "A-IM"])
def test_a_browser_may_ask_on_conditions(client: httpx2.Client, path: str, field: str) -> None:
    """It asks first, as these are no fields of a form; 405 was a no."""
    asked = {
        "Origin": "https://reader.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": field.lower(),
    }
    answer = client.options(path, headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert _is_shared(answer)
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert field in answer.headers["access-control-allow-headers"].split(", ")
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("path", ["/", "/feeds/all/", "/style.css", "/nothing"])
def test_what_is_no_feed_tells_only_what_it_takes(client: httpx2.Client, path: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("fields", [{}, {"If-Range": "ETAG"}, {"If-Range": '"old"'}])
@pytest.mark.parametrize("asked", ["bytes=0-99", "bytes=0-1,5-6", "bytes=-5", "bytes=9-1", "x=1"])
def test_who_asks_for_a_part_gets_the_whole(
    client: httpx2.Client, fields: dict[str, str], asked: str
) -> None:
    """A server may ignore Range (RFC 9110 14.2), and feeds change under those who resume."""
    etag = client.get("/feeds/all.atom").headers["etag"]
    known = {name: value.replace("ETAG", etag) for name, value in fields.items()}
    answer = client.get("/feeds/all.atom", headers={"Range": asked, **known})
    assert (answer.status_code, answer.content) == (200, FEED)
    assert "content-range" not in answer.headers


@pytest.fixture(scope="module")
def temptations(root: Path) -> None:
    (root.parent / "secret.txt").write_text("secret")
    (root / ".hidden.html").write_text("secret")
    (root / "left-over.tmp").write_text("secret")
    (root / "outside.txt").symlink_to(root.parent / "secret.txt")
    (root / "folder").symlink_to(root.parent, target_is_directory=True)


@pytest.mark.parametrize(
    "target",
    [
        "/nothing",
        "/feeds/nothing.atom",
        "/../secret.txt",
        "/feeds/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/feeds%2fall.atom",
        "/feeds%2Fall.atom",
        "/feeds%5call.atom",
        "//feeds/all.atom",
        "/feeds/all.atom%00",
        "/feeds/all.atom%0a",
        "/.hidden.html",
        "/feeds/.all.atom.tmp",
        "/feeds/all.atom.gz",
        "/feeds/all.atom.tmp",
        "/left-over.tmp",
        "/feeds/all.atom/",
        "/outside.txt",
        "/folder/secret.txt",
        "/" + "a" * 5000,
        "/%ff%fe",
    ],
)
@pytest.mark.usefixtures("temptations")
def test_nothing_else_is_given_away(client: httpx2.Client, target: str) -> None:
    status, body = _raw(client, target)
    assert status == 404
    assert b"secret" not in body


def test_a_folder_is_no_file(client: httpx2.Client, root: Path) -> None:
    (root / "odd/index.html").mkdir(parents=True)
    assert client.get("/odd").status_code == 404


def test_a_link_within_the_root_is_followed(client: httpx2.Client, root: Path) -> None:
    (root / "latest.atom").symlink_to(root / "feeds/all.atom")
    assert client.get("/latest.atom").content == FEED


def test_a_new_version_is_served_at_once(client: httpx2.Client, root: Path) -> None:
    put(root, "feeds/changing.atom", FEED)
    old = client.get("/feeds/changing.atom")
    put(root, "feeds/changing.atom", b"<feed>new</feed>", at=WRITTEN + timedelta(minutes=1))
    new = client.get("/feeds/changing.atom", headers={"If-None-Match": old.headers["etag"]})
    assert new.content == b"<feed>new</feed>"
    assert new.headers["etag"] != old.headers["etag"]


def test_a_vanished_file_is_gone_at_once(client: httpx2.Client, root: Path) -> None:
    put(root, "feeds/vanishing.atom", FEED)
    assert client.get("/feeds/vanishing.atom").status_code == 200
    (root / "feeds/vanishing.atom").unlink()
    assert client.get("/feeds/vanishing.atom").status_code == 404


def test_last_modified_never_goes_back(client: httpx2.Client, root: Path) -> None:
    """A clock set back, or a file put back from a copy, must not make caches doubt."""
    put(root, "feeds/restored.atom", FEED)
    assert client.get("/feeds/restored.atom").status_code == 200
    put(root, "feeds/restored.atom", b"<feed>put back</feed>", at=WRITTEN - timedelta(days=1))
    answer = client.get("/feeds/restored.atom")
    assert answer.content == b"<feed>put back</feed>"
    # Nor is it that of the other version.
    assert answer.headers["last-modified"] == "Tue, 24 Nov 2026 05:00:01 GMT"
    known = {"If-Modified-Since": "Tue, 24 Nov 2026 05:00:00 GMT"}
    assert client.get("/feeds/restored.atom", headers=known).status_code == 200


def test_last_modified_is_never_in_the_future(client: httpx2.Client, root: Path) -> None:
    put(root, "feeds/new.atom", FEED, at=NOW + timedelta(days=1))
    answer = client.get("/feeds/new.atom")
    # The server's Date is of up to a tenth of a second before the request.
    assert answer.headers["last-modified"] == "Tue, 24 Nov 2026 05:59:59 GMT"


def test_a_packed_sibling_of_another_version_is_never_sent(
    client: httpx2.Client, root: Path
) -> None:
    """The file may be replaced between reading both."""
    put(root, "feeds/between.atom", FEED)
    wanted = {"Accept-Encoding": "gzip"}
    (root / "feeds/between.atom").write_bytes(b"<feed>new</feed>")
    between = client.get("/feeds/between.atom", headers=wanted)
    assert between.content == b"<feed>new</feed>"
    assert "content-encoding" not in between.headers
    (root / "feeds/between.atom.gz").write_bytes(gzip.compress(b"<feed>new</feed>"))
    after = client.get("/feeds/between.atom", headers=wanted)
    assert after.headers["content-encoding"] == "gzip"


def test_a_file_without_packed_sibling_is_served_plain(client: httpx2.Client, root: Path) -> None:
    (root / "robots.txt").write_text("User-agent: *\n")
    answer = client.get("/robots.txt", headers={"Accept-Encoding": "gzip"})
    assert answer.text == "User-agent: *\n"
    assert "content-encoding" not in answer.headers


def test_memory_stays_within_its_limit(tmp_path: Path) -> None:
    """The one not asked for longest goes first; one too large is served all the same."""
    directory = Directory(tmp_path, limit_bytes=20_000, clock=lambda: NOW)
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_bytes(b"x" * 5_000)
    (tmp_path / "large.txt").write_bytes(b"x" * 50_000)
    for name in ("a.txt", "b.txt", "a.txt", "c.txt", "large.txt"):
        _ask(directory, name)
    assert [_is_remembered(directory, name) for name in ("a.txt", "b.txt", "c.txt")] == [
        True,
        False,
        True,
    ]
    assert not _is_remembered(directory, "large.txt")


def test_a_file_that_vanishes_while_it_is_looked_for_is_missing(tmp_path: Path) -> None:
    directory = Directory(tmp_path, limit_bytes=20_000, clock=lambda: NOW)
    assert directory.read("gone.txt") is None


def _ask(directory: Directory, name: str) -> None:
    signature = directory.signature(name)
    assert signature is not None
    served = directory.remembered(name, signature) or directory.read(name)
    assert served is not None
    directory.remember(name, served)


def _is_remembered(directory: Directory, name: str) -> bool:
    signature = directory.signature(name)
    return signature is not None and directory.remembered(name, signature) is not None


def _raw(client: httpx2.Client, target: str) -> tuple[int, bytes]:
    """The answer to a request target sent as it is; clients tidy theirs up."""
    host, port = client.base_url.host, client.base_url.port
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.putrequest("GET", target, skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def _without(headers: httpx2.Headers, names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}
