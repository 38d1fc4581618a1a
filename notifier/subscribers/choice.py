"""All that somebody wants from now on, so that it begins where what they had ended.

Knows when each digest is due first. Must never know in which words it was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from feeds.model import TopicRef
from feeds.storage import Connection
from notifier.digest.schedule import continued, next_due, paused
from notifier.model import Cadence, Followed, Frequency, Subscriber, SubscriberState
from notifier.storage import subscribers
from notifier.storage.subscribers import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is followed, in its order, and when it comes: a cadence for each frequency of it, whose
    first day is left open.
    """

    followed: tuple[Followed, ...]
    cadences: Mapping[Frequency, Cadence]
    zone: ZoneInfo
    language: str
    muted: tuple[TopicRef, ...] = ()
    paused_until: date | None = None


def chosen(
    connection: Connection,
    address: str,
    choice: Choice,
    known: Subscriber | None,
    *,
    public_id: str,
    now: datetime,
) -> Subscriber | None:
    """The address gets what was chosen, and nothing twice or never by it. ``known`` is who has it,
    locked, ``public_id`` that of a newcomer; None where somebody else made them known a moment ago.
    """
    active = known if known and known.state is SubscriberState.ACTIVE else None
    last = subscribers.last_planned(connection, known.id, now) if known else {}
    wanted = wanted_by_choice(address, choice, active, last, now)
    return subscribers.put(connection, wanted, public_id=public_id, now=now, known=known)


def wanted_by_choice(
    address: str,
    choice: Choice,
    active: Subscriber | None,
    last: Mapping[Frequency, tuple[date, datetime]],
    now: datetime,
) -> Wanted:
    """All that somebody is to get by their choice: when each digest is due first, after the
    ``last`` ones, for whom it is ``active`` with.
    """
    begun = partial(_begun, choice.paused_until, active, last, now)
    cadences = {often: begun(each) for often, each in choice.cadences.items()}
    return Wanted(
        address=address,
        language=choice.language,
        zone=choice.zone,
        followed=choice.followed,
        cadences=cadences,
        due={often: first_due(each, now) for often, each in cadences.items()},
        muted=choice.muted,
        paused_until=choice.paused_until,
    )


def first_due(cadence: Cadence, now: datetime) -> datetime | None:
    """The first due moment; None where an item is what makes an immediate mail due."""
    if cadence.frequency is Frequency.IMMEDIATE and not cadence.first:
        return None
    return next_due(cadence, now)


def taken_back(
    connection: Connection, person: Subscriber, followed: Sequence[Followed], now: datetime
) -> None:
    """Whoever left goes on with what they ``followed`` then, as if they had not left."""
    often = dict.fromkeys(each.frequency for each in followed)
    due = {each: first_due(person.cadences[each], now) for each in often}
    subscribers.take_back(connection, person, followed, due, now)


def _begun(
    paused_until: date | None,
    active: Subscriber | None,
    last: Mapping[Frequency, tuple[date, datetime]],
    now: datetime,
    cadence: Cadence,
) -> Cadence:
    """The cadence with its first day: after a pause, or after the ``last`` digest of its frequency,
    or of any; as it was where nothing else is asked for.
    """
    is_as_before = active and paused_until == active.paused_until
    was = active.cadences.get(cadence.frequency) if active and is_as_before else None
    if was and cadence == replace(was, first=None):
        return was
    if paused_until:
        cadence = paused(cadence, paused_until)
    before = last.get(cadence.frequency) or max(last.values(), default=None)
    return continued(cadence, *before, now) if before else cadence
