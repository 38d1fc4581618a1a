"""Subscribing and unsubscribing: what the command does, and a confirmation.

Knows which addresses are refused, and what is assumed where nobody stated a preference. Must never
know how rows are kept or who asked.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config import values
from feeds.model import TopicRef
from feeds.selection import Selection
from feeds.storage import Connection
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import (
    EVERY_DAY,
    Cadence,
    Consent,
    ConsentKind,
    Followed,
    Frequency,
    Subscriber,
    SubscriberState,
)
from notifier.storage import subscribers
from notifier.storage.consent import erasure, requests
from notifier.storage.subscribers import Wanted
from notifier.storage.suppressions import Keyed
from notifier.subscribers.choice import Choice, wanted_by_choice
from notifier.subscribers.preferences import LONGEST_PAUSE, Assumed, Preferences

#: Early enough for the first coffee, and the example every reader of such mails knows.
USUAL_MINUTE = 7 * 60
MONDAY = frozenset({0})
#: Long enough for the items of one event to come in one mail.
USUAL_QUIET_MINUTES = 10

#: Whoever types a command answers for what somebody asked of them.
VOUCHED = Consent(how=ConsentKind.VOUCHED, source="command")


def subscribe(
    database: Database,
    taxonomy: Taxonomy,
    address: str,
    preferences: Preferences,
    assumed: Assumed,
    *,
    consent: Consent,
    keyed: Keyed,
    public_id: str,
    now: datetime,
) -> Subscriber:
    """The address is subscribed as asked for, from what is ingested next; twice adds nothing. What
    it agrees to by that is on record with the ``consent``; who was erased is known again.

    What is named is followed as often as is asked for, or as it is already, or as whatever else
    they follow; where nothing is named, preferences are of all they follow. Where none is stated, a
    known subscriber keeps what they have and a newcomer gets a daily digest at 07:00. Raises
    UnusableAddress, UnknownTopic, UnknownLanguage, MalformedSelection, PreferenceRefused.
    """
    with database.writing() as connection:
        asked = taxonomy, address, preferences, assumed
        person = subscribed(
            connection, *asked, consent=consent, keyed=keyed, public_id=public_id, now=now
        )
    # Somebody may have asked for the same address at this moment: now they are known.
    return person or subscribe(
        database, *asked, consent=consent, keyed=keyed, public_id=public_id, now=now
    )


def subscribed(
    connection: Connection,
    taxonomy: Taxonomy,
    address: str,
    preferences: Preferences,
    assumed: Assumed,
    *,
    consent: Consent,
    keyed: Keyed,
    public_id: str,
    now: datetime,
) -> Subscriber | None:
    """The same within a transaction; None where somebody else made them known a moment ago."""
    erasure.recall(connection, checked(address), keyed)
    known = subscribers.by_address(connection, checked(address), assumed.zone, lock=True)
    last = subscribers.last_planned(connection, known.id, now) if known else {}
    asked = taxonomy, address, preferences, assumed
    wanted = wanted_by(*asked, known=known, last=last, now=now)
    person = subscribers.put(connection, wanted, public_id=public_id, now=now, known=known)
    was_active = known is not None and known.state is SubscriberState.ACTIVE
    if person and (is_anything_named(preferences) or not was_active):
        requests.agree(connection, person.id, consent, now)
    return person


def wanted_by(
    taxonomy: Taxonomy,
    address: str,
    preferences: Preferences,
    assumed: Assumed,
    *,
    known: Subscriber | None = None,
    last: Mapping[Frequency, tuple[date, datetime]] = MappingProxyType({}),
    now: datetime,
) -> Wanted:
    """All that somebody is to get as they ask for this, whoever they are so far, and whose ``last``
    digests were of these days and planned then. Raises as `subscribe`.
    """
    named = named_selections(taxonomy, preferences)
    muted, unmuted = (
        _topics_of(taxonomy, preferences.muted),
        _topics_of(taxonomy, preferences.unmuted),
    )
    active = known if known and known.state is SubscriberState.ACTIVE else None
    followed, changed = _followed(named, preferences, known, active)
    zone = preferences.zone or (known.zone if known else assumed.zone)
    choice = Choice(
        followed=followed,
        cadences=_plain(preferences, followed, changed, known, zone),
        zone=zone,
        language=usable_language(preferences.language, known, assumed),
        muted=_muted(active, muted, unmuted),
        paused_until=_pause(preferences, active, now.astimezone(zone).date()),
    )
    return wanted_by_choice(checked(address), choice, active, last, now)


def is_anything_named(preferences: Preferences) -> bool:
    """Whether they name what to follow."""
    return bool(preferences.topics or preferences.selections or preferences.everything)


def named_selections(taxonomy: Taxonomy, preferences: Preferences) -> tuple[Selection, ...]:
    """The selections that are named, each once, by the topics of today; those named by a query come
    first. Raises UnknownTopic, MalformedSelection, PreferenceRefused.
    """
    topics = (Selection(frozenset({each})) for each in _topics_of(taxonomy, preferences.topics))
    queries = map(_selection, preferences.selections)
    known = (
        replace(each, topics=frozenset(taxonomy.find(str(topic)).ref for topic in each.topics))
        for each in queries
    )
    everything = (Selection(),) if preferences.everything else ()
    return tuple(dict.fromkeys((*known, *topics, *everything)))


def _selection(text: str) -> Selection:
    """What a query asks for, or the address that has it: copied from a browser, with its `?`."""
    is_address = text.startswith(("?", "http://", "https://"))
    query = urlsplit(text).query if is_address else text
    if not query.strip():
        raise PreferenceRefused(f"{text!r} selects nothing; all news is asked for as everything")
    return Selection.parse(query)


def checked(text: str) -> str:
    """The address as it is to be kept (`config.values.mail_address`), without blanks around it.

    Raises UnusableAddress.
    """
    try:
        return values.mail_address(text.strip())
    except ValueError as error:
        raise UnusableAddress(text, str(error)) from error


def cadence_of(
    frequency: Frequency, minute: int | None, weekdays: frozenset[int], zone: ZoneInfo
) -> Cadence:
    """When mails come that a newcomer asks for so, before anything is known of their last one."""
    preferences = Preferences(frequency=frequency, minute=minute, weekdays=weekdays or None)
    return _cadence(preferences, frequency, None, zone)


def unsubscribe(
    database: Database,
    address: str,
    named: Collection[Selection],
    zone: ZoneInfo,
    *,
    now: datetime,
) -> bool:
    """No more mail goes to the address, or none of what is ``named``, if anything is; False where
    nobody was subscribed under it, or to that. ``zone`` is the site's. Raises UnusableAddress.
    """
    usable = checked(address)
    with database.writing() as connection:
        if not named:
            return subscribers.leave_by_address(connection, usable, now)
        known = subscribers.by_address(connection, usable, zone, lock=True)
        followed = known.followed if known else ()
        rest = [each for each in followed if each.selection not in named]
        if known and 0 < len(rest) < len(followed):
            subscribers.follow_only(connection, known, rest, now)
        elif followed and not rest:
            subscribers.leave_by_address(connection, usable, now)
    return len(rest) < len(followed)


def _topics_of(taxonomy: Taxonomy, names: Sequence[str]) -> list[TopicRef]:
    """The topics that are named so. Raises UnknownTopic."""
    return [taxonomy.find(name).ref for name in names]


def _followed(
    named: Sequence[Selection],
    preferences: Preferences,
    known: Subscriber | None,
    active: Subscriber | None,
) -> tuple[tuple[Followed, ...], frozenset[Frequency]]:
    """All that somebody follows from now on, and which digests what is asked for is about."""
    often = {each.selection: each.frequency for each in active.followed} if active else {}
    if not named and not often:
        raise PreferenceRefused("nothing is named to follow: name a topic, or a selection")
    # Where nothing is named, all that they follow is meant.
    named = named or list(often)
    usual = next(iter(often.values()), None) or next(iter(known.cadences if known else ()), None)
    asked = {
        each: preferences.frequency or often.get(each) or usual or Frequency.DAILY for each in named
    }
    return _as_followed(asked if preferences.is_all else often | asked), frozenset(asked.values())


def _as_followed(often: Mapping[Selection, Frequency]) -> tuple[Followed, ...]:
    return tuple(Followed(selection=each, frequency=how) for each, how in often.items())


def _muted(
    active: Subscriber | None, muted: Sequence[TopicRef], unmuted: Collection[TopicRef]
) -> tuple[TopicRef, ...]:
    before = active.muted if active else ()
    return tuple(each for each in dict.fromkeys((*before, *muted)) if each not in unmuted)


def _plain(
    preferences: Preferences,
    followed: Sequence[Followed],
    changed: Collection[Frequency],
    known: Subscriber | None,
    zone: ZoneInfo,
) -> Mapping[Frequency, Cadence]:
    """A cadence for each frequency, its first day left open; what is asked for is of some alone."""
    return {
        often: _cadence(preferences if often in changed else Preferences(), often, known, zone)
        for often in dict.fromkeys(each.frequency for each in followed)
    }


def _cadence(
    preferences: Preferences, frequency: Frequency, known: Subscriber | None, zone: ZoneInfo
) -> Cadence:
    """What is asked for, of what is known or usual where nothing is; its first day left open."""
    theirs = known.cadences if known else {}
    newcomer = Cadence(frequency=Frequency.DAILY, minute=USUAL_MINUTE, zone=zone)
    usual = theirs.get(frequency) or next(iter(theirs.values()), newcomer)
    if preferences.minute is not None and frequency is Frequency.IMMEDIATE:
        raise PreferenceRefused("immediate mail has no hour; ask for daily or weekly digests")
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
        zone=zone,
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


def _pause(preferences: Preferences, active: Subscriber | None, today: date) -> date | None:
    """The day before which nothing is to come, where that is still ahead; today ends a pause."""
    if preferences.paused_until and preferences.paused_until < today:
        past = f"{preferences.paused_until} is over where they are"
        raise PreferenceRefused(f"{past}; name a day to come, or {today}, which ends a pause")
    if preferences.paused_until and preferences.paused_until > today + LONGEST_PAUSE:
        raise PreferenceRefused(f"{preferences.paused_until} is too far away; let them leave")
    until = preferences.paused_until or (active.paused_until if active else None)
    return until if until and until > today else None


def usable_language(preferred: str | None, known: Subscriber | None, assumed: Assumed) -> str:
    """The language of somebody's mails: what they prefer, or have, or is assumed; of a region, as
    de-AT, the one that is read there. Raises UnknownLanguage.
    """
    # Who comes back after they were erased has none.
    language = preferred or (known and known.language) or assumed.language
    found = values.nearest_language(language, assumed.languages)
    if found is None:
        raise UnknownLanguage(language, tuple(assumed.languages))
    return found
