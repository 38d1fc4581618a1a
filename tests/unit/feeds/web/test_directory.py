"""The published directory: which file an address stands for, and that none lies outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.directory import file_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "index.html"),
        ("/feeds/", "feeds/index.html"),
        ("/feeds/all", "feeds/all/index.html"),
        ("/feeds/all/", "feeds/all/index.html"),
        ("/feeds/fields", "feeds/fields/index.html"),
        ("/feeds/all.atom", "feeds/all.atom"),
        ("/feeds.opml", "feeds.opml"),
        ("/style.css", "style.css"),
        ("/items/a.b/c", "items/a.b/c/index.html"),
    ],
)
def test_an_address_stands_for_a_file(path: str, expected: str) -> None:
    assert file_of(path, path.encode()) == expected


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
    assert file_of(path, path.encode()) is None


@pytest.mark.parametrize("raw", [b"/feeds%2Fall.atom", b"/feeds%2fall.atom"])
def test_an_encoded_slash_separates_nothing(raw: bytes) -> None:
    assert file_of("/feeds/all.atom", raw) is None


@given(st.text(max_size=60))
def test_no_path_however_odd_leads_out_of_the_root(path: str) -> None:
    name = file_of(path, path.encode("utf-8", "surrogatepass"))
    if name is not None:
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert not any(part.startswith(".") for part in name.split("/"))
