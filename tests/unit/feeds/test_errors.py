"""Errors say what happened to which thing."""

from feeds.errors import NotEdited


def test_an_edit_that_cannot_be_names_its_item() -> None:
    error = NotEdited("2026/officers-trained", "there is no such item")
    assert error.item == "2026/officers-trained"
    assert str(error) == "item '2026/officers-trained': there is no such item"
