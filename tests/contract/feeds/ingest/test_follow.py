"""Topics are renamed, merged, closed and removed: what is stored goes where they are by now."""

from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, select

from feeds import search
from feeds.ingest import retag
from feeds.ingest.retag import follow, map_names
from feeds.model import SAVED_SELECTION, Ending, FeedRecord, TopicKind, TopicRef
from feeds.selection import EVERYWHERE
from feeds.storage import entries, topics, write_items
from feeds.storage.database import Database
from feeds.storage.published import feed_records
from feeds.storage.tables import item_topics, items, revisions
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label
from tests.items import NOON, latest, store

LATER = NOON + timedelta(days=1)
AFTER = NOON + timedelta(days=2)
BEFORE = {"news": "", "net": 'parent = "news"', "press": "", "speech": ""}


def a_taxonomy(**terms: str) -> Taxonomy:
    """Fields of these slugs, each with further lines."""
    return Taxonomy.from_toml(
        "\n".join(
            f'[[field]]\nslug = "{slug}"\nlabel = "{slug.title()}"\n{lines}'
            for slug, lines in terms.items()
        )
    )


def field(slug: str) -> TopicRef:
    return TopicRef(TopicKind.FIELD, slug)


@pytest.fixture
def stored(database: Database) -> Database:
    """Three items: of the net, of the press, of both."""
    taxonomy = a_taxonomy(**BEFORE)
    follow(database, taxonomy, [], now=NOON)
    net, press = a_label("Net", "net"), a_label("Press", "press")
    plain = {"issuers": (), "content_type": None}
    drafts = [
        a_draft(title="One", fields=(net,), **plain),
        a_draft(title="Two", fields=(press,), **plain),
        a_draft(title="Both", fields=(net, press), **plain),
    ]
    for number, draft in enumerate(drafts):
        store(database, taxonomy, [draft], at=NOON + timedelta(minutes=number))
    return database


def record(database: Database, slug: str) -> FeedRecord:
    with database.reading() as connection:
        return next(each for each in feed_records.remembered(connection) if each.slug == slug)


def held(database: Database, slug: str) -> list[int]:
    with database.reading() as connection:
        return latest(connection, field(slug).place, 10)


def moments(database: Database, slug: str) -> list[datetime]:
    with database.reading() as connection:
        return [each.news_at for each in entries.latest(connection, field(slug).place, 10)]


def test_a_renamed_topic_keeps_its_items_where_they_were(stored: Database) -> None:
    before = moments(stored, "net")
    terms = dict(BEFORE)
    terms.pop("net")
    renamed = a_taxonomy(digital='former_slugs = ["net"]\nparent = "news"', **terms)
    assert follow(stored, renamed, [], now=LATER) == 2
    assert held(stored, "digital") == [3, 1]
    assert held(stored, "net") == []
    assert held(stored, "news") == [3, 1]
    assert moments(stored, "digital") == before == moments(stored, "news")
    told = record(stored, "net")
    assert (told.ending, told.into, told.held) == (Ending.RENAMED, "digital", (3, 1))
    assert told.at is not None
    assert told.at.replace(microsecond=0) == LATER
    assert record(stored, "digital").first_slug == "net"
    assert record(stored, "digital").ending is None


def test_what_is_filed_so_already_is_not_looked_at_again(stored: Database) -> None:
    terms = dict(BEFORE)
    terms.pop("net")
    renamed = a_taxonomy(digital='former_slugs = ["net"]', **terms)
    assert follow(stored, renamed, [], now=LATER) == 2
    told = record(stored, "net")
    assert follow(stored, renamed, [], now=AFTER) == 0
    again = a_taxonomy(internet='former_slugs = ["net", "digital"]', **terms)
    assert follow(stored, again, [], now=AFTER) == 2
    assert held(stored, "internet") == [3, 1]
    assert record(stored, "net").at == told.at
    assert record(stored, "net").into == record(stored, "digital").into == "internet"
    assert record(stored, "net").held == (3, 1) == record(stored, "digital").held
    assert record(stored, "internet").first_slug == "net"


def test_a_rename_that_is_taken_back(stored: Database) -> None:
    terms = dict(BEFORE)
    terms.pop("net")
    follow(stored, a_taxonomy(digital='former_slugs = ["net"]', **terms), [], now=LATER)
    back = a_taxonomy(net='former_slugs = ["digital"]', **terms)
    assert follow(stored, back, [], now=AFTER) == 2
    assert held(stored, "net") == [3, 1]
    assert (record(stored, "net").ending, record(stored, "net").at) == (None, None)
    assert record(stored, "net").held == ()
    assert record(stored, "digital").into == "net"


def test_what_is_merged_is_no_news_where_it_comes_to(stored: Database) -> None:
    merged = a_taxonomy(**BEFORE | {"net": 'into = "press"'})
    since = [NOON + timedelta(minutes=number) for number in (2, 1, 0)]
    assert follow(stored, merged, [], now=LATER) == 2
    assert held(stored, "press") == [3, 2, 1]
    assert [each.replace(microsecond=0) for each in moments(stored, "press")] == since
    assert held(stored, "news") == []
    told = record(stored, "net")
    assert (told.ending, told.into, told.held) == (Ending.MERGED, "press", (3, 1))
    with stored.reading() as connection:
        rows = connection.execute(
            select(item_topics.c.slug, item_topics.c.label).where(
                item_topics.c.item == 3, item_topics.c.kind == "field"
            )
        ).all()
    assert rows == [("press", "Net")]


def test_what_a_feed_lost_is_told_where_it_is_asked_for(stored: Database) -> None:
    """So that its feed is made anew, and is not older than before."""
    with stored.reading() as connection:
        upto = entries.outstanding(connection).upto
    follow(stored, a_taxonomy(**BEFORE | {"net": 'into = "press"'}), [], now=LATER)
    with stored.reading() as connection:
        state = entries.outstanding(connection)
        assert state.upto > upto
        places = {touch.place for touch in state.touched}
        assert {field(slug).place for slug in ("press", "net", "news")} | {EVERYWHERE} <= places


def test_an_end_is_remembered_once_and_again_when_it_is_another(stored: Database) -> None:
    closed = a_taxonomy(**BEFORE | {"net": "closed = true"})
    assert follow(stored, closed, [], now=LATER) == 0
    first = record(stored, "net")
    assert (first.ending, first.into, first.held) == (Ending.CLOSED, None, ())
    assert held(stored, "net") == [3, 1]
    follow(stored, a_taxonomy(**BEFORE | {"net": 'closed = true\naliases = ["N"]'}), [], now=AFTER)
    assert record(stored, "net") == first
    heir = 'closed = true\nsuccessor = "press"'
    follow(stored, a_taxonomy(**BEFORE | {"net": heir}), [], now=AFTER)
    told = record(stored, "net")
    assert told.into == "press"
    assert told.at is not None
    assert first.at is not None
    assert told.at > first.at
    follow(stored, a_taxonomy(**BEFORE), [], now=AFTER)
    assert record(stored, "net").ending is None


def test_what_left_the_taxonomy_is_remembered_and_its_items_stay(stored: Database) -> None:
    terms = dict(BEFORE)
    terms.pop("net")
    assert follow(stored, a_taxonomy(**terms), [], now=LATER) == 0
    told = record(stored, "net")
    assert (told.ending, told.into, told.held) == (Ending.REMOVED, None, (3, 1))
    assert held(stored, "press") == [3, 2]
    with stored.reading() as connection:
        unknown = topics.unknown_topics(connection, [field("net")])
        assert [each.label for each in unknown] == ["Net"]
    follow(stored, a_taxonomy(**terms | {"press": 'aliases = ["Nothing"]'}), [], now=AFTER)
    assert record(stored, "net") == told


def test_what_was_closed_and_is_removed_is_no_other_end(stored: Database) -> None:
    heir = 'closed = true\nsuccessor = "press"'
    follow(stored, a_taxonomy(**BEFORE | {"net": heir}), [], now=LATER)
    at = record(stored, "net").at
    terms = dict(BEFORE)
    terms.pop("net")
    follow(stored, a_taxonomy(**terms), [], now=AFTER)
    told = record(stored, "net")
    assert (told.ending, told.at, told.into) == (Ending.REMOVED, at, "press")
    assert told.held == (3, 1)


def test_names_of_what_was_removed_find_another_topic(stored: Database) -> None:
    terms = dict(BEFORE)
    terms.pop("net")
    follow(stored, a_taxonomy(**terms | {"press": 'aliases = ["net"]'}), [], now=LATER)
    assert held(stored, "press") == [3, 2, 1]


def test_each_item_has_one_revision_that_is_no_news(stored: Database) -> None:
    with stored.reading() as connection:
        before = connection.execute(select(items.c.updated_at).order_by(items.c.number)).all()
    follow(stored, a_taxonomy(**BEFORE | {"net": 'into = "press"'}), [], now=LATER)
    with stored.reading() as connection:
        after = connection.execute(select(items.c.updated_at).order_by(items.c.number)).all()
        counts = select(revisions.c.item, func.count()).group_by(revisions.c.item)
        assert dict(connection.execute(counts).all()) == {1: 2, 2: 1, 3: 2}
        marked = select(revisions.c.significant).where(revisions.c.revision == 2)
        assert connection.scalars(marked).all() == [False, False]
    assert before == after


def test_a_taxonomy_that_forgets_a_topic_unfiles_nothing_for_good(database: Database) -> None:
    """As an older one does while a second node is not renewed yet."""
    before, old = a_taxonomy(police=""), a_taxonomy(press="")
    new = a_taxonomy(policing='former_slugs = ["police"]')
    inferred = a_label("Police (inferred)", "police")
    store(database, before, [a_draft(fields=(inferred,), issuers=(), content_type=None)])
    assert follow(database, new, [], now=LATER) == 1
    assert follow(database, old, [], now=AFTER) == 0
    assert follow(database, new, [], now=AFTER) == 0
    assert held(database, "policing") == [1]
    follow(database, old, [], now=AFTER)
    follow(database, before, [], now=AFTER)
    assert follow(database, new, [], now=AFTER) == 0
    assert held(database, "policing") == [1]


def test_names_of_what_was_removed_may_be_mapped(stored: Database) -> None:
    terms = dict(BEFORE)
    terms.pop("net")
    taxonomy = a_taxonomy(**terms)
    follow(stored, taxonomy, [], now=LATER)
    done = map_names(stored, taxonomy, "field:press", ["Net"], now=LATER, publish=lambda: 0)
    assert done.items == 2
    assert sorted(held(stored, "press")) == [1, 2, 3]


def test_a_stop_ends_it_between_batches_and_the_next_goes_on(
    stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retag, "_AT_ONCE", 1)
    merged = a_taxonomy(**BEFORE | {"net": 'into = "press"'})
    stopping = Event()
    written = write_items.write

    def and_stop(*arguments: Any) -> None:
        written(*arguments)
        stopping.set()

    monkeypatch.setattr(write_items, "write", and_stop)
    assert follow(stored, merged, [], now=LATER, stopping=stopping) == 1
    assert held(stored, "press") == [3, 2, 1]
    assert follow(stored, merged, [], now=LATER) == 1
    assert held(stored, "net") == []


def a_saved(name: str, query: str, **changes: Any) -> FeedRecord:
    return FeedRecord(
        kind=SAVED_SELECTION, slug=name, label=name.title(), query=query, first_slug=name, **changes
    )


def test_a_saved_selection_that_is_none_any_more_is_remembered_with_what_it_held(
    stored: Database,
) -> None:
    taxonomy = a_taxonomy(**BEFORE)
    search.follow(stored)
    kept = a_saved("first", "field=net&q=both"), a_saved("second", "field=press")
    assert follow(stored, taxonomy, kept, now=LATER) == 0
    assert (record(stored, "first").ending, record(stored, "first").held) == (None, ())
    follow(stored, taxonomy, [], now=AFTER)
    told = record(stored, "first"), record(stored, "second")
    assert [each.ending for each in told] == [Ending.REMOVED, Ending.REMOVED]
    assert [each.held for each in told] == [(3,), (3, 2)]
    assert all(each.at and each.at.replace(microsecond=0) == AFTER for each in told)
    assert record(stored, "press").ending is None
    # Once more there, it has not ended.
    follow(stored, taxonomy, kept, now=AFTER + timedelta(days=1))
    assert (record(stored, "first").ending, record(stored, "first").held) == (None, ())


def test_a_saved_selection_that_asks_for_something_else_has_not_ended(stored: Database) -> None:
    taxonomy = a_taxonomy(**BEFORE)
    follow(stored, taxonomy, [a_saved("first", "field=net")], now=LATER)
    follow(stored, taxonomy, [a_saved("first", "field=press")], now=AFTER)
    assert (record(stored, "first").ending, record(stored, "first").query) == (None, "field=press")
    # Under another name and another definition at once, the old one holds what it held.
    heir = a_saved("next", "field=net")
    former = a_saved("first", "field=net", ending=Ending.RENAMED, into="next")
    follow(stored, taxonomy, [heir, former], now=AFTER)
    told = record(stored, "first")
    assert (told.ending, told.into, told.held) == (Ending.RENAMED, "next", (3, 2))


def test_a_topic_and_a_saved_selection_of_one_name_are_two(stored: Database) -> None:
    taxonomy = a_taxonomy(**BEFORE)
    follow(stored, taxonomy, [a_saved("net", "q=one")], now=LATER)
    follow(stored, taxonomy, [], now=AFTER)
    with stored.reading() as connection:
        ended = [each for each in feed_records.remembered(connection) if each.ending]
    assert [each.key for each in ended] == [(SAVED_SELECTION, "net")]
