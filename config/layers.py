"""The layers settings come in: the file, the environment, the files that hold secrets.

Knows how each is read and which goes before which. Must never know what a value has to be.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from config.faults import Given, naming, nearest, shown, unknown_variable
from config.options import REQUIRED, SOURCES, Key, options, secret_files, spelled

# Names the settings file itself, for the command; no setting.
_FILE_VARIABLE = "FIELDFARE_CONFIG"
_TOML_POSITION = re.compile(r"(?P<problem>.*) \(at (line (?P<line>\d+), .*|end of document)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Values by key, and what could not be taken."""

    given: Mapping[Key, Given] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def from_file(path: Path) -> Layer:
    """The settings file as a layer."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return Layer(faults=(f"{path}: cannot be read: {error.strerror}; see `fieldfare init`",))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Layer(faults=(f"{path}:{line}: must be UTF-8 text",))
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Layer(faults=(_syntax_fault(path, text, error),))
    given = {key: Given(value, path, key, text) for key, value in _leaves(values)}
    kept: dict[Key, Given] = {}
    faults: list[str] = []
    for key, it in given.items():
        names = tuple(part for part in key if isinstance(part, str))
        if names in options() or (names == (SOURCES,) and it.value == {} and len(key) > 1):
            kept[key] = it
        elif problem := _misplaced(names, it.value):
            faults.append(f"{naming(key, given)}: {problem}")
    return Layer(given=kept, faults=tuple(faults))


def from_environment(environ: Mapping[str, str]) -> Layer:
    """The FIELDFARE_ variables as a layer, numbers as numbers where they read so."""
    known = {option.variable: option for option in options().values() if option.key[0] != SOURCES}
    ours = {name for name in environ if name.startswith("FIELDFARE_")} - {_FILE_VARIABLE}
    given: dict[Key, Given] = {}
    for name, option in known.items():
        if name in ours:
            value: object = environ[name]
            if isinstance(option.default, int):
                with suppress(ValueError):
                    value = int(environ[name])
            given[option.key] = Given(value, name)
    strange = sorted(ours - known.keys())
    faults = tuple(f"environment {name}: {unknown_variable(name)}" for name in strange)
    return Layer(given=given, faults=faults)


def stacked(layers: Iterable[Layer], base: Path) -> Layer:
    """The layers as one, later ones before earlier ones, with secrets read from their files.

    A layer that gives a secret, in either way, makes void what earlier ones said about it.
    """
    given: dict[Key, Given] = {}
    faults: list[str] = []
    pairs = {key for pair in secret_files().items() for key in pair}
    for layer in layers:
        faults += layer.faults
        # An empty secret is none: it neither hides nor contradicts another.
        said = {key: it for key, it in layer.given.items() if key not in pairs or it.value != ""}
        for secret, file in secret_files().items():
            if secret in said or file in said:
                given.pop(secret, None)
                given.pop(file, None)
            if secret in said and file in said:
                faults.append(_given_twice(secret, file, said))
        given |= said
    secrets = _secrets_from_files(given, base)
    return Layer(given=given | dict(secrets.given), faults=(*faults, *secrets.faults))


def tree(given: Mapping[Key, Given]) -> dict[str, Any]:
    """The values as nested tables, completed with the defaults of what was not given."""
    sources = [key for key in given if key[:-1] == (SOURCES,)]
    defaults: dict[Key, object] = {}
    for option in options().values():
        name = option.key[1:]
        if option.key[0] != SOURCES:
            defaults[option.key] = option.default
        elif option.key not in REQUIRED:
            defaults |= {(*source, *name): option.default for source in sources}
    root: dict[str, Any] = {SOURCES: [{} for _ in sources]}
    for key, value in (defaults | {key: it.value for key, it in given.items()}).items():
        if key not in sources:
            node: Any = root
            for part in key[:-1]:
                node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
            node[key[-1]] = value
    return root


def _leaves(value: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Yields every value that is no table, every empty table, and an empty one for each source."""
    if key == (SOURCES,) and isinstance(value, list) and all(isinstance(v, dict) for v in value):
        for index, source in enumerate(value):
            yield (*key, index), {}
            yield from _leaves(source, (*key, index))
    elif isinstance(value, dict) and value and key != (SOURCES,):
        for name, child in value.items():
            yield from _leaves(child, (*key, name))
    elif value != {} or key:
        yield key, value


def _misplaced(names: tuple[str, ...], value: object) -> str | None:
    """What is wrong with a key that is no option's; None for an empty table that may be there."""
    if names[0] == SOURCES and len(names) == 1:
        return "must be one table a source: [[sources]]"
    if any(known[: len(names)] == names for known in options()):
        return None if isinstance(value, dict) else f"must be a table: [{'.'.join(names)}]"
    sections = [known[:length] for known in options() for length in range(1, len(known))]
    return f"is no setting; the nearest is {spelled(nearest(names, [*options(), *sections]))}"


def _syntax_fault(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    position = _TOML_POSITION.fullmatch(str(error))
    line = (position and position["line"]) or text.count("\n") + 1
    return f"{path}:{line}: is not TOML: {position['problem'] if position else error}"


def _given_twice(secret: Key, file: Key, given: Mapping[Key, Given]) -> str:
    both = f"{naming(secret, given)} and {naming(file, given)}"
    return f"{both}: must not both be given; keep one"


def _secrets_from_files(given: Mapping[Key, Given], base: Path) -> Layer:
    secrets: dict[Key, Given] = {}
    faults: list[str] = []
    for secret, file in secret_files().items():
        named = given.get(file)
        if secret in given or named is None or not isinstance(named.value, str):
            continue
        content = ""
        try:
            content = (base / named.value).read_text(encoding="utf-8").rstrip("\r\n")
            problem = "must hold the secret, and is empty"
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
        except ValueError:
            problem = "must be a file of UTF-8 text"
        if content:
            secrets[secret] = replace(named, value=content)
        else:
            faults.append(f"{naming(file, given)} = {shown(named.value)}: {problem}")
    return Layer(given=secrets, faults=tuple(faults))
