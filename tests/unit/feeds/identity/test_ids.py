"""Ids are minted from the document, once, and say nothing of the day or the store."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Draft
from feeds.identity.ids import Identity, content_hash, is_permanent, item_slug, tag_uri
from feeds.model import Issued, IssuedFrom
from tests.builders import a_draft, a_label

MINTED = date(2026, 11, 24)


def test_an_item_slug_is_fixed_for_ever() -> None:
    """This value is in addresses and ids out there: no change of code may change it."""
    assert item_slug("seeds", "000_17fbf7fc0acc265a.txt") == "ygaziafdqz2nzbjd"


@given(st.text(), st.text())
def test_an_item_slug_is_sixteen_small_letters_and_digits(source: str, key: str) -> None:
    slug = item_slug(source, key)
    assert len(slug) == 16
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_source_and_key_are_told_apart() -> None:
    assert item_slug("a", "bc") != item_slug("ab", "c")


def test_tag_ids_follow_rfc_4151() -> None:
    identity = Identity("news.example.org", MINTED)
    assert identity.item("abc") == "tag:news.example.org,2026-11-24:item/abc"
    assert identity.feed("fields/policing") == (
        "tag:news.example.org,2026-11-24:feed/fields/policing"
    )
    assert tag_uri("me@example.org", MINTED, "taxonomy", "field") == (
        "tag:me@example.org,2026-11-24:taxonomy/field"
    )


@pytest.mark.parametrize("authority", ["", "news example", "-x.org", "x..org", "a@b@c", "x.org:80"])
def test_an_authority_is_a_host_name_or_a_mail_address(authority: str) -> None:
    with pytest.raises(ValueError, match="host name or mail address"):
        Identity(authority, MINTED)


def test_an_id_holds_only_what_a_uri_may() -> None:
    with pytest.raises(ValueError, match="cannot"):
        Identity("example.org", MINTED).item("a b")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("http://example.org/ä/ö", True),
        ("HTTP://Example.ORG/Up", True),
        ("https://example.org/a?b=c#d", True),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", True),
        ("URN:UUID:1225C695-CFB8-4EBB-AAAA-80DA344EFA6A", True),
        ("urn:isbn:0451450523", True),
        ("urn:example:a123,z456?+x", True),
        ("tag:example.org,2026:x", True),
        ("tag:me@example.org,2026-11-24:a/b?c#d", True),
        ("yt:video:x1", True),
        ("mailto:someone@example.org", True),
        ("", False),
        ("not a uri", False),
        ("12345", False),
        ("-bad:thing", False),
        ("//example.org/x", False),
        ("http://", False),
        ("http://example.org/a b", False),
        ("http://[::1/x", False),
        ("https://example.org/%zz", False),
        ("https://example.org/a|b", False),
        ("https://user:pw@example.org/x", False),
        ("https://example.org:99999/x", False),
        ("1234", False),
        ("node 5 at example.org", False),
        ("tag:", False),
        ("1tag:a", False),
        ("x:a\x00b", False),
        ("x:a\ufdd0b", False),
        ("x:a[1]", False),
        ("urn:x", False),
        ("urn:x:y", False),
        ("urn:urn:a", False),
        ("urn:uuid:notauuid", False),
        ("urn:example:", False),
        ("urn:example:a<b>", False),
        ("urn:example:\u202eevil", False),
        ("tag:example.org:old", False),
        ("tag:example.org,20261:zz", False),
        ("tag:example.org,2026-13:x", False),
        ("tag:example.org,2026:x y", False),
        ("javascript:alert(1)", False),
        ("DATA:text/plain,x", False),
        ("info:a%4", False),
        (f"https://example.org/{'p' * 600}", False),
    ],
)
def test_an_id_is_permanent_to_the_letter_of_its_scheme(text: str, is_one: bool) -> None:
    """What is none is a fault of every feed that repeats it (RFC 4287, section 4.2.6)."""
    assert is_permanent(text) is is_one


@given(st.text(max_size=60))
def test_any_text_is_an_id_or_none(text: str) -> None:
    for scheme in ("", "http://", "tag:", "urn:", "urn:uuid:"):
        assert is_permanent(scheme + text) in {True, False}


# -- Contents --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "same",
    [
        a_draft(form="B"),
        a_draft(url="https://example.org/node/1"),
        a_draft(title="  Police officers trained\u00a0in digital\n investigations "),
        a_draft(fields=(a_label("POLICING", "policing"),)),
    ],
)
def test_form_address_spelling_and_white_space_do_not_change_the_contents(same: Draft) -> None:
    assert content_hash(same) == content_hash(a_draft())


def test_the_order_of_topics_says_nothing() -> None:
    policing, space = a_label("Policing", "policing"), a_label("Space", None)
    one, other = a_draft(fields=(policing, space)), a_draft(fields=(space, policing))
    assert content_hash(one) == content_hash(other)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("?sign=1", "?sign=2", True),
        ("?sign=1", "", True),
        ("?w=600&amp;X-Amz-Date=1&amp;X-Amz-Signature=a", "?w=600&amp;X-Amz-Signature=b", True),
        (f"?w=600&amp;s={32 * 'a'}", f"?w=600&amp;s={32 * 'b'}", True),
        ("?id=1", "?id=2", False),
        ("?id=1&amp;sign=1", "?id=2&amp;sign=1", False),
        ("?s=1", "?s=2", False),
        ("?v=1", "?v=2", False),
    ],
)
def test_what_a_picture_is_signed_with_says_nothing(one: str, other: str, *, is_same: bool) -> None:
    """A page that signs its pictures anew for each reader did not change; one that has another
    picture did, wherever its address says so.
    """
    markup = '<figure><img src="https://x.test/a.jpg{}" alt="A"></figure>'
    hashes = {content_hash(a_draft(markup=markup.format(each))) for each in (one, other)}
    assert (len(hashes) == 1) == is_same
    assert content_hash(a_draft(markup=markup.replace("a.jpg", "b.jpg"))) not in hashes


def test_where_a_date_was_read_says_nothing() -> None:
    printed, dateline = (
        a_draft(issued=Issued(day=date(2026, 11, 23), origin=origin))
        for origin in (IssuedFrom.LABEL, IssuedFrom.DATELINE)
    )
    assert content_hash(printed) == content_hash(dateline)


@pytest.mark.parametrize(
    "other",
    [
        a_draft(title="Another title"),
        a_draft(summary=""),
        a_draft(paragraphs=("One.", "Two.")),
        a_draft(paragraphs=("One. Two.",)),
        a_draft(language="de"),
        a_draft(content_type=None),
        a_draft(issuers=()),
        a_draft(fields=(a_label("Policing", None),)),
        a_draft(issued=Issued(day=date(2026, 11, 23), origin=IssuedFrom.LABEL)),
        a_draft(
            issued=Issued(
                day=date(2026, 11, 23),
                at=datetime(2026, 11, 23, 9, tzinfo=UTC),
                origin=IssuedFrom.LABEL,
            )
        ),
    ],
)
def test_whatever_an_item_says_changes_its_contents(other: Draft) -> None:
    assert content_hash(other) != content_hash(a_draft())


def test_a_content_hash_names_its_version() -> None:
    version, _, digest = content_hash(a_draft()).partition(":")
    assert version == "1"
    assert len(digest) == 64
