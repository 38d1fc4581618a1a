"""An item as feeds and pages show it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from config.values import published_address
from feeds.identity.ids import published_uri
from feeds.model import Author, Issued, IssuedFrom, Item, TopicKind, TopicRef
from feeds.publish.entry import compose, shortened
from feeds.publish.feed import FeedRef
from feeds.publish.site import SourceTerms
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING, SECRETARIAT, a_label
from tests.items import NOON, a_site, an_item, issued

DEPARTMENT = a_label(
    "Transnational Threats Department", "transnational-threats-department", TopicKind.ISSUER
)
DEPARTMENT_REF = TopicRef(TopicKind.ISSUER, "transnational-threats-department")
SCHEMES = "tag:news.example.org,2026-01-01:taxonomy"


def test_a_source_of_our_own_shows_its_text_in_full(osce: Taxonomy) -> None:
    entry = compose(an_item(body="One.\n\nTwo."), a_site(), osce)
    assert (entry.full_text, entry.paragraphs, entry.credit) == (True, ("One.", "Two."), "")


@pytest.mark.parametrize("source", ["web", "a source no setting names"])
def test_others_texts_are_not_even_there(osce: Taxonomy, source: str) -> None:
    """What may not be shown cannot slip into a template."""
    entry = compose(an_item(source=source), a_site(), osce)
    assert (entry.full_text, entry.paragraphs) == (False, ())
    assert entry.summary == an_item().summary


def test_titles_and_names_read_in_their_own_order(osce: Taxonomy) -> None:
    """Whatever was stored: an override makes "exe.gpj" of "jpg.exe"."""
    label = a_label("Poli\u202ecing", None, TopicKind.FIELD)
    entry = compose(an_item(title="A \u202etitle\u200b", fields=(label,)), a_site(), osce)
    assert entry.title == "A title"
    assert "\u202e" not in repr(entry)


def test_the_address_the_source_gave_is_where_an_entry_is_at_home(osce: Taxonomy) -> None:
    entry = compose(an_item(url="https://www.osce.org/node/1"), a_site(), osce)
    assert entry.address == entry.origin == "https://www.osce.org/node/1"
    assert entry.host == "osce.org"
    assert entry.page == "https://news.example.org/items/aaaaaaaaaaaaaaaa/"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/node/1",
        "mailto:press@osce.org",
        "ftp://osce.org/1",
        "https://",
        "https://[::1",
        "https://osce.org/a b",
        "https://osce.org\\\\@evil.example/",
        "https://osce.org/\x01",
        "javascript:alert(1)",
    ],
)
def test_an_address_no_reader_can_follow_is_none(osce: Taxonomy, url: str | None) -> None:
    entry = compose(an_item(url=url), a_site(), osce)
    assert entry.origin is None
    assert entry.address == entry.page
    assert entry.host == ""


def test_addresses_are_said_as_readers_can_follow_them(osce: Taxonomy) -> None:
    """What they cannot hold is in code, and nobody's password is published."""
    markup = (
        '<p><a href="https://a.example/x|y?a=1&amp;b={2}" rel="noopener">1</a> '
        '<a href="https://user:pw@a.example/q&quot;x">2</a> <a href="https://a.example/&amp;">3</a>'
        ' <a href="mailto:anna@a.example">4</a> <a href="https://a.example\\@b.example/">5</a>'
        ' <a href="https://a example/">6</a></p>'
    )
    entry = compose(an_item(url="http://me:pw@osce.org/{a}", markup=markup), a_site(), osce)
    assert entry.origin == entry.address == "http://osce.org/%7Ba%7D"
    assert entry.markup == (
        '<p><a href="https://a.example/x%7Cy?a=1&amp;b=%7B2%7D" rel="noopener">1</a> '
        '<a href="https://a.example/q%22x">2</a> <a href="https://a.example/&amp;">3</a> '
        '<a href="mailto:anna@a.example">4</a> 5 6</p>'
    )


def test_a_link_that_cannot_be_published_leaves_its_words_alone(osce: Taxonomy) -> None:
    """Also around a table with a link that can, as browsers let links be nested there."""
    markup = (
        '<a href="https://a.example\\@b.example/" rel="noopener">1 <b>one</b>'
        '<table><tbody><tr><td><a href="https://a.example/|" rel="noopener">2</a></td></tr>'
        "</tbody></table>3</a>"
    )
    assert compose(an_item(markup=markup), a_site(), osce).markup == (
        '1 <b>one</b><table><tbody><tr><td><a href="https://a.example/%7C" rel="noopener">2</a>'
        "</td></tr></tbody></table>3"
    )


@pytest.mark.parametrize(
    ("language", "of_site", "kind", "words"),
    [
        ("en", "de", "video", "Video"),
        ("de-AT", "en", "frame", "Eingebetteter Inhalt"),
        ("fr", "en", "video", "Vidéo"),
        # In a language without words as the site says it.
        ("sr-Latn", "ru", "audio", "Аудио"),
        ("no language", "es", "video", "Vídeo"),
    ],
)
def test_a_film_that_nobody_gave_a_name_is_called_so_in_the_language_of_its_text(
    osce: Taxonomy, language: str, of_site: str, kind: str, words: str
) -> None:
    link = '<p><a href="https://a.example/|" rel="noopener noreferrer"'
    item = an_item(language=language, markup=f'{link} type="{kind}">a.example</a></p>')
    entry = compose(item, a_site(language=of_site), osce)
    assert entry.markup == f"{link}>{words} (a.example)</a></p>".replace("|", "%7C")


def test_what_nobody_could_read_is_marked_and_stops_no_feed(osce: Taxonomy) -> None:
    text = "Universit\ufffdt \ud83d\x00"
    said = "a\ufffdb\ufffd\ufffd, \ufffdc"
    entry = compose(
        an_item(title=text, summary=text, body=text, markup=f"<p>{text}</p>"), a_site(), osce
    )
    assert entry.paragraphs == ("Universit?t",)
    assert entry.title == entry.summary == "Universit?t"
    assert entry.markup == "<p>Universit?t </p>"
    # No blank is put around it.
    entry = compose(an_item(title=said, body=said, markup=f"<p>{said}</p>"), a_site(), osce)
    assert entry.title == entry.paragraphs[0] == "a?b??, ?c"
    assert entry.markup == "<p>a?b??, ?c</p>"


def test_parts_of_another_direction_stand_apart_in_running_text_alone(osce: Taxonomy) -> None:
    text = "\u2067a\u2069 \u202eb\u2066"
    item = an_item(title=text, summary=text, body=text, markup="<p>\u2067a\u2069\u202e</p>")
    entry = compose(item, a_site(), osce)
    assert (entry.title, entry.summary, entry.paragraphs) == (
        "a b",
        text[:4] + "b",
        (text[:4] + "b",),
    )
    assert entry.markup == "<p>\u2067a\u2069</p>"


def test_published_is_said_only_where_it_is_known(osce: Taxonomy) -> None:
    assert compose(an_item(), a_site(), osce).published is None
    entry = compose(an_item(issued=issued("2026-11-18")), a_site(), osce)
    assert entry.published == datetime(2026, 11, 18, 11, tzinfo=UTC)


def test_an_issue_instant_is_when_it_was_published(osce: Taxonomy) -> None:
    at = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
    said = Issued(day=at.date(), at=at, origin=IssuedFrom.FEED)
    assert compose(an_item(issued=said), a_site(), osce).published == at


def test_nothing_was_published_after_it_was_seen(osce: Taxonomy) -> None:
    entry = compose(an_item(issued=issued("2026-11-21")), a_site(), osce)
    assert entry.published == NOON


def test_its_authors_are_those_named_else_its_issuers_or_else_the_organisation(
    osce: Taxonomy,
) -> None:
    def named(item: Item, **site: str) -> list[str]:
        return [each.name for each in compose(item, a_site(**site), osce).authors]

    assert named(an_item()) == ["OSCE Secretariat"]
    nobody = an_item(issuers=())
    assert named(nobody) == ["OSCE"]
    assert named(nobody, organisation="") == ["OSCE news"]
    told = (
        Author(name="Ana\x00 A.", uri="https://a.test/{x}"),
        Author(name="\x00", uri="x"),
        Author(name="Ben", uri="javascript:alert(1)"),
    )
    assert named(an_item(authors=told)) == ["Ana A.", "Ben"]
    assert named(an_item(authors=told[1:2])) == ["OSCE Secretariat"]
    uris = [each.uri for each in compose(an_item(authors=told), a_site(), osce).authors]
    assert uris == ["https://a.test/%7Bx%7D", ""]


def test_topics_are_categories_in_the_order_printed_then_those_above_them(osce: Taxonomy) -> None:
    item = an_item(issuers=(DEPARTMENT,), topics=frozenset((*an_item().topics, DEPARTMENT_REF)))
    found = [
        (each.scheme.removeprefix(SCHEMES), each.term, each.label, each.direct)
        for each in compose(item, a_site(), osce).categories
    ]
    assert found == [
        ("/issuer", "transnational-threats-department", "Transnational Threats Department", True),
        ("/field", "policing", "Policing", True),
        ("/type", "news", "News", True),
        ("/issuer", "secretariat", "OSCE Secretariat", False),
    ]


def test_a_name_nobody_knows_is_a_category_of_a_scheme_of_its_own(osce: Taxonomy) -> None:
    """So that a term is never a slug in one entry and a mere name in another."""
    item = an_item(fields=(a_label("Astrography", None),))
    category = compose(item, a_site(), osce).filed_under(TopicKind.FIELD)[0]
    assert (category.scheme, category.term) == (f"{SCHEMES}/unlisted-field", "Astrography")
    assert (category.label, category.feed) == ("Astrography", None)


def test_a_topic_the_taxonomy_lost_keeps_its_term_and_has_no_feed(osce: Taxonomy) -> None:
    gone = TopicRef(TopicKind.FIELD, "astrography")
    item = an_item(fields=(a_label("Astrography", "astrography"),), topics=frozenset({gone}))
    category = compose(item, a_site(), osce).filed_under(TopicKind.FIELD)[0]
    assert (category.scheme, category.term) == (f"{SCHEMES}/field", "astrography")
    assert (category.label, category.feed) == ("Astrography", None)


def test_the_same_topic_lost_and_implied_is_called_by_its_slug(osce: Taxonomy) -> None:
    item = an_item(topics=frozenset({TopicRef(TopicKind.FIELD, "astrography")}))
    assert compose(item, a_site(), osce).categories[-1].label == "astrography"


def test_known_topics_lead_to_their_feeds(osce: Taxonomy) -> None:
    feeds = [each.feed for each in compose(an_item(), a_site(), osce).categories]
    assert feeds == [*map(FeedRef.of, (SECRETARIAT, POLICING, TopicRef(TopicKind.TYPE, "news")))]


@pytest.mark.parametrize(
    ("body", "standfirst"),
    [
        ("VIENNA, 20 November - {summary} More.\n\nEnd.", ""),
        ("Another opening.\n\n{summary}", "{summary}"),
        ("", "{summary}"),
    ],
)
def test_the_summary_opens_the_text_once(osce: Taxonomy, body: str, standfirst: str) -> None:
    summary = an_item().summary
    entry = compose(an_item(body=body.format(summary=summary)), a_site(), osce)
    assert entry.standfirst == standfirst.format(summary=summary)


def test_an_item_without_a_kind_says_none(osce: Taxonomy) -> None:
    assert compose(an_item(content_type=None), a_site(), osce).content_type is None


def test_a_title_of_nothing_visible_becomes_the_name_of_the_page(osce: Taxonomy) -> None:
    assert compose(an_item(title="\x00 \x0b"), a_site(), osce).title == "aaaaaaaaaaaaaaaa"


def is_discouraged(sign: str) -> bool:
    """Whether XML 1.0 advises against it (section 2.2)."""
    number = ord(sign)
    is_control = number in {*range(0x7F, 0xA0)} - {0x85}
    return is_control or number in range(0xFDD0, 0xFDF0) or number & 0xFFFE == 0xFFFE


ODD = st.sampled_from("\ufdd0\ufdef\ufffe\U0001fffe\U0001ffff\U0010ffff\x7f\x9f\ufffca ")
WILD = st.text() | st.text(ODD)


@given(WILD, WILD, WILD)
def test_whatever_a_document_holds_is_allowed_in_xml(
    osce: Taxonomy, title: str, body: str, label: str
) -> None:
    """One bad character must not stop a feed, nor draw a warning (XML 1.0, section 2.2)."""
    item = replace(an_item(), title=title, summary=body, body=body, fields=(a_label(label, None),))
    entry = compose(item, a_site(), osce)
    element = etree.Element("test")
    for text in (entry.title, entry.summary, *entry.paragraphs):
        element.text = text
        assert not any(map(is_discouraged, text))
    for category in entry.categories:
        assert not any(map(is_discouraged, category.label + category.term))
        element.set("label", category.label)
        element.set("term", category.term)


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("https://example.org/a?b#c", "https://example.org/a?b#c"),
        ("https://example.org/пр%20?ü#é", "https://example.org/%D0%BF%D1%80%20?%C3%BC#%C3%A9"),
        ("https://straße.example:81/|", "https://xn--strae-oqa.example:81/%7C"),
        ("https://my_ü.example/", "https://xn--my_-joa.example/"),
        ("https://ü..example/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_an_address_is_a_uri_to_programs_that_know_no_other(
    text: str, published: str | None
) -> None:
    """RSS has URIs alone (RFC 3987 3.1 tells how an IRI becomes one)."""
    assert published_uri(text) == published


@given(st.text(max_size=20))
def test_no_address_is_too_odd_to_become_a_uri(text: str) -> None:
    for start in ("https://", "https://a.", "https://example.org/", "http://["):
        uri = published_uri(start + text)
        assert uri is None or (uri.isascii() and published_address(uri) == uri)


def test_topics_are_named_in_the_language_of_the_site_and_authors_as_printed(
    osce: Taxonomy,
) -> None:
    entry = compose(an_item(), a_site(language="de-AT"), osce)
    labels = [each.label for each in entry.categories]
    assert labels == ["OSZE-Sekretariat", "Polizeiarbeit", "Nachrichten"]
    assert entry.by == (("OSZE-Sekretariat", "de"),)
    assert entry.content_type == ("Nachrichten", "de")
    assert {each.language for each in entry.categories} == {"de"}
    assert [author.name for author in entry.authors] == ["OSCE Secretariat"]


def test_a_topic_without_a_label_in_that_language_is_named_as_printed(osce: Taxonomy) -> None:
    entry = compose(an_item(), a_site(language="nl"), osce)
    assert entry.by == (("OSCE Secretariat", "en"),)
    assert entry.content_type == ("News Item", "en")
    assert {each.language for each in entry.categories} == {"en"}
    item = an_item(issuers=(a_label("Harbour Office", None, TopicKind.ISSUER),))
    assert compose(item, a_site(language="de"), osce).by == (("Harbour Office", "en"),)


def test_a_name_that_nobody_knows_is_in_the_language_of_the_item(osce: Taxonomy) -> None:
    label = a_label("Hafenamt", None, TopicKind.ISSUER)
    entry = compose(an_item(issuers=(label,), language="de"), a_site(), osce)
    assert entry.by == (("Hafenamt", "de"),)
    assert [each.language for each in entry.filed_under(TopicKind.ISSUER)] == ["de"]
    untold = Taxonomy.from_toml('[[field]]\nslug = "policing"\nlabel = "Policing"\n')
    topics = compose(an_item(issuers=()), a_site(), untold).filed_under(TopicKind.FIELD)
    assert [each.language for each in topics] == [""]


PICTURE = "https://www.osce.org/a.jpg"
PICTURED = (
    f'<p>One.</p><figure><img src="{PICTURE}" alt="A map"><figcaption>Map</figcaption></figure>'
)
LICENSED = (
    SourceTerms(source="own", full_text=True, images=True),
    SourceTerms(source="web", full_text=False, images=True),
)


def test_pictures_are_links_unless_the_terms_of_their_source_say_otherwise(osce: Taxonomy) -> None:
    item = an_item(body="One.", markup=PICTURED)
    entry = compose(item, a_site(), osce)
    assert (entry.markup, entry.picture) == (
        f'<p>One.</p><p><a href="{PICTURE}" rel="noopener noreferrer">Map</a></p>',
        None,
    )
    licensed = compose(item, a_site(terms=LICENSED), osce)
    assert licensed.markup == PICTURED
    assert licensed.picture
    assert licensed.picture.address == PICTURE


def test_beside_a_summary_stands_one_picture_where_it_may(osce: Taxonomy) -> None:
    item = an_item(source="web", body="One.", markup=PICTURED + PICTURED)
    assert compose(item, a_site(), osce).markup == ""
    entry = compose(item, a_site(terms=LICENSED), osce)
    assert (entry.paragraphs, entry.markup) == ((), PICTURED.removeprefix("<p>One.</p>"))
    whole = compose(replace(item, source="own"), a_site(terms=LICENSED), osce)
    assert shortened(whole).markup == entry.markup


@pytest.mark.parametrize("full_text", [True, False])
def test_the_picture_of_an_item_that_is_a_summary_is_shown_or_linked(
    full_text: bool, osce: Taxonomy
) -> None:
    picture = PICTURED.removeprefix("<p>One.</p>")
    item = an_item(source="web", body="", summary="A lead.", markup=picture)
    terms = SourceTerms(source="web", full_text=full_text)
    linked = compose(item, a_site(terms=(terms,)), osce)
    assert linked.markup == f'<p><a href="{PICTURE}" rel="noopener noreferrer">Map</a></p>'
    shown = compose(item, a_site(terms=(replace(terms, images=True),)), osce)
    assert (shown.standfirst, shown.markup) == ("A lead.", picture)


@pytest.mark.parametrize(("source", "images"), [("own", True), ("web", True), ("web", False)])
def test_an_item_that_shows_something_and_says_nothing_is_told_of_all_the_same(
    source: str, images: bool, osce: Taxonomy
) -> None:
    terms = [replace(each, images=images) for each in LICENSED]
    film = f'<p><a href="{PICTURE}" rel="noopener noreferrer">Film</a></p>'
    item = an_item(source=source, body="", summary="", markup=PICTURED[len("<p>One.</p>") :] + film)
    entry = compose(item, a_site(terms=tuple(terms)), osce)
    assert not entry.is_title_alone
    assert (PICTURED[len("<p>One.</p>") :] in entry.markup) is images
    assert film in entry.markup
    bare = compose(replace(item, markup=film), a_site(terms=tuple(terms)), osce)
    assert shortened(bare).markup == bare.markup == film


def test_our_own_pages_ask_for_pictures_late(osce: Taxonomy) -> None:
    entry = compose(an_item(markup=PICTURED), a_site(terms=LICENSED), osce).on_own_page()
    assert '<img loading="lazy" referrerpolicy="no-referrer" src=' in entry.markup
