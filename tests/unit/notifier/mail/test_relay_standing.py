"""A mail server that refuses us, whoever a mail is for, gets nothing but a trial now and then."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.relay_standing import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_IN_A_ROW,
    allowed,
    heeded,
    is_closed,
    refused,
    unreachable,
)
from notifier.model import Cause, DeliveryState, RelayStanding, Settlement

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
CLOSED = RelayStanding(problem="550 no", refusals=3, probes=1, again_at=NOW + FIRST_PAUSE)


def outcomes(*causes: Cause | None, reply: str = "550 5.4.5 limit") -> list[Settlement]:
    return [
        Settlement(
            delivery=number,
            state=DeliveryState.DEFERRED if cause else DeliveryState.ACCEPTED,
            reply=reply,
            cause=cause,
        )
        for number, cause in enumerate(causes)
    ]


def after(
    standing: RelayStanding | None, *causes: Cause | None, minutes: float = 0
) -> RelayStanding | None:
    return heeded(standing, outcomes(*causes), now=NOW + timedelta(minutes=minutes), jitter=0)


def test_what_speaks_of_readers_is_no_standing() -> None:
    assert after(None, Cause.MAILBOX, Cause.CONTENT, Cause.LATER, Cause.RATE) is None


def test_one_refusal_of_us_is_told_and_stops_nobody() -> None:
    """It may be the word of a single reader's server."""
    found = after(None, Cause.OURS)
    assert found == RelayStanding(problem="550 5.4.5 limit", refusals=1, probes=0, again_at=NOW)
    assert not is_closed(found)
    assert allowed(found, NOW, 50) == 50


def test_so_many_in_a_row_close_the_way_for_a_while() -> None:
    found = after(after(None, Cause.OURS), *[Cause.OURS] * (MOST_IN_A_ROW - 1))
    assert found is not None
    assert is_closed(found)
    assert found.again_at == NOW + FIRST_PAUSE
    assert allowed(found, NOW, 50) == 0
    assert allowed(found, NOW + FIRST_PAUSE, 50) == 1
    assert allowed(None, NOW, 50) == 50


def test_whatever_is_accepted_opens_it_again() -> None:
    assert after(CLOSED, None) is None
    assert after(None, Cause.OURS, None, Cause.OURS, Cause.OURS) is None


def test_what_was_on_the_wire_when_it_was_closed_is_no_trial() -> None:
    found = after(CLOSED, *[Cause.OURS] * 9, minutes=1)
    assert found is not None
    assert (found.again_at, found.probes, found.refusals) == (CLOSED.again_at, 1, 12)


def test_what_speaks_of_a_reader_proves_nothing() -> None:
    assert after(CLOSED, Cause.MAILBOX, minutes=5) == CLOSED


def test_pauses_grow_with_each_trial_that_fails() -> None:
    standing: RelayStanding | None = CLOSED
    pauses = []
    for _ in range(6):
        assert standing is not None
        at = standing.again_at
        standing = heeded(standing, outcomes(Cause.OURS), now=at, jitter=0)
        assert standing is not None
        pauses.append((standing.again_at - at) // timedelta(minutes=1))
    assert pauses == [10, 20, 40, 60, 60, 60]


def test_a_server_that_is_away_is_told_of_and_closes_nothing() -> None:
    """Each run asks it first; nothing is offered where nobody answers."""
    away = unreachable(None, "cannot hand mail to it: [Errno 111]", NOW)
    assert not is_closed(away)
    assert away.refusals == 0
    again = unreachable(away, "timed out", NOW + timedelta(hours=1))
    assert again.problem == "timed out"
    assert after(again, None) is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("553 <anna.b@example.org>: not owned", "553 <*@example.org>: not owned"),
        ("550 anna@example.org... no; ben@example.org", "550 *@example.org... no; *@example.org"),
        ("550 no address", "550 no address"),
    ],
)
def test_no_ones_address_is_told_with_it(said: str, told: str) -> None:
    """It goes into logs, too."""
    found = heeded(None, outcomes(Cause.OURS, reply=said), now=NOW, jitter=0)
    assert found is not None
    assert found.problem == told


@given(st.lists(st.sampled_from([*Cause, None]), max_size=20), st.floats(0, 1, exclude_max=True))
def test_it_is_never_closed_for_longer_than_an_hour_and_a_quarter(
    causes: list[Cause | None], jitter: float
) -> None:
    standing: RelayStanding | None = None
    for cause in causes:
        standing = heeded(standing, outcomes(cause), now=NOW, jitter=jitter)
        if standing:
            assert standing.again_at - NOW <= LONGEST_PAUSE * 1.25


def test_who_looks_after_it_is_told_what_to_do() -> None:
    said = refused("the relay", CLOSED)
    assert said.startswith("the relay refuses us: 550 no; mail waits")
    assert "from 2026-11-24 06:05Z on" in said
