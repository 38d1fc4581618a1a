"""Which way one command takes through the house: the files, functions and types it goes through.

Knows how to listen to Python's calls. Must never know what a command does.

``python -m tests.ways`` reads a list of commands as JSON and runs one after the other, each in a
process of its own. It prints a line for each, what was counted there, as JSON: in that process, and
as a whole, with the processes in which documents are understood. Imports, comprehensions and the
command line's own files are left out, so everything is imported first, and once for all.
"""

import dataclasses
import functools
import importlib
import json
import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).parents[1]
ROOMS = ("config", "feeds", "notifier")
#: They run in a process of their own, started by Alembic alone.
_LEFT_OUT = "migrations"
_START_WORKER = (
    "import sys; sys.path[:] = {path!r}; from tests.ways import work; work({{said!r}}, {told!r})"
)


@dataclasses.dataclass(slots=True)
class Way:
    """What was gone through so far."""

    found: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    told: int | None = None

    def add(self, kind: str, name: str) -> None:
        """Told at once where somebody else counts: whoever ends a process does not ask it first."""
        if (kind, name) not in self.found:
            self.found.add((kind, name))
            if self.told is not None:
                os.write(self.told, f"{kind} {name}\n".encode())

    def on_call(self, frame: FrameType, _event: str, _: object) -> None:
        """To return nothing is to hear nothing of what a function does until it calls another."""
        code = frame.f_code
        place = _place(code)
        if place is None:
            return
        self.add("files", place)
        self.add("functions", f"{place}:{code.co_qualname}")
        if code.co_name in {"__init__", "__new__", "__post_init__"} and "self" in frame.f_locals:
            self.add("types", type(frame.f_locals["self"]).__qualname__)

    def counted(self) -> dict[str, list[str]]:
        found = sorted(self.found)
        kinds = ("files", "functions", "types")
        return {kind: [name for its, name in found if its == kind] for kind in kinds}


@functools.cache
def _place(code: CodeType) -> str | None:
    """The file of a function that counts."""
    place = code.co_filename.removeprefix(f"{ROOT}/")
    is_ours = place.startswith(tuple(f"{room}/" for room in ROOMS)) and "notifier/cli" not in place
    return place if is_ours and not code.co_name.startswith("<") else None


def modules() -> Iterator[str]:
    """Every module of the product, by its dotted name."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT)
            if _LEFT_OUT not in place.parts:
                yield ".".join(place.with_suffix("").parts).removesuffix(".__init__")


def _listened_to(way: Way) -> None:
    """Dataclasses tell when one is made: what makes them has no file of ours."""
    made: Callable[..., Any] = dataclasses.dataclass

    @functools.wraps(made)
    def dataclass(cls: type | None = None, **options: Any) -> Any:
        def wrapped(cls: type) -> type:
            cls = made(cls, **options)
            plain: Callable[..., None] = cls.__init__  # type: ignore[misc]

            def __init__(self: object, *arguments: Any, **named: Any) -> None:  # noqa: N807
                way.add("types", type(self).__qualname__)
                plain(self, *arguments, **named)

            if cls.__module__.partition(".")[0] in ROOMS:
                cls.__init__ = __init__  # type: ignore[misc]
            return cls

        return wrapped if cls is None else wrapped(cls)

    dataclasses.dataclass = dataclass


def main(commands: Sequence[Sequence[str]]) -> None:
    """Runs the commands, up to one that fails: its code is the end of this process then."""
    way = _begun()
    for arguments in commands:
        process = multiprocessing.get_context("fork").Process(target=_count, args=(way, arguments))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(process.exitcode)


def _count(way: Way, arguments: Sequence[str]) -> None:
    """What was counted goes to standard output, as the last line of the command."""
    sys.argv = ["fieldfare", *arguments]
    code: str | int | None = 0
    with tempfile.NamedTemporaryFile("r") as told:
        workers = importlib.import_module("feeds.ingest.workers")
        workers._START = _START_WORKER.format(path=sys.path, told=told.name)  # type: ignore[attr-defined]
        _listen(way.on_call)
        try:
            importlib.import_module("notifier.cli").main()
        except SystemExit as end:
            code = end.code
        finally:
            _listen(None)
        own = way.counted()
        for line in told:
            way.add(*line.rstrip("\n").split(" ", 1))
    print(json.dumps({"own": own, "whole": way.counted()}))
    sys.exit(code)


def work(said: Sequence[str], told: str) -> None:
    """A process in which documents are understood, and which writes what it goes through."""
    way = _begun()
    way.told = os.open(told, os.O_WRONLY | os.O_APPEND)
    worker = importlib.import_module("feeds.ingest.worker")
    _listen(way.on_call)
    worker.main(said)


def _begun() -> Way:
    """Nothing was gone through so far, and nothing is left to be imported."""
    way = Way()
    _listened_to(way)
    for name in modules():
        importlib.import_module(name)
    way.found.clear()
    return way


def _listen(on_call: Callable[[FrameType, str, object], None] | None) -> None:
    threading.settrace(on_call)
    sys.settrace(on_call)


if __name__ == "__main__":
    main(json.load(sys.stdin))
