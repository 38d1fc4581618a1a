"""Addresses as browsers read them."""

from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse.href import as_read, joined_plainly


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://t.example/a", "https://t.example/a"),
        (
            "https://t.example/Annual report 2026.pdf",
            "https://t.example/Annual%20report%202026.pdf",
        ),
        ("\n  https://t.example/a \n", "https://t.example/a"),
        ("https://t.example/a\n  /b\tc", "https://t.example/a%20%20/bc"),
        ("ht\ntps://t.exa\r\nmple/a?b c#d e", "https://t.example/a?b%20c#d%20e"),
        ("\x1fhttps://t.example/a\u3000b\xa0", "https://t.example/a%E3%80%80b"),
        ("https://t.example/a|{b}", "https://t.example/a|{b}"),
        ("https://t exa/a b", "https://t exa/a%20b"),
        ("https://t.example\\a b@c", "https://t.example\\a%20b@c"),
        (
            'mailto:a@b.example?subject=x y|"<{}>\\^`',
            "mailto:a@b.example?subject=x%20y%7C%22%3C%7B%7D%3E%5C%5E%60",
        ),
        ("a b", "a%20b"),
        ("/a b|c", "/a%20b|c"),
        ("//t exa/a b", "//t exa/a%20b"),
        ("\u200b https://t.example/\ufeffa b", "https://t.example/a%20b"),
        ("tel:+1 {2}", "tel:+1%20%7B2%7D"),
        ("", ""),
    ],
)
def test_an_address_is_read_as_browsers_read_it(written: str, read: str) -> None:
    assert as_read(written) == read


@pytest.mark.parametrize(
    "base", ["https://t.example", "HTTP://t.example/a/b?c#d", "https://t.example:8/"]
)
@given(path=st.text("ab0/.-_?=&#%: ", max_size=12).map("/".__add__))
def test_plain_paths_are_joined_as_all_addresses_are(base: str, path: str) -> None:
    joined = joined_plainly(base, path)
    assert joined in {None, urljoin(base, path)}


def test_what_is_no_plain_path_of_a_web_address_is_joined_otherwise() -> None:
    assert (
        joined_plainly("https://t.example/a/", "/news/1?page=2")
        == "https://t.example/news/1?page=2"
    )
    for base, address in (
        (None, "/a"),
        ("", "/a"),
        ("https://t.example/", "a"),
        ("https://t.example/", "//t.example/a"),
        ("https://t.example/", "/../a"),
        ("https://t.example/", "/" + 3_000 * "a"),
        ("mailto:a@b.example", "/a"),
        ("http://[", "/a"),
    ):
        assert joined_plainly(base, address) is None
