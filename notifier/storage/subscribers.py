"""Subscribers as rows: who they are, what they asked for, and how they leave.

Knows the tables ``subscribers`` and ``selections``. Must never know when somebody is due.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from config.values import time_zone
from feeds.model import TopicKind, TopicRef
from feeds.storage.engines import upsert
from feeds.storage.read_items import latest_number
from notifier.errors import UnusableAddress
from notifier.model import Cadence, Frequency, Subscriber, SubscriberState, folded, mailbox
from notifier.storage import deliveries
from notifier.storage.tables import selections, subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A row that is no valid subscriber (any more), and why."""

    id: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What somebody asked for. ``due_at`` is its first due moment."""

    address: str
    language: str
    cadence: Cadence
    topics: tuple[TopicRef, ...]
    due_at: datetime
    paused_until: date | None = None


def add_or_update(
    connection: Connection,
    wanted: Subscription,
    *,
    public_id: str,
    now: datetime,
    known: Subscriber | None = None,
) -> Subscriber:
    """The person with this address is active and gets what is wanted, from now on.

    ``known`` is that person, locked, where somebody asked before. A new one is known as
    ``public_id`` and covered up to the latest item. For an active one topics are added, and
    ``due_at`` moves only where the cadence changed, so that what is due is not put off. One who
    had left starts afresh: a new epoch, and these topics only.
    """
    if known is None:
        if added := _add(connection, wanted, public_id, now):
            return added
        # Somebody has the address, maybe by another transaction a moment ago; now they are known.
        zone = wanted.cadence.zone
        known = by_address(connection, wanted.address, zone, lock=True)
        return add_or_update(connection, wanted, public_id=public_id, now=now, known=known)
    renewed = _renewed(known, wanted, latest_number(connection))
    connection.execute(
        update(subscribers).where(subscribers.c.id == known.id).values(_columns(renewed))
    )
    connection.execute(delete(selections).where(selections.c.subscriber == known.id))
    _follow(connection, renewed)
    return renewed


def by_address(
    connection: Connection, address: str, zone: ZoneInfo, *, lock: bool = False
) -> Subscriber | None:
    """Whoever has this address, in any spelling; with ``lock`` nobody else changes them.

    Here and below ``zone`` is the site's, for those whose own is none any more.
    """
    found = _rows().where(subscribers.c.address_key == folded(address))
    return _one(connection, found.with_for_update(key_share=True) if lock else found, zone)


def by_public_id(connection: Connection, public_id: str, zone: ZoneInfo) -> Subscriber | None:
    return _one(connection, _rows().where(subscribers.c.public_id == public_id), zone)


def everybody(connection: Connection, zone: ZoneInfo) -> list[Subscriber | Broken]:
    """Every subscriber there ever was, in the order they came."""
    return _people(connection, _rows(), zone)


def read(connection: Connection, ids: Sequence[int], zone: ZoneInfo) -> list[Subscriber | Broken]:
    """Those of ``ids`` there are, in the order they came."""
    return _people(connection, _rows().where(subscribers.c.id.in_(ids)), zone)


def lost_zones(connection: Connection) -> dict[str, int]:
    """The names that are no time zones any more, and how many active subscribers have each."""
    rows = connection.execute(
        select(subscribers.c.timezone, func.count())
        .where(subscribers.c.state == SubscriberState.ACTIVE)
        .group_by(subscribers.c.timezone)
        .order_by(subscribers.c.timezone)
    )
    return {name: count for name, count in rows if _zone(name) is None}


def leave(connection: Connection, public_id: str, epoch: int, now: datetime) -> bool:
    """The person gets no more mail, and what was queued for them is not sent.

    False where there was nothing to end: nobody has this id, they left before, or ``epoch`` is
    that of an older consent.
    """
    consent = and_(subscribers.c.public_id == public_id, subscribers.c.epoch == epoch)
    return _leave(connection, consent, now)


def leave_by_address(connection: Connection, address: str, now: datetime) -> bool:
    """As `leave`, whoever has this address, in any spelling."""
    return _leave(connection, subscribers.c.address_key == folded(address), now)


def _leave(connection: Connection, who: ColumnElement[bool], now: datetime) -> bool:
    left = connection.execute(
        update(subscribers)
        .where(who, subscribers.c.state == SubscriberState.ACTIVE)
        .values(state=SubscriberState.LEFT, due_at=None)
        .returning(subscribers.c.id)
    ).scalar()
    if left is not None:
        deliveries.drop(connection, [left], now)
    return left is not None


def _add(
    connection: Connection, wanted: Subscription, public_id: str, now: datetime
) -> Subscriber | None:
    person = Subscriber(
        id=0,
        public_id=public_id,
        address=wanted.address,
        language=wanted.language,
        cadence=wanted.cadence,
        topics=tuple(dict.fromkeys(wanted.topics)),
        state=SubscriberState.ACTIVE,
        epoch=1,
        cursor=latest_number(connection),
        due_at=wanted.due_at,
        paused_until=wanted.paused_until,
    )
    row = {
        "public_id": public_id,
        "address_key": folded(person.address),
        "created_at": now,
        **_columns(person),
    }
    key, number = [subscribers.c.address_key], [subscribers.c.id]
    added = upsert(connection, subscribers, [row], replace=False, key=key, returning=number)
    if not added:
        return None
    person = replace(person, id=added[0].id)
    _follow(connection, person)
    return person


def _renewed(known: Subscriber, wanted: Subscription, latest: int) -> Subscriber:
    comes_back = known.state is SubscriberState.LEFT
    before = () if comes_back else known.topics
    cursor = latest if comes_back else known.cursor
    keeps_due = not comes_back and wanted.cadence == known.cadence
    return replace(
        known,
        address=wanted.address,
        language=wanted.language,
        cadence=wanted.cadence,
        topics=tuple(dict.fromkeys((*before, *wanted.topics))),
        state=SubscriberState.ACTIVE,
        epoch=known.epoch + comes_back,
        cursor=cursor,
        late=_late(known, wanted.topics, latest) if latest > cursor else frozenset(),
        due_at=known.due_at if keeps_due else wanted.due_at,
        paused_until=wanted.paused_until,
        lost_zone=None,
    )


def _late(
    known: Subscriber, wanted: Iterable[TopicRef], latest: int
) -> frozenset[tuple[TopicRef, int]]:
    return known.late | {(topic, latest) for topic in wanted if topic not in known.topics}


def _columns(person: Subscriber) -> dict[str, object]:
    return {
        "address": person.address,
        "language": person.language,
        "timezone": person.cadence.zone.key,
        "frequency": person.cadence.frequency,
        "minute": person.cadence.minute,
        "weekdays": "".join(str(day + 1) for day in sorted(person.cadence.weekdays)),
        "first": person.cadence.first,
        "quiet_minutes": person.cadence.quiet_minutes,
        "paused_until": person.paused_until,
        "state": person.state,
        "epoch": person.epoch,
        "cursor": person.cursor,
        "due_at": person.due_at,
    }


def _follow(connection: Connection, person: Subscriber) -> None:
    late = dict(person.late)
    rows = [
        {
            "subscriber": person.id,
            "position": position,
            "kind": topic.kind,
            "slug": topic.slug,
            "since": late.get(topic, person.cursor),
        }
        for position, topic in enumerate(person.topics)
    ]
    if rows:
        connection.execute(insert(selections), rows)


def _rows() -> Select[Any]:
    """The rows of everybody, in the order they came; narrow them down before reading."""
    return select(subscribers).order_by(subscribers.c.id)


def _one(connection: Connection, wanted: Select[Any], zone: ZoneInfo) -> Subscriber | None:
    """The one person among the rows, None where there is nobody."""
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _subscriber(row, _topics(connection, wanted)[row.id], zone)


def _people(
    connection: Connection, wanted: Select[Any], zone: ZoneInfo
) -> list[Subscriber | Broken]:
    """Everybody among the rows; one that makes no sense does not hide the others."""
    found = connection.execute(wanted).all()
    topics = _topics(connection, wanted)
    return [_subscriber_or_broken(row, topics[row.id], zone) for row in found]


def _topics(connection: Connection, wanted: Select[Any]) -> dict[int, list[Row[Any]]]:
    chosen = wanted.with_only_columns(subscribers.c.id).order_by(None)
    followed = (
        select(selections)
        .where(selections.c.subscriber.in_(chosen))
        .order_by(selections.c.subscriber, selections.c.position)
    )
    topics = defaultdict[int, list[Row[Any]]](list)
    for row in connection.execute(followed):
        topics[row.subscriber].append(row)
    return topics


def _subscriber_or_broken(
    row: Row[Any], topics: Iterable[Row[Any]], zone: ZoneInfo
) -> Subscriber | Broken:
    try:
        mailbox(row.address)
        return _subscriber(row, topics, zone)
    except UnusableAddress:
        # Its own text names the address, and a problem is logged.
        return Broken(id=row.id, problem="the domain of its address is no host name")
    except ValueError as error:
        return Broken(id=row.id, problem=str(error))


def _subscriber(row: Row[Any], topics: Iterable[Row[Any]], zone: ZoneInfo) -> Subscriber:
    own_zone = _zone(row.timezone)
    followed = {TopicRef(TopicKind(topic.kind), topic.slug): topic.since for topic in topics}
    return Subscriber(
        id=row.id,
        public_id=row.public_id,
        address=row.address,
        language=row.language,
        cadence=Cadence(
            frequency=Frequency(row.frequency),
            minute=row.minute,
            zone=own_zone or zone,
            weekdays=frozenset(int(day) - 1 for day in row.weekdays),
            first=row.first,
            quiet_minutes=row.quiet_minutes,
        ),
        topics=tuple(followed),
        state=SubscriberState(row.state),
        epoch=row.epoch,
        cursor=row.cursor,
        due_at=row.due_at,
        late=frozenset((topic, since) for topic, since in followed.items() if since > row.cursor),
        paused_until=row.paused_until,
        lost_zone=None if own_zone else row.timezone,
    )


def _zone(name: str) -> ZoneInfo | None:
    try:
        return time_zone(name)
    except ValueError:
        return None


def counts(connection: Connection) -> dict[SubscriberState, int]:
    """How many subscribers there are in each state."""
    rows = connection.execute(
        select(subscribers.c.state, func.count()).group_by(subscribers.c.state)
    )
    found = {SubscriberState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in SubscriberState}
