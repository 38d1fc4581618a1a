"""Deliveries as rows: queued when a digest is planned, listed, counted, shown and withdrawn.

Knows the table ``deliveries``. Must never know SMTP, nor how a delivery is sent.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Update,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from feeds.storage.columns import among, number_in
from feeds.storage.engines import upsert
from notifier.model import GONE, Cause, DeliveryState, NoticeKind, SubscriberState, folded
from notifier.storage.tables import deliveries, delivery_counts, subscribers
from notifier.storage.transitions import Transition, histories, note
from notifier.storage.transitions import forget as forget_steps

ON_ITS_WAY = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.SENDING)
#: Said of what a restore holds.
_RESTORED = "it waited in a backup that was put back, and may have been sent since"
_WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one address, and what became of it so far, step by step; its ``reader``, by
    the id that links have, lives in the ``timezone`` of that name. One that is no digest is a
    ``notice`` of some kind; ``items`` counts those of one that was made.
    """

    id: int
    subscriber: int
    reader: str
    period: str
    notice: str | None
    items: int | None
    recipient: str
    timezone: str
    state: DeliveryState
    due_at: datetime
    attempts: int
    in_doubt: int
    reply: str | None
    cause: Cause | None
    created_at: datetime
    tried_at: datetime | None
    settled_at: datetime | None
    steps: tuple[Transition, ...] = ()


_OTHERS = ("steps", "reader", "recipient", "timezone")
_ACTIVE = select(subscribers.c.id).where(subscribers.c.state == SubscriberState.ACTIVE)
_RECIPIENT = func.coalesce(deliveries.c.recipient, subscribers.c.address)
#: Whoever reads at an address that somebody left is told so, whatever becomes of that one, who may
#: have taken their mails.
IS_TOLD_TO_ANOTHER = func.coalesce(deliveries.c.notice, "") == NoticeKind.MOVED
_COLUMNS = [deliveries.c[field.name] for field in fields(Delivery) if field.name not in _OTHERS]


def notify(
    connection: Connection,
    kind: NoticeKind,
    occasions: Mapping[int, str],
    now: datetime,
    *,
    recipient: str | None = None,
) -> None:
    """A notice goes to each of these subscribers of an occasion of theirs, once, before all digests
    that wait. What it says is made when it leaves. It goes to their own address, unless another one
    is the ``recipient``.
    """
    notices = [
        _notice(kind, occasion, now) | {"subscriber": owner, "recipient": recipient}
        for owner, occasion in occasions.items()
    ]
    unique = [deliveries.c.subscriber, deliveries.c.period]
    upsert(connection, deliveries, notices, replace=False, key=unique)


def notify_reader(
    connection: Connection, address: str, kind: NoticeKind, occasion: str, now: datetime
) -> None:
    """The same for whoever gets digests under this address, if anybody does, in a time that does
    not tell; an occasion is asked for by one at a time.
    """
    notice = _notice(kind, occasion, now)
    had = deliveries.alias()
    is_had = select(had.c.id).where(
        had.c.subscriber == subscribers.c.id, had.c.period == notice["period"]
    )
    values = [literal(value, deliveries.c[name].type) for name, value in notice.items()]
    reader = select(subscribers.c.id, *values).where(
        subscribers.c.address_key == folded(address),
        subscribers.c.state == SubscriberState.ACTIVE,
        ~is_had.exists(),
    )
    connection.execute(insert(deliveries).from_select(["subscriber", *notice], reader))


def _notice(kind: NoticeKind, occasion: str, now: datetime) -> dict[str, object]:
    return {
        "period": f"{kind}-{occasion}",
        "notice": kind,
        "windows": "{}",
        "state": DeliveryState.QUEUED,
        "due_at": now,
        "attempts": 0,
        "in_doubt": 0,
        "created_at": now,
    }


def owner(connection: Connection, number: int) -> tuple[int, str | None] | None:
    """Whose delivery it is, by their key, and to whom it went where that was not their own address;
    None where there is none of that number.
    """
    columns = (deliveries.c.subscriber, deliveries.c.recipient)
    row = connection.execute(select(*columns).where(deliveries.c.id == number)).one_or_none()
    return (row.subscriber, row.recipient) if row else None


def drop(connection: Connection, owners: Sequence[int], now: datetime) -> None:
    """What still waits to be sent to these subscribers is not sent, but what another is told."""
    _drop(connection, deliveries.c.subscriber.in_(owners), now)


def withdraw(connection: Connection, numbers: Collection[int], now: datetime) -> None:
    """The same of the deliveries of these numbers."""
    _drop(connection, deliveries.c.id.in_(numbers), now)


def whose_reader_left(connection: Connection, numbers: Collection[int]) -> Sequence[int]:
    """Those of the deliveries whose reader left since they were planned: none is offered again.

    Their rows are locked before those of the deliveries, as by whoever leaves: who leaves at this
    very moment either is seen here, or sees what waits.
    """
    rows = connection.execute(
        select(deliveries.c.id, deliveries.c.created_at, subscribers.c.state, subscribers.c.left_at)
        .join_from(subscribers, deliveries, subscribers.c.id == deliveries.c.subscriber)
        .where(deliveries.c.id.in_(numbers))
        .order_by(subscribers.c.id)
        .with_for_update(read=True, of=subscribers)
    )
    # Who asks for something after they left waits for the mail that confirms it.
    gone = (row for row in rows if row.state in GONE)
    return [row.id for row in gone if row.left_at is None or row.created_at <= row.left_at]


def _drop(connection: Connection, which: ColumnElement[bool], now: datetime) -> None:
    waits = and_(which, deliveries.c.state.in_(_WAITING), ~IS_TOLD_TO_ANOTHER)
    dropped = update(deliveries).where(waits)
    _changed(connection, dropped.values(state=DeliveryState.SUPPRESSED, settled_at=now), now)


def pick_up(connection: Connection, owner: int, dropped_at: datetime, now: datetime) -> None:
    """What was dropped at that moment, as its reader left, is to be sent after all."""
    dropped = (
        deliveries.c.subscriber == owner,
        deliveries.c.state == DeliveryState.SUPPRESSED,
        deliveries.c.settled_at == dropped_at,
    )
    queued = update(deliveries).where(*dropped)
    again = queued.values(state=DeliveryState.QUEUED, due_at=now, settled_at=None)
    _changed(connection, again, now)


def release(connection: Connection, number: int, now: datetime, *, send: bool) -> bool:
    """A delivery held in doubt, or failed, is to be sent once more; one held counts as failed.

    False where none of that number is, or whose reader left meanwhile.
    """
    states = (DeliveryState.UNCERTAIN, DeliveryState.FAILED)
    which = and_(deliveries.c.id == number, deliveries.c.state.in_(states if send else states[:1]))
    if send:
        return bool(_again(connection, which, now))
    failed = update(deliveries).where(which).values(state=DeliveryState.FAILED, settled_at=now)
    return bool(_changed(connection, failed, now))


def release_refused(connection: Connection, now: datetime) -> int:
    """What failed or waits as a server refused us is to be sent now: how many there are."""
    states = (DeliveryState.FAILED, DeliveryState.DEFERRED)
    which = and_(deliveries.c.state.in_(states), deliveries.c.cause == Cause.OURS)
    return _again(connection, which, now)


def hold(connection: Connection, now: datetime) -> int:
    """What waits, or was on the wire, is held for a person: how many there are. It waited in a
    backup that was put back, and may have gone out since that was made.
    """
    waits = deliveries.c.state.in_(ON_ITS_WAY)
    held = {"state": DeliveryState.UNCERTAIN, "settled_at": now, "reply": _RESTORED, "lease": None}
    return _changed(connection, update(deliveries).where(waits).values(**held, cause=None), now)


def let_go(connection: Connection, now: datetime, *, send: bool) -> int:
    """What a restore held is to be sent, or is not sent any more: how many there are."""
    state = DeliveryState.UNCERTAIN
    which = and_(deliveries.c.state == state, deliveries.c.reply == _RESTORED)
    if send:
        return _again(connection, which, now)
    dropped = update(deliveries).where(which)
    return _changed(connection, dropped.values(state=DeliveryState.FAILED, settled_at=now), now)


def resend(connection: Connection, number: int, now: datetime) -> bool:
    """A delivery that was accepted is to be sent once more, to the last byte: who has it does not
    see it twice where their mailbox drops twins (RFC 5322 section 3.6.4).

    False where none of that number was, or its reader has left.
    """
    which = and_(deliveries.c.id == number, deliveries.c.state == DeliveryState.ACCEPTED)
    of_reader = deliveries.c.subscriber.in_(_ACTIVE)
    note(connection, and_(which, of_reader), deliveries.c.settled_at, was_tried=True)
    return bool(_again(connection, which, now))


def _again(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    """They are queued as if they had not been tried yet, but what is of who left meanwhile."""
    queued = (
        update(deliveries)
        .where(which, or_(deliveries.c.subscriber.in_(_ACTIVE), IS_TOLD_TO_ANOTHER))
        .values(state=DeliveryState.QUEUED, due_at=now, settled_at=None, attempts=0, tried_at=None)
    )
    return _changed(connection, queued, now)


def _changed(connection: Connection, change: Update, now: datetime) -> int:
    changed = connection.scalars(change.returning(deliveries.c.id)).all()
    if changed:
        note(connection, among(deliveries.c.id, changed), now, was_tried=False)
    return len(changed)


def is_anything_left(connection: Connection) -> bool:
    """Whether anything waits to be sent, or is being sent, now or later."""
    left = select(deliveries.c.id).where(deliveries.c.state.in_(ON_ITS_WAY)).limit(1)
    return connection.execute(left).first() is not None


def oldest_due(connection: Connection) -> datetime | None:
    """Since when the mail was to leave that waits for the longest, if any waits by now."""
    first = [
        connection.scalar(
            select(deliveries.c.due_at)
            .where(deliveries.c.state == state)
            .order_by(deliveries.c.due_at)
            .limit(1)
        )
        for state in ON_ITS_WAY
    ]
    return min(filter(None, first), default=None)


def queued(connection: Connection) -> int:
    """How many deliveries wait for their moment, or for a sender."""
    some = select(func.count()).where(deliveries.c.state == DeliveryState.QUEUED)
    return connection.execute(some).scalar_one()


def accepted(connection: Connection, domain: str, since: datetime) -> int:
    """How many to that domain, in lower case, were due since then and are accepted."""
    some = select(func.count()).join_from(
        deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber
    )
    is_it = (deliveries.c.state == DeliveryState.ACCEPTED, deliveries.c.due_at >= since)
    return connection.scalar(some.where(*is_it, _is_at(domain))) or 0


def go_on(connection: Connection, domain: str, until: datetime, now: datetime) -> int:
    """What waited for a pause of that domain to end then is to be sent: how many there are."""
    theirs = select(subscribers.c.id).where(_is_at(domain))
    waits = and_(deliveries.c.state == DeliveryState.QUEUED, deliveries.c.due_at == until)
    these = update(deliveries).where(waits, deliveries.c.subscriber.in_(theirs))
    return connection.execute(these.values(due_at=now)).rowcount


def _is_at(domain: str) -> ColumnElement[bool]:
    return func.lower(subscribers.c.address).endswith(f"@{domain}", autoescape=True)


def counts(connection: Connection) -> dict[DeliveryState, int]:
    """How many deliveries there are in each state, with those that are kept no longer."""
    here = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    gone = select(delivery_counts.c.state, func.sum(delivery_counts.c.count))
    found = Counter[str]()
    for query in (here, gone.group_by(delivery_counts.c.state)):
        found.update({state: int(count) for state, count in connection.execute(query)})
    return {state: found[state] for state in DeliveryState}


def forget(connection: Connection, before: datetime, after: int, most: int) -> int | None:
    """Of the next deliveries after a number, so many, those planned before a moment are counted and
    kept no longer: to whom they went, and what was said. What waits yet is kept.

    The number of the last one that was looked at; None where all that follow are to be kept.
    """
    columns = ("id", "created_at", "notice", "state")
    some = select(*(deliveries.c[name] for name in columns)).where(deliveries.c.id > after)
    # One that somebody is about to send again is left for the next time.
    some = some.order_by(deliveries.c.id).limit(most).with_for_update(skip_locked=True)
    rows = connection.execute(some).all()
    old = [row for row in rows if row.created_at < before and row.state not in ON_ITS_WAY]
    numbers = [row.id for row in old]
    counted = Counter((row.created_at.date(), row.notice or "", row.state) for row in old)
    for (day, notice, state), count in sorted(counted.items()):
        key = {"day": day, "notice": notice, "state": state}
        upsert(connection, delivery_counts, [key | {"count": 0}], replace=False)
        is_it = (delivery_counts.c[name] == value for name, value in key.items())
        more = update(delivery_counts).where(*is_it)
        connection.execute(more.values(count=delivery_counts.c.count + count))
    forget_steps(connection, numbers)
    connection.execute(delete(deliveries).where(among(deliveries.c.id, numbers)))
    return rows[-1].id if rows and rows[-1].created_at < before else None


def latest(
    connection: Connection,
    limit: int,
    state: DeliveryState | None = None,
    about: str | None = None,
    *,
    reader: str | None = None,
    before: int | None = None,
) -> list[Delivery]:
    """The deliveries planned last, the latest first; those in ``state`` where one is given, of a
    ``reader`` by the id that links have, and ``before`` the one of a number.

    ``about`` is a reader's address, a period (as 2026-11-24) or the id of one.
    """
    wanted = (
        select(*_COLUMNS, _RECIPIENT.label("recipient"), subscribers.c.timezone)
        .add_columns(subscribers.c.public_id.label("reader"))
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    if state is not None:
        wanted = wanted.where(deliveries.c.state == state)
    if about is not None:
        wanted = wanted.where(_about(about))
    if reader is not None:
        wanted = wanted.where(subscribers.c.public_id == reader)
    if before is not None:
        wanted = wanted.where(deliveries.c.id < before)
    rows = connection.execute(wanted).mappings().all()
    steps = histories(connection, [row["id"] for row in rows])
    return [_delivery(row, steps[row["id"]]) for row in rows]


def _about(text: str) -> ColumnElement[bool]:
    if "@" in text:
        return subscribers.c.address_key == folded(text)
    number = number_in(text)
    return deliveries.c.period == text if number is None else deliveries.c.id == number


def _delivery(row: RowMapping, steps: tuple[Transition, ...]) -> Delivery:
    cause = Cause(row["cause"]) if row["cause"] else None
    state = DeliveryState(row["state"])
    return Delivery(**{**row, "state": state, "cause": cause, "steps": steps})
