"""Subscribing and unsubscribing on the operator's word.

Knows which addresses are refused, and what is assumed where nobody stated a preference. Must never
know how rows are kept or who asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from config import values
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.digest.schedule import continued, latest_due, next_due, paused
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import EVERY_DAY, Cadence, Frequency, Subscriber, SubscriberState
from notifier.storage import digests, subscribers
from notifier.storage.subscribers import Subscription

#: Early enough for the first coffee, and the example every reader of such mails knows.
USUAL_MINUTE = 7 * 60
MONDAY = frozenset({0})
#: Long enough for the items of one event to come in one mail.
USUAL_QUIET_MINUTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What somebody asked for in words; None where they said nothing."""

    topics: tuple[str, ...]
    frequency: Frequency | None = None
    minute: int | None = None
    weekdays: frozenset[int] | None = None
    zone: ZoneInfo | None = None
    language: str | None = None
    quiet_minutes: int | None = None
    paused_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What a newcomer gets without asking, and the languages there are to choose from."""

    zone: ZoneInfo
    language: str
    languages: Sequence[str]


def subscribe(
    database: Database,
    taxonomy: Taxonomy,
    address: str,
    preferences: Preferences,
    assumed: Assumed,
    *,
    public_id: str,
    now: datetime,
) -> Subscriber:
    """The address is subscribed as asked for, from what is ingested next; twice adds nothing.

    Where no preference is stated, a known subscriber keeps what they have and a newcomer gets a
    daily digest at 07:00. Raises UnusableAddress, UnknownTopic, UnknownLanguage, PreferenceRefused.
    """
    usable = checked(address)
    topics = tuple(taxonomy.find(name).ref for name in preferences.topics)
    with database.writing() as connection:
        known = subscribers.by_address(connection, usable, assumed.zone, lock=True)
        cadence = _cadence(preferences, known.cadence if known else None, assumed.zone)
        until = _pause(preferences, known, now.astimezone(cadence.zone).date())
        last = digests.latest(connection, known.id, now) if known else None
        cadence = _begun(cadence, until, known, last, now)
        wanted = Subscription(
            address=usable,
            language=_language(preferences.language, known, assumed),
            cadence=cadence,
            topics=topics,
            due_at=_first_due(cadence, now),
            paused_until=until,
        )
        return subscribers.add_or_update(
            connection, wanted, public_id=public_id, now=now, known=known
        )


def checked(text: str) -> str:
    """The address as it is to be kept (`config.values.mail_address`), without blanks around it.

    Raises UnusableAddress.
    """
    try:
        return values.mail_address(text.strip())
    except ValueError as error:
        raise UnusableAddress(text, str(error)) from error


def unsubscribe(database: Database, address: str, *, now: datetime) -> bool:
    """No more mail goes to the address; False where nobody was subscribed under it.

    Raises UnusableAddress.
    """
    usable = checked(address)
    with database.writing() as connection:
        return subscribers.leave_by_address(connection, usable, now)


def _cadence(preferences: Preferences, known: Cadence | None, zone: ZoneInfo) -> Cadence:
    """What is asked for, of what is known or usual where nothing is; its first day left open."""
    frequency = preferences.frequency or (known.frequency if known else Frequency.DAILY)
    usual = known or Cadence(frequency=Frequency.DAILY, minute=USUAL_MINUTE, zone=zone)
    quiet = preferences.quiet_minutes
    if quiet is not None and frequency is not Frequency.IMMEDIATE:
        raise PreferenceRefused(
            f"a {frequency} digest has no quiet minutes; ask for immediate mail"
        )
    if frequency is Frequency.IMMEDIATE and quiet is None:
        quiet = usual.quiet_minutes if usual.frequency is frequency else USUAL_QUIET_MINUTES
    return Cadence(
        frequency=frequency,
        minute=usual.minute if preferences.minute is None else preferences.minute,
        zone=preferences.zone or usual.zone,
        weekdays=_weekdays(frequency, preferences.weekdays, usual),
        quiet_minutes=quiet or 0,
    )


def _weekdays(
    frequency: Frequency, preferred: frozenset[int] | None, usual: Cadence
) -> frozenset[int]:
    if preferred and frequency is Frequency.IMMEDIATE:
        raise PreferenceRefused("immediate mail has no weekday; ask for daily or weekly digests")
    if preferred and frequency is Frequency.WEEKLY and len(preferred) > 1:
        raise PreferenceRefused("a weekly digest has one weekday; ask for daily ones for more days")
    if preferred:
        return preferred
    if frequency is usual.frequency:
        return usual.weekdays
    return MONDAY if frequency is Frequency.WEEKLY else EVERY_DAY


def _first_due(cadence: Cadence, now: datetime) -> datetime:
    is_immediate = cadence.frequency is Frequency.IMMEDIATE
    return (is_immediate and latest_due(cadence, now)) or next_due(cadence, now)


def _begun(
    cadence: Cadence,
    paused_until: date | None,
    known: Subscriber | None,
    last: tuple[date, datetime] | None,
    now: datetime,
) -> Cadence:
    """The cadence with its first day: after a pause, or after the digest that came ``last``."""
    if known and (paused_until, cadence) == (
        known.paused_until,
        replace(known.cadence, first=None),
    ):
        return known.cadence
    if paused_until:
        cadence = paused(cadence, paused_until)
    return continued(cadence, *last, now) if last else cadence


def _pause(preferences: Preferences, known: Subscriber | None, today: date) -> date | None:
    """The day before which nothing is to come, where that is still ahead."""
    kept = known.paused_until if known and known.state is SubscriberState.ACTIVE else None
    until = preferences.paused_until or kept
    return until if until and until > today else None


def _language(preferred: str | None, known: Subscriber | None, assumed: Assumed) -> str:
    language = preferred or (known.language if known else assumed.language)
    if language not in assumed.languages:
        raise UnknownLanguage(language, tuple(assumed.languages))
    return language
