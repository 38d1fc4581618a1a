"""Documents and items as rows, the same on both engines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha512
from typing import Any

from sqlalchemy import Table, select

from feeds.draft import Draft, Reason, Refused
from feeds.identity.decide import Known, Role
from feeds.identity.ids import bounded, content_hash
from feeds.identity.known import Candidate, Link, Memory
from feeds.model import (
    Enclosure,
    Fresh,
    Issued,
    IssuedFrom,
    Label,
    Mark,
    Provenance,
    TopicKind,
)
from feeds.storage import documents, items, recall
from feeds.storage.database import Database
from feeds.storage.documents import Original, Sighting
from feeds.storage.items import Addition, Revision
from feeds.storage.tables import item_topics, originals, revisions, touched
from feeds.storage.tables import items as item_rows
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.implied import placed
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


def test_signatures_are_of_what_would_be_read_the_same(database: Database) -> None:
    refused = Refused(reason=Reason.EMPTY)
    held = a_sighting("b.txt", refused, recipe="now")
    older = a_sighting("c.txt", refused, recipe="before")
    unreadable = a_sighting("d.txt", refused, signature="", recipe="now")
    good = a_sighting(recipe="before")
    recorded(database, good, held, older, unreadable, a_sighting(source="other"))
    with database.reading() as connection:
        signatures = documents.signatures(connection, "own", "now")
        assert signatures == {"a.txt": "1:2:3", "b.txt": "1:2:3"}
        assert documents.refusals(connection, "own") == (held, older, unreadable)


def test_what_a_person_vouched_for_is_read_again_and_stays_vouched_for(
    database: Database,
) -> None:
    recorded(database, a_sighting(refused=Refused(reason=Reason.NOT_NEWS), recipe="now"))
    with database.writing() as connection:
        assert documents.promote(connection, "own", "a.txt")
        assert not documents.promote(connection, "own", "b.txt")
    with database.reading() as connection:
        assert documents.signatures(connection, "own", "now") == {}
    recorded(database, a_sighting())
    with database.reading() as connection:
        assert documents.promoted(connection, "own") == {"a.txt"}


def test_a_document_leaves_quarantine_when_it_becomes_good(database: Database) -> None:
    recorded(database, a_sighting(refused=Refused(reason=Reason.BINARY, evidence="PNG")))
    recorded(database, a_sighting(signature="4:5:6"))
    with database.reading() as connection:
        assert documents.refusals(connection, "own") == ()
        assert documents.signatures(connection, "own", "") == {"a.txt": "4:5:6"}


def test_what_is_forgotten_is_of_one_source(database: Database) -> None:
    recorded(database, a_sighting(), a_sighting("b.txt"), a_sighting(source="other"))
    with database.writing() as connection:
        documents.forget(connection, "own", ["a.txt", "missing.txt"])
    with database.reading() as connection:
        assert set(documents.signatures(connection, "own", "")) == {"b.txt"}
        assert set(documents.signatures(connection, "other", "")) == {"a.txt"}


def test_nothing_to_write_is_nothing_written(database: Database) -> None:
    with database.writing() as connection:
        documents.keep(connection, [])
        documents.record(connection, [])
        documents.forget(connection, "own", [])
        items.add(connection, [])
        items.revise(connection, [])
        items.link(connection, "own", [])
        items.name(connection, {})
    assert rows(database, touched, "kind") == []


# -- Items -----------------------------------------------------------------------------------------


def a_revision(taxonomy: Taxonomy, draft: Draft, **changes: Any) -> Revision:
    revision = Revision(
        item=1,
        change=1,
        revision=1,
        significant=True,
        source="own",
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
        items.link(connection, "own", [(f"key {n}", a_link(n), n) for n in map(_number, firsts)])


def _number(first: Revision) -> int:
    return first.item


def a_link(number: int, **changes: Any) -> Link:
    link = Link(
        slug=str(number), role=Role.OWN, document=f"document {number}", told_hash=f"told {number}"
    )
    return replace(link, **changes)


def an_addition(first: Revision) -> Addition:
    name = str(first.item)
    return Addition(
        uid=f"tag:{name}", slug=name, group=first.item, freshness=Fresh.NEWS, first=first
    )


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


class Recording(Memory):
    """Holds what was recalled as it came."""

    def recall(
        self, items: Iterable[Known], links: Mapping[str, Link], names: Mapping[str, str]
    ) -> None:
        self.items, self.links, self.names = list(items), links, names


def wanted(**told: Any) -> Candidate:
    """A candidate that has nothing of its own but what is told of it."""
    of_nobody: dict[str, Any] = {
        "source": "own",
        "document": "a",
        "key": "a key of nobody",
        "place": "a",
        "draft": a_draft(title="", summary="", paragraphs=()),
        "content_hash": "the hash of nobody",
        "told_hash": "",
        "digest": "",
    }
    return Candidate(**of_nobody | told)


def titled(title: str, day: date | None) -> Candidate:
    issued = day and Issued(day=day, origin=IssuedFrom.LABEL)
    return wanted(draft=a_draft(title=title, summary="", paragraphs=(), issued=issued))


def recalled(database: Database, *candidates: Candidate) -> Recording:
    memory = Recording(Taxonomy.from_toml(""))
    with database.reading() as connection:
        recall.recall(connection, memory, "own", candidates, NOW - timedelta(days=7))
    return memory


def test_an_item_is_recalled_as_it_was_told(database: Database, osce: Taxonomy) -> None:
    at = NOW - timedelta(days=1)
    told = a_draft(
        form="",
        issued=Issued(day=at.date(), at=at, origin=IssuedFrom.FEED),
        language="en",
        url="https://x.test/a",
        markup="<p>x</p>",
        partial=True,
        dateline="VIENNA",
        issuers=(DEPARTMENT,),
        fields=(UNKNOWN,),
        countries=(a_label("Austria", "austria", TopicKind.COUNTRY),),
        enclosures=(Enclosure(url="https://x.test/a.pdf", length=7),),
        provenance=Provenance(entry_id="tag:e", feed_id="tag:f", feed_title="F", feed_updated=at),
        marks=frozenset({Mark.MENDED, Mark.PROMOTED}),
    )
    added(database, a_revision(osce, told))
    found = recalled(database, wanted(key="key 1"), wanted(key="key 2"))
    (item,) = found.items
    assert found.links == {"key 1": a_link(1)}
    assert item.draft == told
    assert (item.slug, item.uid, item.revision) == ("1", "tag:1", 1)
    assert (item.group, item.source) == ("1", "own")
    assert item.content_hash == content_hash(told)
    assert not item.is_withdrawn
    assert recalled(database, wanted(key="other")).items == []


def test_an_item_is_recalled_by_name_contents_title_and_opening(
    database: Database, osce: Taxonomy
) -> None:
    draft = a_draft(issued=Issued(day=NOW.date(), origin=IssuedFrom.LABEL))
    added(database, a_revision(osce, draft))
    with database.writing() as connection:
        items.name(connection, {"at:x.test/a": 1})
        items.name(connection, {"at:x.test/a": 1, "at:x.test/b": 1})
    assert recalled(database, wanted(names=("at:x.test/a",))).names == {"at:x.test/a": "1"}
    near, far = NOW.date() + timedelta(days=1), NOW.date() + timedelta(days=2)
    the_same_day = Issued(day=near, origin=IssuedFrom.LABEL)
    for candidates in (
        (wanted(content_hash=content_hash(draft)),),
        (wanted(others=("at:x.test/b",)),),
        (titled(draft.title, near),),
        (titled(draft.title, None), titled(draft.title, far)),
        (wanted(draft=replace(draft, title="Another", issued=the_same_day)),),
    ):
        assert [item.slug for item in recalled(database, *candidates).items] == ["1"]
    assert recalled(database, titled(draft.title, far)).items == []


def test_of_a_title_that_recurs_the_newest_are_recalled(database: Database, osce: Taxonomy) -> None:
    added(database, *(a_revision(osce, a_draft(), item=n, change=n) for n in range(1, 13)))
    found = recalled(database, titled(a_draft().title, None))
    assert [item.slug for item in found.items] == [str(number) for number in range(5, 13)]


def test_a_group_is_recalled_whole_and_with_its_recent_past(
    database: Database, osce: Taxonomy
) -> None:
    with database.writing() as connection:
        documents.keep(connection, [ORIGINAL])
        english = an_addition(a_revision(osce, a_draft(language="en")))
        russian = an_addition(a_revision(osce, a_draft(language="ru"), item=2, change=2))
        items.add(connection, [english, replace(russian, group=1)])
        items.link(connection, "own", [("key 2", a_link(2), 2)])
    revised(database, a_revision(osce, a_draft(language="ru"), item=2, change=3, revision=2))
    found = {item.slug: item for item in recalled(database, wanted(key="key 2")).items}
    assert {item.group for item in found.values()} == {"1"}
    assert (found["1"].revised, found["2"].revised) == ((), (NOW,))


def test_places_tell_number_group_and_last_significant_change(
    database: Database, osce: Taxonomy
) -> None:
    added(database, a_revision(osce, a_draft()))
    with database.reading() as connection:
        places = recall.places(connection, ["1", "2"])
        assert recall.places(connection, []) == {}
    assert places == {"1": recall.Place(number=1, group=1, updated_at=NOW)}


def test_ids_that_are_taken_are_known(database: Database, osce: Taxonomy) -> None:
    added(database, a_revision(osce, a_draft()))
    with database.reading() as connection:
        assert items.uids(connection, ["tag:1", "tag:2"]) == {"tag:1"}
        assert items.uids(connection, []) == ()


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


def test_a_document_with_the_longest_path_is_recorded(database: Database) -> None:
    """PostgreSQL takes 2,704 bytes in an index row, packed; a path may have 4,096."""
    path = "".join(sha512(bytes([part])).hexdigest() for part in range(32))
    name = bounded(path)
    recorded(database, a_sighting(name))
    with database.reading() as connection:
        assert documents.signatures(connection, "own", "") == {name: "1:2:3"}
