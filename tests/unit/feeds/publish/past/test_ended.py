"""What a feed that ended says of itself, and where it leads."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feeds.model import SAVED_SELECTION, Ending, FeedRecord
from feeds.publish.feed import ALL, FeedRef, describe
from feeds.publish.past.ended import described, is_over, last_entry, records, ref_of
from feeds.publish.site import SavedSelection
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING
from tests.items import NOON, a_site

COPS = SavedSelection(
    name="cops",
    title="Cops",
    selection=Selection.parse("field=policing"),
    former_names=("police", "officers"),
)


def an_end(ending: Ending, into: str | None, slug: str = "press") -> FeedRecord:
    return FeedRecord(
        kind="field",
        slug=slug,
        label="The press",
        query=f"field={slug}",
        first_slug="papers",
        ending=ending,
        at=NOON,
        into=into,
    )


@pytest.mark.parametrize(
    ("record", "title", "path"),
    [
        (an_end(Ending.RENAMED, "policing"), "This feed has moved: Policing", "fields/policing"),
        (an_end(Ending.MERGED, "policing"), "The press is now part of Policing", "fields/policing"),
        (
            an_end(Ending.REMOVED, "policing"),
            "The press has ended; Policing continues",
            "fields/policing",
        ),
        (an_end(Ending.REMOVED, None), "The press has ended", "all"),
        # What it became left the taxonomy as well: its address leads there all the same.
        (an_end(Ending.RENAMED, "media"), "This feed has moved: All news", "fields/media"),
        (an_end(Ending.MERGED, "media"), "The press has ended", "all"),
    ],
)
def test_a_feed_that_ended_says_where_it_went(
    osce: Taxonomy, record: FeedRecord, title: str, path: str
) -> None:
    feed = described(ref_of(record), record, a_site(), osce)
    assert feed.end
    assert (feed.end.title, feed.end.successor.path, feed.end.at) == (title, path, NOON)
    assert feed.id == "tag:news.example.org,2026-01-01:feed/fields/papers"
    assert feed.address == "https://news.example.org/feeds/fields/press.atom"
    assert f'<a href="https://news.example.org/feeds/{path}/">' in feed.end.sentence
    assert "<" not in feed.sentence
    is_renamed = record.ending is Ending.RENAMED
    assert feed.renamed_into == (feed.end.successor if is_renamed else None)


def test_the_last_entry_tells_that_a_feed_ended(osce: Taxonomy) -> None:
    record, site = an_end(Ending.RENAMED, "policing"), a_site()
    feed = described(ref_of(record), record, site, osce)
    assert feed.end
    told = last_entry(feed, feed.end, site)
    assert told.id == "tag:news.example.org,2026-01-01:end/fields/press"
    assert (told.title, told.updated) == ("This feed has moved: Policing", NOON)


def test_a_feed_that_is_closed_stays_what_it_was(osce: Taxonomy) -> None:
    record = replace(an_end(Ending.CLOSED, None, slug="policing"), first_slug="policing")
    before = describe(FeedRef.of(POLICING), a_site(), osce)
    feed = described(FeedRef.of(POLICING), record, a_site(), osce)
    assert feed.end
    assert feed.end.title == "Policing has ended"
    assert replace(feed, end=None) == before == described(before.ref, None, a_site(), osce)
    assert before.renamed_into is None


@pytest.mark.parametrize("ending", [None, Ending.CLOSED])
def test_a_feed_is_under_the_id_that_is_remembered(osce: Taxonomy, ending: Ending | None) -> None:
    record = replace(an_end(Ending.CLOSED, None, slug="policing"), ending=ending)
    feed = described(FeedRef.of(POLICING), record, a_site(), osce)
    assert feed.id == "tag:news.example.org,2026-01-01:feed/fields/papers"
    assert (feed.end is None) == (ending is None)


def test_an_end_nobody_dated_is_as_old_as_the_ids(osce: Taxonomy) -> None:
    record = replace(an_end(Ending.REMOVED, None), at=None, ending=None)
    feed = described(ref_of(record), record, a_site(), osce)
    assert feed.end
    assert feed.end.at == datetime(2026, 1, 1, tzinfo=UTC)


def a_saved(name: str, **changes: object) -> FeedRecord:
    known = an_end(Ending.REMOVED, None, slug=name)
    return replace(known, kind=SAVED_SELECTION, **changes)  # type: ignore[arg-type] # its fields


def test_what_is_saved_is_known_by_every_name_it_has_and_had(osce: Taxonomy) -> None:
    now, *former = records(a_site(selections=(COPS,)), osce)
    assert now == FeedRecord(
        kind=SAVED_SELECTION,
        slug="cops",
        label="Cops",
        query="field=policing",
        first_slug="police",
    )
    assert former == [
        replace(now, slug=name, ending=Ending.RENAMED, into="cops")
        for name in ("police", "officers")
    ]


@pytest.mark.parametrize(
    ("record", "title", "path"),
    [
        (a_saved("gone"), "The press has ended", "all"),
        (
            a_saved("police", ending=Ending.RENAMED, into="cops"),
            "This feed has moved: Cops",
            "selections/cops",
        ),
        # What has its name by now ended as well.
        (
            a_saved("first", ending=Ending.RENAMED, into="second"),
            "This feed has moved: All news",
            "selections/second",
        ),
        # What had it before it was told so.
        (
            a_saved("first", ending=Ending.RENAMED, into="officers"),
            "This feed has moved: Cops",
            "selections/officers",
        ),
    ],
)
def test_a_saved_selection_that_ended_says_where_it_went(
    osce: Taxonomy, record: FeedRecord, title: str, path: str
) -> None:
    site = a_site(selections=(COPS,))
    feed = described(ref_of(record), record, site, osce)
    assert feed.end
    assert (feed.end.title, feed.end.successor.path) == (title, path)
    assert feed.id == "tag:news.example.org,2026-01-01:feed/selections/papers"
    assert feed.closed
    assert is_over(record, site, osce)
    assert not is_over(a_saved("cops"), site, osce)


def test_a_feed_is_found_by_what_is_remembered_of_it(osce: Taxonomy) -> None:
    assert ref_of(next(records(a_site(selections=(COPS,)), osce))) == FeedRef.saved(COPS)
    assert an_end(Ending.CLOSED, None).key == ("field", "press")
    assert ref_of(an_end(Ending.CLOSED, None, "policing")) == FeedRef.of(POLICING) != ALL
