"""RFC 9110: which encoding is wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.representation import preferred


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
    assert preferred(field, ("gzip",)) == ("gzip" if expected else None)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("gzip, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, *", "zstd"),
        ("gzip;q=0.9, br;q=0.9, zstd;q=0.1", "br"),
        ("identity, br;q=0.9", None),
        ("deflate", None),
        ("", None),
    ],
)
def test_the_one_wanted_most_is_sent_and_the_smallest_of_several(
    field: str, expected: str | None
) -> None:
    assert preferred(field, ("br", "zstd", "gzip")) == expected


@given(st.text(max_size=60))
def test_no_accept_encoding_however_odd_breaks_a_request(field: str) -> None:
    assert preferred(field, ("br", "gzip")) in {"br", "gzip", None}
