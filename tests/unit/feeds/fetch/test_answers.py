"""What a response means: statuses, validators, links."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import URL
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch import (
    Answer,
    FetchedPage,
    FetchFailed,
    Missing,
    NotModified,
    Posted,
    RemoteValidators,
    TakenAway,
)
from feeds.fetch.answers import (
    LONGEST_REST,
    SHORTEST_REST,
    Received,
    answer_of,
    conditions,
    reply_of,
    retry_after,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ADDRESS = "https://news.example.org/feed/"


def received(status: int = 200, body: bytes = b"", **fields: str) -> Received:
    named = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return Received(url=URL(ADDRESS), status=status, fields=named, body=body)


def answer(status: int = 200, known: RemoteValidators | None = None, **fields: str) -> Answer:
    return answer_of(received(status, b"", **fields), known, NOW)


def links(*fields: str) -> tuple[str | None, str | None]:
    given_ = tuple(("link", field) for field in fields)
    page = answer_of(Received(url=URL(ADDRESS), status=200, fields=given_), None, NOW)
    assert isinstance(page, FetchedPage)
    return page.hub, page.topic


def test_a_document_comes_with_all_that_was_said_of_it() -> None:
    sent = received(body=b"text", content_type="text/html; charset=x", etag="a", last_modified="b")
    found = answer_of(replace(sent, moved_to="https://news.example.org/new"), None, NOW)
    assert found == FetchedPage(
        url=ADDRESS,
        body=b"text",
        media_type="text/html; charset=x",
        validators=RemoteValidators("a", "b"),
        moved_to="https://news.example.org/new",
    )


def test_a_document_without_validators_has_none() -> None:
    assert answer(203, RemoteValidators("old", "old")) == FetchedPage(url=ADDRESS, body=b"")


@pytest.mark.parametrize(
    "tag", ['"x"', 'W/"x"', "unquoted", '"a, b"', '"\xfc"', "two words", "'single'", '"', "*"]
)
def test_validators_are_sent_back_as_they_came(tag: str) -> None:
    found = answer(etag=tag, last_modified="yesterday, or so")
    assert isinstance(found, FetchedPage)
    assert conditions(found.validators) == (
        ("If-None-Match", tag),
        ("If-Modified-Since", "yesterday, or so"),
    )


@pytest.mark.parametrize("tag", ["a\r\nb: c", "\x00", "", "x" * 1_001, " ", "\u2028", "é\u0101"])
def test_what_is_no_field_value_is_never_sent(tag: str) -> None:
    assert conditions(RemoteValidators(tag, None)) == ()
    found = answer(etag=tag)
    assert isinstance(found, FetchedPage)
    assert found.validators == RemoteValidators()


def test_nothing_is_asked_of_a_server_that_gave_no_validators() -> None:
    assert conditions(None) == conditions(RemoteValidators()) == ()


def test_an_unchanged_document_may_have_new_validators() -> None:
    known = RemoteValidators("old", "then")
    assert answer(304, known) == NotModified(url=ADDRESS, validators=known)
    assert answer(304, known, etag="new") == NotModified(
        url=ADDRESS, validators=RemoteValidators("new", "then")
    )
    assert answer(304, known, last_modified="now") == NotModified(
        url=ADDRESS, validators=RemoteValidators("old", "now")
    )


def test_what_was_never_had_cannot_be_unchanged() -> None:
    assert isinstance(answer(304), FetchFailed)


def test_missing_is_not_gone() -> None:
    assert answer(404) == Missing(url=ADDRESS)
    assert answer(410) == TakenAway(url=ADDRESS)


@pytest.mark.parametrize(
    "status", [100, 201, 204, 206, 300, 305, 400, 401, 403, 405, 406, 418, 451, 999]
)
def test_what_will_not_pass_by_itself_is_lasting(status: int) -> None:
    found = answer(status)
    assert isinstance(found, FetchFailed)
    assert found.is_lasting
    assert found.problem.startswith(f"{ADDRESS} answers {status}")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_trouble_passes(status: int) -> None:
    found = answer(status, retry_after="60")
    assert isinstance(found, FetchFailed)
    assert not found.is_lasting
    assert found.retry_after == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_yes_to_a_form_is_a_yes(status: int) -> None:
    assert reply_of(received(status, b"ok"), NOW) == Posted(status=status, body=b"ok")


def test_a_no_to_a_form_is_a_failure() -> None:
    assert isinstance(reply_of(received(404), NOW), FetchFailed)


def test_links_say_where_changes_are_told() -> None:
    assert links(
        '<javascript:x>; rel=hub, <https://hub.example.org/>; rel="hub", <https://h2.test/>;REL=HUB',
        '<?a=b>; title="x"; rel = "self alternate"; type="a", </c> ;rel=canonical',
    ) == ("https://hub.example.org/", "https://news.example.org/feed/?a=b")
    assert links("<https://hub.example.org/>;REL=HUB") == ("https://hub.example.org/", None)


@pytest.mark.parametrize(
    "field",
    [
        "",
        "no link",
        "<https://hub.example.org/>",
        "<javascript:alert(1)>; rel=hub",
        "<file:///etc/passwd>; rel=hub",
        "<https://user:secret@hub.example.org/>; rel=hub",
        "<https://[::1>; rel=hub",
        "<https://hub.example.org/a\x01b>; rel=hub",
        '<https://hub.example.org/>; relevant=hub; rel="',
        "<" * 50_000,
        "<>;" + " " * 50_000 + "rel",
    ],
)
def test_a_link_nobody_can_use_is_none(field: str) -> None:
    assert links(field)[0] is None


@given(st.text(max_size=80), st.integers(100, 999))
def test_no_field_is_too_odd(text: str, status: int) -> None:
    answer(status, RemoteValidators(text, text), etag=text, link=text, retry_after=text)


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sun Mar  1 12:02:00 2026", 120),
        ("Sunday, 01-Mar-26 12:02:00 GMT", 120),
        ("Sun, 01-Mar-2026 12:02:00 GMT", 120),
        ("119.5", 120),
        ("120.0", 120),
        ("+120", 120),
        ("120 s", 120),
        ("120 seconds", 120),
        ("120, 120", 120),
        ("00000000000000000000120", 120),
    ],
)
def test_both_forms_say_when(field: str, seconds: int) -> None:
    assert retry_after(field, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("field", [None, "", " "])
def test_who_says_nothing_wants_no_pause(field: str | None) -> None:
    assert retry_after(field, NOW) is None


@pytest.mark.parametrize(
    "field",
    [
        *(
            "0",
            "0.0",
            "-5",
            "- 5",
            "-99999999999999999999",
            "1.5",
            "²",
            "soon",
            "120x",
            "1e9",
            "nan",
        ),
        *("Sun, 31 Feb 2026 12:00:00 GMT", "2026-03-01 14:00", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ],
)
def test_no_pause_that_is_asked_for_is_over_at_once(field: str) -> None:
    """A clock that is behind, or words nobody can read, ask for a pause all the same."""
    assert retry_after(field, NOW) == NOW + SHORTEST_REST


@pytest.mark.parametrize(
    "field", ["9" * 5_000, "99999999", "9" * 40 + ".5", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_nobody_sends_us_away_for_good(field: str) -> None:
    assert retry_after(field, NOW) == NOW + LONGEST_REST


@given(st.text(max_size=40))
def test_no_moment_is_too_odd(field: str) -> None:
    found = retry_after(field, NOW)
    assert found is None or NOW + SHORTEST_REST <= found <= NOW + LONGEST_REST
