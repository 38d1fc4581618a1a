"""Which feeds there are."""

import pytest

from feeds.model import TopicRef
from feeds.publish.feed import ALL, FeedRef, feeds_of, is_feed, named_at
from feeds.publish.site import SavedSelection
from feeds.selection import EVERYWHERE, Selection
from feeds.taxonomy import Taxonomy
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT


def test_a_feed_is_addressed_by_the_kind_and_slug_of_its_topic() -> None:
    paths = [FeedRef.of(POLICING).path, FeedRef.of(SECRETARIAT).path, ALL.path]
    assert paths == ["fields/policing", "issuers/secretariat", "all"]


def test_everything_comes_first_then_topics_by_kind_each_once_then_languages() -> None:
    others = map(TopicRef.parse, ("type:news", "country:albania"))
    topics = [SECRETARIAT, *others, POLICING, HUMAN_RIGHTS, POLICING]
    assert [feed.path for feed in feeds_of(topics, ["en", "sr"])] == [
        "all",
        "fields/policing",
        "fields/human-rights",
        "issuers/secretariat",
        "countries/albania",
        "types/news",
        "languages/en",
        "languages/sr",
    ]


def test_every_feed_holds_what_is_filed_in_one_place(osce: Taxonomy) -> None:
    feeds = feeds_of((topic.ref for topic in osce.topics), ["en"])
    places = {EVERYWHERE, *(topic.ref.place for topic in osce.topics), ("language", "en")}
    assert {feed.selection.place for feed in feeds} == places


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


@pytest.mark.parametrize(
    ("path", "topic"),
    [
        ("/feeds/fields/polising.atom", "field:polising"),
        ("/feeds/issuers/x.y.json", "issuer:x.y"),
        ("/feeds/countries/atlantis", "country:atlantis"),
        ("/feeds/types/a/b/c", "type:a"),
        ("/feeds/types/Ä/2020-01.rss", "type:Ä"),
        ("/feeds/languages/de.atom", None),
        ("/feeds/selections/mine.atom", None),
        ("/feeds/fields/", None),
        ("/feeds/fields.atom", None),
        ("/feeds/fields/.atom", None),
        (f"/feeds/fields/{'x' * 101}", None),
        ("/feeds/nothing/polising.atom", None),
        ("/feeds/fields/a\rb.atom", None),
        ("/items/polising/", None),
    ],
)
def test_an_address_below_a_kinds_folder_names_a_topic(path: str, topic: str | None) -> None:
    assert named_at(path) == topic


def test_a_saved_selection_is_addressed_by_its_name() -> None:
    selection = Selection.parse("field=policing&q=border")
    saved = SavedSelection(name="borders", title="", selection=selection)
    assert FeedRef.saved(saved) == feeds_of([], (), [saved])[-1]
    assert FeedRef.saved(saved).atom == "feeds/selections/borders.atom"
    assert is_feed("feeds/selections/borders.atom")
