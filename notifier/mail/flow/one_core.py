"""How the threads of a run share the interpreter, which lets one compute at a time: by quick turns,
and on one processor core.

Knows how Linux places threads. Must never know what they do.

What one of them has in its caches the next one needs: on two cores that takes, with the waking of
the other core, an eighth of all that it costs to send a message.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

#: How long one thread may compute while another waits: a group is recorded in some milliseconds.
_SWITCH_SECONDS: Final = 0.0002
#: Of the fields of this file (proc(5)), those behind the name of the program, which may hold
#: anything; the core that a thread ran on last is the 39th of all, the third is first here.
_STAT: Final = Path("/proc/thread-self/stat")
_CORE: Final = 39 - 3


@contextmanager
def quick_turns() -> Iterator[None]:
    """Threads give way to each other sooner meanwhile: else a loop waits 5 ms for its turn each
    time that another thread computes.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def core_of_this_thread() -> int | None:
    """The core on which it runs, where that can be told."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STAT.read_text().rpartition(")")[2].split()[_CORE])
    return None


@contextmanager
def kept_on(core: int | None) -> Iterator[None]:
    """The calling thread runs on that core alone meanwhile, where it is known and allowed."""
    if core is None:
        yield
        return
    usual = os.sched_getaffinity(0)
    with suppress(OSError):
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, usual)
