"""What publishing reads and remembers, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from feeds.model import Fresh, Item, TopicKind, TopicRef
from feeds.selection import EVERYWHERE
from feeds.storage import entries
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.storage.entries import Ready
from feeds.storage.read_items import whole_items
from feeds.storage.tables import items
from feeds.taxonomy import Taxonomy
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, a_draft, a_label
from tests.items import NOON, issued, latest, revise, store

RIGHTS = a_label("Human rights", "human-rights")
DEPARTMENT = a_label(
    "Transnational Threats Department", "transnational-threats-department", TopicKind.ISSUER
)
RECIPE = "a recipe"


def some_ready(item: Item, revision: int = 1, atom: bytes = b"<entry/>") -> Ready:
    return Ready(
        item=item.number,
        slug=item.slug,
        revision=revision,
        updated_at=item.updated_at,
        atom=atom,
        rss=b"<item/>",
        json=b"{}",
        html=b"<article/>",
    )


def keep(database: Database, *made: Ready) -> None:
    with database.writing() as connection:
        entries.keep(connection, made, RECIPE)


def outstanding(database: Database) -> entries.Outstanding:
    with database.reading() as connection:
        return entries.outstanding(connection)


def settle(database: Database, done: entries.Outstanding) -> None:
    with database.writing() as connection:
        entries.settle(connection, done, "a fingerprint")


def test_a_new_store_has_nothing_to_publish(database: Database) -> None:
    state = outstanding(database)
    assert (state.published, state.upto, state.fingerprint, state.touched) == (0, 0, None, {})


def test_what_is_stored_is_outstanding_until_it_is_settled(
    database: Database, osce: Taxonomy
) -> None:
    store(database, osce, [a_draft()])
    state = outstanding(database)
    assert (state.published, state.upto) == (0, 1)
    topics = (POLICING, SECRETARIAT, TopicRef(TopicKind.TYPE, "news"))
    places = {EVERYWHERE, *(topic.place for topic in topics), ("language", "en")}
    assert {touch.place for touch in state.touched} == places
    settle(database, state)
    after = outstanding(database)
    assert (after.published, after.fingerprint, after.touched) == (1, "a fingerprint", {})


def test_what_is_touched_again_meanwhile_stays_touched(database: Database, osce: Taxonomy) -> None:
    """A feed that is made while an item is stored may lack it."""
    store(database, osce, [a_draft()])
    state = outstanding(database)
    store(database, osce, [a_draft(title="Another", fields=(RIGHTS,), issuers=())])
    settle(database, state)
    places = (EVERYWHERE, HUMAN_RIGHTS.place, ("type", "news"), ("language", "en"))
    touched = {touch.place: change for touch, change in outstanding(database).touched.items()}
    assert touched == dict.fromkeys(places, 2)


def test_settling_twice_changes_nothing(database: Database, osce: Taxonomy) -> None:
    store(database, osce, [a_draft()])
    state = outstanding(database)
    settle(database, state)
    settle(database, state)
    assert outstanding(database).touched == {}


def test_changes_are_read_in_order_and_in_parts(database: Database, osce: Taxonomy) -> None:
    first, *_ = store(database, osce, [a_draft(title=f"Item {number}") for number in range(3)])
    revise(database, osce, first, a_draft(title="Item 0, corrected"), NOON + timedelta(hours=1))
    with database.reading() as connection:
        assert entries.changed(connection, 0, 4, 2) == [(2, 2), (3, 3)]
        assert entries.changed(connection, 3, 4, 2) == [(1, 4)]
        assert entries.changed(connection, 0, 2, 9) == [(2, 2)]


def test_the_latest_of_a_topic_come_newest_first(database: Database, osce: Taxonomy) -> None:
    for day, field in enumerate([RIGHTS, a_label("Policing", "policing"), RIGHTS, RIGHTS]):
        draft = a_draft(title=f"Item {day}", fields=(field,))
        store(database, osce, [draft], at=NOON - timedelta(days=day))
    with database.reading() as connection:
        assert latest(connection, HUMAN_RIGHTS.place, 2) == [1, 3]
        assert latest(connection, POLICING.place, 2) == [2]
        assert latest(connection, SECRETARIAT.place, 9) == [1, 2, 3, 4]
        assert latest(connection, EVERYWHERE, 3) == [1, 2, 3]


def test_a_corrected_item_stays_where_it_was(database: Database, osce: Taxonomy) -> None:
    """What is news today is not pushed out by what is corrected today."""
    for day in range(4):
        store(database, osce, [a_draft(title=f"Item {day}")], at=NOON - timedelta(days=day))
    with database.reading() as connection:
        oldest, *_ = whole_items(connection, [4])
    revise(database, osce, oldest, a_draft(title="Corrected"), NOON + timedelta(hours=1))
    with database.reading() as connection:
        for topic in (EVERYWHERE, POLICING.place):
            assert latest(connection, topic, 9) == [1, 2, 3, 4]
            since = entries.latest(connection, topic, 9)[1].news_at
            [corrected] = entries.corrected(connection, topic, since, 9)
            assert (corrected.item, corrected.news_at < since) == (4, True)
            assert entries.corrected(connection, topic, NOON - timedelta(days=9), 9) == []
            assert entries.moved(connection).get(topic) is None


def test_an_item_became_news_where_it_is_filed_by_that(database: Database, osce: Taxonomy) -> None:
    """In a feed it enters later it is the newest, and its old one was left then."""
    first, _ = store(database, osce, [a_draft(title=f"Item {number}") for number in range(2)])
    store(database, osce, [a_draft(title="Rights", fields=(RIGHTS,))], at=NOON + timedelta(hours=1))
    later = NOON + timedelta(hours=2)
    revise(database, osce, first, a_draft(title="Item 0", fields=(RIGHTS,)), later)
    with database.reading() as connection:
        assert latest(connection, HUMAN_RIGHTS.place, 9) == [1, 3]
        assert entries.latest(connection, HUMAN_RIGHTS.place, 1)[0].news_at >= later
        assert latest(connection, POLICING.place, 9) == [2]
        assert (
            latest(connection, SECRETARIAT.place, 9)
            == latest(connection, EVERYWHERE, 9)
            == [3, 2, 1]
        )
        assert (entries.moved(connection).get(POLICING.place) or NOON) >= later
        assert entries.moved(connection).get(HUMAN_RIGHTS.place) is None


def test_an_archived_item_keeps_its_day_wherever_it_is_filed(
    database: Database, osce: Taxonomy
) -> None:
    (first,) = store(database, osce, [a_draft()])
    with database.writing() as connection:
        connection.execute(update(items).values(freshness=Fresh.ARCHIVE.value))
    revise(database, osce, first, a_draft(fields=(RIGHTS,)), NOON + timedelta(hours=2))
    with database.reading() as connection:
        assert entries.latest(connection, HUMAN_RIGHTS.place, 1)[0].news_at == first.updated_at


def test_what_left_a_feed_is_told_since_when(database: Database, osce: Taxonomy) -> None:
    store(database, osce, [a_draft(title="One"), a_draft(title="Two")])
    with database.writing() as connection:
        hiding.merge(connection, 1, 2, NOON + timedelta(hours=3))
        hiding.merge(connection, 2, 1, NOON + timedelta(hours=1))
        first = {
            topic: entries.moved(connection).get(topic) for topic in (EVERYWHERE, POLICING.place)
        }
        hiding.split(connection, 1, NOON + timedelta(hours=4))
        assert latest(connection, EVERYWHERE, 9) == [2, 1]
        for topic in (EVERYWHERE, POLICING.place):
            # What began earlier and came later does not set it back.
            assert first[topic] == NOON + timedelta(hours=3, microseconds=1_003)
            assert entries.moved(connection).get(topic) == NOON + timedelta(
                hours=4, microseconds=1_004
            )
        assert entries.moved(connection).get(HUMAN_RIGHTS.place) is None


def test_an_item_is_latest_in_the_topics_above_its_own(database: Database, osce: Taxonomy) -> None:
    store(database, osce, [a_draft(issuers=(DEPARTMENT,))])
    with database.reading() as connection:
        assert latest(connection, SECRETARIAT.place, 9) == [1]


def test_entries_are_ready_until_their_item_or_the_recipe_changes(
    database: Database, osce: Taxonomy
) -> None:
    one, two = store(database, osce, [a_draft(), a_draft(title="Another")])
    keep(database, some_ready(one), some_ready(two))
    with database.reading() as connection:
        found = entries.ready(connection, {1, 2, 3}, RECIPE)
        assert set(found) == {1, 2}
        assert (found[1].atom, found[1].html) == (b"<entry/>", b"<article/>")
        assert found[2].updated_at == two.updated_at
        assert entries.ready(connection, {1, 2}, "another recipe") == {}
    revise(database, osce, one, a_draft(title="Corrected"), NOON + timedelta(hours=1))
    with database.reading() as connection:
        assert set(entries.ready(connection, {1, 2}, RECIPE)) == {2}


def test_an_entry_takes_the_place_of_the_one_before(database: Database, osce: Taxonomy) -> None:
    (one,) = store(database, osce, [a_draft()])
    keep(database, some_ready(one, revision=7, atom=b"old"))
    keep(database, some_ready(one, atom=b"new"))
    with database.reading() as connection:
        assert entries.ready(connection, {1}, RECIPE)[1].atom == b"new"


def test_an_entry_is_not_kept_whose_item_went_and_came_back_since_it_was_made(
    database: Database, osce: Taxonomy
) -> None:
    """It says when the item was updated before; that of an earlier revision is in archives."""
    one, two = store(database, osce, [a_draft(), a_draft(title="Another")])
    made = some_ready(one), some_ready(two, atom=b"archived")
    with database.writing() as connection:
        hiding.merge(connection, 1, 2, NOON)
        hiding.split(connection, 1, NOON)
    revise(database, osce, two, a_draft(title="Corrected"), NOON + timedelta(hours=1))
    keep(database, *made)
    with database.reading() as connection:
        assert entries.ready(connection, {1, 2}, RECIPE) == {}
        assert entries.replaced(connection, {1, 2}, RECIPE) == {2: b"archived"}


@pytest.mark.parametrize("day", [None, "2026-11-18"])
def test_an_item_is_read_back_whole(database: Database, osce: Taxonomy, day: str | None) -> None:
    unknown = a_label("Astrography", None)
    draft = a_draft(
        issuers=(DEPARTMENT,),
        fields=(RIGHTS, unknown),
        url="https://www.osce.org/1",
        dateline="VIENNA, 18 November 2026 -",
        issued=issued(day) if day else None,
    )
    store(database, osce, [draft])
    with database.reading() as connection:
        [item] = whole_items(connection, [1, 2])
    assert (item.title, item.summary, item.body) == (draft.title, draft.summary, draft.body)
    assert (item.url, item.dateline, item.issued) == (draft.url, draft.dateline, draft.issued)
    assert (item.issuers, item.fields) == (draft.issuers, draft.fields)
    assert item.content_type == draft.content_type
    assert item.topics == {
        DEPARTMENT.ref,
        SECRETARIAT,
        HUMAN_RIGHTS,
        TopicRef(TopicKind.TYPE, "news"),
    }
    assert (item.number, item.change, item.revision) == (1, 1, 1)


def test_items_come_in_the_order_of_their_numbers(database: Database, osce: Taxonomy) -> None:
    store(database, osce, [a_draft(title=f"Item {number}") for number in range(3)])
    with database.reading() as connection:
        assert [item.number for item in whole_items(connection, [3, 1])] == [1, 3]
