"""What a selection asks of an index, from what people write into a search box."""

from datetime import timedelta

import pytest

from feeds.model import TopicRef
from feeds.search.query import Phrase, Query, query_of, spoken, was_there
from feeds.selection import Selection, canonical_words
from tests.items import NOON


def looked_for(text: str, languages: str = "en") -> tuple[list[str], list[str]]:
    """The phrases of a text that are wanted and not, of what has some languages."""
    selection = Selection(languages=frozenset(languages.split()), words=canonical_words(text))
    query = query_of(selection)
    assert query
    wanted = query.wanted[1:] if languages else query.wanted
    spelt = (
        ["|".join(" ".join(each.terms) + "*" * each.is_open for each in choice) for choice in part]
        for part in (wanted, query.unwanted)
    )
    first, second = spelt
    return first, second


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("border security", ["border", "secur"], []),
        ('"border security" moldova', ["border secur", "moldova"], []),
        ('zone "border', ["zone", "border"], []),
        ("„border security“ «zones»", ["border secur", "zone"], []),
        ("al-shabaab", ["al shabaab"], []),
        ("border -police -“border guard”", ["border"], ["polic", "border guard"]),
        ("--police - -", [], ["polic"]),
        ('a"b"c', ["a", "b", "c"], []),
        ("東京都 都 osce東京", ["東京 京都", "都*", "osc", "東京"], []),
        ("-東京都都", [], ["東京 京都 都都"]),
    ],
)
def test_words_phrases_and_what_to_leave_out(
    text: str, wanted: list[str], unwanted: list[str]
) -> None:
    assert looked_for(text) == (wanted or looked_for(text)[0], unwanted)
    assert wanted or looked_for(text)[0] == []


def test_a_word_is_of_any_language_until_some_are_asked_for() -> None:
    assert looked_for("policing", "") == (["policing|polic"], [])
    assert looked_for("policing", "en-GB") == (["polic"], [])
    assert looked_for("policing", "pl") == (["policing"], [])
    assert looked_for("policing", "pl en") == (["policing|polic"], [])


def test_words_that_hold_nothing_find_nothing() -> None:
    assert query_of(Selection(words="_")) is None


def test_places_come_first_and_everything_is_a_place() -> None:
    late = (Phrase((":late",)),)
    assert query_of(Selection()) == Query(
        wanted=((Phrase((":all",)),),), unwanted=(), late=late, filed=()
    )
    found = query_of(Selection.parse("language=zh-TW&field=b&field=a&q=-x"), ":corrected")
    fields = (Phrase(("field:a",)), Phrase(("field:b",)))
    assert found == Query(
        wanted=(fields, (Phrase(("language:zh-tw",)),), (Phrase((":corrected",)),)),
        unwanted=((Phrase(("x",)),),),
        late=late,
        filed=tuple(Phrase((f"at:{name}",)) for name in ("field:a", "field:b", "language:zh-tw")),
    )


def test_a_language_is_in_each_of_its_ranges() -> None:
    assert [tag for _, tag in spoken("zh-Hant-TW")] == ["zh", "zh-Hant", "zh-Hant-TW"]
    assert [*spoken("")] == []


def test_an_item_was_in_a_selection_once_all_its_places_were() -> None:
    later = NOON + timedelta(hours=1)
    filed = {("field", "a"): NOON, ("field", "b"): later, ("language", "de"): NOON}
    filed[("language", "de-AT")] = NOON

    def was(query: str) -> bool:
        return was_there(Selection.parse(query), filed, later)

    assert was("field=a")
    assert was("field=a&field=b")
    assert not was("field=b")
    assert was("language=de-AT")
    assert not was("field=a&language=en")
    assert not was_there(Selection.parse("field=a"), filed, NOON)
    assert not was_there(Selection.parse("language=de"), filed, NOON)
    assert TopicRef.parse("field:a") in Selection.parse("field=a").topics
