"""One message at a time over a kept connection, and an honest reply for each."""

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import trustme

from notifier.errors import TransportUnavailable
from notifier.mail.smtp.commands import Waits
from notifier.mail.smtp.relay import Relay
from notifier.model import Envelope, Reply, Stage
from tests import sessions
from tests.builders import an_envelope
from tests.conftest import SmtpServerFactory
from tests.scripted_smtp import DEAF, GONE, HANG_UP, SILENCE, ScriptedSmtp, scripted_smtp
from tests.services import Address, free_port, listening
from tests.sessions import Hearer
from tests.smtp import Act, InTurn, Security

ENVELOPE = an_envelope(content=b"Subject: News\r\n\r\n.one\r\n..two\r\nthree\r\n")
ACCEPTED = Reply(stage=Stage.DOT, code=250, enhanced="2.0.0", text="Ok")

NO_PIPELINING = b"250-wire\r\n250 8BITMIME\r\n"
PLAIN = b"250 wire\r\n"


def relay(port: int, **changes: Any) -> Relay:
    asked = Relay(
        host="127.0.0.1", port=port, security="none", timeout_seconds=5, waits=Waits.each(5)
    )
    return replace(asked, **changes)


def said(
    *envelopes: Envelope, seconds: float = 5, waits: Waits | None = None, **replies: Any
) -> tuple[list[Reply], ScriptedSmtp, bool]:
    """What became of the envelopes, sent by one session; the server; whether it is usable yet."""

    async def conversation() -> tuple[list[Reply], ScriptedSmtp, bool]:
        async with scripted_smtp(**replies) as server:
            hearer = Hearer()
            transport = relay(server.port, waits=waits or Waits.each(seconds))
            session = await transport.open(hearer.ended)
            answers = [await hearer.send(session, envelope) for envelope in envelopes]
            usable = session.usable
            await session.close()
        return answers, server, usable

    return asyncio.run(conversation())


def send_all(transport: Relay, *envelopes: Envelope) -> list[Reply]:
    return asyncio.run(sessions.send_all(transport, *envelopes))


def commands(server: ScriptedSmtp) -> list[bytes]:
    return server.lines[1:]


@pytest.mark.parametrize("ehlo", [NO_PIPELINING, None])
def test_a_message_goes_out_with_and_without_pipelining(ehlo: bytes | None) -> None:
    replies: dict[str, Any] = {"EHLO": [ehlo]} if ehlo else {}
    answers, server, usable = said(ENVELOPE, ENVELOPE, **replies)
    assert answers == [ACCEPTED, ACCEPTED]
    assert usable
    assert server.sessions == 1
    assert server.contents == [bytes(ENVELOPE.content).replace(b"\r\n.", b"\r\n..")] * 2
    assert commands(server)[-1] == b"QUIT"


def test_what_the_server_offers_is_used() -> None:
    _, server, _ = said(ENVELOPE._replace(content="Subject: Grüße\r\n\r\n".encode()))
    assert commands(server)[:3] == [
        b"MAIL FROM:<digest@news.example.org> SIZE=20 BODY=8BITMIME",
        b"RCPT TO:<reader@example.org>",
        b"DATA",
    ]


@pytest.mark.parametrize(
    ("envid", "asked"), [("{}.signature".format, b" RET=HDRS ENVID=1.signature"), (None, b"")]
)
def test_notifications_are_asked_for_as_told(
    envid: Callable[[int], str] | None, asked: bytes
) -> None:
    async def conversation() -> list[bytes]:
        async with scripted_smtp(EHLO=[b"250-wire\r\n250 DSN\r\n"]) as server:
            await sessions.send_all(relay(server.port, envid=envid), ENVELOPE)
            return commands(server)

    assert asyncio.run(conversation())[0] == b"MAIL FROM:<digest@news.example.org>" + asked


def test_a_message_without_a_last_line_end_gets_one() -> None:
    _, server, _ = said(ENVELOPE._replace(content=b".Subject: News"))
    assert server.contents == [b"..Subject: News\r\n"]


def test_a_large_message_arrives_whole() -> None:
    content = b"Subject: News\r\n\r\n" + (b"x." * 39 + b"\r\n") * 5_000
    answers, server, _ = said(ENVELOPE._replace(content=content))
    assert answers == [ACCEPTED]
    assert server.contents == [content]


@pytest.mark.parametrize("ehlo", [NO_PIPELINING, None])
@pytest.mark.parametrize(
    ("verb", "stage"), [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA)]
)
def test_a_refusal_is_that_of_its_stage_and_the_next_message_goes_out(
    verb: str, stage: Stage, ehlo: bytes | None
) -> None:
    refused = [b"550-5.7.1 not\r\n550 5.7.1 you\r\n", USUAL_REPLY[verb]]
    replies: dict[str, Any] = {verb: refused, **({"EHLO": [ehlo]} if ehlo else {})}
    answers, server, usable = said(ENVELOPE, ENVELOPE, **replies)
    assert answers == [
        Reply(stage=stage, code=550, enhanced="5.7.1", text="not you"),
        ACCEPTED,
    ]
    assert usable
    sent = [content for content in server.contents if content]
    assert len(sent) == 1


USUAL_REPLY = {
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go ahead\r\n",
}


def test_a_server_that_goes_ahead_without_a_recipient_gets_an_empty_message() -> None:
    """RFC 2920 section 3.1: the client sends a single dot."""
    replies: dict[str, Any] = {
        "RCPT": [b"550 5.1.1 no such user\r\n", USUAL_REPLY["RCPT"]],
        "DOT": [b"554 5.5.1 no valid recipients\r\n", b"250 2.0.0 Ok\r\n"],
    }
    answers, server, usable = said(ENVELOPE, ENVELOPE, **replies)
    assert [(one.stage, one.code) for one in answers] == [(Stage.RCPT, 550), (Stage.DOT, 250)]
    assert server.contents[0] == b""
    assert b"RSET" not in server.lines
    assert usable


def test_a_server_that_does_not_reset_is_not_used_again() -> None:
    answers, _, usable = said(
        ENVELOPE, EHLO=[NO_PIPELINING], MAIL=[b"450 later\r\n"], RSET=[b"500 what\r\n"]
    )
    assert answers[0].code == 450
    assert not usable


def test_a_refused_message_is_not_in_doubt() -> None:
    answers, _, usable = said(ENVELOPE, DOT=[b"552 5.3.4 too large\r\n"])
    assert answers == [Reply(stage=Stage.DOT, code=552, enhanced="5.3.4", text="too large")]
    assert usable


@pytest.mark.parametrize(
    ("verb", "stage"),
    [
        ("MAIL", Stage.MAIL),
        ("RCPT", Stage.RCPT),
        ("DATA", Stage.DATA),
        ("DOT", Stage.DOT),
    ],
)
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"421 4.3.2 closing\r\n", 421),
        (HANG_UP, None),
        (SILENCE, None),
        (b"no reply at all\r\n", None),
        (b"250-one\r\n251 two\r\n", None),
        (b"250-" + b"x" * 5_000 + b"\r\n", None),
        (b"250-again\r\n" * 101, None),
    ],
)
@pytest.mark.parametrize("ehlo", [NO_PIPELINING, None])
def test_a_session_that_breaks_says_where_and_is_not_used_again(
    verb: str, stage: Stage, reply: bytes, code: int | None, ehlo: bytes | None
) -> None:
    replies: dict[str, Any] = {verb: [reply], **({"EHLO": [ehlo]} if ehlo else {})}
    # Only who waits for what never comes need not wait long.
    seconds = 0.2 if reply is SILENCE else 5.0
    answers, _, usable = said(ENVELOPE, seconds=seconds, **replies)
    assert [(one.stage, one.code) for one in answers] == [(stage, code)]
    assert answers[0].text
    assert not usable


@pytest.mark.parametrize(
    ("verb", "stage"),
    [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA), ("DOT", Stage.DOT)],
)
@pytest.mark.parametrize("ehlo", [NO_PIPELINING, None])
def test_each_stage_has_a_time_of_its_own(verb: str, stage: Stage, ehlo: bytes | None) -> None:
    """RFC 5321 4.5.3.2: a server that looks into a message has ten minutes, RCPT has five."""
    short = Waits(**{**dict.fromkeys(("mail", "rcpt", "data", "dot"), 60), stage.value: 0.2})
    replies: dict[str, Any] = {verb: [SILENCE], **({"EHLO": [ehlo]} if ehlo else {})}
    answers, _, _ = said(ENVELOPE, waits=short, **replies)
    [answer] = answers
    assert (answer.stage, answer.text) == (stage, "no reply within 0.2 seconds")


def test_a_client_waits_as_long_as_the_standard_has_it() -> None:
    waits = Waits()
    assert [waits.reply(stage) for stage in Stage] == [300, 300, 120, 600]
    assert (waits.block, waits.shortest) == (180, 120)


@pytest.mark.parametrize("reply", [DEAF, GONE])
def test_a_message_whose_end_was_never_written_is_not_in_doubt(reply: bytes) -> None:
    content = (b"x" * 78 + b"\r\n") * 250_000
    large = ENVELOPE._replace(content=content)
    answers, _, usable = said(large, seconds=0.5, DATA=[reply])
    assert [(one.stage, one.code) for one in answers] == [(Stage.DATA, None)]
    assert not usable


def test_a_reply_that_is_none_of_those_expected_ends_the_session() -> None:
    answers, server, usable = said(ENVELOPE, DATA=[b"250 what for\r\n"])
    assert (answers[0].stage, answers[0].code) == (Stage.DATA, 250)
    assert server.contents == []
    assert not usable


def test_a_refusal_before_the_connection_was_lost_counts() -> None:
    answers, _, usable = said(ENVELOPE, RCPT=[b"550 5.1.1 no such user\r\n"], DATA=[HANG_UP])
    assert [(one.stage, one.code) for one in answers] == [(Stage.RCPT, 550)]
    assert not usable


@pytest.mark.parametrize(
    ("changes", "stage", "code", "enhanced"),
    [
        ({"recipient": "a@b.example>\r\nDATA"}, Stage.RCPT, 553, "5.1.3"),
        ({"recipient": "a\0@b.example"}, Stage.RCPT, 553, "5.1.3"),
        ({"recipient": "nobody"}, Stage.RCPT, 553, "5.1.3"),
        ({"recipient": "@b.example"}, Stage.RCPT, 553, "5.1.3"),
        ({"recipient": f"{'a' * 250}@b.example"}, Stage.RCPT, 553, "5.1.3"),
        ({"recipient": "a@ü-.example"}, Stage.RCPT, 553, "5.1.3"),
        ({"recipient": "jürgen@example.org"}, Stage.RCPT, 553, "5.6.7"),
        ({"sender": "a b@example.org"}, Stage.MAIL, 553, "5.1.3"),
        ({"content": b"one\ntwo\r\n"}, Stage.DATA, 554, "5.6.0"),
        ({"content": b"one\rtwo\r\n"}, Stage.DATA, 554, "5.6.0"),
        ({"content": b"one\0two\r\n"}, Stage.DATA, 554, "5.6.0"),
        ({"content": "Grüße\r\n".encode()}, Stage.DATA, 554, "5.6.3"),
    ],
)
def test_what_cannot_be_sent_fails_before_a_word_is_said(
    changes: dict[str, Any], stage: Stage, code: int, enhanced: str
) -> None:
    answers, server, usable = said(ENVELOPE._replace(**changes), ENVELOPE, EHLO=[PLAIN])
    assert (answers[0].stage, answers[0].code, answers[0].enhanced) == (stage, code, enhanced)
    assert answers[1] == ACCEPTED
    assert usable
    assert len(server.contents) == 1


def test_an_address_in_other_letters_goes_out_where_the_server_takes_it() -> None:
    answers, server, _ = said(ENVELOPE._replace(recipient="jürgen@müller.example"))
    assert answers == [ACCEPTED]
    assert commands(server)[0].endswith(b"SMTPUTF8")
    assert commands(server)[1] == "RCPT TO:<jürgen@xn--mller-kva.example>".encode()


def test_a_domain_in_other_letters_needs_nothing_of_the_server() -> None:
    answers, server, _ = said(ENVELOPE._replace(recipient="j@müller.example"), EHLO=[PLAIN])
    assert answers == [ACCEPTED]
    assert commands(server)[1] == b"RCPT TO:<j@xn--mller-kva.example>"


def test_a_connection_takes_only_so_many_messages() -> None:
    async def conversation() -> tuple[bool, bool]:
        async with scripted_smtp() as server:
            hearer = Hearer()
            session = await relay(server.port, messages_per_connection=2).open(hearer.ended)
            await hearer.send(session, ENVELOPE)
            before = session.usable
            await hearer.send(session, ENVELOPE)
            after = session.usable
            await session.close()
        return before, after

    assert asyncio.run(conversation()) == (True, False)


@pytest.mark.parametrize("unasked", [b"421 4.4.2 idle for too long\r\n", b"250 what\r\n"])
def test_what_nobody_asked_for_ends_a_session(unasked: bytes) -> None:
    """Whoever answers once too often would answer for the next message."""

    async def conversation() -> tuple[bool, Reply]:
        async with scripted_smtp(DOT=[b"250 2.0.0 Ok\r\n" + unasked]) as server:
            hearer = Hearer()
            session = await relay(server.port).open(hearer.ended)
            assert await hearer.send(session, ENVELOPE) == ACCEPTED
            reply = await hearer.send(session, ENVELOPE)
            usable = session.usable
            await session.close()
        return usable, reply

    usable, reply = asyncio.run(conversation())
    assert not usable
    assert (reply.code, reply.stage) == (None, Stage.MAIL)


def test_a_message_begun_when_the_connection_is_gone_has_not_left() -> None:
    async def conversation() -> Reply:
        async with scripted_smtp() as server:
            hearer = Hearer()
            session = await relay(server.port).open(hearer.ended)
            session.abort()
            return await hearer.send(session, ENVELOPE)

    reply = asyncio.run(conversation())
    assert (reply.code, reply.stage) == (None, Stage.MAIL)


@pytest.mark.parametrize(
    ("machine", "changes", "greeting"),
    [
        ("localhost", {}, b"[127.0.0.1]"),
        ("web-1", {}, b"[127.0.0.1]"),
        ("mail.example.org", {}, b"mail.example.org"),
        ("localhost", {"ehlo_name": "news.example.org"}, b"news.example.org"),
        ("mail.example.org", {"ehlo_name": "relay.internal"}, b"relay.internal"),
    ],
)
def test_a_server_is_greeted_with_a_name_that_others_find(
    machine: str, changes: dict[str, str], greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gmail's relay and Postfix refuse ``localhost``, which is what containers call themselves."""
    monkeypatch.setattr(socket, "getfqdn", lambda: machine)

    async def greeted(*replies: bytes) -> list[bytes]:
        async with scripted_smtp(**({"EHLO": replies} if replies else {})) as server:
            session = await relay(server.port, **changes).open(Hearer().ended)
            await session.close()
        return server.lines

    assert asyncio.run(greeted())[0] == b"EHLO " + greeting
    # A server that knows no EHLO is told the same.
    assert asyncio.run(greeted(b"502 5.5.1 what\r\n"))[1] == b"HELO " + greeting


def test_an_old_server_that_knows_no_ehlo_is_served() -> None:
    answers, server, _ = said(ENVELOPE, EHLO=[b"502 5.5.1 what\r\n"])
    assert answers == [ACCEPTED]
    assert server.lines[1].startswith(b"HELO ")


def test_the_sink_of_postfix_takes_what_is_pipelined(
    smtp_sink: Callable[..., Address],
) -> None:
    sink = smtp_sink()
    assert [one.code for one in send_all(relay(sink.port), *[ENVELOPE] * 5)] == [250] * 5


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_mail_is_encrypted_and_logged_in_as_told(
    smtp_server: SmtpServerFactory, security: Security
) -> None:
    server = smtp_server(security=security, logins={"digest": "pa ss"})
    transport = relay(server.port, security=security, username="digest", password="pa ss")
    assert [one.code for one in send_all(transport, ENVELOPE, ENVELOPE)] == [250, 250]
    assert [one.data for one in server.mails] == [ENVELOPE.content] * 2
    assert {one.encrypted for one in server.mails} == {security != "none"}
    assert {one.login for one in server.mails} == {"digest"}
    assert len(server.greetings) <= 2


def test_a_large_message_arrives_whole_through_tls(smtp_server: SmtpServerFactory) -> None:
    server = smtp_server(security="tls")
    content = b"Subject: News\r\n\r\n" + b".x\r\n" * 100_000
    [answer] = send_all(relay(server.port, security="tls"), ENVELOPE._replace(content=content))
    assert answer.code == 250
    assert [one.data for one in server.mails] == [content]


def unavailable(transport: Relay) -> str:
    with pytest.raises(TransportUnavailable) as caught:
        asyncio.run(transport.open(Hearer().ended))
    return str(caught.value)


def test_a_wrong_password_opens_nothing(smtp_server: SmtpServerFactory) -> None:
    server = smtp_server(security="tls", logins={"digest": "right"})
    problem = unavailable(relay(server.port, security="tls", username="digest", password="wrong"))
    assert "535" in problem
    assert "wrong" not in problem


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_nobody_opens_nothing(
    smtp_server: SmtpServerFactory, security: Security, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = smtp_server(security=security)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate verify failed" in unavailable(relay(server.port, security=security))


def test_a_certificate_of_another_host_opens_nothing(smtp_server: SmtpServerFactory) -> None:
    server = smtp_server(security="tls")
    transport = relay(server.port, security="tls", host="127.0.0.2")
    assert "127.0.0.2" in unavailable(transport)


def test_starttls_is_never_given_up(smtp_server: SmtpServerFactory) -> None:
    server = smtp_server()
    assert "STARTTLS" in unavailable(relay(server.port, security="starttls"))


def test_a_session_that_did_not_open_leaves_no_connection_behind(authority: trustme.CA) -> None:
    """A server refuses, and never says TLS's goodbye: nobody waits for it."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    gone = threading.Event()

    def refuse(bound: socket.socket) -> None:
        with tls.wrap_socket(bound.accept()[0], server_side=True) as connection:
            connection.sendall(b"421 4.3.2 too busy\r\n")
            gone.wait()

    with listening() as bound, ThreadPoolExecutor(1) as thread:
        bound.listen()
        refused = thread.submit(refuse, bound)
        try:
            assert "421" in unavailable(relay(bound.getsockname()[1], security="tls"))
            gc.collect()  # what is left open warns here, and warnings are errors
        finally:
            gone.set()
        refused.result()


@pytest.mark.parametrize("answer", ["421 4.3.2 too busy", Act.HANG_UP, Act.SAY_NOTHING])
def test_a_server_that_does_not_greet_is_unavailable(
    smtp_server: SmtpServerFactory, answer: str | Act
) -> None:
    server = smtp_server(script=InTurn({"EHLO": [answer]}))
    problem = unavailable(relay(server.port, timeout_seconds=0.3))
    assert f"127.0.0.1:{server.port}" in problem
    assert "stays queued" in problem


def test_nobody_listening_is_unavailable() -> None:
    assert "127.0.0.1" in unavailable(relay(free_port()))


def test_a_transport_says_who_it_is() -> None:
    transport = relay(25, connections=3, timeout_seconds=10)
    assert (transport.name, transport.sessions) == ("the mail server 127.0.0.1:25", 3)
