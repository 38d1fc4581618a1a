"""A taxonomy file: all its faults are found, and its fingerprint follows its contents."""

import pytest

from feeds.errors import TaxonomyError
from feeds.model import TopicKind
from feeds.taxonomy import Taxonomy


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.from_toml(text)
    return caught.value.faults


def test_all_faults_are_reported_at_once() -> None:
    text = """
        [[field]]
        slug = "Policing"
        label = "Policing"
        colour = "blue"
        [[issuer]]
        slug = "secretariat"
    """
    assert [fault.partition(":")[0] for fault in faults(text)] == [
        "field entry 1 slug",
        "field entry 1 colour",
        "issuer entry 1 label",
    ]


def test_a_file_that_is_not_toml_is_a_fault() -> None:
    [fault] = faults("[[field]")
    assert "not TOML" in fault


def test_a_slug_is_given_once_within_its_kind() -> None:
    text = """
        [[field]]
        slug = "youth"
        label = "Youth"
        [[field]]
        slug = "youth"
        label = "Youth"
        [[type]]
        slug = "youth"
        label = "Youth"
    """
    assert faults(text) == ("field:youth is listed 2 times",)


def test_a_name_belongs_to_one_topic_of_its_kind() -> None:
    text = """
        prefixes = ["OSCE"]
        [[issuer]]
        slug = "a"
        label = "OSCE Mission"
        [[issuer]]
        slug = "b"
        label = "B"
        former = ["mission"]
    """
    assert faults(text) == ("issuer name 'mission' belongs to both issuer:a and issuer:b",)


def test_a_section_belongs_to_one_issuer_and_a_label_to_one_slot() -> None:
    text = """
        [[issuer]]
        slug = "a"
        label = "A"
        sections = ["x"]
        [[issuer]]
        slug = "b"
        label = "B"
        sections = ["x"]
        [labels.en]
        issued = ["Issued"]
        issuers = ["issued"]
    """
    assert faults(text) == (
        "section 'x' belongs to both issuer:a and issuer:b",
        "label 'issued' belongs to both issued and issuers",
    )


def test_parents_are_known_and_form_a_tree() -> None:
    text = """
        [[field]]
        slug = "a"
        label = "A"
        parent = "b"
        [[field]]
        slug = "b"
        label = "B"
        parent = "a"
        [[field]]
        slug = "c"
        label = "C"
        parent = "nobody"
        [[field]]
        slug = "d"
        label = "D"
        parent = "c"
    """
    assert faults(text) == (
        "field:a is its own ancestor",
        "field:b is its own ancestor",
        "field:c has an unknown parent, field:nobody",
    )


def test_the_fingerprint_follows_the_contents_and_not_the_layout() -> None:
    plain = Taxonomy.from_toml('[[field]]\nslug = "a"\nlabel = "A"')
    commented = Taxonomy.from_toml('# Fields\n[[field]]\nlabel = "A"\nslug = "a"')
    renamed = Taxonomy.from_toml('[[field]]\nslug = "a"\nlabel = "B"')
    assert plain.fingerprint == commented.fingerprint
    assert plain.fingerprint != renamed.fingerprint


def test_an_organisation_without_any_topic_has_a_taxonomy_too() -> None:
    taxonomy = Taxonomy.from_toml("")
    assert taxonomy.topics == ()
    assert [label.slug for label in taxonomy.resolve(TopicKind.FIELD, "Policing")] == [None]
    assert not taxonomy.is_end("Read more")


@pytest.mark.parametrize("label", ["You\u202eth", "You\\u0007th", "You\u200bth"])
def test_a_name_that_cannot_be_seen_whole_is_a_fault(label: str) -> None:
    """It would stand on every page and in every mail."""
    [fault] = faults(f'[[field]]\nslug = "youth"\nlabel = "{label}"\n')
    assert fault.startswith("field entry 1 label: ")
    assert "what nobody sees" in fault


@pytest.mark.parametrize("label", ["", "   "])
def test_a_name_that_says_nothing_is_a_fault(label: str) -> None:
    [fault] = faults(f'[[field]]\nslug = "youth"\nlabel = "{label}"\n')
    assert "it says nothing" in fault
