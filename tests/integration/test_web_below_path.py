"""A site under a path of its host, through a proxy that passes the path on, or cuts it off."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import feedparser
import httpx2
import lxml.html
import pytest

from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.storage import VERSIONS
from notifier.subscribers.links import MailLinks
from tests.builders import a_draft
from tests.items import store
from tests.serving import SECRET, SITE, a_web_app, serving

BASE = "/some/n%C3%A9ws"
HOST = "https://example.org"
UNSUBSCRIBE = MailLinks(base_url=f"{HOST}{BASE}", secret=SECRET).unsubscribe("nobody", 1)


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, few_topics: Taxonomy
) -> Iterator[httpx2.Client]:
    folder = tmp_path_factory.mktemp("below")
    site = replace(SITE, url=f"{HOST}{BASE}")
    with closing(Database.open(f"sqlite:///{folder / 'store.db'}", VERSIONS)) as database:
        database.migrate()
        store(database, few_topics, [a_draft()])
        app = a_web_app(database, few_topics, folder / "public", maildir=folder / "mail", site=site)
        publish(database, few_topics, Files(folder / "public"), site)
        with serving(app) as url, httpx2.Client(base_url=url) as asking:
            yield asking


def _links(client: httpx2.Client, page: str) -> set[str]:
    """The paths of everything on the site that a page leads to or is made of."""
    tree: lxml.html.HtmlElement = lxml.html.document_fromstring(client.get(page).content)
    found = (urljoin(f"{HOST}{page}", link) for _, _, link, _ in tree.iterlinks())
    return {urlsplit(link).path for link in found if link.startswith(f"{HOST}/")}


def test_every_link_of_every_page_leads_somewhere(client: httpx2.Client) -> None:
    seen: set[str] = set()
    waiting = {f"{BASE}/", urlsplit(UNSUBSCRIBE).path, f"{BASE}/mails"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            waiting |= _links(client, path) - seen
    assert all(path.startswith(f"{BASE}/") for path in seen)
    assert {f"{BASE}/style.css", f"{BASE}/feeds/all.atom", f"{BASE}/feeds.opml"} < seen
    assert len([path for path in seen if "/items/" in path]) == 1


@pytest.mark.parametrize(
    "path", ["/", "/feeds/all.atom", "/feeds/all", "/feeds/all/", "/feeds.opml", "/style.css"]
)
def test_the_path_may_be_cut_off(client: httpx2.Client, path: str) -> None:
    kept, cut = client.get(f"{BASE}{path}"), client.get(path)
    assert kept.status_code == 200
    assert (kept.content, kept.headers["etag"]) == (cut.content, cut.headers["etag"])


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/mails", urlsplit(UNSUBSCRIBE).path])
def test_what_is_made_on_request_is_there_too(client: httpx2.Client, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.get(f"{BASE}{path.removeprefix(BASE)}").status_code == 200


def test_the_sites_own_address_needs_no_slash(client: httpx2.Client) -> None:
    answer = client.get(BASE)
    assert answer.status_code == 200
    assert answer.content == client.get(f"{BASE}/").content


def test_a_feed_says_where_it_is(client: httpx2.Client) -> None:
    feed = feedparser.parse(client.get(f"{BASE}/feeds/all.atom").content)
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["self"] == f"{HOST}{BASE}/feeds/all.atom"
    assert links["alternate"] == f"{HOST}{BASE}/feeds/all/"


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}{BASE}/",
        f"{BASE}x/feeds/all.atom",
        "/some/feeds/all.atom",
        f"{BASE}//feeds/all.atom",
    ],
)
def test_nothing_is_anywhere_else(client: httpx2.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert f'href="{BASE}/style.css' in answer.text
    assert ("access-control-allow-origin" in answer.headers) == path.endswith(".atom")


def test_the_nearest_names_are_told_with_their_addresses(client: httpx2.Client) -> None:
    feed = client.get(f"{BASE}/feeds/fields/polising.atom")
    assert (feed.status_code, feed.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert f"field:policing ({HOST}{BASE}/feeds/fields/policing.atom)" in feed.text
    page = client.get("/feeds/fields/polising/")
    assert f'<a href="{BASE}/feeds/fields/policing/">field:policing</a>' in page.text
