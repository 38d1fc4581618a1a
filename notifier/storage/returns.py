"""What came back of mails, as rows: each once, however often and whichever way it comes.

Knows the table ``returns``, and ``pauses`` of domains of which too much came back. Must never know
what a mail says, or what is too much.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from feeds.storage.engines import upsert
from notifier.storage import deliveries
from notifier.storage.sending import Claimed
from notifier.storage.tables import pauses, returns, subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One mail that came back, or an event told by a service: of which delivery and subscriber, as
    far as they are known, of which domain, what followed, and which ``way`` it came.
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
    way: str


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


def readers(
    connection: Connection,
    domain: str,
    kind: str,
    since: datetime,
    consequences: Collection[str],
) -> int:
    """Of how many readers of a domain that kind came back since then, with one of these
    consequences.
    """
    theirs = (
        *(returns.c.domain == domain, returns.c.at >= since, returns.c.kind == kind),
        returns.c.consequence.in_(consequences),
    )
    return (
        connection.scalar(select(func.count(returns.c.subscriber.distinct())).where(*theirs)) or 0
    )


def latest(connection: Connection, limit: int, address_key: str = "") -> list[Return]:
    """What came back last, the latest first; of one address where it is given, folded."""
    wanted = select(*_COLUMNS).order_by(returns.c.id.desc()).limit(limit)
    if address_key:
        theirs = select(subscribers.c.id).where(subscribers.c.address_key == address_key)
        wanted = wanted.where(returns.c.subscriber.in_(theirs))
    return [Return(**row) for row in connection.execute(wanted).mappings()]


def counts(connection: Connection, since: datetime) -> Mapping[str, Mapping[str, int]]:
    """How many of each kind came back since then, by domain."""
    grouped = (returns.c.domain, returns.c.kind)
    some = select(*grouped, func.count()).where(returns.c.at >= since)
    found = defaultdict[str, dict[str, int]](dict)
    for domain, kind, count in connection.execute(some.group_by(*grouped).order_by(*grouped)):
        found[domain][kind] = count
    return dict(found)


def ways(connection: Connection, since: datetime) -> Mapping[str, int]:
    """How many came back since then, by the way they came."""
    some = select(returns.c.way, func.count()).where(returns.c.at >= since)
    rows = connection.execute(some.group_by(returns.c.way).order_by(returns.c.way))
    return {way: count for way, count in rows}  # noqa: C416 - of rows, which are no pairs to mypy


def disown(connection: Connection, subscriber: int) -> None:
    """What came back of somebody's is counted, and says no more whose it was."""
    theirs = update(returns).where(returns.c.subscriber == subscriber)
    connection.execute(theirs.values(subscriber=None, delivery=None, diagnostic=""))


def forget(connection: Connection, before: datetime) -> None:
    """What came back earlier is no longer on record, nor are pauses that were over by then."""
    connection.execute(delete(returns).where(returns.c.at < before))
    connection.execute(delete(pauses).where(pauses.c.until < before))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Digests to a domain wait, or did, ``since`` a moment ``until`` another."""

    domain: str
    since: datetime
    until: datetime


def pause(connection: Connection, domain: str, now: datetime, until: datetime) -> None:
    """Digests to the domain wait until then."""
    upsert(connection, pauses, [{"domain": domain, "since": now, "until": until}])


def end_pause(connection: Connection, domain: str, now: datetime) -> Pause | None:
    """The domain is not paused any more: what pause it was, None where it was in none."""
    is_it = (pauses.c.domain == domain, pauses.c.until > now)
    row = (
        connection.execute(select(pauses).where(*is_it).with_for_update()).mappings().one_or_none()
    )
    connection.execute(update(pauses).where(*is_it).values(until=now))
    return Pause(**row) if row else None


def let_go(connection: Connection, domain: str, now: datetime) -> int | None:
    """The same, and what waited for the end of that pause is to be sent: how many there are; None
    where it was in none.
    """
    ended = end_pause(connection, domain.lower(), now)
    return deliveries.go_on(connection, domain.lower(), ended.until, now) if ended else None


def pause_over(connection: Connection, domain: str, now: datetime) -> datetime | None:
    """When its last pause was over; None where there was none, or it goes on."""
    over = select(pauses.c.until).where(pauses.c.domain == domain, pauses.c.until <= now)
    return connection.scalar(over)


def paused(connection: Connection, now: datetime) -> dict[str, Pause]:
    """The pauses that go on, by domain."""
    going_on = select(pauses).where(pauses.c.until > now).order_by(pauses.c.domain)
    return {row["domain"]: Pause(**row) for row in connection.execute(going_on).mappings()}


def waiting(
    connection: Connection, claimed: Collection[Claimed], now: datetime
) -> dict[int, datetime]:
    """Those of the deliveries that wait for a pause to end, by their numbers, and until when.

    A notice does not: somebody asked for it, and waits.
    """
    if not (claimed and (held := paused(connection, now))):
        return {}
    domains = {one.id: domain_of(one.address) for one in claimed if one.notice is None}
    return {number: held[domain].until for number, domain in domains.items() if domain in held}


def domain_of(address: str) -> str:
    """The same for every address of a domain."""
    return address.rpartition("@")[2].lower()
