"""Documents and items as rows, the same on both engines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from feeds.ids import content_hash
from feeds.ingest.decide import substance
from feeds.ingest.topics import placed
from feeds.model import Draft, Fresh, Issued, IssuedFrom, Label, Reason, Refused, TopicKind
from feeds.storage import documents, items, recall
from feeds.storage.database import Database
from feeds.storage.documents import Original, Sighting
from feeds.storage.items import Addition, Revision
from feeds.storage.tables import item_topics, originals, revisions, touched
from feeds.storage.tables import items as item_rows
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORIGINAL = Original.of("Fieldfare — ".encode() * 100)
DEPARTMENT = a_label("TNTD", "transnational-threats-department", TopicKind.ISSUER)
UNKNOWN = a_label("Space policy", None)


def rows(database: Database, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        chosen = [table.c[name] for name in columns]
        return [tuple(row) for row in connection.execute(select(*chosen).order_by(*chosen))]


# -- Documents -------------------------------------------------------------------------------------


def a_sighting(name: str = "a.txt", refused: Refused | None = None, **changes: Any) -> Sighting:
    sighting = Sighting(
        source="own", name=name, signature="1:2:3", digest=None, seen_at=NOW, refused=refused
    )
    return replace(sighting, **changes)


def recorded(database: Database, *sightings: Sighting) -> None:
    with database.writing() as connection:
        documents.record(connection, sightings)


def test_originals_are_kept_once_and_packed(database: Database) -> None:
    for _ in range(2):
        with database.writing() as connection:
            documents.keep(connection, [ORIGINAL, ORIGINAL])
    with database.reading() as connection:
        body = "Fieldfare — ".encode() * 100
        assert documents.original(connection, ORIGINAL.digest) == body
        assert documents.original(connection, "another") is None
        assert len(connection.scalars(select(originals.c.body)).one()) < len(body) / 10
    assert rows(database, originals, "digest", "size") == [(ORIGINAL.digest, 1_400)]


def test_signatures_are_of_what_is_not_in_quarantine(database: Database) -> None:
    refused = Refused(reason=Reason.EMPTY)
    recorded(database, a_sighting(), a_sighting("b.txt", refused), a_sighting(source="other"))
    with database.reading() as connection:
        assert documents.signatures(connection, "own") == {"a.txt": "1:2:3"}
        assert documents.refusals(connection, "own") == (a_sighting("b.txt", refused),)


def test_a_document_leaves_quarantine_when_it_becomes_good(database: Database) -> None:
    recorded(database, a_sighting(refused=Refused(reason=Reason.BINARY, evidence="PNG")))
    recorded(database, a_sighting(signature="4:5:6"))
    with database.reading() as connection:
        assert documents.refusals(connection, "own") == ()
        assert documents.signatures(connection, "own") == {"a.txt": "4:5:6"}


def test_what_is_forgotten_is_of_one_source(database: Database) -> None:
    recorded(database, a_sighting(), a_sighting("b.txt"), a_sighting(source="other"))
    with database.writing() as connection:
        documents.forget(connection, "own", ["a.txt", "missing.txt"])
    with database.reading() as connection:
        assert set(documents.signatures(connection, "own")) == {"b.txt"}
        assert set(documents.signatures(connection, "other")) == {"a.txt"}


def test_nothing_to_write_is_nothing_written(database: Database) -> None:
    with database.writing() as connection:
        documents.keep(connection, [])
        documents.record(connection, [])
        documents.forget(connection, "own", [])
        items.add(connection, [])
        items.revise(connection, [])
        items.name(connection, "own", {})
    assert rows(database, touched, "kind") == []


# -- Items -----------------------------------------------------------------------------------------


def a_revision(taxonomy: Taxonomy, draft: Draft, **changes: Any) -> Revision:
    revision = Revision(
        item=1,
        change=1,
        revision=1,
        significant=True,
        draft=draft,
        language="en",
        topics=placed(draft, taxonomy),
        content_hash=content_hash(draft),
        digest=ORIGINAL.digest,
        recorded_at=NOW,
        updated_at=NOW,
    )
    return replace(revision, **changes)


def added(database: Database, *firsts: Revision) -> None:
    """Each revision is the first of an item whose slug and key are its number."""
    with database.writing() as connection:
        documents.keep(connection, [ORIGINAL])
        items.add(connection, [an_addition(first) for first in firsts])
        items.name(connection, "own", {f"key {first.item}": first.item for first in firsts})


def an_addition(first: Revision) -> Addition:
    name = str(first.item)
    return Addition(uid=f"tag:{name}", slug=name, source="own", freshness=Fresh.NEWS, first=first)


def revised(database: Database, *changes: Revision) -> None:
    with database.writing() as connection:
        items.revise(connection, changes)


def topics_of(database: Database, item: int) -> Sequence[tuple[str, bool]]:
    found = rows(database, item_topics, "item", "position", "kind", "slug", "label", "direct")
    return [
        (f"{kind}:{slug or label}", direct)
        for number, _, kind, slug, label, direct in found
        if number == item
    ]


def test_an_item_is_recalled_by_key_and_by_what_it_says(database: Database, osce: Taxonomy) -> None:
    at = NOW - timedelta(days=1)
    draft = a_draft(issued=Issued(day=at.date(), at=at, origin=IssuedFrom.FEED))
    added(database, a_revision(osce, draft))
    said = content_hash(draft)
    with database.reading() as connection:
        by_key = recall.by_key(connection, "own", ["key 1", "key 2"])
        assert recall.by_key(connection, "other", ["key 1"]) == {}
        assert recall.by_hash(connection, [said, "1:other"]) == {said: by_key["key 1"]}
    (known,) = by_key.values()
    assert (known.slug, known.revision, known.content_hash) == ("1", 1, said)
    assert known.substance == substance(draft.title, draft.summary, draft.body, draft.issued)


def test_of_several_items_that_say_the_same_the_first_is_the_twin(
    database: Database, osce: Taxonomy
) -> None:
    draft = a_draft()
    added(database, *(a_revision(osce, draft, item=n, change=n) for n in (1, 2, 3)))
    with database.reading() as connection:
        (twin,) = recall.by_hash(connection, [content_hash(draft)]).values()
    assert twin.slug == "1"


def test_places_tell_number_and_last_significant_change(database: Database, osce: Taxonomy) -> None:
    added(database, a_revision(osce, a_draft()))
    with database.reading() as connection:
        places = recall.places(connection, ["1", "2"])
    assert places == {"1": recall.Place(number=1, updated_at=NOW)}


def test_topics_are_kept_in_order_unknown_ones_and_ancestors_too(
    database: Database, osce: Taxonomy
) -> None:
    draft = a_draft(issuers=(DEPARTMENT,), fields=(UNKNOWN,), content_type=None)
    added(database, a_revision(osce, draft))
    assert topics_of(database, 1) == [
        ("issuer:transnational-threats-department", True),
        ("field:Space policy", True),
        ("issuer:secretariat", False),
    ]


def test_an_item_without_any_topic_is_kept(database: Database, osce: Taxonomy) -> None:
    bare = a_revision(osce, a_draft(issuers=(), fields=(), content_type=None))
    added(database, bare)
    revised(database, replace(bare, change=2, revision=2))
    assert rows(database, touched, "kind", "slug", "change") == [("all", "", 2)]


def test_adding_touches_every_feed_the_item_appears_in(database: Database, osce: Taxonomy) -> None:
    draft = a_draft(issuers=(DEPARTMENT,), fields=(UNKNOWN, a_label("Policing", "policing")))
    added(database, a_revision(osce, draft, change=7))
    assert rows(database, touched, "kind", "slug", "change") == [
        ("all", "", 7),
        ("field", "policing", 7),
        ("issuer", "secretariat", 7),
        ("issuer", "transnational-threats-department", 7),
        ("type", "news", 7),
    ]


def filed_under(*fields: Label) -> Draft:
    return a_draft(issuers=(), content_type=None, fields=fields)


def test_revising_replaces_what_it_says_and_touches_the_feeds_it_left(
    database: Database, osce: Taxonomy
) -> None:
    before = filed_under(a_label("Policing", "policing"), a_label("Youth", "youth"))
    added(database, a_revision(osce, before), a_revision(osce, before, item=2, change=2))
    after = replace(filed_under(a_label("Policing", "policing")), title="Corrected")
    later = NOW + timedelta(hours=1)
    revised(database, a_revision(osce, after, change=3, revision=2, updated_at=later))
    assert rows(database, item_rows, "number", "title", "change", "revision", "updated_at") == [
        (1, "Corrected", 3, 2, later),
        (2, before.title, 2, 1, NOW),
    ]
    assert rows(database, item_rows, "first_seen_at") == [(NOW,), (NOW,)]
    assert topics_of(database, 1) == [("field:policing", True)]
    assert topics_of(database, 2) == [("field:policing", True), ("field:youth", True)]
    assert rows(database, touched, "kind", "slug", "change") == [
        ("all", "", 3),
        ("field", "policing", 3),
        ("field", "youth", 3),
    ]


def test_every_revision_is_remembered(database: Database, osce: Taxonomy) -> None:
    first = a_revision(osce, a_draft())
    added(database, first)
    revised(database, replace(first, change=2, revision=2, significant=False))
    assert rows(database, revisions, "item", "revision", "significant", "digest") == [
        (1, 1, True, ORIGINAL.digest),
        (1, 2, False, ORIGINAL.digest),
    ]


def test_topics_repeat_when_their_item_was_updated(database: Database, osce: Taxonomy) -> None:
    """The index of the latest of a topic is answered without the items."""
    first = a_revision(osce, filed_under(a_label("Policing", "policing")))
    added(database, first)
    later = NOW + timedelta(hours=1)
    revised(database, replace(first, change=2, revision=2, updated_at=later))
    assert rows(database, item_topics, "updated_at") == [(later,)]
