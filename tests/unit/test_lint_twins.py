"""Our lint of RSS and JSON Feed: a golden feed has no fault, and each way to spoil it is one."""

from pathlib import Path

import pytest

from tests.lint_twins import lint_json, lint_rss, told_by_json, told_by_rss

GOLDEN = Path(__file__).parents[1] / "golden"
STEM = "https://news.example.org/feeds/fields/policing"
RSS = (GOLDEN / "feed.rss").read_text("utf-8")
JSON = (GOLDEN / "feed.json").read_text("utf-8")


def test_a_perfect_feed_has_no_fault() -> None:
    assert lint_rss(RSS.encode(), f"{STEM}.rss") == ()
    assert lint_json(JSON.encode(), f"{STEM}.json") == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("</rss>", "", "not well-formed"),
        ('version="2.0"', 'version="0.91"', "the root is rss 0.91"),
        ("<language>en</language>", "", "language 0 times"),
        ("<title>Policing · OSCE</title>", "<title> </title>", "title 1 times, or empty"),
        (f"{STEM}.rss", f"{STEM}.atom", "the self links are"),
        ("</channel>", "<ttl>60</ttl></channel>", "stands after an item"),
        ('isPermaLink="false"', 'isPermaLink="true"', "a guid that is said to be a link"),
        ("<guid ", "<guid>tag:example.org,2026:1</guid><guid ", "guid 2 times"),
        ("item/c</guid>", "item/d</guid>", "2 items with the guid"),
        ("<pubDate>", "<pubDate/><pubDate>", "2 times pubDate"),
        ("<enclosure ", '<enclosure url="https://a.test/"/><enclosure ', "2 times enclosure"),
        ('length="1234"', 'length="unknown"', "an enclosure of unknown bytes"),
        ('type="application/pdf"', 'type="pdf"', "an enclosure of the type pdf"),
        ("https://press.example.org/a.pdf", "ftp://a.test/a.pdf", "an enclosure at ftp:"),
        ('<item xml:lang="en">', "<item>", "no xml:lang"),
        ("Wed, 18 Nov 2026", "Mi, 18 Nov 2026", "is no date"),
        ("Wed, 18 Nov 2026", "Tue, 18 Nov 2026", "is no date"),
        ("Wed, 18 Nov 2026", "Wed, 18 Nov 2036", "is no date"),
        ("Wed, 18 Nov 2026", "Tue, 18 Nov 2036", "is newer than the feed"),
        ("Wed, 18 Nov 2026 11", "Fri, 20 Nov 2026 11", "published after it was updated"),
        ("<generator>Fieldfare", "<generator>", "an empty generator"),
        ('href="https://hub.example.org/"', 'href="/hub"', "the href '/hub' is relative"),
        ("https://www.osce.org/node/1?", "https://www.osce.org/узел?", "a link that is no URI"),
        ('domain="tag:', 'domain="', "is relative"),
        ('&lt;a href="https://www', '&lt;a href="www', "within its HTML is relative"),
    ],
)
def test_each_way_to_spoil_rss_is_a_fault(old: str, new: str, fault: str) -> None:
    assert old in RSS
    faults = lint_rss(RSS.replace(old, new, 1).encode(), f"{STEM}.rss")
    assert any(fault in each for each in faults), faults


def test_content_of_rss_follows_a_description() -> None:
    start = RSS.index("<description>5")
    end = RSS.index("</description>", start) + len("</description>")
    faults = lint_rss((RSS[:start] + RSS[end:]).encode(), f"{STEM}.rss")
    assert any("content without a description" in each for each in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("]}", "]", "Expecting"),
        ("version/1.1", "version/1", "version"),
        ('"title":"Policing · OSCE",', "", "title"),
        ('"title":"Policing', '"title":"","title":"Policing', "a name twice"),
        (f"{STEM}.json", f"{STEM}.atom", "the feed is said to be"),
        ('"hubs":[{', '"hubs":[],"x":[{', "hubs"),
        ('"content_html":', '"_content":', "any definition"),
        ('"mime_type":"application/pdf",', "", "mime_type"),
        ('"size_in_bytes":1234', '"size_in_bytes":0', "size_in_bytes"),
        ('"size_in_bytes":1234', '"size_in_bytes":"1234"', "size_in_bytes"),
        ('"date_published":"2026-11-18T11:00:00+00:00"', '"date_published":"2026-11-18"', "date"),
        ('"date_published":"2026-11-18', '"date_published":"2036-11-18', "in no order"),
        ("item/c", "item/d", "2 items with the id"),
        ('"id":"tag:news.example.org,2026-01-01:item/c"', '"id":"c"', "id"),
        ('"tags":["', '"tags":["News","', "tags"),
        ('"language":"zh-TW"', '"language":"zh_TW"', "language"),
        ('"summary":"', '"summary":"","_x":"', "summary"),
        ("https://hub.example.org/", "https://хаб.example/", "url"),
    ],
)
def test_each_way_to_spoil_json_feed_is_a_fault(old: str, new: str, fault: str) -> None:
    assert old in JSON
    faults = lint_json(JSON.replace(old, new, 1).encode(), f"{STEM}.json")
    assert any(fault in each for each in faults), faults


def test_what_readers_are_told_is_read_whole() -> None:
    rss, json = told_by_rss(RSS.encode()), told_by_json(JSON.encode())
    assert rss == json
    assert [each.summary for each in rss[1:]] == ["5 < 6 & 7 > 6", "", ""]
    assert rss[1].enclosures == (
        ("https://press.example.org/a.pdf", "application/pdf", 1234),
        ("https://press.example.org/b", "application/octet-stream", 0),
    )
