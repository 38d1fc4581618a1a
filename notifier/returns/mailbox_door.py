"""The door of a mailbox elsewhere: what came is fetched by IMAP (RFC 3501) or POP3 (RFC 1939).

Knows both protocols, by the standard library. Must never know what a mail says.
"""

import imaplib
import poplib
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event
from typing import Final, Literal

from notifier.errors import MailboxUnreadable
from notifier.mail.smtp.replies import printable
from notifier.returns.bounded import READ_BYTES

#: A server that is silent for so long is asked again at the next look.
_PATIENCE_SECONDS: Final = 60.0
#: Mails of one look: by POP3 what was taken is gone only once a session ends well.
_MOST: Final = 500

_Take = Callable[[bytes], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteMailbox:
    """A mailbox at ``host``, to which its owner logs in; only IMAP has a ``folder``.

    Certificates are verified wherever the connection is encrypted.
    """

    protocol: Literal["imap", "pop3"]
    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"

    @property
    def name(self) -> str:
        return f"returns.mailbox {self.host}"

    def read(self, take: _Take, stopping: Event) -> int:
        """Each new mail was taken, and is seen by IMAP, or gone by POP3, which knows of a mail no
        more than that it is there: how many.

        What is taken may be taken again where the connection breaks. Raises MailboxUnreadable, and
        StoreError, and then the rest stays for the next look.
        """
        by = self._by_imap if self.protocol == "imap" else self._by_pop3
        try:
            return by(take, stopping)
        except (*_BROKEN, ValueError) as error:
            raise MailboxUnreadable(self.name, printable(str(error))) from error

    def _by_imap(self, take: _Take, stopping: Event) -> int:
        with self._imap() as client:
            client.login(self.username, self.password)
            _, told = client.select(f'"{self.folder}"')
            if client.state != "SELECTED":
                raise imaplib.IMAP4.error(repr(told))
            count = 0
            for uid in client.uid("SEARCH", "UNSEEN")[1][0].decode().split()[:_MOST]:
                if stopping.is_set():
                    break
                # Of a long mail no more than is read of it; looking at it changes nothing yet.
                _, parts = client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{READ_BYTES}>)")
                for part in parts:
                    # Another program may have removed it meanwhile, and then there is none.
                    if isinstance(part, tuple):
                        take(part[1])
                        count += 1
                client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
        return count

    def _by_pop3(self, take: _Take, stopping: Event) -> int:
        with closing(self._pop3()) as client:
            client.user(self.username)
            client.pass_(self.password)
            count = 0
            try:
                for number in range(1, min(client.stat()[0], _MOST) + 1):
                    if stopping.is_set():
                        break
                    take(b"\r\n".join(client.retr(number)[1]))
                    client.dele(number)
                    count += 1
            finally:
                # What was deleted goes by this alone.
                client.quit()
        return count

    def _imap(self) -> imaplib.IMAP4:
        place, wait = (self.host, self.port), _PATIENCE_SECONDS
        if self.security == "tls":
            return imaplib.IMAP4_SSL(*place, ssl_context=_verifying(), timeout=wait)
        client = imaplib.IMAP4(*place, timeout=wait)
        if self.security == "starttls":
            client.starttls(_verifying())
        return client

    def _pop3(self) -> poplib.POP3:
        place, wait = (self.host, self.port), _PATIENCE_SECONDS
        if self.security == "tls":
            return _Pop3OverTls(*place, context=_verifying(), timeout=wait)
        client = _Pop3(*place, timeout=wait)
        if self.security == "starttls":
            client.stls(_verifying())
        return client


#: Both libraries raise these, and what sockets raise.
_BROKEN = (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto)


def _verifying() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Pop3(poplib.POP3):
    """The library ends a session at a line of 2048 octets, so that one such mail of a stranger
    would keep all others out; how long a mail is, its mail server bounds.
    """

    def _getline(self) -> tuple[bytes, int]:
        line = self.file.readline()
        if not line:
            raise poplib.error_proto("the connection was closed")
        return line.removesuffix(b"\n").removesuffix(b"\r"), len(line)


class _Pop3OverTls(_Pop3, poplib.POP3_SSL):
    """The same, encrypted from the first octet on."""
