"""What feed readers make of our feeds: newsboat and sfeed, as Debian has them, and reader."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import pytest
from reader import make_reader

from feeds.publish.feed import ATOM, FORMS, RSS, FeedForm
from feeds.taxonomy import Taxonomy
from tests.served_site import ServedSite, served_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, osce: Taxonomy) -> Iterator[ServedSite]:
    with served_site(tmp_path_factory.mktemp("site"), osce) as up:
        yield up


def addresses(site: ServedSite) -> list[str]:
    return [item.url or f"{site.url}/items/{item.slug}/" for item in site.items]


@pytest.mark.parametrize("form", [ATOM, RSS], ids=lambda form: form.extension)
def test_newsboat_shows_every_item_with_its_title_and_address(
    site: ServedSite, program: Callable[[str, str], str], tmp_path: Path, form: FeedForm
) -> None:
    (tmp_path / "urls").write_text(f"{site.url}/feeds/all.{form.extension}\n", "utf-8")
    (tmp_path / "config").touch()
    newsboat = [program("newsboat", "newsboat"), "-C", "config", "-u", "urls", "-c", "cache.db"]

    def run(*commands: str) -> str:
        return subprocess.run(
            [*newsboat, "-x", *commands],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
            timeout=60,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    run("reload")
    assert run("print-unread").strip() == f"{len(site.items)} unread articles"
    with closing(sqlite3.connect(tmp_path / "cache.db")) as cache:
        columns = "guid, title, url, author"
        shown = cache.execute(f"SELECT {columns} FROM rss_item").fetchall()
        feed = cache.execute("SELECT title, url FROM rss_feed").fetchone()
    assert feed == ("All news · OSCE", f"{site.url}/feeds/all/")
    # Of the creators in an RSS feed it takes the last.
    first = 0 if form is ATOM else -1
    assert sorted(shown) == sorted(
        (item.uid, item.title, url, ", ".join(label.text for label in item.issuers[first:]))
        for item, url in zip(site.items, addresses(site), strict=True)
    )


@pytest.mark.parametrize("form", [ATOM, RSS], ids=lambda form: form.extension)
def test_sfeed_reads_every_item_newest_first(
    site: ServedSite, program: Callable[[str, str], str], form: FeedForm
) -> None:
    feed = httpx.get(f"{site.url}/feeds/all.{form.extension}").content
    sfeed = subprocess.run(
        [program("sfeed", "sfeed")], input=feed, check=True, capture_output=True
    ).stdout
    rows = [line.split("\t") for line in sfeed.decode().splitlines()]
    # timestamp, title, link, content, content type, id, author, enclosure, category: sfeed(5)
    shown = [(row[5], row[1], row[2], row[4]) for row in rows]
    assert shown == [
        (item.uid, item.title, url, "html")
        for item, url in zip(site.items, addresses(site), strict=True)
    ]
    assert all(row[0] for row in rows)
    known = {
        "secretariat": "OSCE Secretariat",
        "transnational-threats-department": "Transnational Threats Department",
        "policing": "Policing",
        "human-rights": "Human rights",
        "news": "News",
    }
    assert rows[-1][8].split("|") == list(known if form is ATOM else known.values())


def test_reader_sees_the_same_in_each_form(site: ServedSite) -> None:
    """lemon24's, which has a parser of its own for JSON Feed and its own feedparser."""
    seen = []
    for form in FORMS:
        with make_reader(":memory:") as reader:
            reader.add_feed(f"{site.url}/feeds/all.{form.extension}")
            reader.update_feeds()
            (feed,) = reader.get_feeds()
            assert feed.last_exception is None
            assert (feed.title, feed.link) == ("All news · OSCE", f"{site.url}/feeds/all/")
            entries = sorted(reader.get_entries(), key=lambda entry: entry.id)
        seen.append(
            [
                (
                    *(entry.id, entry.title, entry.link, entry.published),
                    entry.updated and entry.updated.replace(microsecond=0),
                    [(each.value.strip(), each.language) for each in entry.content],
                    [(file.href, file.length) for file in entry.enclosures],
                )
                for entry in entries
            ]
        )
    assert seen[0] == seen[1] == seen[2]
    assert [entry[:3] for entry in seen[0]] == sorted(
        (item.uid, item.title, url) for item, url in zip(site.items, addresses(site), strict=True)
    )
