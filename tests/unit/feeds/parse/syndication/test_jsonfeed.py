"""JSON Feed 1.0 and 1.1, and JSON that is none."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Hub, Parsed, Reason
from feeds.model import Enclosure
from feeds.taxonomy import Taxonomy
from tests.pages import fields, issuers
from tests.syndicated import only, parsed, refused, understood

VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: Any, **head: Any) -> bytes:
    return json.dumps({"version": VERSION, "title": "News", **head, "items": items}).encode()


def test_an_item_is_understood_whole(osce: Taxonomy) -> None:
    body = feed(
        {
            "id": 7,
            "url": "/7",
            "title": "A & B <i>",
            "summary": "Officers met.",
            "content_html": "<p>Officers met.</p><p>They <script>x</script>left.</p>",
            "date_published": "2026-11-20T10:00:00+01:00",
            "tags": ["Policing", "zzz", 5, None],
            "authors": [{"name": "OSCE Secretariat"}, "x"],
            "attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}, 1],
        },
        language="en-US",
        home_page_url="https://www.example.org/",
    )
    draft = only(body, osce)
    assert (draft.form, draft.title, draft.guid) == ("json", "A & B <i>", "7")
    assert draft.url == "https://www.example.org/7"
    assert draft.paragraphs == ("Officers met.", "They left.")
    assert not draft.partial
    assert draft.issued
    assert draft.issued.day == date(2026, 11, 20)
    assert fields(draft) == [("Policing", "policing")]
    assert issuers(draft) == [("OSCE Secretariat", "secretariat")]
    url = "https://www.example.org/a.mp3"
    assert draft.enclosures == (Enclosure(url=url, media_type="audio/mpeg", length=9),)
    assert draft.language == "en-US"


def test_the_author_of_version_1_0_and_an_id_that_is_an_address_count(osce: Taxonomy) -> None:
    draft = only(
        feed({"id": "https://e.test/1", "content_text": "One.\nTwo."}, author={"name": "Troika"}),
        osce,
    )
    assert (draft.url, draft.title, draft.paragraphs) == (
        "https://e.test/1",
        "One.",
        ("One.", "Two."),
    )
    assert [label.slug for label in draft.issuers] == ["troika"]


def test_hub_and_next_page_are_found(osce: Taxonomy) -> None:
    hubs = [
        {"type": "rssCloud", "url": "https://x.test/"},
        {"type": "WebSub", "url": "https://h.test/"},
        3,
    ]
    found = parsed(feed(hubs=hubs, feed_url="https://e.test/f", next_url="?p=2"), osce)
    assert found.hub == Hub("https://h.test/", "https://e.test/f")
    assert found.next_page == "https://www.example.org/news/feed?p=2"
    assert found.is_list


def test_pictures_and_persons_are_read_as_in_any_feed(osce: Taxonomy) -> None:
    author = {"name": "OSCE Secretariat (press@example.org)"}
    draft = only(feed({"id": "1", "image": "/the-new-bridge.jpg", "authors": [author]}), osce)
    assert (draft.title, draft.issuers[0].slug) == ("the new bridge", "secretariat")


def test_what_is_no_entry_says_nothing(osce: Taxonomy) -> None:
    assert parsed(feed(1, {"id": "1"}, {"title": "A"}), osce).silent_entries == 2


def test_the_whole_items_of_a_cut_feed_are_kept(osce: Taxonomy) -> None:
    body = feed({"id": "1", "title": "One"}, {"id": "2", "title": "Two"}, language="de")
    found = parsed(body[: body.index(b"Two") + 1], osce)
    assert [(draft.title, draft.language) for draft in found.drafts] == [("One", "de")]
    assert (found.is_cut, found.silent_entries) == (True, 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"version": 1}', Reason.NOT_NEWS),
        (b"[1, 2]", Reason.NOT_NEWS),
        (b'{"version": ', Reason.MALFORMED),
        (b'{"items":[' + b"[" * 200_000, Reason.HOSTILE),
        (b'{"items":[' + b"{}," * 1_000_000, Reason.HOSTILE),
        (b'{"items":[' + b"9" * 10_000 + b"]}", Reason.MALFORMED),
    ],
    ids=["no-items", "list", "cut-head", "deep", "many", "number"],
)
def test_other_json_is_refused(body: bytes, reason: Reason, osce: Taxonomy) -> None:
    assert refused(body, osce).reason is reason


def test_half_characters_and_controls_are_dropped(osce: Taxonomy) -> None:
    body = b'\xef\xbb\xbf{"items":[{"id":"a\\u0000b","title":"A\\ud800B\\u0007\nC","content_html":"<p>\\udc00x</p>"}]}'  # noqa: E501
    draft = only(body, osce)
    assert (draft.title, draft.guid, draft.paragraphs) == ("AB C", "ab", ("x",))


def test_json_in_utf_16_is_read(osce: Taxonomy) -> None:
    assert only(feed({"title": "Д"}).decode().encode("utf-16-le"), osce).title == "Д"


MEMBERS = (
    "id url title summary content_html content_text date_published tags authors author attachments "
    "language"
).split()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(MEMBERS), ANYTHING) | ANYTHING, max_size=3))
def test_any_member_may_hold_anything(items: list[Any]) -> None:
    empty = Taxonomy.from_toml("")
    assert isinstance(understood(feed(*items), empty), Parsed)
