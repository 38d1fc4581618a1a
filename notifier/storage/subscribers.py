"""Subscribers as rows: who they are, what they asked for, and how they leave.

Knows the tables ``subscribers``, ``mutes``, ``subscriptions`` and ``coverage``, and that nothing is
told twice or never because somebody changes what they follow. Must never know when a digest is due.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    insert,
    select,
    update,
)

from feeds.model import TopicRef
from feeds.storage.columns import among
from feeds.storage.engines import upsert
from notifier.errors import UnknownSubscriber
from notifier.model import (
    GONE,
    Followed,
    Frequency,
    Subscriber,
    SubscriberState,
    folded,
)
from notifier.storage import cadences as stored
from notifier.storage import deliveries
from notifier.storage.followed.followed_spans import Following, begin, follow, stop
from notifier.storage.followed.subscriber_rows import every_row, people, people_by
from notifier.storage.tables import (
    coverage,
    mutes,
    subscribers,
    subscriptions,
)

_IS_KNOWN = subscribers.c.state != SubscriberState.ERASED


class FollowedSpan(NamedTuple):
    """A selection by its key that somebody follows, or did: they get what came to be of it by a
    change in ``(since, until]``, in the digests of one frequency.
    """

    key: int
    frequency: Frequency
    since: int
    reached: int
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Following):
    """All that somebody is to get from now on."""

    address: str
    language: str
    zone: ZoneInfo
    muted: tuple[TopicRef, ...] = ()
    paused_until: date | None = None


def put(
    connection: Connection,
    wanted: Wanted,
    *,
    public_id: str,
    now: datetime,
    known: Subscriber | None = None,
) -> Subscriber | None:
    """The person with this address is active and gets what is wanted.

    ``known`` is that person, locked, where somebody asked before. A new one is known as
    ``public_id``; None where somebody else made them known a moment ago. What is new of a selection
    reaches them by what happens from now on. One who had left has a new epoch.
    """
    if known is None:
        added = add(connection, {public_id: wanted}, now)
        if not added:
            return None
        [owner] = added.values()
    else:
        owner = known.id
        if known.state is not SubscriberState.ACTIVE:
            # What they followed before they left is over.
            follow(connection, owner, Following(), now)
        changed = _columns(wanted) | {"epoch": known.next_epoch}
        connection.execute(update(subscribers).where(subscribers.c.id == owner).values(changed))
        follow(connection, owner, wanted, now)
        connection.execute(mutes.delete().where(mutes.c.subscriber == owner))
        _mute(connection, {owner: wanted})
    return people(connection, every_row().where(subscribers.c.id == owner), wanted.zone)[0]


def add(connection: Connection, wanted: Mapping[str, Wanted], now: datetime) -> Mapping[str, int]:
    """People who are new, by the ids they are to have, are active and get what is wanted: their
    keys. Those whose address is somebody's already are left out.
    """
    rows = [
        {
            **_columns(each),
            "public_id": public_id,
            "address_key": folded(each.address),
            "epoch": 1,
            "created_at": now,
        }
        for public_id, each in wanted.items()
    ]
    unique, told = [subscribers.c.address_key], [subscribers.c.public_id, subscribers.c.id]
    new = upsert(connection, subscribers, rows, replace=False, key=unique, returning=told)
    added = {row.public_id: row.id for row in new}
    owners = {owner: wanted[public_id] for public_id, owner in added.items()}
    begin(connection, owners)
    _mute(connection, owners)
    return added


def _columns(wanted: Wanted) -> dict[str, object]:
    return {
        "address": wanted.address,
        "language": wanted.language,
        "timezone": wanted.zone.key,
        "paused_until": wanted.paused_until,
        "state": SubscriberState.ACTIVE,
        "left_at": None,
    }


def _mute(connection: Connection, wanted: Mapping[int, Wanted]) -> None:
    muted = [
        {"subscriber": owner, "topic": str(topic)}
        for owner, each in wanted.items()
        for topic in each.muted
    ]
    if muted:
        connection.execute(insert(mutes), muted)


def move(connection: Connection, person: Subscriber, address: str) -> None:
    """Somebody has another address, which is nobody else's; links in mails to the one before change
    nothing any more, but end the subscription.
    """
    moved = {"address": address, "address_key": folded(address), "epoch": person.epoch + 1}
    connection.execute(update(subscribers).where(subscribers.c.id == person.id).values(moved))


def by_address(
    connection: Connection, address: str, zone: ZoneInfo, *, lock: bool = False
) -> Subscriber | None:
    """Whoever has this address, in any spelling; with ``lock`` nobody else changes them. Here and
    below a ``zone`` stands for one that is no more.
    """
    return by_addresses(connection, [address], zone, lock=lock).get(folded(address))


def known(connection: Connection, address: str, zone: ZoneInfo) -> Subscriber:
    """The same of whom there has to be. Raises UnknownSubscriber."""
    person = by_address(connection, address, zone)
    if person is None:
        raise UnknownSubscriber(address)
    return person


def by_public_id(
    connection: Connection, public_id: str, zone: ZoneInfo, *, lock: bool = False
) -> Subscriber | None:
    found = every_row().where(subscribers.c.public_id == public_id)
    found = found.with_for_update(key_share=True) if lock else found
    return next(iter(people(connection, found, zone)), None)


def by_addresses(
    connection: Connection, addresses: Iterable[str], zone: ZoneInfo, *, lock: bool = False
) -> Mapping[str, Subscriber]:
    """Whoever has one of these addresses, in any spelling, by the address folded; with ``lock``
    nobody else changes them.
    """
    wanted = every_row().where(among(subscribers.c.address_key, map(folded, addresses)))
    wanted = wanted.with_for_update(key_share=True) if lock else wanted
    return people_by(subscribers.c.address_key, connection, wanted, zone)


def by_numbers(
    connection: Connection, numbers: Collection[int], zone: ZoneInfo
) -> Mapping[int, Subscriber]:
    """The people of these keys, by key."""
    wanted = every_row().where(among(subscribers.c.id, numbers))
    return people_by(subscribers.c.id, connection, wanted, zone)


def addresses(connection: Connection) -> Iterator[str]:
    """The address of each subscriber there ever was, but those who were erased."""
    return iter(connection.scalars(select(subscribers.c.address).where(_IS_KNOWN)))


def everybody(connection: Connection, zone: ZoneInfo) -> list[Subscriber]:
    """Every subscriber there ever was, in the order they came, but those who were erased."""
    return people(connection, every_row().where(_IS_KNOWN), zone)


def after(connection: Connection, number: int, limit: int, zone: ZoneInfo) -> list[Subscriber]:
    """The next subscribers with a higher key, in the order they came."""
    some = every_row().where(subscribers.c.id > number, _IS_KNOWN).limit(limit)
    return people(connection, some, zone)


def follow_only(
    connection: Connection, person: Subscriber, rest: Sequence[Followed], now: datetime
) -> None:
    """Of all that somebody follows, only the ``rest`` from now on."""
    kept = {each.frequency for each in rest}
    cadences = {often: each for often, each in person.cadences.items() if often in kept}
    following = Following(followed=tuple(rest), cadences=cadences, due=dict.fromkeys(cadences))
    follow(connection, person.id, following, now)


def leave(connection: Connection, public_id: str, now: datetime) -> bool:
    """The person gets no more mail, and what was queued for them is not sent; for a while they may
    take that back (`take_back`).

    False where there was nothing to end: nobody has this id, or they left before.
    """
    return _leave(connection, subscribers.c.public_id == public_id, now)


def leave_by_address(connection: Connection, address: str, now: datetime) -> bool:
    """As `leave`, whoever has this address, in any spelling."""
    return _leave(connection, subscribers.c.address_key == folded(address), now)


def _leave(connection: Connection, who: ColumnElement[bool], now: datetime) -> bool:
    known = select(subscribers.c.id, subscribers.c.state).where(who)
    row = connection.execute(known.with_for_update(key_share=True)).one_or_none()
    if row is None:
        return False
    leaves = row.state not in GONE
    if leaves:
        left = update(subscribers).where(subscribers.c.id == row.id)
        connection.execute(left.values(state=SubscriberState.LEFT, left_at=now))
        stop(connection, row.id)
    # Who left before, and says no once more, is not asked whether they come back, either.
    deliveries.drop(connection, [row.id], now)
    return leaves


def take_back(
    connection: Connection,
    person: Subscriber,
    followed: Sequence[Followed],
    due: Mapping[Frequency, datetime | None],
    now: datetime,
) -> None:
    """Whoever left follows what they did (`had`), as if they had not left, and gets what waited."""
    is_it = update(subscribers).where(subscribers.c.id == person.id)
    connection.execute(is_it.values(state=SubscriberState.ACTIVE, left_at=None))
    cadences = {often: person.cadences[often] for often in due}
    following = Following(followed=tuple(followed), cadences=cadences, due=due)
    follow(connection, person.id, following, now)
    if person.left_at:
        deliveries.pick_up(connection, person.id, person.left_at, now)


# -- What they follow ------------------------------------------------------------------------------


def followed(
    connection: Connection, owners: Collection[int]
) -> Mapping[int, Sequence[FollowedSpan]]:
    """What each of these people follows or did, in their order."""
    names = ("selection", "frequency", "since", "reached", "until")
    columns = (subscriptions.c[name] for name in names)
    rows = connection.execute(
        select(subscriptions.c.subscriber, *columns)
        .where(subscriptions.c.subscriber.in_(owners))
        .order_by(subscriptions.c.subscriber, subscriptions.c.position)
    )
    found = defaultdict[int, list[FollowedSpan]](list)
    for owner, key, frequency, *numbers in rows:
        found[owner].append(FollowedSpan(key, Frequency(frequency), *numbers))
    return found


def muted(connection: Connection, owners: Collection[int]) -> Mapping[int, frozenset[TopicRef]]:
    """The topics that these people want nothing of."""
    rows = connection.execute(select(mutes).where(mutes.c.subscriber.in_(owners)))
    found = defaultdict[int, set[TopicRef]](set)
    for owner, topic in rows:
        found[owner].add(TopicRef.parse(topic))
    return {owner: frozenset(topics) for owner, topics in found.items()}


def followers(connection: Connection, keys: Collection[int]) -> int:
    """How many people get any of these selections."""
    query = select(func.count(subscriptions.c.subscriber.distinct())).join(subscribers)
    is_live = and_(subscriptions.c.selection.in_(keys), subscriptions.c.until.is_(None))
    is_got = subscribers.c.state == SubscriberState.ACTIVE
    return connection.scalar(query.where(is_live, is_got)) or 0


def reached(connection: Connection, owner: int) -> Mapping[Frequency, int]:
    """Up to which change somebody's digests told what is new, of each frequency they still get."""
    is_got = and_(coverage.c.subscriber == owner, coverage.c.cadence.is_not(None))
    rows = connection.execute(select(coverage.c.frequency, coverage.c.cursor).where(is_got))
    return {Frequency(row.frequency): row.cursor for row in rows}


def last_planned(
    connection: Connection, owner: int, now: datetime
) -> Mapping[Frequency, tuple[date, datetime]]:
    """The day of somebody's last digest of each frequency, immediate mail apart, and when it was
    planned. What was planned later than ``now`` was so by a clock that was wrong.
    """
    query = select(coverage.c.frequency, coverage.c.period, coverage.c.planned_at)
    scheduled = and_(coverage.c.subscriber == owner, coverage.c.frequency != Frequency.IMMEDIATE)
    rows = connection.execute(query.where(scheduled, coverage.c.planned_at <= now))
    return {Frequency(row[0]): (date.fromisoformat(row[1]), row[2]) for row in rows}


def lost_zones(connection: Connection) -> dict[str, int]:
    """The names that are no time zones any more, and how many active subscribers have each."""
    rows = connection.execute(
        select(subscribers.c.timezone, func.count())
        .where(subscribers.c.state == SubscriberState.ACTIVE)
        .group_by(subscribers.c.timezone)
        .order_by(subscribers.c.timezone)
    )
    return {name: count for name, count in rows if stored.zone_named(name) is None}


def counts(connection: Connection) -> dict[SubscriberState, int]:
    """How many subscribers there are in each state."""
    rows = connection.execute(
        select(subscribers.c.state, func.count()).group_by(subscribers.c.state)
    )
    found = {SubscriberState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in SubscriberState}
