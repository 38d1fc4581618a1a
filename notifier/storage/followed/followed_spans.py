"""What somebody follows, changed so that each item is told once: spans of changes, by selection.

Knows the tables ``subscriptions`` and ``coverage``. Must never know who somebody is, or what they
are told.

A span that goes on is never changed but for its place. What is followed otherwise ends where its
digests reached, and begins there anew; so what is on its way is told by the old one, and all else
by the new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from feeds.storage.database import last_number, next_numbers
from feeds.storage.engines import upsert
from notifier.model import Cadence, Followed, Frequency
from notifier.storage import matches
from notifier.storage.cadences import IS_THEIRS, key_of
from notifier.storage.tables import cadences, coverage, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What somebody is to follow, and when the mails of each frequency come: ``due`` is when each
    of the cadences is due first, None where an item is what makes it due.
    """

    followed: tuple[Followed, ...] = ()
    cadences: Mapping[Frequency, Cadence] = field(default_factory=dict)
    due: Mapping[Frequency, datetime | None] = field(default_factory=dict)


class _Live(NamedTuple):
    """A span that goes on: in which digests, since which change, and how far these had reached
    when it began.
    """

    frequency: Frequency
    since: int
    reached: int

    def end(self, reached: int) -> int:
        """Where it ends as its digests ``reached`` so far."""
        return reached if reached > self.reached else self.since


def follow(connection: Connection, owner: int, wanted: Following, now: datetime) -> None:
    """Somebody follows what is ``wanted``, in that order, and nothing else: what is new of it from
    now on, or since the digests it stood in before. Each cadence is due then unless it is known;
    an immediate one is ``now`` where something may wait for it.
    """
    keys = matches.keys(connection, [each.selection.query for each in wanted.followed])
    last = last_number(connection, "changes")
    often = {keys[each.selection.query]: each.frequency for each in wanted.followed}
    reached, live = _read(connection, owner)
    over = {key: span for key, span in live.items() if often.get(key) != span.frequency}
    ends = {key: span.end(reached[span.frequency]) for key, span in over.items()}
    since = {
        key: (frequency, ends.get(key, last))
        for key, frequency in often.items()
        if key in over or key not in live
    }
    staying = {span.frequency for key, span in live.items() if key not in over}
    for frequency in {often for often, _ in since.values()} - staying:
        first = min(number for often, number in since.values() if often is frequency)
        reached[frequency] = max(first, reached.get(frequency, 0))
    begun = {
        key: _Live(frequency, number, max(number, reached[frequency]))
        for key, (frequency, number) in since.items()
    }
    if any(each.since < each.reached == last for each in begun.values()):
        # A digest that goes further tells what waits; so there is something further.
        next_numbers(connection, "changes", 1)
    _write(connection, owner, {key: (live[key], end) for key, end in ends.items()}, begun)
    _order(connection, owner, list(often))
    earliest = dict(reached)
    for each in begun.values():
        earliest[each.frequency] = min(each.since, earliest[each.frequency])
    moments = dict(wanted.due)
    if earliest.get(Frequency.IMMEDIATE, last) < last:
        moments[Frequency.IMMEDIATE] = now
    timings = {
        frequency: key_of(connection, cadence, moments[frequency], earliest[frequency])
        for frequency, cadence in wanted.cadences.items()
    }
    if Frequency.IMMEDIATE in timings:
        _keep_quiet(connection, owner, wanted.cadences[Frequency.IMMEDIATE])
    _cover(connection, owner, reached, timings)


def begin(connection: Connection, wanted: Mapping[int, Following]) -> None:
    """People of whom nothing is known yet, by their keys, follow these, from now on."""
    queries = {each.selection.query for one in wanted.values() for each in one.followed}
    keys = matches.keys(connection, sorted(queries))
    now = last_number(connection, "changes")
    timings = {
        (cadence, one.due[frequency])
        for one in wanted.values()
        for frequency, cadence in one.cadences.items()
    }
    timing = {(cadence, due): key_of(connection, cadence, due, now) for cadence, due in timings}
    spans = [
        {
            "subscriber": owner,
            "selection": keys[each.selection.query],
            "position": position,
            **_Live(each.frequency, now, now)._asdict(),
        }
        for owner, one in wanted.items()
        for position, each in enumerate(one.followed)
    ]
    covered = [
        {
            "subscriber": owner,
            "frequency": frequency,
            "cadence": timing[cadence, one.due[frequency]],
            "cursor": now,
            "period": "",
        }
        for owner, one in wanted.items()
        for frequency, cadence in one.cadences.items()
    ]
    for table, rows in ((subscriptions, spans), (coverage, covered)):
        if rows:
            connection.execute(insert(table), rows)


def stop(connection: Connection, owner: int) -> None:
    """Nothing is due for somebody, who may go on (`follow`) where they are; nobody plans for them
    until the transaction ends.
    """
    is_due = (coverage.c.subscriber == owner, coverage.c.cadence.is_not(None))
    stopped = update(coverage).where(*is_due)
    connection.execute(stopped.values(was=coverage.c.cadence, cadence=None))


def _read(connection: Connection, owner: int) -> tuple[dict[Frequency, int], Mapping[int, _Live]]:
    """How far their digests reached, by frequency, and the spans that go on, by selection; nobody
    plans for them until the transaction ends.
    """
    cursors = connection.execute(
        select(coverage.c.frequency, coverage.c.cursor)
        .where(coverage.c.subscriber == owner)
        .order_by(coverage.c.frequency)
        .with_for_update()
    )
    reached = {Frequency(frequency): cursor for frequency, cursor in cursors}
    columns = (subscriptions.c[name] for name in ("selection", "frequency", "since", "reached"))
    rows = connection.execute(
        select(*columns).where(subscriptions.c.subscriber == owner, subscriptions.c.until.is_(None))
    )
    return reached, {key: _Live(Frequency(often), *numbers) for key, often, *numbers in rows}


def _write(
    connection: Connection,
    owner: int,
    over: Mapping[int, tuple[_Live, int]],
    begun: Mapping[int, _Live],
) -> None:
    for key, (span, until) in over.items():
        is_it = (
            subscriptions.c.subscriber == owner,
            subscriptions.c.selection == key,
            subscriptions.c.since == span.since,
        )
        if until > span.since:
            connection.execute(update(subscriptions).where(*is_it).values(until=until))
        else:
            connection.execute(delete(subscriptions).where(*is_it))
    rows = [
        {"subscriber": owner, "selection": key, "position": 0, **span._asdict()}
        for key, span in begun.items()
    ]
    if rows:
        connection.execute(insert(subscriptions), rows)


def _order(connection: Connection, owner: int, order: Sequence[int]) -> None:
    """The spans that go on are in this order."""
    for position, key in enumerate(order):
        is_live = (subscriptions.c.selection == key, subscriptions.c.until.is_(None))
        is_elsewhere = (subscriptions.c.subscriber == owner, subscriptions.c.position != position)
        statement = update(subscriptions).where(*is_elsewhere, *is_live)
        connection.execute(statement.values(position=position))


def _cover(
    connection: Connection,
    owner: int,
    reached: Mapping[Frequency, int],
    timings: Mapping[Frequency, int],
) -> None:
    """Each frequency is due by its cadence, the others never."""
    if not timings:
        stop(connection, owner)
        return
    rows = [
        {
            "subscriber": owner,
            "frequency": frequency,
            "cadence": timings.get(frequency),
            "cursor": cursor,
            "period": "",
        }
        for frequency, cursor in reached.items()
    ]
    upsert(connection, coverage, rows, replace=False)
    statement = update(coverage).where(coverage.c.subscriber == owner)
    for row in rows:
        values = {name: row[name] for name in ("cadence", "cursor")}
        of_it = statement.where(coverage.c.frequency == row["frequency"])
        connection.execute(of_it.values(values))


def _keep_quiet(connection: Connection, owner: int, cadence: Cadence) -> None:
    """The quiet minutes that go on last as long as somebody wants them to from now on."""
    is_it = (coverage.c.subscriber == owner, coverage.c.frequency == Frequency.IMMEDIATE)
    columns = (coverage.c.due_at, cadences.c.quiet_minutes)
    quiet = select(*columns).join_from(coverage, cadences, IS_THEIRS)
    row = connection.execute(quiet.where(*is_it, coverage.c.due_at.is_not(None))).one_or_none()
    if row and row.quiet_minutes != cadence.quiet_minutes:
        more = timedelta(minutes=cadence.quiet_minutes - row.quiet_minutes)
        connection.execute(update(coverage).where(*is_it).values(due_at=row.due_at + more))
