"""Atom as bytes, judged by the schema of RFC 4287, by our own lint and by what parsers see."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import fastfeedparser
import feedparser
import pytest
from feedgen.feed import FeedGenerator
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds.model import Author, Enclosure, Item, Provenance
from feeds.publish.build import SiteBuilder
from feeds.publish.feed import ALL, FeedRef, describe
from feeds.publish.formats.atom import LinkedEntry, feed_bytes
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING, a_label
from tests.items import NOON, a_site, an_item, issued
from tests.lint import lint

SCHEMA = Path(__file__).parents[4] / "schema" / "atom.rng"
ADDRESS = "https://news.example.org/feeds/fields/policing.atom"
LINK = "{http://www.w3.org/2005/Atom}link"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

WEB = an_item(
    number=2,
    uid="tag:news.example.org,2026-01-01:item/bbbbbbbbbbbbbbbb",
    slug="bbbbbbbbbbbbbbbb",
    source="web",
    title="A <b>bold</b> title & more",
    url="https://www.osce.org/node/1?a=1&b=2",
    issued=issued("2026-11-18"),
    language="ru",
    fields=(a_label("Policing", "policing"), a_label("Astrography", None)),
    updated_at=NOON - timedelta(days=1),
)


@cache
def schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMA))


def an_entry(item: Item, osce: Taxonomy, site: Site | None = None) -> bytes:
    return SiteBuilder(site or a_site(), osce).ready(item).atom


def a_feed(osce: Taxonomy, *items: Item) -> bytes:
    feed = describe(FeedRef.of(POLICING), a_site(), osce)
    updated = max((item.updated_at for item in items), default=NOON)
    return feed_bytes(feed, updated, [an_entry(item, osce) for item in items])


def test_an_entry_reads_as_it_always_did(
    osce: Taxonomy, golden: Callable[[str, bytes], None]
) -> None:
    golden("entry.atom", an_entry(WEB, osce))


def test_a_feed_reads_as_it_always_did(
    osce: Taxonomy, golden: Callable[[str, bytes], None]
) -> None:
    golden("feed.atom", a_feed(osce, an_item(), WEB))


@pytest.mark.parametrize("items", [(), (an_item(),), (an_item(), WEB)])
def test_a_feed_is_valid_even_an_empty_one(osce: Taxonomy, items: tuple[Item, ...]) -> None:
    feed = a_feed(osce, *items)
    schema().assertValid(etree.fromstring(feed))
    assert lint(feed, ADDRESS) == ()


def test_a_feed_names_its_hubs_and_itself_before_its_page(osce: Taxonomy) -> None:
    """Some readers take the last alternate as the site."""
    site = a_site(hubs=("https://hub.example.org/", "https://news.example.org/websub"))
    feed = feed_bytes(describe(FeedRef.of(POLICING), site, osce), NOON, [])
    schema().assertValid(etree.fromstring(feed))
    assert lint(feed, ADDRESS) == ()
    links = [(link.get("rel"), link.get("href")) for link in etree.fromstring(feed).iter(LINK)]
    assert links == [
        ("self", ADDRESS),
        ("hub", "https://hub.example.org/"),
        ("hub", "https://news.example.org/websub"),
        ("alternate", "https://news.example.org/feeds/fields/policing/"),
    ]


def test_parsers_agree_on_what_a_feed_says(osce: Taxonomy) -> None:
    feed = a_feed(osce, an_item(), WEB)
    one, other = feedparser.parse(feed), fastfeedparser.parse(feed)
    assert not one.bozo
    for parsed in (one, other):
        assert parsed.feed.title == "Policing · OSCE"
        assert [entry.id for entry in parsed.entries] == [an_item().uid, WEB.uid]
        assert [entry.link for entry in parsed.entries] == [
            "https://news.example.org/items/aaaaaaaaaaaaaaaa/",
            WEB.url,
        ]
        assert [entry.author for entry in parsed.entries] == ["OSCE Secretariat"] * 2
    assert one.entries[1].title == other.entries[1].title == WEB.title
    assert "published" not in one.entries[0]
    assert one.entries[1].published == "2026-11-18T11:00:00+00:00"
    terms = [tag.term for tag in one.entries[1].tags]
    assert terms == ["secretariat", "policing", "Astrography", "news"]


def test_an_entry_declares_no_namespace_and_its_own_language(osce: Taxonomy) -> None:
    entry = an_entry(WEB, osce)
    assert b"xmlns" not in entry
    assert etree.fromstring(entry).get(LANGUAGE) == "ru"


def test_the_page_to_read_is_the_first_link(osce: Taxonomy) -> None:
    """Some readers open the first one, whatever it is."""
    links = etree.fromstring(an_entry(replace(WEB, enclosures=(REPORT,)), osce)).findall("link")
    assert [(link.get("rel"), link.get("href")) for link in links] == [
        ("alternate", "https://www.osce.org/node/1?a=1&b=2"),
        ("related", "https://news.example.org/items/bbbbbbbbbbbbbbbb/"),
        ("enclosure", REPORT.url),
    ]


def test_links_keep_what_feedgen_forgets() -> None:
    """python-feedgen issues 135 and 143: an enclosure would become a second alternate."""
    entry = LinkedEntry()
    entry.id("tag:example.org,2026:1")
    entry.title("A recording")
    enclosure = {"href": "https://example.org/a.mp3", "rel": "enclosure", "type": "audio/mpeg"}
    enclosure["length"] = "12"
    entry.link([enclosure])
    entry.link([{"href": "https://example.org/a", "title": "Here", "hreflang": "en"}])
    found = [dict(link.attrib) for link in entry.atom_entry().findall("link")]
    assert found[0] == enclosure
    assert found[1]["title"] == "Here"
    assert found[1]["hreflang"] == "en"


def test_feedgen_still_forgets() -> None:
    """Once this fails the subclass can go."""
    plain = FeedGenerator().add_entry()
    plain.id("tag:example.org,2026:1")
    plain.title("A recording")
    plain.content("x")
    plain.link(href="https://example.org/a.mp3", rel="enclosure", type="audio/mpeg", length="12")
    assert dict(plain.atom_entry().find("link").attrib) == {"href": "https://example.org/a.mp3"}


def test_a_feed_is_its_head_and_its_entries_as_they_are(osce: Taxonomy) -> None:
    one, other = an_entry(an_item(), osce), an_entry(WEB, osce)
    feed = feed_bytes(describe(ALL, a_site(), osce), NOON, [one, other])
    assert feed.endswith(b"</subtitle>\n" + one + b"\n" + other + b"\n</feed>\n")


def test_html_is_escaped_once(osce: Taxonomy) -> None:
    entry = etree.fromstring(an_entry(an_item(body="1 < 2 & 3 > 2"), osce))
    assert "<p>1 &lt; 2 &amp; 3 &gt; 2</p>" in (entry.findtext("content") or "")


def test_others_texts_are_a_summary_a_link_and_a_credit(osce: Taxonomy) -> None:
    content = etree.fromstring(an_entry(WEB, osce)).findtext("content")
    assert content == (
        "<p>Twenty officers practised how to secure electronic evidence.</p>\n"
        '<p lang="en"><a href="https://www.osce.org/node/1?a=1&amp;b=2">'
        "Read it in full at osce.org</a></p>\n"
        '<p lang="en"><small>© OSCE, www.osce.org</small></p>\n'
    )


@given(st.text(), st.text(), st.text())
def test_whatever_an_item_says_its_feed_is_valid(
    osce: Taxonomy, title: str, summary: str, body: str
) -> None:
    feed = a_feed(osce, an_item(title=title, summary=summary, body=body))
    schema().assertValid(etree.fromstring(feed))
    assert lint(feed, ADDRESS) == ()


ORIGIN = Provenance(
    entry_id="tag:press.example.org,2025:1",
    feed_id="tag:press.example.org,2025:feed",
    feed_title="Press\x00 office <news>",
    feed_updated=NOON,
    feed_authors=(Author(name="Ana", uri="https://press.example.org/ana"), Author(name="Ben")),
    feed_home="https://press.example.org/",
    feed_self="https://press.example.org/all.atom?a=1&b=2",
    feed_rights="CC BY",
)
REPORT = Enclosure(
    url="https://press.example.org/a.pdf", media_type="application/pdf", length=1234, title="Report"
)


def test_what_came_from_an_atom_feed_says_so(osce: Taxonomy) -> None:
    """Its id is the publisher's, and atom:source names the feed (RFC 4287, section 4.2.11)."""
    feed = a_feed(osce, an_item(uid=ORIGIN.entry_id, provenance=ORIGIN))
    schema().assertValid(etree.fromstring(feed))
    assert lint(feed, ADDRESS) == ()
    (entry,) = feedparser.parse(feed).entries
    assert (entry.id, entry.source.id, entry.source.title) == (
        ORIGIN.entry_id,
        ORIGIN.feed_id,
        "Press office <news>",
    )
    source = etree.fromstring(an_entry(an_item(provenance=ORIGIN), osce)).find("source")
    assert source is not None
    told = [
        (each.tag, each.get("rel"), each.get("href") or "".join(map(str, each.itertext())))
        for each in source
    ]
    assert told == [
        ("id", None, ORIGIN.feed_id),
        ("title", None, "Press office <news>"),
        ("updated", None, "2026-11-20T12:00:00+00:00"),
        ("rights", None, "CC BY"),
        ("author", None, "Anahttps://press.example.org/ana"),
        ("author", None, "Ben"),
        ("link", "alternate", ORIGIN.feed_home),
        ("link", "self", ORIGIN.feed_self),
    ]


@pytest.mark.parametrize(
    ("language", "is_rtl"),
    [("ar", True), ("he-IL", True), ("pa-Arab-PK", True), ("ar-Latn", False), ("arn", False)],
)
def test_text_from_right_to_left_says_so(language: str, is_rtl: bool, osce: Taxonomy) -> None:
    (entry,) = feedparser.parse(a_feed(osce, an_item(language=language))).entries
    assert ('<div dir="rtl">' in entry.content[0].value) is is_rtl
    assert lint(a_feed(osce, an_item(language=language)), ADDRESS) == ()


def test_a_source_says_no_more_than_is_known(osce: Taxonomy) -> None:
    origin = replace(ORIGIN, feed_authors=(), feed_home="", feed_self="", feed_rights="")
    source = etree.fromstring(an_entry(an_item(provenance=origin), osce)).find("source")
    assert source is not None
    assert [each.tag for each in source] == ["id", "title", "updated"]


def test_a_source_that_could_not_be_whole_is_none(osce: Taxonomy) -> None:
    """The W3C's validator warns of one without a title or a time; no id of it would last."""
    for changes in ({"feed_updated": None}, {"feed_title": " "}, {"feed_id": "urn:x"}):
        origin = replace(ORIGIN, **changes)
        entry = etree.fromstring(an_entry(an_item(provenance=origin), osce))
        assert entry.find("source") is None


def test_several_authors_are_several_elements(osce: Taxonomy) -> None:
    item = an_item(authors=(Author(name="Ana", uri="https://a.test/"), Author(name="Ben")))
    feed = a_feed(osce, item)
    schema().assertValid(etree.fromstring(feed))
    assert lint(feed, ADDRESS) == ()
    (entry,) = feedparser.parse(feed).entries
    assert [dict(each) for each in entry.authors] == [
        {"name": "Ana", "href": "https://a.test/"},
        {"name": "Ben"},
    ]


@pytest.mark.parametrize("length", [None, 0, -5])
def test_files_are_enclosed_whether_or_not_their_length_is_known(
    length: int | None, osce: Taxonomy
) -> None:
    """Readers show a length; one that nobody knows is not made up, nor is it 0."""
    unknown = replace(REPORT, url="https://press.example.org/b|1.pdf", length=length)
    hostile = replace(REPORT, url="javascript:alert(1)")
    feed = a_feed(osce, an_item(enclosures=(REPORT, unknown, hostile)))
    schema().assertValid(etree.fromstring(feed))
    (entry,) = feedparser.parse(feed).entries
    assert [(each.href, each.type, each.get("length")) for each in entry.enclosures] == [
        (REPORT.url, "application/pdf", "1234"),
        ("https://press.example.org/b%7C1.pdf", "application/pdf", None),
    ]
    assert lint(feed, ADDRESS) == ()


def test_a_title_alone_has_its_link_and_nothing_more(osce: Taxonomy) -> None:
    """An empty content is a warning of the W3C's validator, and what we would add is no news."""
    for item in (an_item(summary="", body=""), replace(WEB, summary="")):
        entry = etree.fromstring(an_entry(item, osce))
        assert entry.find("content") is entry.find("summary") is None
        assert entry.find("link").get("rel") == "alternate"  # type: ignore[union-attr]  # it is there


def test_the_publishers_markup_is_shown_where_there_is_any(osce: Taxonomy) -> None:
    """Instead of the plain paragraphs, and only where the full text may be shown."""
    markup = '<p>See <a href="https://press.example.org/">the <em>report</em></a>.\x00</p>'
    (entry,) = feedparser.parse(a_feed(osce, an_item(markup=markup))).entries
    assert markup.replace("\x00", "") in entry.content[0].value
    (other,) = feedparser.parse(a_feed(osce, replace(WEB, markup=markup))).entries
    assert "report" not in other.content[0].value


@pytest.mark.parametrize(
    "changes",
    [
        {"provenance": Provenance(entry_id="urn:a:b", feed_id="", feed_title="")},
        {"provenance": Provenance(entry_id="urn:a:b", feed_id="nothing", feed_title="F")},
        {"enclosures": (Enclosure(url="https://a.test/x", media_type="nonsense", length=5),)},
        {"enclosures": (Enclosure(url="https://a.test/x", media_type="a\x00/b", length=5),)},
        {"enclosures": (Enclosure(url="https://a.test/x", media_type="audio/ogg", length=-5),)},
    ],
)
def test_what_a_publisher_got_wrong_makes_no_wrong_feed(
    changes: dict[str, object], osce: Taxonomy
) -> None:
    feed = a_feed(osce, replace(WEB, **changes))  # type: ignore[arg-type]
    assert schema().validate(etree.fromstring(feed))
    assert lint(feed, ADDRESS) == ()


@pytest.mark.parametrize("language", ["", "x y<", "123", "en_US"])
def test_a_language_that_is_none_is_the_sites(language: str, osce: Taxonomy) -> None:
    """One item's slip must not make a whole feed invalid."""
    feed = a_feed(osce, an_item(language=language))
    schema().assertValid(etree.fromstring(feed))
    assert b'xml:lang="en"' in feed.partition(b"<entry")[2]
