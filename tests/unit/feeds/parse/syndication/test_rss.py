"""RSS in all its versions: every element that says something of an item, and how it is misused."""

# ruff: noqa: E501 - documents are written as their sites write them

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Hub
from feeds.model import Enclosure, Issued, IssuedFrom
from feeds.parse.sanitise import paragraphs
from feeds.parse.syndication import drafts
from feeds.parse.syndication.feed_entries import TextConstruct
from feeds.taxonomy import Taxonomy
from tests.pages import fields, issuers
from tests.syndicated import FULL, item, only, parsed, rss


def test_words_around_an_address_at_the_end_stay(osce: Taxonomy) -> None:
    words = "<p>Twenty officers took part; all of it stands at https://www.example.org/1 .</p>"
    told = (
        "<title>A course</title><link>https://www.example.org/1</link><description>{}</description>"
    )
    draft = only(rss(f"<item>{told.format('<![CDATA[' + words + ']]>')}</item>"), osce)
    assert draft.summary.endswith("https://www.example.org/1 .")


def test_an_item_of_rss_2_is_understood_whole(osce: Taxonomy) -> None:
    draft = only(rss(FULL, "<language>en-gb</language>"), osce)
    assert draft.form == "rss"
    assert draft.title == "Police officers trained in digital investigations"
    assert draft.summary == "Twenty officers & a judge."
    assert draft.paragraphs == ("Twenty officers & a judge.", "The course was long.")
    assert 'href="https://www.example.org/mission/more"' in draft.markup
    assert "script" not in draft.markup
    assert "onclick" not in draft.markup
    assert not draft.partial
    assert (draft.url, draft.guid) == ("https://www.example.org/mission/100", "node-100")
    assert draft.issued == Issued(
        day=date(2026, 11, 20),
        at=datetime(2026, 11, 21, 4, 30, tzinfo=UTC),
        origin=IssuedFrom.FEED,
    )
    assert fields(draft) == [("Policing", "policing"), ("Night schools", None)]
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]
    assert draft.language == "en-GB"
    assert draft.provenance is None
    url = "https://www.example.org/guide.pdf"
    assert draft.enclosures == (Enclosure(url=url, media_type="application/pdf", length=1024),)


def test_rdf_items_stand_beside_their_channel(osce: Taxonomy) -> None:
    body = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel rdf:about="https://www.example.org/"><title>News</title>
      <link>https://www.example.org/</link><dc:language>fr</dc:language></channel>
      <item rdf:about="https://www.example.org/1"><title>Un</title>
      <link>https://www.example.org/1</link><dc:date>2026-11-20</dc:date>
      <dc:subject>Policing</dc:subject></item></rdf:RDF>"""
    assert parsed(body, osce).form == "rdf"
    draft = only(body, osce)
    assert (draft.title, draft.url, draft.language) == ("Un", "https://www.example.org/1", "fr")
    assert draft.guid == "https://www.example.org/1"
    assert draft.issued == Issued(day=date(2026, 11, 20), origin=IssuedFrom.FEED)
    assert fields(draft) == [("Policing", "policing")]


@pytest.mark.parametrize(
    "root",
    [
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">',
        '<rss version="0.91">',
        '<rss version="0.92">',
        '<rss xmlns="http://backend.userland.com/rss2">',
        "<!DOCTYPE rss PUBLIC '-//Netscape Communications//DTD RSS 0.91//EN' 'http://my.netscape.com/publish/formats/rss-0.91.dtd'><rss>",
    ],
)
def test_every_version_has_items(root: str, osce: Taxonomy) -> None:
    items = "<item><title>One</title><link>https://www.example.org/1</link></item>"
    draft = only(f"{root}<channel><title>News</title>{items}</channel>", osce)
    assert (draft.title, draft.url) == ("One", "https://www.example.org/1")


@pytest.mark.parametrize(
    ("inner", "url", "others"),
    [
        ("<link>https://e.test/1</link>", "https://e.test/1", ()),
        ("<guid>https://e.test/1</guid>", "https://e.test/1", ()),
        ("<guid isPermaLink='false'>https://e.test/1</guid>", None, ()),
        ("<guid>12</guid>", None, ()),
        ("<link>https://www.example.org/</link>", None, ()),
        ("<link>https://www.example.org</link>", None, ()),
        ("<link>https://e.test/</link>", "https://e.test/", ()),
        ("<link>javascript:alert(1)</link>", None, ()),
        ("<link>\n https://e.test/a b\n </link>", "https://e.test/a%20b", ()),
        ("<link>https://e.test/1</link><guid>https://e.test/?p=1</guid>", "https://e.test/1", ("https://e.test/?p=1",)),
        ("<link>https://f.test/~r/1</link><feedburner:origLink>https://e.test/1</feedburner:origLink>", "https://e.test/1", ("https://f.test/~r/1",)),
        ("<atom:link href='/1'/>", "https://www.example.org/1", ()),
        ("<link>http://[broken/1</link>", None, ()),
    ],
)  # fmt: skip
def test_an_address_is_one_of_the_item(
    inner: str, url: str | None, others: tuple[str, ...], osce: Taxonomy
) -> None:
    draft = only(item(inner), osce)
    assert (draft.url, draft.also_at) == (url, others)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("5 &lt; 6", "5 < 6"),
        ("a&amp;copy=1", "a&copy=1"),
        ("<![CDATA[Q&A: <b>why</b>]]>", "Q&A: why"),
        ("&lt;script&gt;x&lt;/script&gt;Safe", "Safe"),
        ("one\r\n two\u0085three\u200b", "one two three"),
        ("Caf&amp;eacute;", "Café"),
    ],
)
def test_a_title_is_decoded_once_and_plain(written: str, title: str, osce: Taxonomy) -> None:
    assert only(rss(f"<item><title>{written}</title></item>"), osce).title == title


def test_a_long_title_is_cut_at_a_word(osce: Taxonomy) -> None:
    title = only(rss(f"<item><title>{'word ' * 200_000}</title></item>"), osce).title
    assert len(title) <= 300
    assert title.endswith("word…")


def test_an_item_without_a_title_is_called_by_its_first_words(osce: Taxonomy) -> None:
    draft = only(rss(f"<item><description>{'Officers met. ' * 20}</description></item>"), osce)
    assert draft.title.startswith("Officers met.")
    assert len(draft.title) <= 100


def test_an_item_that_says_nothing_is_left_out(osce: Taxonomy) -> None:
    assert parsed(rss("<item/><item><pubDate>2026-11-20</pubDate></item>"), osce).drafts == ()


def test_an_item_that_is_nothing_but_an_address_is_called_by_it(osce: Taxonomy) -> None:
    draft = only(rss("<item><link>https://e.test/1</link></item>"), osce)
    assert (draft.title, draft.url) == ("https://e.test/1", "https://e.test/1")


@pytest.mark.parametrize(
    ("found_at", "url"),
    [
        ("https://feeds.test/1", "https://www.example.org/1"),
        ("https://example.org/feeds/1", "https://example.org/1"),
    ],
)
def test_relative_links_count_from_the_site_where_anothers_host_serves_its_feed(
    found_at: str, url: str, osce: Taxonomy
) -> None:
    assert only(item("<link>/1</link>"), osce, url=found_at).url == url


@pytest.mark.parametrize(
    "items",
    [
        "<list><item><title>One</title></item></list>",
        "<entry><title>One</title></entry>",
        "<a:entry xmlns:a='http://www.w3.org/2005/Atom'><a:title>One</a:title></a:entry>",
    ],
)
def test_entries_are_read_wherever_they_stand(items: str, osce: Taxonomy) -> None:
    assert only(rss(items), osce).title == "One"


def test_a_section_that_was_wrapped_twice_loses_no_word(osce: Taxonomy) -> None:
    draft = only(
        rss("<item><title>&lt;![CDATA[One &lt;b&gt;two&lt;/b&gt;]]&gt;</title></item>"), osce
    )
    assert draft.title == "One two"


def test_an_empty_feed_is_a_list_of_nothing(osce: Taxonomy) -> None:
    found = parsed(rss(""), osce)
    assert found.is_list
    assert found.drafts == ()


def test_a_short_description_is_all_there_is(osce: Taxonomy) -> None:
    draft = only(item("<description>&lt;p&gt;A few words&lt;/p&gt;</description>"), osce)
    assert (draft.summary, draft.paragraphs, draft.markup) == ("A few words", (), "")
    assert draft.partial


def test_a_description_that_is_marked_up_is_the_text_where_there_is_no_other(
    osce: Taxonomy,
) -> None:
    markup = 'Un <b>texte</b> avec <a href="https://www.example.org/2" rel="noopener noreferrer">lien</a>.'
    draft = only(item(f"<description><![CDATA[{markup}]]></description>"), osce)
    assert (draft.summary, draft.paragraphs) == ("Un texte avec lien.", ("Un texte avec lien.",))
    assert draft.markup == markup
    assert draft.partial


@pytest.mark.parametrize("name", ["description", "content:encoded"])
@pytest.mark.parametrize(
    ("html", "summary"),
    [
        ("<h1>Big &amp; <i>head</i></h1><p>The text.</p><h2>More</h2><p>Of it.</p>", "The text."),
        ("<h2>Big head</h2>", "Big head"),
    ],
)
def test_an_opening_is_a_paragraph(name: str, html: str, summary: str, osce: Taxonomy) -> None:
    assert only(item(f"<{name}><![CDATA[{html}]]></{name}>"), osce).summary == summary


IMAGE = '<img src="https://www.example.org/b.jpg" alt="A bridge at dawn">'
BRIDGE = f"<figure>{IMAGE}</figure>"
FILM = '<video src="https://www.example.org/b.mp4" title="Film"></video>'
FRAME = '<iframe src="https://www.youtube.com/embed/1"></iframe>'


@pytest.mark.parametrize(
    ("inner", "markup", "body"),
    [
        (f"<content:encoded><![CDATA[{IMAGE}]]></content:encoded>", BRIDGE, ()),
        (f"<description><![CDATA[{IMAGE}]]></description>", BRIDGE, ()),
        (f"<content:encoded><![CDATA[<p>{FILM}</p>]]></content:encoded>", '<p><a href="https://www.example.org/b.mp4">Film</a></p>', ()),
        (f"<description><![CDATA[{FRAME}]]></description>", '<p><a href="https://www.youtube.com/embed/1" type="frame">youtube.com</a></p>', ()),
        (f"<description>A.</description><content:encoded><![CDATA[{IMAGE}]]></content:encoded>", BRIDGE, ()),
        (f"<description><![CDATA[<p>A.</p><p>B.</p>]]></description><content:encoded><![CDATA[{IMAGE}]]></content:encoded>", f"{BRIDGE}<p>A.</p><p>B.</p>", ("A.", "B.")),
        (f"<description>{'A &amp;amp; b ' * 100}</description><content:encoded><![CDATA[{IMAGE}]]></content:encoded>", f"{BRIDGE}<p>{('A &amp; b ' * 100).strip()}</p>", (("A & b " * 100).strip(),)),
        (f"<description>A.</description><content:encoded><![CDATA[<p>A.</p>{IMAGE}]]></content:encoded>", f"<p>A.</p>{BRIDGE}", ("A.",)),
    ],
)  # fmt: skip
def test_what_an_item_shows_without_a_word_is_kept(
    inner: str, markup: str, body: tuple[str, ...], osce: Taxonomy
) -> None:
    draft = only(item(inner), osce)
    assert draft.markup.replace(' rel="noopener noreferrer"', "") == markup
    assert draft.paragraphs == body
    assert draft.partial


def test_content_that_repeats_the_description_is_not_doubled(osce: Taxonomy) -> None:
    same = "<![CDATA[<p>The same.</p>]]>"
    inner = f"<description>{same}</description><content:encoded>{same}</content:encoded>"
    draft = only(item(inner), osce)
    assert (draft.summary, draft.paragraphs, draft.partial) == ("The same.", (), True)


def test_a_long_description_is_kept_as_text_and_may_not_be_all(osce: Taxonomy) -> None:
    draft = only(item("<description><![CDATA[<p>One.</p><p>Two.</p>]]></description>"), osce)
    assert (draft.summary, draft.paragraphs) == ("One.", ("One.", "Two."))
    assert draft.partial


def test_a_long_plain_description_is_cut_for_the_summary_alone(osce: Taxonomy) -> None:
    text = "words " * 200
    draft = only(item(f"<description>{text}</description>"), osce)
    assert len(draft.summary) <= 500
    assert draft.paragraphs == (text.strip(),)


def test_content_alone_gives_the_summary(osce: Taxonomy) -> None:
    draft = only(item("<content:encoded>&lt;p&gt;All.&lt;/p&gt;</content:encoded>"), osce)
    assert (draft.summary, draft.paragraphs, draft.partial) == ("All.", ("All.",), False)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<author>press@e.test (Mission to Serbia)</author>", "mission-to-serbia"),
        ("<author>Mission to Serbia &lt;press@e.test&gt;</author>", "mission-to-serbia"),
        ("<dc:publisher>OSCE Mission to Serbia</dc:publisher>", "mission-to-serbia"),
        ("<source url='https://e.test/'>Mission to Serbia</source>", "mission-to-serbia"),
        ("<category domain='issuer'>Mission to Serbia</category>", "mission-to-serbia"),
        ("<category>Mission to Serbia</category>", "mission-to-serbia"),
        ("<author>Jane Doe</author>", None),
    ],
)
def test_who_wrote_it_is_the_issuer_if_known(
    inner: str, expected: str | None, osce: Taxonomy
) -> None:
    slugs = [label.slug for label in only(item(inner), osce).issuers]
    assert slugs == ([expected] if expected else [])


def test_the_author_of_the_feed_wrote_items_without_one(osce: Taxonomy) -> None:
    body = rss("<item><title>A</title></item>", "<dc:creator>OSCE Secretariat</dc:creator>")
    assert issuers(only(body, osce)) == [("OSCE Secretariat", "secretariat")]


def test_categories_may_name_kind_and_country_and_come_by_slug(osce: Taxonomy) -> None:
    inner = (
        "<category domain='https://e.test/type'>Press release</category>"
        "<category>Serbia</category><category domain='tag:e.test,2026:field'>human-rights</category>"
        "<atom:category term='youth' scheme='https://e.test/fields/' label='Youth'/>"
    )
    draft = only(item(inner), osce)
    assert draft.content_type
    assert draft.content_type.slug == "press-release"
    assert [label.slug for label in draft.fields] == ["human-rights", "youth"]
    assert [label.slug for label in draft.countries] == ["serbia"]


def test_files_are_listed_once_with_what_can_be_true_of_them(osce: Taxonomy) -> None:
    inner = (
        "<enclosure url='https://e.test/a.mp3' type='audio/mpeg' length='0'/>"
        "<enclosure url='https://e.test/a.mp3'/><enclosure url='file:///etc/x'/><enclosure/>"
        "<media:content url='https://e.test/b.jpg' type='no type' fileSize='99'/>"
        "<media:group><media:content url='https://e.test/c.jpg' fileSize='-1'/></media:group>"
    )
    assert only(item(inner), osce).enclosures == (
        Enclosure(url="https://e.test/a.mp3", media_type="audio/mpeg"),
        Enclosure(url="https://e.test/b.jpg", length=99),
        Enclosure(url="https://e.test/c.jpg"),
    )


def test_hub_and_older_pages_are_found(osce: Taxonomy) -> None:
    head = (
        "<atom:link rel='hub' href='https://hub.test/'/><atom:link rel='self' href='/feed'/>"
        "<atom:link rel='prev-archive' href='?page=1'/><atom:link rel='next' href='?page=2'/>"
    )
    found = parsed(rss("", head), osce)
    assert found.hub == Hub("https://hub.test/", "https://www.example.org/feed")
    assert found.next_page == "https://www.example.org/news/feed?page=2"


@pytest.mark.parametrize(
    ("inner", "language"),
    [
        ("<dc:language>sr_latn-RS</dc:language>", "sr-Latn-RS"),
        ("<dc:language>EN_us</dc:language>", "en-US"),
        ("<dc:language>zh-TW</dc:language>", "zh-TW"),
        ("<dc:language>zh-cmn-Hans-CN</dc:language>", "zh-Hans-CN"),
        ("<dc:language>pt-BR-x-private</dc:language>", "pt-BR"),
        ("<dc:language>sl-IT-rozaj</dc:language>", "sl-IT-rozaj"),
        ("<dc:language>iw</dc:language>", "he"),
        ("<dc:language>sh</dc:language>", "sr-Latn"),
        ("<dc:language>cnr</dc:language>", "cnr"),
        ("<dc:language>und</dc:language>", None),
        ("<dc:language>mul</dc:language>", None),
        ("<dc:language>English, please</dc:language>", None),
        ("", None),
    ],
)
def test_a_language_is_a_tag_or_unknown(inner: str, language: str | None, osce: Taxonomy) -> None:
    assert only(item(inner), osce).language == language


def test_parts_of_another_direction_stand_apart_in_words_but_not_in_a_title(osce: Taxonomy) -> None:
    said = "The \u2067word\u2069 of \u202ethe\u202c day\u2066"
    text = f"<title>{said}</title><description>{said}</description>"
    draft = only(rss(f"<item>{text}</item>"), osce)
    assert draft.title == "The word of the day"
    assert draft.summary == "The \u2067word\u2069 of the day"


def test_what_an_update_says_is_no_date_of_issue(osce: Taxonomy) -> None:
    inner = "<dcterms:modified>2026-11-20</dcterms:modified><atom:updated>2026-11-20T01:00:00Z</atom:updated>"
    assert only(item(inner), osce).issued is None


def test_an_entity_nobody_declared_leaves_the_item_readable(osce: Taxonomy) -> None:
    body = rss(
        "<item>&foo;<title/><title>A</title><link/><link>https://e.test/<b>1</b></link></item>"
    )
    draft = only(body, osce)
    assert (draft.title, draft.url) == ("A", "https://e.test/1")


@pytest.mark.parametrize(
    "inner", ["<atom:link rel='edit' href='/1'/>", f"<link>/{'a' * 3000}</link>"]
)
def test_other_addresses_are_none_of_the_item(inner: str, osce: Taxonomy) -> None:
    assert only(item(inner), osce).url is None


def test_of_very_many_categories_the_first_count(osce: Taxonomy) -> None:
    inner = "<category>tag</category>" * 60 + "<category>Policing</category>"
    assert (
        only(item(f"<category>Youth</category>{inner}"), osce).fields
        == only(item("<category>Youth</category>"), osce).fields
    )


INLINE = st.sampled_from("<p> </p> <b> </b> <a> </a> <em> word &amp; &lt; &nbsp; . < > &".split())


@given(st.lists(INLINE, max_size=8))
def test_a_simple_paragraph_reads_as_the_sanitiser_reads_it(pieces: list[str]) -> None:
    text = " ".join(pieces)
    if not drafts._PARAGRAPH.fullmatch(text):
        return
    plain, *_ = drafts._lead(TextConstruct(text, is_html=True), "", "")
    assert plain == " ".join(" ".join(paragraphs(f"<p>{text}</p>")).split())


@pytest.mark.parametrize(
    "author",
    [
        "press@example.org (OSCE Secretariat)",
        "OSCE Secretariat (press@example.org)",
        "OSCE Secretariat &lt;press@example.org&gt;",
        "&lt;press@example.org&gt; OSCE Secretariat",
        "&quot;OSCE Secretariat&quot; &lt;press@example.org&gt;",
        "<name>OSCE Secretariat</name><email>press@example.org</email>",
        "<atom:name>OSCE Secretariat</atom:name><atom:email>press@example.org</atom:email>",
    ],
)
def test_a_name_beside_an_address_is_the_name(author: str, osce: Taxonomy) -> None:
    draft = only(item(f"<author>{author}</author>"), osce)
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]


@pytest.mark.parametrize(
    ("inner", "title"),
    [
        ("<description>&lt;img title='The new bridge' src='/1.jpg'></description>", "The new bridge"),
        ("<description>&lt;img alt='' src='/the-new_bridge.jpg?w=1'></description>", "the new bridge"),
        ("<description>&lt;img src=https://e.test/the-new-bridge.jpg></description>", "the new bridge"),
        ("<content:encoded>&lt;figcaption>The new bridge&lt;/figcaption></content:encoded>", "The new bridge"),
        ("<media:thumbnail url='/the-new-bridge.jpg'/>", "the new bridge"),
        ("<image><url>/the-new-bridge.jpg</url><title>1</title></image>", "the new bridge"),
        ("<image>/the-new-bridge.jpg</image>", "the new bridge"),
    ],
)  # fmt: skip
def test_a_picture_alone_is_called_by_what_is_known_of_it(
    inner: str, title: str, osce: Taxonomy
) -> None:
    assert only(rss(f"<item>{inner}</item>"), osce).title == title


def test_an_id_that_is_an_address_is_where_an_item_without_a_link_is(osce: Taxonomy) -> None:
    draft = only(item("<id>https://www.example.org/1</id>"), osce)
    assert (draft.url, draft.guid) == ("https://www.example.org/1", "https://www.example.org/1")


@pytest.mark.parametrize(
    ("told", "rights"),
    [
        ("<dc:rights>© The \n Wire</dc:rights>", ("© The Wire", "")),
        ("<cc:license>https://cc.test/by</cc:license>", ("", "https://cc.test/by")),
        ("<media:copyright>Wire</media:copyright>", ("Wire", "")),
        ("<cc:license>CC BY</cc:license>", ("", "")),
        ("<old:license rdf:resource='https://cc.test/by'/>", ("", "https://cc.test/by")),
        (
            "<media:license href='https://cc.test/by'>CC BY</media:license>",
            ("", "https://cc.test/by"),
        ),
    ],
)
def test_what_an_item_says_of_its_rights_is_kept(
    osce: Taxonomy, told: str, rights: tuple[str, str]
) -> None:
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:cc="http://backend.userland.com/creativeCommonsRssModule"'
        ' xmlns:old="http://web.resource.org/cc/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    )
    document = rss(f"<item><title>A title of some length</title>{told}</item>")
    assert only(document.replace(b"<rss", f"<rss {spaces}".encode(), 1), osce).rights == rights
