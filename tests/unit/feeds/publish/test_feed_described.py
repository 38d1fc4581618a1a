"""What a feed says of itself."""

import pytest

from feeds.errors import UnknownTopic
from feeds.model import TopicKind, TopicRef
from feeds.publish.feed import ALL, CHANGES, FeedRef, describe, languages, tree
from feeds.publish.site import SavedSelection
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING, SECRETARIAT
from tests.items import a_site

CROATIA = FeedRef.of(TopicRef(TopicKind.ISSUER, "mission-to-croatia"))


def test_a_feed_has_a_permanent_id_and_two_addresses(osce: Taxonomy) -> None:
    feed = describe(FeedRef.of(POLICING), a_site(), osce)
    assert feed.id == "tag:news.example.org,2026-01-01:feed/fields/policing"
    assert feed.address == "https://news.example.org/feeds/fields/policing.atom"
    assert feed.page == "https://news.example.org/feeds/fields/policing/"


def test_another_address_of_the_site_changes_no_id(osce: Taxonomy) -> None:
    moved = describe(FeedRef.of(POLICING), a_site(url="https://elsewhere.example/news"), osce)
    assert moved.id == "tag:news.example.org,2026-01-01:feed/fields/policing"
    assert moved.address == "https://elsewhere.example/news/feeds/fields/policing.atom"


@pytest.mark.parametrize(
    ("ref", "organisation", "sentence"),
    [
        (ALL, "OSCE", "All OSCE news, newest first."),
        (ALL, "", "All news, newest first."),
        (FeedRef.of(POLICING), "OSCE", "OSCE news on Policing, newest first."),
        (FeedRef.of(POLICING), "", "News on Policing, newest first."),
        (
            FeedRef.of(SECRETARIAT),
            "OSCE",
            "News issued by OSCE Secretariat, its parts included, newest first.",
        ),
        (CROATIA, "OSCE", "News issued by OSCE Mission to Croatia, newest first."),
        (
            FeedRef.of(TopicRef.parse("country:albania")),
            "OSCE",
            "OSCE news about Albania, newest first.",
        ),
        (
            FeedRef.of(TopicRef.parse("type:news")),
            "",
            "News of the kind News, newest first.",
        ),
        (FeedRef.of_language("de"), "OSCE", "OSCE news in German, newest first."),
        (
            CHANGES,
            "OSCE",
            "What changed last, and what was withdrawn: for programs that mirror all news.",
        ),
        (FeedRef.of_language("qaa"), "", "News in qaa, newest first."),
    ],
)
def test_a_feed_says_what_it_is_in_one_sentence(
    osce: Taxonomy, ref: FeedRef, organisation: str, sentence: str
) -> None:
    assert describe(ref, a_site(organisation=organisation), osce).sentence == sentence


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("field=policing&issuer=secretariat", "Policing · OSCE Secretariat"),
        ("field=policing&field=human-rights&q=border", "Human rights or Policing · “border”"),
        ("language=zh-TW", "Chinese (Taiwan)"),
        ("language=en&language=de&country=albania", "Albania · German or English"),
        ("q=a&type=news", "News · “a”"),
    ],
)
def test_any_selection_is_called_by_what_it_asks_for(
    osce: Taxonomy, query: str, label: str
) -> None:
    selection = Selection.parse(query)
    feed = describe(FeedRef.of_selection(selection), a_site(hubs=("https://hub.example/",)), osce)
    assert feed.title == f"{label} · OSCE"
    assert feed.sentence == f"OSCE news on {label}, newest first."
    assert feed.id == f"tag:news.example.org,2026-01-01:feed/select?{selection.query}"
    assert feed.address == f"https://news.example.org/feeds/select.atom?{selection.query}"
    assert feed.page == f"https://news.example.org/feeds/select/?{selection.query}"
    assert (feed.parent, feed.children, feed.hubs, feed.closed) == (None, (), (), False)


def test_each_topic_of_a_selection_is_known(osce: Taxonomy) -> None:
    selection = Selection.parse("field=policing&field=polcing")
    with pytest.raises(UnknownTopic):
        describe(FeedRef.of_selection(selection), a_site(), osce)


def test_a_feed_knows_its_relatives(osce: Taxonomy) -> None:
    secretariat = describe(FeedRef.of(SECRETARIAT), a_site(), osce)
    assert secretariat.parent is None
    child = next(each for each in secretariat.children if each.label.startswith("Transnational"))
    department = describe(child.feed, a_site(), osce)
    assert department.parent
    assert department.parent.feed == FeedRef.of(SECRETARIAT)
    assert department.children == ()


@pytest.mark.parametrize(
    ("language", "names"), [("en", ["French", "Russian"]), ("de", ["Französisch", "Russisch"])]
)
def test_languages_are_named_in_that_of_the_site(language: str, names: list[str]) -> None:
    links = languages(["ru", "fr"], a_site(language=language))
    assert [link.label for link in links] == names
    assert [link.feed.path for link in links] == ["languages/fr", "languages/ru"]


def test_what_is_closed_says_so(osce: Taxonomy) -> None:
    assert describe(CROATIA, a_site(), osce).closed
    assert not describe(FeedRef.of(POLICING), a_site(), osce).closed
    assert not describe(ALL, a_site(), osce).closed


def test_a_topic_that_is_not_in_the_taxonomy_has_no_feed(osce: Taxonomy) -> None:
    with pytest.raises(UnknownTopic):
        describe(FeedRef.of(TopicRef(TopicKind.FIELD, "astrography")), a_site(), osce)


def test_the_tree_holds_every_topic_of_a_kind_once(osce: Taxonomy) -> None:
    roots = tree(TopicKind.ISSUER, a_site(), osce)
    found = [link.feed for link in roots]
    found += [below.feed for link in roots for below in link.below]
    assert sorted(feed.path for feed in found) == sorted(
        FeedRef.of(topic.ref).path for topic in osce.of(TopicKind.ISSUER)
    )


@pytest.mark.parametrize("url", ["https://news.example.org/", "news.example.org", "/news"])
def test_a_site_needs_an_absolute_address_without_a_slash_at_its_end(url: str) -> None:
    with pytest.raises(ValueError, match="no absolute address"):
        a_site(url=url)


@pytest.mark.parametrize(
    ("language", "speaks", "title", "sentence"),
    [
        ("de", "de", "Alle Meldungen · OSCE", "OSCE: alle Meldungen, die neuesten zuerst."),
        ("de-AT", "de-AT", "Alle Meldungen · OSCE", "OSCE: alle Meldungen, die neuesten zuerst."),
        ("ru", "ru", "Все новости · OSCE", "OSCE: все новости, начиная с самых последних."),
        ("nl", "en", "All news · OSCE", "All OSCE news, newest first."),
        ("sr-Latn", "en", "All news · OSCE", "All OSCE news, newest first."),
    ],
)
def test_a_feeds_own_words_are_in_the_language_it_says_it_is_in(
    osce: Taxonomy, language: str, speaks: str, title: str, sentence: str
) -> None:
    feed = describe(ALL, a_site(language=language), osce)
    assert (feed.language, feed.title, feed.sentence) == (speaks, title, sentence)


def test_a_feed_and_its_relatives_are_called_as_the_readers_of_the_site_call_them(
    osce: Taxonomy,
) -> None:
    feed = describe(FeedRef.of(POLICING), a_site(language="ru"), osce)
    assert (feed.label, feed.title) == (
        "Полицейская деятельность",
        "Полицейская деятельность · OSCE",
    )
    assert feed.sentence == (
        "OSCE: новости по теме «Полицейская деятельность», начиная с самых последних."
    )
    secretariat = describe(FeedRef.of(SECRETARIAT), a_site(language="ru"), osce)
    centre = next(each for each in secretariat.children if each.label.startswith("Центр"))
    parent = describe(centre.feed, a_site(language="ru"), osce).parent
    assert parent
    assert parent.label == "Секретариат ОБСЕ"
    [fields, *_] = tree(TopicKind.FIELD, a_site(language="de"), osce)
    assert fields.label == "Rüstungskontrolle"


def test_a_topic_that_is_saved_under_a_name_has_two_feeds_with_two_ids(osce: Taxonomy) -> None:
    """Readers take feeds of one id for one."""
    selection = Selection.parse("field=policing")
    named = SavedSelection(
        name="cops", title="Cops", selection=selection, former_names=("police", "officers")
    )
    feed = describe(FeedRef.saved(named), a_site(selections=(named,)), osce)
    assert feed.id == "tag:news.example.org,2026-01-01:feed/selections/police"
    assert feed.label == "Cops"


@pytest.mark.parametrize(("tag", "label"), [("he", "Hebrew"), ("de", "German"), ("cnr", "cnr")])
def test_the_feed_of_a_language_is_called_by_its_name_or_its_tag(
    osce: Taxonomy, tag: str, label: str
) -> None:
    assert describe(FeedRef.of_language(tag), a_site(), osce).label == label
