"""What the delivered taxonomy knows: topics, their trees, and the words on pages."""

import re

import pytest

from feeds.errors import UnknownTopic
from feeds.model import TopicKind, TopicRef
from feeds.taxonomy import Slot, Taxonomy

# -- The taxonomy that is delivered ----------------------------------------------------------------

FIELDS = """
Arms control; Border management; Combating trafficking in human beings; Conflict prevention and
resolution; Countering terrorism; Cyber/ICT Security; Democratization; Economic activities;
Education; Elections; Environmental activities; Gender equality; Good governance; Human rights;
Media freedom and development; Migration; National minority issues; Policing; Reform and
co-operation in the security sector; Roma and Sinti; Rule of law; Tolerance and
non-discrimination; Youth
"""


def test_the_fields_are_those_of_the_menu_in_its_order(osce: Taxonomy) -> None:
    top = [topic.label for topic in osce.of(TopicKind.FIELD) if topic.parent is None]
    assert top == re.split(r";\s+", " ".join(FIELDS.split()))


@pytest.mark.parametrize(
    ("name", "slug", "parent"),
    [
        ("Climate change", "climate-change", "environmental-activities"),
        (
            "Environmental good governance",
            "environmental-good-governance",
            "environmental-activities",
        ),
        ("Water management", "water-management", "environmental-activities"),
        ("Safety of journalists", "safety-of-journalists", "media-freedom-and-development"),
        ("Media laws", "media-laws", "media-freedom-and-development"),
    ],
)
def test_fields_seen_on_items_only_belong_to_a_field_of_the_menu(
    osce: Taxonomy, name: str, slug: str, parent: str
) -> None:
    [label] = osce.resolve(TopicKind.FIELD, name)
    assert label.ref == TopicRef(TopicKind.FIELD, slug)
    assert osce.lineage(label.ref) == (label.ref, TopicRef(TopicKind.FIELD, parent))


def test_there_are_57_participating_states_and_11_partners(osce: Taxonomy) -> None:
    assert len(osce.of(TopicKind.COUNTRY)) == 57 + 11


@pytest.mark.parametrize("section", ["chairmanship", "chairpersonship", "cio"])
def test_a_section_of_an_address_tells_the_issuer(osce: Taxonomy, section: str) -> None:
    assert osce.section(section) == TopicRef(TopicKind.ISSUER, "chairpersonship")


def test_a_section_without_an_issuer_tells_nothing(osce: Taxonomy) -> None:
    assert osce.section("node") is None


# -- Topics ----------------------------------------------------------------------------------------


def test_a_topic_is_found_by_the_name_people_write(osce: Taxonomy) -> None:
    assert osce.find("issuer:transnational-threats-department").label == (
        "Transnational Threats Department"
    )


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("field:polcing", "field:policing"),
        ("policing", "field:policing"),
        ("issuer:policing", "field:policing"),
        ("sport:policing", "field:policing"),
    ],
)
def test_a_topic_nobody_knows_is_answered_with_the_nearest(
    osce: Taxonomy, written: str, near: str
) -> None:
    with pytest.raises(UnknownTopic) as caught:
        osce.find(written)
    assert near in caught.value.near


def test_a_lineage_starts_with_the_topic_itself(osce: Taxonomy) -> None:
    ref = TopicRef(TopicKind.ISSUER, "transnational-threats-department")
    assert osce.lineage(ref) == (ref, TopicRef(TopicKind.ISSUER, "secretariat"))


def test_children_are_one_step_below_in_the_order_of_the_file(osce: Taxonomy) -> None:
    children = osce.children(TopicRef(TopicKind.ISSUER, "chairpersonship"))
    assert [ref.slug for ref in children] == ["personal-representatives", "troika", "minsk-group"]


def test_a_topic_without_children_has_none(osce: Taxonomy) -> None:
    assert osce.children(TopicRef(TopicKind.FIELD, "policing")) == ()


def test_a_closed_mission_says_so(osce: Taxonomy) -> None:
    assert osce.find("issuer:mission-to-georgia").closed
    assert not osce.find("issuer:mission-to-serbia").closed


# -- Words on pages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("Issued on:", Slot.ISSUED),
        ("Issued by:", Slot.ISSUERS),
        ("Fields of work:", Slot.FIELDS),
        ("issued  BY :", Slot.ISSUERS),
        ("Issued\u00a0by\u00a0:", Slot.ISSUERS),
        ("Izdavač:", Slot.ISSUERS),
        ("Izdavac:", Slot.ISSUERS),
        ("Издавач:", Slot.ISSUERS),
        ("Издатель:", Slot.ISSUERS),
        ("Видавець:", Slot.ISSUERS),
        ("Herausgegeben von:", Slot.ISSUERS),
        ("Publié par :", Slot.ISSUERS),
        ("Lëshuar nga:", Slot.ISSUERS),
        ("Domaines d’activité :", Slot.FIELDS),
        ("Fields of work", None),
        ("When:", None),
        ("", None),
    ],
)
def test_a_label_is_known_in_every_listed_language(
    osce: Taxonomy, text: str, slot: Slot | None
) -> None:
    assert osce.slot(text) is slot


@pytest.mark.parametrize(
    ("line", "slug"),
    [("News Item", "news"), ("News", "news"), ("spot report", "spot-report"), ("Tender", None)],
)
def test_a_kind_line_is_known_by_its_names(osce: Taxonomy, line: str, slug: str | None) -> None:
    label = osce.kind_label(line)
    assert (label and label.slug) == slug
    assert label is None or label.text == line


DISCLAIMER = (
    "The OSCE bears no responsibility for the accuracy, legality or content of the external "
    "links provided."
)


@pytest.mark.parametrize(
    ("line", "over"),
    [
        ("Read more on this topic", True),
        (DISCLAIMER, True),
        ("The OSCE bears witness.", False),
        ("Policing", False),
    ],
)
def test_an_article_ends_at_the_words_below_it(osce: Taxonomy, line: str, over: bool) -> None:
    assert osce.is_end(line) is over
