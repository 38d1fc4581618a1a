"""What a draft is known by: alone in its document, among others there, and everywhere."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Alternate, Document, Draft, Parsed
from feeds.identity.addresses import canonical, is_elsewhere, path_of, site_number
from feeds.identity.candidates import (
    PUSHED,
    Candidate,
    address_names,
    candidate,
    candidates,
    distinguished,
    is_numbered,
    item_key,
    keys_within,
    names,
    place_key,
    settled,
    without_claims,
)
from feeds.identity.ids import bounded
from feeds.model import Issued, IssuedFrom, Provenance
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft

TAXONOMY = Taxonomy.from_toml(
    '[[site]]\nhosts = ["osce.org", "mirror.example.org"]\nnumbered = true\n'
    '[[site]]\nhosts = ["plain.test", "staging.plain.test", "copy.invalid"]\n'
)
PAGE = Document(source="own", name="a", body=b"x", url="https://x.test/page")
LIST = replace(PAGE, url="https://x.test/news")


def found(*drafts: Draft, document: Document = LIST, is_list: bool = True) -> list[Candidate]:
    parsed = Parsed(form="list", drafts=drafts, is_list=is_list)
    return [*candidates(document, parsed, "d", TAXONOMY)]


def teaser(title: str, **changes: Any) -> Draft:
    return a_draft(title=title, **{"paragraphs": (), "partial": True} | changes)


def test_the_one_item_of_a_document_has_its_name_and_its_address() -> None:
    (one,) = found(a_draft(url=None), document=PAGE, is_list=False)
    assert (one.source, one.document, one.key, one.place) == ("own", "a", "a", "a")
    assert (one.names, one.digest) == (("at:x.test/page",), "d")


def test_the_one_item_of_a_list_has_neither() -> None:
    (one,) = found(teaser("One", url=None))
    assert one.key.startswith("a#One@")
    assert one.names == ()


def test_what_several_items_of_a_list_have_in_common_names_none_of_them() -> None:
    shared = ("https://x.test/shared",)
    one, other = found(
        teaser("One", url="https://x.test/1", also_at=shared),
        teaser("Other", url="https://x.test/2", also_at=shared),
    )
    assert (one.names, other.names) == (("at:x.test/1",), ("at:x.test/2",))


def test_an_item_told_twice_by_one_document_is_taken_from_the_fuller_telling() -> None:
    issued = Issued(day=date(2026, 3, 1), origin=IssuedFrom.LISTING)
    short = teaser("One", url="https://x.test/1", issued=issued)
    full = replace(short, paragraphs=("All of it.",), partial=False)
    for drafts in ((short, full), (full, short)):
        (one,) = found(*drafts)
        assert one.draft == full
        assert one.names == ("at:x.test/1",)


def test_the_number_of_a_numbered_site_is_that_of_the_item_or_of_its_page() -> None:
    page = replace(PAGE, url="https://www.osce.org/odihr/123456")
    assert candidate(page, a_draft(url=None), "d", TAXONOMY).number == "osce.org/123456"
    draft = a_draft(url="https://www.osce.org/odihr/654321")
    assert candidate(page, draft, "d", TAXONOMY).number == "osce.org/654321"


def test_the_same_in_other_languages_is_known_by_its_addresses() -> None:
    alternates = (Alternate("en", "https://x.test/en"), Alternate("ru", "https://x.test/ru"))
    draft = a_draft(language="en", url="https://x.test/en", alternates=alternates)
    assert candidate(PAGE, draft, "d", TAXONOMY).others == ("at:x.test/ru",)


def test_languages_share_a_number_as_a_key() -> None:
    draft = a_draft(language="ru", url="https://www.osce.org/odihr/123456")
    one = candidate(PAGE, draft, "d", TAXONOMY)
    assert one.is_numbered
    assert one.keys == ("/123456@ru", "/123456")
    assert candidate(PAGE, replace(draft, url=None), "d", TAXONOMY).keys == ("a",)


def a_document(url: str | None) -> Document:
    return Document(source="own", name="a", body=b"x", url=url)


# -- At a source -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.osce.org/secretariat/123456", "/123456"),
        ("http://osce.org/node/123456/", "/123456"),
        ("https://www.osce.org/123456?amp=1#top", "/123456"),
        ("https://www.osce.org/news/2026/11/20", "a/b.txt"),
        ("https://www.osce.org/news/officers-trained-123456", "a/b.txt"),
        ("https://x.test/news/123456", "a/b.txt"),
        (None, "a/b.txt"),
    ],
)
def test_the_number_at_the_end_of_the_address_is_the_key_on_a_numbered_site(
    url: str | None, key: str
) -> None:
    draft = a_draft(url=url)
    assert item_key("a/b.txt", draft, TAXONOMY, alone=True) == key
    assert is_numbered(key, draft, TAXONOMY) is (key != "a/b.txt")


def test_drafts_of_one_document_are_known_by_their_titles() -> None:
    """Where one stands in a list says nothing: the next listing has it elsewhere."""
    keys = {
        item_key("list.txt", a_draft(title=title), TAXONOMY, alone=False)
        for title in ("A", "B", "A!")
    }
    assert keys == {"list.txt#A@", "list.txt#B@"}


def test_titles_recur_so_that_an_id_an_address_or_the_day_says_more() -> None:
    day = Issued(day=date(2026, 11, 19), origin=IssuedFrom.LISTING)
    report = a_draft(title="Daily report", issued=day)
    linked = replace(report, url="https://a.test/b")
    told = [report, linked, replace(linked, guid="7"), replace(report, guid="\ud800")]
    assert [place_key("list", draft, alone=False) for draft in told] == [
        "list#Daily report@2026-11-19",
        "list#https://a.test/b",
        "list#7",
        "list#Daily report@2026-11-19",
    ]


def test_what_several_drafts_of_one_document_share_is_the_key_of_none() -> None:
    """The address of the list itself, an id that never changes, a title of one day."""
    one, other = a_draft(title="A", guid="1"), a_draft(title="B", guid="1")
    assert keys_within("list", [one, other], TAXONOMY) == ["list#A@", "list#B@"]
    same = [a_draft(title="A", paragraphs=(text,)) for text in ("One. " * 9, "Two. " * 9)]
    assert len(set(keys_within("list", same, TAXONOMY))) == 2
    url = "https://www.osce.org/odihr/123456"
    landing = [a_draft(title=title, url=url) for title in "AB"]
    assert keys_within("list", landing, TAXONOMY) == ["list#A@", "list#B@"]
    languages = [
        replace(draft, language=tag) for draft, tag in zip(landing, ("en", "ru"), strict=True)
    ]
    assert keys_within("list", languages, TAXONOMY) == ["/123456", "/123456"]
    twice = [a_draft(title="A", guid="1", paragraphs=(text,)) for text in ("One.", "Two.")]
    assert keys_within("list", twice, TAXONOMY) == ["list#1", "list#1"]


def test_what_is_pushed_has_the_key_its_publisher_gave() -> None:
    pushed = a_draft(form="push", guid="cms/7", url="https://www.osce.org/123456")
    assert item_key("x", pushed, TAXONOMY, alone=True) == "cms/7"
    assert not is_numbered("cms/7", pushed, TAXONOMY)


# -- Everywhere ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://www.osce.org/odihr/123456",
        "http://osce.org/node/123456",
        "https://www.osce.org/ru/odihr/123456/?fbclid=x#top",
        "https://polis.osce.org/123456?amp=1",
        "https://mirror.example.org/odihr/0123456",
    ],
)
def test_on_a_numbered_site_the_number_is_the_name(url: str) -> None:
    assert canonical(url, TAXONOMY) == site_number(url, TAXONOMY) == "osce.org/123456"


@pytest.mark.parametrize(
    "url",
    [
        "https://plain.test/news/a?b=1&a=2",
        "http://www.plain.test:80/news/a?a=2&b=1#part",
        "HTTPS://Plain.Test:443/news/%61?utm_source=x&a=2&fbclid=y&b=1&mc_cid=z&ref=home",
        "https://plain.test/news/./b/%2e%2e/a?a=2&b=1&gclid=1#xtor=RSS-1",
        "https://plain.test/news/a;jsessionid=77?b=1&a=2&amp=1&session_id=9",
        "https://staging.plain.test/news/a?b=1&a=2",
        "https://www.copy.invalid/news/a?b=1&a=2",
    ],
)
def test_all_spellings_of_an_address_are_one_name(url: str) -> None:
    assert canonical(url, TAXONOMY) == "plain.test/news/a?a=2&b=1"


@pytest.mark.parametrize(
    "url",
    [
        "https://zeitung.test/büro/straße?ä=ö",
        "http://www.ZEITUNG.test:80/b%c3%bcro/stra%C3%9Fe?%C3%A4=%c3%b6",
    ],
)
def test_an_address_is_compared_as_an_iri(url: str) -> None:
    assert canonical(url, TAXONOMY) == "zeitung.test/b%C3%BCro/stra%C3%9Fe?%C3%A4=%C3%B6"


@pytest.mark.parametrize(
    ("url", "other", "is_another"),
    [
        ("https://x.test/a", "http://www.x.test:80/a?utm_source=f#top", False),
        ("https://x.test/a", "https://x.test/a?gad_source=1&gbraid=2&at_medium=RSS&wt_mc=3", False),
        ("https://x.test/a", "https://x.test/a?ns_campaign=1&ns_mchannel=rss&ocid=2&cmp=3", False),
        ("https://x.test/a", "https://x.test/a?at_home=1", True),
        ("https://x.test/\u00e4", "https://x.test/a\u0308", False),
        ("https://x.test/a", "https://x.test/a/", True),
        ("https://x.test/a", "https://x.test:8080/a", True),
        ("https://x.test/a", "mailto:a@x.test", True),
        ("mailto:a@x.test", "mailto:a@x.test", False),
    ],
)
def test_two_places_are_two_however_they_are_spelt(url: str, other: str, is_another: bool) -> None:
    assert is_elsewhere(url, other) is is_another


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://x.test/a/../b/.?c", "/b/"),
        ("https://x.test/%62", "/b"),
        ("https://x.test/../..", ""),
        ("mailto:a@x.test", ""),
    ],
)
def test_a_path_has_one_form(url: str, path: str) -> None:
    assert path_of(url) == path


@pytest.mark.parametrize("host", ["Büro.test", "xn--bro-hoa.test", "www.xn--bro-hoa.TEST."])
def test_a_host_is_compared_by_its_name_in_the_net(host: str) -> None:
    assert canonical(f"https://{host}/a", TAXONOMY) == "xn--bro-hoa.test/a"


def test_a_slash_at_the_end_is_one_place_with_what_has_none_where_both_say_the_same() -> None:
    bare, slashed = (
        candidate(replace(PAGE, url=f"https://x.test/a{end}"), a_draft(url=None), "d", TAXONOMY)
        for end in ("", "/")
    )
    assert (bare.names, slashed.names) == (("at:x.test/a",), ("at:x.test/a/",))
    assert "at:x.test/a/" in bare.sought
    assert "at:x.test/a" in slashed.sought
    index = canonical("https://x.test/a/index.html?b=1", TAXONOMY)
    assert index == canonical("https://x.test/a/?b=1", TAXONOMY) == "x.test/a/?b=1"


def test_the_part_of_a_page_that_an_entry_leads_to_is_part_of_its_name() -> None:
    one, other = found(
        teaser("One", url="https://x.test/all#a1"),
        teaser("Other", url="https://x.test/all#a2&utm_source=f"),
    )
    assert (one.names, other.names) == (("at:x.test/all#a1",), ("at:x.test/all#a2",))


# -- What a page says of itself --------------------------------------------------------------------


def test_a_page_is_known_where_it_was_found_and_claims_what_it_names() -> None:
    draft = a_draft(url="https://x.test/a", also_at=("https://x.test/b", "https://x.test/page"))
    one = candidate(PAGE, replace(draft, guid="7"), "d", TAXONOMY)
    assert one.names == ("at:x.test/page",)
    assert one.claims == ("by:x.test/a", "by:x.test/b", "of:own#7")
    assert {"at:x.test/a", "by:x.test/a", "by:x.test/page", "of:own#7"} <= {*one.sought}


def test_without_a_claim_that_is_no_address_a_candidate_stays_where_it_is() -> None:
    page = replace(PAGE, url="https://x.test/a")
    one = candidate(page, a_draft(guid="7", url="https://x.test/a"), "d", TAXONOMY)
    left = without_claims(one, {"of:own#7"})
    assert "of:own#7" in one.claims
    assert "of:own#7" not in left.claims
    assert left.draft == one.draft


def test_a_claim_of_several_items_is_none() -> None:
    pages = [
        candidate(
            replace(PAGE, name=name, url=f"https://x.test/{name}"),
            a_draft(title=title, url="https://x.test/latest"),
            "d",
            TAXONOMY,
        )
        for name, title in (("1", "One"), ("2", "Other"))
    ]
    assert [(one.claims, one.draft.url) for one in distinguished(pages)] == [
        ((), "https://x.test/1"),
        ((), "https://x.test/2"),
    ]
    alike = [pages[0], replace(pages[1], draft=pages[0].draft)]
    assert [one.claims for one in distinguished(alike)] == [("by:x.test/latest",)] * 2


@pytest.mark.parametrize(
    ("url", "stated", "found_at", "place"),
    [
        ("https://x.test/latest", "https://x.test/1", "https://x.test/1", "https://x.test/1"),
        ("https://x.test/1", "https://x.test/1?from=f", "https://x.test/1?from=f", None),
        ("https://x.test/latest", "https://feeds.test/1", "https://x.test/1", None),
        ("https://x.test/latest", None, "https://x.test/1", None),
        ("https://x.test/latest", "https://x.test/1", None, None),
    ],
)
def test_where_a_list_says_a_page_is_outranks_what_the_page_says(
    url: str, stated: str | None, found_at: str | None, place: str | None
) -> None:
    assert settled(url, stated, found_at) == (place or url)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.test/a%2fb", "x.test/a%2Fb"),
        ("https://x.test:8080/a", "x.test:8080/a"),
        ("https://x.test/123456", "x.test/123456"),
        ("https://osce.org/news/today", "osce.org/news/today"),
        ("https://x.test/?id=7", "x.test?id=7"),
        ("https://x.test/", None),
        ("https://x.test/index.html?utm_campaign=x", None),
        ("ftp://x.test/a", None),
        ("https:///a", None),
        ("https://x.test:port/a", None),
        ("https://[x/123456", None),
        ("https://x.test/" + "a" * 3_000, None),
        ("mailto:a@x.test", None),
    ],
)
def test_what_else_an_address_says_is_kept(url: str, name: str | None) -> None:
    assert canonical(url, TAXONOMY) == name


@given(st.text())
def test_no_text_stops_the_naming(text: str) -> None:
    for url in (text, f"https://{text}", f"https://osce.org/{text}"):
        canonical(url, TAXONOMY)


@given(
    st.from_regex(
        r"https?://(www\.)?plain\.test/[a-z/%0-9A-F]{0,20}(\?[a-z=&]{0,9})?", fullmatch=True
    )
)
def test_a_name_stays_itself(url: str) -> None:
    name = canonical(url, TAXONOMY)
    assert name is None or canonical(f"https://{name}", TAXONOMY) == name


def test_a_draft_is_known_by_its_addresses_and_by_an_id_that_is_a_uri() -> None:
    origin = Provenance(entry_id="tag:x.test,2026:7", feed_id="tag:x.test,2026:f", feed_title="F")
    draft = a_draft(
        url="https://x.test/a",
        also_at=("https://x.test/b",),
        guid="urn:uuid:1-2-3",
        provenance=origin,
    )
    document = a_document("http://www.x.test/c")
    ids = ("id:tag:x.test,2026:7", "id:urn:uuid:1-2-3")
    assert names(draft, None, TAXONOMY) == (*ids, "at:x.test/a", "at:x.test/b")
    # Of a page that was found, the others are no more than what it says.
    assert names(draft, document, TAXONOMY) == (*ids, "at:x.test/c")


def test_an_id_that_is_an_address_is_one_and_any_other_text_is_no_name() -> None:
    assert names(a_draft(guid="https://x.test/a?utm_source=f"), None, TAXONOMY) == ("at:x.test/a",)
    assert names(a_draft(guid="node 7 at x.test"), a_document(None), TAXONOMY) == ()
    assert address_names(iter(("https://x.test/a", "#")), TAXONOMY) == ("at:x.test/a",)


def test_a_name_too_long_for_an_index_is_shortened_and_one_nobody_can_store_is_none() -> None:
    long = item_key("list", a_draft(title="x" * 9_000), TAXONOMY, alone=False)
    other = item_key("list", a_draft(title="x" * 9_001), TAXONOMY, alone=False)
    assert long != other
    assert len(long) == len(other) < 200
    assert names(a_draft(guid="urn:a:\x00b\ud800"), None, TAXONOMY) == ()
    assert address_names(iter(("https://x.test/\ud800",)), TAXONOMY) == ()


def test_whatever_is_longer_than_an_index_takes_is_known_by_its_hash() -> None:
    """A path may have 4,096 bytes, and a publisher's id as many as it likes."""
    path = "folder/" * 700
    pushed = a_draft(guid="i" * 5_000, form=PUSHED)
    numbered = a_draft(url="https://www.osce.org/" + "7" * 1_900)
    keys = [
        item_key(path, a_draft(), TAXONOMY, alone=True),
        place_key(path, a_draft(), alone=True),
        item_key("a", pushed, TAXONOMY, alone=True),
        item_key("a", numbered, TAXONOMY, alone=True),
    ]
    assert all(len(key.encode()) <= 1_000 for key in keys)
    assert keys[0] == keys[1] == bounded(path)
    assert is_numbered(keys[3], numbered, TAXONOMY)
    assert not is_numbered("/None", a_draft(url=None), TAXONOMY)


def test_an_item_is_where_its_list_says_whatever_address_its_page_names() -> None:
    told = Draft(form="rss", title="Title", url="https://a.test/news/1")
    page = Document(source="s", name="d", body=b"x", url="https://a.test/news/1", lead=told)
    one = candidate(page, a_draft(url="https://a.test/about"), "digest", TAXONOMY)
    assert one.draft.url == "https://a.test/news/1"
