"""Signing up by oneself: asked for on a page, and confirmed by a link that was mailed (double
opt-in).

Knows which mail follows on being asked, and how many one mailbox may get. Must never know a page,
or tell whoever asks whether an address is known.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from feeds.storage import Connection
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.request_limits import PATIENCE_SECONDS
from notifier.model import (
    Consent,
    ConsentKind,
    NoticeKind,
    Shown,
    Subscriber,
    SubscriberState,
    mailbox,
)
from notifier.storage import deliveries, subscribers, suppressions
from notifier.storage.cadences import zone_named
from notifier.storage.consent import erasure, limits, requests
from notifier.storage.consent.limits import Limit
from notifier.storage.consent.requests import Asked, AskedBy
from notifier.storage.suppressions import Keyed
from notifier.subscribers.links import Claim
from notifier.subscribers.preferences import Assumed, Preferences
from notifier.subscribers.subscribe import checked, subscribed

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: Each read by several people, who cannot confirm for each other (RFC 2142), or by nobody.
_ROLES: Final = frozenset(
    "abuse admin administrator ftp hostmaster mailer-daemon news nobody noc no-reply noreply"
    " postmaster root security usenet uucp webmaster www".split()
)


class SignUpAnswer(StrEnum):
    """What is said to whoever asks, which never depends on whether an address is known.

    check-mail: whatever is to be sent to it will be. too-many: others asked too often, too, from
    the same network or altogether.
    """

    CHECK_MAIL = "check-mail"
    TOO_MANY = "too-many"


class NotConfirmed(StrEnum):
    """Why a link confirms nothing. over: its time has passed, or a later consent took its place.
    done: it did so before.
    """

    OVER = "over"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpBounds:
    """How many mails one mailbox gets of us a day because somebody asked, and how often an hour
    may be asked from one network, and altogether.
    """

    per_address: int
    per_network: int
    per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What is done when somebody asks, and when they confirm; ``welcomes`` tells whether a mail
    follows on that. ``wake`` is called, in the same thread, once there may be a mail to send. Where
    ``keeps_network`` is set, a keyed hash of where somebody asks from is kept with what they asked
    for.
    """

    database: Database
    taxonomy: Taxonomy
    assumed: Assumed
    keyed: Keyed
    bounds: SignUpBounds
    welcomes: bool
    keeps_network: bool
    wake: Callable[[], object]

    def ask(
        self,
        address: str,
        asked: Asked,
        shown: Callable[[], Shown],
        network: str,
        *,
        public_id: str,
        now: datetime,
        once_within: timedelta | None = None,
    ) -> SignUpAnswer:
        """A mail to the address says how to confirm, or how to change what it gets already.

        None is sent where it has got as many as it may; then what was ``shown`` is not asked for.
        Nor is one where the very same was asked for ``once_within`` a time that is named: programs
        send again what was not answered. ``network`` is where somebody asks from. Raises
        UnusableAddress, StoreError.
        """
        usable, since = checked(address), now - once_within if once_within else None
        if since and self._is_asked(usable, asked, shown(), since):
            return SignUpAnswer.CHECK_MAIL
        with self.database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            bounded = self.bounded(connection, usable, network, now)
        if bounded:
            return bounded
        seen = shown()
        with (
            self.database.writing(patience_seconds=PATIENCE_SECONDS) as connection,
            self.sparing(connection, usable, now),
        ):
            erasure.recall(connection, usable, self.keyed)
            asking = {public_id: AskedBy(usable, asked)}
            [(owner, state)] = requests.make_known(connection, asking, now).values()
            # By who was before us, too: a button was pressed twice.
            if since and requests.is_asked(connection, usable, asked, seen, since):
                return SignUpAnswer.CHECK_MAIL
            [number] = requests.ask(connection, {owner: asked}, seen, now).values()
            is_active = state is SubscriberState.ACTIVE
            kind = NoticeKind.MANAGE if is_active else NoticeKind.CONFIRM
            deliveries.notify(connection, kind, {owner: str(number)}, now)
        self.wake()
        return SignUpAnswer.CHECK_MAIL

    def _is_asked(self, address: str, asked: Asked, shown: Shown, since: datetime) -> bool:
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            return requests.is_asked(connection, address, asked, shown, since)

    def mail_link(self, address: str, network: str, *, now: datetime) -> SignUpAnswer:
        """A mail with the way to change what they get goes to whoever gets digests under this
        address, if anybody does. Raises UnusableAddress, StoreError.
        """
        usable = checked(address)
        with self.database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            if bounded := self.bounded(connection, usable, network, now):
                return bounded
            occasion = str(int(now.timestamp()))
            with self.sparing(connection, usable, now):
                deliveries.notify_reader(connection, usable, NoticeKind.LINK, occasion, now)
        # Whoever has the address, so that the time it takes tells nobody anything.
        self.wake()
        return SignUpAnswer.CHECK_MAIL

    def confirm(self, claim: Claim, *, now: datetime) -> Subscriber | NotConfirmed:
        """Who the link was mailed to gets what was asked for; an address that was barred is no
        longer, as its owner reads it. Raises UnknownTopic, StoreError.
        """
        with self.database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            found = self.standing(connection, claim, now, lock=True)
            if isinstance(found, NotConfirmed):
                return found
            person, request = found
            wanted = _beyond(person, request.asked)
            suppressions.lift(connection, self.keyed(person.address))
            consent = Consent(
                how=ConsentKind.CONFIRMED,
                source="page",
                shown=request.shown,
                asked_at=request.asked_at,
                request=request.id,
            )
            if wanted is None:
                requests.agree(connection, person.id, consent, now)
                return person
            confirmed = subscribed(
                connection,
                self.taxonomy,
                person.address,
                wanted,
                self.assumed,
                consent=consent,
                keyed=self.keyed,
                public_id=person.public_id,
                now=now,
            )
            if confirmed is None:
                raise AssertionError("whoever asked is known")
            if self.welcomes and person.state is not SubscriberState.ACTIVE:
                occasion = {confirmed.id: str(confirmed.epoch)}
                deliveries.notify(connection, NoticeKind.WELCOME, occasion, now)
        self.wake()
        return confirmed

    def standing(
        self, connection: Connection, claim: Claim, now: datetime, *, lock: bool = False
    ) -> tuple[Subscriber, requests.AskedRequest] | NotConfirmed:
        """Who would confirm what by a link, or why it confirms nothing; with ``lock`` nobody else
        changes, moves or erases them.
        """
        zone = self.assumed.zone
        person = subscribers.by_public_id(connection, claim.public_id, zone, lock=lock)
        request = requests.of_person(connection, int(claim.extra), claim.public_id)
        if request and request.confirmed_at:
            return NotConfirmed.DONE
        if request is None or person is None or claim.is_over(now):
            return NotConfirmed.OVER
        if claim.epoch != person.next_epoch:
            return NotConfirmed.OVER
        return person, request

    def person(self, connection: Connection, claim: Claim) -> Subscriber | None:
        """Who is subscribed, of those that a link was mailed to."""
        found = subscribers.by_public_id(connection, claim.public_id, self.assumed.zone)
        return found if found and found.state is SubscriberState.ACTIVE else None

    def bounded(
        self, connection: Connection, address: str, network: str, now: datetime
    ) -> SignUpAnswer | None:
        """What is said where no mail goes to an address, as it or others asked for too many; None
        where one may, which counts.

        What gives no mail counts for the network it came from alone: whoever floods one mailbox
        takes nobody else's turn.
        """
        of_network = self._of_network(network)
        whole = Limit(self._key("all", ""), _HOUR, self.bounds.per_hour)
        of_one = Limit(self._of("address", address), _DAY, self.bounds.per_address)
        used_up = limits.used_up(connection, [*of_network, whole, of_one], now)
        gives_none = used_up == {of_one}
        if used_up and not gives_none:
            return SignUpAnswer.TOO_MANY
        counted = of_network if gives_none else [*of_network, whole, of_one]
        used = limits.take(connection, counted, now)
        if used == of_one:
            # Others have taken the mailbox's last since then.
            gives_none, used = True, limits.take(connection, of_network, now)
        if used:
            return SignUpAnswer.TOO_MANY
        return SignUpAnswer.CHECK_MAIL if gives_none else None

    def kept_of(self, network: str) -> str | None:
        """What is kept of where somebody asked from."""
        return self.keyed.of(f"network\0{network}") if network and self.keeps_network else None

    def _of_network(self, network: str) -> list[Limit]:
        if not network:
            return []
        return [Limit(self._key("network", network), _HOUR, self.bounds.per_network)]

    @contextmanager
    def sparing(self, connection: Connection, address: str, now: datetime) -> Iterator[None]:
        """What is done within is undone where a mail came back from the address, or a complaint,
        and it was asked today: the same is done first, so that no time tells of whom.
        """
        with connection.begin_nested() as asking:
            yield
            asked = Limit(self._of("asked", address), _DAY, self.bounds.per_address)
            limits.take(connection, [asked], now)
            is_second = limits.used_up(connection, [asked._replace(most=2)], now)
            if suppressions.among(connection, [self.keyed(address)]) and is_second:
                asking.rollback()

    def _of(self, kind: str, address: str) -> str:
        return self._key(kind, one_mailbox(address))

    def _key(self, kind: str, value: str) -> str:
        return self.keyed.of(f"limit {kind}\0{value}")


def _beyond(person: Subscriber, asked: Asked) -> Preferences | None:
    """What somebody gets more as they confirm, None for nothing: who is subscribed was told of the
    selections alone, and whoever typed their address may have chosen the rest.
    """
    if person.state is not SubscriberState.ACTIVE:
        return preferences_of(asked)
    has = {each.selection.query for each in person.followed}
    new = [query for query in asked.queries if query not in has]
    if not new:
        return None
    return Preferences(
        selections=tuple(filter(None, new)), everything="" in new, frequency=asked.frequency
    )


def is_role(address: str) -> bool:
    """Whether an address is that of a role, which nobody subscribes by a page."""
    local, _, _ = one_mailbox(address).rpartition("@")
    return local in _ROLES


def one_mailbox(address: str) -> str:
    """The same text for all addresses that may be one mailbox, for counting only: many servers
    deliver anna+news@ (RFC 5233) and an.na@ to anna@, so that one victim has any number of them.
    """
    local, _, domain = mailbox(address).lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def preferences_of(asked: Asked) -> Preferences:
    """What somebody asked for, as the command has it."""
    return Preferences(
        selections=tuple(filter(None, asked.queries)),
        everything="" in asked.queries,
        frequency=asked.frequency,
        minute=asked.minute,
        weekdays=asked.weekdays or None,
        zone=zone_named(asked.timezone),
        language=asked.language,
    )
