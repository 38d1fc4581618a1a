"""Subscribing and unsubscribing on the operator's word.

Knows which addresses are refused, and what is assumed where nobody stated a preference. Must never
know how rows are kept or who asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config import values
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.digest.schedule import next_due
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import Cadence, Frequency, Subscriber
from notifier.storage import subscribers
from notifier.storage.subscribers import Subscription

#: Early enough for the first coffee, and the example every reader of such mails knows.
USUAL_MINUTE = 7 * 60
MONDAY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What somebody asked for in words; None where they said nothing."""

    topics: tuple[str, ...]
    frequency: Frequency | None = None
    minute: int | None = None
    weekday: int | None = None
    zone: ZoneInfo | None = None
    language: str | None = None


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
        known = subscribers.by_address(connection, usable, lock=True)
        cadence = _cadence(preferences, known.cadence if known else None, assumed.zone)
        wanted = Subscription(
            address=usable,
            language=_language(preferences.language, known, assumed),
            cadence=cadence,
            topics=topics,
            due_at=next_due(cadence, now),
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
    frequency = preferences.frequency or (known.frequency if known else Frequency.DAILY)
    if preferences.weekday is not None and frequency is not Frequency.WEEKLY:
        raise PreferenceRefused(
            f"a {frequency} digest has no weekday; ask for a weekly one, or for none"
        )
    usual = known or Cadence(frequency=Frequency.DAILY, minute=USUAL_MINUTE, zone=zone)
    weekday = usual.weekday if preferences.weekday is None else preferences.weekday
    return Cadence(
        frequency=frequency,
        minute=usual.minute if preferences.minute is None else preferences.minute,
        zone=preferences.zone or usual.zone,
        weekday=(weekday or MONDAY) if frequency is Frequency.WEEKLY else None,
    )


def _language(preferred: str | None, known: Subscriber | None, assumed: Assumed) -> str:
    language = preferred or (known.language if known else assumed.language)
    if language not in assumed.languages:
        raise UnknownLanguage(language, tuple(assumed.languages))
    return language
