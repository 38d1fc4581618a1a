"""The list of all feeds."""

from collections.abc import Iterator

from lxml import etree

from feeds.publish.feed import feeds_of
from feeds.publish.formats.opml import opml_bytes
from feeds.taxonomy import Taxonomy
from tests.items import a_site


def outlines(osce: Taxonomy) -> Iterator[etree._Element]:
    return etree.fromstring(opml_bytes(a_site(), osce)).iter("outline")


def test_every_feed_is_in_the_list_once(osce: Taxonomy) -> None:
    listed = [each.get("xmlUrl") for each in outlines(osce) if each.get("type") == "rss"]
    assert sorted(filter(None, listed)) == sorted(
        f"https://news.example.org/feeds/{feed.path}.atom"
        for feed in feeds_of([topic.ref for topic in osce.topics])
    )


def test_each_names_its_page_and_what_it_is(osce: Taxonomy) -> None:
    [policing] = [each for each in outlines(osce) if each.get("text") == "Policing"]
    assert policing.get("htmlUrl") == "https://news.example.org/feeds/fields/policing/"
    assert policing.get("description") == "OSCE news in the field of work Policing, newest first."


def test_only_folders_have_children(osce: Taxonomy) -> None:
    """Many readers skip whatever is below an outline with a feed."""
    assert [each.get("text") for each in outlines(osce) if each.get("type") and len(each)] == []


def test_a_parent_stands_first_in_a_folder_of_its_name(osce: Taxonomy) -> None:
    secretariat = [each for each in outlines(osce) if each.get("text") == "OSCE Secretariat"]
    folder, feed = secretariat
    assert feed.getparent() is folder
    assert folder[0] is feed
    assert "Transnational Threats Department" in [each.get("text") for each in folder]


def test_what_is_closed_is_marked(osce: Taxonomy) -> None:
    texts = [each.get("text") for each in outlines(osce)]
    assert "OSCE Mission to Croatia (closed)" in texts


def test_the_same_taxonomy_gives_the_same_bytes(osce: Taxonomy) -> None:
    assert opml_bytes(a_site(), osce) == opml_bytes(a_site(), osce)
