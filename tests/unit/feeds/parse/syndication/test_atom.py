"""Atom 1.0 and 0.3, feeds and single entries: ids and sources kept, types of text obeyed."""

from datetime import UTC, date, datetime

import pytest

from feeds.draft import Alternate, Hub, Reason
from feeds.model import Author, Enclosure, Issued, IssuedFrom, Provenance
from feeds.taxonomy import Taxonomy
from tests.pages import fields, issuers
from tests.syndicated import atom, entry, only, parsed, refused

ENTRY = """<entry xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://e.test/de/">
  <id>tag:e.test,2026:7</id><title>Kurs beendet</title><updated>2026-11-21T00:00:00Z</updated>
  <published>2026-11-20T10:00:00+01:00</published><link href="7"/>
  <author><name>OSCE Secretariat</name></author><summary>Zwanzig Beamte.</summary></entry>"""


def test_an_entry_keeps_its_id_and_its_feed(osce: Taxonomy) -> None:
    head = (
        "<author><name>The Wire</name><email>wire@example.org</email></author><rights>CC BY 4.0"
        "</rights><link href='/news/'/><link rel='self' href='/news/all.atom' type='x/y'/>"
    )
    inner = "<id>tag:example.org,2026:1</id><title>A title</title>"
    published = "<published>2026-11-20T09:00:00.5Z</published>"
    draft = only(atom(f"<entry>{inner}{published}</entry>", head), osce)
    assert draft.form == "atom"
    assert draft.guid == "tag:example.org,2026:1"
    assert draft.provenance == Provenance(
        entry_id="tag:example.org,2026:1",
        feed_id="tag:example.org,2026:feed",
        feed_title="All & news",
        feed_updated=datetime(2026, 11, 20, 12, tzinfo=UTC),
        feed_authors=(Author(name="The Wire"),),
        feed_home="https://www.example.org/news/",
        feed_self="https://www.example.org/news/all.atom",
        feed_rights="CC BY 4.0",
    )
    assert draft.language == "en-GB"
    assert draft.issued
    assert draft.issued.day == date(2026, 11, 20)


def test_an_entry_of_another_feed_names_that_one(osce: Taxonomy) -> None:
    source = (
        "<source><id>urn:x:feed</id><title type='html'>Theirs</title>"
        "<author><name>Mission to Serbia</name></author>"
        "<link href='https://theirs.test/'/></source>"
    )
    draft = only(entry(source), osce)
    assert draft.provenance == Provenance(
        entry_id="tag:example.org,2026:1",
        feed_id="urn:x:feed",
        feed_title="Theirs",
        feed_authors=(Author(name="Mission to Serbia"),),
        feed_home="https://theirs.test/",
    )
    assert [label.slug for label in draft.issuers] == ["mission-to-serbia"]


def test_an_entry_document_is_one_whole_draft(osce: Taxonomy) -> None:
    found = parsed(ENTRY, osce)
    assert (found.form, found.is_list) == ("atom-entry", False)
    [draft] = found.drafts
    assert not draft.partial
    assert (draft.title, draft.summary, draft.language) == ("Kurs beendet", "Zwanzig Beamte.", "de")
    assert draft.url == "https://e.test/de/7"
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]
    assert draft.issued == Issued(
        day=date(2026, 11, 20), at=datetime(2026, 11, 20, 9, tzinfo=UTC), origin=IssuedFrom.FEED
    )
    assert draft.provenance == Provenance(entry_id="tag:e.test,2026:7", feed_id="", feed_title="")


def test_an_entry_document_that_is_cut_or_says_nothing_is_refused(osce: Taxonomy) -> None:
    assert refused(ENTRY[:-30], osce).reason is Reason.INCOMPLETE
    assert refused("<entry xmlns='http://www.w3.org/2005/Atom'/>", osce).reason is Reason.INCOMPLETE


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<title>AT&amp;amp;T &lt;b&gt;</title>", "AT&amp;T <b>"),
        ("<title type='html'>AT&amp;amp;T &lt;b&gt;x&lt;/b&gt;</title>", "AT&T x"),
        ("<title type='text/html' mode='escaped'>&lt;i&gt;x&lt;/i&gt;</title>", "x"),
        ("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a <b>b</b> &lt;c</div></title>", "a b <c"),  # noqa: E501
        ("<title type='application/octet-stream'>AAAA</title><summary>Words</summary>", "Words"),
    ],
)  # fmt: skip
def test_a_title_is_read_by_its_type(written: str, title: str, osce: Taxonomy) -> None:
    assert only(atom(f"<entry>{written}</entry>"), osce).title == title


@pytest.mark.parametrize(
    ("inner", "summary"),
    [
        ("<summary>&lt;p&gt;a &lt;b&gt;b&lt;/b&gt;&lt;/p&gt;</summary>", "a b"),
        ("<summary>Use &lt;b&gt; for words that count</summary>", "Use <b> for words that count"),
        ("<summary type='text'>&lt;b&gt;b&lt;/b&gt;</summary>", "<b>b</b>"),
        ("<content type='html'><div xmlns='http://www.w3.org/1999/xhtml'>a &lt;b&gt;b&lt;/b&gt;</div></content>", "a b"),  # noqa: E501
        ("<content type='html'><div xmlns='http://www.w3.org/1999/xhtml'>a <b>b</b></div></content>", "a b"),  # noqa: E501
        ("<content type='html'><p xmlns='http://www.w3.org/1999/xhtml'>1 &lt; 2</p></content>", "1 < 2"),  # noqa: E501
        ("<content type='image/png'>AAAA</content><content>a b</content>", "a b"),
        ("<m:group xmlns:m='http://search.yahoo.com/mrss/'><m:description type='plain'>a b</m:description></m:group>", "a b"),  # noqa: E501
    ],
)  # fmt: skip
def test_words_are_read_by_what_they_are(inner: str, summary: str, osce: Taxonomy) -> None:
    assert only(entry(inner), osce).summary == summary


def test_the_closest_statement_of_a_language_counts(osce: Taxonomy) -> None:
    draft = only(entry("<content xml:lang='fr'>Oui.</content>"), osce)
    assert draft.language == "fr"


def test_content_elsewhere_that_is_no_page_is_a_file(osce: Taxonomy) -> None:
    draft = only(entry("<content src='/a.ogg' type='audio/ogg'/>"), osce)
    assert draft.url == "https://www.example.org/a.ogg"
    assert [(each.url, each.media_type) for each in draft.enclosures] == [(draft.url, "audio/ogg")]


def test_xhtml_content_becomes_markup_and_paragraphs(osce: Taxonomy) -> None:
    draft = only(
        entry(
            "<content type='xhtml' xml:base='/sub/'><x:div xmlns:x='http://www.w3.org/1999/xhtml'>"
            "<x:p>One <x:a href='a'>link</x:a>.</x:p><x:p>Two &amp; three.</x:p></x:div></content>"
        ),
        osce,
    )
    assert draft.paragraphs == ("One link.", "Two & three.")
    assert 'href="https://www.example.org/sub/a"' in draft.markup
    assert not draft.partial


def test_plain_content_has_paragraphs_and_no_markup(osce: Taxonomy) -> None:
    draft = only(entry("<content>One &lt;1&gt;.\n\nTwo.</content>"), osce)
    assert (draft.paragraphs, draft.markup) == (("One <1>.", "Two."), "")


@pytest.mark.parametrize(
    ("links", "url", "others"),
    [
        ("<link href='/1'/>", "https://www.example.org/1", ()),
        ("<link rel='self' href='/1.atom'/><link rel='alternate' href='/1'/>", "https://www.example.org/1", ()),  # noqa: E501
        ("<link type='application/pdf' href='/1.pdf'/><link type='text/html' href='/1'/>", "https://www.example.org/1", ()),  # noqa: E501
        ("<link type='application/pdf' href='/1.pdf'/>", "https://www.example.org/1.pdf", ()),
        ("<link href='/1'/><link href='/2'/>", "https://www.example.org/1", ("https://www.example.org/2",)),
        ("<link href='https://www.example.org/news'/>", None, ()),
        ("<content src='/1' type='text/html'/>", "https://www.example.org/1", ()),
        ("<link rel='edit' href='/1'/>", None, ()),
    ],
)  # fmt: skip
def test_the_alternate_is_the_address(
    links: str, url: str | None, others: tuple[str, ...], osce: Taxonomy
) -> None:
    home = "<link href='https://www.example.org/news'/>"
    draft = only(atom(f"<entry><title>A</title>{links}</entry>", home), osce)
    assert (draft.url, draft.also_at) == (url, others)


def test_other_languages_are_alternates(osce: Taxonomy) -> None:
    links = (
        "<link href='/en/1'/><link href='/fr/1' hreflang='fr-FR'/><link href='/x' hreflang='und'/>"
    )
    draft = only(entry(links), osce)
    assert draft.url == "https://www.example.org/en/1"
    assert draft.alternates == (Alternate("fr-FR", "https://www.example.org/fr/1"),)


def test_an_entry_in_one_language_only_is_at_that_address(osce: Taxonomy) -> None:
    draft = only(entry("<link href='/fr/1' hreflang='fr'/>"), osce)
    assert draft.url == "https://www.example.org/fr/1"


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ("<published>2026-11-20T10:00:00Z</published>", date(2026, 11, 20)),
        ("<issued>2026-11-20</issued><created>2026-11-19</created>", date(2026, 11, 20)),
        ("<updated>2026-11-20T10:00:00Z</updated>", None),
        ("<modified>2026-11-20T10:00:00Z</modified>", None),
    ],
)
def test_only_publication_is_issue(dates: str, day: date | None, osce: Taxonomy) -> None:
    issued = only(entry(dates), osce).issued
    assert (issued.day if issued else None) == day


def test_categories_authors_and_files_are_read(osce: Taxonomy) -> None:
    inner = (
        "<category term='policing' scheme='tag:e.test,2026:field' label='Police work'/>"
        "<category term='x' scheme='tag:e.test,2026:unlisted-field' label='Night schools'/>"
        "<category term='zzz'/><subject xmlns='http://purl.org/dc/elements/1.1/'>Youth</subject><author><name>Permanent Council</name></author>"  # noqa: E501
        "<link rel='enclosure' href='/a.pdf' type='application/pdf; x=y' length='7' title='Guide'/>"
    )
    draft = only(entry(inner), osce)
    assert fields(draft) == [
        ("Police work", "policing"),
        ("Night schools", None),
        ("Youth", "youth"),
    ]
    assert [label.slug for label in draft.issuers] == ["permanent-council"]
    assert draft.enclosures == (
        Enclosure(
            url="https://www.example.org/a.pdf",
            media_type="application/pdf",
            length=7,
            title="Guide",
        ),
    )


def test_atom_0_3_is_read(osce: Taxonomy) -> None:
    body = (
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><title>N</title><entry><id>urn:1</id>"
        "<title mode='escaped' type='text/html'>A &lt;b&gt;b&lt;/b&gt;</title>"
        "<link rel='alternate' type='text/html' href='https://e.test/1'/>"
        "<issued>2004-05-06T07:08:09Z</issued><content type='text/html' mode='escaped'>"
        "&lt;p&gt;Words&lt;/p&gt;</content></entry></feed>"
    )
    draft = only(body, osce)
    assert (draft.title, draft.url, draft.guid) == ("A b", "https://e.test/1", "urn:1")
    assert draft.paragraphs == ("Words",)
    assert draft.issued
    assert draft.issued.day == date(2004, 5, 6)


def test_a_feed_that_forgot_its_namespace_is_read(osce: Taxonomy) -> None:
    assert only("<feed><entry><title>A</title></entry></feed>", osce).title == "A"


def test_hub_and_older_pages_are_found(osce: Taxonomy) -> None:
    head = (
        "<link rel='hub' href='https://hub.test/'/><link rel='prev-archive' href='/2025.atom'/>"
        "<link rel='self' href='https://e.test/feed'/>"
    )
    found = parsed(atom("", head), osce)
    assert found.hub == Hub("https://hub.test/", "https://e.test/feed")
    assert found.next_page == "https://www.example.org/2025.atom"
    assert found.is_list


@pytest.mark.parametrize(
    ("more", "issued", "updated"),
    [
        ("", None, date(2015, 3, 1)),
        ("<published>2015-02-01T10:00:00Z</published>", date(2015, 2, 1), None),
        ("<published>1970-01-01T00:00:00Z</published>", None, date(2015, 3, 1)),
    ],
)
def test_a_change_bounds_the_day_of_an_entry_that_names_none(
    osce: Taxonomy, more: str, issued: date | None, updated: date | None
) -> None:
    body = ENTRY.replace("<published>2026-11-20T10:00:00+01:00</published>", more)
    draft = only(body.replace("2026-11-21T00", "2015-03-01T00"), osce)
    assert (draft.issued and draft.issued.day) == issued
    assert draft.updated == updated


@pytest.mark.parametrize(
    "author", ["<name>OSCE Secretariat (press@example.org)</name>", "OSCE Secretariat"]
)
def test_an_author_is_a_name_however_it_is_written(author: str, osce: Taxonomy) -> None:
    draft = only(entry(f"<author>{author}</author>"), osce)
    assert [label.slug for label in draft.issuers] == ["secretariat"]


def test_what_is_said_of_a_picture_opens_no_text_of_its_entry(osce: Taxonomy) -> None:
    media = (
        '<m:group xmlns:m="http://search.yahoo.com/mrss/"><m:description>A caption</m:description>'
        "</m:group>"
    )
    assert only(entry(f"{media}<content>The text.</content>"), osce).summary == "The text."
    assert only(entry(media), osce).summary == "A caption"


@pytest.mark.parametrize(
    ("told", "rights"),
    [
        ("<rights>CC BY, \n Wire</rights>", ("CC BY, Wire", "")),
        ("<rights type='html'>&lt;b>©&lt;/b> Wire</rights>", ("© Wire", "")),
        ("<link rel='license' href='https://cc.test/by'/>", ("", "https://cc.test/by")),
        ("<link rel='license' href='mailto:a@b.test'/>", ("", "")),
        ("", ("", "")),
    ],
)
def test_what_an_entry_says_of_its_rights_is_kept(
    osce: Taxonomy, told: str, rights: tuple[str, str]
) -> None:
    """RFC 4287, 4.2.10; RFC 4946."""
    assert only(entry(told), osce).rights == rights
