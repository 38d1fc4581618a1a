"""Subscribers out of their rows, as well as these can be read.

Knows which tables somebody is made of. Must never know who is asked for, or change a row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Row, Select, select

from feeds.errors import MalformedSelection
from feeds.model import TopicRef
from feeds.selection import Selection
from notifier.errors import UnusableAddress
from notifier.model import Followed, Frequency, Subscriber, SubscriberState, mailbox
from notifier.storage import cadences as stored
from notifier.storage.tables import (
    cadences,
    coverage,
    mutes,
    selections,
    subscribers,
    subscriptions,
)


def every_row() -> Select[Any]:
    """The rows of everybody, in the order they came; narrow them down before reading."""
    return select(subscribers).order_by(subscribers.c.id)


def people(connection: Connection, wanted: Select[Any], zone: ZoneInfo) -> list[Subscriber]:
    """Everybody among the rows, as well as they can be read."""
    return [*people_by(subscribers.c.id, connection, wanted, zone).values()]


def people_by(
    key: Column[Any], connection: Connection, wanted: Select[Any], zone: ZoneInfo
) -> dict[Any, Subscriber]:
    """The same, by something that is everybody's own."""
    found = connection.execute(wanted).all()
    chosen = wanted.with_only_columns(subscribers.c.id).order_by(None)
    rest = [
        _follows(chosen),
        select(coverage.c.subscriber, coverage.c.cadence.label("live"), cadences)
        .join(cadences, stored.IS_THEIRS)
        .where(coverage.c.subscriber.in_(chosen))
        .order_by(coverage.c.subscriber, coverage.c.frequency),
        select(mutes).where(mutes.c.subscriber.in_(chosen)).order_by(mutes.c.topic),
    ]
    follows, timings, muted = (_by_owner(connection.execute(each)) for each in rest)
    return {
        getattr(row, key.name): _subscriber(
            row, zone, follows[row.id], timings[row.id], muted[row.id]
        )
        for row in found
    }


def had(connection: Connection, owner: int) -> Sequence[Followed]:
    """What somebody followed when they left, in their order; not what is no selection."""
    who = select(subscribers.c.id).where(subscribers.c.id == owner)
    rows = connection.execute(_follows(who))
    found = [(_selection(row.query), Frequency(row.frequency)) for row in rows]
    return [Followed(selection=each, frequency=often) for each, often in found if each is not None]


def _follows(chosen: Select[Any]) -> Select[Any]:
    """What these people follow, or did when they left, in their order."""
    return (
        select(subscriptions.c.subscriber, subscriptions.c.frequency, selections.c.query)
        .join_from(subscriptions, selections)
        .where(subscriptions.c.subscriber.in_(chosen), subscriptions.c.until.is_(None))
        .order_by(subscriptions.c.subscriber, subscriptions.c.position)
    )


def _by_owner(rows: Iterable[Row[Any]]) -> Mapping[int, list[Row[Any]]]:
    found = defaultdict[int, list[Row[Any]]](list)
    for row in rows:
        found[row.subscriber].append(row)
    return found


def _subscriber(
    row: Row[Any],
    zone: ZoneInfo,
    follows: Sequence[Row[Any]],
    timings: Sequence[Row[Any]],
    muted: Sequence[Row[Any]],
) -> Subscriber:
    is_active = row.state == SubscriberState.ACTIVE
    live = (each for each in timings if each.live is not None or not is_active)
    known, problems = _timings(live, zone)
    selected = [(each, _selection(each.query)) for each in follows if is_active]
    own = stored.zone_named(row.timezone)
    problems += (f"{each.query!r} is no selection" for each, selection in selected if not selection)
    if own is None or any(each.is_lost for each in known):
        problems.append(f"there is no time zone {row.timezone!r}")
    try:
        mailbox(row.address)
    except UnusableAddress:
        # Its own text names the address, and a problem is logged.
        problems.append("the domain of its address is no host name")
    return Subscriber(
        id=row.id,
        public_id=row.public_id,
        address=row.address,
        language=row.language,
        zone=own or zone,
        followed=tuple(
            Followed(selection=selection, frequency=Frequency(each.frequency))
            for each, selection in selected
            if selection is not None
        ),
        cadences={each.cadence.frequency: each.cadence for each in known},
        state=SubscriberState(row.state),
        epoch=row.epoch,
        due={each.cadence.frequency: each.due_at for each in known if each.due_at and is_active},
        muted=tuple(TopicRef.parse(each.topic) for each in muted),
        paused_until=row.paused_until,
        created_at=row.created_at,
        left_at=row.left_at,
        problem="; ".join(problems),
    )


def _timings(rows: Iterable[Row[Any]], zone: ZoneInfo) -> tuple[list[stored.Timing], list[str]]:
    """Those that are cadences, and what is wrong with the others."""
    known, problems = [], []
    for row in rows:
        try:
            known.append(stored.timing(row, zone))
        except ValueError as error:
            problems.append(str(error))
    return known, problems


def _selection(query: str) -> Selection | None:
    try:
        return Selection.parse(query)
    except MalformedSelection:
        return None
