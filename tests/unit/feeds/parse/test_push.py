"""Pushed items as documents: what is understood of JSON and of entries, and what is refused."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.model import Enclosure, Issued, IssuedFrom, Label, TopicKind
from feeds.parse import push, understand
from feeds.parse.push import Faulty
from feeds.parse.recognise import Family, family_of
from feeds.taxonomy import Taxonomy

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENTRY = """\
<entry xmlns="http://www.w3.org/2005/Atom"><id>urn:x-press:417</id><title>Officers trained</title>
<updated>2026-11-20T09:30:00Z</updated><summary>In Vienna.</summary></entry>
"""


def a_document(body: bytes, media_type: str = push.JSON) -> Document:
    return Document(source="press", name="from-address", body=body, media_type=media_type)


def draft_of(taxonomy: Taxonomy, **members: Any) -> Draft:
    body = json.dumps({"title": "Officers trained"} | members).encode()
    parsed = push.parse(a_document(body), taxonomy, Habits())
    assert isinstance(parsed, Parsed), parsed
    (draft,) = parsed.drafts
    return draft


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


def test_what_pushed_html_shows_is_kept_and_no_paragraph(osce: Taxonomy) -> None:
    draft = draft_of(osce, html='<p>One.</p><img src="/a.png" alt="A map">', url="https://x.test/1")
    assert draft.paragraphs == ("One.",)
    assert draft.markup == (
        '<p>One.</p><figure><img src="https://x.test/a.png" alt="A map"></figure>'
    )


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


def test_whoever_takes_a_push_names_its_form(osce: Taxonomy) -> None:
    body = b'{"title": "Officers trained", "id": "items"}'
    assert family_of(body, push.JSON) is not Family.PUSH
    understood = understand(a_document(body), osce, Habits(form=push.FORM))
    assert isinstance(understood, Parsed)
    assert understood.form == "push"


def test_what_is_no_item_is_refused_with_every_fault(osce: Taxonomy) -> None:
    refused = push.parse(a_document(b'{"id": ""}'), osce, Habits())
    assert isinstance(refused, Faulty)
    assert refused.reason is Reason.MALFORMED
    assert [fault.field for fault in refused.faults] == ["/id", "/title"]
    assert "/id: " in refused.evidence
    assert "/title: is missing" in refused.evidence
    refused = push.parse(a_document(b"[1, 2"), osce, Habits())
    assert isinstance(refused, Refused)
    assert not isinstance(refused, Faulty)
    assert "not JSON" in refused.evidence


# -- Entries ---------------------------------------------------------------------------------------


def test_an_entry_alone_is_a_whole_item(osce: Taxonomy) -> None:
    document = a_document(ENTRY.encode("utf-16"), f"{push.ATOM};charset=utf-16")
    parsed = understand(document, osce, Habits(form=push.FORM))
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
    document = a_document(body.encode(), push.ATOM)
    assert isinstance(push.parse(document, osce, Habits()), Refused)


# -- Anything -------------------------------------------------------------------------------------


def test_whole_characters_may_be_escaped(osce: Taxonomy) -> None:
    body = rb'{"title": "\ud83d\ude00 \u0041"}'
    parsed = push.parse(a_document(body), osce, Habits())
    assert isinstance(parsed, Parsed)
    assert parsed.drafts[0].title == "\U0001f600 A"


@given(st.binary())
def test_any_bytes_are_an_item_or_refused(osce: Taxonomy, body: bytes) -> None:
    assert isinstance(push.parse(a_document(body), osce, Habits()), Parsed | Refused)
