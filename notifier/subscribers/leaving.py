"""Taking back that one left, or getting fewer mails instead, for an hour.

Knows whose link to that still counts. Must never know a page, or ask for a reason.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from feeds.storage import Connection
from feeds.storage.database import Database
from feeds.web.request_limits import PATIENCE_SECONDS
from notifier.model import Followed, Frequency, Subscriber, SubscriberState
from notifier.storage import subscribers
from notifier.storage.followed.subscriber_rows import had
from notifier.subscribers.change import timings
from notifier.subscribers.choice import Choice, chosen, taken_back
from notifier.subscribers.links import Claim
from notifier.subscribers.subscribe import MONDAY, USUAL_MINUTE

#: Long enough for whoever pressed the wrong button; who finds an old mail brings nobody back.
UNDO_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Somebody who left a moment ago, and what they followed until then."""

    person: Subscriber
    followed: tuple[Followed, ...]
    until: datetime


def just_left(
    connection: Connection, public_id: str, zone: ZoneInfo, now: datetime, *, lock: bool = False
) -> Left | None:
    """Who may take back that they left; None where they did not, or an hour has passed."""
    person = subscribers.by_public_id(connection, public_id, zone, lock=lock)
    if person is None or person.state is not SubscriberState.LEFT or person.left_at is None:
        return None
    until = person.left_at + UNDO_WITHIN
    followed = tuple(had(connection, person.id))
    return Left(person=person, followed=followed, until=until) if until > now and followed else None


def undoable(
    connection: Connection, claim: Claim, zone: ZoneInfo, now: datetime, *, lock: bool = False
) -> Left | None:
    """The same by a link to take it back; None where that is over, too."""
    left = just_left(connection, claim.public_id, zone, now, lock=lock)
    is_over = left is None or claim.is_over(now) or claim.epoch != left.person.epoch
    return None if is_over else left


def take_back(
    database: Database,
    claim: Claim,
    zone: ZoneInfo,
    *,
    fewer: Collection[str] | None = None,
    now: datetime,
) -> bool:
    """Whoever left by mistake gets what they did, with nothing missing; or where they want
    ``fewer`` mails, these selections alone, by their queries, once a week.

    False where the link to that is over, or nothing would be left. ``zone`` is the site's. Raises
    StoreError.
    """
    with database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
        left = undoable(connection, claim, zone, now, lock=True)
        if left is None:
            return False
        kept = [each.selection for each in left.followed]
        if fewer is not None:
            kept = [each for each in kept if each.query in fewer]
        if not kept:
            return False
        taken_back(connection, left.person, left.followed, now)
        if fewer is not None:
            person = subscribers.by_public_id(connection, claim.public_id, zone)
            if person is None:
                raise AssertionError("whoever left is known")
            weekly = [Followed(selection=each, frequency=Frequency.WEEKLY) for each in kept]
            choice = _weekly(person, weekly)
            how = person.address, choice, person
            chosen(connection, *how, public_id=person.public_id, now=now)
    return True


def _weekly(person: Subscriber, followed: list[Followed]) -> Choice:
    """These once a week, at the hour and on the day that somebody had, or the usual ones."""
    weekly, daily = map(person.cadences.get, (Frequency.WEEKLY, Frequency.DAILY))
    scheduled = weekly or daily
    days = weekly.weekdays if weekly else MONDAY
    minute = scheduled.minute if scheduled else USUAL_MINUTE
    return Choice(
        followed=tuple(followed),
        cadences=timings(person, {Frequency.WEEKLY: days}, minute, person.zone),
        zone=person.zone,
        language=person.language,
        muted=person.muted,
        paused_until=person.paused_until,
    )
