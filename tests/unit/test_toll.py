"""What a run of `make crash` is judged by: each thing that must not be is seen."""

from collections.abc import Sequence

import pytest

from tests.toll import Outcome, Toll, judged
from tests.unruly_smtp import Taken

ANNA, DEAD = "anna@example.org", "dead@example.org"
FIRST = Taken(ANNA, "<1@example.org>", "the bytes")
OTHER = Taken(ANNA, "<1@example.org>", "other bytes")


def a_row(state: str, recipient: str = ANNA, in_doubt: int = 0) -> dict[str, object]:
    return {"recipient": recipient, "state": state, "in_doubt": in_doubt}


def of_anna(
    journal: Sequence[Taken], *rows: dict[str, object], toll: Toll | None = None, silences: int = 0
) -> Outcome:
    return judged(journal, rows, [ANNA], [], silences=silences, toll=toll or Toll())


@pytest.mark.parametrize(
    ("outcome", "problems"),
    [
        (of_anna([FIRST], a_row("accepted"), a_row("skipped")), []),
        (of_anna([FIRST, FIRST], a_row("accepted", in_doubt=1), silences=1), []),
        (of_anna([], a_row("uncertain", in_doubt=2), silences=2), []),
        (of_anna([], a_row("accepted")), ["1 readers lost"]),
        (
            of_anna([FIRST, OTHER], a_row("accepted", in_doubt=1), silences=1),
            ["1 doubles with other bytes or Message-IDs"],
        ),
        (
            of_anna([FIRST] * 3, a_row("uncertain", in_doubt=2), silences=2),
            ["1 readers who got more than two"],
        ),
        (
            of_anna([FIRST, FIRST], a_row("accepted")),
            ["1 readers who got one more than was in doubt"],
        ),
        (
            of_anna([FIRST], a_row("failed")),
            ["1 deliveries that are not on record as they were"],
        ),
        (
            of_anna([FIRST], a_row("accepted"), a_row("accepted")),
            ["1 deliveries that are not on record as they were"],
        ),
        (
            of_anna([FIRST], a_row("uncertain", in_doubt=1), silences=1),
            ["1 deliveries that are not on record as they were"],
        ),
        (
            of_anna([FIRST], a_row("accepted"), toll=Toll(beyond=1)),
            ["1 more in doubt after a kill than were open"],
        ),
        (
            of_anna([FIRST], a_row("accepted", in_doubt=1)),
            ["1 in doubt without a kill or a silence"],
        ),
    ],
)
def test_what_must_not_be_is_told(outcome: Outcome, problems: list[str]) -> None:
    assert outcome.problems[:1] == problems


def test_a_dead_mailbox_is_refused_and_not_lost() -> None:
    failed = a_row("failed", recipient=DEAD)
    outcome = judged([], [failed], [DEAD], [DEAD], silences=0, toll=Toll())
    assert outcome.problems == []
    accepted = a_row("accepted", recipient=DEAD)
    [problem] = judged([], [accepted], [DEAD], [DEAD], silences=0, toll=Toll()).problems
    assert problem == "1 deliveries that are not on record as they were"


@pytest.mark.parametrize(("state", "problems"), [("uncertain", 0), ("failed", 1)])
def test_whoever_was_in_doubt_twice_is_held_in_a_dead_mailbox_too(
    state: str, problems: int
) -> None:
    """Kills left it in doubt before the server could say that nobody is there."""
    row = a_row(state, recipient=DEAD, in_doubt=2)
    outcome = judged([], [row], [DEAD], [DEAD], silences=0, toll=Toll(left=2))
    assert len(outcome.problems) == problems
