"""The options there are, as defaults.toml lists them: key, default, meaning.

Knows that file alone, which is the only place where a default is written. Must never know what
an operator chose.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

# The way to a value: section, subsection, option. A source's has its index after "sources".
Key = tuple[str | int, ...]

SOURCES = "sources"
# Nothing can be assumed for these: what defaults.toml shows is an example, not a default.
REQUIRED = frozenset({(SOURCES, "name")})

_HEADER = re.compile(r"\[{1,2}(?P<name>[a-z.]+)\]{1,2}")
_OPTION = re.compile(r"(?P<name>[a-z_]+) = (?P<literal>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option; ``literal`` is its default as TOML spells it, ``variable`` what overrides it."""

    key: tuple[str, ...]
    default: object
    literal: str
    meaning: str
    variable: str


@cache
def options() -> Mapping[tuple[str, ...], Option]:
    """Every option by its key, in the order of the file."""
    found: dict[tuple[str, ...], Option] = {}
    section: tuple[str, ...] = ()
    comment: list[str] = []
    text = Path(__file__).with_name("defaults.toml").read_text(encoding="utf-8")
    for line in text.splitlines():
        if option := _OPTION.fullmatch(line):
            key, literal = (*section, option["name"]), option["literal"]
            found[key] = Option(
                key=key,
                default=tomllib.loads(f"default = {literal}")["default"],
                literal=literal,
                meaning=" ".join(comment),
                variable="FIELDFARE_" + "__".join(key).upper(),
            )
        elif header := _HEADER.fullmatch(line):
            section = tuple(header["name"].split("."))
        comment = [*comment, line.lstrip("# ")] if line.startswith("#") else []
    return MappingProxyType(found)


@cache
def secret_files() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """The key of each secret, with the key of the option that names its file."""
    pairs = {(*key[:-1], key[-1].removesuffix("_file")): key for key in options()}
    return MappingProxyType({key: file for key, file in pairs.items() if key != file})


def spelled(key: Key) -> str:
    """The key as people write it: ``mail.smtp.port``, ``[[sources]] path``."""
    names = [part for part in key if isinstance(part, str)]
    if names[0] == SOURCES:
        return " ".join(["[[sources]]", ".".join(names[1:])]).rstrip()
    return ".".join(names)
