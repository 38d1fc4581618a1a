"""Processes that answer beside the daemon, at its address: begun, heard, begun anew and ended.

Knows processes and the few words between them and the daemon. Must never do a job: what is handed
in there is published here.
"""

import os
import signal
import socket
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
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

log = structlog.get_logger(__name__)

# What one says to the daemon: the first waits for an answer, the second does not.
_PUBLISH, _ANNOUNCE = b"publish", b"announce"
_LONGEST_WORD_BYTES = 20

#: How often whoever hears a process asks whether all are to end.
_LOOK_SECONDS = 0.2
#: What a server gives to requests in flight, and as much again for what they asked of the store.
_GRACE_SECONDS = 20
#: One that ends sooner is not well, and is begun anew after a while that doubles.
_WELL_SECONDS = 60
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 30
#: Nobody waits for longer until it is there again.
_PATIENCE_SECONDS = 1


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
    ) -> None:
        self._handed = handed
        self._listen = listen
        self._listening: dict[int, socket.socket] = {}
        self._stopping = stopping
        self._words: Mapping[bytes, Callable[[], object]] = {
            _PUBLISH: publish,
            _ANNOUNCE: announce,
        }
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([__name__, *code])
        self._threads = [
            Thread(target=self._attend, args=(place,), name=f"web process {place}")
            for place in range(1, handed.settings.serve.processes)
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

    def _attend(self, place: int) -> None:
        counts, pause = self._handed.counts, _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            begun = monotonic()
            how = self._from_begin_to_end(place)
            counts.running[place] = 0
            if pause > _PATIENCE_SECONDS:
                # Who comes meanwhile is for the others.
                self._leave(place)
            # They may hear before us that all are to end.
            if self._stopping.wait(pause):
                break
            counts.ended[place] += 1
            log.error("web process ended", **how)
            is_well = monotonic() - begun >= _WELL_SECONDS
            pause = _FIRST_PAUSE_SECONDS if is_well else min(2 * pause, _LONGEST_PAUSE_SECONDS)
        self._leave(place)

    def _leave(self, place: int) -> None:
        if listening := self._listening.pop(place, None):
            listening.close()

    def _from_begin_to_end(self, place: int) -> Mapping[str, object]:
        """How a process ended, or why there was none."""
        try:
            if place not in self._listening:
                self._listening[place] = self._listen()
            process, words = self._begun(place, self._listening[place])
        except OSError as error:
            return {"problem": error.strerror or str(error)}
        self._handed.counts.running[place] = 1
        self._hear(process, words, place)
        return {"process": process.pid, "status": process.exitcode}

    def _begun(self, place: int, listening: socket.socket) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_answer, args=(self._handed, listening, theirs, place), daemon=True
        )
        process.start()
        # Theirs alone: so its end tells that the process ended.
        theirs.close()
        return process, ours

    def _hear(self, process: BaseProcess, words: Connection, place: int) -> None:
        """Returns when the process ended, after what it asked was done."""
        until: float | None = None
        with words:
            while not (wait([process.sentinel], 0)):
                if self._stopping.is_set() and until is None:
                    until = monotonic() + _GRACE_SECONDS
                    process.terminate()
                    self._leave(place)
                if until and monotonic() > until:
                    log.error("web process killed", process=process.pid)
                    process.kill()
                if words in wait([words, process.sentinel], _LOOK_SECONDS) and not self._heard(
                    words
                ):
                    break
        process.join(_GRACE_SECONDS)

    def _heard(self, words: Connection) -> bool:
        """Whether there may be more to hear."""
        try:
            word = words.recv_bytes(_LONGEST_WORD_BYTES)
            problem = self._done(word)
            if word == _PUBLISH:
                words.send_bytes(problem.encode())
        except (EOFError, OSError):
            return False
        return True

    def _done(self, word: bytes) -> str:
        """What is wrong, if anything."""
        try:
            self._words[word]()
        except FeedsError as error:
            return str(error)
        except Exception as error:
            log.exception("not published")
            return str(error) or type(error).__name__
        return ""


class _Daemon:
    """The daemon, as a process that answers knows it."""

    def __init__(self, words: Connection) -> None:
        self._words = words
        self._speaking = Lock()
        self._publishing = Lock()
        self._answers: SimpleQueue[str] = SimpleQueue()

    def publish(self) -> None:
        """What was stored is published. Raises PublishError."""
        with self._publishing:
            self._say(_PUBLISH)
            problem = self._answers.get()
        if problem:
            raise PublishError(problem)

    def announce(self) -> None:
        """It hears that somebody wants to subscribe, and when it will, that is its own."""
        self._say(_ANNOUNCE)

    def _say(self, word: bytes) -> None:
        with self._speaking:
            try:
                self._words.send_bytes(word)
            except OSError as error:
                raise PublishError("the daemon ended") from error

    def hear(self) -> None:
        """Its answers, until it ends: then we end as it would have ended us."""
        try:
            while True:
                self._answers.put(self._words.recv_bytes().decode())
        except (EOFError, OSError):
            self._answers.put("the daemon ended")
            os.kill(os.getpid(), signal.SIGTERM)


def _answer(handed: Handed, listening: socket.socket, words: Connection, place: int) -> None:
    """Answers until the daemon ends this process."""
    # What a terminal interrupts is the daemon.
    os.setsid()
    logging.configure(handed.settings.log.style, handed.settings.log.level)
    stopping = Event()
    daemon, sources = _Daemon(words), handed.settings.sources
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
                heartbeats=handed.heartbeats,
                counts=handed.counts,
                place=place,
                mails=handed.mails,
            )
            Thread(target=daemon.hear, daemon=True).start()
            log.info("web process started", process=os.getpid())
            server.run(sockets=[listening])
    except FeedsError as error:
        log.error("web process cannot start", problem=str(error))  # noqa: TRY400 - expected
