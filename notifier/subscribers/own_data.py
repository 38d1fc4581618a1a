"""All that is kept of one person, for themselves, and that it is gone where they say so (GDPR,
Articles 15, 17 and 20).

Knows what there is of them. Must never know who hands it out.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.model import Consent, Frequency, Subscriber, SubscriberState, folded
from notifier.storage import deliveries, returns, subscribers, suppressions
from notifier.storage.consent import erasure, requests
from notifier.storage.consent.requests import AskedRequest
from notifier.storage.deliveries import Delivery
from notifier.storage.returns import Return
from notifier.storage.suppressions import Keyed, Suppression
from notifier.subscribers.preferences import named_days, spelt_hour

#: Of more mails than this nobody is told; some are kept for a month alone.
_MOST_MAILS = 100_000
#: One transaction each.
_TOGETHER = 100
#: Why an address must not be mailed whose owner had themselves erased.
_ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gets:
    """The mails of one frequency: of which selections, by their queries, at which local time."""

    frequency: Frequency
    selections: tuple[str, ...]
    at: str
    weekdays: tuple[str, ...]
    quiet_minutes: int
    next: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A consent, and when it was given."""

    at: datetime
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """Somebody's data; ``mails`` are those they were sent, or are to be, the latest first, and
    ``returned`` is what came back of them.
    """

    address: str
    state: str
    known_since: datetime | None
    left_at: datetime | None
    language: str
    timezone: str
    paused_until: date | None
    gets: tuple[Gets, ...]
    muted: tuple[str, ...]
    suppressed: Suppression | None
    requests: tuple[AskedRequest, ...]
    consents: tuple[Agreed, ...]
    mails: tuple[Delivery, ...]
    returned: tuple[Return, ...]


def own_data(
    connection: Connection, person: Subscriber, keyed: Keyed, most: int = _MOST_MAILS
) -> OwnData:
    """All that is kept of somebody, of the latest mails alone where so many are the ``most``."""
    agreed = requests.consents_of(connection, [person.id]).get(person.id, ())
    return OwnData(
        address=person.address,
        state=person.state,
        known_since=person.created_at,
        left_at=person.left_at,
        language=person.language,
        timezone=person.zone.key,
        paused_until=person.paused_until,
        gets=tuple(_gets(person, often) for often in person.cadences),
        muted=tuple(map(str, person.muted)),
        suppressed=suppressions.of(connection, keyed(person.address)),
        requests=tuple(requests.of_owner(connection, person.id)),
        consents=tuple(Agreed(at=at, consent=each) for each, at in agreed),
        mails=tuple(deliveries.latest(connection, most, about=person.address)),
        returned=tuple(returns.latest(connection, most, folded(person.address))),
    )


def spelt(data: OwnData) -> str:
    """The same as JSON, moments as ISO 8601 has them."""
    return json.dumps(asdict(data), ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else sorted(value)  # type: ignore[call-overload]


def _gets(person: Subscriber, often: Frequency) -> Gets:
    cadence = person.cadences[often]
    return Gets(
        frequency=often,
        selections=tuple(
            each.selection.query for each in person.followed if each.frequency is often
        ),
        at="" if often is Frequency.IMMEDIATE else spelt_hour(cadence.minute),
        weekdays=named_days(cadence.weekdays),
        quiet_minutes=cadence.quiet_minutes,
        next=person.due.get(often),
    )


def erase(database: Database, address: str, keyed: Keyed, zone: ZoneInfo, *, now: datetime) -> bool:
    """Nothing is known of whoever has this address but that it must not be mailed, unless they ask
    for that again by confirming it; False where nobody has it. ``zone`` is the site's.
    """
    with database.writing() as connection:
        person = subscribers.by_address(connection, address, zone, lock=True)
        if person is None:
            return False
        _erase(connection, [person.id], _ERASED, keyed, now)
    return True


def erase_left(database: Database, before: datetime, keyed: Keyed, *, now: datetime) -> int:
    """Some of those who left before a moment are forgotten in the same way: how many they were."""
    with database.writing() as connection:
        left = erasure.left_before(connection, before, _TOGETHER)
        _erase(connection, left, SubscriberState.LEFT, keyed, now)
    return len(left)


def _erase(
    connection: Connection, owners: Sequence[int], reason: str, keyed: Keyed, now: datetime
) -> None:
    """Their no stays, so that no list brings them back."""
    hashes = [erasure.erase(connection, owner, keyed, now) for owner in owners]
    suppressions.add(
        connection,
        [Suppression(address_hash=each, reason=reason, detail="", since=now) for each in hashes],
    )
