"""Which lines say something, and which say that there is nothing."""

import pytest

from feeds.parse.prose import is_placeholder


@pytest.mark.parametrize(
    "text",
    [
        *("N/A", "n/a", "NA", "n.a.", "N / A", "none", "NONE.", "(none)", "<null>", "nil"),
        *("undefined", "[unknown]", "TBD", "tba", "#", "-", "--", "\u2014", "?", "...", "\u2026"),
        *("not available", "no link", "No URL"),
    ],
)
def test_what_stands_for_nothing_is_known(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "1", ".", "..", "/", "./", "#a", "?id=4", "/n/a", "nato", "an", "none-of-us"),
        *("unknown-soldier", "tbd-2", "x" * 10**6, "-" * 10**6, "https://example.org/n/a"),
    ],
)
def test_what_may_be_an_address_or_a_name_is_one(text: str) -> None:
    assert not is_placeholder(text)
