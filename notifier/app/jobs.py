"""Which work runs how often: the scheduler of the daemon, on APScheduler.

Knows intervals and threads. Must never know what is due: every beat asks the database, so
nothing is lost when a beat is, and any number of nodes may run the same beats. Nor what time it is:
intervals are measured by the monotonic clock, which nobody sets.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor as Threads
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from threading import Event, Lock
from time import monotonic

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from typing_extensions import override

from notifier.errors import SchedulerDied
from notifier.web.connections import Numbers, own_numbers

#: A job counts as stuck once this many beats passed without a sign of life.
BEATS_UNTIL_STUCK = 10
#: Nor before that: one message to a mail server that answers slowly takes six minutes.
LEAST_PATIENCE = timedelta(minutes=10)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work to be done every so many seconds.

    It asks its event between two items whether to stop; that is its sign of life as well.
    """

    name: str
    every_seconds: int
    work: Callable[[Event], object]

    @property
    def patience(self) -> timedelta:
        """Without a sign of life for longer it is stuck."""
        return max(LEAST_PATIENCE, timedelta(seconds=BEATS_UNTIL_STUCK * self.every_seconds))


class Beats:
    """When each job last gave a sign of life; ``numbers`` makes so many that hold it, shared with
    other processes where any are to see it, by a ``clock`` that they share and nobody sets.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        numbers: Callable[[int], Numbers],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._patience = {job.name: job.patience for job in jobs}
        self._clock = clock
        # By the clock; 0 before the first.
        self._at = numbers(len(jobs))

    def note(self, name: str) -> None:
        """The job of that name is alive."""
        self._at[[*self._patience].index(name)] = self._clock()

    @property
    def jobs(self) -> Collection[str]:
        """Which there are."""
        return self._patience.keys()

    def last(self, name: str) -> float:
        """When the job of that name last gave one, by the clock."""
        last: float = self._at[[*self._patience].index(name)]
        return last

    @property
    def ages(self) -> Mapping[str, timedelta]:
        """How long ago each job last began, went on with or ended its work."""
        now = self._clock()
        return {
            name: timedelta(seconds=now - at)
            for name, at in zip(self._patience, self._at, strict=True)
            if at
        }

    @property
    def stuck(self) -> tuple[str, ...]:
        """The jobs that gave no sign of life for `BEATS_UNTIL_STUCK` intervals."""
        return tuple(name for name, age in self.ages.items() if age > self._patience[name])

    @property
    def is_silent(self) -> bool:
        """Whether none of them is alive: what beats them is not, either."""
        return len(self.stuck) == len(self._patience)


@dataclass(frozen=True, slots=True)
class _Work:
    """A job with who is at it, and whether it is wanted once more."""

    job: Job
    lock: Lock = field(default_factory=Lock)
    wanted: Event = field(default_factory=Event)


class _Asked(Event):
    """The event that stops all work, as one job sees it: whoever asks is alive."""

    def __init__(self, stopping: Event, note: Callable[[], None]) -> None:
        super().__init__()
        self._stopping = stopping
        self._note = note

    @override
    def is_set(self) -> bool:
        self._note()
        return self._stopping.is_set()


class _Steady(tzinfo):
    """UTC as it would be, had nobody set the clock since: APScheduler asks what time it is in the
    zone of a scheduler, and `datetime.now` asks the zone.

    By the clock on the wall, one that is set back an hour stops all beats for that hour, and one
    that is set far ahead makes it list each beat that was missed (its issues 351, 526, 1066).
    """

    def __init__(self) -> None:
        self._began = datetime.now(UTC).replace(tzinfo=self)
        self._from = monotonic()

    @override
    def fromutc(self, dt: datetime) -> datetime:
        return self._began + timedelta(seconds=monotonic() - self._from)

    @override
    def utcoffset(self, dt: datetime | None) -> timedelta:
        return timedelta()

    @override
    def dst(self, dt: datetime | None) -> timedelta:
        return timedelta()

    @override
    def tzname(self, dt: datetime | None) -> str:
        return "steady"


class _Every(BaseTrigger):  # type: ignore[misc] # it ships no types
    """Beats so long after the last: APScheduler's own would list all that were missed."""

    def __init__(self, seconds: int) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self._interval


class _Watched(BackgroundScheduler):  # type: ignore[misc] # it ships no types
    """A scheduler whose thread tells when it dies, as no job would ever beat again."""

    died: Callable[[], object]
    is_dead = False

    def _main_loop(self) -> None:
        try:
            super()._main_loop()
        except BaseException:
            log.exception("scheduler died")
            self.is_dead = True
            self.died()


class Scheduler:
    """Beats for every job, one thread each, so that no job delays another.

    A job never overlaps itself and missed beats become one. A job that raises beats again; the
    others never notice, and how each beat ends is known to what is ``working`` around it.
    ``stopping`` ends the work in hand early.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        stopping: Event,
        *,
        working: Callable[[str], AbstractContextManager[None]],
        numbers: Callable[[int], Numbers] = own_numbers,
    ) -> None:
        self._stopping = stopping
        self._working = working
        self._jobs = tuple(jobs)
        self.heartbeats = Beats(jobs, numbers)
        self._works = {job.name: _Work(job) for job in self._jobs}
        # The scheduler cannot be asked for a beat at any moment: not while it ends.
        self._woken = Threads(len(self._jobs), "woken")
        self._scheduler = _Watched(
            timezone=_Steady(),
            executors={
                "default": ThreadPoolExecutor(
                    len(self._jobs), pool_kwargs={"thread_name_prefix": "job"}
                )
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self, died: Callable[[], object] = lambda: None) -> None:
        """Every job gets its first beat at once, and from then on at its interval.

        ``died`` is called where none will get any more.
        """
        self._scheduler.died = died
        # That a beat found its job still at work, or came late, is as intended and no warning.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        now = datetime.now(self._scheduler.timezone)
        for job in self._jobs:
            self.heartbeats.note(job.name)
            every = _Every(job.every_seconds)
            self._scheduler.add_job(self._beat, every, next_run_time=now, args=(job,), id=job.name)
        self._scheduler.start()

    def wake(self, name: str) -> None:
        """The job of that name, if there is one, beats now, or once more after the beat in hand."""
        work = self._works.get(name)
        if work and not work.wanted.is_set():  # Who wanted it before has seen to it.
            work.wanted.set()
            with suppress(RuntimeError):  # It has been stopped.
                self._woken.submit(self._beat, work.job)

    def stop(self) -> None:
        """No further beat; returns once the work in hand is done. Raises SchedulerDied."""
        self._scheduler.shutdown(wait=True)
        self._woken.shutdown(wait=True)
        if self._scheduler.is_dead:
            raise SchedulerDied

    def _beat(self, job: Job) -> None:
        work = self._works[job.name]
        # Whoever is at it looks again once it is done, so that nobody who wakes it is missed.
        while work.lock.acquire(blocking=False):
            try:
                work.wanted.clear()
                self._work(job)
            finally:
                work.lock.release()
            if not work.wanted.is_set() or self._stopping.is_set():
                return

    def _work(self, job: Job) -> None:
        note = partial(self.heartbeats.note, job.name)
        note()
        with suppress(Exception), self._working(job.name):
            job.work(_Asked(self._stopping, note))
        note()
