"""Worker processes: documents of strangers are understood there, and never where we answer.

Knows how worker processes are started, asked and ended, and what one that ended says of a document.
Must never know how a document is understood, or what becomes of it.
"""

import hashlib
import os
import pickle
import select
import signal
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from queue import Empty, LifoQueue
from threading import Event, Lock
from time import monotonic

import structlog

from feeds.draft import Document, Parsed, Refused
from feeds.errors import SourceError
from feeds.ingest import Asked
from feeds.ingest.worker import (
    HEAD_BYTES,
    LIMITS,
    TAXONOMIES,
    Answer,
    DocumentLimits,
    Ended,
    Request,
    frame,
    length,
)
from feeds.taxonomy import Taxonomy

log = structlog.get_logger()

#: Sent at once, so that a worker waits for none; few, as others wait for the worker meanwhile.
_DOCUMENTS_AT_ONCE = 16
_BYTES_AT_ONCE = 300_000
#: A worker that has loaded its code reads so much in less time than another takes to load its own.
_BYTES_OF_ONE = 4_000_000
#: More would wait for the one who stores what they understood.
_MOST_WORKERS = 4
#: How often one who waits asks whether the program is ending, and how long they wait then.
_LOOK_SECONDS = 0.2
_GRACE_SECONDS = 1.5
#: A worker is ended by the system. One that answers so much later is lost.
_LATE_SECONDS = 30
_START = "import sys; sys.path[:] = {path!r}; from feeds.ingest.worker import main; main({said!r})"
#: What is set for us is no business of a process that reads documents of strangers.
_OUR_SETTINGS = "FIELDFARE"


class _Stopped(Exception):
    """The program is ending, and the document takes longer than anybody waits."""


class _Broken(Exception):
    """A worker does not answer as workers do."""


#: A taxonomy as it is sent, behind what it is remembered by.
_Packed = tuple[str, bytes]


class Workers:
    """Understands documents in processes of their own, for any thread that asks."""

    def __init__(self, *, limits: DocumentLimits = LIMITS, count: int | None = None) -> None:
        self._limits = limits
        self._count = count or min(os.cpu_count() or 1, _MOST_WORKERS)
        self._eager = False
        self._lock = Lock()
        self._pool: _Pool | None = None
        self._is_closed = False
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="worker")
        self._packed: weakref.WeakKeyDictionary[Taxonomy, _Packed] = weakref.WeakKeyDictionary()

    def start(self, *, eager: bool = False) -> None:
        """The processes are being started, while others are at work.

        An ``eager`` one loads all code first, so that none it forks meets what an upgrade replaced.
        """
        self._eager = self._eager or eager
        with suppress(_Stopped):
            self._running()

    def close(self) -> None:
        """No process is left, and none is started any more."""
        with self._lock:
            self._is_closed = True
            pool, self._pool = self._pool, None
        if pool:
            pool.end()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def understand(
        self, asked: Sequence[Asked], taxonomy: Taxonomy, stopping: Event | None = None
    ) -> Iterator[Parsed | Refused]:
        """What each document holds, in their order; fewer where the program is ending.

        Raises SourceError where the processes do not work at all.
        """
        packed, patience = self._as_sent(taxonomy), _Patience(stopping)
        chunks = [*_chunks(asked)]
        size = sum(len(document.body) for document, _ in asked)
        if len(chunks) == 1:
            yield from self._understood(chunks[0], packed, patience)[0]
            return
        # Whoever decides about what was understood never waits for what could be meanwhile.
        at_once = 1 if size <= _BYTES_OF_ONE and not self._eager else self._count + 1
        tasks = (self._threads.submit(self._understood, each, packed, patience) for each in chunks)
        ahead = deque(islice(tasks, at_once))
        while ahead:
            understood, is_whole = ahead.popleft().result()
            if is_whole:
                ahead.extend(islice(tasks, 1))
            yield from understood
            if not is_whole:
                return

    def _as_sent(self, taxonomy: Taxonomy) -> _Packed:
        with self._lock:
            packed = self._packed.get(taxonomy)
            if packed is None:
                body = pickle.dumps(taxonomy, pickle.HIGHEST_PROTOCOL)
                packed = (hashlib.sha256(body).hexdigest(), body)
                self._packed[taxonomy] = packed
            return packed

    def _understood(
        self, chunk: Sequence[Asked], packed: _Packed, patience: "_Patience"
    ) -> tuple[list[Parsed | Refused], bool]:
        """What the documents of a chunk hold, and whether that is all of them."""
        found: list[Parsed | Refused] = []
        failures = 0
        while left := chunk[len(found) :]:
            document = left[0][0]
            try:
                with self._worker(patience) as worker:
                    ended = worker.ask(left, packed, patience, found)
            except _Stopped:
                return found, False
            except _Broken as error:
                failures += 1
                if failures > 1:
                    problem = f"documents cannot be understood, as workers fail: {error}"
                    raise SourceError(document.source, problem) from error
                continue
            if ended is None:
                break
            document = chunk[len(found)][0]
            refused = ended.too_costly(document, self._limits)
            # It may have been ended by accident: only what ends a second one is at fault itself.
            failures = 1 if len(left) > len(chunk) - len(found) else failures + 1
            if refused is None and failures > 1:
                refused = ended.failed
            if refused:
                log.warning("worker ended", source=document.source, why=refused.evidence)
                found.append(refused)
                failures = 0
        return found, True

    @contextmanager
    def _worker(self, patience: "_Patience") -> Iterator["_Worker"]:
        """One that nobody else asks meanwhile; all are ended where it is not awaited any more."""
        patience.check()
        while (worker := (pool := self._running()).hired(patience)).was_ended():
            self._give_back(pool, worker)
        try:
            yield worker
        except (_Broken, _Stopped):
            # What it says later would be taken for the answer to another question.
            with self._lock:
                self._pool = None if self._pool is pool else self._pool
            worker.close()
            pool.end()
            raise
        self._give_back(pool, worker)

    def _give_back(self, pool: "_Pool", worker: "_Worker") -> None:
        if not pool.give_back(worker):
            with self._lock:
                self._pool = None if self._pool is pool else self._pool
            pool.end()

    def _running(self) -> "_Pool":
        with self._lock:
            if self._is_closed:
                raise _Stopped
            self._pool = self._pool or _Pool(self._count, self._limits, eager=self._eager)
            return self._pool


class _Patience:
    """How long an answer is waited for once the program is ending."""

    def __init__(self, stopping: Event | None) -> None:
        self._stopping = stopping
        self._until: float | None = None

    def check(self) -> None:
        """Raises _Stopped once it is over."""
        if self._stopping is not None and self._stopping.is_set():
            self._until = self._until or monotonic() + _GRACE_SECONDS
            if monotonic() > self._until:
                raise _Stopped


class _Pool:
    """A first process and the workers it forks, each with its pipes."""

    def __init__(self, count: int, limits: DocumentLimits, *, eager: bool) -> None:
        self._idle: LifoQueue[_Worker] = LifoQueue()
        self._lock = Lock()
        self._is_ended = False
        self._left = count
        theirs: list[int] = []
        for _ in range(count):
            requests, asked = os.pipe()
            told, answers = os.pipe()
            theirs += (requests, answers)
            self._idle.put(_Worker(asked, told, limits))
        said = [limits.seconds, limits.patience, limits.megabytes, int(eager), *theirs]
        try:
            self._first = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-c", _START.format(path=sys.path, said=[*map(str, said)])],
                # They end with this, whatever ends us.
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=theirs,
                # What a terminal interrupts is the command, which ends them.
                start_new_session=True,
                env={name: text for name, text in os.environ.items() if _OUR_SETTINGS not in name},
            )
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def hired(self, patience: _Patience) -> "_Worker":
        """One that is idle, as soon as there is one. Raises _Stopped, _Broken."""
        while True:
            patience.check()
            with suppress(Empty):
                return self._idle.get(timeout=_LOOK_SECONDS)
            if self._is_ended:
                raise _Broken("they were ended")

    def give_back(self, worker: "_Worker") -> bool:
        """Whether any worker is left, this one included unless it is spent."""
        with self._lock:
            if self._is_ended or worker.is_spent:
                worker.close()
                self._left -= 1
            else:
                self._idle.put(worker)
            return self._left > 0

    def end(self) -> None:
        """No process is left."""
        with self._lock:
            if self._is_ended:
                return
            self._is_ended = True
            with suppress(ProcessLookupError):
                # They leave the terminal's group, and are one of their own.
                os.killpg(self._first.pid, signal.SIGKILL)
            self._first.kill()
            self._first.communicate()
            with suppress(Empty):
                while True:
                    self._idle.get_nowait().close()


class _Worker:
    """The pipes to and from one worker; who has it asks alone."""

    def __init__(self, asked: int, told: int, limits: DocumentLimits) -> None:
        self._asked = asked
        self._told = told
        self._limits = limits
        self._had = bytearray()
        self._number = 0
        #: It was ended by who knows whom, and may have read half of a request.
        self.is_spent = False
        self._known: deque[str] = deque(maxlen=TAXONOMIES)

    def was_ended(self) -> bool:
        """Whether its end is told although it was asked nothing."""
        self.is_spent = self.is_spent or bool(_ready(self._told, 0))
        return self.is_spent

    def close(self) -> None:
        os.close(self._asked)
        os.close(self._told)

    def ask(
        self,
        chunk: Sequence[Asked],
        packed: _Packed,
        patience: _Patience,
        found: list[Parsed | Refused],
    ) -> Ended | None:
        """What the documents hold is appended to ``found``; how it ended where one ends it.

        Raises _Broken; _Stopped.
        """
        key, body = packed
        is_known = key in self._known
        self._number += 1
        request = Request(self._number, key, None if is_known else body, chunk)
        self._send(frame(request))
        if not is_known:
            self._known.append(key)
        for document, _ in chunk:
            said = self._receive(document, patience)
            if isinstance(said, Ended):
                self._known.clear()
                self.is_spent = said.too_costly(document, self._limits) is None
                return said
            tell_fault(said.fault, document)
            found.append(said.understood)
        return None

    def _send(self, said: bytes) -> None:
        left = memoryview(said)
        try:
            while left:
                left = left[os.write(self._asked, left) :]
        except OSError as error:
            raise _Broken("nobody reads what is asked") from error

    def _receive(self, document: Document, patience: _Patience) -> Answer | Ended:
        while True:
            said = self._receive_any(document, patience)
            if isinstance(said, Ended) or said.number == self._number:
                return said

    def _receive_any(self, document: Document, patience: _Patience) -> Answer | Ended:
        most = self._limits.allowed(document) * self._limits.patience + _LATE_SECONDS
        until = monotonic() + most
        head = self._read(HEAD_BYTES, until, patience)
        body = self._read(length(head), until, patience)
        try:
            said = pickle.loads(body)  # noqa: S301 - of our own process
        except Exception as error:
            raise _Broken("an answer cannot be read") from error
        if not isinstance(said, Answer | Ended):
            raise _Broken("an answer is none")
        return said

    def _read(self, count: int, until: float, patience: _Patience) -> bytes:
        while len(self._had) < count:
            if _ready(self._told, _LOOK_SECONDS):
                more = os.read(self._told, 1 << 16)
                if not more:
                    raise _Broken("nobody answers any more")
                self._had += more
                continue
            patience.check()
            if monotonic() > until:
                raise _Broken("an answer does not come")
        read = bytes(self._had[:count])
        del self._had[:count]
        return read


def _ready(told: int, seconds: float) -> bool:
    (ready := select.poll()).register(told, select.POLLIN)
    return bool(ready.poll(seconds * 1_000))


def tell_fault(fault: str, document: Document) -> None:
    """The log holds the traceback of a fault of ours, which the document brought about."""
    if fault:
        about = {"source": document.source, "document": document.name}
        log.error("parser failed", exception=fault, **about)


def _chunks(asked: Sequence[Asked]) -> Iterator[Sequence[Asked]]:
    """The same in the same order, as many at a time as are sent at once."""
    chunk: list[Asked] = []
    size = 0
    for document, habits in asked:
        size += len(document.body)
        if chunk and (len(chunk) >= _DOCUMENTS_AT_ONCE or size > _BYTES_AT_ONCE):
            yield chunk
            chunk, size = [], len(document.body)
        chunk.append((document, habits))
    if chunk:
        yield chunk
