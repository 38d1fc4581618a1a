"""Messages to a mail server, over connections that are kept.

Knows how a connection is opened, encrypted and authenticated, which aiosmtplib does. Must never
know what is said once it is: aiosmtplib knows no pipelining and drops replies it did not wait
for, so it hands the connection over to `SmtpSession` after EHLO.
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Literal, cast

from aiosmtplib import SMTP, SMTPException, SMTPHeloError

from notifier.errors import TransportUnavailable
from notifier.mail.smtp.commands import Extensions
from notifier.mail.smtp.dialogue import SmtpSession
from notifier.mail.smtp.replies import LONGEST_LINE_BYTES

__all__ = ["Relay", "Smtp"]

#: MAIL, RCPT, DATA, the message, the dot and RSET, each of which may take the whole time-out.
_WAITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The mail server that takes our messages, and what it is to be asked for.

    ``username`` is empty where it wants no login. ``timeout_seconds`` bounds each wait for it.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = 10
    messages_per_connection: int = 100
    timeout_seconds: float = 60


class Smtp:
    """A transport to one relay. Certificates are verified wherever the connection is encrypted."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    @property
    def name(self) -> str:
        return f"the mail server {self._relay.host}:{self._relay.port}"

    @property
    def sessions(self) -> int:
        return self._relay.connections

    @property
    def patience(self) -> timedelta:
        return timedelta(seconds=_WAITS * self._relay.timeout_seconds)

    async def open(self) -> SmtpSession:
        """A session that is encrypted and logged in as the relay is to be asked for.

        Raises TransportUnavailable: not reachable, not trusted, not let in.
        """
        client = await self._client()
        try:
            await client.connect()
            await _greet(client)
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise TransportUnavailable(self.name, str(error)) from error
        return self._session(client)

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        # Once for all connections: reading the machine's authorities takes tens of milliseconds.
        return None if self._relay.security == "none" else ssl.create_default_context()

    @cached_property
    def _own_name(self) -> str:
        # It may ask the name service, so once is enough.
        return socket.getfqdn()

    async def _client(self) -> SMTP:
        own_name = await asyncio.to_thread(lambda: self._own_name)
        relay = self._relay
        return SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username or None,
            password=relay.password or None,
            local_hostname=own_name,
            timeout=relay.timeout_seconds,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls,
        )

    def _session(self, client: SMTP) -> SmtpSession:
        reader, writer = _streams(cast("asyncio.Transport", client.transport))
        return SmtpSession(
            reader,
            writer,
            Extensions.offered(client.esmtp_extensions),
            messages=self._relay.messages_per_connection,
            timeout_seconds=self._relay.timeout_seconds,
        )


async def _greet(client: SMTP) -> None:
    """What the server offers is known; one that knows no EHLO offers nothing."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


def _streams(transport: asyncio.Transport) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """From now on what arrives is read from the stream, and aiosmtplib no longer sees it."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE_BYTES, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
