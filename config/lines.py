"""On which line of a TOML text each key stands, which tomllib does not tell.

Knows TOML, and is asked once something is wrong. Must never know which keys are options.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import count
from typing import Any

from config.options import Key


# A file with one fault often has more, and each asks anew.
@lru_cache(1)
def lines_of_keys(text: str) -> Mapping[Key, int]:
    """The line each key's statement starts on, from 1, for a text that is valid TOML.

    Tables have the line of their header. A statement does not parse before its last line, so
    lines are gathered until they do.
    """
    found: dict[Key, int] = {}
    table: Key = ()
    statement, start = "", 1
    for number, line in enumerate(text.splitlines(), start=1):
        statement += line + "\n"
        parsed = _parsed(statement)
        if parsed is None:
            continue
        if statement.startswith("["):
            table = _table(parsed, found)
            found.setdefault(table, start)
        else:
            found.update(dict.fromkeys(_keys(parsed, table), start))
        statement, start = "", number + 1
    return found


def line_of(key: Key, lines: Mapping[Key, int]) -> int:
    """The line of a key, or of the nearest table around it; 1 where there is neither."""
    around = (lines.get(key[:length]) for length in range(len(key), 0, -1))
    return next((line for line in around if line), 1)


def _parsed(statement: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(statement.lstrip())
    except tomllib.TOMLDecodeError:
        return None


def _table(header: Any, found: Mapping[Key, int]) -> Key:
    """The key of the table a header opens; one of an array of tables gets the next index."""
    key: Key = ()
    while header:
        if isinstance(header, list):
            key += (next(index for index in count() if (*key, index) not in found),)
            header = header[0]
        else:
            key += tuple(header)
            (header,) = header.values()
    return key


def _keys(node: object, key: Key) -> Iterator[Key]:
    if isinstance(node, dict):
        children = list(node.items())
    else:
        children = list(enumerate(node)) if isinstance(node, list) else []
    for name, child in children:
        yield (*key, name)
        yield from _keys(child, (*key, name))
