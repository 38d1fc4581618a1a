"""The body of a push: every fault is named, by its member, and said in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse.push.pushed_item import PushedItem, is_id, item_of


def faults_of(value: object) -> dict[str, str]:
    faults = item_of(value)
    assert not isinstance(faults, PushedItem), faults
    return {fault.field: fault.problem for fault in faults}


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
        "https://exam ple.org/a",
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
    ("written", "read"),
    [
        (" https://example.org/Annual report.pdf\n", "https://example.org/Annual%20report.pdf"),
        ("https://example.org/{id}|a", "https://example.org/{id}|a"),
        ("https://example.org/\u200b", "https://example.org/"),
    ],
)
def test_an_address_is_read_as_links_elsewhere_are(written: str, read: str) -> None:
    item = item_of({"title": "x", "url": written, "enclosures": [{"url": written}]})
    assert isinstance(item, PushedItem)
    assert [item.url, item.enclosures[0].url] == [read, read]


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


_MEMBERS = st.sampled_from([*PushedItem.model_fields, "colour"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_MEMBERS, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(_MEMBERS, _VALUES))
def test_any_json_is_an_item_or_has_faults(value: dict[str, object]) -> None:
    """And a fault can be written down."""
    read = item_of(json.loads(json.dumps(value)))
    if not isinstance(read, PushedItem):
        assert read
        assert all(fault.problem for fault in read)
        json.dumps([str(fault) for fault in read], ensure_ascii=False).encode()
