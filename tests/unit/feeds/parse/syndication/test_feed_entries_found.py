"""Entries wherever a feed holds them, and the signs they are written with."""

import json

import pytest

from feeds.taxonomy import Taxonomy
from tests.syndicated import only, parsed, refused, rss


@pytest.mark.parametrize(
    "inner",
    [
        "<![CDATA[<item><title>A</title></item>]]>",
        "&lt;item&gt;&lt;title&gt;A&lt;/title&gt;&lt;/item&gt;",
    ],
    ids=["cdata", "escaped"],
)
def test_entries_that_stand_there_as_words_are_a_fault(inner: str, osce: Taxonomy) -> None:
    assert refused(rss(inner), osce).evidence == "it shows 1 entries that cannot be read"


@pytest.mark.parametrize(
    "body",
    [
        rss("<description>How to write &lt;item&gt;A&lt;/item&gt;</description>"),
        rss("<description><![CDATA[How to write <item>A</item>]]></description>"),
        rss("<title>&lt;item&gt;s of the museum</title>"),
        rss("<image><title>&lt;item&gt;</title></image>"),
        '<feed xmlns="http://www.w3.org/2005/Atom"><subtitle>&lt;entry&gt;</subtitle></feed>',
    ],
)
def test_a_feed_may_tell_of_entries_and_have_none(body: str, osce: Taxonomy) -> None:
    assert parsed(body, osce).drafts == ()


def test_a_sample_in_a_comment_is_no_entry(osce: Taxonomy) -> None:
    assert parsed(rss("<!-- <item><title>A</title></item> -->"), osce).drafts == ()


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ("<item><title>A</title><item><title>B</title></item></item>", ["A", "B"]),
        ("<x:list xmlns:x='urn:x'><x:item><title>A</title></x:item></x:list>", ["A"]),
        ("<entries><entry><title>A</title></entry></entries>", ["A"]),
        (
            "<item><title>A</title></item><x:item xmlns:x='urn:x'><title>B</title></x:item>",
            ["A"],
        ),
        ("<item><title>A</title><more><item><title>B</title></item></more></item>", ["A"]),
        (
            "<item><title>A</title><description><p>x<br>y</item><item><title>B</title></item>",
            ["A", "B"],
        ),
        ("<item><title>A<title><link>x<link><item><title>B</title></item>", ["A", "B"]),
    ],
    ids=[
        "within",
        "elsewhere",
        "in-a-list",
        "of-an-extension",
        "of-an-item",
        "swallowed",
        "swallowed-by-a-title",
    ],
)
def test_entries_are_found_wherever_they_stand(
    body: str, titles: list[str], osce: Taxonomy
) -> None:
    assert [draft.title for draft in parsed(rss(body), osce).drafts] == titles


def test_an_entry_document_within_which_another_begins_is_still_one(osce: Taxonomy) -> None:
    body = "<entry><title>A</title><entry><title>B<b></title></entry></entry>"
    assert [draft.title for draft in parsed(body, osce).drafts] == ["A"]


@pytest.mark.parametrize("way", ["utf-8", "iso-8859-15", "json"])
def test_a_character_of_windows_is_read_in_every_table(way: str, osce: Taxonomy) -> None:
    told = "It\x92s 5 \x80, and no more"
    feed = rss(f"<item><title>{told}</title></item>").decode()
    if way == "json":
        feed, way = json.dumps({"items": [{"id": "1", "title": told}]}), "utf-8"
    body = feed.replace("utf-8", way, 1).encode(way)
    assert only(body, osce).title == "It’s 5 €, and no more"
