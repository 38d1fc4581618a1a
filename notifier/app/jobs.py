"""Which work runs how often: the scheduler of the daemon, on APScheduler.

Knows intervals and threads. Must never know what is due: every beat asks the database, so
nothing is lost when a beat is, and any number of nodes may run the same beats.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor as Threads
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Lock

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from typing_extensions import override

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
    other processes where any are to see it.
    """

    def __init__(self, jobs: Sequence[Job], numbers: Callable[[int], Numbers]) -> None:
        self._patience = {job.name: job.patience for job in jobs}
        # In Unix time; 0 before the first.
        self._at = numbers(len(jobs))

    def note(self, name: str, now: datetime) -> None:
        """The job of that name is alive."""
        self._at[[*self._patience].index(name)] = now.timestamp()

    def last(self, name: str) -> float:
        """When the job of that name last gave one, in Unix time."""
        last: float = self._at[[*self._patience].index(name)]
        return last

    @property
    def beats(self) -> Mapping[str, datetime]:
        """When each job last began, went on with or ended its work."""
        return {
            name: datetime.fromtimestamp(at, UTC)
            for name, at in zip(self._patience, self._at, strict=True)
            if at
        }

    def stuck(self, now: datetime) -> tuple[str, ...]:
        """The jobs that gave no sign of life for `BEATS_UNTIL_STUCK` intervals."""
        beats = self.beats.items()
        return tuple(name for name, beat in beats if now - beat > self._patience[name])


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


class Scheduler:
    """Beats for every job, one thread each, so that no job delays another.

    A job never overlaps itself and missed beats become one. A job that raises is logged and
    beats again; the others never notice. ``stopping`` ends the work in hand early.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        stopping: Event,
        *,
        clock: Callable[[], datetime],
        numbers: Callable[[int], Numbers] = own_numbers,
    ) -> None:
        self._clock = clock
        self._stopping = stopping
        self._jobs = tuple(jobs)
        self.heartbeats = Beats(jobs, numbers)
        self._works = {job.name: _Work(job) for job in self._jobs}
        # The scheduler cannot be asked for a beat at any moment: not while it ends.
        self._woken = Threads(len(self._jobs), "woken")
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": ThreadPoolExecutor(
                    len(self._jobs), pool_kwargs={"thread_name_prefix": "job"}
                )
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Every job gets its first beat at once, and from then on at its interval."""
        # That a beat found its job still at work, or came late, is as intended and no warning.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        now = self._clock()
        for job in self._jobs:
            self.heartbeats.note(job.name, now)
            self._scheduler.add_job(
                self._beat,
                "interval",
                seconds=job.every_seconds,
                next_run_time=now,
                args=(job,),
                id=job.name,
            )
        self._scheduler.start()

    def wake(self, name: str) -> None:
        """The job of that name beats now, or once more after the beat in hand."""
        work = self._works[name]
        if not work.wanted.is_set():  # Who wanted it before has seen to it.
            work.wanted.set()
            with suppress(RuntimeError):  # It has been stopped.
                self._woken.submit(self._beat, work.job)

    def stop(self) -> None:
        """No further beat; returns once the work in hand is done."""
        self._scheduler.shutdown(wait=True)
        self._woken.shutdown(wait=True)

    def _note(self, job: Job) -> None:
        self.heartbeats.note(job.name, self._clock())

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
        self._note(job)
        try:
            job.work(_Asked(self._stopping, partial(self._note, job)))
        except Exception:
            log.exception("job failed", job=job.name, again_in_seconds=job.every_seconds)
        self._note(job)
