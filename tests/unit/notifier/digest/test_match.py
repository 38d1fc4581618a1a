"""An item is told from those it was before by the selections it came to be of."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest

from feeds.model import TopicRef
from feeds.selection import Selection
from notifier.digest.match import Filed, SelectionIndex
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT

TEXTS = ("Officers trained", "A course on digital evidence.", "The course was held in Vienna.")
POLICE = Filed(frozenset({POLICING, SECRETARIAT}), "en", TEXTS)


def entered(
    query: str,
    now: Filed,
    before: Filed | None = None,
    moved: Mapping[TopicRef, TopicRef] = MappingProxyType({}),
) -> Sequence[int]:
    index = SelectionIndex(moved)
    index.add(7, Selection.parse(query))
    return index.entered(before, now)


def filed(*topics: str, language: str = "en", texts: tuple[str, ...] = TEXTS) -> Filed:
    return Filed(frozenset(map(TopicRef.parse, topics)), language, texts)


@pytest.mark.parametrize(
    ("query", "is_of"),
    [
        ("", True),
        ("field=policing", True),
        ("field=human-rights", False),
        ("field=human-rights&field=policing", True),
        ("field=policing&issuer=secretariat", True),
        ("field=policing&issuer=odihr", False),
        ("country=kyrgyzstan&field=policing", False),
        ("language=en", True),
        ("language=de", False),
        ("field=policing&language=de&language=en", True),
        ("q=officer", True),
        ("q=officers+vienna", True),
        ("q=%22digital+evidence%22", True),
        ("q=%22evidence+digital%22", False),
        ("q=officers+-vienna", False),
        ("q=-paris", True),
        ("field=policing&q=vienna", True),
        ("field=policing&q=paris", False),
        ("field=human-rights&q=vienna", False),
        ("language=en&q=trained", True),
        ("language=de&q=trained", False),
        ("q=_", False),
    ],
)
def test_an_item_is_of_what_takes_it_and_whose_words_it_has(query: str, *, is_of: bool) -> None:
    if query == "q=_":
        index = SelectionIndex({})
        index.add(7, Selection(words="_"))
        assert index.entered(None, POLICE) == []
        return
    assert entered(query, POLICE) == ([7] if is_of else [])


def test_a_language_stands_for_its_regions() -> None:
    assert entered("language=de", filed(language="de-AT")) == [7]
    assert entered("language=de-AT", filed(language="de")) == []
    assert entered("language=de", filed(language="")) == []


def test_what_it_was_of_before_is_nothing_new() -> None:
    both = filed("field:policing", "field:human-rights")
    index = SelectionIndex({})
    for key, query in enumerate(("field=policing", "field=human-rights", "", "q=vienna"), 1):
        index.add(key, Selection.parse(query))
    assert index.entered(None, both) == [1, 2, 3, 4]
    assert index.entered(filed("field:policing"), both) == [2]
    assert index.entered(both, both) == []
    assert index.entered(both, filed("field:policing")) == []
    silent = filed("field:policing", texts=("", "", ""))
    assert index.entered(silent, filed("field:policing")) == [4]


def test_a_topic_is_what_it_became() -> None:
    """Of a selection and of an item alike, before and now."""
    moved = {POLICING: HUMAN_RIGHTS}
    rights = filed("field:human-rights")
    assert entered("field=policing", rights, moved=moved) == [7]
    assert entered("field=human-rights", POLICE, moved=moved) == [7]
    assert entered("field=human-rights", rights, before=POLICE, moved=moved) == []


def test_a_run_without_blanks_is_found_from_within() -> None:
    tokyo = filed(language="ja", texts=("東京都の警察", "", ""))
    assert entered("q=京都", tokyo) == [7]
    assert entered("q=都", tokyo) == [7]
    assert entered("q=京東", tokyo) == []
