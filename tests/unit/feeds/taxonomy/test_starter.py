"""A taxonomy to start from is sound, whatever names it is made of."""

import pytest

from feeds.model import TopicKind
from feeds.taxonomy import Slot, Taxonomy
from feeds.taxonomy.file import doubts_about
from feeds.taxonomy.starter import Suggested, slug_of, starter

FIELD, ISSUER, TYPE = TopicKind.FIELD, TopicKind.ISSUER, TopicKind.TYPE


def named(*names: str) -> list[Suggested]:
    return [Suggested(name=name) for name in names]


def topics(text: str) -> dict[str, str]:
    assert doubts_about(text) == ()
    return {str(topic.ref): topic.label for topic in Taxonomy.from_toml(text).topics}


def test_what_is_known_of_an_organisation_is_its_taxonomy() -> None:
    text = starter(
        'The "Lake" Board',
        "de",
        {
            FIELD: [
                Suggested(name="Trinkwasser", items=3),
                Suggested(name="trinkwasser", items=1),
                Suggested(name="Fische", items=1),
                Suggested(name="  "),
            ],
            TYPE: named("Ausschreibung", "Pressemitteilung", "Press release"),
        },
        ("Sachgebiet", "Sachgebiete"),
    )
    assert topics(text) == {
        "field:trinkwasser": "Trinkwasser",
        "field:fische": "Fische",
        "type:ausschreibung": "Ausschreibung",
        "type:press-release": "Pressemitteilung",
    }
    assert Taxonomy.from_toml(text).name == 'The "Lake" Board'
    assert Taxonomy.from_toml(text).slot("Sachgebiete:") is Slot.FIELDS
    assert "# in 4 items\n[[field]]" in text
    assert "# in 1 item\n[[field]]" in text


def test_names_that_leave_the_same_slug_or_none_are_told_apart() -> None:
    names = {ISSUER: named("Вода", "C+", "C-", "Ünit", "Unit?"), TYPE: named("Tender")}
    text = starter("", "en", names)
    assert topics(text) == {
        "issuer:issuer-1": "Вода",
        "issuer:c": "C+",
        "issuer:c-3": "C-",
        "issuer:unit": "Ünit",
        "issuer:unit-5": "Unit?",
        "type:tender": "Tender",
    }


def test_without_names_it_shows_how_they_are_written() -> None:
    text = starter("", "en", {})
    assert [str(topic.ref.kind) for topic in Taxonomy.from_toml(text).topics] == ["type"] * 5
    shown = "\n".join(line.removeprefix("#") for line in text.splitlines() if line[:1] in "#[")
    assert "[[country]]" in shown


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Children's rights & duties", "childrens-rights-and-duties"), ("x" * 90, "x" * 60)],
)
def test_a_slug_is_made_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug
