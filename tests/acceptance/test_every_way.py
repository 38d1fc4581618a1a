"""The same news by folder, listing, feed, sitemap and push: the same items, and no doubles."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.command import PATIENCE_SECONDS, Installation, a_free_port, an_installation
from tests.publisher import contents
from tests.publisher.server import Publisher, publishing
from tests.publisher.site import Site

STORIES = 12
#: A page's own facts, however it came: all but where the page was found.
FACTS = ("title", "issued", "topics", "language")

TOKEN = "the token of the press office, which is long"


@pytest.fixture
def site() -> Site:
    return Site(count=STORIES)


@pytest.fixture
def publisher(site: Site) -> Iterator[Publisher]:
    with publishing(site) as running:
        yield running


def settings(port: int) -> str:
    return f"""
[site]
url = "http://127.0.0.1:{port}"
[fetch]
private_hosts = "127.0.0.1"
pause_seconds = 0
[serve]
port = {port}
[daemon]
publish_seconds = 1
"""


def sources(publisher: Publisher, folder: Path) -> str:
    web = "".join(
        f'[[sources]]\nname = "{name}"\nkind = "web"\nurl = "{publisher.at(path)}"\n'
        f"listing_pages = 9\n"
        for name, path in (
            ("listing", "/news"),
            ("atom", "/feed.atom"),
            ("full", "/full.atom"),
            ("rss", "/feed.rss"),
            ("sitemap", "/sitemap.xml"),
        )
    )
    return (
        f'{web}[[sources]]\nname = "saved"\npath = "{folder}"\npattern = "*.html"\n'
        "settle_seconds = 0\n"
        '[[sources]]\nname = "press"\nkind = "push"\ntoken_path = "press.token"\n'
    )


def canonical(url: str) -> bytes:
    """What tells of a saved page where it was found."""
    return f'<link rel="canonical" href="{url}"></head>'.encode()


@pytest.fixture
def house(tmp_path: Path, site: Site, publisher: Publisher) -> Installation:
    saved = tmp_path / "saved"
    saved.mkdir()
    for story in site.stories:
        page = contents.page(story).replace(b"</head>", canonical(publisher.at(story.path)))
        (saved / f"page {story.n}.html").write_bytes(page)
    port = a_free_port()
    made = an_installation(tmp_path / "house", settings(port), sources(publisher, saved))
    (made.folder / "press.token").write_text(TOKEN)
    return made


def items(house: Installation) -> dict[str, dict[str, Any]]:
    """Every item by its title; there is one of each."""
    rows = house.report("items", "--limit", "1000")
    by_title = {row["title"]: row for row in rows}
    assert len(by_title) == len(rows), "an item came twice"
    return by_title


def facts(house: Installation) -> dict[str, tuple[str, ...]]:
    return {title: tuple(map(str, map(row.get, FACTS))) for title, row in items(house).items()}


@pytest.mark.parametrize("first", ["full", "saved"])
def test_every_way_leads_to_the_same_items(first: str, house: Installation, site: Site) -> None:
    """Whichever way comes first: the others add no item, and what they know is filled in.

    For the other ways into the website see `tests/integration/test_web_ingest.py`.
    """
    assert house.report("ingest", first)["added"] == STORIES
    report = house.report("ingest")
    assert (report["added"], report["problems"]) == (0, [])
    told = facts(house)
    assert set(told) == {story.title for story in site.stories}
    for story in site.stories:
        _, issued, topics, language = told[story.title]
        assert (issued, language) == (story.day.isoformat(), "en")
        assert story.field in topics


def test_a_second_time_everything_is_the_same(house: Installation, site: Site) -> None:
    """The publisher answers 304, and nothing is written."""
    house.report("ingest")
    house.report("publish")
    before, published = items(house), house.published()
    site.forget_asked()
    again = house.report("ingest")
    assert {asked.status for asked in site.asked if asked.target != "/robots.txt"} == {304}
    assert (again["added"], again["revised"], again["items"]) == (0, 0, [])
    assert house.report("publish")["files"] == []
    assert (items(house), house.published()) == (before, published)


def test_what_is_pushed_is_the_item_that_was_fetched(house: Installation, site: Site) -> None:
    """A content system pushes what the site shows as well; readers see it once."""
    house.report("ingest", "listing")
    before = items(house)
    url = house.report("config")["site"]["url"]
    # The daemon takes in five ways meanwhile.
    office = httpx2.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE_SECONDS)
    with house.running(url), office:
        for story in site.stories:
            answer = office.post(
                f"{url}/api/items",
                json={
                    "id": f"cms-{story.n}",
                    "title": story.title,
                    "paragraphs": list(story.paragraphs),
                    "url": before[story.title]["url"],
                    "issued": story.day.isoformat(),
                },
                timeout=PATIENCE_SECONDS,
            )
            assert answer.status_code in {200, 201}, answer.text
    assert {row["uid"] for row in items(house).values()} == {row["uid"] for row in before.values()}


def test_a_publishers_changes_arrive(house: Installation, site: Site) -> None:
    """One more, one corrected, one taken away with 410, and one of those back."""
    house.report("ingest", "listing")
    site.publish()
    site.revise(site.stories[1].n)
    site.withdraw(site.stories[2].n)
    report = house.report("ingest", "listing")
    assert (report["added"], report["revised"], report["withdrawn"]) == (1, 1, 1)
    shown = items(house)
    assert len(shown) == STORIES
    assert len(house.report("items", "--hidden")) == 1


def test_a_source_that_fails_is_shown_and_delays_no_other(house: Installation, site: Site) -> None:
    """`sources` tells since when and why."""
    site.break_down("/news", status=500)
    done = house.call("ingest", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["added"], len(report["problems"])) == (STORIES, 1)
    states = {row["name"]: row for row in house.report("sources")}
    assert states["listing"]["state"] == "failing"
    assert "500" in states["listing"]["problem"]
    assert states["atom"]["state"] == "ok"
