"""RFC 9110: which encoding is wanted, which file is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.negotiation import names, prefers_gzip


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
