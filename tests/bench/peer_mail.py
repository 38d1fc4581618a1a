"""The peer of the mail bench: aiosmtplib, and an `EmailMessage` built for every mail.

Knows what its manual shows. Must never be slower than it has to be: it is given finished texts.
"""

import asyncio
import email
import email.policy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr

from aiosmtplib import SMTP
from sqlalchemy import select

from feeds.storage.database import Database
from notifier.storage import tables
from notifier.storage.sending import Claimed
from tests.outbox import SENDER, personal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The finished texts of one digest, slots filled for ``reader``."""

    subject: str
    text: str
    html: str
    reader: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the peer is given for one reader: everything but the message."""

    rendered: Rendered
    reader: dict[str, str]

    def message(self) -> EmailMessage:
        message = EmailMessage()
        message["From"] = formataddr((SENDER.name, SENDER.address))
        message["To"] = self.reader["recipient"]
        message["Subject"] = self.rendered.subject
        message["Date"] = self.reader["date"]
        message["Message-ID"] = self.reader["message_id"]
        message["List-Id"] = f"{SENDER.site_title} <{SENDER.list_id}>"
        message["List-Unsubscribe"] = f"<{self.reader['unsubscribe_url']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self._personal(self.rendered.text))
        message.add_alternative(self._personal(self.rendered.html), subtype="html")
        return message

    def _personal(self, text: str) -> str:
        for name in ("unsubscribe_url", "view_url"):
            text = text.replace(self.rendered.reader[name], self.reader[name])
        return text


def letters(database: Database, sent: Sequence[tuple[Claimed, bytes]]) -> list[Letter]:
    """The very mails that were sent, each distinct one taken apart into its texts."""
    with database.reading() as connection:
        columns = tables.deliveries.c.id, tables.deliveries.c.rendering
        names = {row.id: row.rendering for row in connection.execute(select(*columns))}
    rendered: dict[str, Rendered] = {}
    found = []
    for one, content in sent:
        name, reader = names[one.id], personal(one)
        if name not in rendered:
            rendered[name] = taken_apart(content, reader)
        found.append(Letter(rendered=rendered[name], reader=reader))
    return found


def taken_apart(content: bytes, reader: dict[str, str]) -> Rendered:
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, html = (part.get_content() for part in message.iter_parts())
    return Rendered(subject=message["Subject"], text=text, html=html, reader=reader)


def send(work: Sequence[Letter], port: int, connections: int) -> float:
    """Seconds aiosmtplib takes to send them, a message built for each, as its manual shows."""
    left = iter(work)

    async def connection() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for letter in left:
                await client.send_message(letter.message())

    async def all_connections() -> None:
        await asyncio.gather(*(connection() for _ in range(connections)))

    started = time.perf_counter()
    asyncio.run(all_connections())
    return time.perf_counter() - started
