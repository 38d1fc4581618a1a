"""A message is begun while the one before awaits its reply, and each gets its own answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from notifier.mail.smtp.commands import Waits
from notifier.mail.smtp.relay import Relay
from notifier.model import Envelope, Reply, Stage
from tests.builders import an_envelope
from tests.scripted_smtp import HANG_UP, ScriptedSmtp, scripted_smtp
from tests.services import Address
from tests.sessions import Hearer

FIRST, SECOND, THIRD = (
    an_envelope(content=b"Subject: News\r\n\r\n.one\r\n", recipient=f"{name}@example.org")
    for name in ("reader", "two", "three")
)
ACCEPTED = Reply(stage=Stage.DOT, code=250, enhanced="2.0.0", text="Ok")
NO_PIPELINING = b"250-wire\r\n250 8BITMIME\r\n"
USUAL = {
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go ahead\r\n",
}


def relay(port: int, seconds: float = 5) -> Relay:
    return Relay(host="127.0.0.1", port=port, security="none", waits=Waits.each(seconds))


def one_behind_the_other(
    finished: int, *envelopes: Envelope, seconds: float = 5, **replies: Any
) -> tuple[list[Reply], ScriptedSmtp]:
    """How messages ended of which each is begun while the one before has not left.

    All but the first so many are begun and nothing more, and the session is aborted.
    """

    async def conversation() -> tuple[list[Reply], ScriptedSmtp]:
        async with scripted_smtp(**replies) as server:
            hearer = Hearer()
            transport = relay(server.port, seconds)
            session = await transport.open(hearer.ended)
            session.begin(envelopes[0])
            for number, following in enumerate([*envelopes[1:], None][:finished]):
                if following:
                    session.begin(following)
                session.finish()
                await hearer.told(number + 1)
            if finished < len(envelopes):
                session.abort()
            answers = await hearer.told(len(envelopes))
            await session.close()
        return answers, server

    return asyncio.run(conversation())


@pytest.mark.parametrize("ehlo", [NO_PIPELINING, None])
def test_a_message_begun_behind_another_goes_out_after_it(ehlo: bytes | None) -> None:
    replies: dict[str, Any] = {"EHLO": [ehlo]} if ehlo else {}
    answers, server = one_behind_the_other(3, FIRST, SECOND, THIRD, **replies)
    assert answers == [ACCEPTED] * 3
    recipients = [line for line in server.lines if line.startswith(b"RCPT")]
    assert [line[9:-13] for line in recipients] == [b"reader", b"two", b"three"]
    assert len(server.contents) == 3
    assert b"RSET" not in server.lines


@pytest.mark.parametrize("ehlo", [NO_PIPELINING, None])
def test_what_was_begun_and_not_finished_is_not_sent(ehlo: bytes | None) -> None:
    replies: dict[str, Any] = {"EHLO": [ehlo]} if ehlo else {}
    answers, server = one_behind_the_other(1, FIRST, SECOND, **replies)
    assert answers[0] == ACCEPTED
    assert answers[1].code is None
    assert answers[1].stage is not Stage.DOT
    assert len([content for content in server.contents if content]) == 1


@pytest.mark.parametrize("ehlo", [NO_PIPELINING, None])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_of_the_one_behind_is_told_of_that_one(verb: str, ehlo: bytes | None) -> None:
    """Replies are counted, so that none is taken for that of another message."""
    usual = USUAL[verb]
    replies: dict[str, Any] = {verb: [usual, b"550 5.7.1 no\r\n", usual]}
    if ehlo:
        replies["EHLO"] = [ehlo]
    answers, server = one_behind_the_other(3, FIRST, SECOND, THIRD, **replies)
    assert [answer.code for answer in answers] == [250, 550, 250]
    assert len([content for content in server.contents if content]) == 2


def test_a_server_that_breaks_after_the_dot_leaves_one_message_in_doubt() -> None:
    answers, _ = one_behind_the_other(2, FIRST, SECOND, DOT=[HANG_UP])
    assert [(one.stage, one.code) for one in answers] == [(Stage.DOT, None), (Stage.MAIL, None)]


def test_what_cannot_be_sent_ends_in_its_turn() -> None:
    hopeless = SECOND._replace(content=b"one\ntwo\r\n")
    answers, _ = one_behind_the_other(3, FIRST, hopeless, THIRD)
    assert [answer.code for answer in answers] == [250, 554, 250]


def test_the_sink_of_postfix_takes_one_behind_the_other(
    smtp_sink: Callable[..., Address],
) -> None:
    async def conversation() -> list[Reply]:
        hearer = Hearer()
        session = await relay(smtp_sink().port).open(hearer.ended)
        session.begin(FIRST)
        for number in range(50):
            session.begin(FIRST)
            session.finish()
            await hearer.told(number + 1)
        session.abort()
        await session.close()
        return await hearer.told(51)

    *answers, last = asyncio.run(conversation())
    assert [answer.code for answer in answers] == [250] * 50
    assert last.code is None
