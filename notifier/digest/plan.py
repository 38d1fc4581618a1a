"""Planning: everybody who is due has a delivery on record, or a reason why not.

Knows in which order the store is asked and written. Must never know what a digest tells, how it
looks, or that it will be sent by mail.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import structlog

from feeds.errors import MalformedSelection
from feeds.model import Progress, TopicRef
from feeds.selection import Selection
from feeds.storage import Connection, changes
from feeds.storage.changes import FiledItem
from feeds.storage.database import Database, set_value, value_of
from notifier.digest.match import Filed, SelectionIndex
from notifier.digest.schedule import delivery_name, latest_due, next_due, period
from notifier.model import Frequency, Match, Skip
from notifier.storage import cadences, due_pages, matches, senders, subscribers
from notifier.storage.cadences import Timing
from notifier.storage.due_pages import ChangedMeanwhile, Planned

#: Few enough that one transaction takes a fraction of a second, enough to make commits cheap.
PAGE = 10_000
#: Changes that are matched in one transaction, which others wait for on SQLite.
_CHANGES_AT_ONCE = 200
#: Whoever is planned for may change what they want at the same moment, but not all the time.
_TRIES = 5
#: Another process is done within that, or does what is due.
_WAIT_SECONDS = 60.0
#: By this name it is remembered when something was planned last.
_PLANNED = "planned"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """How many were due, for how many a delivery was planned, and why not for the others.

    ``broken`` counts those whose row is to be mended: where its zone or a selection is none they
    are planned for as well as can be, where its cadence is none they are not.
    """

    due: int = 0
    planned: int = 0
    skipped: Mapping[Skip, int] = field(default_factory=dict)
    broken: int = 0


@dataclass(slots=True, kw_only=True)
class Planner:
    """Plans the digests of an installation, which leave within the minutes ``spread`` over.

    ``moved`` tells what topics are by now that were renamed or merged: who follows one gets what it
    is. ``zone`` stands for any that is no more. What happens to news waits for the length of a
    ``hold`` before anybody is told.
    """

    database: Database
    moved: Mapping[TopicRef, TopicRef]
    zone: ZoneInfo
    spread: timedelta = timedelta()
    hold: timedelta = timedelta()
    _index: SelectionIndex = field(init=False)
    _last_key: int = field(init=False, default=0)
    _broken: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._index = SelectionIndex(self.moved)

    def plan(
        self,
        *,
        now: datetime,
        dry_run: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> PlanReport:
        """Everybody due at ``now`` has a delivery or a reason on record, and is due again later.

        One digest covers all since the last one, however many moments were missed; nobody is due
        while mail is stopped. Nobody is planned for twice in a period, however many planners run.
        With ``dry_run`` nothing changes. ``progress`` hears how many are done. Raises StoreBusy
        where another planner takes long.
        """
        with self.database.reading() as connection:
            is_behind = matches.matched(connection) < matches.ripe(connection, self.hold, now)
            is_stopped = senders.halted(connection) is not None
            if not (is_behind or (self._is_due(connection, now) and not is_stopped)):
                return PlanReport()
        with self.database.exclusive("planning", _WAIT_SECONDS):
            trying = self.database.writing(dry_run=True) if dry_run else nullcontext()
            with trying as connection:
                run = _Planning(self, now, connection, stopping or Event(), progress)
                run.match()
                if not is_stopped:
                    run.plan()
        return run.report

    def match(self, connection: Connection, now: datetime) -> None:
        """Whatever happened to news is matched, in this transaction."""
        _Planning(self, now, connection, Event(), None).match()

    def _is_due(self, connection: Connection, now: datetime) -> bool:
        return cadences.is_any_due(connection, now) or _was_set_back(connection, now)

    def learn(self, connection: Connection) -> None:
        """What is followed since somebody asked last is matched, too."""
        for key, query in matches.since(connection, self._last_key):
            try:
                self._index.add(key, Selection.parse(query))
            except MalformedSelection as error:
                self._broken.add(key)
                log.error("selection unusable", selection=key, problem=str(error))  # noqa: TRY400
            self._last_key = key

    def entered(self, before: FiledItem | None, now: FiledItem, latest: FiledItem) -> Sequence[int]:
        """The selections, by their keys, that an item came to be of, and is still of by what it is
        at ``latest``.
        """
        was = None if before is None or now.is_again else _filed(before)
        found = self._index.entered(was, _filed(now))
        if latest is now:
            return found
        still = {*self._index.entered(None, _filed(latest))}
        return [key for key in found if key in still]

    def broken(self, connection: Connection) -> int:
        """How many follow a selection that is none."""
        return subscribers.followers(connection, self._broken) if self._broken else 0


class _Planning:
    """One run: what was matched, who is due, and what became of them; all in one transaction where
    there is a ``connection``.
    """

    def __init__(
        self,
        planner: Planner,
        now: datetime,
        connection: Connection | None,
        stopping: Event,
        progress: Progress | None,
    ) -> None:
        self._planner = planner
        self._now = now
        self._connection = connection
        self._stopping = stopping
        self._progress = progress
        self._planned = 0
        self._broken = 0
        self._skipped = Counter[Skip]()

    @property
    def report(self) -> PlanReport:
        skipped = {reason: count for reason, count in self._skipped.items() if count}
        return PlanReport(
            due=self._planned + sum(skipped.values()),
            planned=self._planned,
            skipped=skipped,
            broken=self._broken,
        )

    def match(self) -> None:
        """Whatever happened to news is on record with the selections that this brought it into."""
        is_done = False
        while not (is_done or self._stopping.is_set()):
            with self._writing() as connection:
                after = matches.hold(connection)
                last = matches.ripe(connection, self._planner.hold, self._now)
                some = changes.following(connection, after, last, _CHANGES_AT_ONCE)
                is_done = len(some) < _CHANGES_AT_ONCE
                last = last if is_done else some[-1][1].number
                latest = changes.latest(connection, [now for _, now in some])
                self._planner.learn(connection)
                found = defaultdict[int, list[Match]](list)
                for before, now in some:
                    if now.is_quiet:
                        continue
                    for key in self._planner.entered(before, now, latest[now.item]):
                        found[key].append(Match(now.number, now.item, now.is_again))
                if last > after:
                    matches.add(connection, found, last)
                if found:
                    cadences.wake(connection, self._now)

    def plan(self) -> None:
        """Everybody who is due is planned for."""
        with self._writing() as connection:
            if _was_set_back(connection, self._now):
                self._mend(connection)
            self._broken += cadences.unusable(connection, self._now)
            due = cadences.due(connection, self._now, self._planner.zone)
            upto = matches.matched(connection)
            begun = {each.key: self._period(each, upto) for each in due}
            cadences.begin(connection, {key: name for key, name in begun.items() if name})
            later = [each for each in due if not begun[each.key]]
            cadences.put_off(connection, {each.key: self._next(each) for each in later})
            if due:
                set_value(connection, _PLANNED, self._now.isoformat())
        for each in due:
            if name := begun[each.key]:
                self._plan_all(replace(each, period=name), upto)
        if due:
            with self._writing() as connection:
                self._broken += self._planner.broken(connection)

    def _plan_all(self, timing: Timing, upto: int) -> None:
        """All who are due at one moment are planned for, unless it is to stop."""
        after, tries, frequency = 0, 0, timing.cadence.frequency
        name = delivery_name(frequency, timing.period)
        is_immediate = frequency is Frequency.IMMEDIATE
        while not self._stopping.is_set():
            try:
                with self._writing() as connection:
                    page = due_pages.page(connection, timing, after, PAGE, upto=upto, now=self._now)
                    if page is None:
                        self._finish(connection, timing, upto)
                        return
                    planned = due_pages.plan(
                        connection,
                        page,
                        name=name,
                        upto=upto,
                        now=self._now,
                        moments=self._moments,
                        quiet_until=self._next(timing) if is_immediate else None,
                    )
            except ChangedMeanwhile:
                tries += 1
                if tries == _TRIES:
                    raise
                continue
            after, tries = page.upto, 0
            self._count(timing, planned)

    def _finish(self, connection: Connection, timing: Timing, upto: int) -> None:
        """Nobody is due any more, until the next time."""
        again: datetime | None = self._next(timing)
        if timing.cadence.frequency is Frequency.IMMEDIATE:
            again = due_pages.told(connection, timing.key, upto, self._now)
        cadences.put_off(connection, {timing.key: again})

    def _count(self, timing: Timing, planned: Planned) -> None:
        self._planned += planned.queued
        self._skipped[Skip.NOTHING_NEW] += planned.skipped
        self._skipped[Skip.ALREADY_PLANNED] += planned.refused
        if timing.is_lost:
            self._broken += planned.queued + planned.skipped
            log.error("zone unknown", cadence=timing.key, instead=timing.cadence.zone.key)
        if self._progress is not None:
            self._progress(self.report.due, None)

    def _mend(self, connection: Connection) -> None:
        """What is due later than it would be by now was said by a clock that was ahead."""
        moments = {
            each.key: moment
            for each in cadences.coming(connection, self._now, self._planner.zone)
            if each.due_at and (moment := self._next(each)) < each.due_at
        }
        cadences.put_off(connection, moments)
        cadences.end_quiet(connection, self._now)
        set_value(connection, _PLANNED, self._now.isoformat())

    def _period(self, timing: Timing, upto: int) -> str:
        """The name of the digests that are due; "" before the first ones."""
        due = latest_due(timing.cadence, self._now)
        return period(timing.cadence, due, upto) if due else ""

    def _next(self, timing: Timing) -> datetime:
        return next_due(timing.cadence, self._now)

    @property
    def _moments(self) -> Sequence[datetime]:
        """From when on mails leave: one a minute, or as many as a statement may well name."""
        spread = self._planner.spread
        count = min(max(spread // timedelta(minutes=1), 1), _MOST_MOMENTS)
        return [self._now + spread * each / count for each in range(count)]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._connection is not None:
            yield self._connection
            return
        with self._planner.database.writing() as connection:
            yield connection


#: A mail a minute is as smooth as a server needs it; where that were more, they are further apart.
_MOST_MOMENTS = 60


def _was_set_back(connection: Connection, now: datetime) -> bool:
    """Whether something was planned later than now."""
    planned = value_of(connection, _PLANNED)
    return planned is not None and now < datetime.fromisoformat(planned)


def _filed(item: FiledItem) -> Filed:
    return Filed(item.topics, item.language, item.texts)
