"""Which way one command takes through the house: the files, functions and types it goes through.

Knows how to listen to Python's calls. Must never know what a command does.

``python -m tests.ways COMMAND ...`` runs one and prints what was counted, as JSON. Imports,
comprehensions and the command line's own files are left out, so everything is imported first.
"""

import dataclasses
import functools
import importlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[1]
ROOMS = ("config", "feeds", "notifier")
#: They run in a process of their own, started by Alembic alone.
_LEFT_OUT = "migrations"


@dataclasses.dataclass(slots=True)
class Way:
    """What was gone through so far."""

    files: set[str] = dataclasses.field(default_factory=set)
    functions: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    types: set[str] = dataclasses.field(default_factory=set)

    def on_call(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        place = code.co_filename.removeprefix(f"{ROOT}/")
        if event != "call" or code.co_name.startswith("<") or not _counts(place):
            return
        self.files.add(place)
        self.functions.add((place, code.co_qualname))
        if code.co_name in {"__init__", "__new__", "__post_init__"} and "self" in frame.f_locals:
            self.types.add(type(frame.f_locals["self"]).__qualname__)

    def told(self) -> dict[str, list[str]]:
        functions = [f"{place}:{name}" for place, name in sorted(self.functions)]
        return {"files": sorted(self.files), "functions": functions, "types": sorted(self.types)}


def _counts(place: str) -> bool:
    return place.startswith(tuple(f"{room}/" for room in ROOMS)) and "notifier/cli" not in place


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
                way.types.add(type(self).__qualname__)
                plain(self, *arguments, **named)

            if cls.__module__.partition(".")[0] in ROOMS:
                cls.__init__ = __init__  # type: ignore[misc]
            return cls

        return wrapped if cls is None else wrapped(cls)

    dataclasses.dataclass = dataclass


def main(arguments: list[str]) -> str | int | None:
    """Runs the command; what was counted goes to standard output as its last line."""
    way = Way()
    _listened_to(way)
    for name in modules():
        importlib.import_module(name)
    way.types.clear()
    sys.argv = ["fieldfare", *arguments]
    threading.setprofile(way.on_call)
    sys.setprofile(way.on_call)
    code: str | int | None = 0
    try:
        importlib.import_module("notifier.cli").main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    print(json.dumps(way.told()))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
