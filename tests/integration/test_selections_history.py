"""Who walks back from the feed of a selection gets all that the store holds of it."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import feedparser
import httpx2
import pytest
from lxml import etree
from sqlalchemy import Connection

from feeds import search
from feeds.publish import history, selected
from feeds.selection import Selection
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.storage.entries import Latest
from feeds.storage.read_items import whole_items
from feeds.taxonomy import Taxonomy
from notifier.storage import VERSIONS
from tests.builders import a_draft, a_label
from tests.items import NOON, a_site, revise, store
from tests.lint import lint
from tests.serving import a_web_app, serving

SITE = a_site(entries_per_feed=3, items_per_page=2)
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "schema" / "atom.rng"))
QUERY = "field=policing&q=police"
ADDRESS = f"{SITE.url}/feeds/select.atom?{QUERY}"
Get = Callable[[str], httpx2.Response]


@dataclass(slots=True)
class Walk:
    """What a reader of a feed's whole history gets of it."""

    titles: dict[str, str] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)


@pytest.fixture
def filled(tmp_path: Path, sqlite_template: Path, osce: Taxonomy) -> Iterator[Database]:
    """Items of several months, some of other subjects."""
    path = tmp_path / "store.db"
    path.write_bytes(sqlite_template.read_bytes())
    rights = a_label("Human rights", "human-rights")
    with closing(Database.open(f"sqlite:///{path}", VERSIONS)) as database:
        for number, days in enumerate((900, 400, 399, 398, 397, 70, 40, 3, 2, 1, 0)):
            at = NOON - timedelta(days=days)
            store(database, osce, [a_draft(title=f"Police {number}")], at=at)
            store(database, osce, [a_draft(title="Police", fields=(rights,))], at=at)
        search.follow(database)
        yield database


@pytest.fixture
def get(filled: Database, tmp_path: Path, osce: Taxonomy) -> Iterator[Get]:
    seconds = count(0, 5)
    app = a_web_app(
        filled,
        osce,
        tmp_path / "public",
        site=SITE,
        clock=lambda: NOON + timedelta(seconds=next(seconds)),
    )
    headers = {"Accept-Encoding": "identity"}
    with serving(app) as url, httpx2.Client(base_url=url, headers=headers) as client:
        yield lambda address: client.get(address.removeprefix(SITE.url))


def walked(get: Get, address: str = ADDRESS) -> Walk:
    """By prev-archive; each document is valid, and each page leads to the one it was found by."""
    walk = Walk()
    while address:
        answer = get(address)
        assert answer.status_code == 200, address
        SCHEMA.assertValid(etree.fromstring(answer.content))
        assert lint(answer.content, address) == ()
        assert f'<{address}>; rel="self"' in answer.headers["link"]
        told = feedparser.parse(answer.content)
        links = {link.rel: link.href for link in told.feed.links}
        is_page = bool(walk.addresses)
        assert (b"<fh:archive" in answer.content) is is_page
        assert links.get("current") == (ADDRESS if is_page else None)
        assert links.get("next-archive") == (walk.addresses[-1] if walk.addresses[1:] else None)
        for entry in told.entries:
            walk.titles.setdefault(entry.id, entry.title)
        walk.addresses.append(address)
        address = links.get("prev-archive", "")
    return walk


def stored(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        found = search.latest(connection, Selection.parse(QUERY), 99)
        items = whole_items(connection, [each.item for each in found])
    return {item.uid: item.title for item in items}


def test_a_walk_back_from_a_selection_gives_all_of_it(filled: Database, get: Get) -> None:
    walk = walked(get)
    assert walk.titles == stored(filled)
    assert len(walk.titles) == 11
    pages = [each.removeprefix(f"{SITE.url}/feeds/select") for each in walk.addresses]
    assert pages == [
        f".atom?{QUERY}",
        *(f"/{page}.atom?{QUERY}" for page in ("2026-11", "2026-10", "2026-09")),
        *(f"/{page}.atom?{QUERY}" for page in ("2025-10-2", "2025-10", "2024-06")),
    ]
    found: dict[str, str] = {}
    address = ADDRESS.replace(".atom", ".json")
    while address:
        document = get(address).json()
        assert document["feed_url"] == address
        for item in document["items"]:
            found.setdefault(item["id"], item["title"])
        address = document.get("next_url", "")
    assert found == walk.titles
    rss = feedparser.parse(get(ADDRESS.replace(".atom", ".rss")).content)
    archives = [link.href for link in rss.feed.links if link.rel == "prev-archive"]
    assert archives == walk.addresses[1:2]


def test_a_page_that_is_over_stays_whatever_comes(
    filled: Database, get: Get, osce: Taxonomy
) -> None:
    """But for what is withdrawn."""
    before = walked(get)
    pages = {address: get(address).content for address in before.addresses[1:]}
    (new,) = store(filled, osce, [a_draft(title="Police again")])
    search.follow(filled)
    after = walked(get)
    assert after.titles == stored(filled) == {**before.titles, new.uid: new.title}
    assert {address: get(address).content for address in pages} == pages
    with filled.writing() as connection:
        write_items.set_hidden(connection, [3], {"withdrawn_at": NOON}, NOON)
    search.follow(filled)
    less = walked(get)
    assert less.titles == stored(filled)
    assert len(less.titles) == len(after.titles) - 1


def test_a_month_is_looked_up_once_however_many_pages_it_has(
    filled: Database, get: Get, osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until anything changes: nothing is told that is not there any more."""
    asked: list[str] = []

    def counted(connection: Connection, selection: Selection, month: str = "") -> Sequence[Latest]:
        asked.append(month)
        return filed(connection, selection, month)

    filed = history.filed
    monkeypatch.setattr(history, "filed", counted)
    walk = walked(get)
    assert len(walk.addresses) == 7
    assert sorted(asked) == ["2024-06", "2025-10", "2026-09", "2026-10", "2026-11"]
    asked.clear()
    assert walked(get).titles == walk.titles
    assert asked == []
    with filled.writing() as connection:
        write_items.set_hidden(connection, [3], {"withdrawn_at": NOON}, NOON)
    search.follow(filled)
    assert len(walked(get).titles) == 10
    assert len(asked) == 5


def test_no_more_months_are_remembered_than_there_is_room_for(
    filled: Database, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = walked(get)
    for name, most in (("_REMEMBERED_MONTHS", 1), ("_REMEMBERED_ITEMS", 2)):
        monkeypatch.setattr(selected, name, most)
        assert walked(get).titles == before.titles == stored(filled)


def test_a_walk_gives_everything_whenever_items_are_filed_and_go(
    filled: Database, get: Get, osce: Taxonomy
) -> None:
    """Also what was filed there later than it was news, and several of one moment."""
    chance = random.Random(3)
    for number in range(12):
        at = NOON - timedelta(days=chance.randrange(500))
        policing = a_label("Policing", "policing")
        drafts = [a_draft(title=f"More police {number}", fields=chance.choice([(), (policing,)]))]
        (item,) = store(filled, osce, drafts, at=at)
        draft = a_draft(title=f"More police {number}", fields=(policing,))
        if number % 2:
            revise(filled, osce, item, draft, at + timedelta(days=chance.randrange(90)))
        if number % 5 == 4:
            with filled.writing() as connection:
                write_items.set_hidden(connection, [item.number - 1], {"withdrawn_at": at}, at)
    search.follow(filled)
    assert walked(get).titles == stored(filled)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("2026-11.atom", 200),
        ("2026-11.rss", 404),
        ("2026-11-9.atom", 404),
        ("2026-08.atom", 404),
        ("2031-01.json", 404),
        ("2026-13.atom", 404),
        ("0000-01.atom", 404),
        ("2026-11-0.atom", 404),
        ("2026-11/", 404),
        ("all", 404),
    ],
)
def test_a_page_that_there_is_not_is_not_found(get: Get, path: str, status: int) -> None:
    assert get(f"/feeds/select/{path}?{QUERY}").status_code == status


def test_a_page_has_one_address(get: Get) -> None:
    """That of what is published where there is one, and of the one spelling."""
    answer = get("/feeds/select/2026-11.atom?q=Police&field=policing")
    assert (answer.status_code, answer.headers["location"]) == (
        308,
        f"/feeds/select/2026-11.atom?{QUERY}",
    )
    answer = get("/feeds/select/2026-11.json?field=policing")
    assert (answer.status_code, answer.headers["location"]) == (
        308,
        "/feeds/fields/policing/2026-11.json",
    )
    assert get("/feeds/select/2026-11.atom?field=nothing&q=a").status_code == 404
    assert get("/feeds/select/2026-11.atom?field=").status_code == 400
