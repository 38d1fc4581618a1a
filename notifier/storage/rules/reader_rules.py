"""What has to hold of readers, of what they follow and of their deliveries.

Knows the rules of the notifier's tables. Must never know how a rule came to be broken.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from feeds.errors import MalformedSelection
from feeds.selection import Selection
from feeds.storage.copies.engine_faults import StoreFault, broken
from feeds.storage.database import last_number
from feeds.storage.tables import items
from notifier.errors import UnusableAddress
from notifier.model import DeliveryState, SubscriberState, folded
from notifier.storage.matches import matched
from notifier.storage.tables import (
    cadences,
    coverage,
    deliveries,
    matches,
    selections,
    subscribers,
    subscriptions,
)

_AHEAD = "a backup that is older than the rest was put back by hand: use `fieldfare restore`"
_NEWER = "a newer version wrote them: install that one"
_CHANGE = "`fieldfare subscribers change ADDRESS` says anew what they follow"

#: What is told where there are such rows, what to do, and which of them is named.
_Rule = tuple[str, str, ColumnElement[Any], ColumnElement[bool]]


def wrong(connection: Connection) -> Iterator[StoreFault]:
    """What does not hold; readers are named by their keys, never by address."""
    yield from _cursors(connection)
    for what, remedy, example, which in (*_of_deliveries(), *_of_readers()):
        yield from broken(connection, what, remedy, example, which)
    yield from _addresses(connection)
    yield from _selections(connection)


def _of_deliveries() -> Iterator[_Rule]:
    owner = select(subscribers.c.id).where(subscribers.c.id == deliveries.c.subscriber)
    yield "deliveries to nobody", "nothing: they are never sent", deliveries.c.id, ~owner.exists()
    is_other = deliveries.c.state.not_in([*DeliveryState])
    yield "deliveries in a state that is none", _NEWER, deliveries.c.id, is_other


def _of_readers() -> Iterator[_Rule]:
    is_other = subscribers.c.state.not_in([*SubscriberState])
    yield "readers in a state that is none", _NEWER, subscribers.c.id, is_other
    found = select(items.c.number).where(items.c.number == matches.c.item)
    yield "matches of an item that is not there", _AHEAD, matches.c.item, ~found.exists()
    covered = select(coverage.c.subscriber).where(
        coverage.c.subscriber == subscriptions.c.subscriber,
        coverage.c.frequency == subscriptions.c.frequency,
        coverage.c.cadence.is_not(None),
    )
    active = select(subscribers.c.id).where(subscribers.c.state == SubscriberState.ACTIVE)
    is_followed = and_(
        subscriptions.c.until.is_(None), subscriptions.c.subscriber.in_(active), ~covered.exists()
    )
    what = "readers who follow something, and are due for no mail of it"
    yield what, _CHANGE, subscriptions.c.subscriber, is_followed


def _cursors(connection: Connection) -> Iterator[StoreFault]:
    last = last_number(connection, "changes")
    for column, most in (
        (coverage.c.cursor, last),
        (cadences.c.cursor, last),
        (subscriptions.c.since, last),
        (subscriptions.c.until, last),
        (matches.c.number, matched(connection)),
    ):
        what = f"{column.table.name}.{column.name} is beyond the last change"
        yield from broken(connection, what, _AHEAD, column, column > most)


def _addresses(connection: Connection) -> Iterator[StoreFault]:
    """Each reader is found by the address that they have."""
    columns = (subscribers.c.id, subscribers.c.address, subscribers.c.address_key)
    states = (SubscriberState.ACTIVE, SubscriberState.PENDING)
    rows = connection.execute(select(*columns).where(subscribers.c.state.in_(states)))
    lost = [row.id for row in rows if not _is_found(row.address, row.address_key)]
    if lost:
        yield StoreFault(
            what="readers who are not found by their address",
            count=len(lost),
            example=str(min(lost)),
            remedy="subscribe them anew, and have them erased under the key that is told",
        )


def _is_found(address: str, key: str) -> bool:
    try:
        return folded(address) == key
    except UnusableAddress:
        return False


def _selections(connection: Connection) -> Iterator[StoreFault]:
    """Each selection can be read."""
    unread = []
    for row in connection.execute(select(selections.c.id, selections.c.query)):
        try:
            Selection.parse(row.query)
        except MalformedSelection:
            unread.append(row.query)
    if unread:
        yield StoreFault(
            what="selections that ask for nothing that there is",
            count=len(unread),
            example=unread[0],
            remedy=_CHANGE,
        )
