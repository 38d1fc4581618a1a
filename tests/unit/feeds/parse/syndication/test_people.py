"""Who wrote an entry: by name, in every dialect, and never by a mail address."""

import pytest

from feeds.draft import Document, Habits
from feeds.model import Author
from feeds.parse import html
from feeds.parse.html.metadata import HtmlPage
from feeds.parse.syndication.people import authors_of
from feeds.taxonomy import Taxonomy
from tests.pages import issuers
from tests.syndicated import atom, entry, item, only, rss

WIRE = "<author><name>The Wire</name><uri>/about</uri></author><link href='https://wire.test/'/>"

LINKED = """<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Officers
  trained", "author": [{"@type": "Person", "name": "Ana Author"}, {"@id": "#b"}],
  "publisher": {"name": "A press"}}</script>"""
FEED = (Author(name="The Wire", uri="https://wire.test/about"),)


def named(*names: str) -> tuple[Author, ...]:
    return tuple(Author(name=name) for name in names)


@pytest.mark.parametrize(
    ("inner", "authors"),
    [
        (
            "<author><name>Ana Author</name><email>a@b.test</email></author><author><name>Ben Author</name><uri>https://ben.test/me</uri></author>",
            (Author(name="Ana Author"), Author(name="Ben Author", uri="https://ben.test/me")),
        ),
        ("<author><name> </name></author>", FEED),
        ("<author><email>ana@example.net</email></author>", FEED),
        ("", FEED),
        ("<source><author><name>Other Wire</name></author></source>", named("Other Wire")),
    ],
)  # fmt: skip
def test_an_entry_is_by_its_authors_or_by_those_of_its_feed(
    inner: str, authors: tuple[Author, ...], osce: Taxonomy
) -> None:
    feed = f"<entry><id>urn:x:1</id><title>A title</title>{inner}</entry>"
    assert only(atom(feed, WIRE), osce, url="https://wire.test/feed").authors == authors


@pytest.mark.parametrize(
    ("inner", "authors"),
    [
        ("<dc:creator>Cem Creator</dc:creator>", named("Cem Creator")),
        ("<author>dora@example.net (Dora Author)</author>", named("Dora Author")),
        ("<author>dora@example.net</author>", ()),
        ("<author>Dora Author &lt;dora@example.net&gt;</author>", named("Dora Author")),
        (
            "<author>a@b.test (Al)</author><dc:creator>Al</dc:creator><dc:creator>Bo</dc:creator>",
            named("Al", "Bo"),
        ),
        ("<dc:publisher>A press</dc:publisher><media:credit>A camera</media:credit>", ()),
        ("<source url='https://a.test/'>A wire</source>", ()),
    ],
)  # fmt: skip
def test_an_item_of_rss_is_by_who_is_named_as_its_author(
    inner: str, authors: tuple[Author, ...], osce: Taxonomy
) -> None:
    assert only(item(inner), osce).authors == authors


def test_an_author_who_is_a_known_issuer_is_both(osce: Taxonomy) -> None:
    draft = only(entry("<author><name>OSCE Secretariat</name></author>"), osce)
    assert draft.authors == named("OSCE Secretariat")
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]


def test_an_editor_of_a_channel_wrote_none_of_its_items(osce: Taxonomy) -> None:
    head = "<managingEditor>press@osce.test (OSCE Secretariat)</managingEditor>"
    draft = only(rss("<item><title>A title</title></item>", head), osce)
    assert draft.authors == ()
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]


def test_json_names_authors_of_its_items_and_of_all_of_them(osce: Taxonomy) -> None:
    feed = (
        '{"version": "https://jsonfeed.org/version/1.1", "authors": [{"name": "All"}],'
        ' "title": "N", "items": [{"id": "1", "title": "A title"%s}]}'
    )
    own = ', "authors": [{"name": "Ana", "url": "/ana"}, {"name": ""}, 3, {"url": "/b"}]'
    assert only(feed % own, osce).authors == (
        Author(name="Ana", uri="https://www.example.org/ana"),
    )
    assert only(feed % "", osce).authors == named("All")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a@x.test (Ana A.), b@x.test (Ben B.)", ["Ana A.", "Ben B."]),
        ("Ana <a@x.test>; Ben <b@x.test>", ["Ana", "Ben"]),
        ("Ana a@x.test", ["Ana"]),
        ("mailto:a@x.test", []),
        ("a@x.test, b@x.test", []),
        ("<a href='https://x.test/'>Ana</a>", ["Ana"]),
        ("Sean O&#8217;Brien", ["Sean O\u2019Brien"]),
        ("\u202eAna\u200f \u2066Author\n", ["Ana Author"]),
        ("https://x.test/ana", []),
        *((nobody, []) for nobody in ("", " ", "-", "N/A", "none", "...", "()", "x" * 121)),
        ("Jane Doe (Reuters)", ["Jane Doe (Reuters)"]),
        ("John Smith [OSCE]", ["John Smith [OSCE]"]),
        ('Jane "JD"', ['Jane "JD"']),
        ("(Jane Doe)", ["Jane Doe"]),
        ("Jane Doe)", ["Jane Doe"]),
        ("www.example.org/press", []),
        ("https://a.example/x, https://b.example/y", []),
    ],
)
def test_a_name_is_what_a_person_is_called(text: str, names: list[str]) -> None:
    assert [each.name for each in authors_of([(text, None)])] == names


def test_names_are_told_once_and_bounded() -> None:
    many = ((f"Person {number}", None) for number in range(100))
    assert len(authors_of(many)) == 20
    assert authors_of([("Ana", "https://a.test/"), ("ANA", None)]) == (
        Author(name="Ana", uri="https://a.test/"),
    )


@pytest.mark.parametrize(
    ("head", "names"),
    [
        (LINKED, ["Ana Author"]),
        ('<meta property="article:author" content="Ben Author">', ["Ben Author"]),
        ('<meta property="article:author" content="https://www.facebook.test/ben">', []),
        ('<meta name="author" content="An agency for websites">', []),
    ],
)
def test_a_page_is_by_who_its_metadata_names_for_its_article(
    head: str, names: list[str], osce: Taxonomy
) -> None:
    text = "<p>Twenty officers practised how to secure evidence, and the mission thanked them.</p>"
    body = (
        '<html><head><meta property="og:type" content="article"><title>Officers trained</title>'
        f"{head}</head><body><article>"
        f"<h1>Officers trained</h1>{text * 6}</article></body></html>"
    )
    document = Document(source="t", name="p", body=body.encode(), url="https://x.test/news/1")
    found = html.item.parse(HtmlPage(body), None, document, osce, Habits())
    [draft] = found.drafts  # type: ignore[union-attr]  # it is an item
    assert [each.name for each in draft.authors] == names
