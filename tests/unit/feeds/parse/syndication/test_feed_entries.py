"""Addresses and files as feeds write them."""

import pytest

from feeds.parse.syndication.feed_entries import absolute, identifier


@pytest.mark.parametrize("address", ["//[::1", "//[x]/a", "mailto:a@example.org"])
def test_what_cannot_be_joined_is_no_address(address: str) -> None:
    assert absolute(address, "https://news.example.org/") is None


@pytest.mark.parametrize("base", [None, "https://x.test/"])
def test_a_scheme_is_in_small_letters(base: str | None) -> None:
    assert absolute("htTps://x.test/A", base) == "https://x.test/A"
    assert absolute(" HTTP://x.test/A", base) == "http://x.test/A"
    assert absolute("https://x.test/A\u200e", base) == "https://x.test/A"


@pytest.mark.parametrize("word", ["N/A", " n/a ", "#", "none", "-", "TBD", "undefined"])
def test_a_word_for_no_address_is_neither_address_nor_name(word: str) -> None:
    assert absolute(word, "https://news.example.org/press/") is None
    assert identifier(word) is None


@pytest.mark.parametrize("address", ["n/a1", "na.html", "?id=1", "#a1", "none/of/them"])
def test_a_relative_address_is_one_however_short(address: str) -> None:
    joined = absolute(address, "https://news.example.org/press/")
    assert joined == f"https://news.example.org/press/{address}"
    assert identifier(address) == address
