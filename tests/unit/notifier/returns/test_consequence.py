"""What follows from what came back: what was signed counts alone, against whom it speaks."""

from datetime import timedelta

import pytest

from notifier.returns.consequence import Consequence, SoftRule, follows
from notifier.returns.returned import Claims, ReturnedMail, ReturnKind

RULE = SoftRule(most=3, within=timedelta(days=14))
OURS = Claims(delivery=17)


def of(kind: ReturnKind, *, passing: int = 1, known: bool = True, **more: object) -> Consequence:
    mail = ReturnedMail(**{"key": "k", "kind": kind, "claims": OURS, **more})  # type: ignore[arg-type]
    return follows(mail, is_known=known, passing=passing, rule=RULE)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (ReturnKind.HARD, Consequence.SUPPRESS),
        (ReturnKind.POLICY, Consequence.ALARM),
        (ReturnKind.COMPLAINT, Consequence.OBJECT),
        (ReturnKind.UNSUBSCRIBE, Consequence.LEAVE),
        (ReturnKind.FULL, Consequence.NONE),
        (ReturnKind.SOFT, Consequence.NONE),
        (ReturnKind.DELAYED, Consequence.NONE),
        (ReturnKind.AUTO_REPLY, Consequence.NONE),
        (ReturnKind.CHALLENGE, Consequence.NONE),
        (ReturnKind.OTHER, Consequence.NONE),
    ],
)
def test_each_kind_has_its_consequence(kind: ReturnKind, what: Consequence) -> None:
    assert of(kind) is what


@pytest.mark.parametrize("kind", ReturnKind)
def test_what_nobody_signed_changes_nothing(kind: ReturnKind) -> None:
    assert of(kind, claims=Claims(), passing=99) is Consequence.UNCLAIMED
    assert of(kind, known=False, passing=99) is Consequence.UNCLAIMED


def test_who_is_known_to_tell_the_truth_needs_no_signature() -> None:
    assert of(ReturnKind.HARD, claims=Claims(), is_vouched=True) is Consequence.SUPPRESS


@pytest.mark.parametrize("kind", [ReturnKind.FULL, ReturnKind.SOFT])
def test_what_passes_counts_once_it_is_often_so(kind: ReturnKind) -> None:
    assert [of(kind, passing=times) for times in (2, 3, 4)] == [
        Consequence.NONE,
        Consequence.SUPPRESS,
        Consequence.SUPPRESS,
    ]
    # What passes never speaks of us, however often it is so.
    assert of(ReturnKind.POLICY, passing=99) is Consequence.ALARM
