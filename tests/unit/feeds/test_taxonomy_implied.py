"""Where an item belongs: what it names, and what stands above."""

from feeds.model import Label, TopicKind
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label


def an_issuer(text: str, slug: str | None) -> Label:
    return a_label(text, slug, TopicKind.ISSUER)


def test_topics_come_as_printed_then_their_ancestors(osce: Taxonomy) -> None:
    department = an_issuer("Transnational Threats Department", "transnational-threats-department")
    (draft_type, field) = (a_draft().content_type, a_label("Policing", "policing"))
    named = a_draft(issuers=(department,), fields=(field,)).labels
    assert named == (department, field, draft_type)
    assert [str(label.ref) for label in osce.implied_by(named)] == ["issuer:secretariat"]


def test_an_ancestor_that_is_named_is_not_implied(osce: Taxonomy) -> None:
    parent = an_issuer("OSCE Secretariat", "secretariat")
    child = an_issuer("Transnational Threats Department", "transnational-threats-department")
    named = a_draft(issuers=(child, parent), fields=(), content_type=None).labels
    assert (named, osce.implied_by(named)) == ((child, parent), ())


def test_a_name_nobody_knows_stays_with_the_item(osce: Taxonomy) -> None:
    unknown = a_label("Space policy", None)
    named = a_draft(issuers=(), fields=(unknown,), content_type=None).labels
    assert (named, osce.implied_by(named)) == ((unknown,), ())
