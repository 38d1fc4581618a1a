"""Processes that answer beside the daemon, at its address: begun, heard, begun anew and ended.

Knows processes and the few words between them and the daemon. Must never do a job: what is handed
in there is published here.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from math import inf
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread, Timer
from time import monotonic
from types import ModuleType
from typing import Self

import structlog

from config import log as logging
from config.clock import clock
from config.settings import Settings
from feeds.errors import FeedsError, PublishError
from feeds.ingest.workers import Workers
from feeds.model import SourceKind
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy
from notifier.app import web_parts
from notifier.app.house import House
from notifier.app.jobs import Beats
from notifier.web.connections import WebCounts
from notifier.web.server import SILENT_SECONDS

log = structlog.get_logger(__name__)

# What one says to the daemon: it can answer from now on, and is given its socket for that; and
# what was stored is to be published, which is answered by what is wrong.
_READY, _PUBLISH = b"ready", b"publish"
_LONGEST_WORD_BYTES = 20

#: How often whoever hears a process looks at what it does not say.
_LOOK_SECONDS = 0.2
#: What a server gives to requests in flight, and as much again for what they asked of the store.
_GRACE_SECONDS = 20
#: One that ends sooner is not well, and is begun anew after a while that doubles.
_WELL_SECONDS = 60
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 30
#: Nobody waits for longer until it is there again.
_PATIENCE_SECONDS = 1

# multiprocessing looks at our `__main__` whenever it starts a process.
_starting = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What a process has of the daemon, as it was when that began, whatever files say now."""

    settings: Settings
    taxonomy: Taxonomy
    site: Site
    heartbeats: Beats
    counts: WebCounts
    mails: Path | None

    @classmethod
    def by(cls, house: House, heartbeats: Beats, counts: WebCounts, mails: Path | None) -> Self:
        """What the daemon's house has."""
        return cls(
            settings=house.settings,
            taxonomy=house.taxonomy,
            site=house.site,
            heartbeats=heartbeats,
            counts=counts,
            mails=mails,
        )


class WebProcesses:
    """The processes that answer beside the daemon, each by a socket that ``listen`` makes.

    The system gives each socket its part of what comes. The daemon keeps them open, so that what
    waits at one is answered by the process that comes after one that ended. They are forked by a
    process that does nothing else and has loaded all ``code`` before an upgrade may replace it.
    """

    def __init__(
        self,
        handed: Handed,
        listen: Callable[[], socket.socket],
        stopping: Event,
        *,
        code: Collection[str],
        publish: Callable[[], None],
        announce: Callable[[], object],
        send: Callable[[], object],
    ) -> None:
        self._handed = handed
        self._listen = listen
        self._stopping = stopping
        self._publish = publish
        self._announce = announce
        self._send = send
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([__name__, *code])
        count = handed.settings.serve.processes
        # What one asked that ended meanwhile keeps nobody waiting.
        self._publishing = ThreadPoolExecutor(2 * count, thread_name_prefix="publish")
        self._threads = [
            Thread(target=self._attend, args=(place,), name=f"web process {place}")
            for place in range(1, count)
        ]

    def start(self) -> None:
        """They are being started, and started anew whenever one ends before it is to."""
        self._handed.counts.running[0] = 1
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """None is left, as all are to end: what they were asked is answered."""
        for thread in self._threads:
            thread.join()
        self._publishing.shutdown()

    def _attend(self, place: int) -> None:
        counts, pause = self._handed.counts, _FIRST_PAUSE_SECONDS / 2
        with closing(_Listening(self._listen)) as listening:
            while not self._stopping.is_set():
                begun = monotonic()
                how = self._from_begin_to_end(place, listening)
                is_well = monotonic() - begun >= _WELL_SECONDS
                pause = _FIRST_PAUSE_SECONDS if is_well else min(2 * pause, _LONGEST_PAUSE_SECONDS)
                # They may hear before us that all are to end.
                if self._stopping.wait(_FIRST_PAUSE_SECONDS):
                    return
                counts.ended[place] += 1
                log.error("web process ended", again_in_seconds=pause, **how)
                self._stopping.wait(pause - _FIRST_PAUSE_SECONDS)

    def _from_begin_to_end(self, place: int, listening: "_Listening") -> Mapping[str, object]:
        """How a process ended, or why there was none."""
        try:
            process, words = self._begun(place)
        except (OSError, EOFError) as error:
            return {"problem": str(error)}
        try:
            self._hear(process, words, place, listening)
        finally:
            self._handed.counts.running[place] = 0
            listening.leave_soon()
        # It told its end and may be there.
        process.join(_GRACE_SECONDS)
        process.kill()
        process.join()
        return {"process": process.pid, "status": process.exitcode}

    def _begun(self, place: int) -> tuple[BaseProcess, Connection]:
        """Raises OSError, EOFError where what forks them ended."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_answer, args=(self._handed, theirs, place), daemon=True
        )
        try:
            with _without_main():
                process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            # Theirs alone: so its end tells that the process ended.
            theirs.close()
        return process, ours

    def _hear(
        self, process: BaseProcess, words: Connection, place: int, listening: "_Listening"
    ) -> None:
        """Returns when the process ended, or says no more."""
        counts, until = self._handed.counts, inf
        counts.beats[place] = monotonic()
        announced, noticed = counts.announced[place], counts.noticed[place]
        published: Future[None] = Future()
        published.set_result(None)
        while not wait([process.sentinel], 0):
            now = monotonic()
            if self._stopping.is_set() and until == inf:
                until = now + _GRACE_SECONDS
                process.terminate()
                listening.close()
            is_silent = until == inf and now - counts.beats[place] > SILENT_SECONDS
            if is_silent or now > until:
                log.error("web process killed", process=process.pid)
                process.kill()
                break
            if counts.announced[place] != announced:
                announced = counts.announced[place]
                self._announce()
            if counts.noticed[place] != noticed:
                noticed = counts.noticed[place]
                self._send()
            if words not in wait([words, process.sentinel], _LOOK_SECONDS):
                continue
            try:
                word = words.recv_bytes(_LONGEST_WORD_BYTES)
                if word == _PUBLISH:
                    published = self._publishing.submit(self._answer_published, words)
                elif not self._stopping.is_set():
                    counts.running[place] = 1
                    listening.hand_to(process, words)
            except (EOFError, OSError):
                break
        # It asks for one thing at a time, and is answered by a thread that may be about to.
        published.add_done_callback(lambda _: words.close())

    def _answer_published(self, words: Connection) -> None:
        with suppress(OSError):
            words.send_bytes(self._problem_of_publishing().encode())

    def _problem_of_publishing(self) -> str:
        """What is wrong once what was stored is published, if anything."""
        try:
            self._publish()
        except FeedsError as error:
            return str(error)
        except Exception as error:
            log.exception("not published")
            return str(error) or type(error).__name__
        return ""


class _Listening:
    """The socket of one process after another, which ``listen`` makes: it is kept for the next."""

    def __init__(self, listen: Callable[[], socket.socket]) -> None:
        self._listen = listen
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._leaving: Timer | None = None

    def hand_to(self, process: BaseProcess, words: Connection) -> None:
        """It answers what waits there and what comes. Raises OSError."""
        with self._lock:
            self._keep()
            self._socket = self._socket or self._listen()
            send_handle(words, self._socket.fileno(), process.pid)

    def leave_soon(self) -> None:
        """Who comes is for the others, unless it is handed on before somebody waits for long."""
        with self._lock:
            if self._socket and not self._leaving:
                self._leaving = Timer(_PATIENCE_SECONDS, self.close)
                self._leaving.start()

    def close(self) -> None:
        """Whoever has it has it alone."""
        with self._lock:
            self._keep()
            if self._socket:
                self._socket.close()
            self._socket = None

    def _keep(self) -> None:
        if self._leaving:
            self._leaving.cancel()
        self._leaving = None


@contextmanager
def _without_main() -> Iterator[None]:
    """What is started meanwhile has nothing of the script that started us: multiprocessing runs it
    in each process, as the disk has it by then.
    """
    with _starting:
        ours = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = ours


class _Daemon:
    """The daemon, as the process that answers in a ``place`` among ``counts`` knows it."""

    def __init__(self, words: Connection, counts: WebCounts, place: int) -> None:
        self._words = words
        self._counts = counts
        self._place = place
        self._publishing = Lock()
        self._answers: SimpleQueue[str] = SimpleQueue()

    def publish(self) -> None:
        """What was stored is published. Raises PublishError."""
        with self._publishing:
            try:
                self._words.send_bytes(_PUBLISH)
            except OSError as error:
                raise PublishError("the daemon ended") from error
            problem = self._answers.get()
        if problem:
            raise PublishError(problem)

    def announce(self) -> None:
        """It sees soon that somebody wants to subscribe; nobody waits for that, or for it."""
        self._counts.announced[self._place] += 1

    def send(self) -> None:
        """It sends soon what mail there is; nobody waits for that, either."""
        self._counts.noticed[self._place] += 1

    def listening(self) -> socket.socket:
        """The socket to answer at from now on. Raises OSError, EOFError where it ends."""
        self._words.send_bytes(_READY)
        return socket.socket(fileno=recv_handle(self._words))

    def hear(self) -> None:
        """Its answers, until it ends: then we end as it would have ended us."""
        try:
            while True:
                self._answers.put(self._words.recv_bytes().decode())
        except (EOFError, OSError):
            self._answers.put("the daemon ended")
            os.kill(os.getpid(), signal.SIGTERM)


def _answer(handed: Handed, words: Connection, place: int) -> None:
    """Answers until the daemon ends this process."""
    # What a terminal interrupts is the daemon.
    os.setsid()
    # As the daemon does, which loaded as much.
    gc.freeze()
    logging.configure(handed.settings.log.style, handed.settings.log.level)
    stopping = Event()
    daemon, sources = _Daemon(words, handed.counts, place), handed.settings.sources
    try:
        with (
            closing(Workers(count=1)) as workers,
            House(handed.settings, clock=clock, stopping=stopping) as house,
        ):
            house.taxonomy, house.site = handed.taxonomy, handed.site
            house.workers = workers
            if any(
                SourceKind(source.kind) is SourceKind.PUSH or source.websub for source in sources
            ):
                workers.start(eager=True)
            server = web_parts.server(
                house,
                stopping,
                publish=daemon.publish,
                announce=daemon.announce,
                send=daemon.send,
                heartbeats=handed.heartbeats,
                counts=handed.counts,
                place=place,
                mails=handed.mails,
            )
            listening = daemon.listening()
            Thread(target=daemon.hear, daemon=True).start()
            log.info("web process started", process=os.getpid())
            server.run(sockets=[listening])
    except EOFError:
        pass  # The daemon ends, too.
    except FeedsError as error:
        log.error("web process cannot start", problem=str(error))  # noqa: TRY400 - expected
