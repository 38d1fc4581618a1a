"""The made-up news of the demonstration are understood as they were meant."""

from datetime import date, timedelta
from tomllib import loads

from feeds.draft import Document, Draft, Habits, Parsed
from feeds.model import TopicKind
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from notifier.cli.demo import examples
from notifier.cli.demo.examples import Examples

TODAY = date(2026, 3, 1)


def drafts(osce: Taxonomy) -> list[Draft]:
    found: list[Draft] = []
    for each in Examples.of(TODAY).documents:
        document = Document(source="examples", name=each.name, body=each.text.encode())
        parsed = understand(document, osce, Habits())
        assert isinstance(parsed, Parsed), each.name
        found += parsed.drafts
    return found


def test_each_is_understood_as_it_was_meant(osce: Taxonomy) -> None:
    meant = loads(examples._FILE.read_text("utf-8"))["item"]
    understood = [
        (draft.title, draft.issued and draft.issued.day, draft.language) for draft in drafts(osce)
    ]
    assert understood == [
        (item["title"], TODAY - timedelta(days=item["ago"]), item.get("language", "en"))
        for item in meant
    ]


def test_they_are_about_every_field_of_work_and_name_no_strange_topic(osce: Taxonomy) -> None:
    named = {label for draft in drafts(osce) for label in draft.labels}
    assert [label for label in named if label.slug is None] == []
    fields = {label.slug for label in named if label.kind is TopicKind.FIELD}
    assert fields == {topic.ref.slug for topic in osce.of(TopicKind.FIELD)}


def test_no_two_are_in_one_file() -> None:
    made = Examples.of(TODAY)
    assert len({each.name for each in made.documents}) == len(made.documents) > 50
    assert max(each.ago for each in made.documents) > 700
