"""Feeds in wrong encodings, cut, broken, or made to do harm; and pages where a feed should be."""

import io
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Document, Habits, Parsed, Reason, Refused
from feeds.parse import understand
from feeds.parse.syndication import malformed
from feeds.parse.syndication.feed_entries import MOST_ENTRIES
from feeds.parse.xml import Tree, drop_half, read
from feeds.taxonomy import Taxonomy
from tests.syndicated import FULL, URL, atom, entry, item, only, parsed, refused, rss, understood

LATIN = "<rss><channel><item><title>Café — “s”</title></item></channel></rss>"
RUSSIAN = "<rss><channel><item><title>Выборы прошли спокойно</title></item></channel></rss>"
CYRILLIC = "<rss><channel><item><title>Выборы</title></item></channel></rss>"


def test_a_feed_within_a_comment_behind_a_warning_is_none(osce: Taxonomy) -> None:
    body = "Warning: x <!-- <rss><channel/></rss> -->" + LATIN
    assert only(body, osce).title == "Café — “s”"
    assert isinstance(understood(body.removesuffix(LATIN), osce), Refused)


def declared(encoding: str, text: str = LATIN) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'


@pytest.mark.parametrize(
    ("body", "media_type", "title"),
    [
        (declared("utf-8").encode(), None, "Café — “s”"),
        (declared("utf-8").encode("utf-8-sig"), None, "Café — “s”"),
        (declared("utf-8").encode("cp1252"), None, "Café — “s”"),
        (LATIN.encode("cp1252"), None, "Café — “s”"),
        (declared("utf-16").encode("utf-16"), None, "Café — “s”"),
        (declared("utf-16").encode("utf-16-be"), None, "Café — “s”"),
        (declared("utf-16").encode("utf-16-le"), None, "Café — “s”"),
        (declared("utf-16").encode(), None, "Café — “s”"),
        (declared("utf-32").encode("utf-32"), None, "Café — “s”"),
        (declared("utf-8").encode(), "text/xml; charset=iso-8859-1", "Café — “s”"),
        (declared("koi8-r", CYRILLIC).encode("cp1251"), "text/xml; charset=windows-1251", "Выборы"),
        (declared("iso-8859-1").encode("cp1252"), None, "Café — “s”"),
        (declared("iso-8859-1", RUSSIAN).encode("cp1251"), None, "Выборы прошли спокойно"),
        (RUSSIAN.encode("cp1251"), None, "Выборы прошли спокойно"),
        (declared("utf-8").encode().replace(b"</t", b"\x92s</t"), None, "Café — “s”’s"),
        (CYRILLIC.encode("windows-1251"), 'application/xml; charset="windows-1251"', "Выборы"),
        (declared("cp0", CYRILLIC).encode("windows-1251"), "text/xml; charset=windows-1251", "Выборы"),  # noqa: E501
        (declared("windows-12510").encode("cp1252"), None, "Café — “s”"),
        (CYRILLIC.encode().replace(b"</t", b"\xe2\x80</t"), None, "Выборы\ufffd"),
    ],
)  # fmt: skip
def test_the_encoding_is_the_one_the_bytes_are_in(
    body: bytes, media_type: str | None, title: str, osce: Taxonomy
) -> None:
    [draft] = parsed(body, osce, media_type).drafts
    assert draft.title == title


@pytest.mark.parametrize(
    "junk",
    [
        " \r\n\t",
        "\ufeff\n",
        "<br />\n<b>Warning</b>: Undefined index in <b>feed.php</b> on line <b>1</b><br />\n",
        "<!-- a <rss> of <!-- old --> <!-- cached -->",
        "<?xml-stylesheet href='a.xsl'?>",
    ],
)
def test_what_stands_before_the_feed_is_skipped(junk: str, osce: Taxonomy) -> None:
    assert only(junk + LATIN, osce).title == "Café — “s”"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("a & b", "a & b"),
        ("a&nbsp;b&mdash;c&eacute;", "a b—cé"),
        ("a &unknown; b", "a &unknown; b"),
        ("a\x00\x0b&#0;&#x1f;b&#xd800;c\ufffe", "abc"),
        ("a & <![CDATA[b & &lt;c&gt; & d]]>", "a & b & <c> & d"),
        ("&lt;b> & c", "& c"),
        ("5 < 6 & 7", "5 < 6 & 7"),
        ("The &lt;main> element & more", "The <main> element & more"),
        ("&#146;a&#x92; &#150; &#128;5", "’a’ – €5"),
    ],
)
def test_what_is_no_xml_is_mended(written: str, title: str, osce: Taxonomy) -> None:
    assert only(rss(f"<item><title>{written}</title></item>"), osce).title == title


def test_prefixes_nobody_declared_still_tell(osce: Taxonomy) -> None:
    body = "<rss><channel><item><title>A</title><dc:creator>OSCE Secretariat</dc:creator></item></channel></rss>"  # noqa: E501
    assert [label.slug for label in only(body, osce).issuers] == ["secretariat"]


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.w3.org/2005/Atom",
        "http://nobody.example/rss",
        "http://cyber.law.harvard.edu/rss",
    ],
)
def test_the_namespace_of_its_root_is_that_of_rss(namespace: str, osce: Taxonomy) -> None:
    """Whatever is given to it by default."""
    body = rss("<item><title>A</title><link>/a</link></item>").decode()
    body = body.replace("<rss", f"<rss xmlns='{namespace}'", 1)
    assert only(body, osce).title == "A"


def test_an_unknown_namespace_of_atom_is_atoms(osce: Taxonomy) -> None:
    body = "<feed xmlns='http://purl.org/atom/0.2/'><entry><title>A</title></entry></feed>"
    assert only(body, osce).title == "A"


def test_what_a_document_type_declares_is_not_read(osce: Taxonomy) -> None:
    """Not even where it looks like a feed; the characters of HTML have their names without it."""
    types = (
        '<!DOCTYPE rss [<!-- it\'s --><!ENTITY rsquo "&#8217;"><!ENTITY a "<rss><item/></rss>]">'
        '<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1//EN" "xhtml-lat1.ent">%HTMLlat1;]>'
    )
    body = (
        f"{types}<rss><channel><item><title>Cat&rsquo;s &a; &nbsp;</title></item></channel></rss>"
    )
    assert only(body, osce).title == "Cat’s &a;"


@pytest.mark.parametrize(
    "items",
    [
        (
            "<item><title>A</title><description><b>x</description></item>"
            "<item><title>B</title><description>y</p></description></item><item><title>C</title></item>"
        ),
        (
            "<item><title>A</title></item></channel><channel><item><title>B</title></item>"
            "<item><title>C</title></item>"
        ),
        (
            "<items><item><title>A</title></item><item><title>B</title></item></items>"
            "<item><title>C</title></item>"
        ),
    ],
    ids=["crossed", "two-channels", "within"],
)
def test_every_entry_that_is_shown_is_read(items: str, osce: Taxonomy) -> None:
    assert {draft.title for draft in parsed(rss(items), osce).drafts} == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        (
            "<description>&lt;img src='a.jpg' alt='Mayors on the bridge'&gt;</description>",
            "Mayors on the bridge",
        ),
        ("<enclosure url='https://e.test/opening-of_the%20hall.jpg'/>", "opening of the hall"),
        (
            (
                "<media:group xmlns:media='http://search.yahoo.com/mrss/'>"
                "<media:title>The hall</media:title></media:group>"
            ),
            "The hall",
        ),
        (
            (
                "<itunes:summary xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>"
                "Heard.</itunes:summary>"
            ),
            "Heard.",
        ),
    ],
)
def test_an_entry_of_pictures_has_words(entry: str, title: str, osce: Taxonomy) -> None:
    assert only(rss(f"<item>{entry}</item>"), osce).title == title


def test_words_in_base64_are_words(osce: Taxonomy) -> None:
    """As Atom 0.3 allowed; what is none is not published as one."""
    entry = "<entry><title mode='base64'>{}</title><summary>s</summary></entry>"
    assert only(atom(entry.format("QSA8Yj50aXRsZTwvYj4=")), osce).title == "A title"
    assert only(atom(entry.format("no base64")), osce).title == "s"


def test_no_entry_was_issued_after_it_was_fetched(osce: Taxonomy) -> None:
    """A day to come is no day of issue."""
    body = rss("<item><title>A</title><pubDate>Sun, 01 Dec 2030 09:00:00 GMT</pubDate></item>")
    fetched = datetime(2026, 11, 26, tzinfo=UTC)
    late = Document(source="s", name="n", body=body, media_type="text/xml", fetched=fetched)
    found = understand(late, osce, Habits(language="en"))
    assert isinstance(found, Parsed)
    assert [draft.issued for draft in found.drafts] == [None]


def test_entries_that_nobody_can_read_are_a_fault(osce: Taxonomy) -> None:
    """Not a feed without any: too long for the last resort, in tags that are nobody's."""
    body = f"<rss><channel><iTem><title>A</title></iTem>{' ' * 300_000}</channel></rss>"
    assert refused(body, osce).reason is Reason.MALFORMED


@pytest.mark.parametrize("name", ["links", "tags", "content", "summary_detail", "author", "id"])
def test_elements_may_have_the_names_that_the_last_resort_gives_others(name: str) -> None:
    body = (
        "<rss><channel><title>News</title><link>https://news.example.org/</link>"
        f"<item><title>A & B</title><{name} rel='x'>text</{name}><link>https://news.example.org/1"
        "</link><enclosure url='https://news.example.org/1.pdf' type='application/pdf'/></item>"
    )
    found = malformed.read(body.encode(), URL, known=0)
    assert found is not None
    (told,) = found.entries
    files = [file.url for file in told.enclosures if file]
    assert told.title.text == "A & B"
    # A text has taken the place of all of them.
    if name != "links":
        assert told.urls == ("https://news.example.org/1",)
        assert files == ["https://news.example.org/1.pdf"]


def test_only_what_is_decoded_is_mended() -> None:
    with pytest.raises(UnicodeEncodeError):
        "é".encode("ascii", "fieldfare-stray")


def test_crossed_tags_lose_no_item(osce: Taxonomy) -> None:
    body = "<rss><channel><item><title>A <b>x</title></b></item><item><title>B</title></item></channel></rss>"  # noqa: E501
    assert "B" in [draft.title for draft in parsed(body, osce).drafts]


@pytest.mark.parametrize(
    ("body", "may_hold_more"),
    [
        ("<item><title>Bread & salt</title></item>", False),
        ("<item><title>One</item><item><title>Two</title></item>", True),
        ("<item><!-- <title>One</title></item><item><title>Two</title></item>", True),
        ("<item><title>One</title></item>" * MOST_ENTRIES, True),
    ],
)
def test_a_feed_says_whether_it_may_hold_more_than_was_read(
    osce: Taxonomy, body: str, *, may_hold_more: bool
) -> None:
    assert parsed(rss(body), osce).may_hold_more is may_hold_more


@pytest.mark.parametrize("end", [b"</item>", b"<link>https://e.te", b"<title>Tw", b"<item", b"t"])
def test_the_half_item_of_a_cut_feed_is_left_out(end: bytes, osce: Taxonomy) -> None:
    item_two = b"<item><title>Two</title><link>https://e.test/2</link></item>"
    body = rss("<item><title>One</title></item>").replace(b"</channel></rss>", item_two)
    cut = body[: body.rindex(end) + (len(end) if end == b"</item>" else 0)]
    found = parsed(cut, osce)
    whole = ["One", "Two"] if end == b"</item>" else ["One"]
    assert [draft.title for draft in found.drafts] == whole
    assert found.is_list
    assert found.is_cut
    # What was cut within the item's start tag shows nothing to count.
    assert found.silent_entries == (end in {b"<link>https://e.te", b"<title>Tw", b"t"})


def test_the_half_entry_of_a_cut_atom_feed_is_left_out(osce: Taxonomy) -> None:
    body = atom("<entry><title>One</title></entry><entry><title>Two</title></entry>")
    assert [draft.title for draft in parsed(body[:-25], osce).drafts] == ["One"]


@pytest.mark.parametrize(
    "body",
    [
        "<rss><channel><title>Broken",
        "<rss><channel><title>Broken</title><item><title>On",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>On",
        '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "ti',
        '{"version": "https://jsonfeed.org/version/1.1", "ti',
    ],
)
def test_a_feed_cut_before_its_first_whole_entry_is_refused(body: str, osce: Taxonomy) -> None:
    """It says nothing of what the publisher has, unlike one that ends without any."""
    assert refused(body, osce).reason is Reason.MALFORMED


@pytest.mark.parametrize(
    "body", ["<rss><channel><title>New</title></channel></rss>", "<feed/>", '{"items": []}']
)
def test_a_feed_without_entries_is_an_empty_list(body: str, osce: Taxonomy) -> None:
    found = parsed(body, osce)
    assert (found.is_list, found.drafts) == (True, ())


@pytest.mark.parametrize(
    "body",
    [
        "<?xml version='1.0'?><OpenSearchDescription><ShortName>News</ShortName>",
        "<!-- a drawing --><svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>",
        "<?xml version='1.0'?><!DOCTYPE plist><plist version='1.0'><dict/></plist>",
    ],
)
def test_other_xml_is_refused_by_its_first_element(body: str, osce: Taxonomy) -> None:
    found = refused(body, osce)
    assert found.reason is Reason.NOT_NEWS
    assert re.search("OpenSearchDescription|svg|plist", found.evidence)


def test_a_feed_without_a_root_is_read_all_the_same(osce: Taxonomy) -> None:
    body = (
        "<item><title>One &amp; two</title><link>https://e.test/1</link><guid>7</guid>"
        "<category>Policing</category><author>OSCE Secretariat</author>"
        "<description>&lt;p&gt;Words&lt;/p&gt;</description>"
        "<enclosure url='https://e.test/a.pdf' type='application/pdf' length='3'/>"
        "<pubDate>Fri, 20 Nov 2026 12:00:00 GMT</pubDate></item>"
    )
    draft = only(body, osce)
    assert (draft.title, draft.url, draft.summary) == ("One & two", "https://e.test/1", "Words")
    assert draft.issued
    assert len(draft.enclosures) == 1
    assert [label.slug for label in draft.labels] == ["secretariat", "policing"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>", Reason.ERROR_PAGE),
        ("<html><body><p>Welcome to our site.</p></body></html>", Reason.NOT_NEWS),
        ("<html><body></body></html>", Reason.NOT_NEWS),
        ("nothing of the kind", Reason.MALFORMED),
        ("x" * 300_000, Reason.MALFORMED),
        (b"\0" * 1000, Reason.MALFORMED),
        ("<guid>&#xd800;", Reason.MALFORMED),
        (" " * 70_000 + "<rss>", Reason.MALFORMED),
    ],
    ids=["error", "page", "empty-page", "text", "long", "nul", "half-character", "far"],
)
def test_what_is_no_feed_is_refused(body: bytes | str, reason: Reason, osce: Taxonomy) -> None:
    assert refused(body, osce).reason is reason


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DECLARED = {
    "external": '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "parameter": '<!DOCTYPE rss [<!ENTITY % a SYSTEM "http://e.test/p"> %a;]>',
    "laughs": f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "lol"><!ENTITY l0 "&a;">{LAUGHS}]>',
    "laughs-behind-a-comment": f'<!--{"x" * 9_000}--><!DOCTYPE r [<!ENTITY l0 "lol">{LAUGHS}]>',
    "quadratic": f'<!doctype rss [<!entity a "{"a" * 50_000}">]>',
}
HOSTILE = {
    "depth": "<rss><channel>" + "<item>" * 200_000,
    "elements": "<rss><channel>" + "<item><title/></item>" * 500_000,
    "attributes": "<rss " + " ".join(f"a{n}=''" for n in range(500_000)) + "/>",
    "attribute": f"<rss a='{'x' * 11_000_000}'/>",
    "elements-behind-what-is-no-section": "<rss><?a <![CDATA[ ?><!-- <![CDATA[ --><channel>"
    + "<item><title/></item>" * 250_000,
    "references": f"<rss>{'&x;' * 300_000}</rss>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_made_to_do_harm_is_refused(body: str, osce: Taxonomy) -> None:
    assert refused(body, osce).reason is Reason.HOSTILE


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED)
def test_what_is_declared_is_never_put_in(declared: str, osce: Taxonomy) -> None:
    """However often, and from wherever."""
    item = f"<item><title>A &a;</title><description>{'&a;' * 50_000}</description></item>"
    draft = only(f"{declared}<rss><channel>{item}</channel></rss>", osce)
    assert draft.title == "A &a;"
    assert set(draft.summary) <= set("&a;…")


def test_what_other_xml_declares_is_as_harmless(osce: Taxonomy) -> None:
    """Nothing is put in, whatever the document is."""
    for declared in (f"<!ENTITY a '{'a' * 50_000}'>", f'<!ENTITY l0 "&a;">{LAUGHS}'):
        body = f"<!DOCTYPE x [{declared}]><x>{'&a;' * 50_000}</x>"
        assert refused(body, osce).reason is Reason.MALFORMED


@pytest.mark.parametrize(
    "before",
    [
        "\n" * 66_000,
        "<?cached x?>" * 1_000,
        "<!-- <rss> -->" * 5_000,
        "<!--" + "-" * 70_000 + "-->",
    ],
    ids=["lines", "instructions", "comments", "comment"],
)
@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0"?>'])
def test_what_stands_in_front_of_a_feed_hides_nothing(
    declaration: str, before: str, osce: Taxonomy
) -> None:
    body = f"{declaration}{before}<rss><channel><item><title>A</title></item></channel></rss>"
    assert only(body, osce).title == "A"


def test_a_document_that_ends_where_its_root_should_begin_is_refused() -> None:
    found = read(b"<!-- all there is -->", re.compile(b"$"))
    assert isinstance(found, Refused)
    assert found.reason is Reason.MALFORMED


def test_a_half_root_has_nothing_to_be_taken_out_of() -> None:
    tree = read(b"<item><a>", re.compile(b"<item"))
    assert isinstance(tree, Tree)
    drop_half(tree, "item")
    assert len(tree.root) == 1


def test_no_external_document_type_is_fetched(osce: Taxonomy) -> None:
    body = "<!DOCTYPE rss SYSTEM 'file:///dev/zero'><rss><channel/></rss>"
    assert parsed(body, osce).drafts == ()


def test_of_very_many_entries_the_first_are_read(osce: Taxonomy) -> None:
    assert len(parsed(rss("<item><title>A</title></item>" * 10_001), osce).drafts) == 10_000


def test_markup_without_end_leaves_the_words(osce: Taxonomy) -> None:
    bomb = f"<item><title>A</title><description><![CDATA[{'<b><p>' * 300}x]]></description></item>"
    last = parsed(rss(bomb * 300 + "<item><title>Last &lt;b></title></item>"), osce).drafts[-1]
    assert (last.title, last.paragraphs) == ("Last", ())


PEER = (
    rss(FULL),
    item("<link>https://e.test/a?b=1&amp;c=2</link><guid>https://e.test/1</guid>"),
    item("<pubDate>Fri, 20 Nov 26 12:00:00 EST</pubDate><guid isPermaLink='false'>urn:x:1</guid>"),
    entry(
        "<link href='/1'/><published>2026-11-20T10:00:00+01:00</published><summary>S</summary>"
        "<link rel='enclosure' href='https://e.test/a.pdf' type='application/pdf' length='3'/>"
    ),
    entry("<title type='html'>A &lt;b&gt;b&lt;/b&gt;</title><link href='https://e.test/1'/>"),
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("body", PEER)
def test_feedparser_agrees(body: bytes, osce: Taxonomy) -> None:
    """On ids, titles, addresses, dates, files and what entries are filed under."""
    headers = {"content-location": "https://www.example.org/news/feed"}
    peer: Any = feedparser.parse(io.BytesIO(body), response_headers=headers).entries[0]
    draft = only(body, osce)
    assert draft.guid == peer.get("id")
    assert draft.title == re.sub("<[^>]*>", "", unescape(peer.get("title")))
    filed = {tag.get("label") or tag.get("term") for tag in peer.get("tags", ())}
    assert {label.text for label in (*draft.fields, *draft.countries)} <= filed
    assert draft.url == peer.get("link")
    at = draft.issued.at if draft.issued else None
    stated = peer.get("published_parsed")
    assert (at.timetuple()[:6] if at else None) == (tuple(stated)[:6] if stated else None)
    files = [(urljoin(URL, each["href"]), each["type"]) for each in peer.get("enclosures", ())]
    assert [(each.url, each.media_type) for each in draft.enclosures] == files


PIECES = st.sampled_from(
    "<rss> <channel> <item> </item> <title> </title> <![CDATA[ ]]> & &amp; &nbsp; &#0; < > <feed "
    "<entry> </entry> <link href=' '/> <content type='xhtml'> <!-- --> <?xml xmlns:a='b' a:b &#xd800; "  # noqa: E501
    '</rss> <guid> <pubDate> 2026-11-20 <rdf:RDF {"items":[ {} ] } \x00 é <html>'.split(" ")
)


@given(
    st.lists(PIECES | st.text(max_size=5), max_size=30), st.sampled_from(["<rss>", "<feed>", ""])
)
def test_any_soup_of_tags_is_understood_or_refused(pieces: list[str], root: str) -> None:
    body = (root + "".join(pieces)).encode("utf-8", "surrogatepass")
    found = understood(body, Taxonomy.from_toml(""))
    for draft in found.drafts if isinstance(found, Parsed) else ():
        draft.title.encode()
        assert not {"\r", "\n", "\0"} & set(draft.title)


@given(st.binary())
def test_any_bytes_are_understood_or_refused(body: bytes) -> None:
    understood(b"<rss><channel><item>" + body, Taxonomy.from_toml(""))


@pytest.mark.parametrize(
    "body",
    [
        "<rss xmlns='https://cms.example.com/rss'><channel>{}<tps:></channel></rss>",
        "<rss><channel>{}<item><description><b xmlns='http://www.w3.org/1999/xhtml'><tps:>b</tps:></b></description></item></channel></rss>",
    ],
)
def test_an_element_whose_name_is_none_costs_no_feed(body: str, osce: Taxonomy) -> None:
    found = parsed(body.replace("{}", "<item><title>A</title></item>").encode(), osce).drafts
    assert found[0].title == "A"
