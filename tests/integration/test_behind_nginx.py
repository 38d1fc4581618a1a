"""A published site behind other web servers: as they come, and nginx as docs/operate.md has it."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urljoin

import feedparser
import httpx2
import lxml.html
import pytest

from feeds import search
from feeds.ingest.retag import follow
from feeds.model import Item
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from notifier.storage import VERSIONS
from notifier.subscribers.links import MailLinks
from tests import services
from tests.builders import a_draft
from tests.items import NOON, a_site, store
from tests.serving import SECRET, a_web_app, serving

PAPER = Path(__file__).parents[2] / "docs" / "operate.md"
TAXONOMY = Path(__file__).parents[1] / "few_topics.toml"
SITE = "https://news.example.org"
HUB = "https://hub.example.org/"
#: nginx as it is installed, with a root and no more.
PLAIN = "server { listen 80; root /srv/fieldfare/public; }"
MEDIA = {
    "/feeds/all.atom": "application/atom+xml; charset=utf-8",
    "/feeds/all.rss": "application/rss+xml; charset=utf-8",
    "/feeds/all.json": "application/feed+json",
    "/feeds.opml": "text/x-opml; charset=utf-8",
    "/": "text/html; charset=utf-8",
    "/feeds/all/": "text/html; charset=utf-8",
    "/style.css": "text/css; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where each answers, and what they show: an item, and one that tells what it does."""

    public: Path
    plain: str
    python: str
    static: str
    proxy: str
    shown: Item
    merged: Item


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, few_topics: Taxonomy) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("behind")
    public = folder / "public"
    with ExitStack() as opened:
        database = Database.open(f"sqlite:///{folder / 'store.db'}", VERSIONS)
        opened.enter_context(closing(database))
        database.migrate()
        shown, merged = store(database, few_topics, [a_draft(), a_draft(title="The same")])
        with database.writing() as connection:
            hiding.merge(connection, merged.number, shown.number, NOON)
        site, taxonomy = a_site(url=SITE, hubs=(HUB,)), _renamed(database)
        # Where nothing but files is served nobody answers searches and forms.
        alone = folder / "alone"
        bare = replace(site, has_search=False, has_sign_up=False)
        publish(database, taxonomy, Files(alone), bare)
        publish(database, taxonomy, Files(public), site)
        search.follow(database)
        own = opened.enter_context(serving(a_web_app(database, taxonomy, public, site=site)))
        examples = re.findall(r"```nginx\n(.*?)```", PAPER.read_text("utf-8"), re.DOTALL)
        ports = [services.free_port() for _ in range(3)]
        configured = [
            each.replace("listen 80;", f"listen 127.0.0.1:{port};", 1)
            .replace("/srv/fieldfare/public", str(alone if each is PLAIN else public))
            .replace(r"# ~\.(atom", r"~\.(atom")
            .replace("http://127.0.0.1:8025", own)
            for each, port in zip((PLAIN, *examples), ports, strict=True)
        ]
        try:
            opened.enter_context(services.nginx(*configured, folder=folder, port=ports[0]))
        except services.Missing as missing:
            pytest.skip(str(missing))
        plain, static, proxy = (f"http://127.0.0.1:{port}" for port in ports)
        yield Servers(
            public=public,
            plain=plain,
            python=opened.enter_context(closing(_PythonServer(alone))).url,
            static=static,
            proxy=proxy,
            shown=shown,
            merged=merged,
        )


def _renamed(database: Database) -> Taxonomy:
    """The same topics, where policing was called otherwise in addresses before."""
    policing = 'slug = "policing"\n'
    written = TAXONOMY.read_text("utf-8")
    renamed = written.replace(policing, f'{policing}former_slugs = ["police"]\n')
    taxonomy = Taxonomy.from_toml(renamed)
    follow(database, taxonomy, [], now=NOON)
    return taxonomy


class _PythonServer:
    """The standard library's web server: a folder, and no settings at all."""

    def __init__(self, folder: Path) -> None:
        quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        handler = partial(quiet, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(params=["plain", "python", "static", "proxy"])
def client(request: pytest.FixtureRequest, servers: Servers) -> Iterator[httpx2.Client]:
    """Each server by turns."""
    plain = {"Accept-Encoding": "identity"}
    with httpx2.Client(base_url=getattr(servers, request.param), headers=plain) as asking:
        yield asking


@pytest.fixture(params=["static", "proxy"])
def example(request: pytest.FixtureRequest, servers: Servers) -> Iterator[httpx2.Client]:
    """Each of the examples by turns."""
    plain = {"Accept-Encoding": "identity"}
    with httpx2.Client(base_url=getattr(servers, request.param), headers=plain) as asking:
        yield asking


def _walk(client: httpx2.Client, start: str) -> set[str]:
    """The paths of all that the pages of the site lead to and are made of, each of which is there.

    None may be reached by a redirect.
    """
    seen, waiting = set[str](), {start}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        if not path.endswith("/"):
            continue
        page: lxml.html.HtmlElement = lxml.html.document_fromstring(answer.content)
        links = (urljoin(f"{SITE}{path}", link) for _, _, link, _ in page.iterlinks())
        inner = {link.removeprefix(SITE) for link in links if link.startswith(f"{SITE}/")}
        waiting |= {link.partition("?")[0] for link in inner} - seen
    return seen


def test_every_link_leads_somewhere_without_a_detour(client: httpx2.Client) -> None:
    seen = _walk(client, "/")
    assert {*MEDIA} <= seen
    assert [path for path in seen if path.startswith("/items/")]


def test_searches_are_answered_by_our_own_server(example: httpx2.Client) -> None:
    answer = example.get("/feeds/select.atom?field=policing&q=police")
    assert answer.status_code == 200
    assert b"<entry" in answer.content
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert len(answer.headers.get_list("cache-control")) == 1
    assert example.get("/feeds/select?q=police").headers["location"] == "/feeds/select/?q=police"


def test_a_folder_of_that_name_is_a_site_under_a_path(
    tmp_path: Path, few_topics: Taxonomy, program: Callable[[str, str], str]
) -> None:
    program("nginx", "nginx")
    port = services.free_port()
    listening = PLAIN.replace("listen 80", f"listen 127.0.0.1:{port}")
    with ExitStack() as opened:
        database = Database.open(f"sqlite:///{tmp_path / 'store.db'}", VERSIONS)
        opened.enter_context(closing(database))
        database.migrate()
        store(database, few_topics, [a_draft()])
        publish(
            database,
            few_topics,
            Files(tmp_path / "www" / "news"),
            a_site(url=f"{SITE}/news", has_search=False, has_sign_up=False),
        )
        server = listening.replace("/srv/fieldfare/public", str(tmp_path / "www"))
        opened.enter_context(services.nginx(server, folder=tmp_path, port=port))
        client = opened.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}"))
        seen = _walk(client, "/news/")
    assert {"/news/feeds/all/", "/news/feeds/all.atom", "/news/style.css"} < seen
    assert {path for path in seen if not path.startswith("/news/")} == set()


@pytest.mark.parametrize("path", ["/feeds/all", "/feeds/fields/policing", "/items/SLUG"])
def test_an_address_without_its_slash_is_found(
    client: httpx2.Client, servers: Servers, path: str
) -> None:
    path = path.replace("SLUG", servers.shown.slug)
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.content == client.get(f"{path}/").content
    assert f'rel="canonical" href="{SITE}{path}/"' in answer.text


@pytest.mark.parametrize("path", MEDIA)
def test_files_are_served_as_what_they_are(example: httpx2.Client, path: str) -> None:
    answer = example.get(path)
    assert answer.headers["content-type"] == MEDIA[path]
    assert answer.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=3600"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept-Encoding"
    packed = example.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == answer.content


@pytest.mark.parametrize("end", ["atom", "rss", "json"])
def test_a_feed_is_known_again_and_read_by_browsers(example: httpx2.Client, end: str) -> None:
    feed = example.get(f"/feeds/all.{end}")
    known = {"If-None-Match": f"W/{feed.headers['etag']}"}
    again = example.get(f"/feeds/all.{end}", headers=known)
    assert again.status_code == 304
    assert again.headers["etag"] == feed.headers["etag"]
    missing = example.get(f"/feeds/nothing.{end}")
    assert missing.status_code == 404
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    preflight = example.options(f"/feeds/all.{end}", headers=asked)
    assert preflight.status_code == 204
    assert "If-None-Match" in preflight.headers["access-control-allow-headers"]
    for answer in (feed, again, missing, preflight):
        assert answer.headers["access-control-allow-origin"] == "*"
    for answer in (feed, again, missing):
        assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in example.get("/feeds/all/").headers


def test_a_feed_names_its_hubs(example: httpx2.Client) -> None:
    feed = example.get("/feeds/all.atom")
    again = example.get("/feeds/all.atom", headers={"If-None-Match": feed.headers["etag"]})
    assert again.status_code == 304
    for answer in (feed, again):
        links = f'<{HUB}>; rel="hub", <{SITE}/feeds/all.atom>; rel="self"'
        assert answer.headers["link"] == links
    assert "link" not in example.get("/feeds/all/").headers


def test_the_second_of_two_changes_is_seen(example: httpx2.Client, servers: Servers) -> None:
    """As long and in the same second: that is all that nginx knows of a file."""
    files = Files(servers.public)
    files.write("feeds/twice.atom", b"<feed>1</feed>")
    first = example.get("/feeds/twice.atom")
    files.write("feeds/twice.atom", b"<feed>2</feed>")
    for fields in (
        {"If-Modified-Since": first.headers["last-modified"]},
        {"If-None-Match": first.headers["etag"]},
    ):
        assert example.get("/feeds/twice.atom", headers=fields).content == b"<feed>2</feed>"
    for path in (servers.public / "feeds").glob("twice.*"):
        path.unlink()


@pytest.mark.parametrize("end", [".br", ".gz", ".status", ".zst"])
def test_what_is_no_file_of_its_own_is_not_given_away(
    example: httpx2.Client, servers: Servers, end: str
) -> None:
    page = f"/items/{servers.merged.slug}/index.html{end}"
    assert (servers.public / page[1:]).is_file()
    assert example.get(page).status_code == 404


def test_an_item_that_moved_is_found(client: httpx2.Client, servers: Servers) -> None:
    """By our own server at once; elsewhere by what the page says."""
    answer = client.get(f"/items/{servers.merged.slug}/")
    place = f"/items/{servers.shown.slug}/"
    if str(client.base_url).rstrip("/") == servers.proxy:
        assert (answer.status_code, answer.headers["location"]) == (308, place)
    assert f'http-equiv="refresh" content="0; url={SITE}{place}"' in answer.text


def test_the_address_of_a_renamed_topic_leads_to_its_new_one(
    client: httpx2.Client, servers: Servers
) -> None:
    """By our own server at once; elsewhere by what the page and a last entry say."""
    feed, page = client.get("/feeds/fields/police.atom"), client.get("/feeds/fields/police/")
    if str(client.base_url).rstrip("/") == servers.proxy:
        assert (feed.status_code, feed.headers["location"]) == (308, "/feeds/fields/policing.atom")
        assert (page.status_code, page.headers["location"]) == (308, "/feeds/fields/policing/")
    else:
        assert (feed.status_code, page.status_code) == (200, 200)
    place = f"{SITE}/feeds/fields/policing/"
    assert f'http-equiv="refresh" content="0; url={place}"' in page.text
    [last, *_] = feedparser.parse(feed.content).entries
    assert (last.title, last.link) == ("This feed has moved: Policing", place)


def test_links_in_mails_go_through_and_numbers_do_not(servers: Servers) -> None:
    links = MailLinks(base_url=servers.proxy, secret=SECRET)
    assert httpx2.get(links.unsubscribe("nobody", 1)).status_code == 200
    assert httpx2.post(links.unsubscribe("nobody", 1)).status_code == 200
    assert httpx2.get(f"{servers.proxy}/healthz").status_code == 200
    assert httpx2.get(f"{servers.proxy}/metrics").status_code == 404
