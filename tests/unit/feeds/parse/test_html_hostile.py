"""Markup made to do harm, or grown by accident: an answer in no time, never a crash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.draft import Habits, Parsed, Reason, Refused
from feeds.parse import html
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, TITLE, document, draft_of, page, paragraphs, refused

pytestmark = pytest.mark.one_python

DEEP = {
    "div": "<div>" * 200_000,
    "list": "<ul><li>" * 100_000,
    "closed": "<div>" * 10_000 + "x" + "</div>" * 10_000,
    "in comments": "<div><!--</div>-->" * 20_000,
    "reopened": "<p>" + "".join(f"<b a={n}>" for n in range(100)) + "</p>" + "<p>x</p>" * 5_000,
    "attributes": "<a " + " ".join(f"b{n}" for n in range(50_000)) + ">x</a>",
    "attributes between slashes": "<a " + "/".join(f"b{n}" for n in range(50_000)) + ">x</a>",
    "attributes without spaces": "<a " + "".join(f'b{n}="x"' for n in range(50_000)) + ">x</a>",
    "angle brackets in values": "<a " + "".join(f"b{n}='<>'" for n in range(50_000)) + ">x</a>",
    "a quote within a value": "<a b=x'y c='>' " + " ".join(f"d{n}" for n in range(50_000)) + ">x",
    "false ends": "<div>" * 40_000 + "</ >" * 40_000,
    "tags within tags": "<a b='" * 41 + "x" * 100_000,
    "quotes": '<a "' * 100_000,
    "comments": "<!--" * 100_000,
    "scripts": "<script " * 100_000,
}


@pytest.mark.parametrize("markup", DEEP.values(), ids=DEEP)
def test_markup_no_parser_should_see_is_refused(osce: Taxonomy, markup: str) -> None:
    refusal = refused(page(markup), osce)
    assert refusal.reason is Reason.HOSTILE
    assert refusal.evidence


def test_deep_but_harmless_markup_is_read(osce: Taxonomy) -> None:
    body = page("<div>" * 300 + f"<h1>{TITLE}</h1>{paragraphs(FIRST, SECOND)}" + "</div>" * 300)
    assert draft_of(body, osce).title == TITLE


def test_many_odd_but_short_tags_are_read(osce: Taxonomy) -> None:
    """A sign of less in a value is bad style, no attack."""
    odd = "<p title='a < b'>Part of a long page.</p>" * 2_000 + f"<p title='<{'x' * 20_000}'></p>"
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND)}{odd}</main>")
    assert draft_of(body, osce).title == TITLE


def test_a_title_of_a_megabyte_is_cut(osce: Taxonomy) -> None:
    body = page(f"<main><h1>{'Long ' * 200_000}</h1>{paragraphs(FIRST, SECOND)}</main>")
    assert len(draft_of(body, osce).title) <= 2_000


@pytest.mark.parametrize(
    "strange",
    ["\0", "\x01\x02", "\ud800", "&#0;", "&#xD800;", "\u202e", "\r\n", "<script>alert(1)</script>"],
)
def test_strange_characters_leave_no_trace(osce: Taxonomy, strange: str) -> None:
    title = TITLE.replace(" in ", f" {strange}in ")
    body = page(f"<main><h1>{title}</h1>{paragraphs(FIRST, SECOND + strange)}</main>" + " " * 500)
    draft = draft_of(body, osce)
    words = f"{draft.title}{draft.body}{draft.markup}"
    assert "alert" not in words
    assert all(character.isprintable() or character == "\n" for character in words)
    assert draft.title.replace("\ufffd", "") == TITLE


PIECES = st.sampled_from(
    "<div> </div> <p> </p> <a href='/x'> </a> <h1> </h1> <h2> <li> <ul> <table> <tr> <td> <br> "
    "<script> </script> <time datetime='2021-06-26'> <dl> <dt> <dd> <!-- --> < > &amp; &#0; \0 "
    '<script type=\'application/ld+json\'> {"@type":"NewsArticle"} [ { \ud800 Issued: '
    "<article> </article> <main> <meta name='date' content='x'> <svg> <math> <template> "
    "<select> <title> </title> <base href='http://['> <link rel=canonical href='//['>".split(" ")
)
WORDS = st.sampled_from(
    ["Issued by:", "OSCE Secretariat", "3 June 2002", "News Item", TITLE, FIRST, "Next", "When"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES | WORDS | st.text(max_size=20), max_size=60), st.booleans())
def test_any_soup_is_understood_or_refused(osce: Taxonomy, pieces: list[str], forced: bool) -> None:
    body = document("<html><body>" + "".join(pieces))
    assert isinstance(html.parse(body, osce, Habits(forced=forced)), Parsed | Refused)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_understood_or_refused(osce: Taxonomy, body: bytes) -> None:
    assert isinstance(html.parse(document(b"<p>" + body), osce, Habits()), Parsed | Refused)


def test_formatting_that_is_closed_does_no_harm(osce: Taxonomy) -> None:
    bold = "".join(f"<b>{number}</b> " for number in range(100))
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, bold)}</main>")
    assert draft_of(body, osce).title == TITLE
