"""RFC 9110: which preconditions hold, which encoding is wanted, which file is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.addresses import names
from feeds.web.conditional import (
    Preconditions,
    Validators,
    Verdict,
    evaluate,
)
from feeds.web.negotiation import prefers_gzip

ETAG = '"abc-_1"'
MODIFIED = 784_111_777  # the example of RFC 9110 5.6.7
THEN = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
CURRENT = Validators(etag=ETAG, modified=MODIFIED)


def verdict(**fields: str) -> Verdict:
    return evaluate(Preconditions(**fields), CURRENT)


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


@given(st.text(max_size=60), st.text(max_size=60))
def test_wild_fields_are_answered_all_the_same(tag: str, date: str) -> None:
    assert evaluate(Preconditions(if_none_match=tag, if_modified_since=date), CURRENT)
    assert evaluate(Preconditions(if_match=tag), CURRENT)
    assert evaluate(Preconditions(if_unmodified_since=date), CURRENT)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, zstd, gzip", True),
        ("gzip;q=0.5", True),
        ("gzip; Q=1.000", True),
        ("*", True),
        ("identity;q=0.5, *;q=0.8", True),
        ("identity;q=0, gzip;q=0.1", True),
        ("gzip, identity", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity, gzip;q=0.5", False),
        ("gzip;q=2", False),
        ("gzip;q=nan", False),
        ("gzip;q", False),
        ("gzipped", False),
    ],
)
def test_gzip_is_sent_where_it_is_wanted(field: str, *, expected: bool) -> None:
    assert prefers_gzip(field) is expected


@given(st.text(max_size=60))
def test_no_accept_encoding_however_odd_breaks_a_request(field: str) -> None:
    assert prefers_gzip(field) in {True, False}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("index.html",)),
        ("/feeds/", ("feeds/index.html",)),
        ("/feeds/all", ("feeds/all.html", "feeds/all/index.html")),
        ("/feeds/fields", ("feeds/fields.html", "feeds/fields/index.html")),
        ("/feeds/all.atom", ("feeds/all.atom",)),
        ("/feeds.opml", ("feeds.opml",)),
        ("/style.css", ("style.css",)),
        ("/items/a.b/c", ("items/a.b/c.html", "items/a.b/c/index.html")),
    ],
)
def test_an_address_stands_for_a_file(path: str, expected: tuple[str, ...]) -> None:
    assert names(path, path.encode()) == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "feeds/all",
        "//etc/passwd",
        "/../secret.key",
        "/feeds/../../secret.txt",
        "/feeds/..",
        "/./feeds/all",
        "/.htaccess",
        "/feeds/.all.atom.tmp",
        "/feeds/all.atom.gz",
        "/feeds/all.atom.tmp",
        "/feeds/all.atom~",
        "/fieldfare.db",
        "/feeds\\all.atom",
        "/feeds/all\x00.atom",
        "/feeds/all.atom\n",
        "/feeds//all.atom",
        "/feeds/dépêches.atom",
    ],
)
def test_what_the_publisher_did_not_make_has_no_file(path: str) -> None:
    assert names(path, path.encode()) == ()


@pytest.mark.parametrize("raw", [b"/feeds%2Fall.atom", b"/feeds%2fall.atom"])
def test_an_encoded_slash_separates_nothing(raw: bytes) -> None:
    assert names("/feeds/all.atom", raw) == ()


@given(st.text(max_size=60))
def test_no_path_however_odd_leads_out_of_the_root(path: str) -> None:
    for name in names(path, path.encode("utf-8", "surrogatepass")):
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert not any(part.startswith(".") for part in name.split("/"))
