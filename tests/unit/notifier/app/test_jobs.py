"""The scheduler: every job beats, none overlaps itself or delays another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from structlog.testing import capture_logs

from notifier.app.jobs import Job, Scheduler

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
PATIENCE_SECONDS = 20


def a_job(work: Callable[[], object], *, name: str = "work", every_seconds: int = 1) -> Job:
    return Job(name=name, every_seconds=every_seconds, work=lambda _: work())


def a_scheduler(*jobs: Job, clock: Callable[[], datetime] | None = None) -> Scheduler:
    return Scheduler(jobs, Event(), clock=clock or real_now)


def real_now() -> datetime:
    return datetime.now(UTC)


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


def test_a_job_that_fails_is_logged_and_beats_again_and_the_others_never_notice() -> None:
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
    scheduler = a_scheduler(a_job(lambda: None, every_seconds=60), clock=lambda: NOW)
    scheduler.start()
    scheduler.stop()
    assert scheduler.heartbeats.beats == {"work": NOW}
    assert scheduler.heartbeats.stuck(NOW + timedelta(minutes=10)) == ()
    assert scheduler.heartbeats.stuck(NOW + timedelta(minutes=10, seconds=1)) == ("work",)


def test_a_job_whose_work_takes_long_is_not_stuck_while_it_goes_on() -> None:
    """A supervisor must not end a run of an hour because it takes an hour."""
    hours = iter(real_now() - timedelta(hours=left) for left in range(9, -1, -1))
    begun, asked, may_end = Event(), Event(), Event()

    def work(stopping: Event) -> None:
        begun.wait(PATIENCE_SECONDS)
        assert not stopping.is_set()
        asked.set()
        may_end.wait(PATIENCE_SECONDS)

    job = Job(name="work", every_seconds=3600, work=work)
    scheduler = a_scheduler(job, clock=lambda: next(hours))
    scheduler.start()
    before = scheduler.heartbeats.beats["work"]
    begun.set()
    assert asked.wait(PATIENCE_SECONDS)
    assert scheduler.heartbeats.beats["work"] > before
    may_end.set()
    scheduler.stop()


def test_work_hears_that_it_is_to_stop() -> None:
    stopping, heard = Event(), Event()

    def work(told: Event) -> None:
        stopping.set()
        if told.is_set():
            heard.set()

    job = Job(name="work", every_seconds=60, work=work)
    scheduler = Scheduler([job], stopping, clock=real_now)
    scheduler.start()
    assert heard.wait(PATIENCE_SECONDS)
    scheduler.stop()


def test_one_slow_message_makes_no_job_stuck() -> None:
    """A mail server may take a minute over each of six answers."""
    scheduler = a_scheduler(a_job(lambda: None), clock=lambda: NOW)
    scheduler.start()
    scheduler.stop()
    assert scheduler.heartbeats.stuck(NOW + timedelta(minutes=6)) == ()


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
