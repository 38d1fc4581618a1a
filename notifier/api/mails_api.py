"""Mails for programs of the team: by their ids, what became of each, what waits, what is let go on.

Knows what is asked for and shown. Must never show an address: readers have requests of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import AfterValidator, Field

from config.scopes import Scope
from feeds.parse.push.members import Strict, printable
from notifier.api.keyset import Cursor, Limit, ListPart, key_in, number, part_of
from notifier.api.operations import NO_ADDRESS, Doing, NoMailbox, Reading
from notifier.errors import UnknownDelivery
from notifier.mail.relay_standing import anonymous
from notifier.model import Cause, DeliveryState
from notifier.storage import deliveries, returns, senders
from notifier.storage.deliveries import Delivery
from notifier.storage.senders import Halt
from notifier.storage.transitions import Transition
from notifier.team.mail_deeds import MailDeeds
from notifier.team.noted import Came, TeamAct

_A_DAY: Final = timedelta(days=1)


_Printable = Annotated[str, AfterValidator(printable)]
#: Up to the greatest that a store holds.
_Number = Annotated[int, Path(ge=1, lt=10**18, description="The id of a mail.")]


class MailHalted(Strict):
    """Why no mail leaves."""

    reason: Annotated[str, Field(max_length=500), AfterValidator(printable)] = ""
    digests_only: bool = Field(
        default=False, description="Whether confirmations and other answers leave all the same."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailShown:
    """A mail and what became of it, step by step; ``reader`` is whose it is, by their id."""

    id: int
    reader: str
    period: str
    notice: str | None
    items: int | None
    state: DeliveryState
    due_at: datetime
    attempts: int
    in_doubt: int
    reply: str | None
    cause: Cause | None
    created_at: datetime
    tried_at: datetime | None
    settled_at: datetime | None
    steps: Sequence[Transition]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailStanding:
    """How many mails are in which state, with those that are kept no longer; who stopped mail, if
    anybody did.
    """

    deliveries: Mapping[DeliveryState, int]
    halt: Halt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainShown:
    """What came back of a domain within a day, by kind; until when digests to it wait for that."""

    domain: str
    returned: Mapping[str, int]
    paused_since: datetime | None
    paused_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailsApi:
    """The requests."""

    deeds: MailDeeds

    def operations(self) -> Sequence[Reading | Doing]:
        its, domains, act = "/admin/deliveries/{delivery}", "/admin/domains", TeamAct
        reading = partial(Reading, scope=Scope.DELIVERIES_READ)
        doing = partial(Doing, scope=Scope.DELIVERIES_WRITE)
        one, domain = partial(doing, subject="delivery"), partial(doing, subject="domain")
        halting = partial(doing, body=MailHalted, detail="reason")
        return (
            reading("/admin/deliveries", "listDeliveries", self.listed, list[MailShown]),
            reading(its, "readDelivery", self.one, MailShown),
            one(f"{its}/release", "releaseDelivery", self.release, act.LET_GO),
            one(f"{its}/drop", "dropDelivery", self.drop, act.DROPPED),
            one(f"{its}/resend", "resendDelivery", self.resend, act.RESENT),
            reading("/admin/mail", "readMail", self.standing, MailStanding),
            halting("/admin/mail/pause", "pauseMail", self.pause, act.HALTED),
            doing("/admin/mail/resume", "resumeMail", self.resume, act.WENT_ON),
            doing("/admin/mail/offer-again", "offerAgain", self.offer_again, act.OFFERED),
            reading(domains, "listDomains", self.domains, list[DomainShown]),
            domain(f"{domains}/{{domain}}/resume", "resumeDomain", self.end_pause, act.ENDED),
        )

    def listed(
        self,
        state: Annotated[DeliveryState | None, Query(description="Only those.")] = None,
        period: Annotated[
            _Printable | None,
            Query(
                max_length=200,
                pattern=NO_ADDRESS,
                description="Only those of that period, as 2026-11-24 or weekly-2026-11-23.",
            ),
        ] = None,
        reader: Annotated[
            _Printable | None,
            Query(
                max_length=200,
                pattern=NO_ADDRESS,
                description="Only those of a reader, by their id.",
            ),
        ] = None,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> ListPart[MailShown]:
        """List mails, the latest first, each with what became of it."""
        key = key_in(cursor, number)
        with self.deeds.database.reading() as connection:
            found = deliveries.latest(
                connection,
                limit + 1,
                state,
                period,
                reader=reader,
                before=key[0] if key else None,
            )
        return part_of([*map(_mail, found)], limit, lambda each: [str(each.id)])

    def one(self, delivery: _Number) -> MailShown:
        """Show what became of a mail, step by step."""
        with self.deeds.database.reading() as connection:
            found = deliveries.latest(connection, 1, about=str(delivery))
        if not found:
            raise UnknownDelivery(delivery)
        return _mail(found[0])

    def release(self, delivery: _Number) -> Came:
        """Send once more what failed or is held in doubt."""
        return self.deeds.release(delivery)

    def drop(self, delivery: _Number) -> Came:
        """Send no more what is held in doubt."""
        return self.deeds.drop(delivery)

    def resend(self, delivery: _Number) -> Came:
        """Send once more, to the last byte, what was accepted."""
        return self.deeds.resend(delivery)

    def standing(self) -> MailStanding:
        """Show how many mails are in which state, and whether mail leaves."""
        with self.deeds.database.reading() as connection:
            return MailStanding(
                deliveries=deliveries.counts(connection), halt=senders.halted(connection)
            )

    def pause(self, who: str, said: MailHalted) -> Came:
        """Stop all mail, or digests alone: what is on the wire ends, and nothing more leaves."""
        return self.deeds.pause(who, said.reason, digests_only=said.digests_only)

    def resume(self) -> Came:
        """Let mail go on."""
        return self.deeds.resume()

    def offer_again(self) -> Came:
        """Offer at once all that failed or waits as a mail server refused us."""
        return self.deeds.offer_again()

    def domains(self) -> Sequence[DomainShown]:
        """List the domains of which anything came back within a day, or whose digests wait."""
        now = self.deeds.clock()
        with self.deeds.database.reading() as connection:
            counts = returns.counts(connection, now - _A_DAY)
            paused = returns.paused(connection, now)
        return [
            DomainShown(
                domain=domain,
                returned=counts.get(domain, {}),
                paused_since=pause.since if (pause := paused.get(domain)) else None,
                paused_until=pause.until if pause else None,
            )
            for domain in sorted({*counts, *paused})
        ]

    def end_pause(self, domain: NoMailbox) -> Came:
        """Let digests to a domain go out again, whatever came back of it."""
        return self.deeds.end_pause(domain)


_SHOWN: Final = tuple(each.name for each in fields(MailShown))


def _mail(delivery: Delivery) -> MailShown:
    steps = [replace(each, reply=_anonymous(each.reply)) for each in delivery.steps]
    shown = {name: getattr(delivery, name) for name in _SHOWN}
    return MailShown(**shown | {"reply": _anonymous(delivery.reply), "steps": steps})


def _anonymous(reply: str | None) -> str | None:
    """What a server said, which likes to repeat whom it does not know."""
    return reply and anonymous(reply)
