"""Changing one's mind by oneself: what somebody gets from now on, by a link they were mailed.

Knows whose link still counts. Must never know a page.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from feeds.storage import Connection
from feeds.storage.database import Database
from feeds.web.request_limits import PATIENCE_SECONDS
from notifier.model import Cadence, Consent, ConsentKind, Frequency, Subscriber, SubscriberState
from notifier.storage import subscribers
from notifier.storage.consent import requests
from notifier.subscribers.choice import Choice, chosen
from notifier.subscribers.links import Claim
from notifier.subscribers.subscribe import USUAL_QUIET_MINUTES

#: Whoever adds something on the page behind a link in a mail to them has agreed to get that.
_CHANGED = Consent(how=ConsentKind.CONFIRMED, source="manage page")


def standing(
    connection: Connection, claim: Claim, zone: ZoneInfo, now: datetime, *, lock: bool = False
) -> Subscriber | None:
    """Who may change what they get by a link; None where it is over, or they have left since."""
    person = subscribers.by_public_id(connection, claim.public_id, zone, lock=lock)
    if person is None or person.state is not SubscriberState.ACTIVE:
        return None
    return None if claim.is_over(now) or claim.epoch != person.epoch else person


def change(
    database: Database,
    claim: Claim,
    choose: Callable[[Subscriber], Choice],
    zone: ZoneInfo,
    *,
    now: datetime,
) -> Subscriber | None:
    """Who came by a link gets what they ``choose``, nothing twice or never by it; None where the
    link is over. ``zone`` is the site's. Raises StoreError.
    """
    with database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
        person = standing(connection, claim, zone, now, lock=True)
        if person is None:
            return None
        choice = choose(person)
        if not choice.followed:
            # Another page of theirs ended the rest meanwhile: to leave is asked for as such.
            return person
        address, known_as = person.address, person.public_id
        changed = chosen(connection, address, choice, person, public_id=known_as, now=now)
        had = {each.selection for each in person.followed}
        if not had.issuperset(each.selection for each in choice.followed):
            requests.agree(connection, person.id, _CHANGED, now)
    return changed


def timings(
    person: Subscriber,
    weekdays: Mapping[Frequency, frozenset[int]],
    minute: int,
    zone: ZoneInfo,
) -> Mapping[Frequency, Cadence]:
    """A cadence for each frequency that has ``weekdays``: at a minute of the day in a zone, but
    immediate mail, which has none, goes on as it did.
    """
    found = {}
    for often, days in weekdays.items():
        usual = person.cadences.get(often)
        is_at_once = often is Frequency.IMMEDIATE
        quiet = usual.quiet_minutes if usual else USUAL_QUIET_MINUTES
        found[often] = Cadence(
            frequency=often,
            minute=usual.minute if usual and is_at_once else minute,
            zone=zone,
            weekdays=days,
            quiet_minutes=quiet if is_at_once else 0,
        )
    return found
