"""What the global options of one command mean: which settings, how much to say.

Knows where settings are looked for. Must never know a single command.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings
    from notifier.app.house import House

DEFAULT_FILE = Path("fieldfare.toml")
#: Whoever names the store by the environment needs no file to say which installation is meant.
STORE_VARIABLE = "FIELDFARE_STORE__URL"
_NO_SETTINGS = (
    f"there is no {DEFAULT_FILE} in {{}}: go to the folder of the installation, name its settings"
    f" by --config, or a store by {STORE_VARIABLE}; `fieldfare init` begins a new installation"
)

By = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who decides it; the system's user without.")
]


def settings_for(
    context: typer.Context, *, logs: bool = False, or_defaults: bool = False
) -> "Settings":
    """What is in force by the command's global options. Raises SettingsError with every fault.

    Where there are none, that is one: in the wrong folder a command would else make a store there,
    and tell that nobody is subscribed. ``or_defaults`` is for one that works on no store. Only a
    command that ``logs`` what it does waits for what a log is written with.
    """
    import os

    from config.settings import SettingsError, load

    given = context.find_root().params
    path = settings_file(context)
    if path is not None and not path.is_file():
        raise SettingsError((f"{path}: no such settings file; `fieldfare init` writes one",))
    names_store = not os.environ.keys().isdisjoint((STORE_VARIABLE, f"{STORE_VARIABLE}_FILE"))
    if path is None and not (or_defaults or names_store):
        raise SettingsError((_NO_SETTINGS.format(Path.cwd()),))
    settings = load(path, os.environ)
    if given["verbose"]:
        verbose = settings.log.model_copy(update={"level": "debug"})
        settings = settings.model_copy(update={"log": verbose})
    if logs or settings.log.level == "debug":
        from config import log

        log.configure(settings.log.style, settings.log.level)
    return settings


def settings_file(context: typer.Context) -> Path | None:
    """The file that a command is told, there or not, or the one of this folder if there is one."""
    given: str | Path | None = context.find_root().params["config"]
    if given:
        return Path(given)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def house_for(
    context: typer.Context, stopping: Event | None = None, *, logs: bool = False
) -> "House":
    """What works until ``stopping`` is set; to be closed again afterwards."""
    from config.clock import clock
    from notifier.app.house import House

    return House(settings_for(context, logs=logs), clock=clock, stopping=stopping)


def person(by: str | None) -> str:
    """Who it is that decides something: the name given, or that of the system's user."""
    import getpass
    import os

    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # KeyError up to Python 3.12; a container may name nobody
        return f"uid {os.getuid()}"


def moment_for(text: str, house: "House") -> "datetime":
    """The moment that somebody means, by the zone of the site. Raises BadParameter."""
    from notifier.incidents.incident import moment_of

    try:
        return moment_of(text, house.clock(), house.settings.site.timezone)
    except (ValueError, OverflowError) as error:
        message = f"{text!r} is no time: write yesterday, 2026-11-20, 12h or 3d"
        raise typer.BadParameter(message) from error


def content_of(file: Path) -> bytes:
    """The file that an argument names, or standard input for ``-``. Raises BadParameter."""
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set, so that work ends with the item in hand."""
    event = Event()

    def stop(*_: object) -> None:
        print("fieldfare: finishing the item in hand", file=sys.stderr)
        event.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
