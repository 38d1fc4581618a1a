"""RSS and JSON Feed beside Atom: perfect each, and to every reader the same as it."""

import json
import locale
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import atoma
import fastfeedparser
import feedparser
import pytest
from feedgen.feed import FeedGenerator
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from config.values import on_one_line
from feeds.identity.ids import published_uri
from feeds.model import Author, Enclosure, Item, Label, Provenance, Rights, TopicKind
from feeds.pictures import Picture, kept
from feeds.publish.build import SiteBuilder
from feeds.publish.feed import ATOM, FORMS, JSON_FEED, RSS, FeedRef
from feeds.publish.past.archive import NO_PAGES
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING, a_label
from tests.items import IDENTITY, NOON, a_site, an_item, issued
from tests.lint import lint
from tests.lint_twins import (
    UNKNOWN_TYPE,
    Told,
    lint_json,
    lint_rss,
    told_by_atom,
    told_by_json,
    told_by_rss,
)

SCHEMA = Path(__file__).parents[3] / "schema" / "atom.rng"
STEM = "https://news.example.org/feeds/fields/policing."

REPORT = Enclosure(
    url="https://press.example.org/a.pdf", media_type="application/pdf", length=1234, title="Report"
)
RECORDING = Enclosure(url="https://press.example.org/b", media_type="", length=None)
OTHERS = an_item(
    number=2,
    uid="tag:press.example.org,2025:1",
    slug="bbbbbbbbbbbbbbbb",
    source="web",
    title="A <b>bold</b> title & more",
    summary="5 < 6 & 7 > 6",
    url="https://www.osce.org/node/1?a=1&b=2",
    issued=issued("2026-11-18"),
    language="zh-TW",
    authors=(Author(name="Ana", uri="https://a.test/"), Author(name="Ben & Co")),
    fields=(a_label("Policing", "policing"), a_label("Astro & graphy", None)),
    enclosures=(REPORT, RECORDING),
    provenance=Provenance(
        entry_id="tag:press.example.org,2025:1",
        feed_id="tag:press.example.org,2025:feed",
        feed_title="Press office <news>",
        feed_updated=NOON,
        feed_authors=(Author(name="Eva"),),
        feed_home="https://press.example.org/",
        feed_self="https://press.example.org/all.atom?a=1&b=2",
        feed_rights="CC BY",
    ),
    rights=Rights("© Ana & <Ben>", "https://cc.test/by?a=1&b=2"),
    updated_at=NOON - timedelta(days=1),
)
TITLE_ALONE = an_item(
    number=3,
    uid=IDENTITY.item("c"),
    slug="c",
    summary="",
    body="",
    updated_at=NOON - timedelta(days=2),
)
NO_SUMMARY = an_item(
    number=4, uid=IDENTITY.item("d"), slug="d", summary="", updated_at=NOON - timedelta(days=3)
)
ITEMS = (an_item(), OTHERS, TITLE_ALONE, NO_SUMMARY)


@cache
def schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMA))


def feeds(osce: Taxonomy, *items: Item, site: Site | None = None) -> dict[str, bytes]:
    """The three documents of the feed on policing, by what their files end in."""
    builder = SiteBuilder(site or a_site(), osce)
    shown = [builder.ready(item) for item in items]
    documents = builder.feed(FeedRef.of(POLICING), shown, None, NO_PAGES)
    return {path.rpartition(".")[2]: bytes_ for path, bytes_ in documents if "policing." in path}


def faults(made: dict[str, bytes]) -> list[str]:
    """What is wrong with three documents, each by itself and beside the others."""
    schema().assertValid(etree.fromstring(made["atom"]))
    atom, rss, json = (made[form.extension] for form in FORMS)
    told = told_by_atom(atom)
    return [
        *lint(atom, f"{STEM}atom"),
        *lint_rss(rss, f"{STEM}rss"),
        *lint_json(json, f"{STEM}json"),
        *(f"{one} in Atom and {other} in RSS" for one, other in _differing(told, told_by_rss(rss))),
        *(f"{one} in Atom, {other} in JSON" for one, other in _differing(told, told_by_json(json))),
    ]


def _differing(some: list[Told], others: list[Told]) -> Iterator[tuple[Told, Told]]:
    return ((one, other) for one, other in zip(some, others, strict=True) if one != other)


@pytest.mark.parametrize("form", FORMS[1:], ids=lambda form: form.extension)
def test_a_feed_reads_as_it_always_did(
    form: Any, osce: Taxonomy, golden: Callable[[str, bytes], None]
) -> None:
    site = a_site(hubs=("https://hub.example.org/",))
    golden(f"feed.{form.extension}", feeds(osce, *ITEMS, site=site)[form.extension])


@pytest.mark.parametrize("items", [(), ITEMS[:1], ITEMS])
def test_a_feed_is_perfect_and_the_same_in_each_form(
    items: tuple[Item, ...], osce: Taxonomy
) -> None:
    assert faults(feeds(osce, *items)) == []


_TEXT = st.text(max_size=30)
_LABEL = st.builds(
    Label,
    kind=st.sampled_from(TopicKind),
    text=_TEXT,
    slug=st.none() | st.sampled_from(["policing", "secretariat", "nowhere"]),
)
_ADDRESS = st.builds("https://press.example.org/{}".format, _TEXT) | _TEXT
_ENCLOSURE = st.builds(
    Enclosure,
    url=_ADDRESS,
    media_type=st.sampled_from(["", "audio/ogg", "text/html; charset=x", "no type"]) | _TEXT,
    length=st.none() | st.integers(-5, 10**12),
    title=_TEXT,
)
_PICTURED = st.builds(
    partial(kept, is_within_line=False),
    st.builds(Picture, address=_ADDRESS, alt=st.none() | _TEXT, caption=_TEXT.map(on_one_line)),
)
_CHANGES = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["own", "web"]),
        "title": _TEXT,
        "summary": _TEXT,
        "body": _TEXT,
        "markup": st.sampled_from(["", "<p>A <em>b</em> &amp; c</p>"]) | _PICTURED,
        "url": st.none() | _ADDRESS,
        "issued": st.none() | st.sampled_from([issued("1975-08-01"), issued("2026-11-18")]),
        "language": st.sampled_from(["en", "sr-Latn", "ar", "zh-TW", "", "x y"]),
        "authors": st.lists(st.builds(Author, name=_TEXT, uri=_ADDRESS), max_size=2).map(tuple),
        "issuers": st.lists(_LABEL, max_size=1).map(tuple),
        "fields": st.lists(_LABEL, max_size=3).map(tuple),
        "enclosures": st.lists(_ENCLOSURE, max_size=3).map(tuple),
        "provenance": st.none() | st.just(OTHERS.provenance),
    }
)


@given(st.lists(_CHANGES, max_size=4), st.booleans())
def test_any_items_give_perfect_feeds_that_say_the_same(
    osce: Taxonomy, several: list[dict[str, Any]], images: bool
) -> None:
    site = a_site(terms=tuple(replace(each, images=images) for each in a_site().terms))
    items = [
        an_item(
            number=number,
            uid=IDENTITY.item(str(number)),
            slug=str(number),
            updated_at=NOON + timedelta(seconds=number),
            **changes,
        )
        for number, changes in enumerate(several)
    ]
    made = feeds(osce, *items, site=site)
    assert faults(made) == []
    assert feeds(osce, *items, site=site) == made
    told = told_by_atom(made["atom"])
    assert [each.id for each in told] == [item.uid for item in items]
    assert [each.updated for each in told] == [item.updated_at for item in items]
    files = [[published_uri(file.url) for file in item.enclosures] for item in items]
    assert [[url for url, *_ in each.enclosures] for each in told] == [
        [url for url in urls if url] for urls in files
    ]


def test_parsers_see_the_same_in_each_form(osce: Taxonomy) -> None:
    made = feeds(osce, *ITEMS)
    parsed = [feedparser.parse(made["atom"]), feedparser.parse(made["rss"])]
    assert not any(each.bozo for each in parsed)
    seen = [
        [
            (
                entry.id,
                entry.title,
                entry.link,
                entry.get("published_parsed"),
                entry.updated,
                [author.name for author in entry.authors],
                [tag.label or tag.term for tag in entry.tags],
                [(each.href, each.get("length")) for each in entry.enclosures],
                [(each.value, each.language) for each in entry.get("content", ())],
            )
            for entry in each.entries
        ]
        for each in parsed
    ]
    # What is both summary and text in Atom is the description in RSS, and no content.
    for entry in (*seen[0], *seen[1]):
        if entry[0] == NO_SUMMARY.uid:
            entry[-1].clear()
    assert seen[0] == seen[1]
    assert {parsed[0].feed.title, parsed[1].feed.title} == {"Policing · OSCE"}
    assert parsed[0].feed.updated_parsed == parsed[1].feed.updated_parsed
    forms = [fastfeedparser.parse(made[form.extension]).entries for form in FORMS]
    shown = [
        [
            (
                *(entry.id, entry.title, entry.link, entry.updated, entry.author),
                *(tag["label"] or tag["term"] for tag in entry.tags),
            )
            for entry in each
        ]
        for each in forms
    ]
    assert shown[0] == shown[1] == shown[2]


# atoma asks whether an element is true, of which later Pythons warn.
@pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")
def test_a_strict_parser_sees_the_same_in_each_form(osce: Taxonomy) -> None:
    made = feeds(osce, *ITEMS)
    atom = [
        (
            each.id_,
            each.title.value,
            each.published,
            [category.label for category in each.categories],
            [(link.href, link.length or 0) for link in each.links if link.rel == "enclosure"],
        )
        for each in atoma.parse_atom_bytes(made["atom"]).entries
    ]
    json = [
        (
            each.id_,
            each.title,
            each.date_published,
            each.tags,
            [(file.url, file.size_in_bytes or 0) for file in each.attachments],
        )
        for each in atoma.parse_json_feed_bytes(made["json"]).items
    ]
    rss = [
        (
            each.guid,
            each.title,
            each.pub_date,
            each.categories,
            [(file.url, file.length) for file in each.enclosures],
        )
        for each in atoma.parse_rss_bytes(made["rss"]).items
    ]
    assert atom == json
    # RSS has one enclosure.
    assert [(*each[:-1], each[-1][:1]) for each in atom] == rss


def test_the_description_of_rss_is_html_and_its_text_stands_beside(osce: Taxonomy) -> None:
    """A summary is plain text: where it says "<", so does a reader; and without one the text is
    the description, as content alone is nothing to who does not know it.
    """
    items = etree.fromstring(feeds(osce, *ITEMS)["rss"])[0].findall("item")
    encoded = "{http://purl.org/rss/1.0/modules/content/}encoded"
    assert items[1].findtext("description") == "5 &lt; 6 &amp; 7 &gt; 6"
    assert (items[1].findtext(encoded) or "").startswith("<p>5 &lt; 6 &amp; 7 &gt; 6</p>\n<p")
    assert items[2].find("description") is items[2].find(encoded) is None
    assert (items[3].findtext("description") or "").startswith("<p>Twenty officers")
    assert items[3].find(encoded) is None


def test_dates_of_rss_are_english_and_leave_the_locale_alone(
    osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """feedgen sets the locale of the whole process for a moment, whatever its threads do."""

    def refused(*_: object) -> None:
        raise AssertionError("the locale was touched")

    monkeypatch.setattr(locale, "setlocale", refused)
    channel = etree.fromstring(feeds(osce, OTHERS)["rss"])[0]
    assert channel.findtext("lastBuildDate") == "Thu, 19 Nov 2026 12:00:00 GMT"
    assert channel.findtext("item/pubDate") == "Wed, 18 Nov 2026 11:00:00 GMT"


def test_a_second_enclosure_is_a_link_in_rss(osce: Taxonomy) -> None:
    """RSS has room for one, the W3C's validator says so, and what nobody knows of it is told so."""
    for first, others in ((REPORT, RECORDING), (RECORDING, REPORT)):
        made = feeds(osce, an_item(enclosures=(first, others)))
        item = etree.fromstring(made["rss"])[0].find("item")
        assert item is not None
        (enclosure,) = item.findall("enclosure")
        assert {str(name): text for name, text in enclosure.attrib.items()} == {
            "url": first.url,
            "length": str(first.length or 0),
            "type": first.media_type or UNKNOWN_TYPE,
        }
        (link,) = item.findall("{http://www.w3.org/2005/Atom}link")
        assert link.get("href") == others.url
        assert link.get("length") == (str(others.length) if others.length else None)
        assert faults(made) == []


@pytest.mark.parametrize(
    ("name", "stated", "told"),
    [
        ("d.pdf", "", "application/pdf"),
        ("M.JPG?width=90#a.b", "", "image/jpeg"),
        ("m.jpg", "image/webp", "image/webp"),
        ("d.pdf", "application/octet-stream", "application/octet-stream"),
        ("d.pdf", "pdf", "application/pdf"),
        ("d.docx", "", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("v1.2", "", None),
        ("download?file=d.pdf", "", None),
    ],
)
def test_the_name_of_a_file_tells_a_type_that_nobody_says(
    osce: Taxonomy, name: str, stated: str, told: str | None
) -> None:
    file = Enclosure(url=f"https://press.example.org/{name}", media_type=stated)
    made = feeds(osce, an_item(enclosures=(file,)))
    in_rss = etree.fromstring(made["rss"])[0].find("item/enclosure")
    in_atom = etree.fromstring(made["atom"]).find("{*}entry/{*}link[@rel='enclosure']")
    assert in_rss is not None
    assert in_atom is not None
    assert in_atom.get("type") == told
    assert in_rss.get("type") == (told or UNKNOWN_TYPE)
    assert f'"mime_type":"{told or UNKNOWN_TYPE}"' in made[JSON_FEED.extension].decode()
    assert faults(made) == []


def test_a_title_alone_is_the_text_of_a_json_feed(osce: Taxonomy) -> None:
    """Without a text it would be no item there."""
    made = feeds(osce, TITLE_ALONE)[JSON_FEED.extension].decode()
    assert f'"content_text":"{TITLE_ALONE.title}"' in made
    assert "content_html" not in made
    assert '"summary"' not in made


def test_hubs_are_told_in_each_form(osce: Taxonomy) -> None:
    made = feeds(osce, *ITEMS, site=a_site(hubs=("https://hub.example.org/",)))
    for form, told in (
        (ATOM, b'<link href="https://hub.example.org/" rel="hub"/>'),
        (RSS, b'<atom:link href="https://hub.example.org/" rel="hub"/>'),
        (JSON_FEED, b'"hubs":[{"type":"WebSub","url":"https://hub.example.org/"}]'),
    ):
        assert told in made[form.extension]


def test_feedgen_still_writes_one_enclosure_and_no_creator() -> None:
    """Once this fails more of its item can be used."""
    plain = FeedGenerator().add_entry()
    plain.title("A recording")
    plain.author({"name": "Ana"})
    for name in "ab":
        plain.link(href=f"https://example.org/{name}.mp3", rel="enclosure", type="audio/mpeg")
    item = plain.rss_entry()
    assert [each.get("url") for each in item.findall("enclosure")] == ["https://example.org/b.mp3"]
    assert [each.tag for each in item] == ["title", "enclosure"]


def test_rights_are_told_in_each_form(osce: Taxonomy) -> None:
    """RFC 4287, 4.2.10; RFC 4946; JSON Feed has no word for them."""
    said, licence = OTHERS.rights
    made = feeds(osce, OTHERS)
    atom = etree.fromstring(made["atom"]).find("{*}entry")
    assert atom is not None
    assert atom.findtext("{*}rights") == said
    assert [each.get("href") for each in atom.iterfind("{*}link[@rel='license']")] == [licence]
    rss = etree.fromstring(made["rss"]).find("channel/item")
    assert rss is not None
    assert rss.findtext("{http://purl.org/dc/elements/1.1/}rights") == said
    assert [each.get("href") for each in rss.iterfind("{*}link[@rel='license']")] == [licence]
    (item,) = json.loads(made["json"])["items"]
    assert item["_atom"]["rights"] == said
    assert {"href": licence, "rel": "license"} in item["_atom"]["link"]
    for content in feeds(osce, TITLE_ALONE).values():
        assert b"rights" not in content
        assert b"license" not in content
