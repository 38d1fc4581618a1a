"""What a process that answers and the daemon say to each other, and what is done when it ends."""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe, get_context
from socket import SHUT_RDWR, socket
from threading import Event, Thread
from types import SimpleNamespace
from typing import cast

import pytest
from structlog.testing import capture_logs

from feeds.errors import PublishError
from notifier.app.web_processes import Handed, WebProcesses, _Daemon
from notifier.web.connections import WebCounts


def some(publish: Callable[[], None], announce: Callable[[], None] = list) -> WebProcesses:  # type: ignore[assignment]
    counts = WebCounts.of(2)
    handed = SimpleNamespace(settings=SimpleNamespace(serve=SimpleNamespace(processes=2)))
    handed.counts = counts
    return WebProcesses(
        cast("Handed", handed),
        socket,
        Event(),
        code=(),
        publish=publish,
        announce=announce,
    )


@contextmanager
def speaking(processes: WebProcesses) -> Iterator[_Daemon]:
    """A process's side of the talk; the daemon's ends with it."""
    ours, theirs = Pipe()

    def listen() -> None:
        while processes._heard(ours):
            pass

    daemon = _Daemon(theirs)
    threads = [Thread(target=listen), Thread(target=daemon.hear)]
    for thread in threads:
        thread.start()
    try:
        yield daemon
    finally:
        with socket(fileno=os.dup(ours.fileno())) as both:
            both.shutdown(SHUT_RDWR)
        for thread in threads:
            thread.join()
        ours.close()
        theirs.close()


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *told: signals.append(told))
    return signals


def test_who_has_something_published_waits_until_it_is(ended: list[tuple[int, int]]) -> None:
    done: list[str] = []
    with speaking(some(lambda: done.append("published"), lambda: done.append("told"))) as daemon:
        daemon.announce()
        daemon.publish()
        assert done == ["told", "published"]


@pytest.mark.parametrize("error", [PublishError("the disk is full"), RuntimeError("a bug")])
def test_what_cannot_be_published_is_told_to_who_asked(
    ended: list[tuple[int, int]], error: Exception
) -> None:
    def fail() -> None:
        raise error

    with capture_logs(), speaking(some(fail)) as daemon, pytest.raises(PublishError) as told:
        daemon.publish()
    assert str(told.value) == str(error)


def test_a_process_ends_with_the_daemon(ended: list[tuple[int, int]]) -> None:
    ours, theirs = Pipe()
    daemon = _Daemon(theirs)
    ours.close()
    daemon.hear()
    assert ended == [(os.getpid(), signal.SIGTERM)]
    with pytest.raises(PublishError, match="the daemon ended"):
        daemon.publish()
    theirs.close()


def test_one_that_ends_again_and_again_is_started_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    processes, pauses = some(lambda: None), []

    class Stopping(Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout)
            return len(pauses) == 11

    processes._stopping = Stopping()
    context = get_context("fork")
    one = context.Process(target=int)
    one.start()
    one.join()
    ours, theirs = Pipe()
    monkeypatch.setattr(processes, "_begun", lambda *_: (one, ours))
    with theirs, capture_logs() as logs:
        processes._attend(1)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]
    assert {(each["event"], each["status"]) for each in logs} == {("web process ended", 0)}
    assert processes._handed.counts.ended == [0, 10]
    assert processes._handed.counts.running == [0, 0]


def test_one_that_cannot_be_started_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    processes, open_ = some(lambda: None), []

    class Stopping(Event):
        def wait(self, timeout: float | None = None) -> bool:
            open_.append(len(processes._listening))
            return len(open_) == 7

    def fail(*_: object) -> None:
        raise OSError(errno.EAGAIN, "no process is left")

    processes._stopping = Stopping()
    monkeypatch.setattr(processes, "_begun", fail)
    with capture_logs() as logs:
        processes._attend(1)
    assert [each["problem"] for each in logs] == ["no process is left"] * 6
    # While it is away for longer the system gives it no reader.
    assert open_ == [1, 1, 1, 1, 0, 0, 0]
    assert processes._listening == {}
