"""A mail to somebody who asked for none but this: by the way that all mails go.

Knows what it says and which parts send it. Must never book it as a delivery.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifier.app.house import House
    from notifier.mail import Transport
    from notifier.model import Envelope, Reply

#: What the server answers to, in its order (RFC 5321 section 3.3).
_PHASES = ("MAIL FROM", "RCPT TO", "DATA", "the message")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMail:
    """What became of it: by which way, under which Message-ID, what was answered in each phase, and
    whether that way took responsibility.
    """

    transport: str
    message_id: str
    answers: tuple[tuple[str, str], ...]
    accepted: bool


def send(house: House, address: str) -> tuple[TrialMail, ...]:
    """Each way took the mail, or said why not. Raises TransportUnavailable where it is closed,
    MessageRefused for an address that none can be sent to.
    """
    return tuple(asyncio.run(_sent(each, _envelope(house, address))) for each in house.transports)


def _envelope(house: House, address: str) -> Envelope:
    import secrets

    from feeds.catalogue import catalogue
    from notifier.app import mail_parts
    from notifier.catalogue import FOLDER
    from notifier.mail.message import fill
    from notifier.model import Envelope
    from notifier.notices.notice_form import Notice, rendered_notice

    words, now = catalogue(house.site.language, FOLDER), house.clock()
    sender = mail_parts.sender(house.settings, house.site)
    notice = Notice(
        words=words,
        subject=words.say("trial_mail.subject", site=sender.site_title),
        title=words.say("trial_mail.title"),
        parts=(words.say("trial_mail.told", site=sender.site_title),),
    )
    message_id = f"<trial.{secrets.token_urlsafe(9)}@{sender.address.rpartition('@')[2]}>"
    values = {
        "recipient": address,
        "message_id": message_id,
        "date": format_datetime(now),
        # Nobody who did not subscribe can leave.
        **dict.fromkeys(("unsubscribe_url", "view_url", "manage_url"), f"{sender.site_url}/"),
    }
    content = fill(rendered_notice(notice, sender), values)
    sign = mail_parts.signing(house.settings)
    return Envelope(
        delivery=0,
        message_id=message_id,
        sender=sender.address,
        recipient=address,
        content=sign(content) if sign else content,
        attempts=0,
        in_doubt=0,
        first_at=now,
    )


async def _sent(transport: Transport, envelope: Envelope) -> TrialMail:
    from notifier.mail.smtp.relay import Relay
    from notifier.mail.smtp.replies import printable

    heard = bytearray()
    if isinstance(transport, Relay):
        transport = replace(transport, heard=heard.extend)
    ended: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    session = await transport.open(lambda _, reply: ended.set_result(reply))
    session.begin(envelope)
    session.finish()
    reply = await ended
    told = heard.decode("utf-8", "replace")
    await session.close()
    lines = [printable(line) for line in told.splitlines()]
    # Continued lines have a hyphen behind their code (RFC 5321 section 4.2.1).
    replies = [line for line in lines if line[3:4] != "-"]
    answers = [*zip(_PHASES, replies, strict=False)]
    if not answers or reply.code is None:
        answers.append((reply.stage.value, f"{reply.code or ''} {reply.text}".strip()))
    return TrialMail(
        transport=transport.name,
        message_id=envelope.message_id,
        answers=tuple(answers),
        accepted=reply.code is not None and reply.code // 100 == 2,
    )
