"""Archives (RFC 5005) and tombstones (RFC 6721): who walks back from a feed gets all that the store
holds, and who mirrors it learns what is gone.
"""

import json
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree
from sqlalchemy import select

from feeds.model import Item, Label
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.publish.site import SavedSelection
from feeds.selection import EVERYWHERE, Place, Selection
from feeds.storage import entries, write_items
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.storage.read_items import whole_items
from feeds.storage.tables import items
from feeds.taxonomy import Taxonomy
from tests.builders import HUMAN_RIGHTS, POLICING, a_draft, a_label
from tests.items import NOON, a_site, revise, store
from tests.lint import lint

SCHEMA = Path(__file__).parents[1] / "schema" / "atom.rng"
#: Selections that are no place, and have feeds by a name in settings.
SAVED = {
    "either": "field=policing&field=human-rights",
    "both": "field=policing&language=en",
    "words": "field=policing&q=officers",
}
SITE = a_site(
    entries_per_feed=3,
    items_per_page=2,
    selections=tuple(
        SavedSelection(name=name, title=name, selection=Selection.parse(query))
        for name, query in SAVED.items()
    ),
)
#: All feeds that change, each with the places whose items it has.
FEEDS: Mapping[str, Collection[Place]] = {
    "feeds/all": [EVERYWHERE],
    "feeds/fields/policing": [POLICING.place],
    "feeds/fields/human-rights": [HUMAN_RIGHTS.place],
    "feeds/languages/en": [("language", "en")],
    "feeds/selections/either": [POLICING.place, HUMAN_RIGHTS.place],
    "feeds/selections/both": [POLICING.place],
    "feeds/selections/words": [POLICING.place],
}
#: The feeds of a hundred other topics would only take time.
FEW = Taxonomy.from_toml(
    "\n".join(
        f'[[field]]\nslug = "{slug}"\nlabel = "{label}"'
        for slug, label in {"policing": "Policing", "human-rights": "Human rights"}.items()
    )
)
FIELDS = (a_label("Policing", "policing"), a_label("Human rights", "human-rights"))


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


def published(database: Database, public: Path) -> Collection[str]:
    return publish(database, FEW, Files(public), SITE).files


def contents(public: Path) -> Mapping[str, bytes]:
    files = [path for path in public.rglob("*") if path.is_file()]
    return {str(path.relative_to(public)): path.read_bytes() for path in files}


def links(document: feedparser.FeedParserDict) -> dict[str, str]:
    return {link.rel: link.href for link in document.feed.links}


def walk(public: Path, feed: str) -> Iterator[feedparser.FeedParserDict]:
    """The documents of a feed, from the newest back to the oldest."""
    path = f"{feed}.atom"
    while path:
        document = feedparser.parse((public / path).read_bytes())
        yield document
        path = links(document).get("prev-archive", "").removeprefix(f"{SITE.url}/")


def walked(public: Path, feed: str) -> dict[str, str]:
    """Titles by id, the newest version winning."""
    found: dict[str, str] = {}
    for document in walk(public, feed):
        for entry in document.entries:
            found.setdefault(entry.id, entry.title)
    return found


def walked_json(public: Path, feed: str) -> dict[str, str]:
    found: dict[str, str] = {}
    path = f"{feed}.json"
    while path:
        document = json.loads((public / path).read_bytes())
        for item in document["items"]:
            found.setdefault(item["id"], item["title"])
        path = document.get("next_url", "").removeprefix(f"{SITE.url}/")
    return found


def stored(database: Database, places: Collection[Place]) -> dict[str, str]:
    with database.reading() as connection:
        filed = [each for place in places for each in entries.history(connection, place)]
        numbers = {each.item for each in filed}
        return {item.uid: item.title for item in whole_items(connection, numbers)}


def same_ids(database: Database, before: Mapping[int, str]) -> dict[int, str]:
    """The ids of all items by number: those that were there have what they had."""
    with database.reading() as connection:
        rows = connection.execute(select(items.c.number, items.c.uid))
        found = {row.number: row.uid for row in rows}
    assert before.items() <= found.items()
    return found


def item_of(database: Database, number: int) -> Item:
    with database.reading() as connection:
        [item] = whole_items(connection, [number])
        return item


@dataclass(slots=True)
class Reader:
    """Polls one feed as programs do, and knows what it has seen."""

    feed: str
    updated: str = ""
    seen: dict[str, str] = field(default_factory=dict)

    def poll(self, public: Path) -> None:
        """What it is told is never older than what it was told before, and nothing is new twice."""
        told = feedparser.parse((public / f"{self.feed}.atom").read_bytes())
        assert told.feed.updated >= self.updated, self.feed
        self.updated = told.feed.updated
        dates = {entry.id: entry.updated for entry in told.entries}
        # Some programs take two of one date for one.
        assert len({*dates.values()}) == len(dates) == len(told.entries)
        for name, date in dates.items():
            assert date >= self.seen.get(name, ""), (self.feed, name)
        self.seen |= dates


def some_fields(chance: random.Random) -> tuple[Label, ...]:
    return tuple(chance.sample(FIELDS, chance.randint(0, 2)))


def step(database: Database, osce: Taxonomy, chance: random.Random, number: int) -> None:
    """An item comes, is corrected or filed anew, goes, or returns."""
    at = NOON + timedelta(days=chance.choice((-900, -40, -35, 0, 0, number)), minutes=number)
    later = NOON + timedelta(days=number, hours=1)
    draft = a_draft(title=f"Item {number}", fields=some_fields(chance))
    what = chance.choice(("add", "add", "revise", "merge", "split", "withdraw", "restore"))
    with database.reading() as connection:
        shown = entries.history(connection, EVERYWHERE)
    if what == "add" or len(shown) < 2:
        store(database, osce, [draft], at=at)
        return
    one, other = (each.item for each in chance.sample(shown, 2))
    if what == "revise":
        revise(database, osce, item_of(database, one), draft, later)
        return
    with database.writing() as connection:
        if what == "merge":
            hiding.merge(connection, one, other, later)
        elif what == "split":
            hiding.split(connection, chance.randint(1, 60), later)
        elif what == "withdraw":
            write_items.set_hidden(connection, [one], {"withdrawn_at": later}, later)
        else:
            write_items.restore(connection, "own", [one], later)


def test_a_walk_back_gives_the_store_whatever_happened(
    database: Database, osce: Taxonomy, public: Path, tmp_path: Path
) -> None:
    """And what was made step by step is what would be made at once."""
    chance = random.Random(5)
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    readers = [Reader(feed) for feed in FEEDS]
    ids: dict[int, str] = {}
    for number in range(140):
        step(database, osce, chance, number)
        if number % 7 == 0:
            published(database, public)
            for reader in readers:
                reader.poll(public)
            ids |= same_ids(database, ids)
            for feed, places in FEEDS.items():
                held = stored(database, places)
                assert walked(public, feed) == held, (number, feed)
                assert walked_json(public, feed) == held, (number, feed)
    assert len(readers[0].seen) > 25
    published(database, public)
    publish(database, FEW, Files(tmp_path / "at-once"), SITE, everything=True)
    assert contents(public) == contents(tmp_path / "at-once")
    for path in public.rglob("*.atom"):
        schema.assertValid(etree.parse(path))
        assert lint(path.read_bytes(), f"{SITE.url}/{path.relative_to(public)}") == (), path


def months(public: Path, feed: str) -> list[str]:
    return sorted(path.name for path in (public / feed).glob("*.atom"))


def test_an_archive_changes_with_what_leaves_it_and_not_with_what_is_corrected(
    database: Database, osce: Taxonomy, public: Path
) -> None:
    old = store(
        database, osce, [a_draft(title=f"Old {n}") for n in range(4)], at=NOON - timedelta(days=90)
    )
    store(database, osce, [a_draft(title=f"New {n}") for n in range(2)])
    published(database, public)
    assert months(public, "feeds/all") == ["2026-08-2.atom", "2026-08.atom"]
    archive = public / "feeds/all/2026-08.atom"
    before = archive.read_bytes()
    assert links(feedparser.parse(before)) == {
        "self": f"{SITE.url}/feeds/all/2026-08.atom",
        "current": f"{SITE.url}/feeds/all.atom",
        "next-archive": f"{SITE.url}/feeds/all/2026-08-2.atom",
        "alternate": f"{SITE.url}/feeds/all/",
    }
    assert b"<fh:archive" in before
    revise(database, osce, old[0], a_draft(title="Corrected"), NOON + timedelta(hours=1))
    published(database, public)
    assert archive.read_bytes() == before
    assert walked(public, "feeds/all")[old[0].uid] == "Corrected"
    assert "Corrected" in (public / "feeds/all/2026-08/index.html").read_text("utf-8")
    with database.writing() as connection:
        gone = NOON + timedelta(hours=2)
        write_items.set_hidden(connection, [old[1].number], {"withdrawn_at": gone}, gone)
    published(database, public)
    assert months(public, "feeds/all") == ["2026-08.atom"]
    assert not (public / "feeds/all/2026-08-2").exists()
    assert old[1].uid not in walked(public, "feeds/all")
    with database.writing() as connection:
        for item in (old[0], *old[2:]):
            write_items.set_hidden(connection, [item.number], {"withdrawn_at": gone}, gone)
    publish(database, FEW, Files(public), SITE, everything=True)
    assert months(public, "feeds/all") == []
    assert not archive.exists()


def test_a_corrected_item_is_in_its_archive_once_the_feed_shows_it_no_more(
    database: Database, osce: Taxonomy, public: Path
) -> None:
    """At most ten are shown beside the latest, and a correction is no news for ever."""
    long_ago = NOON - timedelta(days=90)
    old = store(database, osce, [a_draft(title=f"Old {n}") for n in range(15)], at=long_ago)
    store(database, osce, [a_draft(title=f"New {n}") for n in range(3)])
    published(database, public)
    for place, item in enumerate(old):
        later = NOON + timedelta(minutes=place)
        revise(database, osce, item, a_draft(title=f"Corrected {place}"), later)
    published(database, public)
    shown = feedparser.parse((public / "feeds/all.atom").read_bytes()).entries
    assert [entry.title for entry in shown[3:]] == [f"Corrected {n}" for n in range(14, 4, -1)]
    first = (public / "feeds/all/2026-08.atom").read_text("utf-8")
    assert [f"Corrected {n}" in first for n in range(3)] == [True] * 3
    assert walked(public, "feeds/all") == stored(database, [EVERYWHERE])
    newest = [a_draft(title=f"Newest {n}") for n in range(3)]
    store(database, osce, newest, at=NOON + timedelta(days=5))
    published(database, public)
    assert len(feedparser.parse((public / "feeds/all.atom").read_bytes()).entries) == 3
    assert walked(public, "feeds/all") == stored(database, [EVERYWHERE])


def test_people_find_every_item_by_its_month(
    database: Database, osce: Taxonomy, public: Path
) -> None:
    store(database, osce, [a_draft(title="Old")], at=NOON - timedelta(days=700))
    store(database, osce, [a_draft(title=f"Item {n}") for n in range(5)])
    published(database, public)
    page = (public / "feeds/all/index.html").read_text("utf-8")
    # All that is on no page of its own yet is here, though a page of a feed has two.
    assert [f"Item {n}</a>" in page for n in range(5)] == [False, False, False, True, True]
    assert 'href="/feeds/all/2026-11/">November 2026</a>' in page
    assert 'href="/feeds/all/2024-12/">2024</a>' in page
    archive = (public / "feeds/all/2026-11/index.html").read_text("utf-8")
    assert "<h1>All news</h1>\n<h2>November 2026</h2>" in archive
    assert 'Older: <a href="/feeds/all/2024-12/">December 2024</a>' in archive
    assert 'Newer: <a href="/feeds/all/">All news</a>' in archive
    assert '<link rel="prev" href="/feeds/all/2024-12/">' in archive


def test_mirrors_are_told_what_changed_and_what_is_gone(
    database: Database, osce: Taxonomy, public: Path
) -> None:
    one, two, three, four = store(database, osce, [a_draft(title=f"Item {n}") for n in range(4)])
    later = NOON + timedelta(hours=1)
    with database.writing() as connection:
        write_items.set_hidden(connection, [one.number], {"withdrawn_at": later}, later)
        hiding.merge(connection, three.number, two.number, later)
    revise(database, osce, two, a_draft(title="Corrected"), later)
    published(database, public)
    root = etree.parse(public / "feeds/changes.atom").getroot()
    tombstone = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
    told = [
        each.get("ref") or each.findtext("{*}id")
        for each in root.iterchildren(tombstone, "{http://www.w3.org/2005/Atom}entry")
    ]
    assert told == [three.uid, one.uid, two.uid, four.uid]
    assert {each.get("when") for each in root.iter(tombstone)} == {later.isoformat()}
    with database.writing() as connection:
        write_items.restore(connection, "own", [one.number], later)
        hiding.split(connection, three.number, later)
    published(database, public)
    root = etree.parse(public / "feeds/changes.atom").getroot()
    assert not [*root.iter(tombstone)]
    assert "feeds/changes.atom" not in published(database, public)


def dates_told(public: Path, uid: str) -> dict[str, str]:
    """When an entry was updated, by each document that shows it."""
    atom, found = "{http://www.w3.org/2005/Atom}", {}
    for path in public.rglob("*.atom"):
        for entry in etree.parse(path).iter(f"{atom}entry"):
            if entry.findtext(f"{atom}id") == uid:
                found[str(path)] = entry.findtext(f"{atom}updated") or ""
    for path in public.rglob("*.rss"):
        for item in etree.parse(path).iter("item"):
            if item.findtext("guid") == uid:
                found[str(path)] = item.findtext(f"{atom}updated") or ""
    for path in public.rglob("*.json"):
        for each in json.loads(path.read_bytes())["items"]:
            if each["id"] == uid:
                found[str(path)] = each["date_modified"]
    return found


@pytest.mark.parametrize("how", ["withdrawn", "merged"])
def test_what_is_back_is_later_than_its_tombstone_wherever_it_is(
    database: Database, osce: Taxonomy, public: Path, how: str
) -> None:
    """A mirror compares the two (RFC 6721, section 3), whatever the clock says meanwhile."""
    one, other, *_ = store(database, osce, [a_draft(title=f"Item {n}") for n in range(5)])
    published(database, public)
    seen = ""
    for _ in range(2):
        with database.writing() as connection:
            if how == "withdrawn":
                write_items.set_hidden(connection, [one.number], {"withdrawn_at": NOON}, NOON)
            else:
                assert hiding.merge(connection, one.number, other.number, NOON) is None
        published(database, public)
        [gone] = etree.parse(public / "feeds/changes.atom").getroot().iter("{*}deleted-entry")
        when = gone.get("when", "")
        assert when > (seen or one.updated_at.isoformat())
        assert dates_told(public, one.uid) == {}
        earlier = NOON - timedelta(hours=1)
        with database.writing() as connection:
            if how == "withdrawn":
                write_items.restore(connection, "own", [one.number], earlier)
            else:
                assert hiding.split(connection, one.number, earlier) is None
        published(database, public)
        told = dates_told(public, one.uid)
        assert {path.removeprefix(f"{public}/") for path in told} >= {
            "feeds/changes.atom",
            "feeds/all/2026-11.atom",
            "feeds/all/2026-11.json",
            "feeds/fields/policing/2026-11.atom",
        }
        assert len({*told.values()}) == 1, told
        assert min(told.values()) > when
        seen = min(told.values())
    assert walked(public, "feeds/all") == stored(database, [EVERYWHERE])


def test_long_texts_push_nothing_out_of_what_mirrors_are_told(
    database: Database, osce: Taxonomy, public: Path
) -> None:
    """Such an entry stands there without its text, and the feed never goes back in time."""
    gone, *_ = store(database, osce, [a_draft(title=f"Item {n}") for n in range(4)])
    later = NOON + timedelta(hours=1)
    with database.writing() as connection:
        write_items.set_hidden(connection, [gone.number], {"withdrawn_at": later}, later)
    long = [a_draft(title=f"Long {n}", paragraphs=("word " * 60_000,)) for n in range(9)]
    long.append(a_draft(title="Longest", paragraphs=("word " * 400_000,)))
    store(database, osce, long, at=NOON + timedelta(minutes=30))
    published(database, public)
    content = (public / "feeds/changes.atom").read_bytes()
    told = feedparser.parse(content)
    assert len(told.entries) == 13
    assert b"deleted-entry" in content
    assert len(content) < 1_100_000
    assert told.feed.updated_parsed >= later.timetuple()
    has_text = {each.title: "content" in each for each in told.entries}
    assert not has_text["Longest"]
    assert has_text["Item 1"]
    assert has_text["Long 8"]
    assert all(each.link for each in told.entries)


def test_another_size_of_feeds_leaves_no_page_of_the_old_history(
    database: Database, public: Path
) -> None:
    """Whoever came by an old link would walk a chain that nobody writes any more."""
    for number in range(14):
        draft = a_draft(title=f"Number {number}", fields=FIELDS[:1])
        store(database, FEW, [draft], at=NOON + timedelta(days=3 * number))
    published(database, public)
    for size in (5, 2, 4):
        publish(database, FEW, Files(public), replace(SITE, entries_per_feed=size))
        for feed, places in FEEDS.items():
            documents = {file.name for file in (public / feed).glob("*.atom")}
            linked = [links(document).get("prev-archive", "") for document in walk(public, feed)]
            assert documents == {address.rpartition("/")[2] for address in linked if address}
            assert {file.parent.name for file in (public / feed).glob("2*/index.html")} == {
                name.removesuffix(".atom") for name in documents
            }
            assert walked(public, feed) == stored(database, places)
