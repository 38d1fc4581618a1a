"""What an operator gave, and where: the way back from a value to the line or variable it is from.

Knows places. Must never know whether a value is any good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from config.options import SOURCES, Key

__all__ = ["FileLine", "Given", "Place", "Variable", "naming", "spelled"]


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of the settings file, counted from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable."""

    name: str


Place = FileLine | Variable


@dataclass(frozen=True, slots=True)
class Given:
    """A value and its place; a default has none."""

    value: object
    place: Place | None


def spelled(key: Key) -> str:
    """The key as people write it: ``mail.smtp.port``, ``[[sources]] path``."""
    names = [part for part in key if isinstance(part, str)]
    if names[0] == SOURCES:
        return " ".join(["[[sources]]", ".".join(names[1:])]).rstrip()
    return ".".join(names)


def naming(key: Key, given: Mapping[Key, Given]) -> str:
    """Names the place of a value and the value: ``fieldfare.toml:12: mail.smtp.port``.

    What was not given is named by the nearest thing around it that was.
    """
    around = (given.get(key[:length]) for length in range(len(key), 0, -1))
    place = next((known.place for known in around if known and known.place), None)
    match place:
        case None:
            return spelled(key)
        case FileLine(file, line):
            return f"{file}:{line}: {spelled(key)}"
        case Variable(name):
            return f"environment {name}"
        case _:
            assert_never(place)
