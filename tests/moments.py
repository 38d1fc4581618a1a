"""What a process is at when it is killed, seen from outside, and how it dies at a moment of choice.

Knows which functions are at work in which moment. Must never know what is right afterwards.
"""

import mmap
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """While one of these is called; ``most`` calls a process makes, each of about ``seconds``."""

    module: str
    name: str
    most: int
    seconds: float

    @property
    def at_work(self) -> tuple[Any, str]:
        """Whose it is, and its name there. Raises AttributeError where there is none of it."""
        *owners, last = self.name.split(".")
        owner: Any = import_module(self.module)
        for each in owners:
            owner = getattr(owner, each)
        getattr(owner, last)
        return owner, last


#: Each with the word of the table that says how often a kill met it.
MOMENTS = {
    "migrates": Moment("feeds.storage.database", "Database.bring_to", 1, 0.3),
    "plans": Moment("notifier.digest.plan", "_Planning.plan", 1, 0.1),
    "recovers": Moment("notifier.storage.sending", "recover", 1, 0.005),
    "claims": Moment("notifier.storage.sending", "claim", 4, 0.01),
    "composes": Moment("notifier.mail.ledger", "Ledger.composed", 8, 0.05),
    "records": Moment("notifier.mail.ledger", "Ledger._transact", 60, 0.01),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A process kills itself so many ``seconds`` after the ``call``-th begin of a moment."""

    moment: str
    call: int
    seconds: float


_CODE = """\
from pathlib import Path
from tests.moments import Death, watch
watch(Path({at!r}), {death!r})
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """Where a process tells what it is at, in a ``folder`` of its own."""

    folder: Path

    def python_path(self, death: Death | None) -> str:
        """What a Python with this path tells is told here; nothing is yet. It dies as it is to.

        Raises AttributeError where a moment is none: what goes wrong there is passed over.
        """
        assert all(moment.at_work for moment in MOMENTS.values())
        self.folder.mkdir(exist_ok=True)
        self._at.write_bytes(bytes(len(MOMENTS)))
        code = _CODE.format(at=str(self._at), death=death)
        (self.folder / "sitecustomize.py").write_text(code, "utf-8")
        return f"{self.folder}{os.pathsep}{Path(__file__).parents[1]}"

    @property
    def moments(self) -> frozenset[str]:
        """What it is at, or was when it was killed."""
        told = zip(MOMENTS, self._at.read_bytes(), strict=True)
        return frozenset(name for name, calls in told if calls)

    @property
    def _at(self) -> Path:
        return self.folder / "at"


def watch(at: Path, death: Death | None) -> None:
    """From now on this process tells in the file what it is at; whoever kills it leaves that."""
    with at.open("r+b") as file:
        told = mmap.mmap(file.fileno(), len(MOMENTS))
    for number, (name, moment) in enumerate(MOMENTS.items()):
        owner, last = moment.at_work
        dies = death if death and death.moment == name else None
        setattr(owner, last, _watched(getattr(owner, last), told, number, dies))


def _watched(
    does: Callable[..., Any], told: mmap.mmap, number: int, death: Death | None
) -> Callable[..., Any]:
    calls = 0

    @wraps(does)
    def watched(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        told[number] += 1
        if death and calls == death.call:
            threading.Timer(death.seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        try:
            return does(*arguments, **named)
        finally:
            told[number] -= 1

    return watched
