"""Who runs the house is told of what is wrong, and once more as it is over.

Knows how incidents are put into words, and that each is told once. Must never know what is wrong.

It goes past the queue, as that may be what is broken. What is told is on record as soon as it is;
a crash between the two tells it once more, by the same name.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, SupportsBytes

import structlog

from feeds.errors import StoreBusy, StoreError
from notifier.errors import TransportUnavailable
from notifier.incidents.incident import Incident, is_end_to_be_told, is_to_be_told, worst_first
from notifier.incidents.journal import RECENT, Journal
from notifier.mail import Transport
from notifier.mail.offer import offer
from notifier.mail.relay_standing import anonymous
from notifier.model import Envelope

if TYPE_CHECKING:
    from feeds.storage.database import Database

log = structlog.get_logger(__name__)

#: What nobody takes is offered again after so long at first, and after twice as long each time.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 60, 3600
#: A storm is told by its worst, and by how many there are more.
_MOST_TOLD: Final = 20
#: RFC 5322 asks for less than 998, and people for less still.
_SUBJECT_CHARS: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidings:
    """What began to be wrong, and what is over, at a moment when that is told."""

    site: str
    begun: Sequence[Incident]
    over: Sequence[Incident]
    at: datetime

    @property
    def uid(self) -> str:
        """Its name, the same whenever the same is told."""
        told = (f"begun {one.uid}" for one in self.begun), (f"over {one.uid}" for one in self.over)
        return sha256("\n".join(line for each in told for line in each).encode()).hexdigest()[:32]

    @property
    def subject(self) -> str:
        """What it is about, in a line."""
        many = len(self.begun) or len(self.over)
        first = (self.begun or self.over)[0].what
        more = f" (and {many - 1} more)" if many > 1 else ""
        is_over = "" if self.begun else "over: "
        return f"[{self.site}] {is_over}{first}"[:_SUBJECT_CHARS] + more

    @property
    def text(self) -> str:
        """All of it, for people."""
        return "\n\n".join([*self._parts("", self.begun), *self._parts("Over: ", self.over)]) + (
            "\n\n`fieldfare status` tells what is wrong now, `fieldfare status --since yesterday`"
            " what was.\n"
        )

    def _parts(self, before: str, incidents: Sequence[Incident]) -> Iterator[str]:
        for one in incidents[:_MOST_TOLD]:
            problem = f": {one.problem}" if one.problem else ""
            action = f"\n{one.action[:1].upper()}{one.action[1:]}." if not before else ""
            yield f"{before}{one.what}{problem}.\n{one.span}.{action}"
        if more := len(incidents) - _MOST_TOLD:
            yield from [f"And {more} more."] if more > 0 else []


class Channel(Protocol):
    """A way to tell whoever runs the house."""

    def tell(self, news: Tidings) -> str:
        """They are told; or why not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailChannel:
    """A mail ``to`` somebody from a ``sender``, by the first of ``transports`` that takes it."""

    to: str
    sender: str
    name: str
    transports: Sequence[Transport]
    sign: Callable[[SupportsBytes], bytes] | None = None

    def tell(self, news: Tidings) -> str:
        """They are told; or why not."""
        try:
            reply = asyncio.run(offer(self.transports, self._envelope(news)))
        except TransportUnavailable as error:
            return anonymous(str(error))
        return "" if reply.code == 250 else anonymous(f"refused: {reply.code} {reply.text}")

    def _envelope(self, news: Tidings) -> Envelope:
        message = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))
        message_id = f"<incident.{news.uid}@{self.sender.rpartition('@')[2]}>"
        message["From"] = Address(self.name, addr_spec=self.sender)
        message["To"] = self.to
        message["Subject"] = news.subject
        message["Date"] = format_datetime(news.at)
        message["Message-ID"] = message_id
        # RFC 3834: nobody answers it by a machine.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(news.text, cte="quoted-printable")
        content = message.as_bytes()
        return Envelope(
            delivery=0,
            message_id=message_id,
            sender=self.sender,
            recipient=self.to,
            content=self.sign(content) if self.sign else content,
            attempts=0,
            in_doubt=0,
            first_at=news.at,
            tried_at=None,
        )


@dataclass(kw_only=True)
class Teller:
    """What tells of each incident once, and once that it is over, whichever node does."""

    database: "Database"
    journal: Journal
    channels: Sequence[Channel]
    site: str
    clock: Callable[[], datetime]
    steady: Callable[[], float] = monotonic
    _again_at: float = field(default=-inf, init=False)
    _pause: float = field(default=_FIRST_PAUSE_SECONDS, init=False)

    def tell(self) -> None:
        """Who is to be told is told, as far as any channel takes it; else it is tried again."""
        now = self.clock()
        if not self.channels or self.steady() < self._again_at:
            return
        # Most looks find nothing to tell, and need no lock for that.
        if not any(self._news(now)):
            return
        with ExitStack() as held:
            is_away = False
            try:
                held.enter_context(self.database.exclusive("alerts"))
            except StoreBusy:
                return  # Another node is at it.
            except StoreError:
                is_away = True
            begun, over = self._news(now, is_away=is_away)
            if begun or over:
                self._tell(Tidings(site=self.site, begun=begun, over=over, at=now))

    def _news(
        self, now: datetime, *, is_away: bool = False
    ) -> tuple[list[Incident], list[Incident]]:
        """What is to be told that it began, and that it is over."""
        wait, known = self.journal.wait, self.journal.since(now - RECENT)
        if is_away and not self.database.is_embedded:
            # Of what all share any node may have told by now.
            known = [one for one in known if one.node == self.journal.node]
        begun = [one for one in known if is_to_be_told(one, now, wait)]
        over = [one for one in known if is_end_to_be_told(one, now, wait)]
        return worst_first(begun), worst_first(over)

    def _tell(self, news: Tidings) -> None:
        problems = [problem for each in self.channels if (problem := each.tell(news))]
        said = "; ".join(problems)
        if times := said and self.journal.repeats.heard("alerts", said):
            log.error("nobody could be told", problem=said, times=times)
        if len(problems) == len(self.channels):
            self._again_at = self.steady() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
            return
        self._again_at, self._pause = -inf, _FIRST_PAUSE_SECONDS
        for one in news.begun:
            # What is over by now is told to be so with it.
            over_at = news.at if one.until else None
            self.journal.told(replace(one, told_at=news.at, over_told_at=over_at))
        for one in news.over:
            self.journal.told(replace(one, over_told_at=news.at))
        self.journal.flush()
        log.info("told of incidents", begun=len(news.begun), over=len(news.over))
