"""The words of mailing check themselves, and one mailbox is one however it is spelled."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import UnusableAddress
from notifier.model import (
    Cadence,
    Frequency,
    SubscriberState,
    Window,
    folded,
    mailbox,
    message_id,
)
from tests.builders import a_subscriber

VIENNA = ZoneInfo("Europe/Vienna")


def a_cadence(frequency: Frequency, **changes: Any) -> Cadence:
    return Cadence(**{"frequency": frequency, "minute": 420, "zone": VIENNA, **changes})


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Window(after=2, upto=1), "cannot end"),
        (lambda: a_cadence(Frequency.DAILY, minute=24 * 60), "not within a day"),
        (lambda: a_cadence(Frequency.DAILY, weekdays=frozenset()), "some of 0..6"),
        (lambda: a_cadence(Frequency.WEEKLY, weekdays=frozenset({7})), "weekdays of a cadence"),
        (lambda: a_cadence(Frequency.WEEKLY), "on one weekday"),
        (lambda: a_cadence(Frequency.IMMEDIATE, weekdays=frozenset({0})), "on every weekday"),
        (lambda: a_cadence(Frequency.DAILY, quiet_minutes=5), "belong to immediate mail"),
        (lambda: a_cadence(Frequency.IMMEDIATE, quiet_minutes=-1), "are none"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        make()


@pytest.mark.parametrize(
    ("state", "epoch"), [(SubscriberState.ACTIVE, 3), (SubscriberState.LEFT, 4)]
)
def test_who_left_begins_another_epoch(state: SubscriberState, epoch: int) -> None:
    assert a_subscriber(state=state, epoch=3).next_epoch == epoch


@pytest.mark.parametrize(
    "other",
    ["READER@example.org", "reader@EXAMPLE.ORG", "Reader@Example.Org"],
)
def test_case_makes_no_other_mailbox(other: str) -> None:
    assert folded(other) == folded("reader@example.org")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße@example.org", "strasse@example.org"),
        ("ﬁnn@example.org", "finn@example.org"),
        ("İpek@example.org", "ipek@example.org"),
        ("ılker@example.org", "ilker@example.org"),
        ("ÉMILE@example.org", "émile@example.org"),
        ("σας@example.org", "σασ@example.org"),
    ],
)
def test_letters_beyond_ascii_are_never_folded(one: str, other: str) -> None:
    """Whoever owns one of two such mailboxes does not own the other."""
    assert folded(one) != folded(other)


def test_one_letter_is_one_however_it_is_composed() -> None:
    assert folded("Andre\u0301@example.org") == folded("andr\u00e9@example.org")


def test_a_domain_in_letters_and_in_ascii_is_one_mailbox() -> None:
    assert folded("Jürgen@MÜLLER.example") == folded("jürgen@xn--mller-kva.example")
    assert folded("a@example.org") != folded("b@example.org")


def test_an_smtp_command_gets_the_domain_in_ascii() -> None:
    assert mailbox("Jürgen@MÜLLER.example") == "Jürgen@xn--mller-kva.example"
    assert mailbox("Reader@Example.ORG") == "Reader@example.org"


def test_a_domain_without_an_ascii_form_is_refused() -> None:
    with pytest.raises(UnusableAddress, match="no host name"):
        mailbox("a@ü-.example")


@given(st.emails())
def test_folding_is_stable(address: str) -> None:
    assert folded(folded(address)) == folded(address)
    assert folded(mailbox(address)) == folded(address)


def test_a_message_id_is_of_a_person_and_a_period_and_tells_nobody_who() -> None:
    """RFC 5322 section 3.6.4."""
    made = message_id("reader1", "2026-11-24", "digest@news.example.org")
    assert made == message_id("reader1", "2026-11-24", "other@news.example.org")
    assert made.startswith("<2026-11-24.")
    assert made.endswith("@news.example.org>")
    assert "reader1" not in made
    others = [
        message_id("reader2", "2026-11-24", "a@b.org"),
        message_id("reader1", "n7", "a@b.org"),
    ]
    assert len({made, *others}) == 3
