"""Names nobody knew are counted, mapped, and what is stored is filed anew."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from feeds.ingest.retag import retag
from feeds.model import Label, TopicKind
from feeds.selection import EVERYWHERE
from feeds.storage import topics, write_items
from feeds.storage.database import Database
from feeds.storage.tables import item_topics, revisions, touched
from feeds.storage.tables import items as item_rows
from feeds.storage.topics import Unknown
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label
from tests.items import NOON, latest, store

SPACE = a_label("Space policy", None)
UNIT = a_label("Threats Unit", None, TopicKind.ISSUER)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def stored(database: Database, osce: Taxonomy) -> Database:
    drafts = (
        a_draft(title="One", fields=(SPACE, a_label("Policing", "policing")), issuers=(UNIT,)),
        a_draft(title="Two", fields=(SPACE,)),
        a_draft(title="Three"),
        a_draft(title="Gone", fields=(SPACE,)),
    )
    store(database, osce, drafts)
    with database.writing() as connection:
        write_items.set_hidden(connection, [4], {"withdrawn_at": NOON}, NOON)
    return database


def mapped(database: Database, osce: Taxonomy, *names: tuple[TopicKind, str, str]) -> Taxonomy:
    with database.writing() as connection:
        for kind, name, slug in names:
            topics.map_name(connection, kind, name, slug)
        return osce.known_as(topics.mapped_names(connection))


def topics_of(database: Database, item: int) -> list[tuple[str, str | None, bool]]:
    with database.reading() as connection:
        is_topic = item_topics.c.kind.in_(TopicKind)
        query = select(item_topics).where(item_topics.c.item == item, is_topic)
        rows = connection.execute(query.order_by(item_topics.c.position))
        return [(row.label, row.slug, row.direct) for row in rows]


def test_unknown_names_are_counted_the_most_frequent_first(stored: Database) -> None:
    with stored.reading() as connection:
        assert topics.unknown_topics(connection) == [
            Unknown(kind=TopicKind.FIELD, label="Space policy", items=2),
            Unknown(kind=TopicKind.ISSUER, label="Threats Unit", items=1),
        ]


def test_a_mapped_name_files_what_is_stored_and_implies_parents(
    stored: Database, osce: Taxonomy
) -> None:
    wiser = mapped(
        stored,
        osce,
        (TopicKind.FIELD, "Space policy", "youth"),
        (TopicKind.FIELD, "space  POLICY", "policing"),
        (TopicKind.FIELD, "space  POLICY", "youth"),
        (TopicKind.ISSUER, "Threats Unit", "transnational-threats-department"),
    )
    assert wiser.fingerprint == osce.fingerprint
    with stored.reading() as connection:
        before = connection.execute(select(item_rows).order_by(item_rows.c.number)).all()
    with stored.writing() as connection:
        assert retag(connection, wiser, LATER) == 3
    assert topics_of(stored, 1) == [
        ("Threats Unit", "transnational-threats-department", True),
        ("Space policy", "youth", True),
        ("Policing", "policing", True),
        ("News Item", "news", True),
        ("OSCE Secretariat", "secretariat", False),
    ]
    with stored.reading() as connection:
        after = connection.execute(select(item_rows).order_by(item_rows.c.number)).all()
        changes = connection.execute(select(touched.c.slug, touched.c.change))
        assert {row.change for row in changes if row.slug == "youth"} == {8}
        assert topics.unknown_topics(connection) == []
        told = select(revisions.c.significant).where(revisions.c.revision == 2)
        assert connection.scalars(told).all() == [False] * 3
        assert latest(connection, EVERYWHERE, 9) == [3, 2, 1]
    assert [row.updated_at for row in after] == [row.updated_at for row in before]
    assert [row.change for row in after] == [6, 7, 3, 8]
    assert after[0].content_hash != before[0].content_hash
    with stored.writing() as connection:
        assert retag(connection, wiser, LATER) == 0


def test_everything_is_resolved_anew_where_asked_for(stored: Database, osce: Taxonomy) -> None:
    wiser = mapped(stored, osce, (TopicKind.FIELD, "Policing", "youth"))
    with stored.writing() as connection:
        assert retag(connection, wiser, LATER) == 0
        assert retag(connection, wiser, LATER, everything=True) == 2
    assert ("Policing", "youth", True) in topics_of(stored, 3)


def test_names_of_topics_that_are_no_more_are_left_out(osce: Taxonomy) -> None:
    lost = Label(kind=TopicKind.FIELD, text="Space policy", slug="space")
    (label,) = osce.known_as([lost, SPACE]).resolve(TopicKind.FIELD, "Space policy")
    assert label.slug is None
