"""Who follows what over months, and what was mailed by day, for whoever looks after it all.

Knows how both are counted from rows that are kept for other reasons. Must never know who anybody
is: nobody's reading is counted, either.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Date, and_, case, func, or_, select

from feeds.storage.tables import changes
from notifier.model import DeliveryState
from notifier.storage.tables import deliveries, delivery_counts, selections, subscriptions


def followers(connection: Connection, moments: Sequence[datetime]) -> Mapping[str, tuple[int, ...]]:
    """How many people followed each selection, by its query, at each of these moments: as of the
    last change before it.
    """
    upto = [func.max(case((changes.c.at < moment, changes.c.number))) for moment in moments]
    *past, last = connection.execute(select(*upto)).one()
    # Before there was any change nobody is known to have followed anything; now, whoever does.
    numbers = [-1 if number is None else number for number in past] + [last or 0]
    its = subscriptions.c
    counts = [
        func.count(
            case((and_(its.since <= number, or_(its.until.is_(None), its.until > number)), 1))
        )
        for number in numbers
    ]
    query = select(selections.c.query, *counts).join_from(subscriptions, selections)
    rows = connection.execute(query.group_by(selections.c.query))
    return {name: (*counted,) for name, *counted in rows if any(counted)}


def mails(connection: Connection, since: date) -> Mapping[date, Mapping[DeliveryState, int]]:
    """How many mails of each day (UTC) since one came into which state, those forgotten, too."""
    found: defaultdict[date, defaultdict[DeliveryState, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    day = func.date(deliveries.c.created_at, type_=Date)
    kept = select(day, deliveries.c.state, func.count()).group_by(day, deliveries.c.state)
    told = select(delivery_counts.c.day, delivery_counts.c.state, delivery_counts.c.count)
    for query, of in ((kept, day), (told, delivery_counts.c.day)):
        for which, state, count in connection.execute(query.where(of >= since)):
            found[which][DeliveryState(state)] += count
    return dict(sorted(found.items(), reverse=True))
