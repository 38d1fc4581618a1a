"""Deliveries on their way: claimed by a node, settled by it, or recovered when it vanished.

Knows which state follows which in the table ``deliveries``. Must never know SMTP or what a reply
means.

What a node claimed stays queued, under its lease; it is marked ``sending`` when it is about to
leave whole, which alone puts it in doubt.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError

from feeds.storage.columns import AtOnce, Cell, Instant, Number, as_text, paired, pairs
from feeds.storage.engines import Spelt
from notifier.errors import UnusableAddress
from notifier.model import Cause, DeliveryState, Frequency, Settlement, Window, mailbox
from notifier.storage import senders, suppressions
from notifier.storage.deliveries import drop, whose_reader_left, withdraw
from notifier.storage.suppressions import Keyed, Suppression
from notifier.storage.tables import deliveries, subscribers
from notifier.storage.transitions import note

#: Said of what was on the wire when its sender died, and of an outcome that cannot be written.
_DIED = "its sender ended before an answer was on record"
_NOT_RECORDED = "the store did not take what became of it"
#: What is wrong with a row; anything else is wrong with the store.
_NOT_TAKEN = (DataError, IntegrityError, UnicodeError)
#: Why an address is suppressed that its own server declared dead.
_REFUSED = "refused"


class Claimed(NamedTuple):
    """A delivery that is this node's to send, and no other's; ``rendering`` names what it told if
    its message was made before, ``notice`` its kind where it is no digest.
    """

    windows: Mapping[Frequency, Window]
    id: int
    subscriber: int
    public_id: str
    epoch: int
    address: str
    language: str
    timezone: str
    period: str
    rendering: str | None
    attempts: int
    in_doubt: int
    created_at: datetime
    tried_at: datetime | None
    notice: str | None = None

    @property
    def recipient(self) -> str:
        """The address as an SMTP command wants it, "" where there is no such form."""
        try:
            return mailbox(self.address)
        except UnusableAddress:
            return ""


# Made once: these run for every few messages, and making them would take longer than running them.
_MAY_LEAVE = senders.may_leave(deliveries.c.notice)
_FIRST = (
    select(deliveries.c.id)
    .where(
        deliveries.c.state == DeliveryState.QUEUED,
        deliveries.c.due_at <= bindparam("at"),
        senders.is_free(deliveries.c.lease),
        _MAY_LEAVE,
    )
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_NOTICES, _ANYTHING = map(AtOnce, (_FIRST.where(senders.is_answer(deliveries.c.notice)), _FIRST))
# A group goes to the store in one statement, so that its thread waits once for all of them.
_GROUP = pairs("group")
_DELIVERY, _AGAIN_AT = Cell(_GROUP.c.key, Number), Cell(_GROUP.c.value, Instant())
_OURS = and_(deliveries.c.id == _DELIVERY, deliveries.c.lease == bindparam("by"))
# Rows are found by their ids: SQLite would rather read all that are in a state.
_BOTH = (DeliveryState.QUEUED, DeliveryState.SENDING)
_QUEUED, _SENDING = (deliveries.c.state.concat("") == state for state in _BOTH)
_TAKE = (
    update(deliveries)
    .where(deliveries.c.id == _DELIVERY)
    .values(lease=bindparam("by"), node=bindparam("who"), claimed_at=bindparam("at"))
)
_MARK = Spelt(
    update(deliveries).where(_OURS, _QUEUED, _MAY_LEAVE).values(state=DeliveryState.SENDING)
)
_TAKE_BACK = Spelt(update(deliveries).where(_OURS, _SENDING).values(state=DeliveryState.QUEUED))
_MARKED = select(deliveries.c.id).where(_OURS, _SENDING)
_POSTPONE = Spelt(update(deliveries).where(_OURS, _QUEUED).values(due_at=_AGAIN_AT, lease=None))
_ADDRESS = func.coalesce(deliveries.c.recipient, subscribers.c.address).label("address")
_OF_READER = {name: subscribers.c[name] for name in ("public_id", "epoch", "language", "timezone")}
_READ = {**deliveries.c, **_OF_READER, "address": _ADDRESS}
_CLAIMED = select(*(_READ[name] for name in Claimed._fields)).join_from(
    deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber
)
_BY_ID = AtOnce(_CLAIMED.where(deliveries.c.id.in_(select(_DELIVERY))))
_OF_PERIOD = AtOnce(
    _CLAIMED.where(
        subscribers.c.public_id == bindparam("reader"), deliveries.c.period == bindparam("of")
    )
)
# Not by in_(), whose list would be made anew for each group.
_ENDED = update(deliveries).where(_OURS, or_(_SENDING, _QUEUED))
_TRY_AGAIN = Spelt(_ENDED.values(due_at=_AGAIN_AT))
# Nearly all that end at one moment end alike, but for what was said.
_SETTLE = Spelt(
    _ENDED.values(
        state=bindparam("becomes"),
        reply=Cell(_GROUP.c.value, Text()),
        settled_at=Cell(bindparam("at", type_=Text()), Instant()),
        attempts=deliveries.c.attempts + 1,
        in_doubt=deliveries.c.in_doubt + bindparam("doubt"),
        cause=bindparam("because"),
        tried_at=func.coalesce(deliveries.c.tried_at, deliveries.c.claimed_at),
        lease=None,
    )
)


def waiting(connection: Connection, node: str, now: datetime, *, enough: int) -> int:
    """How many deliveries there are to send or to recover now, counted no further than enough.

    Only for a node that sends nothing at present: what it left behind is among them.
    """
    is_free = senders.is_free(deliveries.c.lease, bindparam("node", node))
    due = or_(and_(_due(DeliveryState.QUEUED, now), is_free), _due(DeliveryState.DEFERRED, now))
    lost = and_(deliveries.c.state == DeliveryState.SENDING, is_free)
    some = select(deliveries.c.id).where(or_(and_(due, _MAY_LEAVE), lost))
    counted = select(func.count()).select_from(some.limit(enough).subquery())
    return connection.execute(counted).scalar_one()


def wake(connection: Connection, now: datetime) -> None:
    """What was deferred until now, or before, is queued again."""
    connection.execute(
        update(deliveries)
        .where(_due(DeliveryState.DEFERRED, now))
        .values(state=DeliveryState.QUEUED)
    )


def recover(connection: Connection, now: datetime, *, doubts: int) -> int:
    """What was on the wire under a lease that has ended is queued again, or held for a person.

    Nobody knows whether those messages went out: each is in doubt once more, held where it was
    ``doubts`` times before, else sent behind all that is due, and none is sent again to somebody
    who left meanwhile. Returns how many there were.
    """
    lost = (deliveries.c.state == DeliveryState.SENDING, senders.is_free(deliveries.c.lease))
    numbers = connection.scalars(select(deliveries.c.id).where(*lost)).all()
    if not numbers:
        return 0
    left = whose_reader_left(connection, numbers)
    held = deliveries.c.in_doubt >= doubts
    recovered = connection.scalars(
        update(deliveries)
        .where(deliveries.c.id.in_(numbers), *lost)
        .values(
            state=case((held, DeliveryState.UNCERTAIN), else_=DeliveryState.QUEUED),
            # Whatever ended its sender must not meet it first each time.
            due_at=now,
            reply=_DIED,
            cause=None,
            settled_at=case((held, bindparam("at", now, Instant)), else_=None),
            attempts=deliveries.c.attempts + 1,
            in_doubt=deliveries.c.in_doubt + 1,
            tried_at=func.coalesce(deliveries.c.tried_at, deliveries.c.claimed_at),
            lease=None,
        )
        .returning(deliveries.c.id)
    ).all()
    note(connection, deliveries.c.id.in_(recovered), now, was_tried=True)
    withdraw(connection, left, now)
    return len(recovered)


def claim(
    connection: Connection, lease: int, node: str, now: datetime, count: int
) -> list[Claimed]:
    """Up to ``count`` deliveries that are due are under this lease: notices, for which somebody
    waits, before digests, and of each the longest due first.
    """
    claimed = list[int]()
    for first in (_NOTICES, _ANYTHING):
        if found := first(connection, {"at": now, "most": count - len(claimed)}):
            taken = [number for [number] in found]
            given = {"group": paired(dict.fromkeys(taken)), "by": lease, "who": node, "at": now}
            connection.execute(_TAKE, given)
            claimed += taken
    rows = _BY_ID(connection, {"group": paired(dict.fromkeys(claimed))}) if claimed else []
    # An engine would sort whole rows.
    return sorted([_claimed(*row) for row in rows], key=lambda one: (one.notice is None, one.id))


def mark(connection: Connection, lease: int, ids: Collection[int]) -> frozenset[int]:
    """Each is on record as about to leave; returns those that still may.

    Who unsubscribed since they were claimed does not get them, nor is sent here what another node
    took over, or somebody stopped.
    """
    if not ids:
        return frozenset()
    group = paired(dict.fromkeys(ids))
    if _MARK(connection, group=group, by=lease) == len(ids):
        return frozenset(ids)
    return frozenset(connection.scalars(_MARKED, {"group": group, "by": lease}))


def take_back(connection: Connection, lease: int, ids: Collection[int]) -> None:
    """None of these left after all: each is as it was before it was marked."""
    if ids:
        _TAKE_BACK(connection, group=paired(dict.fromkeys(ids)), by=lease)


def postpone(connection: Connection, lease: int, until: Mapping[int, datetime]) -> None:
    """Each of these is to be sent from that moment on, by anybody."""
    if until:
        _POSTPONE(connection, group=paired(until), by=lease)


def of_period(connection: Connection, public_id: str, period: str) -> Claimed | None:
    """Somebody's delivery of a period, as if it were to be sent; None where there is none."""
    found = _OF_PERIOD(connection, {"reader": public_id, "of": period})
    return _claimed(*found[0]) if found else None


def _claimed(windows: str, *others: Any) -> Claimed:
    return Claimed(_windows(windows), *others)


# Those of one day are nearly all the same.
@lru_cache(1024)
def _windows(spelt: str) -> Mapping[Frequency, Window]:
    spans = json.loads(spelt).items()
    return {Frequency(often): Window(after=after, upto=upto) for often, (after, upto) in spans}


def settle(
    connection: Connection,
    lease: int,
    now: datetime,
    settlements: Sequence[Settlement],
    keyed: Keyed,
) -> Sequence[int]:
    """Each outcome is on record, unless the delivery was taken from this lease meanwhile.

    A dead address is suppressed by its ``keyed`` hash, and with it what else waits to be sent
    there. What is to be tried again is not, where its owner left meanwhile. Raises whatever the
    store says where it does not take one of them, and then none is on record.
    """
    if settlements:
        mine, left = _other(connection, lease, settlements)
        _record(connection, lease, now, settlements)
        _follow(connection, settlements, mine, now, keyed)
        if left:
            withdraw(connection, left, now)
    return ()


def settle_or_hold(
    connection: Connection,
    lease: int,
    now: datetime,
    settlements: Sequence[Settlement],
    keyed: Keyed,
) -> Sequence[int]:
    """As `settle`, but one that the store does not take is held as uncertain: the ids of these."""
    held = []
    mine, left = _other(connection, lease, settlements)
    for one in settlements:
        try:
            with connection.begin_nested():
                _record(connection, lease, now, [one])
        except _NOT_TAKEN:
            uncertain = Settlement(
                delivery=one.delivery,
                state=DeliveryState.UNCERTAIN,
                reply=_NOT_RECORDED,
                was_in_doubt=True,
            )
            _record(connection, lease, now, [uncertain])
            held.append(one.delivery)
    settled = [one for one in settlements if one.delivery not in held]
    _follow(connection, settled, {*mine, *held}, now, keyed)
    if left:
        withdraw(connection, left, now)
    return held


def _other(
    connection: Connection, lease: int, settlements: Sequence[Settlement]
) -> tuple[set[int], Sequence[int]]:
    """Those to be noted that are under this lease yet, and those of who left meanwhile.

    What is accepted at once, which is nearly all, needs no second row.
    """
    other = [one.delivery for one in settlements if one.state is not DeliveryState.ACCEPTED]
    if not other:
        return set(), ()
    left = whose_reader_left(connection, other)
    mine = (deliveries.c.id.in_(other), deliveries.c.lease == lease)
    return set(connection.scalars(select(deliveries.c.id).where(*mine))), left


def _record(
    connection: Connection, lease: int, now: datetime, settlements: Sequence[Settlement]
) -> None:
    if later := {one.delivery: one.again_at for one in settlements if one.again_at}:
        _TRY_AGAIN(connection, group=paired(later), by=lease)
    alike = defaultdict[tuple[str, Cause | None, bool, bool], dict[int, str]](dict)
    for one in settlements:
        kind = (one.state, one.cause, one.again_at is None, one.was_in_doubt)
        alike[kind][one.delivery] = one.reply
    for (state, cause, is_over, was_in_doubt), replies in alike.items():
        _SETTLE(
            connection,
            group=paired(replies),
            by=lease,
            becomes=state,
            because=cause,
            at=as_text(now if is_over else None),
            doubt=int(was_in_doubt),
        )


def _follow(
    connection: Connection,
    settlements: Sequence[Settlement],
    noted: Collection[int],
    now: datetime,
    keyed: Keyed,
) -> None:
    """What follows from outcomes: for the history of these, and for others that wait."""
    if noted:
        note(connection, deliveries.c.id.in_(noted), now, was_tried=True)
    if dead := [one for one in settlements if one.dead]:
        _suppress(connection, dead, now, keyed)


def _suppress(
    connection: Connection, settlements: Sequence[Settlement], now: datetime, keyed: Keyed
) -> None:
    suppressions.add(
        connection,
        [
            Suppression(address_hash=keyed(one.dead), reason=_REFUSED, detail=one.reply, since=now)
            for one in settlements
            if one.dead
        ],
    )
    owners = select(deliveries.c.subscriber).where(
        deliveries.c.id.in_([one.delivery for one in settlements]), deliveries.c.recipient.is_(None)
    )
    drop(connection, connection.scalars(owners).all(), now)


def _due(state: DeliveryState, now: datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.state == state, deliveries.c.due_at <= now)
