"""The scheduler: every job beats, none overlaps itself or delays another."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Event, Semaphore

import pytest
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from structlog.testing import capture_logs
from typing_extensions import override

from notifier.app.jobs import LEAST_PATIENCE, Beats, Job, Scheduler
from notifier.errors import SchedulerDied
from notifier.web.connections import own_numbers

PATIENCE_SECONDS = 20


def a_job(work: Callable[[], object], *, name: str = "work", every_seconds: int = 1) -> Job:
    return Job(name=name, every_seconds=every_seconds, work=lambda _: work())


@contextmanager
def _logged(job: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        structlog.get_logger().exception("job failed", job=job)
        raise


def a_scheduler(*jobs: Job) -> Scheduler:
    return Scheduler(jobs, Event(), working=_logged)


@dataclass
class Clock:
    """Stands still until it is told to go on."""

    now: float = 1.0

    def __call__(self) -> float:
        return self.now


class WallClock(datetime):
    """The clock on the wall, set as `ahead` says: what APScheduler asks for the time."""

    ahead = timedelta()

    @classmethod
    @override
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        moment = datetime.now(UTC) + cls.ahead
        return tz.fromutc(moment.replace(tzinfo=tz)) if tz else moment


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[WallClock]]:
    for module in ("schedulers.base", "triggers.interval", "executors.base"):
        monkeypatch.setattr(f"apscheduler.{module}.datetime", WallClock)
    yield WallClock
    WallClock.ahead = timedelta()


def test_a_job_beats_at_once_and_again() -> None:
    beaten = [Event(), Event()]

    def work() -> None:
        next(event for event in beaten if not event.is_set() or event is beaten[-1]).set()

    scheduler = a_scheduler(a_job(work))
    scheduler.start()
    assert all(event.wait(PATIENCE_SECONDS) for event in beaten)
    scheduler.stop()


def test_stopping_waits_for_the_work_in_hand() -> None:
    begun, may_end = Event(), Event()
    done: list[str] = []

    def work() -> None:
        begun.set()
        may_end.wait(PATIENCE_SECONDS)
        done.append("done")

    scheduler = a_scheduler(a_job(work, every_seconds=60))
    scheduler.start()
    assert begun.wait(PATIENCE_SECONDS)
    may_end.set()
    scheduler.stop()
    assert done == ["done"]


def test_a_job_that_fails_beats_again_and_the_others_never_notice() -> None:
    failures, others = [Event(), Event()], Event()

    def fail() -> None:
        (failures[1] if failures[0].is_set() else failures[0]).set()
        raise RuntimeError("broken")

    with capture_logs() as logs:
        scheduler = a_scheduler(a_job(fail, name="bad"), a_job(others.set))
        scheduler.start()
        assert all(event.wait(PATIENCE_SECONDS) for event in (*failures, others))
        scheduler.stop()
    assert ("job failed", "bad") in {(entry["event"], entry["job"]) for entry in logs}


def test_a_job_never_overlaps_itself() -> None:
    running = 0
    most: list[int] = []
    enough = Event()

    def work() -> None:
        nonlocal running
        running += 1
        most.append(running)
        enough.wait(1.5)
        running -= 1
        if len(most) == 2:
            enough.set()

    scheduler = a_scheduler(a_job(work))
    scheduler.start()
    assert enough.wait(PATIENCE_SECONDS)
    scheduler.stop()
    assert max(most) == 1


def test_a_job_is_stuck_when_it_gives_no_sign_of_life_for_long() -> None:
    clock = Clock()
    beats = Beats([a_job(lambda: None, every_seconds=60)], own_numbers, clock)
    assert beats.ages == {}
    beats.note("work")
    assert beats.last("work") == 1.0
    clock.now += 10 * 60
    assert (beats.ages, beats.stuck) == ({"work": timedelta(minutes=10)}, ())
    clock.now += 1
    assert beats.stuck == ("work",)


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(days=3652)])
def test_jobs_beat_on_whatever_the_clock_is_set_to(wall: type[WallClock], ahead: timedelta) -> None:
    """Set back an hour no job beat for that hour, set ahead the scheduler listed ten years."""
    beaten = Semaphore(0)
    scheduler = a_scheduler(a_job(beaten.release))
    scheduler.start()
    assert beaten.acquire(timeout=PATIENCE_SECONDS)
    wall.ahead = ahead
    tracemalloc.start()
    try:
        assert all(beaten.acquire(timeout=3) for _ in range(2))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
        scheduler.stop()


def test_a_scheduler_that_dies_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    died = Event()
    scheduler = a_scheduler(a_job(lambda: None))

    def fail(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(BackgroundScheduler, "_process_jobs", fail)
    with capture_logs() as logs:
        scheduler.start(died.set)
        assert died.wait(PATIENCE_SECONDS)
        with pytest.raises(SchedulerDied):
            scheduler.stop()
    assert [entry["event"] for entry in logs] == ["scheduler died"]


def test_a_job_whose_work_takes_long_is_not_stuck_while_it_goes_on() -> None:
    """A supervisor must not end a run of an hour because it takes an hour."""
    begun, asked, may_end = Event(), Event(), Event()

    def work(stopping: Event) -> None:
        begun.wait(PATIENCE_SECONDS)
        assert not stopping.is_set()
        asked.set()
        may_end.wait(PATIENCE_SECONDS)

    scheduler = a_scheduler(Job(name="work", every_seconds=3600, work=work))
    scheduler.start()
    before = scheduler.heartbeats.last("work")
    begun.set()
    assert asked.wait(PATIENCE_SECONDS)
    assert scheduler.heartbeats.last("work") > before
    may_end.set()
    scheduler.stop()


def test_work_hears_that_it_is_to_stop() -> None:
    stopping, heard = Event(), Event()

    def work(told: Event) -> None:
        stopping.set()
        if told.is_set():
            heard.set()

    job = Job(name="work", every_seconds=60, work=work)
    scheduler = Scheduler([job], stopping, working=_logged)
    scheduler.start()
    assert heard.wait(PATIENCE_SECONDS)
    scheduler.stop()


def test_one_slow_message_makes_no_job_stuck() -> None:
    """A mail server may take a minute over each of six answers."""
    clock = Clock()
    beats = Beats([a_job(lambda: None)], own_numbers, clock)
    beats.note("work")
    clock.now += 6 * 60
    assert beats.stuck == ()


def test_a_job_that_is_woken_beats_at_once() -> None:
    first, second = Event(), Event()

    def work() -> None:
        (second if first.is_set() else first).set()

    scheduler = a_scheduler(a_job(work, every_seconds=3600))
    scheduler.start()
    assert first.wait(PATIENCE_SECONDS)
    scheduler.wake("work")
    assert second.wait(PATIENCE_SECONDS)
    scheduler.stop()


def test_a_job_that_is_woken_while_it_works_beats_once_more_and_never_twice_at_once() -> None:
    begun, may_end, again = Event(), Event(), Event()
    at_work: list[int] = []

    def work() -> None:
        at_work.append(1)
        assert len(at_work) == 1
        (again if begun.is_set() else begun).set()
        may_end.wait(PATIENCE_SECONDS)
        at_work.pop()

    with capture_logs() as logs:
        scheduler = a_scheduler(a_job(work, every_seconds=3600))
        scheduler.start()
        assert begun.wait(PATIENCE_SECONDS)
        for _ in range(3):
            scheduler.wake("work")
        may_end.set()
        assert again.wait(PATIENCE_SECONDS)
        scheduler.stop()
    assert logs == []


def test_to_wake_a_job_that_is_another_nodes_does_nothing() -> None:
    scheduler = a_scheduler(a_job(lambda: None))
    scheduler.start()
    scheduler.wake("another")
    scheduler.stop()


def test_a_scheduler_is_silent_once_no_job_beats() -> None:
    """One that is stuck is told by /healthz; to end all for its sake would leave mails in doubt."""
    jobs = [Job(name=name, every_seconds=1, work=lambda _: None) for name in ("one", "two")]
    now = 1_000.0
    beats = Beats(jobs, own_numbers, clock=lambda: now)
    for job in jobs:
        beats.note(job.name)
    now += LEAST_PATIENCE.total_seconds() + 1
    beats.note("two")
    assert beats.stuck == ("one",)
    assert not beats.is_silent
    now += LEAST_PATIENCE.total_seconds() + 1
    assert beats.is_silent
