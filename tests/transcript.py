"""The commands of a page of the docs, and what the page says that they print.

Knows how a page shows them: ``sh`` is typed, ``text`` right after it is printed. Must never know
what a command does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_DOCS = Path(__file__).parents[1] / "docs"
_STEP = re.compile(
    r"^```sh(?: (\w+))?\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands that are typed one after the other, and lines that they print among others.
    ``place`` is where they are typed, the word after ``sh``.
    """

    place: str
    commands: str
    printed: tuple[str, ...]


def steps(page: str) -> Iterator[Step]:
    """What a page of the docs has its reader type, in that order."""
    for place, commands, printed in _STEP.findall((_DOCS / page).read_text("utf-8")):
        yield Step(place=place, commands=commands, printed=tuple(printed.splitlines()))
