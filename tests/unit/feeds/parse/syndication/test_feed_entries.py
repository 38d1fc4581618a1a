"""Addresses and files as feeds write them."""

import json

import pytest

from feeds.model import Enclosure
from feeds.parse.syndication.feed_entries import absolute, identifier, once
from feeds.taxonomy import Taxonomy
from tests.syndicated import only, parsed


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


def feeds_with(own: str, home: str, link: str) -> list[bytes]:
    """A feed in each dialect that says where it is and whose, with an entry that has a relative
    file.
    """
    said = "<description>&lt;p&gt;See &lt;a href='/more'&gt;more&lt;/a&gt;.&lt;/p&gt;</description>"
    of_rss = (
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>A</title>'
        f"<link>{home}</link><atom:link rel='self' href='{own}'/><item><title>One</title>"
        f"<link>{link}</link>{said}<enclosure url='/x.mp3' type='audio/mpeg'/></item>"
        "</channel></rss>"
    )
    of_atom = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><link href="{home}"/>'
        f'<link rel="self" href="{own}"/><entry><title>One</title><link href="{link}"/>'
        '<link rel="enclosure" href="/x.mp3"/></entry></feed>'
    )
    item = {"id": "1", "url": link, "title": "One", "attachments": [{"url": "/x.mp3"}]}
    of_json = {"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": [item]}
    of_json |= {"feed_url": own, "home_page_url": home}
    return [of_rss.encode(), of_atom.encode(), json.dumps(of_json).encode()]


@pytest.mark.parametrize(
    ("own", "home", "link", "url"),
    [
        # The feed's own address, or that of its site where somebody else's host has it.
        ("https://e.test/f/feed", "", "1", "https://e.test/f/1"),
        ("https://e.test/f/feed", "../", "1", "https://e.test/f/1"),
        ("https://f.test/f", "https://e.test/", "/1", "https://e.test/1"),
        # The site alone, and the entry alone.
        ("", "https://e.test/", "/1", "https://e.test/1"),
        ("", "", "https://e.test/a/1", "https://e.test/a/1"),
        ("/feed", "/", "/1", None),
    ],
)
def test_where_nobody_knows_where_a_feed_was_found_it_says_so_itself(
    own: str, home: str, link: str, url: str | None, osce: Taxonomy
) -> None:
    for body in feeds_with(own, home, link):
        draft = only(body, osce, url=None)
        assert draft.url == url
        assert [each.url for each in draft.enclosures] == ["https://e.test/x.mp3"] * bool(url)


def test_a_file_that_is_nowhere_is_counted(osce: Taxonomy) -> None:
    for body in feeds_with("", "/", "/1"):
        assert parsed(body, osce, url=None).lost_files == 1
        assert parsed(body, osce).lost_files == 0


def test_where_it_was_found_counts_before_what_it_says(osce: Taxonomy) -> None:
    for body in feeds_with("https://old.e.test/feed", "", "/1"):
        draft = only(body, osce, url="https://new.e.test/feed")
        assert draft.url == "https://new.e.test/1"


def test_of_more_files_than_any_entry_has_the_first_are_kept() -> None:
    """Those that are nowhere are counted, however many."""
    files = [Enclosure(url=f"https://x.test/{number % 30}.mp3") for number in range(60)]
    kept = once([*files, None, None])
    assert kept == (*files[:20], None, None)
