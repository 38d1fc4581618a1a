"""The list of all feeds."""

from collections.abc import Iterator

from lxml import etree

from feeds.publish.feed import ALL, FeedRef, chosen, feeds_of, folders
from feeds.publish.formats.opml import opml_bytes
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from tests.items import a_site


def listed(osce: Taxonomy) -> bytes:
    site = a_site()
    return opml_bytes(site, osce, folders(["en", "de"], site, osce), [ALL])


def outlines(osce: Taxonomy) -> Iterator[etree._Element]:
    return etree.fromstring(listed(osce)).iter("outline")


def test_every_feed_is_in_the_list_once(osce: Taxonomy) -> None:
    found = [each.get("xmlUrl") for each in outlines(osce) if each.get("type") == "rss"]
    assert sorted(filter(None, found)) == sorted(
        f"https://news.example.org/feeds/{feed.path}.atom"
        for feed in feeds_of((topic.ref for topic in osce.topics), ["en", "de"])
    )


def test_each_names_its_page_and_what_it_is(osce: Taxonomy) -> None:
    [policing] = [each for each in outlines(osce) if each.get("text") == "Policing · OSCE"]
    assert policing.get("htmlUrl") == "https://news.example.org/feeds/fields/policing/"
    assert policing.get("description") == "OSCE news on Policing, newest first."


def test_only_folders_have_children(osce: Taxonomy) -> None:
    """Many readers skip whatever is below an outline with a feed."""
    assert [each.get("text") for each in outlines(osce) if each.get("type") and len(each)] == []


def test_folders_are_no_feeds_and_one_deep(osce: Taxonomy) -> None:
    """Some readers drop what lies deeper, and the W3C's validator warns of their titles."""
    outer = [each for each in outlines(osce) if not each.get("type")]
    assert [dict(each.attrib) for each in outer] == [
        {"text": "Fields of work"},
        {"text": "Issuers"},
        {"text": "Countries"},
        {"text": "Kinds of news"},
        {"text": "Languages"},
    ]
    assert {each.getparent().tag for each in outer} == {"body"}  # type: ignore[union-attr]


def test_what_is_below_another_follows_it(osce: Taxonomy) -> None:
    texts = [each.get("text") for each in outlines(osce)]
    parent = texts.index("OSCE Secretariat · OSCE")
    assert "Transnational Threats Department · OSCE" in texts[parent + 1 :]


def test_what_is_closed_is_marked(osce: Taxonomy) -> None:
    texts = [each.get("text") for each in outlines(osce)]
    assert "OSCE Mission to Croatia · OSCE (closed)" in texts


def test_the_same_taxonomy_gives_the_same_bytes(osce: Taxonomy) -> None:
    assert listed(osce) == listed(osce)


def test_a_choice_lists_what_it_names(osce: Taxonomy) -> None:
    site = a_site()
    asked = Selection.parse("field=policing&issuer=mission-to-croatia&language=de&q=border")
    first = [FeedRef.of_selection(Selection(words=asked.words))]
    document = etree.fromstring(opml_bytes(site, osce, chosen(asked, site, osce), first))
    assert [each.get("xmlUrl") or each.get("text") for each in document.iter("outline")] == [
        "https://news.example.org/feeds/select.atom?q=border",
        "Fields of work",
        "https://news.example.org/feeds/fields/policing.atom",
        "Issuers",
        "https://news.example.org/feeds/issuers/mission-to-croatia.atom",
        "Languages",
        "https://news.example.org/feeds/languages/de.atom",
    ]
    assert chosen(Selection(), site, osce) == {}
