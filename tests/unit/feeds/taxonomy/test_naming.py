"""Names as they are printed: every spelling is known, and nothing unknown is lost."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.model import TopicKind
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

Known = list[tuple[str, str | None]]


@pytest.fixture
def resolve(osce: Taxonomy) -> Callable[[str, str], Known]:
    def names(kind: str, text: str) -> Known:
        return [(label.text, label.slug) for label in osce.resolve(TopicKind(kind), text)]

    return names


def test_a_printed_list_keeps_its_order_and_words(resolve: Callable[[str, str], Known]) -> None:
    assert resolve("issuer", "OSCE Secretariat, Transnational Threats Department") == [
        ("OSCE Secretariat", "secretariat"),
        ("Transnational Threats Department", "transnational-threats-department"),
    ]


@pytest.mark.parametrize(
    ("printed", "slug"),
    [
        ("OSCE Secretariat", "secretariat"),
        ("Secretariat", "secretariat"),
        ("osce  secretariat", "secretariat"),
        ("OSCE\u00a0Secretariat", "secretariat"),
        ("Presence in Albania", "presence-in-albania"),
        ("OSCE Chairmanship", "chairpersonship"),
        ("Chairpersonship", "chairpersonship"),
        ("OSCE Mission to Georgia (closed)", "mission-to-georgia"),
        ("Mission to Georgia", "mission-to-georgia"),
        ("OSCE Mission to Tajikistan", "programme-office-in-dushanbe"),
        (
            "Observer Mission at the Russian Checkpoints Gukovo and Donetsk (discontinued)",
            "observer-mission-gukovo-and-donetsk",
        ),
        ("OSCE Project Co‑ordinator in Uzbekistan", "project-co-ordinator-in-uzbekistan"),
        ("OSCE Project Coordinator in Uzbekistan", "project-co-ordinator-in-uzbekistan"),
        ("OSCE Mission to Bosnia & Herzegovina", "mission-to-bosnia-and-herzegovina"),
        ("OSCE Office for Democratic Institutions and Human Rights",
         "office-for-democratic-institutions-and-human-rights"),
    ],
)  # fmt: skip
def test_an_issuer_is_known_by_every_spelling(
    resolve: Callable[[str, str], Known], printed: str, slug: str
) -> None:
    assert resolve("issuer", printed) == [(printed, slug)]


@pytest.mark.parametrize(
    ("printed", "slug"),
    [
        ("Cyber/ICT security", "cyber-ict-security"),
        ("Counter-terrorism", "countering-terrorism"),
        ("Combating human trafficking", "combating-trafficking-in-human-beings"),
        ("Border security and management", "border-management"),
        ("POLICING", "policing"),
    ],
)
def test_a_field_is_known_by_every_spelling(
    resolve: Callable[[str, str], Known], printed: str, slug: str
) -> None:
    assert resolve("field", printed) == [(printed, slug)]


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f"])
def test_marks_of_the_writing_direction_do_not_matter(
    resolve: Callable[[str, str], Known], mark: str
) -> None:
    printed = f"Po{mark}licing{mark}"
    assert resolve("field", printed) == [(printed, "policing")]


def test_accents_do_not_matter(resolve: Callable[[str, str], Known]) -> None:
    assert resolve("country", "Turkiye, Türkiye, Tu\u0308rkiye, Turkey") == [("Turkiye", "turkiye")]


def test_names_are_never_split_at_and_or_at_a_slash(resolve: Callable[[str, str], Known]) -> None:
    assert resolve("field", "Roma and Sinti, Cyber/ICT Security") == [
        ("Roma and Sinti", "roma-and-sinti"),
        ("Cyber/ICT Security", "cyber-ict-security"),
    ]


def test_semicolons_part_names_too_and_those_with_commas(
    resolve: Callable[[str, str], Known],
) -> None:
    assert resolve("field", "policing; Peace, justice and strong things;Youth; ;") == [
        ("policing", "policing"),
        ("Peace, justice and strong things", None),
        ("Youth", "youth"),
    ]


def test_unknown_names_stay_between_the_known_ones(resolve: Callable[[str, str], Known]) -> None:
    printed = "Public Affairs Unit, OSCE Office for Democratic Institutions and Human Rights, Space"
    assert resolve("issuer", printed) == [
        ("Public Affairs Unit", None),
        (
            "OSCE Office for Democratic Institutions and Human Rights",
            "office-for-democratic-institutions-and-human-rights",
        ),
        ("Space", None),
    ]


def test_an_unknown_name_goes_on_in_small_letters(resolve: Callable[[str, str], Known]) -> None:
    printed = "SDGs: 16 - Peace, justice and strong institutions, policing, Youth"
    assert resolve("field", printed) == [
        ("SDGs: 16 - Peace, justice and strong institutions", None),
        ("policing", "policing"),
        ("Youth", "youth"),
    ]


def test_a_topic_printed_twice_is_there_once(resolve: Callable[[str, str], Known]) -> None:
    assert resolve("field", "Policing, Space, policing, SPACE, ,") == [
        ("Policing", "policing"),
        ("Space", None),
    ]


def test_a_list_without_end_is_no_name(resolve: Callable[[str, str], Known]) -> None:
    [(printed, slug)] = resolve("field", "Policing " * 10_000)
    assert slug is None
    assert len(printed) == 300


def test_the_longest_known_name_wins_over_its_parts() -> None:
    taxonomy = Taxonomy.from_toml(
        """
        [[field]]
        slug = "water"
        label = "Water"
        [[field]]
        slug = "water-energy-food"
        label = "Water, energy, food"
        """
    )
    slugs = [
        label.slug for label in taxonomy.resolve(TopicKind.FIELD, "Water, Energy, food, Water")
    ]
    assert slugs == ["water-energy-food", "water"]


@given(st.text())
@example("a" + "\u0301\u0323" * 50_000)
@example("𝐀İ\N{KELVIN SIGN}ﬃ")
def test_any_text_can_be_folded_and_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)[:300]) == fold(text)[:300].strip()


@given(st.lists(st.text(st.characters(exclude_characters=",;")), max_size=5))
def test_nothing_printed_is_lost(osce: Taxonomy, names: list[str]) -> None:
    labels = osce.resolve(TopicKind.FIELD, ", ".join(names))
    printed = {fold(piece) for label in labels for piece in label.text.split(",")}
    missing = {fold(name.strip()) for name in names if name.strip()} - printed
    assert all(osce.resolve(TopicKind.FIELD, name)[0].slug for name in missing)
