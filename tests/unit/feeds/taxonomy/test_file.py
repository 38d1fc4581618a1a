"""A taxonomy file: all its faults are found, and its fingerprint follows its contents."""

import pytest

from feeds.errors import TaxonomyError, UnknownTopic
from feeds.model import Ending, Label, TopicKind, TopicRef
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.file import doubts_about


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.from_toml(text)
    assert str(caught.value) == "\n".join(fault.at("taxonomy") for fault in caught.value.faults)
    return tuple(fault.said for fault in caught.value.faults)


def lines(text: str) -> list[int]:
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.from_toml(text)
    return [fault.line for fault in caught.value.faults]


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
    assert lines(text) == [9, 12]
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
    taxonomy = Taxonomy.from_toml("type = []")
    assert taxonomy.topics == ()
    assert [label.slug for label in taxonomy.resolve(TopicKind.FIELD, "Policing")] == [None]
    assert not taxonomy.is_end("Read more")


@pytest.mark.parametrize("label", ["You\u202eth", "You\\u0007th", "You\u200bth", "You\ufdd0th"])
def test_a_name_that_cannot_be_seen_whole_is_a_fault(label: str) -> None:
    """It would stand on every page and in every mail."""
    [fault] = faults(f'[[field]]\nslug = "youth"\nlabel = "{label}"\n')
    assert fault.startswith("field entry 1 label: ")
    assert "what nobody sees" in fault


@pytest.mark.parametrize("label", ["", "   "])
def test_a_name_that_says_nothing_is_a_fault(label: str) -> None:
    [fault] = faults(f'[[field]]\nslug = "youth"\nlabel = "{label}"\n')
    assert "it says nothing" in fault


OVER = """
    type = []
    [[field]]
    slug = "digital"
    label = "Digital policy"
    former_slugs = ["internet", "cyber"]
    [[field]]
    slug = "media"
    label = "Media"
    aliases = ["The press"]
    former_slugs = ["press"]
    into = "speech"
    [[field]]
    slug = "speech"
    label = "Free speech"
    into = "rights"
    [[field]]
    slug = "rights"
    label = "Human rights"
    [[issuer]]
    slug = "mission"
    label = "Mission"
    closed = true
    successor = "office"
    [[issuer]]
    slug = "office"
    label = "Office"
    sections = ["office"]
    into = "centre"
    [[issuer]]
    slug = "centre"
    label = "Centre"
"""


def field(slug: str) -> TopicRef:
    return TopicRef(TopicKind.FIELD, slug)


def test_what_a_slug_named_is_found_by_it() -> None:
    taxonomy = Taxonomy.from_toml(OVER)
    assert [str(topic.ref) for topic in taxonomy.topics] == [
        "field:digital",
        "field:rights",
        "issuer:mission",
        "issuer:centre",
    ]
    for slug in ("internet", "cyber", "digital"):
        assert taxonomy.current(field(slug)) == field("digital")
        assert taxonomy.find(f"field:{slug}").label == "Digital policy"
        assert taxonomy.lineage(field(slug)) == (field("digital"),)
    for slug in ("press", "media", "speech"):
        assert taxonomy.get(field(slug)).ref == field("rights")
    assert taxonomy.current(field("nothing")) is None


def test_the_names_of_what_was_merged_are_those_of_what_has_its_items() -> None:
    taxonomy = Taxonomy.from_toml(OVER)
    found = taxonomy.resolve(TopicKind.FIELD, "Media, Free speech")
    assert [(label.text, label.slug) for label in found] == [("Media", "rights")]
    assert taxonomy.resolve(TopicKind.FIELD, "The press")[0].slug == "rights"
    assert taxonomy.section("office") == TopicRef(TopicKind.ISSUER, "centre")


def test_each_slug_tells_where_it_went() -> None:
    taxonomy = Taxonomy.from_toml(OVER)
    assert [
        (each.ref.slug, each.label, each.first_slug, each.ending, each.into.slug)
        for each in taxonomy.former
    ] == [
        ("internet", "Digital policy", "internet", Ending.RENAMED, "digital"),
        ("cyber", "Digital policy", "internet", Ending.RENAMED, "digital"),
        ("press", "Media", "press", Ending.RENAMED, "media"),
        ("media", "Media", "press", Ending.MERGED, "rights"),
        ("speech", "Free speech", "speech", Ending.MERGED, "rights"),
        ("office", "Office", "office", Ending.MERGED, "centre"),
    ]
    assert taxonomy.find("field:digital").first_slug == "internet"
    assert taxonomy.find("field:rights").first_slug == "rights"


def test_the_successor_is_who_has_the_work_by_now() -> None:
    taxonomy = Taxonomy.from_toml(OVER)
    mission = taxonomy.find("issuer:mission")
    assert mission.closed
    assert taxonomy.heir(mission) == TopicRef(TopicKind.ISSUER, "centre")
    assert taxonomy.heir(taxonomy.find("field:rights")) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('a:former_slugs = ["b"]\nb:', "field slug 'b' belongs to both field:a and field:b"),
        (
            'a:former_slugs = ["c"]\nb:former_slugs = ["c"]',
            "field slug 'c' belongs to both field:a and field:b",
        ),
        ('a:former_slugs = ["a"]', "field:a has its slug among its former ones"),
        ('a:into = "z"', "field:a became what nobody knows, field:z"),
        ('a:into = "b"\nb:into = "a"', "field:a becomes itself again"),
        ('a:into = "a"', "field:a becomes itself again"),
        ('a:into = "b";closed = true\nb:', "field:a is both merged into another and closed"),
        ('a:successor = "b"\nb:', "field:a has a successor and is not closed"),
        (
            'a:closed = true;successor = "z"',
            "field:a became what nobody knows, field:z",
        ),
        (
            'a:closed = true;successor = "b"\nb:closed = true;successor = "a"',
            "field:a becomes itself again",
        ),
        (
            'a:closed = true;successor = "b"\nb:into = "a"',
            "field:a becomes itself again",
        ),
        (
            'a:into = "b"\nb:\nc:parent = "a"',
            "field:c has a parent that was merged into another, field:a",
        ),
    ],
)
def test_what_became_of_topics_is_checked(text: str, fault: str) -> None:
    entries = []
    for line in text.splitlines():
        slug, _, rest = line.partition(":")
        its = "\n".join(rest.split(";"))
        entries.append(f'[[field]]\nslug = "{slug}"\nlabel = "{slug.upper()}"\n{its}\n')
    assert fault in faults("\n".join(entries))


def test_topics_that_were_merged_do_not_stop_those_that_go_on() -> None:
    """A merged one keeps its parent; names that two bear after it are still told."""
    taxonomy = Taxonomy.from_toml(
        """
        type = []
        [[field]]
        slug = "a"
        label = "A"
        parent = "b"
        into = "c"
        [[field]]
        slug = "b"
        label = "B"
        into = "c"
        [[field]]
        slug = "c"
        label = "C"
        aliases = ["a"]
        """
    )
    assert [topic.ref.slug for topic in taxonomy.topics] == ["c"]
    assert taxonomy.implied_by([Label(kind=TopicKind.FIELD, text="Z", slug="z")]) == ()


def test_a_label_is_in_a_language_and_of_one_topic() -> None:
    text = """
        [[field]]
        slug = "fish"
        label = "Fish"
        labels = { de = "Fische", "no language" = "?" }
    """
    [fault] = faults(text)
    assert fault.startswith("field entry 1 labels no language [key]: string should match pattern")
    text = """
        [[field]]
        slug = "fish"
        label = "Fish"
        labels.de = "Fische"
        [[field]]
        slug = "trout"
        label = "Trout"
        labels.de = "Fische"
    """
    assert faults(text) == ("field name 'fische' belongs to both field:fish and field:trout",)


@pytest.mark.parametrize("name", ["field:policing", "Policing", "policing", "POLICING "])
def test_a_topic_is_found_by_what_no_other_has(osce: Taxonomy, name: str) -> None:
    assert str(osce.find(name).ref) == "field:policing"


def test_a_name_that_several_topics_have_names_all_of_them() -> None:
    text = "".join(f'[[{kind}]]\nslug = "youth"\nlabel = "Youth"\n' for kind in ("field", "issuer"))
    taxonomy = Taxonomy.from_toml(text)
    with pytest.raises(UnknownTopic, match="did you mean field:youth, issuer:youth"):
        taxonomy.find("Youth")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x = 1\n[[field]", [2]),
        ("type = 1", [1]),
        ("[[field]]\nslug = 'A'\nlabel = 'A'\n\n[[field]]\nslug = 'b'", [2, 5]),
        ("[[field]]\nslug = 'a'\nlabel = 'A'\nlabels.DE = 'B'\nlabels.fr = ''", [4, 5]),
        ("[[field]]\nslug = 'a'\nlabel = 'A'\n[field.labels]\nde = ''", [5]),
        ("[[field]]\nslug = 'a'\nlabel = 'A'\naliases = [\n  'B',\n  '',\n]", [4]),
        ("[labels.en]\nissued = ['At']\n[labels.de]\nissuers = ['At']", [4]),
        ("[[issuer]]\nslug='a'\nlabel='A'\nparent='a'\n[[issuer]]\nslug='a'\nlabel='B'", [5]),
        ("[[type]]\nslug='a'\nlabel='A'\n[[type]]\nslug='b'\nlabel='á'", [4]),
    ],
)
def test_a_fault_tells_its_line(text: str, at: list[int]) -> None:
    assert lines(text) == at


def test_what_nobody_can_have_meant_is_told_with_its_line() -> None:
    text = """language = "ge"
        [[field]]
        slug = "water"
        label = "Water"
        labels = { en-UK = "Water", de-Latn-AT = "Wasser" }
        aliases = ["wàter"]
        [[issuer]]
        slug = "board"
        label = "Board"
        aliases = ["WATER"]
        [labels.xx]
        end = ["More"]
        [kinds.field]
        name = "Theme"
        plural = "Themes"
        names.yy = "T"
        plurals.zz = "T"
"""
    assert [fault.at("f") for fault in doubts_about(text)] == [
        "f:2: field:water has the name 'water' more than once",
        "f:7: 'water' is field:water and issuer:board: what is called so is filed under the first",
        "f:1: 'ge' is no language: there is no 'ge'",
        "f:11: 'xx' is no language: there is no 'xx'",
        "f:5: 'en-UK' is no language: there is no 'UK'",
        "f:16: 'yy' is no language: there is no 'yy'",
        "f:17: 'zz' is no language: there is no 'zz'",
    ]
    assert [str(fault.said) for fault in doubts_about("")] == [
        "there is no topic that readers could follow"
    ]
    assert doubts_about("[[field]]\nslug = 'water'\nlabel = 'Water'") == ()
    [doubt] = doubts_about("[[field]]\nslug = 'water'\nlabel = 'Water; air'")
    assert doubt.said == "field:water is 'water; air': documents end a name with a semicolon"
