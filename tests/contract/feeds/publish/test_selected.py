"""Feeds of selections are made of what either engine holds, by the rules of published ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from feeds import search
from feeds.errors import UnknownTopic
from feeds.model import Issued, IssuedFrom
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.publish.select import LARGEST_BYTES
from feeds.publish.selected import SelectedFeeds
from feeds.selection import Selection
from feeds.storage.database import Database
from feeds.storage.read_items import whole_items
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.items import NOON, a_site, revise, store
from tests.lint import lint

ENTRY, UPDATED = (f"{{http://www.w3.org/2005/Atom}}{name}" for name in ("entry", "updated"))
POLICE = Selection.parse("field=policing&q=police")
ADDRESS = "https://news.example.org/feeds/select.atom?field=policing&q=police"


def feed(database: Database, osce: Taxonomy, since: int = 0) -> tuple[bytes, int]:
    search.follow(database)
    made = SelectedFeeds(database, osce, a_site())
    return made.answer(POLICE, "atom", since=since, before=None)


def entries(document: bytes) -> list[bytes]:
    return [etree.tostring(each) for each in etree.fromstring(document).iter(ENTRY)]


def test_entries_are_those_of_published_feeds(
    database: Database, few_topics: Taxonomy, tmp_path: Path
) -> None:
    store(database, few_topics, [a_draft(title=f"Police {number}") for number in range(3)])
    unpublished = feed(database, few_topics)
    publish(database, few_topics, Files(tmp_path), a_site())
    assert feed(database, few_topics) == unpublished
    published = (tmp_path / "feeds/fields/policing.atom").read_bytes()
    assert entries(unpublished[0]) == entries(published)


def test_a_feed_holds_the_latest_and_those_corrected_last(
    database: Database, osce: Taxonomy
) -> None:
    for day in range(60):
        store(database, osce, [a_draft(title=f"Police {day}")], at=NOON - timedelta(days=day))
    with database.reading() as connection:
        oldest, *_ = whole_items(connection, [60])
    revise(database, osce, oldest, a_draft(title="Police, corrected"), NOON + timedelta(hours=1))
    document, change = feed(database, osce)
    found = entries(document)
    assert len(found) == 51
    assert b"corrected" in found[-1]
    assert change == 61
    assert lint(document, ADDRESS) == ()
    (new,) = entries(feed(database, osce, since=60)[0])
    assert new == found[-1]


def test_a_feed_has_all_of_two_days_and_stays_below_a_megabyte(
    database: Database, osce: Taxonomy
) -> None:
    drafts = [
        a_draft(title=f"Police {number}", paragraphs=("word " * 2_000,)) for number in range(130)
    ]
    store(database, osce, drafts)
    document, _ = feed(database, osce)
    assert len(entries(document)) == 130
    assert len(document) < LARGEST_BYTES * 1.1


def test_an_empty_feed_is_of_the_day_its_id_became_possible(
    database: Database, osce: Taxonomy
) -> None:
    document, change = feed(database, osce)
    assert etree.fromstring(document).findtext(UPDATED) == "2026-01-01T00:00:00+00:00"
    assert (entries(document), change) == ([], 0)


@pytest.mark.parametrize(
    ("query", "form", "address"),
    [
        ("field=policing&q=a", "rss", "feeds/select.rss?field=policing&q=a"),
        ("field=policing&q=a", "html", "feeds/select/?field=policing&q=a"),
        ("field=policing", "html", "feeds/fields/policing/"),
        ("field=law-enforcement&q=a", "atom", "feeds/select.atom?field=policing&q=a"),
        ("field=law-enforcement", "json", "feeds/fields/policing.json"),
        ("field=law-enforcement", "opml", "feeds/select.opml?field=policing"),
        ("", "opml", "feeds.opml"),
        ("", "html", "feeds/select/"),
        ("", "atom", "feeds/all.atom"),
        ("language=en", "atom", "feeds/languages/en.atom"),
        ("language=fr", "atom", "feeds/select.atom?language=fr"),
        ("language=en-GB", "atom", "feeds/select.atom?language=en-GB"),
    ],
)
def test_the_one_address_of_a_selection(
    database: Database, query: str, form: str, address: str
) -> None:
    taxonomy = Taxonomy.from_toml(
        '[[field]]\nslug = "policing"\nlabel = "Policing"\nformer_slugs = ["law-enforcement"]\n'
    )
    store(database, taxonomy, [a_draft()])
    made = SelectedFeeds(database, taxonomy, a_site())
    assert made.address(Selection.parse(query), form) == address
    with pytest.raises(UnknownTopic):
        made.address(Selection.parse("field=nothing"), form)


def test_a_language_that_is_none_is_told_unless_something_is_written_in_it(
    database: Database, osce: Taxonomy
) -> None:
    made = SelectedFeeds(database, osce, a_site())
    for query in ("language=xx", "language=en&language=xx-AT", "language=cnr"):
        for form in ("atom", "html", "opml"):
            with pytest.raises(UnknownTopic, match="language:"):
                made.address(Selection.parse(query), form)
    store(database, osce, [a_draft(language="cnr")])
    assert made.address(Selection.parse("language=cnr"), "atom") == "feeds/languages/cnr.atom"
    made.address(Selection.parse("language=cnr-ME"), "atom")


def test_an_item_that_cannot_be_rendered_is_left_out(database: Database, osce: Taxonomy) -> None:
    """Where the site is, the last half hour of all days is after the last day there is."""
    end = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    wrong = Issued(day=end.date(), at=end, origin=IssuedFrom.FEED)
    store(database, osce, [a_draft(title="Police"), a_draft(title="Police, late", issued=wrong)])
    (entry,) = entries(feed(database, osce)[0])
    assert b">Police<" in entry
    page, _ = SelectedFeeds(database, osce, a_site()).answer(POLICE, "html", since=0, before=None)
    assert b"Police, late" not in page
