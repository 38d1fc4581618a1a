"""The layers settings come in: the file, the environment, the files that hold secrets.

Knows how each is read and which goes before which. Must never know what a value has to be.
"""

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.faults import Given, naming, nearest, shown, unknown_variable
from config.options import REPEATED, REQUIRED, Key, defaults, leaves, secret_files, spelled

# Names the settings file itself, for the command; no setting.
_FILE_VARIABLE = "FIELDFARE_CONFIG"
_TOML_POSITION = re.compile(r"(?P<problem>.*) \(at (line (?P<line>\d+), .*|end of document)\)")

_SWITCHES = {"true": True, "false": False}

#: What one of them gives, by key.
Layer = Mapping[Key, Given]


def from_file(path: Path, faults: list[str]) -> Layer:
    """What the settings file gives; here and below ``faults`` gets what cannot be taken."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror}; see `fieldfare init`")
        return {}
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.append(f"{path}:{line}: must be UTF-8 text")
        return {}
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(_syntax_fault(path, text, error))
        return {}
    given = {key: Given(value, path, key, text) for key, value in leaves(values)}
    kept: dict[Key, Given] = {}
    for key, it in given.items():
        names = tuple(part for part in key if isinstance(part, str))
        if names in defaults() or (names[-1] in REPEATED and it.value == {} and len(key) > 1):
            kept[key] = it
        elif problem := _misplaced(names, it.value):
            faults.append(f"{naming(key, given)}: {problem}")
    return kept


def from_environment(environ: Mapping[str, str], faults: list[str]) -> Layer:
    """What the FIELDFARE_ variables give, numbers and switches as such where they read so."""
    variables = {
        key: "FIELDFARE_" + "__".join(key).upper() for key in defaults() if key[0] not in REPEATED
    }
    ours = {name for name in environ if name.startswith("FIELDFARE_")} - {_FILE_VARIABLE}
    given: dict[Key, Given] = {}
    for key, name in variables.items():
        if name in ours:
            value: object = environ[name]
            if isinstance(defaults()[key], bool):
                value = _SWITCHES.get(environ[name].lower(), value)
            elif isinstance(defaults()[key], int):
                with suppress(ValueError):
                    value = int(environ[name])
            given[key] = Given(value, name)
    strange = sorted(ours.difference(variables.values()))
    faults += [f"environment {name}: {unknown_variable(name, variables)}" for name in strange]
    return given


def cover(given: dict[Key, Given], layer: Layer, faults: list[str]) -> None:
    """What a layer gives goes before what earlier ones have ``given``.

    One that gives a secret, in either way, makes void what they said about it.
    """
    pairs = {key for pair in secret_files().items() for key in pair}
    # An empty secret is none: it neither hides nor contradicts another.
    said = {key: it for key, it in layer.items() if key not in pairs or it.value != ""}
    for secret, file in secret_files().items():
        if secret in said or file in said:
            given.pop(secret, None)
            given.pop(file, None)
        if secret in said and file in said:
            both = f"{naming(secret, said)} and {naming(file, said)}"
            faults.append(f"{both}: must not both be given; keep one")
    given |= said


def tree(given: Layer) -> dict[str, Any]:
    """The values as nested tables, completed with the defaults of what was not given."""
    tables = [key for key in given if key[:-1] in {(name,) for name in REPEATED}]
    values: dict[Key, object] = {}
    for key, default in defaults().items():
        if key[0] not in REPEATED:
            values[key] = default
        elif key not in REQUIRED:
            values |= {(*at, *key[1:]): default for at in tables if at[0] == key[0]}
    values |= {key: it.value for key, it in given.items()}
    root: dict[str, Any] = {name: [{} for table in tables if table[0] == name] for name in REPEATED}
    for path, value in values.items():
        if path not in tables:
            node: Any = root
            for part in path[:-1]:
                node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
            node[path[-1]] = value
    return root


def _misplaced(names: tuple[str, ...], value: object) -> str | None:
    """What is wrong with a key that is no option's; None for an empty table that may be there."""
    if names[0] in REPEATED and len(names) == 1:
        return f"must be one table a {REPEATED[names[0]]}: {spelled(names)}"
    if any(known[: len(names)] == names for known in defaults()):
        return None if isinstance(value, dict) else f"must be a table: [{'.'.join(names)}]"
    sections = [known[:length] for known in defaults() for length in range(1, len(known))]
    return f"is no setting; the nearest is {spelled(nearest(names, [*defaults(), *sections]))}"


def _syntax_fault(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    position = _TOML_POSITION.fullmatch(str(error))
    line = (position and position["line"]) or text.count("\n") + 1
    return f"{path}:{line}: is not TOML: {position['problem'] if position else error}"


def secrets_from_files(given: Layer, base: Path, faults: list[str]) -> Layer:
    """The secrets that stand in files of their own, which are named from ``base``."""
    secrets: dict[Key, Given] = {}
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
    return secrets
