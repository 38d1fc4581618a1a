"""One item however it comes: by several sources, in several languages, gone and back."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.ingest import worker
from feeds.ingest.report import IngestReport
from feeds.model import Issued, IssuedFrom, Mark, Provenance
from feeds.selection import EVERYWHERE
from feeds.sources import Fetched, Gone, LeadOnly, Same, Seen
from feeds.storage import documents, entries, overview, read_items, write_items
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.storage.edits.hiding import NotMerged
from feeds.storage.tables import items, revisions, touched
from feeds.taxonomy import Taxonomy
from feeds.times import gone_when
from tests.builders import a_draft, a_label
from tests.folder_ingest import NOW, FolderIngest
from tests.items import latest

BODY = "Twenty officers from all over the country practised how to secure electronic evidence."
OTHER = "The ministers met in the capital and spoke about the security of their common borders."


def a_story(title: str = "Police officers trained", **changes: Any) -> Draft:
    return a_draft(title=title, **{"paragraphs": (BODY,), "language": "en"} | changes)


def a_lead(**changes: Any) -> Draft:
    cut: dict[str, Any] = {"summary": BODY[:60] + "...", "paragraphs": (), "partial": True}
    return a_story(**cut | changes)


@dataclass(frozen=True)
class Stage:
    """A source that shows what it is told to; each document holds drafts, by its name."""

    name: str
    shown: Sequence[Seen]
    is_whole: bool = False

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:
        for seen in self.shown:
            is_same = isinstance(seen, Fetched) and known.get(seen.name) == seen.signature
            if isinstance(seen, Fetched) and not is_same:
                # Sources may show one and the same document, each as its own.
                document = replace(seen.document, source=self.name)
                yield replace(seen, document=document)
            else:
                yield Same(seen.name) if is_same else seen

    @property
    def expected(self) -> int:
        return len(self.shown)


class House:
    """A store, and sources whose documents are understood as the drafts put in them."""

    def __init__(self, intake: FolderIngest, monkeypatch: pytest.MonkeyPatch) -> None:
        self.intake = intake
        self.now = NOW
        self.drafts: dict[bytes, Sequence[Draft] | Refused] = {}
        self.lists: set[bytes] = set()
        monkeypatch.setattr(worker, "understand", self._understand)

    def document(self, name: str, *drafts: Draft, url: str | None = None) -> Fetched:
        body = repr((name, drafts)).encode()
        self.drafts[body] = drafts
        document = Document(source="", name=name, body=body, url=url)
        return Fetched(document=document, signature=str(hash(body)))

    def show(self, source: str, *seen: Seen, **options: Any) -> dict[str, int]:
        """Ingests what a source shows: the counts that are not zero."""
        report = self.report(source, *seen, **options)
        names = ("added", "revised", "unchanged", "quarantined", "withdrawn", "restored")
        return {name: count for name in names if (count := getattr(report, name))}

    def report(self, source: str, *seen: Seen, **options: Any) -> IngestReport:
        stage = Stage(name=source, shown=seen)
        return self.intake.ingest(source=stage, now=self.now, **options)

    def shown(self) -> list[int]:
        with self.intake.database.reading() as connection:
            return latest(connection, EVERYWHERE, 10)

    def _understand(self, document: Document, _: Taxonomy, habits: Habits) -> Parsed | Refused:
        if habits.forced or document.body in self.drafts:
            drafts = self.drafts.get(document.body) or (a_story(),)
            if isinstance(drafts, Refused):
                return drafts
            is_list = document.body in self.lists
            return Parsed(form="x", drafts=tuple(drafts), is_list=is_list)
        return Refused(reason=Reason.NOT_NEWS)


@pytest.fixture
def house(
    database: Database, tmp_path: Path, osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> House:
    return House(FolderIngest(database, tmp_path, osce), monkeypatch)


def issued(day: int, origin: IssuedFrom = IssuedFrom.LISTING) -> Issued:
    return Issued(day=date(2026, 11, day), origin=origin)


# -- Several sources -------------------------------------------------------------------------------


def test_a_feed_and_a_page_of_one_address_are_one_item(house: House) -> None:
    url = "https://www.osce.org/odihr/123456"
    lead = a_lead(url=f"{url}?utm_source=feed", issued=issued(19))
    assert house.show("feed", house.document("f", lead)) == {"added": 1}
    page = a_story(url=url, issued=issued(18, IssuedFrom.DATELINE))
    assert house.show("pages", house.document("p", page)) == {"revised": 1}
    item = house.intake.item()
    assert (item.body, item.issued_on, item.source) == (BODY, date(2026, 11, 19), "pages")
    assert not item.partial
    with house.intake.database.reading() as connection:
        assert connection.scalars(select(revisions.c.significant)).all() == [True, False]
    changed = a_lead(url=url, issued=issued(19), summary="Something else.")
    assert house.show("feed", house.document("f", changed)) == {"unchanged": 1}


def test_a_republished_text_is_no_second_item(house: House) -> None:
    house.show("own", house.document("a", a_story(issued=issued(19))))
    copy = a_story(paragraphs=(f"{BODY} ",), issued=issued(20), issuers=())
    assert house.show("press", house.document("b", copy)) == {"unchanged": 1}
    later = a_story(paragraphs=(OTHER,), issued=issued(20), issuers=())
    assert house.show("press", house.document("b", later)) == {"added": 1}
    assert [row.revision for row in house.intake.items()] == [1, 1]


def test_an_item_whose_page_cannot_be_had_is_told_by_its_listing(house: House) -> None:
    url = "https://www.osce.org/odihr/123456"
    listing = house.document("list").document
    told = LeadOnly(name=url, lead=a_lead(url=url), listing=listing)
    shown = Fetched(document=listing, signature="1", is_listing=True)
    assert house.show("web", shown, told) == {"added": 1}
    assert house.show("web", shown, told) == {"unchanged": 2}
    page = house.document(url, a_story(url=url))
    assert house.show("web", shown, page) == {"revised": 1, "unchanged": 1}
    assert house.intake.item().body == BODY


def test_an_entry_of_a_feed_keeps_its_id_unless_it_is_taken(house: House) -> None:
    origin = Provenance(entry_id="tag:x.test,2026:7", feed_id="tag:x.test,2026:f", feed_title="F")
    one = a_story("One", provenance=origin, url="https://www.osce.org/1/111111")
    other = a_story("Two", provenance=origin, url="https://www.osce.org/1/222222")
    bad = a_story("Three", provenance=replace(origin, entry_id="no id"), paragraphs=(OTHER,))
    house.show("feed", house.document("f", one, other, bad))
    first, second, third = house.intake.items()
    assert first.uid == origin.entry_id
    assert second.uid.endswith(second.slug)
    assert third.uid.endswith(third.slug)


def test_languages_of_one_number_are_one_group(house: House) -> None:
    url = "https://www.osce.org/odihr/123456"
    russian = a_story("Полиция", url=url, language="ru", paragraphs=("Двадцать офицеров.",))
    house.show("own", house.document("en", a_story(url=url)), house.document("ru", russian))
    house.show("feed", house.document("f", replace(russian, url=f"{url}?ref=x")))
    assert [(row.language, row.group) for row in house.intake.items()] == [("en", 1), ("ru", 1)]


def test_what_a_list_gives_all_its_items_names_none(house: House) -> None:
    url = "https://x.test/news"
    house.show(
        "feed", house.document("f", a_lead(title="One", url=url), a_lead(title="2", url=url))
    )
    assert len(house.intake.items()) == 2


def test_two_sources_at_once_do_not_both_add_what_both_show(house: House) -> None:
    shown = [
        [
            house.document(f"{source} {n}", a_story(f"{n}", paragraphs=(f"{n}", BODY)))
            for n in "abcdef"
        ]
        for source in ("one", "two")
    ]
    with ThreadPoolExecutor() as threads:
        runs = [
            threads.submit(house.show, source, *seen, batch=1)
            for source, seen in zip(("one", "two"), shown, strict=True)
        ]
        counts = [run.result() for run in runs]
    assert sum(count.get("added", 0) for count in counts) == 6
    assert len(house.intake.items()) == 6


def test_no_name_is_too_long_for_the_store(house: House) -> None:
    origin = Provenance(entry_id="tag:" + "é" * 900, feed_id="tag:f", feed_title="F")
    url = "https://x.test/" + "ж" * 1_900
    one = a_story("x" * 9_000, url=url, guid="urn:x:" + "ш" * 900, provenance=origin)
    other = a_story("y" * 9_000, paragraphs=(OTHER,))
    assert house.show("feed", house.document("f", one, other)) == {"added": 2}


# -- Gone and back ---------------------------------------------------------------------------------


def test_what_is_gone_is_nowhere_shown_and_comes_back_the_same(house: House) -> None:
    page = house.document("a", a_story())
    house.show("own", page)
    before = house.intake.item()
    assert house.show("own", Gone("a"), dry_run=True) == {"withdrawn": 1}
    assert house.show("own", Gone("a")) == {"withdrawn": 1}
    assert house.show("own", Gone("a")) == {}
    assert house.shown() == []
    gone = house.intake.item()
    assert (gone.uid, gone.change, gone.withdrawn_at) == (before.uid, 2, NOW)
    with house.intake.database.reading() as connection:
        assert overview.item_count(connection) == 0
        assert overview.topic_counts(connection) == {}
        assert len(overview.item_list(connection, None, 9, hidden=True)) == 1
        assert read_items.shown(connection, [1]) == []
        assert list(entries.hidden(connection, 1, 2)) == [(gone.slug, None)]
        assert set(connection.scalars(select(touched.c.change))) == {2}
    assert house.show("own", page) == {"restored": 1}
    after = house.intake.item()
    assert (after.uid, after.change, after.revision) == (before.uid, 3, before.revision)
    assert after.updated_at > gone_when(NOW, before.updated_at)
    assert house.shown() == [1]
    assert house.show("own", page) == {"unchanged": 1}


def test_what_comes_back_corrected_is_restored_and_revised(house: House) -> None:
    house.show("own", house.document("a", a_story()))
    house.show("own", Gone("a"))
    assert house.show("own", house.document("a", a_story("Corrected"))) == {"restored": 1}
    assert (house.intake.item().title, house.shown()) == ("Corrected", [1])


@pytest.mark.parametrize("was_gone", [False, True])
def test_what_comes_back_by_a_change_that_is_none_is_updated_all_the_same(
    house: House, *, was_gone: bool
) -> None:
    """A mirror was told that it is gone, and asks only which of the two is later."""
    house.show("own", house.document("a", a_story()))
    before = house.intake.item().updated_at
    if was_gone:
        house.show("own", Gone("a"))
    other = a_story()
    filed = house.document("a", replace(other, fields=(a_label("Space policy", None),)))
    assert house.show("own", filed) == {"restored" if was_gone else "revised": 1}
    assert (house.intake.item().updated_at > gone_when(NOW, before)) is was_gone


def test_what_comes_back_and_changes_at_once_stays_later_than_when_it_was_gone(
    house: House,
) -> None:
    page = house.document("a", a_story())
    house.show("own", page)
    before = house.intake.item().updated_at
    house.show("own", Gone("a"))
    filed = replace(a_story(), fields=(a_label("Space policy", None),))
    house.show("own", page, house.document("a", filed))
    item = house.intake.item()
    assert item.revision == 2
    assert item.updated_at > gone_when(NOW, before)


def test_an_item_stays_while_another_source_shows_it(house: House) -> None:
    url = "https://x.test/a"
    house.show("own", house.document("a", a_story(url=url)))
    house.show("feed", house.document("f", a_lead(url=url)))
    assert house.show("own", Gone("a")) == {}
    assert house.shown() == [1]
    assert house.show("feed", Gone("f")) == {"withdrawn": 1}


def test_a_copy_elsewhere_does_not_keep_an_item(house: House) -> None:
    house.show("own", house.document("a", a_story()))
    house.show("press", house.document("b", a_story()))
    assert house.show("own", Gone("a")) == {"withdrawn": 1}


def test_what_moved_within_a_source_stays(house: House) -> None:
    house.show("own", house.document("a", a_story()))
    moved = house.document("b", a_story())
    assert house.show("own", moved, Gone("a")) == {"unchanged": 1}
    assert house.show("own", house.document("b", a_story("Corrected"))) == {"revised": 1}
    assert house.shown() == [1]


def test_merged_items_are_hidden_and_split_again(house: House) -> None:
    house.show(
        "own",
        house.document("a", a_story()),
        house.document("b", a_story("Two", paragraphs=(OTHER,))),
    )
    with house.intake.database.writing() as connection:
        assert hiding.merge(connection, 2, 2, NOW) is NotMerged.ITSELF
        assert hiding.merge(connection, 2, 9, NOW) is NotMerged.MISSING
        assert hiding.split(connection, 9, NOW) is NotMerged.MISSING
        assert hiding.split(connection, 2, NOW) is NotMerged.WHOLE
        assert hiding.merge(connection, 2, 1, NOW) is None
        assert hiding.merge(connection, 1, 2, NOW) is NotMerged.HIDDEN
    with house.intake.database.writing() as connection:
        write_items.leave(connection, "own", (), now=NOW)
        assert latest(connection, EVERYWHERE, 9) == [1]
    house.show("own", house.document("c", a_story("Three", paragraphs=("Three.",))))
    with house.intake.database.writing() as connection:
        assert hiding.merge(connection, 1, 3, NOW) is NotMerged.LEADING
        assert hiding.split(connection, 2, NOW) is None
    assert sorted(house.shown()) == [1, 2, 3]
    assert {row.change for row in house.intake.items()} == {1, 4, 5}
    with house.intake.database.writing() as connection:
        write_items.leave(connection, "own", ["c"], now=NOW)
        assert hiding.merge(connection, 2, 3, NOW) is NotMerged.WITHDRAWN
    assert sorted(house.shown()) == [1, 2]


# -- Ever-changing pages, quarantine ---------------------------------------------------------------


def test_a_page_that_changes_all_the_time_is_put_off_and_its_last_state_arrives(
    house: House,
) -> None:
    for hour in range(6):
        house.now = NOW + timedelta(hours=hour)
        house.show("own", house.document("a", a_story(paragraphs=(f"{BODY} It is {hour}.",))))
    last = house.document("a", a_story(paragraphs=(f"{BODY} It is noon.",)))
    house.now = NOW + timedelta(hours=7)
    assert house.show("own", last) == {"unchanged": 1}
    assert house.intake.item().revision == 6
    house.now = NOW + timedelta(hours=30)
    assert house.show("own", last) == {"revised": 1}
    assert house.intake.item().body.endswith("noon.")
    with house.intake.database.reading() as connection:
        told = connection.scalars(select(revisions.c.significant).order_by(revisions.c.revision))
        assert told.all() == [True] * 6 + [False]


def test_what_was_refused_is_read_again_once_it_may_be_read_otherwise(house: House) -> None:
    bad = Fetched(document=Document(source="", name="a", body=b"no news"), signature="1")
    assert house.show("own", bad) == {"quarantined": 1}
    assert house.show("own", bad) == {"quarantined": 1}
    assert house.show("own", bad, habits=Habits(language="de")) == {"quarantined": 1}
    with house.intake.database.writing() as connection:
        assert documents.promote(connection, "own", "a")
    assert house.show("own", bad) == {"added": 1}
    with house.intake.database.reading() as connection:
        assert Mark.PROMOTED.value in connection.scalars(select(items.c.marks)).one()
    assert house.show("own", bad) == {"unchanged": 1}
