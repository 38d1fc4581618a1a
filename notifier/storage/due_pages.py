"""Who is due, page by page: all of one are planned for by a few statements, however many they are.

Knows the tables ``coverage`` and ``deliveries``, and what is new to whom. Must never know when a
cadence is due, or what a digest tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    update,
)

from feeds.storage.columns import Instant
from feeds.storage.engines import add_selected
from notifier.model import DeliveryState, Frequency, Skip
from notifier.storage.cadences import Timing
from notifier.storage.tables import cadences, coverage, deliveries, matches, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """Those of one cadence behind one subscriber, up to another one, and how many there are."""

    timing: Timing
    after: int
    upto: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How many deliveries are queued, how many have nothing to tell, and how many people had a
    digest of this period before.
    """

    queued: int
    skipped: int
    refused: int


class ChangedMeanwhile(Exception):
    """Somebody among those planned for is due otherwise by now: nothing is to be kept of it."""


_one, _other, _begun = coverage.alias("one"), coverage.alias("other"), cadences.alias("begun")
_upto, _now = bindparam("number", type_=Integer), bindparam("now", type_=Instant)
_is_due = and_(_begun.c.period != "", _other.c.period != _begun.c.period)
# A store that was brought back may know fewer changes than a cursor counts.
_after = case((_other.c.cursor > _upto, _upto), else_=_other.c.cursor)
#: Of one person, all of whose frequencies are grouped: how far each reached, and reaches by this.
_windows = (
    literal("{")
    + func.aggregate_strings(
        literal('"')
        + _other.c.frequency
        + literal('":[')
        + cast(_after, Text)
        + literal(",")
        + cast(case((_is_due, _upto), else_=_after), Text)
        + literal("]"),
        ",",
    )
    + literal("}")
)
_is_followed = and_(
    subscriptions.c.subscriber == _other.c.subscriber,
    subscriptions.c.frequency == _other.c.frequency,
    subscriptions.c.until.is_(None),
    subscriptions.c.reached < _upto,
)
#: What matched after that is new, as `notifier.digest.compose` has it.
_known = case(
    (_other.c.cursor <= subscriptions.c.reached, subscriptions.c.since),
    (_other.c.cursor <= subscriptions.c.since, subscriptions.c.since),
    else_=_other.c.cursor,
)
_is_new = and_(
    matches.c.selection == subscriptions.c.selection,
    matches.c.number > _known,
    matches.c.number <= _upto,
)
_last_match = (
    select(func.max(matches.c.number))
    .where(matches.c.selection == subscriptions.c.selection, matches.c.number <= _upto)
    .correlate(subscriptions)
    .scalar_subquery()
)
#: Asked selection by selection, for the last match alone, until one is new: EXISTS is answered for
#: everybody at once by PostgreSQL, and a join looks at every match of all that somebody follows.
_has_news = (
    select(literal(1))
    .where(_is_followed, _last_match > _known)
    .correlate(_other)
    .limit(1)
    .scalar_subquery()
)
#: To translate the statements takes longer than to run one of them for a page.
_NO_JIT = text("SELECT set_config('jit', 'off', true)")
#: Whoever has immediate mail to get, on its way or after their quiet minutes.
_at_once = (
    select(_other.c.subscriber, _other.c.due_at)
    .select_from(
        matches.join(subscriptions, matches.c.selection == subscriptions.c.selection)
        .join(_other, _is_followed)
        .join(_begun, _begun.c.id == _other.c.cadence)
    )
    .where(subscriptions.c.frequency == Frequency.IMMEDIATE, _is_new)
    .where(matches.c.number > _begun.c.cursor, _begun.c.id == bindparam("key"))
    .distinct()
)


def told(connection: Connection, key: int, upto: int, now: datetime) -> datetime | None:
    """An immediate cadence does not look again at what matched up to a change, unless somebody
    gathers it in their quiet minutes: the first moment at which these end.
    """
    asked = {"number": upto, "key": key, "now": now}
    waiting = _at_once.where(_other.c.due_at > _now).subquery()
    moment: datetime | None = connection.scalar(select(func.min(waiting.c.due_at)), asked)
    if moment is None:
        looked_at = update(cadences).where(cadences.c.id == key, cadences.c.cursor < upto)
        connection.execute(looked_at.values(cursor=upto))
    return moment


def page(
    connection: Connection, timing: Timing, after: int, size: int, *, upto: int, now: datetime
) -> DuePage | None:
    """The next who are due, up to so many; None where there is nobody more."""
    asked = {"key": timing.key, "number": upto, "now": now}
    some = select(_one.c.subscriber).where(_is_theirs(_one, timing), _one.c.subscriber > after)
    people = some.order_by(_one.c.subscriber).limit(size).subquery("people")
    bounds = select(func.max(people.c.subscriber), func.count()).select_from(people)
    last, count = connection.execute(bounds, asked).one()
    return DuePage(timing=timing, after=after, upto=last, people=count) if count else None


def plan(
    connection: Connection,
    page: DuePage,
    *,
    name: str,
    upto: int,
    now: datetime,
    moments: Sequence[datetime],
    quiet_until: datetime | None,
) -> Planned:
    """Each of a page has a delivery of the period ``name``, which is to be sent from one of the
    ``moments`` on, as many from each; or says why there is none; and is covered up to a change.

    What else of theirs is due stands in the same delivery. Raises ChangedMeanwhile.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_NO_JIT)
    asked = {"key": page.timing.key, "number": upto, "now": now}
    last = connection.scalar(select(func.max(deliveries.c.id))) or 0
    is_alone = connection.scalar(select(func.count()).where(cadences.c.period != "")) == 1
    beside = 0
    if not is_alone:
        beside = connection.scalar(_beside(page).with_only_columns(func.count()), asked) or 0
    add_selected(connection, deliveries, _delivered(page, name, moments), asked)
    # Between two ends: PostgreSQL takes all that is after one for too much to look up.
    newest = select(func.max(deliveries.c.id)).scalar_subquery()
    by_state = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    these = by_state.where(deliveries.c.id.between(last + 1, newest))
    counts: dict[str, int] = dict(connection.execute(these).all())
    inserted, skipped = sum(counts.values()), counts.get(DeliveryState.SKIPPED, 0)
    refused = page.people - inserted
    if refused:
        _pass_by(connection, page, last, name, asked)
    covered = {"cursor": upto, "planned_at": now}
    if beside:
        keys = _beside(page).with_only_columns(_other.c.subscriber, _other.c.frequency)
        period = select(_begun.c.period).where(_begun.c.id == coverage.c.cadence)
        theirs = tuple_(coverage.c.subscriber, coverage.c.frequency).in_(keys)
        moved = update(coverage).where(theirs).values(**covered, period=period.scalar_subquery())
        beside -= connection.execute(moved, asked).rowcount
    mine = update(coverage).where(_is_on(coverage, page))
    again = {"period": page.timing.period, "due_at": quiet_until}
    if beside or connection.execute(mine.values(**covered, **again), asked).rowcount != inserted:
        raise ChangedMeanwhile
    return Planned(queued=inserted - skipped, skipped=skipped, refused=refused)


def _is_theirs(who: FromClause, timing: Timing) -> ColumnElement[bool]:
    """Whether a digest of a cadence is due to somebody."""
    wanted = and_(who.c.cadence == bindparam("key"), who.c.period != timing.period)
    if timing.cadence.frequency is not Frequency.IMMEDIATE:
        return wanted
    now = _at_once.where(or_(_other.c.due_at.is_(None), _other.c.due_at <= _now))
    return and_(wanted, who.c.subscriber.in_(now.with_only_columns(_other.c.subscriber)))


def _is_on(who: FromClause, page: DuePage) -> ColumnElement[bool]:
    is_here = who.c.subscriber.between(page.after + 1, page.upto)
    return and_(is_here, _is_theirs(who, page.timing))


def _delivered(page: DuePage, name: str, moments: Sequence[datetime]) -> Select[Any]:
    has_news: ColumnElement[Any] = literal(1)
    if page.timing.cadence.frequency is not Frequency.IMMEDIATE:
        has_news = func.max(case((_is_due, _has_news)))
    people = (
        select(_one.c.subscriber, _windows.label("windows"), has_news.label("has_news"))
        .select_from(
            _one.join(_other, _other.c.subscriber == _one.c.subscriber).outerjoin(
                _begun, _begun.c.id == _other.c.cadence
            )
        )
        # What follows from the first for the other one is not seen by PostgreSQL.
        .where(_is_on(_one, page), _other.c.subscriber.between(page.after + 1, page.upto))
        .group_by(_one.c.subscriber)
        # Else it would be asked anew for each column that depends on it.
        .cte("people")
        .prefix_with("MATERIALIZED")
    )

    def unless_news(value: object) -> ColumnElement[Any]:
        return case((people.c.has_news == 1, null()), else_=value)

    due_at: ColumnElement[Any] = literal(moments[0], Instant)
    if len(moments) > 1:
        # Those who came together, from one place, are not to leave together.
        which = people.c.subscriber % len(moments)
        each = {number: literal(moment, Instant) for number, moment in enumerate(moments)}
        due_at = case(each, value=which)
    queued, skipped = DeliveryState.QUEUED.value, DeliveryState.SKIPPED.value
    values = {
        "subscriber": people.c.subscriber,
        "period": literal(name),
        "windows": people.c.windows,
        "state": case((people.c.has_news == 1, queued), else_=skipped),
        "reply": unless_news(Skip.NOTHING_NEW.value),
        "due_at": due_at,
        "attempts": literal(0),
        "in_doubt": literal(0),
        "created_at": _now,
        "settled_at": unless_news(_now),
    }
    columns = (value.label(name) for name, value in values.items())
    # An upsert of what is selected needs a WHERE (https://sqlite.org/lang_upsert.html, 2.2).
    return select(*columns).where(true()).order_by(people.c.subscriber)


def _beside(page: DuePage) -> Select[Any]:
    """What else is due to those of a page."""
    people = select(_one.c.subscriber).where(_is_on(_one, page))
    return (
        select(_other)
        .join(_begun, _begun.c.id == _other.c.cadence)
        .where(_is_due, _begun.c.id != bindparam("key"), _other.c.subscriber.in_(people))
    )


def _pass_by(
    connection: Connection, page: DuePage, last: int, name: str, asked: Mapping[str, object]
) -> None:
    """Who has a digest of this period stays as they are: what is new to them is in the next."""
    had = select(deliveries.c.subscriber).where(
        deliveries.c.period == name,
        deliveries.c.id <= last,
        deliveries.c.subscriber == coverage.c.subscriber,
    )
    statement = update(coverage).where(_is_on(coverage, page), exists(had))
    connection.execute(statement.values(period=page.timing.period), asked)
