"""Erasing who somebody was: a keyed hash of their address stays, so that their no does.

Knows every table that says something of a person. Must never know who asked for it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from feeds.storage import columns
from notifier.model import NoticeKind, SubscriberState, folded
from notifier.storage import deliveries as stored
from notifier.storage import returns
from notifier.storage.suppressions import Keyed
from notifier.storage.tables import (
    consents,
    coverage,
    deliveries,
    mutes,
    requests,
    subscribers,
    subscriptions,
    transitions,
)

#: No mail address begins so, nor ends: it has an "@" within.
_HASHED = "#"


def erase(connection: Connection, owner: int, keyed: Keyed, now: datetime) -> str:
    """Nothing is known of somebody any more but the keyed hash of their address, which is returned.

    What they were sent is counted, and says no more to whom, or what; who reads at an address that
    they left is told so yet (`disown`). Their links end, but for
    those that end a subscription: who comes back by the same address leaves by them (`recall`).
    """
    whose = subscribers.c.id == owner
    address: str = connection.scalars(
        select(subscribers.c.address).where(whose).with_for_update(key_share=True)
    ).one()
    stored.drop(connection, [owner], now)
    hashed = keyed(address)
    _disown(connection, deliveries.c.subscriber == owner)
    returns.disown(connection, owner)
    for table in (consents, coverage, mutes, requests, subscriptions):
        connection.execute(delete(table).where(table.c.subscriber == owner))
    # Somebody else may have had this address before.
    connection.execute(
        update(subscribers)
        .where(subscribers.c.address_key == f"{_HASHED}{hashed}")
        .values(address_key=_HASHED + subscribers.c.public_id)
    )
    connection.execute(
        update(subscribers)
        .where(whose)
        .values(
            address="",
            address_key=f"{_HASHED}{hashed}",
            language="",
            timezone="",
            paused_until=None,
            left_at=None,
            state=SubscriberState.ERASED,
            epoch=subscribers.c.epoch + 1,
        )
    )
    return hashed


def disown(connection: Connection) -> None:
    """What was told to addresses that those left who are erased says no more to whom."""
    erased = select(subscribers.c.id).where(subscribers.c.state == SubscriberState.ERASED)
    was_told = (deliveries.c.notice == NoticeKind.MOVED, deliveries.c.recipient.is_not(None))
    _disown(connection, *was_told, deliveries.c.subscriber.in_(erased))


def _disown(connection: Connection, *which: ColumnElement[bool]) -> None:
    """These deliveries say no more to whom they went, or what, but those that are to go yet."""
    is_over = or_(~stored.IS_TOLD_TO_ANOTHER, deliveries.c.state.not_in(stored.ON_ITS_WAY))
    these = select(deliveries.c.id).where(*which, is_over)
    connection.execute(delete(transitions).where(transitions.c.delivery.in_(these)))
    over = update(deliveries).where(*which, is_over)
    connection.execute(over.values(rendering=None, reply=None, recipient=None))


def recall(connection: Connection, address: str, keyed: Keyed) -> None:
    """Whoever was erased under this address, and asks for mail by it again, is who they were: links
    in their old mails say no for them as they did.
    """
    now_theirs = subscribers.alias()
    is_taken = select(now_theirs.c.id).where(now_theirs.c.address_key == folded(address)).exists()
    connection.execute(
        update(subscribers)
        .where(subscribers.c.address_key == f"{_HASHED}{keyed(address)}", ~is_taken)
        .values(address=address, address_key=folded(address), state=SubscriberState.LEFT)
    )


def among(connection: Connection, hashes: Collection[str]) -> frozenset[str]:
    """Those of the keyed hashes of addresses under which somebody was erased."""
    keys = [f"{_HASHED}{each}" for each in hashes]
    found = select(subscribers.c.address_key).where(columns.among(subscribers.c.address_key, keys))
    return frozenset(key.removeprefix(_HASHED) for key in connection.scalars(found))


def left_before(connection: Connection, before: datetime, most: int) -> Sequence[int]:
    """Some who left before a moment, and are known yet; nobody else changes them."""
    rows = (
        select(subscribers.c.id)
        .where(subscribers.c.left_at < before, subscribers.c.state == SubscriberState.LEFT)
        .limit(most)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return connection.scalars(rows).all()
