"""Documents made to do harm end with a clear reason, or with their poison drawn."""

from dataclasses import replace

import pytest

from feeds.draft import Document, Parsed, Refused
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from tests.fuzz.promises import check
from tests.hostile import ATTACKS
from tests.pages import PLENARY, document

pytestmark = pytest.mark.one_python


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_with_a_reason_or_harmlessly(name: str, osce: Taxonomy) -> None:
    """What is understood keeps every promise; what is refused says why, to a person."""
    attack = ATTACKS[name]
    body = attack.body()
    understood = understand(document(body), osce)
    if attack.reasons:
        assert isinstance(understood, Refused), f"{name} was understood"
        assert understood.reason in attack.reasons, str(understood)
        assert len(str(understood)) > len(understood.reason.explanation)
    else:
        assert isinstance(understood, Parsed), str(understood)
        assert understood.drafts
    check(body, "")


def test_the_next_document_is_unharmed(osce: Taxonomy) -> None:
    """Nothing an attack did is left behind."""
    before = understand(document(PLENARY), osce)
    for attack in ATTACKS.values():
        understand(document(attack.body()), osce)
    assert understand(document(PLENARY), osce) == before


def test_a_lying_media_type_harms_nobody(osce: Taxonomy) -> None:
    """Each attack, sent as everything it is not."""
    for media_type in ("text/html", "application/atom+xml", "application/json", "\0"):
        lie: Document = replace(document(ATTACKS["external entity"].body()), media_type=media_type)
        assert "root:" not in repr(understand(lie, osce))
