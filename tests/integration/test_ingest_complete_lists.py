"""What a list of a complete source shows no more is withdrawn, and nothing else is."""

import os
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from feeds.errors import SourceError
from feeds.ingest.report import IngestReport
from feeds.sources import CrawlScope
from feeds.standing import State
from feeds.storage import documents
from feeds.storage.database import Database
from feeds.storage.tables import items
from feeds.taxonomy import Taxonomy
from tests.folder_ingest import FolderIngest, a_page
from tests.publisher.server import Request, Response
from tests.publisher.taking import desk


def feed(*names: str, more: str = "", head: str = "") -> str:
    entries = "".join(
        f"<item><title>News of the {name}</title><link>https://e.test/{name}</link><guid>{name}</guid>"
        f"<pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate><description>All is well at the {name}."
        "</description></item>"
        for name in names
    )
    head = f"<title>Town</title><link>https://e.test/</link>{head}"
    return f'<rss version="2.0"><channel>{head}{entries}{more}</channel></rss>'


class Town(FolderIngest):
    """A folder with a page and the feed of a town in it."""

    def __init__(self, database: Database, folder: Path, taxonomy: Taxonomy) -> None:
        super().__init__(database, folder, taxonomy)
        self.write("page.txt", a_page())
        self.write("feed.xml", feed("bridge", "mill", "weir"))
        self.look()

    def look(self, *, complete: bool = True, dry_run: bool = False, **how: Any) -> IngestReport:
        settle = how.pop("settle_seconds", 0)
        source = self.source(pattern="*.[tx][xm][tl]", complete=complete, settle_seconds=settle)
        return self.ingest(source=source, dry_run=dry_run, **how)

    @property
    def shown(self) -> Mapping[str, bool]:
        query = select(items.c.title, items.c.withdrawn_at).order_by(items.c.number)
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return {title.rpartition(" ")[2]: at is None for title, at in rows}


@pytest.fixture
def town(database: Database, osce: Taxonomy, tmp_path: Path) -> Town:
    (tmp_path / "town").mkdir()
    return Town(database, tmp_path / "town", osce)


ALL = {"trained": True, "bridge": True, "mill": True, "weir": True}


def test_an_entry_that_left_the_feed_is_withdrawn_and_comes_back_with_it(town: Town) -> None:
    assert town.shown == ALL
    town.write("feed.xml", feed("mill", "weir"))
    assert [
        each.title for each in town.look(dry_run=True).items if each.outcome == "withdrawn"
    ] == ["News of the bridge"]
    assert town.look().withdrawn == 1
    assert town.shown == ALL | {"bridge": False}
    assert town.look().withdrawn == 0
    town.write("feed.xml", feed("bridge", "mill", "weir"))
    assert (town.look().restored, town.shown) == (1, ALL)


def test_of_a_feed_that_is_deleted_nothing_stays(town: Town) -> None:
    (town.folder / "feed.xml").unlink()
    assert town.look().withdrawn == 3
    assert town.shown == dict.fromkeys(ALL, False) | {"trained": True}


@pytest.mark.parametrize(
    "came",
    [
        # Nobody shows nothing on purpose, nor half an entry, nor one without a word.
        feed(),
        feed("mill", "weir")[:-60],
        feed("mill", "weir", more="<item></item>"),
        # The rest is elsewhere.
        feed("mill", head="<link xmlns='http://www.w3.org/2005/Atom' rel='next' href='/2'/>"),
        # Nor does it say where an entry ends.
        feed("mill", "bridge", "weir").replace("<guid>bridge", "<!-- <guid>bridge"),
        feed("mill", "weir", "bridge").replace("<description>", "<description><![CDATA[", 1),
        feed("bridge", "mill", "weir").replace("<item><title>News of the weir", "<ite<title>Weir"),
    ],
)
def test_of_a_feed_that_came_badly_nothing_is_withdrawn(town: Town, came: str) -> None:
    town.write("feed.xml", came)
    assert (town.look().withdrawn, town.shown) == (0, ALL)


def test_a_folder_that_nobody_calls_complete_keeps_what_left_its_feed(town: Town) -> None:
    town.write("feed.xml", feed("mill"))
    assert (town.look(complete=False).withdrawn, town.shown) == (0, ALL)


def test_what_another_file_shows_stays(town: Town) -> None:
    town.write("feed.xml", feed("mill", "weir"))
    town.write("other.xml", feed("bridge"))
    assert (town.look().withdrawn, town.shown) == (0, ALL)


def test_an_entry_that_only_changes_stays(town: Town) -> None:
    town.write("feed.xml", feed("bridge", "mill", "weir").replace("All is well", "Nobody is"))
    report = town.look()
    assert (report.withdrawn, report.revised, town.shown) == (0, 3, ALL)


def test_an_entry_that_changes_its_names_stays(town: Town) -> None:
    other = "<link>https://e.test/new/bridge</link><guid>new-bridge</guid>"
    old = "<link>https://e.test/bridge</link><guid>bridge</guid>"
    town.write("feed.xml", feed("bridge", "mill", "weir").replace(old, other))
    assert town.look(dry_run=True).withdrawn == 0
    assert (town.look().withdrawn, town.shown) == (0, ALL)


@pytest.mark.parametrize("batch", [500, 1])
def test_an_entry_that_moves_to_another_file_is_never_gone(town: Town, batch: int) -> None:
    """Whichever is read first, and however many documents are judged at once."""
    town.write("feed.xml", feed("mill", "weir"))
    town.write("more.xml", feed("bridge"))
    rehearsed = town.look(batch=batch, dry_run=True)
    assert (rehearsed.withdrawn, rehearsed.restored) == (0, 0)
    changes = [row.change for row in town.items()]
    report = town.look(batch=batch)
    assert (report.withdrawn, report.restored, town.shown) == (0, 0, ALL)
    assert [row.change for row in town.items()] == changes
    town.write("more.xml", feed("dam"))
    assert town.look(batch=batch, dry_run=True).withdrawn == 1
    assert town.look(batch=batch).withdrawn == 1
    assert town.shown == ALL | {"bridge": False, "dam": True}
    assert town.look(batch=batch).withdrawn == 0


def test_nothing_is_withdrawn_while_a_file_is_being_written(town: Town) -> None:
    """What left one may be on its way into it."""
    at = datetime.now(UTC)
    town.write("feed.xml", feed("mill", "weir"))
    before = (at - timedelta(minutes=1)).timestamp()
    os.utime(town.folder / "feed.xml", (before, before))
    town.write("more.xml", feed("bridge"))
    report = town.look(now=at, settle_seconds=30)
    assert (report.waiting, report.withdrawn, town.shown) == (1, 0, ALL)
    later = at + timedelta(minutes=1)
    report = town.look(now=later, settle_seconds=30)
    assert (report.withdrawn, report.restored, town.shown) == (0, 0, ALL)
    town.write("more.xml", feed("dam"))
    os.utime(town.folder / "more.xml", (before, before))
    assert town.look(now=later, settle_seconds=30).withdrawn == 1


def test_a_look_that_ends_early_withdraws_what_left_a_list_the_next_time(town: Town) -> None:
    town.write("feed.xml", feed("mill", "weir"))
    stopping = Event()
    report = town.look(batch=1, stopping=stopping, progress=lambda *_: stopping.set())
    assert (report.withdrawn, town.shown) == (0, ALL)
    assert town.look(batch=1).withdrawn == 1
    assert town.look(batch=1).withdrawn == 0


def a_list(*names: str) -> Response:
    items = "".join(
        f"<li><a href='/{name}'>News of the {name}</a> <time datetime='2026-02-20'>"
        f"20 February 2026</time><p>What the town says of the {name}, in a sentence.</p></li>"
        for name in names
    )
    return Response(body=f"<title>News</title><h1>News</h1><ul>{items}</ul>".encode())


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_a_page_in_the_place_of_a_feed_withdraws_nothing(
    database: Database, osce: Taxonomy, *, follow: bool, is_elsewhere: bool
) -> None:
    """What it leads to is news all the same, where links are followed and it shows what the feed
    did: until a feed is there again the source says what is wrong with it.
    """
    there = {"/feed": Response(body=feed("bridge", "mill", "weir", "dam").encode())}

    def site(request: Request) -> Response:
        return there.get(request.path, Response(status=404))

    def look(page: Response) -> None:
        there["/news"] = page
        moved = Response(status=302, headers=(("Location", "/news"),))
        there["/feed"] = moved if is_elsewhere else page
        if follow and page is not other:
            assert taking.ingest("/feed", complete=True).withdrawn == 0
        else:
            with pytest.raises(SourceError, match="a page where a feed was"):
                taking.ingest("/feed", follow=follow, complete=True)

    other = a_list("fair", "market", "fountain")
    with desk(database, osce, site) as taking:
        assert taking.ingest("/feed", follow=follow, complete=True).added == 4
        titles = ["bridge", "mill", "weir", "dam"]
        look(a_list("bridge", "mill", "tower"))
        look(a_list("weir", "tower", "gate"))
        with database.reading() as connection:
            known = documents.signatures(connection, "feed", "")
        source = taking._source("/feed", CrawlScope(follow=follow, complete=True))
        with nullcontext() if follow else pytest.raises(SourceError):
            list(source.scan(known, taking.now))
        assert source.standing is not None
        assert source.standing.state is State.FAILING
        assert "shows a page where a feed was" in source.standing.problem
        look(other)
        titles += ["tower", "gate"] if follow else []
        found = {row.title.rpartition(" ")[2]: row.withdrawn_at for row in taking.rows}
        assert found == dict.fromkeys(titles)
        there["/feed"] = Response(body=feed("bridge", "mill", "weir", "gate").encode())
        taking.ingest("/feed", follow=follow, complete=True)
        left = [row.title.rpartition(" ")[2] for row in taking.rows if row.withdrawn_at is None]
        assert sorted(left) == ["bridge", "gate", "mill", "weir"]


LISTED = "".join(
    f"<li><a href='https://e.test/{name}'>News of the {name}</a> <time datetime='2026-11-20'>"
    f"20 November 2026</time><p>What the town says of the {name}, in a sentence.</p></li>"
    for name in ("bridge", "dam", "tower")
)


def test_a_page_in_the_place_of_a_feed_of_a_folder_withdraws_nothing(town: Town) -> None:
    """However often it changes; it waits in quarantine until a feed is there again."""
    for heading in ("News", "All news"):
        town.write("feed.xml", f"<title>News</title><h1>{heading}</h1><ul>{LISTED}</ul>")
        assert town.look(dry_run=True).withdrawn == 0
        report = town.look()
        assert (report.withdrawn, report.added, town.shown) == (0, 0, ALL)
        [told] = report.quarantine
        assert told.document == "feed.xml"
        assert "a page where a feed was" in str(told)
    town.write("feed.xml", feed("bridge", "mill"))
    report = town.look()
    assert (report.withdrawn, report.restored, report.quarantined) == (1, 0, 0)
    assert town.shown == ALL | {"weir": False}


def test_a_page_that_lists_news_from_the_start_is_a_list_as_others_are(town: Town) -> None:
    town.write("list.xml", f"<title>News</title><h1>News</h1><ul>{LISTED}</ul>")
    assert (town.look().added, town.shown) == (2, ALL | {"dam": True, "tower": True})
    without = LISTED.replace("News of the dam", "News of the bridge").replace("/dam", "/bridge")
    town.write("list.xml", f"<title>News</title><h1>News</h1><ul>{without}</ul>")
    assert (town.look().withdrawn, town.shown["dam"]) == (1, False)
