"""What follows from what came back: what was signed counts alone, against whom it speaks."""

from datetime import timedelta

import pytest

from notifier.returns.consequence import Consequence, PauseRule, SoftRule, follows
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


@pytest.mark.parametrize("kind", [ReturnKind.FULL, ReturnKind.SOFT])
def test_what_passes_counts_once_it_is_often_so(kind: ReturnKind) -> None:
    assert [of(kind, passing=times) for times in (2, 3, 4)] == [
        Consequence.NONE,
        Consequence.SUPPRESS,
        Consequence.SUPPRESS,
    ]
    # What passes never speaks of us, however often it is so.
    assert of(ReturnKind.POLICY, passing=99) is Consequence.ALARM


PAUSE = PauseRule(
    least=20,
    shares={ReturnKind.HARD: 50, ReturnKind.COMPLAINT: 3, ReturnKind.POLICY: 500},
    lasts=timedelta(hours=24),
)


@pytest.mark.parametrize(
    ("kind", "readers", "accepted", "is_paused"),
    [
        (ReturnKind.HARD, 20, 400, True),
        (ReturnKind.HARD, 20, 401, False),
        (ReturnKind.POLICY, 20, 40, True),
        (ReturnKind.POLICY, 20, 41, False),
        (ReturnKind.COMPLAINT, 30, 10_000, True),
        (ReturnKind.COMPLAINT, 29, 10_000, False),
    ],
)
def test_a_domain_is_paused_by_the_share_of_its_readers(
    kind: ReturnKind, readers: int, accepted: int, *, is_paused: bool
) -> None:
    """Refusals of us silence nobody, so that no few readers may pause a domain by them each day."""
    assert PAUSE.is_passed(kind, readers, accepted) is is_paused


@pytest.mark.parametrize(
    ("kind", "readers", "is_looked_at"),
    [
        (ReturnKind.HARD, 20, True),
        (ReturnKind.COMPLAINT, 40, True),
        (ReturnKind.POLICY, 19, False),
        (ReturnKind.POLICY, 21, False),
        (ReturnKind.POLICY, 0, False),
        (ReturnKind.SOFT, 20, False),
    ],
)
def test_what_a_domain_took_is_counted_now_and_then(
    kind: ReturnKind, readers: int, *, is_looked_at: bool
) -> None:
    assert PAUSE.is_looked_at(kind, readers) is is_looked_at
