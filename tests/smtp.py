"""A mail server that does as a test tells it: TLS, logins, refusals, silence, hanging up.

Knows aiosmtpd and certificates. Must never know what the house sends.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.services import listening

Security = Literal["none", "starttls", "tls"]


class Act(Enum):
    """What a server may do instead of replying."""

    HANG_UP = "hang up"
    SAY_NOTHING = "say nothing"


#: A whole reply ("450 4.2.1 busy"), something else to do, or None for what is usual.
Answer = str | Act | None
#: Answers a verb and what it is about: MAIL its sender, RCPT its recipient, DATA (asked after the
#: final dot) the first recipient, EHLO the client's name, QUIT nothing.
Script = Callable[[str, str], Answer]


def as_usual(verb: str, about: str) -> Answer:
    """Everything is accepted."""
    return None


class InTurn:
    """Answers each verb with the next of its own list, and as usual once that is used up."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]]) -> None:
        self._left = {verb: list(answers) for verb, answers in answers.items()}

    def __call__(self, verb: str, about: str) -> Answer:
        left = self._left.get(verb)
        return left.pop(0) if left else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as the server took it: ``data`` as sent, dots unstuffed."""

    sender: str
    recipients: tuple[str, ...]
    options: tuple[str, ...]
    data: bytes
    encrypted: bool
    login: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A running server: where it is, and what has reached it so far.

    ``mails`` holds what it took, in order; ``greetings`` one entry a session that said EHLO.
    """

    host: str
    port: int
    mails: list[Mail] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)


class _Handler:
    """aiosmtpd's hooks: ask the script, else do what is usual."""

    def __init__(self, server: SmtpServer, script: Script, *, login_needed: bool) -> None:
        self._server = server
        self._script = script
        self._login_needed = login_needed

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name and arguments
        self, smtp: SMTP, session: Session, envelope: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        self._server.greetings.append(name)
        session.host_name = name
        reply = await self._reply(smtp, "EHLO", name)
        return replies if reply is None else [reply]

    async def handle_MAIL(  # noqa: N802
        self, smtp: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        if self._login_needed and not session.authenticated:
            return "530 5.7.0 Authentication required"
        reply = await self._reply(smtp, "MAIL", sender)
        if reply is None:
            envelope.mail_from = sender
            envelope.mail_options.extend(options)
        return reply or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, smtp: SMTP, session: Session, envelope: Envelope, recipient: str, options: list[str]
    ) -> str:
        reply = await self._reply(smtp, "RCPT", recipient)
        if reply is None:
            envelope.rcpt_tos.append(recipient)
        return reply or "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, smtp: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self._script("DATA", envelope.rcpt_tos[0])
        if not isinstance(answer, str):
            # A server that hangs up or falls silent after the dot has the mail all the same: the
            # client is left in doubt (RFC 5321 section 6.1).
            self._server.mails.append(_mail(smtp, session, envelope))
        return await _done(smtp, answer) or "250 2.0.0 OK"

    async def handle_QUIT(  # noqa: N802
        self, smtp: SMTP, session: Session, envelope: Envelope
    ) -> str:
        return await self._reply(smtp, "QUIT", "") or "221 2.0.0 Bye"

    async def _reply(self, smtp: SMTP, verb: str, about: str) -> str | None:
        return await _done(smtp, self._script(verb, about))


async def _done(smtp: SMTP, answer: Answer) -> str | None:
    """The reply to give, None for the usual one; does not return where there is none to give."""
    if not isinstance(answer, Act):
        return answer
    if answer is Act.HANG_UP:
        _abort(smtp)
    # aiosmtpd cancels this when the connection is gone.
    await asyncio.Event().wait()
    raise AssertionError("nobody sets that event")


def _abort(smtp: SMTP) -> None:
    transport = smtp.transport
    # A closed TLS transport cannot be aborted in the first releases of Python 3.11.
    if isinstance(transport, asyncio.Transport) and not transport.is_closing():
        transport.abort()


def _mail(smtp: SMTP, session: Session, envelope: Envelope) -> Mail:
    assert smtp.transport is not None
    login: object = session.auth_data  # what _authenticator gave; None without a login
    return Mail(
        sender=envelope.mail_from or "",
        recipients=tuple(envelope.rcpt_tos),
        options=tuple(envelope.mail_options),
        data=envelope.original_content or b"",
        encrypted=smtp.transport.get_extra_info("sslcontext") is not None,
        login=login.login.decode() if isinstance(login, LoginPassword) else None,
    )


@contextmanager
def smtp_server(
    authority: trustme.CA,
    *,
    security: Security = "none",
    logins: Mapping[str, str] | None = None,
    script: Script = as_usual,
    port: int = 0,
) -> Iterator[SmtpServer]:
    """A server on a loopback port, one of its own unless it is told, with a certificate that
    ``authority`` signed.

    ``logins`` maps names to passwords; where it is given, no mail is taken without.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    bound = listening(port)
    server = SmtpServer(host="127.0.0.1", port=bound.getsockname()[1])
    handler = _Handler(server, script, login_needed=logins is not None)

    def session() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=tls if security == "starttls" else None,
            require_starttls=security == "starttls",
            # aiosmtpd does not see that its transport is encrypted from the start.
            auth_require_tls=security == "starttls",
            authenticator=_authenticator(logins or {}),
        )

    with _serving(bound, session, tls if security == "tls" else None):
        yield server


def _authenticator(logins: Mapping[str, str]) -> Callable[..., AuthResult]:
    def authenticate(
        smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        right = logins.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=right, handled=False, auth_data=login)

    return authenticate


@contextmanager
def _serving(
    bound: socket.socket, session: Callable[[], SMTP], tls: ssl.SSLContext | None
) -> Iterator[None]:
    """Sessions are served in a thread of their own; afterwards none is left open."""
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    sessions: list[SMTP] = []

    def begun() -> SMTP:
        sessions.append(session())
        return sessions[-1]

    async def serve() -> None:
        server = await loop.create_server(begun, sock=bound, ssl=tls)
        await ended.wait()
        server.close()
        for open_session in sessions:
            _abort(open_session)
        await server.wait_closed()

    with asyncio.Runner(loop_factory=lambda: loop) as runner, ThreadPoolExecutor(1) as thread:
        bound.listen()
        work = thread.submit(runner.run, serve())
        try:
            yield
        finally:
            loop.call_soon_threadsafe(ended.set)
            work.result()
