"""One spelling a selection, whoever writes it, and a clear word where a query is none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.catalogue import catalogue, languages
from feeds.errors import MalformedSelection
from feeds.model import TopicKind, TopicRef
from feeds.selection import EVERYWHERE, Selection, canonical_words

FIELD, ISSUER = TopicRef.parse("field:policing"), TopicRef.parse("issuer:secretariat")

topics = st.builds(
    TopicRef,
    st.sampled_from(TopicKind),
    st.from_regex(r"[a-z0-9](?:-?[a-z0-9]){0,9}", fullmatch=True),
)
tags = st.sampled_from(["en", "zh-TW", "sr-Latn", "de-CH", "pt"])
texts = st.text(max_size=60).map(canonical_words).filter(lambda text: any(map(str.isalnum, text)))
selections = st.builds(
    Selection,
    st.frozensets(topics, max_size=6),
    st.frozensets(tags, max_size=3),
    st.just("") | texts,
)


@given(selections)
def test_a_selection_is_what_its_spelling_says(selection: Selection) -> None:
    assert Selection.parse(selection.query) == selection
    assert selection.query.isascii()


@given(st.text(max_size=300) | st.text(alphabet="field=&%q+;langue-0\x00", max_size=300))
def test_a_query_is_a_selection_or_refused_by_name(query: str) -> None:
    with suppress(MalformedSelection):
        found = Selection.parse(query)
        assert Selection.parse(found.query) == found


@pytest.mark.parametrize(
    ("query", "spelt"),
    [
        ("", ""),
        ("issuer=secretariat&field=policing", "field=policing&issuer=secretariat"),
        ("field=policing&field=human-rights", "field=human-rights&field=policing"),
        ("field=policing&field=policing", "field=policing"),
        ("language=ZH-tw&language=en", "language=en&language=zh-TW"),
        ("language=iw&language=he", "language=he"),
        ("q=+Border%20%0A Zone", "q=border%20zone"),
        ("q=R%26D+%22caf%C3%A9%22", "q=r%26d%20%22caf%C3%A9%22"),
        ("q=cafe%CC%81", "q=caf%C3%A9"),
        ("q=sol%C2%ADdier%00s", "q=soldier%20s"),
        ("type=news-item&country=kosovo", "country=kosovo&type=news-item"),
    ],
)
def test_a_selection_has_one_spelling(query: str, spelt: str) -> None:
    assert Selection.parse(query).query == spelt


@pytest.mark.parametrize(
    ("query", "parameter", "problem"),
    [
        ("fields=policing", "fields", "only field, issuer, country, type, language, q"),
        ("field=", "field", "has no value"),
        ("field=policing&q", "q", "has no value"),
        ("language=%20&field=", "language", "has no value"),
        ("colour=", "colour", "there is no such parameter"),
        ("field=Policing+%26c", "field", "'policing &c' is no short name of a topic"),
        ("language=english!", "language", "'english!' is no language tag"),
        ("language=und", "language", "'und' is no language tag"),
        ("q=%22*%22", "q", "holds nothing to look for"),
        ("q=a&q=b", "q", "twice"),
        (f"q={'long+' * 60}", "q", "more than 200 characters"),
        ("&".join(["field=a"] * 41), "", "more than 40 values"),
        ("q=%FF", "", "not in UTF-8"),
        (f"q={'x' * 9000}", "", "too long"),
    ],
)
def test_what_is_wrong_with_a_query_is_told(query: str, parameter: str, problem: str) -> None:
    with pytest.raises(MalformedSelection, match=problem.replace("*", r"\*")) as caught:
        Selection.parse(query)
    wrong = caught.value
    assert wrong.parameter == parameter
    for language in languages():
        said = catalogue(language).say(
            f"malformed.{wrong.reason}", name=parameter, value=wrong.value
        )
        assert str(wrong.value) in said


def test_what_a_form_sends_empty_asks_for_nothing() -> None:
    sent = "q=&field=policing&issuer=+&country&go="
    assert Selection.parse(sent, of_form=True) == Selection(frozenset({FIELD}))
    with pytest.raises(MalformedSelection, match="40 values"):
        Selection.parse("field=&" * 41, of_form=True)


@pytest.mark.parametrize(
    "wrong",
    [{"words": "Two  Words"}, *({"languages": frozenset({each})} for each in ("EN", "iw", "und"))],
)
def test_no_selection_has_a_second_spelling(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="as a selection has"):
        Selection(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("", EVERYWHERE),
        ("field=policing", ("field", "policing")),
        ("language=de", ("language", "de")),
        ("language=de-CH", None),
        ("q=border", None),
        ("field=policing&q=border", None),
        ("field=policing&field=human-rights", None),
    ],
)
def test_what_is_filed_in_one_place_is_found_there(
    query: str, place: tuple[str, str] | None
) -> None:
    assert Selection.parse(query).place == place


@pytest.mark.parametrize(
    ("query", "is_taken"),
    [
        ("", True),
        ("field=policing", True),
        ("field=policing&field=human-rights", True),
        ("field=human-rights", False),
        ("field=policing&issuer=secretariat", True),
        ("field=policing&country=kosovo", False),
        ("language=de", True),
        ("language=de-CH&language=en", True),
        ("language=de-AT", False),
        ("language=den", False),
    ],
)
def test_any_within_a_facet_and_all_between_facets(query: str, is_taken: bool) -> None:
    assert Selection.parse(query).takes({FIELD, ISSUER}, "de-CH") is is_taken
