"""What feed readers make of our feeds: newsboat and sfeed, as Debian has them."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import pytest

from feeds.taxonomy import Taxonomy
from tests.served_site import ServedSite, served_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, osce: Taxonomy) -> Iterator[ServedSite]:
    with served_site(tmp_path_factory.mktemp("site"), osce) as up:
        yield up


def addresses(site: ServedSite) -> list[str]:
    return [item.url or f"{site.url}/items/{item.slug}/" for item in site.items]


def test_newsboat_shows_every_item_with_its_title_and_address(
    site: ServedSite, program: Callable[[str, str], str], tmp_path: Path
) -> None:
    (tmp_path / "urls").write_text(f"{site.url}/feeds/all.atom\n", "utf-8")
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
    assert sorted(shown) == sorted(
        (item.uid, item.title, url, ", ".join(label.text for label in item.issuers))
        for item, url in zip(site.items, addresses(site), strict=True)
    )


def test_sfeed_reads_every_item_newest_first(
    site: ServedSite, program: Callable[[str, str], str]
) -> None:
    feed = httpx.get(f"{site.url}/feeds/all.atom").content
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
    assert rows[-1][8].split("|") == [
        "secretariat",
        "transnational-threats-department",
        "policing",
        "human-rights",
        "news",
    ]
