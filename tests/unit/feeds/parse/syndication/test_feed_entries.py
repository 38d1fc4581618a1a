"""Addresses and files as feeds write them."""

import pytest

from feeds.parse.syndication.feed_entries import absolute


@pytest.mark.parametrize("address", ["//[::1", "//[x]/a", "mailto:a@example.org"])
def test_what_cannot_be_joined_is_no_address(address: str) -> None:
    assert absolute(address, "https://news.example.org/") is None


@pytest.mark.parametrize("base", [None, "https://x.test/"])
def test_a_scheme_is_in_small_letters(base: str | None) -> None:
    assert absolute("htTps://x.test/A", base) == "https://x.test/A"
    assert absolute(" HTTP://x.test/A", base) == "http://x.test/A"
