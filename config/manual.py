"""What people read about the settings: the file `fieldfare init` writes, the table in the README.

Knows defaults.toml and the words for what is allowed. Must never hold a default or a meaning of
its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from textwrap import wrap
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from config.faults import allowed, field_at
from config.options import FILE, REPEATED, REQUIRED, SOURCES, Key, spelled
from config.settings import Settings

# An operator decides these before anyone subscribes, so they stand in the sample uncommented.
_DECIDED = frozenset(
    {
        ("site", "title"),
        ("site", "organisation"),
        ("site", "url"),
        ("site", "timezone"),
        ("mail", "from_address"),
        (SOURCES, "name"),
        (SOURCES, "path"),
    }
)
_COLUMNS = 96

_EXAMPLE = "#   "

_HEADER = re.compile(r"\[{1,2}(?P<name>[a-z.]+)\]{1,2}")
_OPTION = re.compile(r"(?P<name>[a-z0-9_]+) = (?P<literal>.+)")
_HEAD = """\
# Settings of this Fieldfare. What is commented out has the default shown; `fieldfare config` prints
# what is in force. Environment variables go first: mail.smtp.port is FIELDFARE_MAIL__SMTP__PORT.
# A relative path counts from the folder of this file.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What defaults.toml says of one option; ``literal`` is its default as TOML spells it."""

    key: tuple[str, ...]
    literal: str
    meaning: str


def options() -> Iterator[Option]:
    """Every option, in the order of the file."""
    section: tuple[str, ...] = ()
    comment: list[str] = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if option := _OPTION.fullmatch(line):
            key, meaning = (*section, option["name"]), " ".join(comment)
            yield Option(key=key, literal=option["literal"], meaning=meaning)
        elif header := _HEADER.fullmatch(line):
            section = tuple(header["name"].split("."))
        comment = [*comment, line.lstrip("# ")] if line.startswith("#") else []


def must_be(key: tuple[str, ...], text: str) -> str | None:
    """What an option must be, where ``text`` is no such thing; None where it can be taken."""
    field = field_at(Settings, key)
    kind: Any = Annotated[field.annotation, *field.metadata]
    try:
        TypeAdapter(kind).validate_python(text, strict=True)
    except ValidationError:
        return allowed(field)
    return None


def sample(
    *, authority: str, minted: date, secret_file: str, chosen: Mapping[Key, str] | None = None
) -> str:
    """A settings file to start from: what is yours to decide is set, the rest commented out.

    ``chosen`` are texts of options that somebody decided already. ``authority`` and ``minted`` make
    the permanent ids (RFC 4151); ``secret_file`` is where the secret that signs links was written.
    """
    own: dict[Key, str] = {
        ("secret_file",): json.dumps(secret_file, ensure_ascii=False),
        ("site", "authority"): json.dumps(authority, ensure_ascii=False),
        ("site", "minted"): minted.isoformat(),
        (SOURCES, "path"): '"inbox"',
        (SOURCES, "pattern"): '"*"',
        (SOURCES, "full_text"): "true",
        **{key: json.dumps(text, ensure_ascii=False) for key, text in (chosen or {}).items()},
    }
    lines = [_HEAD]
    section: Key = ()
    for option in options():
        if option.key[:-1] != section:
            section = option.key[:-1]
            lines.append(f"\n{_header(option.key)}")
        lines += [*_comment(option), _line(option, own)]
    return "\n".join(lines) + "\n"


def reference() -> str:
    """The Markdown table of every option: name, default, what is allowed, meaning."""
    head = ["| Option | Default | Must be | Meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *_rows()]) + "\n"


def _header(key: Key) -> str:
    name = ".".join(str(part) for part in key[:-1])
    if key[0] not in REPEATED:
        return f"[{name}]"
    return f"{_EXAMPLE if _is_example(key) else ''}[[{name}]]"


def _is_example(key: Key) -> bool:
    """Whether a table is only shown: one that is there would be one, whatever it holds."""
    return key[0] in REPEATED and key[0] != SOURCES


def _comment(option: Option) -> list[str]:
    words = f"Must be {allowed(field_at(Settings, option.key))}."
    return [f"# {line}" for text in (option.meaning, words) for line in wrap(text, _COLUMNS)]


def _line(option: Option, own: Mapping[Key, str]) -> str:
    name = option.key[-1]
    if option.key in own:
        return f"{name} = {own[option.key]}"
    mark = _EXAMPLE if _is_example(option.key) else "" if option.key in _DECIDED else "#"
    return f"{mark}{name} = {option.literal}"


def _rows() -> Iterator[str]:
    for option in options():
        default = "none" if option.key in REQUIRED else f"`{option.literal}`"
        words = allowed(field_at(Settings, option.key))
        yield f"| `{spelled(option.key)}` | {default} | {words} | {option.meaning} |"
