"""What real servers say is told apart: the address, its owner, the message, us, our pace."""

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.refusal import LONGEST_WAIT, cause_of, wait_asked
from notifier.mail.smtp.replies import assembled, line
from notifier.model import Cause, Reply, Stage

REPLIES = Path(__file__).parents[3] / "replies"


class Said(NamedTuple):
    cause: Cause
    server: str
    reply: Reply


def told(name: str) -> list[Said]:
    found = []
    for row in (REPLIES / name).read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            cause, stage, server, said = row.split("\t")
            lines = [line(each.encode()) for each in said.split("\\n")]
            found.append(Said(Cause(cause), server, assembled(Stage(stage), lines)))
    return found


def test_what_servers_say_is_understood() -> None:
    known = told("known.tsv")
    assert len(known) >= 110
    assert not [said for said in known if cause_of(said.reply) is not said.cause]


def test_what_was_not_looked_at_when_the_rules_were_made_is_understood_too() -> None:
    blind = told("blind.tsv")
    wrong = [said for said in blind if cause_of(said.reply) is not said.cause]
    assert len(blind) >= 80
    assert len(wrong) <= len(blind) * 0.05, wrong


@pytest.mark.parametrize("name", ["known.tsv", "blind.tsv"])
def test_no_living_reader_is_struck_off(name: str) -> None:
    """Whatever else is mistaken: the address is dead where that was said, and nowhere else."""
    assert not [
        said
        for said in told(name)
        if cause_of(said.reply) is Cause.MAILBOX and said.cause is not Cause.MAILBOX
    ]


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "cause"),
    [
        (Stage.MAIL, 550, None, Cause.OURS),
        (Stage.MAIL, 550, "5.1.1", Cause.OURS),
        (Stage.RCPT, 550, "5.1.1", Cause.MAILBOX),
        (Stage.RCPT, 550, "5.4.4", Cause.READER),
        (Stage.RCPT, 550, "5.7.26", Cause.OURS),
        (Stage.RCPT, 550, "5.7.129", Cause.READER),
        (Stage.RCPT, 450, "4.1.1", Cause.LATER),
        (Stage.RCPT, 450, "4.7.1", Cause.RATE),
        (Stage.RCPT, 552, "5.2.2", Cause.LATER),
        (Stage.RCPT, 552, "5.1.1", Cause.MAILBOX),
        (Stage.DATA, 554, None, Cause.OURS),
        (Stage.DOT, 550, "5.1.1", Cause.CONTENT),
        (Stage.DOT, 554, "5.6.0", Cause.CONTENT),
        (Stage.DOT, 451, None, Cause.LATER),
    ],
)
def test_without_words_the_status_tells_and_then_the_stage(
    stage: Stage, code: int, enhanced: str | None, cause: Cause
) -> None:
    assert cause_of(Reply(stage=stage, code=code, enhanced=enhanced, text="")) is cause


def test_what_a_server_repeats_of_ours_is_not_its_word() -> None:
    """An address, or a link to a page of help, may hold any word."""
    text = "<spf.dkim@relay-denied.example>: User unknown; see https://spamhaus.example/helo"
    found = cause_of(Reply(stage=Stage.RCPT, code=550, enhanced=None, text=text))
    assert found is Cause.MAILBOX


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Greylisted, please try again in 180 seconds", 180),
        ("come back in 5 minutes", 300),
        ("Greylisting in action, please come back in 00:04:30", 270),
        ("retry in 1 hour", 3600),
        ("Greylisted for 5min", 300),
        ("wait 30s", 30),
        ("retry after about 2 hours", 7200),
        ("try again in 99999 hours", 86_400),
        ("queued for delivery in 3 parts", None),
        ("try again later", None),
        ("IP 192.0.2.1", None),
    ],
)
def test_a_wait_that_is_asked_for_is_read(text: str, seconds: int | None) -> None:
    assert wait_asked(text) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text())
def test_no_words_ask_for_more_than_a_day(text: str) -> None:
    assert (wait_asked(f"wait {text}") or LONGEST_WAIT) <= LONGEST_WAIT
