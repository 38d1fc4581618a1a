"""Our own lint of feeds: a perfect feed has no fault, and each way to spoil it is one."""

import pytest

from tests.lint import lint

ADDRESS = "https://example.org/feeds/all.atom"
PERFECT = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>tag:example.org,2026-01-01:feed/all</id>
<title>All news</title>
<updated>2026-11-20T12:00:00.001+00:00</updated>
<author><name>OSCE</name><uri>https://example.org/</uri></author>
<link rel="self" href="https://example.org/feeds/all.atom"/>
<link rel="alternate" type="text/html" href="https://example.org/feeds/all"/>
<entry xml:lang="en">
<id>tag:example.org,2026-01-01:item/1</id>
<title>One</title>
<updated>2026-11-20T12:00:00.001+00:00</updated>
<published>2026-11-20T00:00:00Z</published>
<category scheme="tag:example.org,2026-01-01:taxonomy/field" term="policing" label="Policing"/>
<link rel="alternate" type="application/pdf" href="https://example.org/1.pdf"/>
<link rel="alternate" type="text/html" hreflang="en" href="https://example.org/1"/>
<link rel="enclosure" type="audio/mpeg" length="12" href="https://example.org/1.mp3"/>
<content type="html">&lt;p&gt;&lt;a href="https://example.org/"&gt;x&lt;/a&gt;&lt;/p&gt;</content>
</entry>
<entry xml:lang="ru">
<id>tag:example.org,2026-01-01:item/2</id>
<title type="text">Two</title>
<updated>2026-11-19T12:00:00Z</updated>
<link href="https://example.org/2"/>
</entry>
</feed>"""


def test_a_perfect_feed_has_no_fault() -> None:
    assert lint(PERFECT.encode(), ADDRESS) == ()
    assert lint(PERFECT.encode()) == ()


def spoilt(old: str, new: str) -> tuple[str, ...]:
    assert PERFECT.count(old), old
    return lint(PERFECT.replace(old, new, 1).encode(), ADDRESS)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("</feed>", "", "not well-formed"),
        ("<id>tag:example.org,2026-01-01:feed/all</id>", "", "0 times id instead of once"),
        ("<title>All news</title>", "<title> </title>", "an empty title"),
        ("<title>All news</title>", "<title>a</title><title>b</title>", "2 times title instead"),
        ("<title>One", '<title type="html">One', "item/1: a title that is not plain text"),
        (
            "<title>All",
            "<subtitle>a</subtitle><subtitle>b</subtitle><title>All",
            "2 times subtitle, at most one",
        ),
        ("<published>", "<published/><published>", "item/1: 2 times published, at most one"),
        ("<author><name>OSCE</name><uri>https://example.org/</uri></author>", "", "no author"),
        ('rel="self"', 'rel="related"', "0 self links instead of one"),
        ("all.atom", "policing.atom", "the self link is https://example.org/feeds/policing.atom"),
        ("tag:example.org,2026-01-01:item/1", "tag:example.org:item/1", "is no tag: URI with"),
        ("tag:example.org,2026-01-01:item/1", "item/1", "the id 'item/1' is relative"),
        ("item/2", "item/1", "2 entries with the id tag:example.org,2026-01-01:item/1"),
        (
            "2026-11-19T12:00:00Z",
            "2026-11-20T12:00:00.001+00:00",
            "2 entries with the updated 2026-11-20T12:00:00.001+00:00",
        ),
        ("2026-11-19T12:00:00Z", "2026-11-19T12:00:00", "is no date with a time and a zone"),
        ("2026-11-19T12:00:00Z", "2026-13-19T12:00:00Z", "is no date with a time and a zone"),
        ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "item/1: published after it was updated"),
        ("2026-11-19T12:00:00Z", "2026-11-21T12:00:00Z", "item/2: newer than its feed"),
        ('type="application/pdf"', 'type="text/html" hreflang="en"', "2 alternates of"),
        (
            '<content type="html">',
            '<link type="application/json" href="https://example.org/1"/><content type="html">',
            "item/1: the text/html alternate is not the last",
        ),
        (
            ' length="12"',
            ' length="0"',
            "the enclosure https://example.org/1.mp3 is '0' bytes long",
        ),
        (
            '<link href="https://example.org/2"/>',
            '<link rel="related" href="https://example.org/"/><link href="https://example.org/2"/>',
            "item/2: the first link is no alternate",
        ),
        (' label="Policing"', "", "item/1: a category without label"),
        (' xml:lang="ru"', "", "item/2: no xml:lang"),
        ('<link href="https://example.org/2"/>', "", "item/2: neither an alternate link nor"),
        ("&lt;p&gt;", "&amp;lt;p&amp;gt;", "item/1: its HTML is escaped twice"),
        ('href="https://example.org/"&gt;', 'href="/"&gt;', "the address '/' within its HTML"),
        ('href="https://example.org/2"', 'href="/2"', "the href '/2' is relative"),
        ('href="https://example.org/2"', 'href="http://[::1"', "is relative"),
        ("<uri>https://example.org/</uri>", "<uri>/</uri>", "the uri '/' is relative"),
    ],
)
def test_each_way_to_spoil_a_feed_is_named(old: str, new: str, fault: str) -> None:
    assert [found for found in spoilt(old, new) if fault in found] != []


def test_an_entry_without_an_id_is_called_by_its_place() -> None:
    found = spoilt("<id>tag:example.org,2026-01-01:item/2</id>", "")
    assert "entry 2: 0 times id instead of once" in found


def test_another_document_is_no_feed() -> None:
    assert lint(b"<rss/>") == ("the root is rss, not an Atom feed",)


def test_a_feed_without_an_author_needs_one_in_every_entry() -> None:
    author = "<author><name>OSCE</name><uri>https://example.org/</uri></author>"
    feed = PERFECT.replace(author, "").replace("</entry>", f"{author}</entry>")
    assert lint(feed.encode(), ADDRESS) == ()


def test_an_empty_feed_without_an_author_has_none_at_all() -> None:
    start, end = PERFECT.index("<author>"), PERFECT.index("<link")
    empty = PERFECT[:start] + PERFECT[end : PERFECT.index("<entry")] + "</feed>"
    assert lint(empty.encode(), ADDRESS) == ("no author, and not every entry has one",)
