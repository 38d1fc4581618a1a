"""Messages to a mail server, over connections that are kept.

Knows how a connection is opened, encrypted and authenticated, which aiosmtplib does. Must never
know what is said once it is: aiosmtplib knows no pipelining and drops replies it did not wait
for, so it hands the connection over to `SmtpSession` after EHLO.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, cast

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponse, SMTPServerDisconnected
from typing_extensions import override

from notifier.errors import TransportUnavailable
from notifier.mail import Ended
from notifier.mail.smtp.commands import Extensions, Waits, own_name
from notifier.mail.smtp.dialogue import SmtpSession
from notifier.mail.smtp.replies import printable


class RelayOffer(NamedTuple):
    """How the connection is encrypted, "" where it is not, and what is offered, by its keywords
    (RFC 5321 section 4.1.1.1).
    """

    tls: str
    extensions: Mapping[str, str]


# Without slots: cached properties keep what is asked for once for all connections.
@dataclass(frozen=True, kw_only=True)
class Relay:
    """The mail server that takes our messages, and what it is to be asked for: a transport.

    ``username`` is empty where it wants no login. ``ehlo_name`` is what it is greeted with; where
    it is empty, this machine's full name, or its address. ``weight`` is its share of what several
    send. ``timeout_seconds`` bounds each wait until it lets us in, ``waits`` those for messages.
    Certificates are verified wherever the connection is encrypted. ``envid`` makes what a
    notification names a delivery by (RFC 3461), at most 100 signs; without one none is asked for.
    ``heard`` is told all that the server says of messages.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str = ""
    password: str = field(default="", repr=False)
    ehlo_name: str = ""
    weight: int = 1
    connections: int = 10
    messages_per_connection: int = 100
    timeout_seconds: float = 60
    envid: Callable[[int], str] | None = None
    waits: Waits = field(default_factory=Waits)
    heard: Callable[[bytes], None] | None = None

    @property
    def name(self) -> str:
        return f"the mail server {self.host}:{self.port}"

    @property
    def sessions(self) -> int:
        return self.connections

    async def open(self, ended: Ended) -> SmtpSession:
        """A session that is encrypted and logged in as the relay is to be asked for.

        Raises TransportUnavailable: not reachable, not trusted, not let in.
        """
        client = await self._connected()
        return SmtpSession(
            cast("asyncio.Transport", client.transport),
            Extensions.offered(client.esmtp_extensions),
            ended,
            messages=self.messages_per_connection,
            waits=self.waits,
            envid=self.envid,
            heard=self.heard,
        )

    async def offered(self) -> RelayOffer:
        """What the relay offers once it let us in; the connection is ended. Raises the same."""
        client = await self._connected()
        try:
            tls = client.get_transport_info("ssl_object")
            offer = RelayOffer(tls.version() if tls else "", dict(client.esmtp_extensions))
            with suppress(SMTPException, OSError):
                await client.quit()
        finally:
            client.close()
        return offer

    async def _connected(self) -> SMTP:
        client = await self._client()
        with ExitStack() as unfinished:
            unfinished.callback(client.close)
            try:
                await client.connect()
                await _greet(client)
            except (SMTPException, OSError, ValueError) as error:
                raise TransportUnavailable(self.name, printable(str(error))) from error
            unfinished.pop_all()
        return client

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        # Once for all connections: reading the machine's authorities takes tens of milliseconds.
        return None if self.security == "none" else ssl.create_default_context()

    @cached_property
    def _machine(self) -> str:
        # It may ask the name service, so once is enough.
        return socket.getfqdn()

    async def _client(self) -> SMTP:
        name = self.ehlo_name or await asyncio.to_thread(lambda: self._machine)
        client = _Client(
            hostname=self.host,
            port=self.port,
            username=self.username or None,
            password=self.password or None,
            local_hostname=name,
            timeout=self.timeout_seconds,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            tls_context=self._tls,
        )
        client.is_told_its_name = bool(self.ehlo_name)
        return client


_NOT_UNDERSTOOD = 5


class _Client(SMTP):
    """Greets by a name that others can find, and lets go of its connection at once.

    A TLS connection that is only closed waits for the server's goodbye, with nobody left who knows
    of it.
    """

    is_told_its_name = False
    _refused: SMTPHeloError | None = None

    @override
    async def ehlo(self, **options: Any) -> SMTPResponse:
        try:
            return await super().ehlo(**{"hostname": self._own_name(), **options})
        except SMTPHeloError as refused:
            self._refused = refused
            raise

    @override
    async def helo(self, **options: Any) -> SMTPResponse:
        """Said after an EHLO that was not understood; one that was refused is raised again."""
        if self._refused and self._refused.code // 100 != _NOT_UNDERSTOOD:
            raise self._refused
        try:
            return await super().helo(**{"hostname": self._own_name(), **options})
        except SMTPServerDisconnected as gone:
            raise self._refused or gone from gone

    def _own_name(self) -> str:
        if self.is_told_its_name:
            return self.local_hostname or ""
        here = self.get_transport_info("sockname")
        return own_name(self.local_hostname or "", here[0])

    @override
    def close(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            cast("asyncio.Transport", self.transport).abort()
        super().close()


async def _greet(client: SMTP) -> None:
    """What the server offers is known; one that knows no EHLO offers nothing."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()
