"""The words for what is wrong with settings: where, what was given, what is allowed.

Knows how to say it. Must never say a secret: an unknown key may be a password's name misspelled,
so only values of known options that are none are repeated.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from config.options import REPEATED, Key, spelled
from config.values import masked_url

# The pydantic error type of a check that brings its whole sentence.
OWN_WORDS = "fieldfare"
_LONGEST_VALUE_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Given:
    """A value, and where it was given: by a variable of this name, or in a file of this ``text``,
    by the ``key`` there, which of a secret is that of the option that names its file.
    """

    value: object
    place: Path | str
    key: Key = ()
    text: str = ""


def naming(key: Key, given: Mapping[Key, Given]) -> str:
    """Names the place of a value and the value: ``fieldfare.toml:12: mail.smtp.port``.

    What was not given is named by the nearest thing around it that was.
    """
    around = (given.get(key[:length]) for length in range(len(key), 0, -1))
    known = next(filter(None, around), None)
    if known is None:
        return spelled(key)
    if isinstance(known.place, str):
        return f"environment {known.place}"
    return f"{known.place}:{line_of(known.key, lines_of_keys(known.text))}: {spelled(key)}"


def unknown_variable(name: str, variables: Mapping[tuple[str, ...], str]) -> str:
    """What is wrong with an environment variable that is none of these of options."""
    for table in REPEATED:
        if name.startswith(f"FIELDFARE_{table}".upper()):
            return f"is no setting; {table} stand in the settings file, as [[{table}]]"
    names = tuple(name.removeprefix("FIELDFARE_").lower().split("__"))
    return f"is no setting; the nearest is {variables[nearest(names, variables)]}"


def refusals(
    error: ValidationError, model: type[BaseModel], given: Mapping[Key, Given]
) -> Iterator[str]:
    """Yields a line for everything the model refused."""
    for detail in error.errors(include_url=False):
        field = field_at(model, detail["loc"])
        place = naming(detail["loc"], given)
        if detail["type"] == OWN_WORDS:
            yield f"{place}: {detail['msg']}"
        elif detail["type"] == "missing":
            yield f"{place} is missing: must be {allowed(field)}"
        elif field.annotation is SecretStr:
            yield f"{place}: must be {allowed(field)}"
        else:
            yield f"{place} = {shown(detail['input'])}: must be {allowed(field)}"


def allowed(field: FieldInfo) -> str:
    """What a field allows, to be read after "must be"."""
    if get_origin(field.annotation) is Literal:
        *others, last = (value or "empty" for value in get_args(field.annotation))
        return f"{', '.join(others)} or {last}" if others else str(last)
    return str(field.description)


def field_at(model: type[BaseModel], key: Key) -> FieldInfo:
    """The field of an option, by its key; indexes of sources do not count."""
    name, *rest = (part for part in key if isinstance(part, str))
    field = model.model_fields[name]
    if not rest:
        return field
    annotation = field.annotation
    section = annotation if isinstance(annotation, type) else get_args(annotation)[0]
    return field_at(section, tuple(rest))


def shown(value: object) -> str:
    """The value as TOML would spell it, cut where it is long; passwords in addresses masked."""
    plain = value if isinstance(value, bool | int | float | str) else str(value)
    text = masked_url(json.dumps(plain, ensure_ascii=False))
    return text if len(text) <= _LONGEST_VALUE_SHOWN else f"{text[:_LONGEST_VALUE_SHOWN]}..."


def nearest(names: tuple[str, ...], known: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The key most alike, where the last name counts twice: sections are forgotten most easily."""
    return max(
        known,
        key=lambda key: _likeness(".".join(names), ".".join(key)) + _likeness(names[-1], key[-1]),
    )


def _likeness(one: str, other: str) -> float:
    # Only who made a slip has to wait for it.
    from difflib import SequenceMatcher  # noqa: PLC0415

    return SequenceMatcher(None, one, other).ratio()


# -- On which line a key stands, which tomllib does not tell ---------------------------------------


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
