"""What systemd is told of this process, and what it says of itself: sd_notify(3), systemd.exec(5).

Knows the variables that systemd sets, and the socket it listens at. Must never know what makes a
process well: that is a callable it is given.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final, TextIO

#: Until it is ready: whoever waits for it starts what comes after it.
_LOOK_SECONDS: Final = 0.1
#: sd_watchdog_enabled(3) advises to tell every half of the time; a look may come late once.
_OF_THE_TIME: Final = 3
#: The time where nobody waits for it.
_LONGEST_SECONDS: Final = 60.0


@contextmanager
def told(is_well: Callable[[], bool], stopping: Event) -> Iterator[None]:
    """Systemd knows that we are ready once all ``is_well``, that we live for as long as it is so,
    and that we end once ``stopping`` is set. Where no such thing started us nothing is told.
    """
    if "NOTIFY_SOCKET" not in os.environ:
        yield
        return
    telling = Thread(target=_tell, args=(is_well, stopping), name="systemd")
    telling.start()
    try:
        yield
    finally:
        stopping.set()
        telling.join()


def is_journal(stream: TextIO) -> bool:
    """Whether what is written to ``stream`` stands in the journal (JOURNAL_STREAM)."""
    try:
        file = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{file.st_dev}:{file.st_ino}"


def _tell(is_well: Callable[[], bool], stopping: Event) -> None:
    is_ready, pause = False, _LOOK_SECONDS
    while not stopping.wait(pause):
        if not is_well():
            continue
        if not is_ready:
            is_ready, pause = True, _watchdog_seconds() / _OF_THE_TIME
            _notify("READY=1")
        _notify("WATCHDOG=1")
    _notify("STOPPING=1")


def _watchdog_seconds() -> float:
    """How long nothing may be told before this process is ended; some, where none is."""
    return int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000 or _LONGEST_SECONDS


def _notify(state: str) -> None:
    """One datagram; a systemd that is not there misses nothing."""
    address = os.environ["NOTIFY_SOCKET"]
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect(address)
        to.send(state.encode())
