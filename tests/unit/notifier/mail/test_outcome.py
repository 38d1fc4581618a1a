"""A reply decides whether a delivery is done, tried again, given up or in doubt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.outcome import FIRST_PAUSE, LEAST_ATTEMPTS, LONGEST_PAUSE, decide
from notifier.model import Cause, DeliveryState, Reply, Settlement, Stage
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
    tried: timedelta | None = None,
    in_doubt: int = 0,
    doubts: int = 1,
    jitter: float = 0.0,
) -> Settlement:
    """What becomes of it now, after so many ``attempts``, the first of them so long ago."""
    since = None if tried is None else PLANNED - tried
    return decide(
        an_envelope(first_at=PLANNED, attempts=attempts, in_doubt=in_doubt, tried_at=since),
        Reply(stage=stage, code=code, enhanced=enhanced, text=text),
        now=PLANNED,
        give_up_after=GIVE_UP_AFTER,
        doubts=doubts,
        jitter=jitter,
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
    waits = found.state in {DeliveryState.DEFERRED, DeliveryState.QUEUED}
    is_certain = not found.was_in_doubt and found.dead is None
    return waits and found.again_at is not None and is_certain


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
    assert is_tried_again(outcome(Stage.RCPT, code, f"{code // 100}.2.2"))


@pytest.mark.parametrize("stage", BEFORE_THE_DOT)
@pytest.mark.parametrize("code", [None, 250, 354, 100, 999])
def test_what_ends_without_an_answer_before_the_dot_is_tried_again(
    stage: Stage, code: int | None
) -> None:
    """Before the dot nothing was handed over: there is nothing to be in doubt about."""
    assert is_tried_again(outcome(stage, code))


@pytest.mark.parametrize("code", [None, 421])
def test_what_a_connection_lost_goes_on_over_another_at_once_but_once(code: int | None) -> None:
    """RFC 5321 3.8: a connection that closes says nothing of what was to be sent over it."""
    first = outcome(Stage.MAIL, code)
    assert (first.state, first.again_at) == (DeliveryState.QUEUED, PLANNED)
    second = outcome(Stage.MAIL, code, attempts=1)
    assert (second.state, second.again_at) == (
        DeliveryState.DEFERRED,
        PLANNED + timedelta(minutes=10),
    )


def test_who_is_refused_by_a_closing_server_for_our_fault_waits() -> None:
    found = outcome(Stage.MAIL, 421, "4.7.0", "TLS is required")
    assert (found.state, found.cause) == (DeliveryState.DEFERRED, Cause.OURS)


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
    assert outcome(Stage.DOT, None, text="lost", doubts=0) == held("lost")


def test_a_second_doubt_is_held() -> None:
    assert outcome(Stage.DOT, None, text="lost", in_doubt=1) == held("lost")


@pytest.mark.parametrize(
    ("tried", "attempts", "ends"),
    [
        (GIVE_UP_AFTER - timedelta(seconds=1), 99, False),
        (GIVE_UP_AFTER, LEAST_ATTEMPTS - 1, True),
        (GIVE_UP_AFTER, LEAST_ATTEMPTS - 2, False),
        (timedelta(days=99), 1, False),
        (None, 0, False),
    ],
)
def test_trying_ends_after_so_long_and_so_often(
    tried: timedelta | None, attempts: int, *, ends: bool
) -> None:
    """Counted from the first attempt: what waited for a relay that was down has not been tried.

    A late failure says nothing about the address, so it stays mailable.
    """
    found = outcome(Stage.RCPT, 450, "4.2.0", tried=tried, attempts=attempts)
    assert is_final(found, dead=False) is ends
    assert is_tried_again(found) is not ends


def pause(attempts: int, jitter: float, text: str = "", enhanced: str | None = None) -> timedelta:
    """How long is waited after a try that ``attempts`` others came before."""
    found = outcome(Stage.RCPT, 450, enhanced, text, attempts=attempts, jitter=jitter)
    assert found.again_at is not None
    return found.again_at - PLANNED


def test_pauses_double_up_to_four_hours() -> None:
    minutes = [pause(attempts, 0) // timedelta(minutes=1) for attempts in range(9)]
    assert minutes == [5, 10, 20, 40, 80, 160, 240, 240, 240]


def test_who_is_only_too_fast_soon_goes_on() -> None:
    seconds = [pause(n, 0, enhanced="4.7.0") // timedelta(seconds=1) for n in range(4)]
    assert seconds == [15, 30, 60, 120]
    found = outcome(Stage.RCPT, 450, "4.7.0")
    assert (found.cause, found.slows) == (Cause.RATE, True)


def test_who_says_when_to_come_again_is_obeyed() -> None:
    asked = "Greylisted, retry in 40 seconds"
    assert [pause(n, 0, asked) // timedelta(seconds=1) for n in range(3)] == [40, 80, 160]
    assert pause(0, 0, "come back in 6 hours") == timedelta(hours=6)
    assert outcome(Stage.RCPT, 450, text=asked).wait == timedelta(seconds=40)


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_only_ever_adds_up_to_a_quarter(attempts: int, jitter: float) -> None:
    assert pause(attempts, 0) <= pause(attempts, jitter) <= pause(attempts, 0) * 1.25
    assert FIRST_PAUSE <= pause(attempts, jitter) <= LONGEST_PAUSE * 1.25


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "text", "cause"),
    [
        (Stage.RCPT, 550, "5.1.1", "no such user", Cause.MAILBOX),
        (Stage.RCPT, 550, None, "", Cause.READER),
        (Stage.DOT, 552, "5.3.4", "", Cause.CONTENT),
    ],
)
def test_what_speaks_of_the_reader_or_the_message_is_final(
    stage: Stage, code: int, enhanced: str | None, text: str, cause: Cause
) -> None:
    """And no address is suppressed but one that is dead."""
    found = outcome(stage, code, enhanced, text)
    assert is_final(found, dead=cause is Cause.MAILBOX)
    assert found.cause is cause


@pytest.mark.parametrize("code", [550, 554, 530, 454, 421])
def test_what_speaks_of_us_is_tried_again(code: int) -> None:
    """No reader shall miss a digest for good, as a server wants something of us."""
    found = outcome(Stage.RCPT, code, None, "Relay access denied")
    assert is_tried_again(found)
    assert found.cause is Cause.OURS


def test_a_reply_is_recorded_on_one_line_of_bounded_length() -> None:
    found = outcome(Stage.DOT, 554, "5.6.0", "no\r\nthanks " + "x" * 5000)
    assert is_final(found, dead=False)
    assert found.reply.startswith("554 5.6.0 no thanks x")
    assert len(found.reply) == 500


@given(st.text())
def test_nothing_in_a_reply_reaches_a_store_or_a_terminal_that_moves_it(text: str) -> None:
    found = outcome(Stage.DOT, 250, text=text).reply
    assert found.encode()
    assert found.isprintable()


def test_what_is_printed_of_a_reply_is_what_can_be_seen() -> None:
    found = outcome(Stage.DOT, 250, text="a\0b\x1b]0;c\x07d\x9be\u202ef\u2066g\ud800h\r\ni")
    assert found.reply == "250 a b ]0;c d e f g h i"


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
