"""A subscriber out of rows, and the rows that are none.

Knows which columns make a person and what they follow. Must never know which people are wanted.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, Select, select

from feeds.model import TopicKind, TopicRef
from notifier.errors import UnusableAddress
from notifier.model import Cadence, Frequency, Subscriber, SubscriberState
from notifier.storage.tables import selections, subscribers
from notifier.subscribers.address import mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A row that is no valid subscriber (any more), and why."""

    id: int
    problem: str


def rows() -> Select[Any]:
    """The rows of everybody, in the order they came; narrow them down before reading."""
    return select(subscribers).order_by(subscribers.c.id)


def one(connection: Connection, wanted: Select[Any]) -> Subscriber | None:
    """The one person among the rows, None where there is nobody."""
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _subscriber(row, _topics(connection, wanted)[row.id])


def people(connection: Connection, wanted: Select[Any]) -> list[Subscriber | Broken]:
    """Everybody among the rows; one that makes no sense does not hide the others."""
    found = connection.execute(wanted).all()
    topics = _topics(connection, wanted)
    return [_subscriber_or_broken(row, topics[row.id]) for row in found]


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


def _subscriber_or_broken(row: Row[Any], topics: Iterable[Row[Any]]) -> Subscriber | Broken:
    try:
        mailbox(row.address)
        return _subscriber(row, topics)
    except UnusableAddress:
        # Its own text names the address, and a problem is logged.
        return Broken(id=row.id, problem="the domain of its address is no host name")
    except (ValueError, ZoneInfoNotFoundError) as error:
        return Broken(id=row.id, problem=str(error))


def _subscriber(row: Row[Any], topics: Iterable[Row[Any]]) -> Subscriber:
    followed = {TopicRef(TopicKind(topic.kind), topic.slug): topic.since for topic in topics}
    return Subscriber(
        id=row.id,
        public_id=row.public_id,
        address=row.address,
        language=row.language,
        cadence=Cadence(
            frequency=Frequency(row.frequency),
            minute=row.minute,
            zone=ZoneInfo(row.timezone),
            weekday=row.weekday,
        ),
        topics=tuple(followed),
        state=SubscriberState(row.state),
        epoch=row.epoch,
        cursor=row.cursor,
        due_at=row.due_at,
        late=frozenset((topic, since) for topic, since in followed.items() if since > row.cursor),
    )
