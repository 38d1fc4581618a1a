"""What people asked for and have to confirm, and by what they agreed, as rows.

Knows the tables ``requests`` and ``consents``, and who is known by having asked alone. Must never
know what is written to them, or which pages ask.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, exists, insert, or_, select, update

from feeds.storage.columns import among
from feeds.storage.engines import upsert
from notifier.model import Consent, ConsentKind, Frequency, Shown, SubscriberState, folded
from notifier.storage.cadences import days_of, spelt_days
from notifier.storage.tables import consents, deliveries, requests, subscribers, transitions

#: Before anybody left.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asked for: selections by their queries, all news by "", and how often. A
    ``minute`` and ``weekdays`` are said where the usual ones are not meant. Where an ``address`` is
    said, it is to take the place of the one they have, and nothing else is asked for.
    """

    queries: tuple[str, ...]
    frequency: Frequency
    timezone: str
    language: str
    minute: int | None = None
    weekdays: frozenset[int] = frozenset()
    address: str | None = None


class AskedBy(NamedTuple):
    """An address that somebody gave, and what they asked for."""

    address: str
    asked: Asked


class KnownBy(NamedTuple):
    """Under which key somebody is known, and in which state they are."""

    id: int
    state: SubscriberState


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRequest:
    """What was asked for, by whom, and whether it was confirmed."""

    id: int
    subscriber: int
    asked: Asked
    shown: Shown
    asked_at: datetime
    confirmed_at: datetime | None


def make_known(
    connection: Connection, asking: Mapping[str, AskedBy], now: datetime
) -> Mapping[str, KnownBy]:
    """Those who have these addresses are known, by these public ids where they are new; each is
    told by the address folded, and nobody else changes or forgets them. Who is known already stays
    who they are: whoever asks may be anybody.

    The same statement runs whoever it is, so that its time tells nobody anything.
    """
    new = [
        {
            "public_id": public_id,
            "address": address,
            "address_key": folded(address),
            "language": asked.language,
            "timezone": asked.timezone,
            "state": SubscriberState.PENDING,
            "epoch": 1,
            "created_at": now,
        }
        for public_id, (address, asked) in asking.items()
    ]
    # In one order, so that no two wait for each other's.
    new.sort(key=itemgetter("address_key"))
    kept = {"state": subscribers.c.state}
    key, told = [subscribers.c.address_key], ("address_key", "id", "state")
    columns = [subscribers.c[name] for name in told]
    rows = upsert(connection, subscribers, new, replace=kept, key=key, returning=columns)
    return {row.address_key: KnownBy(row.id, SubscriberState(row.state)) for row in rows}


def ask(
    connection: Connection, asked: Mapping[int, Asked], shown: Shown, now: datetime
) -> Mapping[int, int]:
    """What people asked for, by their keys, is on record, unconfirmed: its numbers."""
    rows = [
        {"subscriber": owner, "asked_at": now, **_spelt(each), **_proof(shown)}
        for owner, each in asked.items()
    ]
    if not rows:
        return {}
    told = insert(requests).returning(requests.c.subscriber, requests.c.id)
    return {row.subscriber: row.id for row in connection.execute(told, rows)}


def is_asked(
    connection: Connection, address: str, asked: Asked, shown: Shown, since: datetime
) -> bool:
    """Whether whoever has this address asked for the very same, seeing the same, since a moment and
    since they left. The same statement runs whoever it is.
    """
    same = _spelt(asked) | {name: text for name, text in _proof(shown).items() if name != "network"}
    whose = (
        subscribers.c.address_key == folded(address),
        or_(subscribers.c.left_at.is_(None), requests.c.asked_at > subscribers.c.left_at),
    )
    theirs = select(requests.c.id).join(subscribers).where(*whose, requests.c.asked_at >= since)
    are_same = (requests.c[name].is_not_distinct_from(value) for name, value in same.items())
    return connection.execute(theirs.where(*are_same).limit(1)).first() is not None


def open_of(connection: Connection, owners: Collection[int]) -> Mapping[int, frozenset[str]]:
    """What each of these people asked for and has not confirmed, by the queries of it."""
    theirs = (among(requests.c.subscriber, owners), requests.c.confirmed_at.is_(None))
    found = defaultdict[int, set[str]](set)
    for owner, queries in connection.execute(
        select(requests.c.subscriber, requests.c.queries).where(*theirs)
    ):
        found[owner].update(json.loads(queries))
    return {owner: frozenset(queries) for owner, queries in found.items()}


def among_requests(connection: Connection, numbers: Collection[int]) -> Mapping[int, AskedRequest]:
    """The requests of these numbers that there are, by number."""
    rows = connection.execute(select(requests).where(among(requests.c.id, numbers)))
    return {row.id: _request(row) for row in rows}


def of_person(connection: Connection, number: int, public_id: str) -> AskedRequest | None:
    """Somebody's request; None where nobody of this id made one of that number."""
    whose = select(requests).join(subscribers).where(subscribers.c.public_id == public_id)
    row = connection.execute(whose.where(requests.c.id == number)).one_or_none()
    return _request(row) if row else None


def of_owner(connection: Connection, owner: int) -> Sequence[AskedRequest]:
    """All that somebody asked for, the first first."""
    rows = select(requests).where(requests.c.subscriber == owner).order_by(requests.c.id)
    return [_request(row) for row in connection.execute(rows)]


def agree(connection: Connection, owner: int, consent: Consent, now: datetime) -> None:
    """That somebody agreed is on record; once, where it is what they asked for on a page."""
    if consent.request is not None:
        open_yet = (requests.c.id == consent.request, requests.c.confirmed_at.is_(None))
        confirmed = update(requests).where(*open_yet).values(confirmed_at=now)
        if not connection.execute(confirmed).rowcount:
            return
    on_record(connection, [owner], consent, now)


def on_record(
    connection: Connection, owners: Collection[int], consent: Consent, now: datetime
) -> None:
    """That all these people agreed is on record."""
    rows = [
        {
            "subscriber": owner,
            "how": consent.how,
            "source": consent.source,
            "asked_at": consent.asked_at,
            "at": now,
            **_proof(consent.shown),
        }
        for owner in owners
    ]
    if rows:
        connection.execute(insert(consents), rows)


def consents_of(
    connection: Connection, owners: Collection[int]
) -> Mapping[int, Sequence[tuple[Consent, datetime]]]:
    """All that each of these people agreed to, and when, the first first."""
    theirs = select(consents).where(among(consents.c.subscriber, owners))
    found = defaultdict[int, list[tuple[Consent, datetime]]](list)
    for row in connection.execute(theirs.order_by(consents.c.id)):
        consent = Consent(
            how=ConsentKind(row.how),
            source=row.source,
            asked_at=row.asked_at,
            shown=_shown(row),
        )
        found[row.subscriber].append((consent, row.at))
    return found


def forget(connection: Connection, before: datetime) -> int:
    """What was asked for earlier and never confirmed is gone: of how many people. Whoever was known
    by that alone is gone with it; who was erased before, and is known by that again, is as if they
    had left so long ago that they are to be erased.
    """
    old = (requests.c.asked_at < before, requests.c.confirmed_at.is_(None))
    # Before all else, so that each is looked at as they are from then on: whoever asks, confirms or
    # is subscribed at this moment is left for the next time.
    theirs = select(subscribers.c.id).where(
        subscribers.c.id.in_(select(requests.c.subscriber).where(*old))
    )
    owners = connection.scalars(theirs.with_for_update(skip_locked=True)).all()
    connection.execute(delete(requests).where(*old, among(requests.c.subscriber, owners)))
    waits = exists().where(
        requests.c.subscriber == subscribers.c.id, requests.c.confirmed_at.is_(None)
    )
    over = select(subscribers.c.id).where(among(subscribers.c.id, owners), ~waits)
    strangers = connection.scalars(over.where(subscribers.c.state == SubscriberState.PENDING)).all()
    theirs = select(deliveries.c.id).where(among(deliveries.c.subscriber, strangers))
    connection.execute(delete(transitions).where(transitions.c.delivery.in_(theirs)))
    for table in (deliveries, requests):
        connection.execute(delete(table).where(among(table.c.subscriber, strangers)))
    connection.execute(delete(subscribers).where(among(subscribers.c.id, strangers)))
    # Who left is known since then, who was erased before by this alone.
    recalled = subscribers.c.id.in_(over), subscribers.c.state == SubscriberState.LEFT
    known = update(subscribers).where(*recalled, subscribers.c.left_at.is_(None))
    connection.execute(known.values(left_at=_LONG_AGO))
    return len(owners)


def _spelt(asked: Asked) -> dict[str, Any]:
    return {
        "purpose": "address" if asked.address else "subscribe",
        "address": asked.address,
        "queries": json.dumps(asked.queries),
        "frequency": asked.frequency,
        "minute": asked.minute,
        "weekdays": spelt_days(asked.weekdays),
        "timezone": asked.timezone,
        "language": asked.language,
    }


def _proof(shown: Shown) -> Mapping[str, str | None]:
    return {
        "page": shown.page,
        "shown": shown.text,
        "version": shown.version,
        "network": shown.network,
    }


def _shown(row: Row[Any]) -> Shown:
    return Shown(page=row.page, text=row.shown, version=row.version, network=row.network)


def _request(row: Row[Any]) -> AskedRequest:
    return AskedRequest(
        id=row.id,
        subscriber=row.subscriber,
        asked=Asked(
            queries=tuple(json.loads(row.queries)),
            frequency=Frequency(row.frequency),
            timezone=row.timezone,
            language=row.language,
            minute=row.minute,
            weekdays=days_of(row.weekdays),
            address=row.address,
        ),
        shown=_shown(row),
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
    )
