"""What came back of mails, as rows: each once, however often and whichever way it comes.

Knows the table ``returns``. Must never know what a mail says, or what follows from it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from feeds.storage.columns import among
from feeds.storage.engines import upsert
from notifier.storage.tables import returns, subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One mail that came back, or an event told by a service: of which delivery and subscriber, as
    far as they are known, of which domain, and what followed.
    """

    key: str
    at: datetime
    kind: str
    delivery: int | None
    subscriber: int | None
    domain: str
    status: str
    diagnostic: str
    consequence: str


_COLUMNS = [returns.c[field.name] for field in fields(Return)]


def add(connection: Connection, one: Return) -> bool:
    """It is on record; False where it was before."""
    key = [returns.c.key]
    told = [returns.c.id]
    return bool(upsert(connection, returns, [asdict(one)], replace=False, key=key, returning=told))


def passed(connection: Connection, subscriber: int, kinds: Collection[str], since: datetime) -> int:
    """How many of these kinds came back of a subscriber's since then."""
    theirs = (returns.c.subscriber == subscriber, returns.c.at >= since, returns.c.kind.in_(kinds))
    return connection.scalar(select(func.count()).where(*theirs)) or 0


def latest(connection: Connection, limit: int, address_key: str = "") -> list[Return]:
    """What came back last, the latest first; of one address where it is given, folded."""
    wanted = select(*_COLUMNS).order_by(returns.c.id.desc()).limit(limit)
    if address_key:
        theirs = select(subscribers.c.id).where(subscribers.c.address_key == address_key)
        wanted = wanted.where(returns.c.subscriber.in_(theirs))
    return [Return(**row) for row in connection.execute(wanted).mappings()]


def of_deliveries(
    connection: Connection, deliveries: Sequence[int]
) -> Mapping[int, Sequence[Return]]:
    """What came back of each of these deliveries, the first first."""
    wanted = select(*_COLUMNS).where(among(returns.c.delivery, deliveries)).order_by(returns.c.id)
    found = defaultdict[int, list[Return]](list)
    for row in connection.execute(wanted).mappings():
        found[row["delivery"]].append(Return(**row))
    return found


def counts(connection: Connection, since: datetime) -> Mapping[str, Mapping[str, int]]:
    """How many of each kind came back since then, by domain."""
    grouped = (returns.c.domain, returns.c.kind)
    some = select(*grouped, func.count()).where(returns.c.at >= since)
    found = defaultdict[str, dict[str, int]](dict)
    for domain, kind, count in connection.execute(some.group_by(*grouped).order_by(*grouped)):
        found[domain][kind] = count
    return dict(found)


def disown(connection: Connection, subscriber: int) -> None:
    """What came back of somebody's is counted, and says no more whose it was."""
    theirs = update(returns).where(returns.c.subscriber == subscriber)
    connection.execute(theirs.values(subscriber=None, delivery=None, diagnostic=""))


def forget(connection: Connection, before: datetime) -> None:
    """What came back earlier is no longer on record."""
    connection.execute(delete(returns).where(returns.c.at < before))
