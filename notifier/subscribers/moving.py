"""Another address for somebody who is subscribed: confirmed at the new one, told to the old one.

Knows whose link confirms it, and what becomes of whoever had that address. Must never know a page.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from feeds.storage import Connection
from feeds.web.request_limits import PATIENCE_SECONDS
from notifier.model import (
    Consent,
    ConsentKind,
    Frequency,
    NoticeKind,
    Shown,
    Subscriber,
    SubscriberState,
)
from notifier.storage import deliveries, subscribers, suppressions
from notifier.storage.consent import erasure, requests
from notifier.storage.consent.requests import Asked
from notifier.subscribers.change import standing
from notifier.subscribers.links import Claim
from notifier.subscribers.sign_up import SignUp, SignUpAnswer
from notifier.subscribers.subscribe import checked

#: What they agreed to is what they had.
_MOVED: Final = "new address"


class NotMoved(StrEnum):
    """Why a link moves nobody. over: its time has passed, or what it was mailed for. taken: the
    address gets mails of its own.
    """

    OVER = "over"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What is done when somebody names another address, and when they confirm it; ``sign_up`` says
    how many mails an address may get that nobody confirmed.
    """

    sign_up: SignUp

    def ask(
        self, claim: Claim, address: str, network: str, *, now: datetime
    ) -> SignUpAnswer | None:
        """A mail to the address says how to confirm it, whoever has it; until then nothing changes.

        None where the claim does not count any more. Raises UnusableAddress, StoreError.
        """
        usable = checked(address)
        database = self.sign_up.database
        with database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            person = standing(connection, claim, self._zone, now, lock=True)
            if person is None:
                return None
            if bounded := self.sign_up.bounded(connection, usable, network, now):
                return bounded
            asked = Asked(
                queries=(),
                frequency=Frequency.DAILY,
                timezone=person.zone.key,
                language=person.language,
                address=usable,
            )
            with self.sign_up.sparing(connection, usable, now):
                [number] = requests.ask(connection, {person.id: asked}, Shown(), now).values()
                occasion = {person.id: str(number)}
                deliveries.notify(connection, NoticeKind.ADDRESS, occasion, now, recipient=usable)
        self.sign_up.wake()
        return SignUpAnswer.CHECK_MAIL

    def standing(
        self, connection: Connection, claim: Claim, now: datetime, *, lock: bool = False
    ) -> tuple[Subscriber, requests.AskedRequest] | None:
        """Who would have which address by a link; None where it moves nobody any more."""
        person = standing(connection, claim, self._zone, now, lock=lock)
        request = requests.of_person(connection, int(claim.extra), claim.public_id)
        is_open = request and request.asked.address and not request.confirmed_at
        return (person, request) if person and request and is_open else None

    def confirm(self, claim: Claim, *, now: datetime) -> Subscriber | NotMoved:
        """Mail goes to the address that the link was mailed to, and the one before is told. Who had
        that address and gets no mail is forgotten. Raises StoreError.
        """
        database, keyed = self.sign_up.database, self.sign_up.keyed
        with database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            found = self.standing(connection, claim, now, lock=True)
            if found is None:
                return NotMoved.OVER
            person, request = found
            address = request.asked.address or ""
            other = subscribers.by_address(connection, address, self._zone, lock=True)
            if other and other.id != person.id:
                if other.state is SubscriberState.ACTIVE:
                    return NotMoved.TAKEN
                erasure.erase(connection, other.id, keyed, now)
            suppressions.lift(connection, keyed(address))
            subscribers.move(connection, person, address)
            consent = Consent(
                how=ConsentKind.CONFIRMED,
                source=_MOVED,
                asked_at=request.asked_at,
                request=request.id,
            )
            requests.agree(connection, person.id, consent, now)
            told = {person.id: str(request.id)}
            deliveries.notify(connection, NoticeKind.MOVED, told, now, recipient=person.address)
            moved = subscribers.by_public_id(connection, person.public_id, self._zone)
        if moved is None:
            raise AssertionError("whoever moved is known")
        self.sign_up.wake()
        return moved

    @property
    def _zone(self) -> ZoneInfo:
        return self.sign_up.assumed.zone
