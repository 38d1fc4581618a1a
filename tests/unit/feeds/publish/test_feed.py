"""Which feeds there are."""

import pytest

from feeds.model import Topic, TopicRef
from feeds.publish.feed import ALL, FeedRef, feeds_of, is_feed
from feeds.taxonomy import Taxonomy
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT


def test_a_feed_is_addressed_by_the_kind_and_slug_of_its_topic() -> None:
    paths = [FeedRef(POLICING).path, FeedRef(SECRETARIAT).path, ALL.path]
    assert paths == ["fields/policing", "issuers/secretariat", "all"]


@pytest.mark.parametrize("topic", ["type:news", "country:albania"])
def test_other_kinds_have_no_feed(topic: str) -> None:
    assert FeedRef.of(TopicRef.parse(topic)) is None
    with pytest.raises(ValueError, match=f"{topic} has no feed"):
        FeedRef(TopicRef.parse(topic))


def test_everything_comes_first_then_fields_then_issuers_each_once() -> None:
    topics = [SECRETARIAT, POLICING, TopicRef.parse("type:news"), HUMAN_RIGHTS, POLICING]
    paths = [feed.path for feed in feeds_of(topics)]
    assert paths == ["all", "fields/policing", "fields/human-rights", "issuers/secretariat"]


def test_every_field_and_issuer_of_the_taxonomy_has_a_feed(osce: Taxonomy) -> None:
    def has_feed(topic: Topic) -> bool:
        return topic.ref.kind in {"field", "issuer"}

    expected = {ALL, *(FeedRef(topic.ref) for topic in osce.topics if has_feed(topic))}
    assert set(feeds_of([topic.ref for topic in osce.topics])) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (ALL.atom, True),
        ("feeds/fields/policing.json", True),
        (f"{ALL.page}index.html", False),
        ("feeds.opml", False),
        ("items/a/data.json", False),
    ],
)
def test_a_feed_is_told_from_other_files_by_its_path(path: str, *, expected: bool) -> None:
    assert is_feed(path) is expected
