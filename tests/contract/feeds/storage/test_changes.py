"""What happened to news is on record in commit order, and only what made a difference."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from feeds.draft import Draft
from feeds.model import Fresh, Item, TopicRef
from feeds.storage import changes, write_items
from feeds.storage.changes import FiledItem
from feeds.storage.database import Database, last_number
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from tests import items
from tests.builders import POLICING, SECRETARIAT, a_draft, a_label
from tests.items import NOON

NEWS = TopicRef.parse("type:news")
FILED = frozenset({POLICING, SECRETARIAT, NEWS})
CYBER = TopicRef.parse("field:cyber-ict-security")


def followed(database: Database, after: int = 0, limit: int = 100) -> Sequence[Any]:
    with database.reading() as connection:
        return changes.following(connection, after, last_number(connection, "changes"), limit)


def added(database: Database, taxonomy: Taxonomy, *drafts: Draft, **options: Any) -> list[Item]:
    return [*items.store(database, taxonomy, drafts or (a_draft(),), **options)]


def filed(draft: Draft, *slugs: str) -> Draft:
    return replace(draft, fields=tuple(a_label(slug, slug) for slug in slugs))


def test_what_is_new_is_a_change_with_all_it_is_found_by(
    database: Database, few_topics: Taxonomy
) -> None:
    [item] = added(database, few_topics)
    [(before, change)] = followed(database)
    assert before is None
    assert change == FiledItem(
        number=item.change,
        item=item.number,
        topics=item.topics,
        language="en",
        texts=(item.title, item.summary, item.body),
        at=NOON,
    )


def test_an_archive_is_no_news_whatever_becomes_of_it(
    database: Database, few_topics: Taxonomy
) -> None:
    draft = a_draft()
    [item] = added(database, few_topics, draft, fresh=Fresh.ARCHIVE)
    items.revise(database, few_topics, item, replace(draft, title="Another"), NOON)
    with database.writing() as connection:
        changes.repeat(connection, [item.number], NOON)
    assert followed(database) == []


def test_what_is_filed_otherwise_is_a_change_and_says_what_it_said(
    database: Database, few_topics: Taxonomy
) -> None:
    [item] = added(database, few_topics)
    items.revise(database, few_topics, item, filed(a_draft(), "policing", "education"), NOON)
    [_, (before, now)] = followed(database)
    assert before.topics == item.topics
    assert now.topics - before.topics == {TopicRef.parse("field:education")}
    assert now.texts == before.texts
    [(before_alone, now_alone)] = followed(database, after=before.number)
    assert (before_alone, now_alone) == (before, now)


def test_another_text_or_language_is_a_change_and_what_is_the_same_is_none(
    database: Database, few_topics: Taxonomy
) -> None:
    [item] = added(database, few_topics)
    said = a_draft(title="Officers trained")
    for draft in (a_draft(), said, replace(said, language="de"), replace(said, language="de")):
        items.revise(database, few_topics, item, draft, NOON)
    told = [now for _, now in followed(database)]
    assert [each.language for each in told] == ["en", "en", "de"]
    assert [each.texts[0] for each in told] == [a_draft().title, said.title, said.title]


def test_the_way_back_to_an_earlier_text_is_a_change(
    database: Database, few_topics: Taxonomy
) -> None:
    [item] = added(database, few_topics)
    for title in ("Another", a_draft().title):
        items.revise(database, few_topics, item, a_draft(title=title), NOON)
    titles = [now.texts[0] for _, now in followed(database)]
    assert titles == [item.title, "Another", item.title]


def test_what_is_split_from_another_is_there_again_by_that_change(
    database: Database, few_topics: Taxonomy
) -> None:
    one, other = added(database, few_topics, a_draft(), a_draft(title="Another"))
    with database.writing() as connection:
        assert hiding.merge(connection, other.number, one.number, NOON) is None
    assert len(followed(database)) == 2
    with database.writing() as connection:
        assert hiding.split(connection, other.number, NOON) is None
    [*_, (before, now)] = followed(database)
    assert now.is_again
    assert now == replace(before, number=now.number, is_again=True)
    assert now.number > before.number


def test_what_is_restored_is_there_again_by_that_change(
    database: Database, few_topics: Taxonomy
) -> None:
    """Whoever got no mail of it while it was away gets one now."""
    one, other = added(database, few_topics, a_draft(), a_draft(title="Another"))
    with database.writing() as connection:
        write_items.restore(connection, "own", [one.number, other.number], NOON)
    pairs = followed(database)[2:]
    assert {now.item for _, now in pairs} == {one.number, other.number}
    for before, now in pairs:
        assert now == replace(before, number=now.number, is_again=True)


def test_changes_are_followed_in_their_order_and_in_parts(
    database: Database, few_topics: Taxonomy
) -> None:
    added(database, few_topics, *(a_draft(title=f"Course {n}") for n in range(5)))
    numbers = [now.number for _, now in followed(database)]
    assert numbers == sorted(numbers)
    assert [now.number for _, now in followed(database, limit=2)] == numbers[:2]
    assert [now.number for _, now in followed(database, after=numbers[2])] == numbers[3:]
