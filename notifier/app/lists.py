"""Lists of subscribers, in and out: what takes one in, and everybody as one.

Knows what a list that goes out says beyond one that comes in. Must never know the form of a list.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

from notifier.app import parts, reports
from notifier.app.house import PUBLIC_ID_BYTES, House
from notifier.model import Shown
from notifier.storage import subscribers
from notifier.storage.consent import requests
from notifier.subscribers.importing import BY_LIST, Importing
from notifier.subscribers.listed import EVERYTHING, ListColumn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from notifier.app.reports import DigestRow, SubscriberRow
    from notifier.model import Consent
    from notifier.subscribers.preferences import Preferences

_TOGETHER = 1000
#: What stands in a line: all that a list may say, and when somebody agreed, how and by what.
LISTED = (*ListColumn, "consent")


def importing(
    house: House,
    otherwise: Preferences,
    *,
    source: str,
    vouched: bool,
    shown: Shown = BY_LIST,
) -> Importing:
    """What takes in a list of people, who consented by a ``source`` to what they were ``shown``."""
    return Importing(
        database=house.database,
        taxonomy=house.taxonomy,
        assumed=parts.assumed(house.settings),
        keyed=house.keyed,
        otherwise=otherwise,
        source=source,
        vouched=vouched,
        shown=shown,
        new_id=partial(secrets.token_urlsafe, PUBLIC_ID_BYTES),
        clock=house.clock,
    )


def everybody(house: House) -> Iterator[Mapping[str, str]]:
    """A line for each of somebody's digests, in the order they came, each of the columns `LISTED`;
    who gets none has one all the same.
    """
    number = 0
    while True:
        with house.database.reading() as connection:
            zone = house.settings.site.timezone
            people = subscribers.after(connection, number, _TOGETHER, zone)
            consents = requests.consents_of(connection, [person.id for person in people])
        if not people:
            return
        rows = reports.told(house.database, people, house.keyed)
        for person, row in zip(people, rows, strict=True):
            about = _person(row, consents.get(person.id, ()))
            for digest in row.digests or (None,):
                yield {name: (about | _digest(digest)).get(name, "") for name in LISTED}
        number = people[-1].id


def _person(row: SubscriberRow, consents: Sequence[tuple[Consent, datetime]]) -> dict[str, str]:
    return {
        ListColumn.ADDRESS: row.address,
        ListColumn.STATE: row.state,
        ListColumn.TIMEZONE: row.timezone,
        ListColumn.LANGUAGE: row.language,
        ListColumn.MUTED: ";".join(row.muted),
        ListColumn.PAUSED_UNTIL: str(row.paused_until or ""),
        "consent": "; ".join(
            f"{at.isoformat()} {each.how}: {each.source}" for each, at in consents
        ),
        ListColumn.SUPPRESSED: "yes" if row.suppressed else "",
    }


def _digest(digest: DigestRow | None) -> dict[str, str]:
    if digest is None:
        return {}
    return {
        ListColumn.SELECTIONS: " ".join(query or EVERYTHING for query in digest.selections),
        ListColumn.FREQUENCY: digest.frequency,
        ListColumn.AT: digest.at or "",
        ListColumn.ON: " ".join(digest.weekdays) if digest.at else "",
        ListColumn.QUIET: str(digest.quiet_minutes or ""),
    }
