"""What a process that answers and the daemon say to each other, and what is done when it ends."""

import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event, Thread
from types import SimpleNamespace
from typing import cast

import pytest
from structlog.testing import capture_logs

from feeds.errors import PublishError
from notifier.app import web_processes
from notifier.app.web_processes import Handed, WebProcesses, _Daemon, _Listening
from notifier.web.connections import WebCounts

HEARING = "hearing the daemon"


def nothing() -> None: ...


class One:
    """A process that answers, as far as the daemon sees it: it ends when it is killed."""

    def __init__(self) -> None:
        self._end, self.sentinel = Pipe()
        self.pid, self.exitcode = 7, -9
        self.told: list[str] = []
        self.was_told = Event()

    def terminate(self) -> None:
        self.told.append("terminate")
        self.was_told.set()

    def kill(self) -> None:
        self.told.append("kill")
        self._end.close()

    def join(self, timeout: float | None = None) -> None: ...


def some(
    publish: Callable[[], None] = nothing,
    announce: Callable[[], None] = nothing,
    send: Callable[[], None] = nothing,
    listen: Callable[[], socket.socket] = socket.socket,
) -> WebProcesses:
    handed = SimpleNamespace(settings=SimpleNamespace(serve=SimpleNamespace(processes=2)))
    handed.counts = WebCounts.of(2)
    return WebProcesses(
        cast("Handed", handed),
        listen,
        Event(),
        code=(),
        publish=publish,
        announce=announce,
        send=send,
    )


@contextmanager
def heard(
    processes: WebProcesses, one: One, listening: _Listening | None = None
) -> Iterator[_Daemon]:
    """A process's side of the talk, while the daemon hears it; at the end it is killed."""
    ours, theirs = Pipe()
    listening = listening or _Listening(processes._listen)
    process = cast("BaseProcess", one)
    daemon = _Daemon(theirs, processes._handed.counts, 1)
    hearing = Thread(target=processes._hear, args=(process, ours, 1, listening))
    hearing.start()
    try:
        yield daemon
    finally:
        one.kill()
        hearing.join()
        processes._publishing.shutdown()
        # Whoever hears that the daemon ended ends its process: while that is still ours to see.
        for each in threading.enumerate():
            if each.name == HEARING:
                each.join()
        theirs.close()
        listening.close()


@contextmanager
def listened(daemon: _Daemon) -> Iterator[None]:
    """The answers of the daemon come in."""
    Thread(target=daemon.hear, daemon=True, name=HEARING).start()
    yield


@pytest.fixture(autouse=True)
def ended(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *told: signals.append(told))
    return signals


def test_who_has_something_published_waits_until_it_is() -> None:
    done: list[str] = []
    with heard(some(lambda: done.append("published")), One()) as daemon, listened(daemon):
        daemon.publish()
        assert done == ["published"]


@pytest.mark.parametrize("error", [PublishError("the disk is full"), RuntimeError("a bug")])
def test_what_cannot_be_published_is_told_to_who_asked(error: Exception) -> None:
    def fail() -> None:
        raise error

    with (
        capture_logs(),
        heard(some(fail), One()) as daemon,
        listened(daemon),
        pytest.raises(PublishError) as told,
    ):
        daemon.publish()
    assert str(told.value) == str(error)


def test_nobody_waits_to_announce_and_that_waits_for_no_publication() -> None:
    begun, done, announced = Event(), Event(), Event()

    def publish() -> None:
        begun.set()
        done.wait(30)

    with heard(some(publish, announced.set), One()) as daemon, listened(daemon):
        publishing = Thread(target=daemon.publish)
        publishing.start()
        assert begun.wait(30)
        # More than any pipe holds.
        for _ in range(100_000):
            daemon.announce()
        assert announced.wait(30)
        done.set()
        publishing.join()


def test_one_that_waits_for_a_publication_is_told_to_end_meanwhile() -> None:
    begun, done, one = Event(), Event(), One()

    def publish() -> None:
        begun.set()
        done.wait(30)

    processes = some(publish)
    with heard(processes, one) as daemon, listened(daemon):
        publishing = Thread(target=daemon.publish)
        publishing.start()
        assert begun.wait(30)
        processes._stopping.set()
        assert one.was_told.wait(30)
        done.set()
        publishing.join()
    assert one.told == ["terminate", "kill"]


def test_one_that_does_not_beat_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_processes, "SILENT_SECONDS", 0.01)
    one, processes = One(), some()
    ours, theirs = Pipe()
    with capture_logs() as logs, theirs:
        processes._hear(cast("BaseProcess", one), ours, 1, _Listening(processes._listen))
    assert one.told == ["kill"]
    assert [each["event"] for each in logs] == ["web process killed"]


def test_one_that_says_no_more_is_gone_before_another_is_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, processes = One(), some()
    ours, theirs = Pipe()
    theirs.close()
    monkeypatch.setattr(processes, "_begun", lambda _: (one, ours))
    how = processes._from_begin_to_end(1, _Listening(processes._listen))
    assert (one.told, how) == (["kill"], {"process": 7, "status": -9})


def test_one_is_given_its_socket_once_it_can_answer() -> None:
    def listen() -> socket.socket:
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        return bound

    processes = some(listen=listen)
    with heard(processes, One()) as daemon:
        assert processes._handed.counts.running == [0, 0]
        with daemon.listening() as given:
            assert given.getsockname()[0] == "127.0.0.1"
        assert processes._handed.counts.running == [0, 1]


def test_a_socket_is_kept_for_the_next_until_somebody_waits_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timers: list[Callable[[], None]] = []

    class Timer:
        def __init__(self, seconds: float, then: Callable[[], None]) -> None:
            assert seconds == 1
            self._then = then

        def start(self) -> None:
            timers.append(self._then)

        def cancel(self) -> None:
            timers.remove(self._then)

    monkeypatch.setattr(web_processes, "Timer", Timer)
    made: list[socket.socket] = []

    def listen() -> socket.socket:
        made.append(socket.socket())
        return made[-1]

    listening, one = _Listening(listen), cast("BaseProcess", One())
    ours, theirs = Pipe()
    with ours, theirs:
        listening.leave_soon()
        assert not timers  # There is none yet.
        for _ in range(2):
            listening.hand_to(one, ours)
            # However often it ends without having been given it.
            listening.leave_soon()
            listening.leave_soon()
            assert len(timers) == 1
        assert len(made) == 1
        timers[0]()
        assert made[0].fileno() == -1
        listening.hand_to(one, ours)
        assert len(made) == 2
        listening.close()


def test_a_process_ends_with_the_daemon(ended: list[tuple[int, int]]) -> None:
    ours, theirs = Pipe()
    daemon = _Daemon(theirs, WebCounts.of(2), 1)
    ours.close()
    daemon.hear()
    assert ended == [(os.getpid(), signal.SIGTERM)]
    with pytest.raises(PublishError, match="the daemon ended"):
        daemon.publish()
    theirs.close()


class Pausing(Event):
    """All are to end after so many pauses."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._most = most

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.pauses.append(timeout)
        if len(self.pauses) >= self._most:
            self.set()
        return self.is_set()


def test_one_that_ends_again_and_again_is_started_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    processes, pausing = some(), Pausing(23)
    processes._stopping = pausing
    now = [0.0]

    def hear(*_: object) -> None:
        # The last but one is well.
        now[0] += 3_600 if len(pausing.pauses) == 20 else 1

    monkeypatch.setattr(web_processes, "monotonic", lambda: now[0])
    monkeypatch.setattr(processes, "_begun", lambda _: (One(), None))
    monkeypatch.setattr(processes, "_hear", hear)
    with capture_logs() as logs:
        processes._attend(1)
    told = [each["again_in_seconds"] for each in logs]
    assert told == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 0.1]
    assert {(each["event"], each["status"]) for each in logs} == {("web process ended", -9)}
    # It is told before that is waited for.
    assert pausing.pauses[::2] == [0.1] * 12
    assert pausing.pauses[1::2] == pytest.approx([each - 0.1 for each in told])
    assert processes._handed.counts.ended == [0, 11]
    assert processes._handed.counts.running == [0, 0]


@pytest.mark.parametrize(
    "error", [OSError(errno.EAGAIN, "no process is left"), EOFError("unexpected EOF")]
)
def test_one_that_cannot_be_started_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    processes, made = some(), list[Connection]()
    processes._stopping = Pausing(5)
    pipe = processes._context.Pipe

    def pipes() -> tuple[Connection, Connection]:
        made.extend(pipe())
        return made[-2], made[-1]

    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(processes._context, "Pipe", pipes)
    monkeypatch.setattr(processes._context.Process, "start", fail)
    with capture_logs() as logs:
        processes._attend(1)
    assert [each["problem"] for each in logs] == [str(error)] * 2
    assert len(made) == 6
    assert all(each.closed for each in made)


def test_what_is_started_has_nothing_of_the_script_that_started_us() -> None:
    ours = sys.modules["__main__"]
    with web_processes._without_main():
        assert not hasattr(sys.modules["__main__"], "__file__")
        assert sys.modules["__main__"].__spec__ is None
    assert sys.modules["__main__"] is ours
