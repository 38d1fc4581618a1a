"""What a restore needs beside the store: the settings, and the small files that they name.

Knows which settings name files. Must never know what is done with them.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import config
from config.options import secret_files
from config.sections import SettingsSection
from config.settings import Settings
from config.values import masked_url

SETTINGS = "fieldfare.toml"
#: Folders of an operator's own work; the others hold documents, pages and mails, which are many,
#: and are read again, made again, or out.
_FOLDERS = "templates"
#: A token that somebody else has, too, or the key to something; of tables each such file is one,
#: and its setting ends so.
_SECRETS = ("_path", *(key[-1] for key in secret_files().values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file to keep, under a ``name`` of its own; its ``place`` is relative where it stands below
    the folder of the settings, and absolute elsewhere.
    """

    name: str
    path: Path
    place: str
    is_secret: bool


def kept(settings: Settings, file: Path | None) -> list[KeptFile]:
    """The settings file, if there is one, and each file that settings name, templates among them.

    Not the taxonomy that comes along with the program.
    """
    base = file.absolute().parent if file else Path.cwd()
    found = [(SETTINGS, file.absolute(), _holds_secrets(file))] if file else []
    for key, path in _paths(settings):
        is_ours = path.is_relative_to(Path(config.__file__).parent)
        if path.is_file() and not is_ours:
            found.append((f"files/{key}", path, key.endswith(_SECRETS)))
        elif key.endswith(_FOLDERS):
            inside = sorted(each for each in path.rglob("*") if each.is_file())
            found += ((f"files/{key}/{each.relative_to(path)}", each, False) for each in inside)
    return [
        KeptFile(name=name, path=path, place=_place(path, base), is_secret=is_secret)
        for name, path, is_secret in found
    ]


def _place(path: Path, base: Path) -> str:
    return str(path.relative_to(base) if path.is_relative_to(base) else path)


def _paths(section: object, above: str = "") -> Iterator[tuple[str, Path]]:
    if isinstance(section, SettingsSection):
        for name in type(section).model_fields:
            yield from _paths(getattr(section, name), f"{above}.{name}" if above else name)
    elif isinstance(section, tuple):
        for each in section:
            yield from _paths(each, f"{above}.{each.name}")
    elif isinstance(section, Path):
        yield above, section


def _holds_secrets(file: Path) -> bool:
    """Whether a secret stands in the settings themselves: as an address of a store does that has a
    password in it.
    """
    given = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    values = (str(_value(given, key) or "") for key in secret_files())
    return any(value and ("://" not in value or masked_url(value) != value) for value in values)


def _value(given: object, key: tuple[str, ...]) -> object:
    for name in key:
        given = given.get(name) if isinstance(given, dict) else None
    return given
