"""The options there are and their defaults, as defaults.toml lists them.

Knows that file alone, which is the only place where a default is written. Must never know what
an operator chose.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

# The way to a value: section, subsection, option. That of a table which may be there several times
# has its index after the name of the table.
Key = tuple[str | int, ...]

FILE = Path(__file__).with_name("defaults.toml")
SOURCES = "sources"
#: The tables of which there may be any number, each with what it is one of.
REPEATED = MappingProxyType(
    {
        SOURCES: "source",
        "selections": "selection",
        "relays": "relay",
        "receivers": "receiver",
        "clients": "client",
        "webhooks": "webhook",
    }
)
# Nothing can be assumed for these: what defaults.toml shows is an example, not a default.
REQUIRED = frozenset(
    {
        (SOURCES, "name"),
        ("selections", "name"),
        ("selections", "query"),
        ("relays", "name"),
        ("relays", "host"),
        ("receivers", "name"),
        ("receivers", "domains"),
        ("clients", "name"),
        ("clients", "token_path"),
        ("clients", "scopes"),
        ("webhooks", "name"),
        ("webhooks", "url"),
        ("webhooks", "secret_path"),
    }
)


@cache
def defaults() -> Mapping[tuple[str, ...], object]:
    """The default of every option by its key, in the order of the file."""
    # The one of each repeated table that is there is an example, and has an index.
    found = (
        (tuple(part for part in key if isinstance(part, str)), value)
        for key, value in leaves(tomllib.loads(FILE.read_text(encoding="utf-8")))
    )
    return MappingProxyType({key: value for key, value in found if key[-1] not in REPEATED})


@cache
def secret_files() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """The key of each secret, with the key of the option that names its file."""
    pairs = {(*key[:-1], key[-1].removesuffix("_file")): key for key in defaults()}
    return MappingProxyType({key: file for key, file in pairs.items() if key != file})


def leaves(value: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Yields every value that is no table, every empty table, and an empty one for each of those
    that are repeated.
    """
    is_repeated = len(key) == 1 and key[0] in REPEATED
    if is_repeated and isinstance(value, list) and all(isinstance(v, dict) for v in value):
        for index, table in enumerate(value):
            yield (*key, index), {}
            yield from leaves(table, (*key, index))
    elif isinstance(value, dict) and value and not is_repeated:
        for name, child in value.items():
            yield from leaves(child, (*key, name))
    elif value != {} or key:
        yield key, value


def spelled(key: Key) -> str:
    """The key as people write it: ``mail.smtp.port``, ``[[sources]] path``."""
    names = [part for part in key if isinstance(part, str)]
    if names[0] in REPEATED:
        return " ".join([f"[[{names[0]}]]", ".".join(names[1:])]).rstrip()
    return ".".join(names)
