"""Items withdrawn, merged and split: feeds drop them, and their pages say where they went."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from feeds.model import Issued, IssuedFrom, Item
from feeds.publish.files import Files
from feeds.publish.rebuild import PublishReport, publish
from feeds.publish.store import check
from feeds.storage import entries, write_items
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from tests.builders import a_draft
from tests.items import NOON, a_site, revise, store
from tests.serving import serving


class Site:
    """A site of two items, published."""

    def __init__(self, database: Database, taxonomy: Taxonomy, public: Path) -> None:
        self._database = database
        self._taxonomy = taxonomy
        self.public = public
        drafts = [a_draft(title=title) for title in ("One", "Other")]
        self.one, self.other = store(database, taxonomy, drafts)
        self.publish()

    def publish(self) -> PublishReport:
        return publish(self._database, self._taxonomy, Files(self.public), a_site())

    def merge(self, item: Item, into: Item) -> None:
        with self._database.writing() as connection:
            assert hiding.merge(connection, item.number, into.number, NOON) is None

    def split(self, item: Item) -> None:
        with self._database.writing() as connection:
            assert hiding.split(connection, item.number, NOON) is None

    def page(self, item: Item) -> str:
        return (self.public / "items" / item.slug / "index.html").read_text("utf-8")

    def answer(self, item: Item) -> tuple[int, str]:
        """How our own server answers at the item's address, and where it leads to."""
        files = PublishedFiles(Directory(self.public, limit_bytes=1_000_000, clock=lambda: NOON))
        app = Starlette(routes=[Route("/{path:path}", files)])
        with serving(app) as url:
            answer = httpx2.get(f"{url}/items/{item.slug}/")
            return answer.status_code, answer.headers.get("location", "")

    def titles(self, feed: str) -> list[str]:
        parsed = feedparser.parse((self.public / "feeds" / f"{feed}.atom").read_bytes())
        return [entry.title for entry in parsed.entries]


PACKED = {".br", ".gz", ".zst"}


@pytest.fixture
def site(database: Database, few_topics: Taxonomy, tmp_path: Path) -> Site:
    return Site(database, few_topics, tmp_path / "public")


def test_a_merged_item_leaves_its_feeds_and_leads_to_the_other(site: Site) -> None:
    """Who kept its address is sent on."""
    site.merge(site.one, site.other)
    site.publish()
    assert site.titles("all") == site.titles("fields/policing") == ["Other"]
    assert f"items/{site.other.slug}" in site.page(site.one)
    assert "http-equiv" in site.page(site.one)
    assert site.answer(site.one) == (308, f"/items/{site.other.slug}/")
    assert site.publish().files == ()


def _undated(path: Path) -> bytes:
    """What a file says, without when its feed and its entries were updated."""
    dates = rb"<((?:atom:)?updated|lastBuildDate|dc:date)>[^<]*</"
    return re.sub(dates + rb'|"(updated|date_modified)":"[^"]*"', b"", path.read_bytes())


def _undated_files(site: Site) -> Mapping[Path, bytes]:
    """All but the feed of what changed: both did."""
    files = site.public.rglob("*.*")
    return {
        path: _undated(path)
        for path in files
        if path.suffix not in PACKED and path.name != "changes.atom"
    }


def test_a_split_item_is_as_it_was(site: Site) -> None:
    """Merging is reversible to the byte, but for when its feeds and it were updated: by both."""
    before = _undated_files(site)
    site.merge(site.one, site.other)
    site.publish()
    site.split(site.one)
    site.publish()
    assert _undated_files(site) == before


def test_a_withdrawn_item_leaves_a_page_that_says_so(site: Site, database: Database) -> None:
    """Mails and readers link to it for years."""
    with database.writing() as connection:
        # As `leave` does it for what came of documents that are gone.
        withdrawn: dict[str, datetime | int | None] = {"withdrawn_at": site.one.updated_at}
        write_items.set_hidden(connection, [site.one.number], withdrawn, NOON)
    site.publish()
    assert site.titles("all") == ["Other"]
    assert "withdrawn" in site.page(site.one)
    assert "noindex" in site.page(site.one)
    assert site.answer(site.one) == (410, "")
    assert site.publish().files == ()
    with database.writing() as connection:
        write_items.restore(connection, "own", [site.one.number], NOON)
    site.publish()
    assert sorted(site.titles("all")) == ["One", "Other"]
    assert "withdrawn" not in site.page(site.one)
    assert site.answer(site.one) == (200, "")


def test_an_item_that_cannot_be_rendered_is_left_out_and_no_feed_suffers(
    database: Database, few_topics: Taxonomy, tmp_path: Path
) -> None:
    """Where the site is, the last half hour of all days is after the last day there is."""
    end = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    wrong = Issued(day=end.date(), at=end, origin=IssuedFrom.FEED)
    store(database, few_topics, [a_draft(title="Right")])
    [broken] = store(database, few_topics, [a_draft(title="Wrong", issued=wrong)])
    publish(database, few_topics, Files(tmp_path), a_site())
    for path in ("all", "fields/policing"):
        feed = (tmp_path / f"feeds/{path}.atom").read_text("utf-8")
        assert "Right" in feed
        assert "Wrong" not in feed
    assert (tmp_path / "index.html").exists()
    assert not (tmp_path / f"items/{broken.slug}").exists()
    with database.reading() as connection:
        assert entries.left_out(connection) == [broken.slug]
    right = replace(wrong, at=end - timedelta(days=1))
    revise(database, few_topics, broken, a_draft(title="Mended", issued=right), NOON)
    publish(database, few_topics, Files(tmp_path), a_site())
    assert "Mended" in (tmp_path / "feeds/all.atom").read_text("utf-8")
    with database.reading() as connection:
        assert entries.left_out(connection) == []


LISTS = ("index.html", "feeds.opml", "feeds/languages.opml", "sitemap-pages.xml")


@pytest.mark.parametrize("how", ["withdrawn", "filed elsewhere"])
def test_the_feed_of_a_language_that_lost_its_last_item_goes_on_without_it(
    site: Site, database: Database, few_topics: Taxonomy, how: str
) -> None:
    """Its address never dies, nor does it go on showing what it has no more."""
    (item,) = store(database, few_topics, [a_draft(title="Seul", language="fr")])
    site.publish()
    assert site.titles("languages/fr") == ["Seul"]
    later = NOON + timedelta(hours=1)
    if how == "withdrawn":
        with database.writing() as connection:
            write_items.set_hidden(connection, [item.number], {"withdrawn_at": later}, later)
    else:
        revise(database, few_topics, item, a_draft(title="Seul", language="nl"), later)
    site.publish()
    for _ in range(2):
        assert site.titles("languages/fr") == []
        page = (site.public / "feeds/languages/fr/index.html").read_text("utf-8")
        assert "Seul" not in page
        assert "Nothing has been published here" in page
        rows = [(site.public / name).read_bytes() for name in LISTS]
        assert all(b"feeds/languages/fr" in row for row in rows)
        feed = feedparser.parse((site.public / "feeds/languages/fr.atom").read_bytes()).feed
        assert feed.updated > later.isoformat()
        found = check.check(database, few_topics, Files(site.public), a_site())
        assert found == ()
        publish(database, few_topics, Files(site.public), a_site(), everything=True)
