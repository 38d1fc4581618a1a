"""What the delivered taxonomy knows: topics, their trees, and the words on pages."""

import pickle
import re

import pytest

from feeds.errors import UnknownTopic
from feeds.model import Label, TopicKind, TopicRef
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
        ("polcing", "field:policing"),
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
        ("READ MORE ON THIS TOPIC:", True),
        ("Read more on this topic …", True),
        ("Read more on this topic of our time", False),
        ("Mehr zu diesem Thema", True),
        (DISCLAIMER + " Nor do we.", True),
        (DISCLAIMER, True),
        ("The OSCE bears witness.", False),
        ("Policing", False),
    ],
)
def test_an_article_ends_at_the_words_below_it(osce: Taxonomy, line: str, over: bool) -> None:
    assert osce.is_end(line) is over


@pytest.mark.parametrize(
    ("line", "is_cut"),
    [
        (DISCLAIMER[:20], True),
        ("Read more on th", True),
        ("The OSCE bears witness.", False),
        ("Read more. " * 50, False),
    ],
)
def test_the_words_below_an_article_are_known_when_they_are_cut(
    osce: Taxonomy, line: str, is_cut: bool
) -> None:
    assert osce.is_cut_end(line) is is_cut


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Issued by:", {"en"}),
        ("Издатель", {"ru"}),
        ("Izdavač:", {"bs", "hr", "sr"}),
        ("Oblasti delovanja:", {"sr"}),
        ("Что мы делаем:", {"ru"}),
        ("Policing:", set()),
    ],
)
def test_a_label_tells_the_languages_that_write_it_so(
    osce: Taxonomy, text: str, languages: set[str]
) -> None:
    assert osce.languages_of(text) == languages


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("Publishing date:", Slot.PUBLISHED),
        ("Content type:", Slot.KIND),
        ("Where we are:", Slot.ISSUERS),
        ("What we do:", Slot.FIELDS),
    ],
)
def test_labels_of_listings_fill_the_same_slots(osce: Taxonomy, text: str, slot: Slot) -> None:
    assert osce.slot(text) is slot


def test_labels_of_events_and_the_newsrooms_line_are_known(osce: Taxonomy) -> None:
    assert osce.is_event_label("When")
    assert osce.is_event_label("Organisé par :")
    assert not osce.is_event_label("Issued by")
    assert osce.is_newsroom("NEWSROOM")
    assert not osce.is_newsroom("Newsroom of Vienna")


# -- Addresses and names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "slug", "is_numbered"),
    [
        ("https://www.osce.org/pc/12345", "permanent-council", True),
        ("http://osce.org/ru/pc/12345/?x=1", "permanent-council", True),
        ("https://www.osce.org/pc/about", "permanent-council", False),
        ("https://www.osce.org/pc/²", "permanent-council", False),
        ("https://www.osce.org/node/12345", None, False),
        ("https://www.example.org/pc/12345", None, False),
        ("https://www.example.org/www.osce.org/pc", None, False),
        ("https://[www.osce.org/pc", None, False),
        ("https://www.osce.org", None, False),
        ("https://[broken", None, False),
        ("", None, False),
    ],
)
def test_an_address_tells_its_section_and_whether_it_is_an_item_s(
    osce: Taxonomy, url: str, slug: str | None, is_numbered: bool
) -> None:
    ref = osce.section_of(url)
    assert (ref.slug if ref else None, osce.is_numbered_item(url)) == (slug, is_numbered)


@pytest.mark.parametrize(
    ("text", "is_name"), [("Policing", True), ("Mission to Serbia", True), ("Serbia", True),
                          ("Our work", False), ("Policing, Youth", False)]
)  # fmt: skip
def test_a_line_may_be_a_topic_s_name(osce: Taxonomy, text: str, is_name: bool) -> None:
    assert osce.is_name(text) is is_name


def test_more_names_can_be_learned(osce: Taxonomy) -> None:
    """Those for topics that exist; what is published does not change by it."""
    learned = Label(kind=TopicKind.FIELD, text="Police work", slug="policing")
    unknown = Label(kind=TopicKind.FIELD, text="Nothing", slug=None)
    more = osce.known_as((learned, unknown))
    assert [label.slug for label in more.resolve(TopicKind.FIELD, "Police work")] == ["policing"]
    assert not more.is_name("Nothing")
    assert more.fingerprint == osce.fingerprint


def test_with_nothing_to_learn_it_stays_the_same(osce: Taxonomy) -> None:
    assert osce.known_as(()) is osce


def test_it_goes_to_other_processes_as_it_is(osce: Taxonomy) -> None:
    again = pickle.loads(pickle.dumps(osce))
    assert again.fingerprint == osce.fingerprint
    assert again.topics == osce.topics


def test_a_topic_is_known_by_its_labels_in_all_languages(osce: Taxonomy) -> None:
    found = osce.resolve(TopicKind.FIELD, "Права человека, Rechtsstaatlichkeit, Elecciones")
    assert [label.slug for label in found] == ["human-rights", "rule-of-law", "elections"]


@pytest.mark.parametrize(
    ("language", "label"),
    [("de-AT", "Rechtsstaatlichkeit"), ("ru", "Верховенство права"), ("nl", "Rule of law")],
)
def test_a_topic_is_called_as_its_readers_call_it(
    osce: Taxonomy, language: str, label: str
) -> None:
    topic = osce.get(TopicRef(TopicKind.FIELD, "rule-of-law"))
    assert topic.label_in(language) == label
    assert topic.label_in(language, "printed") == (label if language != "nl" else "printed")
