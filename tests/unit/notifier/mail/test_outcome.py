"""A reply decides whether a delivery is done, tried again, given up or in doubt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.outcome import FIRST_PAUSE, LONGEST_PAUSE, decide
from notifier.model import DeliveryState, Reply, Settlement, Stage
from tests.builders import an_envelope

PLANNED = datetime(2026, 11, 24, 6, tzinfo=UTC)
GIVE_UP_AFTER = timedelta(hours=108)
BEFORE_THE_DOT = [Stage.MAIL, Stage.RCPT, Stage.DATA]
ENVELOPE = an_envelope(first_at=PLANNED)
IN_FIVE_MINUTES = PLANNED + timedelta(minutes=5)


def outcome(
    stage: Stage,
    code: int | None,
    enhanced: str | None = None,
    text: str = "",
    *,
    attempts: int = 0,
    after: timedelta = timedelta(),
    in_doubt: int = 0,
    hold: bool = False,
    jitter: float = 0.0,
) -> Settlement:
    return decide(
        an_envelope(first_at=PLANNED, attempts=attempts, in_doubt=in_doubt),
        Reply(stage=stage, code=code, enhanced=enhanced, text=text),
        now=PLANNED + after,
        give_up_after=GIVE_UP_AFTER,
        hold=hold,
        jitter=jitter,
    )


def failed(reply: str, *, dead: str | None = None) -> Settlement:
    return Settlement(
        delivery=ENVELOPE.delivery, state=DeliveryState.FAILED, reply=reply, dead=dead
    )


def held(reply: str) -> Settlement:
    return Settlement(
        delivery=ENVELOPE.delivery,
        state=DeliveryState.UNCERTAIN,
        reply=reply,
        was_in_doubt=True,
    )


def is_tried_again(found: Settlement) -> bool:
    """Later, and without a doubt that it did not go out."""
    is_deferred = found.state is DeliveryState.DEFERRED and found.again_at is not None
    return is_deferred and not found.was_in_doubt and found.dead is None


def is_final(found: Settlement, *, dead: bool) -> bool:
    """Failed for good, the address suppressed or not."""
    is_failed = found.state is DeliveryState.FAILED and found.again_at is None
    is_certain = not found.was_in_doubt
    return is_failed and is_certain and found.dead == (ENVELOPE.recipient if dead else None)


def test_only_a_2yz_after_the_dot_is_accepted() -> None:
    """RFC 5321 4.2.5: responsibility passes with the reply to the final dot."""
    assert outcome(Stage.DOT, 250, "2.0.0", "queued as 4F1") == Settlement(
        delivery=ENVELOPE.delivery,
        state=DeliveryState.ACCEPTED,
        reply="250 2.0.0 queued as 4F1",
    )


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [421, 450, 451, 452, 454, 499])
def test_a_4yz_is_tried_again(stage: Stage, code: int) -> None:
    assert is_tried_again(outcome(stage, code))


@pytest.mark.parametrize("code", [452, 552])
def test_a_recipient_there_was_no_room_for_is_tried_again(code: int) -> None:
    """RFC 5321 4.5.3.1.10: 552 for a recipient is an old way to say 452."""
    assert is_tried_again(outcome(Stage.RCPT, code, "5.2.2"))


def test_a_message_too_large_is_refused_for_good() -> None:
    assert outcome(Stage.DOT, 552, "5.3.4") == failed("552 5.3.4")


@pytest.mark.parametrize("stage", BEFORE_THE_DOT)
@pytest.mark.parametrize("code", [None, 250, 354, 100, 999])
def test_what_ends_without_an_answer_before_the_dot_is_tried_again(
    stage: Stage, code: int | None
) -> None:
    """Before the dot nothing was handed over: there is nothing to be in doubt about."""
    assert is_tried_again(outcome(stage, code))


@pytest.mark.parametrize("code", [None, 354, 999])
def test_silence_after_the_dot_is_in_doubt_and_sent_once_more(code: int | None) -> None:
    found = outcome(Stage.DOT, code, text="connection lost")
    assert found == Settlement(
        delivery=ENVELOPE.delivery,
        state=DeliveryState.DEFERRED,
        reply=f"{code or ''} connection lost".strip(),
        again_at=IN_FIVE_MINUTES,
        was_in_doubt=True,
    )


def test_doubt_is_held_for_a_person_where_wanted() -> None:
    assert outcome(Stage.DOT, None, text="lost", hold=True) == held("lost")


def test_a_second_doubt_is_always_held() -> None:
    assert outcome(Stage.DOT, None, text="lost", in_doubt=1) == held("lost")


@pytest.mark.parametrize(
    ("after", "ends"),
    [(GIVE_UP_AFTER - timedelta(seconds=1), False), (GIVE_UP_AFTER, True)],
)
def test_trying_ends_when_the_span_has_passed(after: timedelta, *, ends: bool) -> None:
    """A late failure says nothing about the address, so it stays mailable."""
    found = outcome(Stage.RCPT, 450, "4.2.0", after=after)
    assert is_final(found, dead=False) is ends
    assert is_tried_again(found) is not ends


def pause(attempts: int, jitter: float) -> timedelta:
    """How long is waited after a try that ``attempts`` others came before."""
    again_at = outcome(Stage.RCPT, 450, attempts=attempts, jitter=jitter).again_at
    assert again_at is not None
    return again_at - PLANNED


def test_pauses_double_up_to_four_hours() -> None:
    minutes = [pause(attempts, 0) // timedelta(minutes=1) for attempts in range(9)]
    assert minutes == [5, 10, 20, 40, 80, 160, 240, 240, 240]


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_only_ever_adds_up_to_a_quarter(attempts: int, jitter: float) -> None:
    assert pause(attempts, 0) <= pause(attempts, jitter) <= pause(attempts, 0) * 1.25
    assert FIRST_PAUSE <= pause(attempts, jitter) <= LONGEST_PAUSE * 1.25


def test_the_next_try_is_a_pause_from_now() -> None:
    found = outcome(Stage.RCPT, 450, attempts=2, after=timedelta(hours=1), jitter=0.5)
    assert (found.state, found.reply) == (DeliveryState.DEFERRED, "450")
    assert found.again_at == PLANNED + timedelta(hours=1, minutes=22.5)
    assert is_tried_again(found)


@pytest.mark.parametrize(
    ("code", "enhanced"),
    [
        (550, "5.1.1"),
        (550, "5.1.2"),
        (553, "5.1.3"),
        (551, "5.1.6"),
        (556, "5.1.10"),
        (550, "5.2.1"),
    ],
)
def test_a_dead_address_is_suppressed(code: int, enhanced: str) -> None:
    found = outcome(Stage.RCPT, code, enhanced)
    assert is_final(found, dead=True)


@pytest.mark.parametrize(
    ("code", "enhanced"),
    [
        (550, "5.7.1"),
        (554, "5.7.1"),
        (550, "5.7.26"),
        (550, "5.1.8"),
        (550, "5.2.2"),
        (550, "5.4.1"),
        (554, None),
        (500, None),
        (550, "4.1.1"),
    ],
)
def test_policy_a_full_mailbox_or_our_own_fault_never_suppress(
    code: int, enhanced: str | None
) -> None:
    assert outcome(Stage.RCPT, code, enhanced, "x") == failed(
        " ".join(filter(None, [str(code), enhanced, "x"]))
    )


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.DATA, Stage.DOT])
@pytest.mark.parametrize("enhanced", [None, "5.1.1"])
def test_only_an_answer_to_the_recipient_speaks_of_the_address(
    stage: Stage, enhanced: str | None
) -> None:
    found = outcome(stage, 550, enhanced)
    assert is_final(found, dead=False)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "No such user here"),
        (550, "<reader@example.org>: Recipient address rejected: User unknown in local table"),
        (551, "User not local; please try <other@example.org>"),
        (553, "Mailbox name invalid"),
        (550, ""),
    ],
)
def test_a_bare_refusal_of_the_mailbox_suppresses(code: int, text: str) -> None:
    found = outcome(Stage.RCPT, code, text=text)
    assert is_final(found, dead=True)


@pytest.mark.parametrize(
    "text",
    [
        "Service refused, see https://bl.example.net/lookup",
        "JunkMail rejected - 192.0.2.1 is in an RBL",
        "Your host is blacklisted",
        "Relaying denied",
        "blocked using zen.example.net",
        "Rejected for policy reasons",
        "Sender verify failed",
        "IP reputation too low",
        "No reverse DNS entry",
        "DMARC check failed",
    ],
)
def test_a_bare_refusal_that_speaks_of_the_sender_does_not_suppress(text: str) -> None:
    """A living reader must not be struck off for what a server thinks of us."""
    found = outcome(Stage.RCPT, 550, text=text)
    assert is_final(found, dead=False)


def test_a_reply_is_recorded_on_one_line_of_bounded_length() -> None:
    found = outcome(Stage.DOT, 554, "5.6.0", "no\r\nthanks " + "x" * 5000)
    assert is_final(found, dead=False)
    assert found.reply.startswith("554 5.6.0 no thanks x")
    assert len(found.reply) == 500


@given(
    st.sampled_from(list(Stage)),
    st.none() | st.integers(0, 999),
    st.none() | st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True),
    st.text(),
)
def test_every_reply_has_an_outcome(
    stage: Stage, code: int | None, enhanced: str | None, text: str
) -> None:
    found = outcome(stage, code, enhanced, text)
    is_accepted = found.state is DeliveryState.ACCEPTED
    dead = found.dead is not None
    assert is_accepted or found.was_in_doubt or is_tried_again(found) or is_final(found, dead=dead)
    assert not ((is_accepted or found.was_in_doubt) and stage is not Stage.DOT)
