"""Addresses as browsers read them."""

import pytest

from feeds.parse.href import as_read


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
