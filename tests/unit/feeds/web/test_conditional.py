"""RFC 9110: which preconditions hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.conditional import Preconditions, Verdict, evaluate

ETAG = '"abc-_1"'
MODIFIED = 784_111_777  # the example of RFC 9110 5.6.7
THEN = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"


def verdict(**fields: str) -> Verdict:
    return evaluate(Preconditions(**fields), ETAG, MODIFIED)


def test_a_request_without_conditions_is_answered_in_full() -> None:
    assert verdict() is Verdict.SEND


@pytest.mark.parametrize(
    "field",
    [
        ETAG,
        f"W/{ETAG}",
        "*",
        " * ",
        f'"other", {ETAG}',
        f'W/"other",W/{ETAG}',
        f',, {ETAG} ,"x"',
        f'"a,b", {ETAG}',
        f'"", {ETAG}',
        f"\t{ETAG}",
    ],
)
def test_a_known_tag_needs_no_body(field: str) -> None:
    """If-None-Match compares weakly: proxies turn a strong tag into a weak one (8.8.3.2)."""
    assert verdict(if_none_match=field) is Verdict.NOT_MODIFIED


@pytest.mark.parametrize(
    "field", ["", '"other"', "abc-_1", '"abc-_1', '"ABC-_1"', 'w/"abc-_1"', f"*, {ETAG}", "W/*"]
)
def test_an_unknown_or_unreadable_tag_gets_the_whole(field: str) -> None:
    assert verdict(if_none_match=field) is Verdict.SEND


def test_a_tag_wins_over_a_date() -> None:
    """13.1.3: If-Modified-Since is ignored where If-None-Match is present."""
    assert verdict(if_none_match='"old"', if_modified_since=LATER) is Verdict.SEND
    assert verdict(if_none_match=ETAG, if_modified_since=BEFORE) is Verdict.NOT_MODIFIED


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (BEFORE, Verdict.SEND),
        (THEN, Verdict.NOT_MODIFIED),
        (LATER, Verdict.NOT_MODIFIED),
        ("yesterday", Verdict.SEND),
        (f"{LATER}, {LATER}", Verdict.SEND),
    ],
)
def test_a_date_decides_where_there_is_no_tag(date: str, expected: Verdict) -> None:
    assert verdict(if_modified_since=date) is expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (ETAG, Verdict.SEND),
        ("*", Verdict.SEND),
        (f'"x", {ETAG}', Verdict.SEND),
        (f"W/{ETAG}", Verdict.FAILED),
        ('"x"', Verdict.FAILED),
        ("", Verdict.FAILED),
    ],
)
def test_if_match_compares_strongly(field: str, expected: Verdict) -> None:
    assert verdict(if_match=field) is expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (BEFORE, Verdict.FAILED),
        (THEN, Verdict.SEND),
        (LATER, Verdict.SEND),
        ("never", Verdict.SEND),
    ],
)
def test_what_changed_since_is_refused_where_that_was_asked(date: str, expected: Verdict) -> None:
    assert verdict(if_unmodified_since=date) is expected


def test_if_match_wins_over_if_unmodified_since() -> None:
    assert verdict(if_match=ETAG, if_unmodified_since=BEFORE) is Verdict.SEND


def test_a_failed_precondition_comes_before_not_modified() -> None:
    assert verdict(if_match='"x"', if_none_match=ETAG) is Verdict.FAILED
    assert verdict(if_match=ETAG, if_none_match=ETAG) is Verdict.NOT_MODIFIED


tags = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='"\x7f'), max_size=12
)


@given(st.lists(tags, max_size=6), st.integers(min_value=0))
def test_a_tag_is_found_wherever_it_stands_in_a_list(others: list[str], place: int) -> None:
    members = [f'"{tag}"' for tag in others]
    members.insert(place % (len(members) + 1), f"W/{ETAG}")
    assert verdict(if_none_match=", ".join(members)) is Verdict.NOT_MODIFIED
    assert verdict(if_match=",".join(members)) is (
        Verdict.SEND if ETAG in members else Verdict.FAILED
    )


def test_a_date_says_nothing_of_what_may_change_within_its_second() -> None:
    for field in ("if_modified_since", "if_unmodified_since"):
        for date in (BEFORE, THEN, LATER):
            asked = Preconditions(**{field: date})
            assert evaluate(asked, ETAG, None) is Verdict.SEND
    assert evaluate(Preconditions(if_none_match=ETAG), ETAG, None) is Verdict.NOT_MODIFIED


@given(st.text(max_size=60), st.text(max_size=60))
def test_wild_fields_are_answered_all_the_same(tag: str, date: str) -> None:
    assert evaluate(Preconditions(if_none_match=tag, if_modified_since=date), ETAG, MODIFIED)
    assert evaluate(Preconditions(if_match=tag), ETAG, MODIFIED)
    assert evaluate(Preconditions(if_unmodified_since=date), ETAG, MODIFIED)
