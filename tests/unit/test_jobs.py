"""The metronome: every job beats, none overlaps itself or delays another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from structlog.testing import capture_logs

from notifier.jobs import Job, Metronome

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
PATIENCE_SECONDS = 20


def a_job(work: Callable[[], object], *, name: str = "work", every_seconds: int = 1) -> Job:
    return Job(name=name, every_seconds=every_seconds, work=work)


def real_now() -> datetime:
    return datetime.now(UTC)


def test_a_job_beats_at_once_and_again() -> None:
    beaten = [Event(), Event()]

    def work() -> None:
        next(event for event in beaten if not event.is_set() or event is beaten[-1]).set()

    metronome = Metronome([a_job(work)], clock=real_now)
    metronome.start()
    assert all(event.wait(PATIENCE_SECONDS) for event in beaten)
    metronome.stop()


def test_stopping_waits_for_the_work_in_hand() -> None:
    begun, may_end = Event(), Event()
    done: list[str] = []

    def work() -> None:
        begun.set()
        may_end.wait(PATIENCE_SECONDS)
        done.append("done")

    metronome = Metronome([a_job(work, every_seconds=60)], clock=real_now)
    metronome.start()
    assert begun.wait(PATIENCE_SECONDS)
    may_end.set()
    metronome.stop()
    assert done == ["done"]


def test_a_job_that_fails_is_logged_and_beats_again_and_the_others_never_notice() -> None:
    failures, others = [Event(), Event()], Event()

    def fail() -> None:
        (failures[1] if failures[0].is_set() else failures[0]).set()
        raise RuntimeError("broken")

    with capture_logs() as logs:
        metronome = Metronome([a_job(fail, name="bad"), a_job(others.set)], clock=real_now)
        metronome.start()
        assert all(event.wait(PATIENCE_SECONDS) for event in (*failures, others))
        metronome.stop()
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

    metronome = Metronome([a_job(work)], clock=real_now)
    metronome.start()
    assert enough.wait(PATIENCE_SECONDS)
    metronome.stop()
    assert max(most) == 1


def test_a_job_is_stuck_when_it_neither_begins_nor_ends_for_long() -> None:
    metronome = Metronome([a_job(lambda: None, every_seconds=60)], clock=lambda: NOW)
    metronome.start()
    metronome.stop()
    assert metronome.beats == {"work": NOW}
    assert metronome.stuck(NOW + timedelta(minutes=10)) == ()
    assert metronome.stuck(NOW + timedelta(minutes=10, seconds=1)) == ("work",)
