"""What is stored follows the parsers, the taxonomy and the settings of its source, once each."""

import json
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select

from config.clock import clock
from config.settings import load
from feeds import ingest
from feeds.draft import Document
from feeds.errors import SourceError
from feeds.ingest.report import ItemOutcome
from feeds.push.receive import PushedItems
from feeds.storage.tables import items
from notifier.app import daemon
from notifier.app.house import House
from notifier.app.keeping.rereading import Rereading, RereadReport
from notifier.model import Frequency
from notifier.subscribers.preferences import Preferences
from tests.publisher.server import publishing
from tests.publisher.site import Site

SECRET = "0123456789abcdef0123456789abcdef"
TAXONOMY = '[[field]]\nslug = "water"\nlabel = "Water"\n'
PAGE = """News Item
Supply of the north is mended
- Issued on:
- 03/04/2024
- Issued by:
- Works
- Fields of work:
- Water, Pipes
The supply of the north is mended.
It took the men and women of the works five days and three nights to do so.
"""


def house_of(folder: Path, sources: str, taxonomy: str = TAXONOMY) -> House:
    (folder / "own.toml").write_text(taxonomy)
    (folder / "fieldfare.toml").write_text(
        f'secret = "{SECRET}"\n[site]\nauthority = "news.lakes.org"\ntaxonomy = "own.toml"\n'
        f'[fetch]\nprivate_hosts = "127.0.0.1"\npause_seconds = 0\n{sources}'
    )
    return House(load(folder / "fieldfare.toml", {}), clock=clock)


INBOX = '[[sources]]\nname = "inbox"\npath = "inbox"\nfull_text = true\nsettle_seconds = 0\n'
ISSUER = '[[issuer]]\nslug = "works"\nlabel = "Works"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation that took in a text, and another that was no news to it."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.txt").write_text(PAGE)
    with house_of(tmp_path, INBOX) as house:
        assert house.ingest().added == 1
    return tmp_path


def reread(house: House, *names: str, most: int | None = None) -> RereadReport:
    return Rereading(house=house, stopping=Event(), most=most).run(names)


def stored(house: House) -> list[tuple[int, int, str]]:
    with house.database.reading() as connection:
        its = select(items.c.number, items.c.revision, items.c.freshness).order_by(items.c.number)
        return [(number, revision, fresh) for number, revision, fresh in connection.execute(its)]


def test_what_is_known_by_now_is_read_out_of_what_was_kept(folder: Path) -> None:
    with house_of(folder, INBOX, TAXONOMY.replace("Water", "Pipes") + ISSUER) as house:
        before = stored(house)
        rehearsed = Rereading(house=house, stopping=Event(), dry_run=True).run()
        assert stored(house) == before
        done = reread(house, "inbox")
        assert rehearsed.ingested == done.ingested
        assert (done.documents, done.not_kept) == (1, 0)
        [item] = done.ingested.items
        assert item.outcome is ItemOutcome.REVISED
        assert item.changes == (
            (
                "topics",
                "field:? Pipes, field:water, issuer:? Works, type:news",
                "field:? Water, field:water, issuer:works, type:news",
            ),
        )
        [(number, revision, fresh)] = before
        # The same item, and no news that a digest would hold.
        assert stored(house) == [(number, revision + 1, fresh)]
        assert reread(house).documents == 0


def test_it_follows_the_settings_of_a_source_and_the_parsers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for order, day in (("day-first", "2024-04-03"), ("month-first", "2024-03-04")):
        with house_of(folder, f'{INBOX}date_order = "{order}"\n') as house:
            [item] = reread(house).ingested.items
            assert ("issued", day) in [(each.field, each.after) for each in item.changes]
    monkeypatch.setattr(ingest, "_PARSERS", 99)
    with house_of(folder, f'{INBOX}date_order = "month-first"\n') as house:
        report = reread(house)
        assert (report.documents, report.ingested.unchanged, report.ingested.items) == (1, 1, ())
        with pytest.raises(SourceError, match="none that settings name"):
            reread(house, "elsewhere")


def test_nobody_is_mailed_what_became_of_their_topic_by_it(folder: Path) -> None:
    """Nor by what is corrected later: from then on it was there."""
    with house_of(folder, INBOX, TAXONOMY + ISSUER) as house:
        wanted = Preferences(topics=("issuer:works",), frequency=Frequency.IMMEDIATE)
        house.subscribe("anna@works.org", wanted)
        assert reread(house).ingested.revised == 1
        assert house.planner.plan(now=clock()).planned == 0
        (folder / "inbox/a.txt").write_text(PAGE.replace("mended", "working"))
        assert house.ingest().revised == 1
        assert house.planner.plan(now=clock()).planned == 0
        (folder / "inbox/b.txt").write_text(PAGE.replace("north", "south"))
        assert house.ingest().added == 1
        assert house.planner.plan(now=clock()).planned == 1


def test_the_daemon_does_it_by_itself_and_shows_it(folder: Path) -> None:
    with house_of(folder, INBOX, TAXONOMY + ISSUER) as house:
        before = stored(house)
        [beat] = [each for each in daemon.jobs(house) if each.name == "reread"]
        beat.work(Event())
        [(number, revision, fresh)] = before
        assert stored(house) == [(number, revision + 1, fresh)]
        beat.work(Event())
        assert stored(house) == [(number, revision + 1, fresh)]
    page = folder / "public/feeds/issuers/works/index.html"
    assert "Supply of the north" in page.read_text()


def test_pages_are_read_with_what_their_lists_said_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is not read again: what it says is in its items."""
    with publishing(Site(count=3)) as publisher:
        source = f'[[sources]]\nname = "site"\nkind = "web"\nurl = "{publisher.at("/news")}"\n'
        with house_of(tmp_path, source) as house:
            assert house.ingest().added == 3
            before = stored(house)
    monkeypatch.setattr(ingest, "_PARSERS", 99)
    # Its publisher is asked for nothing.
    with house_of(tmp_path, source) as house:
        told = [reread(house, most=2) for _ in range(3)]
        assert [each.documents for each in told] == [2, 1, 0]
        assert told[0].not_kept == 1
        assert [each.ingested.items for each in told] == [(), (), ()]
        assert stored(house) == before


def test_what_was_pushed_is_read_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("0123456789abcdef0123456789abcdef")
    press = '[[sources]]\nname = "press"\nkind = "push"\ntoken_path = "token"\n'
    with house_of(tmp_path, press) as house:
        pushed = PushedItems(receiver=house.receiver, page_of=str, clock=clock)
        item = {"id": "https://works.org/1", "title": "Water is back", "text": "It is mended."}
        body = json.dumps(item).encode()
        document = Document(source="press", name="", body=body, media_type="application/json")
        assert pushed.receive(document).is_new
        before = stored(house)
        monkeypatch.setattr(ingest, "_PARSERS", 99)
        report = reread(house)
        assert (report.documents, report.ingested.unchanged) == (1, 1)
        assert stored(house) == before


def test_a_long_text_is_told_from_where_it_differs(folder: Path) -> None:
    inbox = folder / "inbox"
    (inbox / "a.txt").write_text(PAGE + "It cost much. " * 40 + "All is well.")
    with house_of(folder, INBOX) as house:
        [item] = house.ingest().items
        (inbox / "a.txt").write_text(PAGE + "It cost much. " * 40 + "All is lost.")
        [item] = house.ingest().items
    [change] = [each for each in item.changes if each.field == "text"]
    assert change.before.endswith("much. All is well.")
    assert change.after.endswith("much. All is lost.")
    assert len(change.after) < 60
