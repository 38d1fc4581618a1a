"""The options there are and their defaults, as defaults.toml lists them.

Knows that file alone, which is the only place where a default is written. Must never know what
an operator chose.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

# The way to a value: section, subsection, option. A source's has its index after "sources".
Key = tuple[str | int, ...]

FILE = Path(__file__).with_name("defaults.toml")
SOURCES = "sources"
# Nothing can be assumed for these: what defaults.toml shows is an example, not a default.
REQUIRED = frozenset({(SOURCES, "name")})


@cache
def defaults() -> Mapping[tuple[str, ...], object]:
    """The default of every option by its key, in the order of the file."""
    # The one source that is there is an example, and has an index.
    found = (
        (tuple(part for part in key if isinstance(part, str)), value)
        for key, value in leaves(tomllib.loads(FILE.read_text(encoding="utf-8")))
    )
    return MappingProxyType({key: value for key, value in found if key != (SOURCES,)})


@cache
def secret_files() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """The key of each secret, with the key of the option that names its file."""
    pairs = {(*key[:-1], key[-1].removesuffix("_file")): key for key in defaults()}
    return MappingProxyType({key: file for key, file in pairs.items() if key != file})


def leaves(value: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Yields every value that is no table, every empty table, and an empty one for each source."""
    if key == (SOURCES,) and isinstance(value, list) and all(isinstance(v, dict) for v in value):
        for index, source in enumerate(value):
            yield (*key, index), {}
            yield from leaves(source, (*key, index))
    elif isinstance(value, dict) and value and key != (SOURCES,):
        for name, child in value.items():
            yield from leaves(child, (*key, name))
    elif value != {} or key:
        yield key, value


def spelled(key: Key) -> str:
    """The key as people write it: ``mail.smtp.port``, ``[[sources]] path``."""
    names = [part for part in key if isinstance(part, str)]
    if names[0] == SOURCES:
        return " ".join(["[[sources]]", ".".join(names[1:])]).rstrip()
    return ".".join(names)
