"""The processes documents are understood in: code is loaded once, limits hold for each document.

Knows what a document may take, and what a process says of it. Must never know where documents come
from, or what is made of what was understood.

A parent that loads all code forks one child for each pair of pipes. The kernel ends a child that
takes too much, whatever holds its interpreter; the parent says so in its place, and forks another.
All of them end when nobody is left to write to them.
"""

import fcntl
import gc
import logging
import os
import pickle
import resource
import select
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import NoReturn, TypeVar

from feeds.draft import Document, Habits, Parsed, Reason, Refused
from feeds.parse import understand
from feeds.parse.language import have_tables_of, model
from feeds.taxonomy import Taxonomy
from feeds.unpacked_model import kept

#: What every document may need; the first of a form would wait for it otherwise.
EVERYTHING = (
    "charset_normalizer",
    "feedparser",
    "feeds.parse.html",
    "feeds.parse.push",
    "feeds.parse.sitemap",
    "feeds.parse.syndication",
    "feeds.parse.text",
    "ftfy.badness",
    "idna",
    "py3langid.langid",
)
#: A child remembers so many taxonomies, the last it was sent: one changes when a name is mapped.
TAXONOMIES = 4
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
#: The exit status of a child that had not enough of it.
_OUT_OF_MEMORY = 75
_MEGABYTE = 1_000_000
# What is wrong with a stranger's file is no news of ours.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
_LENGTH = struct.Struct(">Q")

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """What understanding one document may take.

    Large lists may take longer: ``seconds`` of computing time and one for each of its megabytes,
    and ``patience`` times as long by the clock, as others compute too.
    """

    seconds: int = 10
    patience: int = 6
    megabytes: int = 1_000

    def allowed(self, document: Document) -> int:
        """Seconds of computing time."""
        return self.seconds + len(document.body) // _MEGABYTE


LIMITS = DocumentLimits()


@dataclass(frozen=True, slots=True)
class Request:
    """Documents to be understood, with the taxonomy's own bytes where it was not known before.

    Its ``number`` is in the answers: what was asked of a child that had ended by then is asked
    again, and may be answered twice.
    """

    number: int
    key: str
    taxonomy: bytes | None
    asked: Sequence[tuple[Document, Habits]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood, with the traceback of a fault of ours."""

    understood: Parsed | Refused
    fault: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A child ended over a document: by a signal, or by itself with an exit status."""

    signal: int
    status: int
    seconds: float
    megabytes: int

    def too_costly(self, document: Document, limits: DocumentLimits) -> Refused | None:
        """The refusal of a document that took more than it may; None where it ended otherwise."""
        seconds = limits.allowed(document)
        used = {
            (signal.SIGPROF, 0): f"more than {seconds} seconds of computing time",
            (signal.SIGALRM, 0): f"more than {seconds * limits.patience} seconds",
            (0, _OUT_OF_MEMORY): f"more than {limits.megabytes:,} MB of memory",
        }.get((self.signal, self.status))
        return Refused(reason=Reason.COSTLY, evidence=used) if used else None

    @property
    def failed(self) -> Refused:
        """The refusal of a document that ends whoever reads it."""
        name = signal.Signals(self.signal).name if self.signal else f"exit status {self.status}"
        used = f"{self.seconds:.1f} seconds of computing time and {self.megabytes:,} MB of memory"
        evidence = f"its reading ended with {name}, after {used}"
        return Refused(reason=Reason.FAILED, evidence=evidence)


def frame(said: object) -> bytes:
    """As it goes through a pipe: its length in 8 bytes, then itself."""
    body = pickle.dumps(said, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def length(head: bytes) -> int:
    """How many bytes follow the first `HEAD_BYTES` of a frame."""
    return int(_LENGTH.unpack(head)[0])


HEAD_BYTES = _LENGTH.size


def understood_here(document: Document, taxonomy: Taxonomy, habits: Habits) -> Answer:
    """What a document holds, or why nothing can be made of it. Raises MemoryError alone."""
    try:
        return Answer(understand(document, taxonomy, habits))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours in one must not stop the others
        refused = Refused(reason=Reason.FAILED, evidence=f"{error!r}"[:300])
        return Answer(refused, traceback.format_exc())


def aside(works: Sequence[Callable[[], Done]]) -> Iterator[Done | Ended]:
    """What each of ``works`` comes to, done in a child of this process, or how that ended over it;
    another child goes on with the next one then.

    For a command, which has one thread and its code already: to start workers takes as long as all
    it does.
    """
    done = 0
    while done < len(works):
        told, answers = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(told)
            # What a terminal interrupts is both of us, whatever holds the interpreter.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            _ending(partial(_do_all, works[done:], answers))
        os.close(answers)
        with os.fdopen(told, "rb") as said:
            while len(head := said.read(HEAD_BYTES)) == HEAD_BYTES:
                yield pickle.loads(said.read(length(head)))  # noqa: S301 - our own
                done += 1
        _, status, usage = os.wait4(pid, 0)
        if done < len(works):
            yield _how(status, usage)
            done += 1


# -- The parent ------------------------------------------------------------------------------------


def serve(pipes: Sequence[tuple[int, int]], limits: DocumentLimits, *, eager: bool) -> None:
    """A child works at each pair of ``pipes`` until nobody writes to it any more."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Whoever we work for is asked to end, and closes the pipes.
        signal.signal(number, signal.SIG_IGN)
    if eager:
        for name in EVERYTHING:
            import_module(name)
        # Each child would make one of its own.
        model()
    gc.freeze()
    # What is made of a document holds itself hardly anywhere, so that there is little to collect.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    running = {_fork(pair, pipes, limits): pair for pair in pipes}
    while running:
        pid, status, usage = os.wait4(-1, 0)
        pair = running.pop(pid)
        if not status:
            continue
        ended = _how(status, usage)
        # A pipe takes so few bytes at once, whether or not anybody reads.
        try:
            os.write(pair[1], frame(ended))
        except BrokenPipeError:
            # Whoever asked has given this pair up.
            continue
        running[_fork(pair, pipes, limits)] = pair


def _how(status: int, usage: resource.struct_rusage) -> Ended:
    return Ended(
        signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        status=0 if os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
        seconds=usage.ru_utime + usage.ru_stime,
        megabytes=usage.ru_maxrss * 1024 // _MEGABYTE,
    )


def _end_with(lifeline: int) -> None:
    """The whole group of processes ends with whoever holds the other end, killed or not.

    Nothing is ever written there, so what the system has to tell of it is its end.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        sys.exit()


def _fork(pair: tuple[int, int], pipes: Sequence[tuple[int, int]], limits: DocumentLimits) -> int:
    pid = os.fork()
    if not pid:
        for other in pipes:
            if other != pair:
                for descriptor in other:
                    os.close(descriptor)
        _ending(partial(_answer_all, *pair, limits))
    return pid


# -- A child ---------------------------------------------------------------------------------------


def _ending(work: Callable[[], None]) -> NoReturn:
    """The work is done, and the child has ended."""
    code = 1
    try:
        work()
        code = 0
    except MemoryError:
        code = _OUT_OF_MEMORY
    except BrokenPipeError:
        code = 0
    except Exception:  # noqa: BLE001 - told to whoever starts us, as any program's end is
        traceback.print_exc()
    finally:
        # Nothing of the parent's is to be closed or written here.
        os._exit(code)


def _limit(limits: DocumentLimits) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = limits.megabytes * _MEGABYTE
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _do_all(works: Sequence[Callable[[], Done]], answers: int) -> None:
    _limit(LIMITS)
    have_tables_of(kept)
    with os.fdopen(answers, "wb") as told:
        for work in works:
            told.write(frame(work()))
            told.flush()


def _answer_all(requests: int, answers: int, limits: DocumentLimits) -> None:
    _limit(limits)
    known: dict[str, Taxonomy] = {}
    with os.fdopen(answers, "wb") as told:
        while head := _read(requests, HEAD_BYTES):
            request: Request = pickle.loads(_read(requests, length(head)))  # noqa: S301 - our own
            if request.taxonomy is not None:
                known = dict([*known.items()][1 - TAXONOMIES :])
                known[request.key] = pickle.loads(request.taxonomy)  # noqa: S301 - our own
            taxonomy = known.get(request.key)
            if taxonomy is None:
                # It was meant for the child before us, and is asked again.
                continue
            for document, habits in request.asked:
                answer = within(limits, document, taxonomy, habits)
                told.write(frame(replace(answer, number=request.number)))
                told.flush()


def _read(requests: int, count: int) -> bytes:
    """So many bytes and no more, as what follows is for the next child if this one ends."""
    read = bytearray()
    while len(read) < count and (more := os.read(requests, count - len(read))):
        read += more
    return bytes(read)


def within(
    limits: DocumentLimits, document: Document, taxonomy: Taxonomy, habits: Habits
) -> Answer:
    """What a document holds. The kernel ends this process where that takes longer than it may."""
    seconds = limits.allowed(document)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * limits.patience)
    answer = understood_here(document, taxonomy, habits)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return answer


def main(arguments: Sequence[str]) -> None:
    """Serves as `feeds.ingest.workers` asks: limits, whether all is loaded first, descriptors."""
    seconds, patience, megabytes, eager, *descriptors = map(int, arguments)
    # What a library prints is no answer.
    os.dup2(2, 1)
    _end_with(0)
    have_tables_of(kept)
    limits = DocumentLimits(seconds=seconds, patience=patience, megabytes=megabytes)
    pipes = [*zip(descriptors[::2], descriptors[1::2], strict=True)]
    with suppress(BrokenPipeError):
        serve(pipes, limits, eager=bool(eager))


if __name__ == "__main__":
    main(sys.argv[1:])
