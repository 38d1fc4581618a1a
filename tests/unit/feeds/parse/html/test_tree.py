"""Markup as a tree, and what a browser shows of it."""

import pytest

from feeds.parse.html.tree import Tree, absolute, composed, find, find_all, framed


def test_a_selector_that_is_none_finds_nothing() -> None:
    tree = Tree("<p>One</p>")
    assert find(tree, "p:::x") is None
    assert find_all(tree, "p:::x") == []


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f", "\u202e", "\u2066", "\u200b", "\n"])
def test_what_nobody_sees_in_an_address_is_no_part_of_it(mark: str) -> None:
    assert absolute("https://x.test/", f"{mark}/ne{mark}ws/é{mark}") == "https://x.test/news/é"


@pytest.mark.parametrize("written", ["/a b|c", " https://x.test/a b|c\n", "a%20b|c"])
def test_blanks_stand_in_an_address_in_code(written: str) -> None:
    assert absolute("https://x.test/", written) == "https://x.test/a%20b|c"


def test_joiners_of_letters_are_part_of_an_address() -> None:
    """Persian needs them, and its addresses are its titles."""
    assert absolute("https://x.test/", "/می\u200cخواهم") == "https://x.test/می\u200cخواهم"


def test_frames_without_a_document_of_their_own_stay_as_they_are() -> None:
    many = '<iframe src="a"></iframe>' * 60
    assert framed(many) == many


def test_a_frame_whose_tag_never_ends_stays_as_it_is() -> None:
    cut = "<p>One</p><iframe srcdoc"
    assert framed(cut) == cut


def test_what_has_a_slot_stands_in_it_wherever_its_root_is() -> None:
    tree = composed(
        '<div><template shadowrootmode="open"><p>In</p><slot name="a"></slot></template>'
        '<p>Between</p><h1 slot="a">Title</h1></div>'
    )
    assert find(tree, "slot > h1") is not None
    assert [node.text() for node in find_all(tree, "p, h1")] == ["In", "Title", "Between"]
