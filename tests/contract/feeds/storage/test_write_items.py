"""Items as rows: written, read again, recalled; the same on both engines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from feeds.draft import Draft
from feeds.identity.candidates import Candidate
from feeds.identity.decide import Known, Role
from feeds.identity.duplicates import Link, Memory
from feeds.identity.ids import content_hash
from feeds.identity.likeness import opening_key, title_key
from feeds.model import (
    Author,
    Enclosure,
    Fresh,
    Issued,
    IssuedFrom,
    Label,
    Mark,
    Provenance,
    Rights,
    TopicKind,
)
from feeds.storage import documents, read_items, recall, write_items
from feeds.storage.database import Database
from feeds.storage.documents import digest_of
from feeds.storage.tables import item_topics, revisions, touched
from feeds.storage.tables import items as item_rows
from feeds.storage.write_items import Revision
from feeds.taxonomy import Taxonomy
from feeds.times import month_of
from tests.builders import a_draft, a_label

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORIGINAL = "Fieldfare — ".encode() * 100
DIGEST = digest_of(ORIGINAL)
DEPARTMENT = a_label("TNTD", "transnational-threats-department", TopicKind.ISSUER)
UNKNOWN = a_label("Space policy", None)


def rows(database: Database, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        chosen = [table.c[name] for name in columns]
        return [tuple(row) for row in connection.execute(select(*chosen).order_by(*chosen))]


def test_nothing_to_write_is_nothing_written(database: Database) -> None:
    with database.writing() as connection:
        write_items.write(connection, [])
        documents.link(connection, "own", [])
        documents.name(connection, {})
    assert rows(database, touched, "kind") == []


def an_item(draft: Draft, number: int = 1, **changes: Any) -> Known:
    """A new item whose slug is its number."""
    item = Known(
        number=number,
        uid=f"tag:{number}",
        slug=str(number),
        revision=1,
        draft=draft,
        source="own",
        content_hash=content_hash(draft),
        group=str(number),
        updated_at=NOW,
    )
    return replace(item, **changes)


def a_revision(taxonomy: Taxonomy, known: Known, **changes: Any) -> Revision:
    revision = Revision(
        known=known,
        change=known.number,
        significant=True,
        implied=taxonomy.implied_by(known.draft.labels),
        digest=DIGEST,
        recorded_at=NOW,
        group=known.number,
        freshness=Fresh.NEWS,
    )
    return replace(revision, **changes)


def added(database: Database, *firsts: Revision) -> None:
    """Each revision is the first of an item whose key has its number."""
    with database.writing() as connection:
        documents.keep(connection, {DIGEST: ORIGINAL})
        write_items.write(connection, firsts)
        numbers = [first.known.number for first in firsts]
        documents.link(connection, "own", [(f"key {n}", a_link(n), n) for n in numbers])


def a_link(number: int, **changes: Any) -> Link:
    link = Link(
        slug=str(number), role=Role.OWN, document=f"document {number}", told_hash=f"told {number}"
    )
    return replace(link, **changes)


def revised(database: Database, *changes: Revision) -> None:
    with database.writing() as connection:
        write_items.write(connection, changes)


def topics_of(database: Database, item: int) -> Sequence[tuple[str, bool]]:
    found = rows(database, item_topics, "item", "position", "kind", "slug", "label", "direct")
    return [
        (f"{kind}:{slug or label}", direct)
        for number, _, kind, slug, label, direct in found
        if number == item
    ]


@dataclass
class Recalled(Memory):
    """What a memory is told of what is stored."""

    items: Sequence[Known] = ()
    links: Mapping[str, Link] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def recall(
        self, items: Iterable[Known], links: Mapping[str, Link], names: Mapping[str, str]
    ) -> None:
        self.items, self.links, self.names = tuple(items), links, names


def a_candidate(draft: Draft | None = None, **changes: Any) -> Candidate:
    """One that nothing stored has anything in common with, unless it is told."""
    other = a_draft(title="Nobody knows this", paragraphs=("Nor what it says here.",))
    candidate = Candidate(
        source="own",
        document="new",
        key="new",
        place="new",
        draft=draft or other,
        content_hash="of nothing stored",
        told_hash="",
        digest="",
    )
    return replace(candidate, **changes)


def recalled(database: Database, *candidates: Candidate) -> Recalled:
    memory = Recalled()
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
        authors=(Author(name="Ana", uri="https://x.test/ana"), Author(name="Ben")),
        provenance=Provenance(
            entry_id="tag:e",
            feed_id="tag:f",
            feed_title="F",
            feed_updated=at,
            feed_authors=(Author(name="The Wire"),),
            feed_home="https://x.test/",
            feed_self="https://x.test/feed",
            feed_rights="CC BY",
        ),
        rights=Rights("© The Wire", "https://cc.test/by"),
        marks=frozenset({Mark.MENDED, Mark.PROMOTED}),
    )
    added(database, a_revision(osce, an_item(told)))
    found = recalled(database, a_candidate(key="key 1"), a_candidate(key="key 2"))
    (item,) = found.items
    assert found.links == {"key 1": a_link(1)}
    assert item.draft == told
    assert item.draft.rights.licence == "https://cc.test/by"
    assert (item.slug, item.uid, item.revision) == ("1", "tag:1", 1)
    assert (item.number, item.updated_at) == (1, NOW)
    assert (item.group, item.source) == ("1", "own")
    assert item.content_hash == content_hash(told)
    assert not item.is_withdrawn
    assert recalled(database, a_candidate(key="other")).items == ()


def test_an_item_is_recalled_by_name_contents_title_and_opening(
    database: Database, osce: Taxonomy
) -> None:
    day = NOW.date()
    draft = a_draft(issued=Issued(day=day, origin=IssuedFrom.LABEL))
    added(database, a_revision(osce, an_item(draft)))
    with database.writing() as connection:
        documents.name(connection, {"at:x.test/a": 1})
        documents.name(connection, {"at:x.test/a": 1, "at:x.test/b": 1})
    for named in (a_candidate(names=("at:x.test/a",)), a_candidate(others=("at:x.test/a",))):
        assert recalled(database, named).names == {"at:x.test/a": "1"}
    titled = a_draft(paragraphs=("It says something else.",), summary="")
    opened = a_draft(title="Another title")
    assert title_key(titled.title) == title_key(draft.title)
    assert opening_key(titled) != opening_key(draft) == opening_key(opened)
    near, far = (Issued(day=day + timedelta(days=days), origin=IssuedFrom.LABEL) for days in (1, 2))
    for like in (
        [a_candidate(content_hash=content_hash(draft))],
        [a_candidate(replace(titled, issued=near))],
        [a_candidate(titled), a_candidate(replace(titled, issued=far))],
        [a_candidate(replace(opened, issued=near))],
    ):
        assert [item.slug for item in recalled(database, *like).items] == ["1"]
    assert recalled(database, a_candidate(replace(titled, issued=far))).items == ()


def test_of_a_title_that_recurs_the_newest_are_recalled(database: Database, osce: Taxonomy) -> None:
    added(database, *(a_revision(osce, an_item(a_draft(), number)) for number in range(1, 13)))
    found = recalled(database, a_candidate(a_draft(paragraphs=("Other words.",), summary="")))
    assert [item.slug for item in found.items] == [str(number) for number in range(5, 13)]


def test_a_group_is_recalled_whole_and_with_its_recent_past(
    database: Database, osce: Taxonomy
) -> None:
    english = a_revision(osce, an_item(a_draft(language="en")))
    russian = an_item(a_draft(language="ru"), 2)
    added(database, english, a_revision(osce, russian, group=1))
    revised(database, a_revision(osce, replace(russian, revision=2), change=3))
    found = {item.slug: item for item in recalled(database, a_candidate(key="key 2")).items}
    assert {item.group for item in found.values()} == {"1"}
    assert (found["1"].revised, found["2"].revised) == ((), (NOW,))


def test_numbers_are_told_by_slug(database: Database, osce: Taxonomy) -> None:
    added(database, a_revision(osce, an_item(a_draft())))
    with database.reading() as connection:
        assert read_items.numbers_of(connection, ["1", "2"]) == {"1": 1}
        assert read_items.numbers_of(connection, []) == {}


def test_ids_that_are_taken_are_known(database: Database, osce: Taxonomy) -> None:
    added(database, a_revision(osce, an_item(a_draft())))
    with database.reading() as connection:
        assert read_items.taken(connection, ["tag:1", "tag:2"]) == {"tag:1"}
        assert read_items.taken(connection, []) == set()


def test_topics_are_kept_in_order_unknown_ones_and_ancestors_too(
    database: Database, osce: Taxonomy
) -> None:
    draft = a_draft(issuers=(DEPARTMENT,), fields=(UNKNOWN,), content_type=None)
    added(database, a_revision(osce, an_item(draft)))
    assert topics_of(database, 1) == [
        ("issuer:transnational-threats-department", True),
        ("field:Space policy", True),
        ("issuer:secretariat", False),
    ]


def test_an_item_without_any_topic_is_kept(database: Database, osce: Taxonomy) -> None:
    bare = an_item(a_draft(issuers=(), fields=(), content_type=None))
    added(database, a_revision(osce, bare))
    revised(database, a_revision(osce, replace(bare, revision=2), change=2))
    assert rows(database, touched, "kind", "slug", "change") == [("all", "", 2)]


def test_adding_touches_every_feed_the_item_appears_in(database: Database, osce: Taxonomy) -> None:
    draft = a_draft(issuers=(DEPARTMENT,), fields=(UNKNOWN, a_label("Policing", "policing")))
    added(database, a_revision(osce, an_item(draft), change=7))
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
    added(database, *(a_revision(osce, an_item(before, number)) for number in (1, 2)))
    after = replace(filed_under(a_label("Policing", "policing")), title="Corrected")
    later = NOW + timedelta(hours=1)
    again = an_item(after, revision=2, updated_at=later)
    revised(database, a_revision(osce, again, change=3))
    assert rows(database, item_rows, "number", "title", "change", "revision", "updated_at") == [
        (1, "Corrected", 3, 2, later),
        (2, before.title, 2, 1, NOW),
    ]
    assert rows(database, item_rows, "first_seen_at") == [(NOW,), (NOW,)]
    assert topics_of(database, 1) == [("field:policing", True)]
    assert topics_of(database, 2) == [("field:policing", True), ("field:youth", True)]
    assert rows(database, touched, "kind", "slug", "month", "change") == [
        ("all", "", "", 3),
        ("field", "policing", "", 3),
        ("field", "youth", "", 2),
        ("field", "youth", month_of(NOW), 3),
    ]


def test_every_revision_is_remembered(database: Database, osce: Taxonomy) -> None:
    first = a_revision(osce, an_item(a_draft()))
    added(database, first)
    again = replace(first.known, revision=2)
    revised(database, replace(first, known=again, change=2, significant=False))
    assert rows(database, revisions, "item", "revision", "significant", "digest") == [
        (1, 1, True, DIGEST),
        (1, 2, False, DIGEST),
    ]


def test_topics_repeat_when_their_item_was_updated(database: Database, osce: Taxonomy) -> None:
    """The index of the latest of a topic is answered without the items."""
    first = a_revision(osce, an_item(filed_under(a_label("Policing", "policing"))))
    added(database, first)
    later = NOW + timedelta(hours=1)
    again = replace(first.known, revision=2, updated_at=later)
    revised(database, replace(first, known=again, change=2))
    assert rows(database, item_topics, "updated_at") == [(later,)]
