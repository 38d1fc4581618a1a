"""Pushed items as documents: what is understood of JSON and of entries, and every fault named."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.model import Enclosure, Issued, IssuedFrom, Label, TopicKind
from feeds.parse import push, understand
from feeds.parse.push import Broken, Faulty, PushedItem, reading
from feeds.parse.push.values import is_id
from feeds.parse.recognise import Family, family_of
from feeds.taxonomy import Taxonomy

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENTRY = """\
<entry xmlns="http://www.w3.org/2005/Atom"><id>urn:x-press:417</id><title>Officers trained</title>
<updated>2026-11-20T09:30:00Z</updated><summary>In Vienna.</summary></entry>
"""


def a_document(body: bytes, media_type: str = push.MEDIA_TYPE) -> Document:
    return Document(
        source="press", name="from-address", body=body, fetched_at=NOW, media_type=media_type
    )


def draft_of(taxonomy: Taxonomy, **members: Any) -> Draft:
    body = json.dumps({"title": "Officers trained"} | members).encode()
    parsed = push.parse(a_document(body), taxonomy, Habits())
    assert isinstance(parsed, Parsed), parsed
    (draft,) = parsed.drafts
    return draft


def faults_of(value: object) -> dict[str, str]:
    read = reading(json.dumps(value).encode())
    assert isinstance(read, Faulty), read
    return {fault.field: fault.problem for fault in read.faults}


def broken(body: bytes) -> str:
    read = reading(body)
    assert isinstance(read, Broken), read
    return read.problem


# -- What is understood ----------------------------------------------------------------------------


def test_every_member_has_its_place_in_the_draft(osce: Taxonomy) -> None:
    draft = draft_of(
        osce,
        id="417",
        summary="In\nVienna.",
        paragraphs=["One.", " Two\n lines. "],
        url="https://www.example.org/press/20417",
        issued="2026-11-20T09:30:00.5+01:00",
        language="sr-Latn",
        content_type="Press release",
        issuers=["OSCE Secretariat"],
        fields=["Policing"],
        countries=["Austria"],
        enclosures=[
            {"url": "https://www.example.org/a.pdf", "media_type": "application/pdf", "length": 9}
        ],
    )
    at = datetime(2026, 11, 20, 8, 30, 0, 500_000, UTC)
    assert draft == Draft(
        form="push",
        title="Officers trained",
        summary="In Vienna.",
        paragraphs=("One.", "Two lines."),
        url="https://www.example.org/press/20417",
        guid="417",
        issued=Issued(day=date(2026, 11, 20), at=at, origin=IssuedFrom.PUSH),
        language="sr-Latn",
        content_type=osce.kind_label("Press release"),
        issuers=osce.resolve(TopicKind.ISSUER, "OSCE Secretariat"),
        fields=osce.resolve(TopicKind.FIELD, "Policing"),
        countries=osce.resolve(TopicKind.COUNTRY, "Austria"),
        enclosures=(
            Enclosure(url="https://www.example.org/a.pdf", media_type="application/pdf", length=9),
        ),
    )


def test_a_title_alone_is_an_item_named_like_its_document(osce: Taxonomy) -> None:
    assert draft_of(osce) == Draft(form="push", title="Officers trained", guid="from-address")


def test_members_without_a_value_are_not_there(osce: Taxonomy) -> None:
    empty = dict.fromkeys(["id", "html", "text", "url", "issued", "language", "content_type"])
    assert draft_of(osce, **empty) == draft_of(osce)


def test_text_is_parted_by_empty_lines(osce: Taxonomy) -> None:
    draft = draft_of(osce, text="\n\nOne\nline.\r\n \t\r\n\nTwo  lines.")
    assert draft.paragraphs == ("One line.", "Two lines.")
    assert draft.markup == ""


def test_html_is_sanitised_and_told_as_text_too(osce: Taxonomy) -> None:
    html = "<p>One <b>line</b>.</p><script>alert(1)</script><p><a href='/x'>Two</a></p>"
    draft = draft_of(osce, html=html, url="https://www.example.org/press/1")
    assert draft.paragraphs == ("One line.", "Two")
    assert "<b>line</b>" in draft.markup
    assert "script" not in draft.markup
    assert "https://www.example.org/x" in draft.markup


def test_a_day_is_known_to_the_day(osce: Taxonomy) -> None:
    issued = Issued(day=date(2026, 11, 20), origin=IssuedFrom.PUSH)
    assert draft_of(osce, issued="2026-11-20").issued == issued


def test_the_day_is_that_of_the_publishers_calendar(osce: Taxonomy) -> None:
    issued = draft_of(osce, issued="2026-11-20T00:30:00+03:00").issued
    assert issued
    assert issued.day == date(2026, 11, 20)
    assert issued.at == datetime(2026, 11, 19, 21, 30, tzinfo=UTC)


def test_names_nobody_knows_are_kept_whole(osce: Taxonomy) -> None:
    draft = draft_of(
        osce, fields=["Space, time and law", "Policing", "Policing"], content_type="Ode"
    )
    unknown = Label(kind=TopicKind.FIELD, text="Space, time and law", slug=None)
    assert draft.fields == (unknown, *osce.resolve(TopicKind.FIELD, "Policing"))
    assert draft.content_type == Label(kind=TopicKind.TYPE, text="Ode", slug=None)


def test_several_known_names_in_one_are_told_apart(osce: Taxonomy) -> None:
    slugs = [label.slug for label in draft_of(osce, fields=["Policing, Migration"]).fields]
    assert slugs == ["policing", "migration"]


def test_whoever_takes_a_push_marks_its_form(osce: Taxonomy) -> None:
    body = b'{"title": "Officers trained", "id": "items"}'
    assert family_of(body, push.MEDIA_TYPE) is Family.PUSH
    assert family_of(body, "application/json") is not Family.PUSH
    understood = understand(a_document(body), osce)
    assert isinstance(understood, Parsed)
    assert understood.form == "push"


def test_what_is_no_item_is_refused_with_every_fault(osce: Taxonomy) -> None:
    refused = push.parse(a_document(b'{"id": ""}'), osce, Habits())
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.MALFORMED
    assert "/id: " in refused.evidence
    assert "/title: is missing" in refused.evidence
    refused = push.parse(a_document(b"[1, 2"), osce, Habits())
    assert isinstance(refused, Refused)
    assert "not JSON" in refused.evidence


# -- Entries ---------------------------------------------------------------------------------------


def test_an_entry_alone_is_a_whole_item(osce: Taxonomy) -> None:
    document = a_document(ENTRY.encode("utf-16"), f"{push.ENTRY_MEDIA_TYPE};charset=utf-16")
    assert family_of(document.body, document.media_type) is Family.PUSH
    parsed = push.parse(document, osce, Habits())
    assert isinstance(parsed, Parsed), parsed
    (draft,) = parsed.drafts
    assert (draft.form, draft.guid, draft.partial) == ("push", "urn:x-press:417", False)


@pytest.mark.parametrize(
    "body",
    [
        "no xml at all",
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>Nothing</title></feed>",
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Two</title>{ENTRY}{ENTRY}</feed>",
    ],
)
def test_anything_but_one_entry_is_refused(osce: Taxonomy, body: str) -> None:
    document = a_document(body.encode(), push.ENTRY_MEDIA_TYPE)
    assert isinstance(push.parse(document, osce, Habits()), Refused)


# -- Faults ----------------------------------------------------------------------------------------


def test_all_faults_are_named_at_once() -> None:
    faults = faults_of(
        {
            "id": "a\u0000b",
            "title": "  ",
            "summary": 5,
            "paragraphs": ["fine", "", "a\u0007b"],
            "html": "<p>",
            "text": "too",
            "fields": [" "],
            "issuers": "OSCE",
            "enclosures": [{"url": "x", "size": 3}],
            "a/b~c": 1,
        }
    )
    assert set(faults) == {
        "/id",
        "/title",
        "/summary",
        "/paragraphs/1",
        "/paragraphs/2",
        "/html",
        "/text",
        "/fields/0",
        "/issuers",
        "/enclosures/0/url",
        "/enclosures/0/size",
        "/a~1b~0c",
    }
    assert faults["/html"] == "must be left out beside paragraphs: the text is told once"
    assert "U+0007" in faults["/paragraphs/2"]


@pytest.mark.parametrize("value", [1, "text", None, [], [{"title": "x"}]])
def test_an_item_is_an_object(value: object) -> None:
    assert faults_of(value) == {"": "must be a JSON object"}


@pytest.mark.parametrize(
    "issued",
    [
        "",
        "yesterday",
        "20.11.2026",
        "2026-13-01",
        "2026-02-30",
        "2026-11-20T09:30:00",
        "2026-11-20T09:30Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T23:59:60Z",
        "2026-11-20T09:30:00+99:00",
        "0001-01-01T00:00:00+01:00",
        "٢٠٢٦-١١-٢٠",
        20261120,
        ["2026-11-20"],
    ],
)
def test_a_date_is_written_one_way(issued: object) -> None:
    fault = "must be a date such as 2026-11-20, or a time such as 2026-11-20T09:30:00+01:00"
    assert faults_of({"title": "x", "issued": issued}) == {"/issued": fault}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "www.example.org",
        "javascript:alert(1)",
        "https://",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://user:secret@example.org/",
        "https://[::1",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org/" + "x" * 2_000,
    ],
)
def test_an_address_is_a_web_address(url: str) -> None:
    assert set(faults_of({"title": "x", "url": url})) == {"/url"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("language", "English"),
        ("language", "e"),
        ("title", "x" * 1_001),
        ("fields", ["x"] * 101),
        ("content_type", ""),
        ("enclosures", [{"url": "https://example.org/", "media_type": "pdf"}]),
        ("enclosures", [{"url": "https://example.org/", "length": -1}]),
        ("enclosures", [{"url": "https://example.org/", "length": True}]),
        ("id", "x" * 201),
    ],
)
def test_values_have_bounds(member: str, value: object) -> None:
    (field,) = faults_of({"title": "x", member: value})
    assert field.startswith(f"/{member}")


def test_a_flood_of_faults_is_cut() -> None:
    assert len(faults_of({"title": "x"} | {f"m{n}": 1 for n in range(5_000)})) == 100


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "a\x85b", "\ufffd", "\uffff"])
def test_some_texts_are_no_ids(name: str) -> None:
    assert not is_id(name)


# -- JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"{]", "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8: byte 0"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', '"c" more than once'),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "more digits"),
        (b"[" * 33 + b"]" * 33, "deeper than 32 levels"),
        (b"[" * 200_000 + b"]" * 200_000, "deeper than 32 levels"),
        (b'{"a":' * 100_000, "deeper than 32 levels"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b'{"\\uDfff": 1}', "half a character"),
    ],
)
def test_json_that_readers_read_differently_is_refused(body: bytes, complaint: str) -> None:
    assert complaint in broken(body)


def test_whole_characters_may_be_escaped(osce: Taxonomy) -> None:
    body = rb'{"title": "\ud83d\ude00 \u0041"}'
    parsed = push.parse(a_document(body), osce, Habits())
    assert isinstance(parsed, Parsed)
    assert parsed.drafts[0].title == "\U0001f600 A"


def test_a_byte_order_mark_is_no_fault() -> None:
    assert isinstance(reading(b'\xef\xbb\xbf{"title": "x"}'), PushedItem)


_MEMBERS = st.sampled_from([*PushedItem.model_fields, "colour"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_MEMBERS, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(_MEMBERS, _VALUES))
def test_any_json_is_an_item_or_has_faults(value: dict[str, object]) -> None:
    """And a fault can be written down."""
    read = reading(json.dumps(value).encode())
    if isinstance(read, Faulty):
        assert read.faults
        assert all(fault.problem for fault in read.faults)
        json.dumps([str(fault) for fault in read.faults], ensure_ascii=False).encode()


@given(st.binary())
def test_any_bytes_are_an_item_or_refused(osce: Taxonomy, body: bytes) -> None:
    assert isinstance(push.parse(a_document(body), osce, Habits()), Parsed | Refused)
