"""The `fieldfare` command: words in, exit code and a report out.

Knows arguments, the composition root and how to print. Must never decide, query or send. A command
imports what it works with when it runs, so that every other one starts without.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from notifier.cli import (
    came_back,
    delivery,
    ingest,
    installation,
    parse,
    subscription,
    team,
    topic,
)
from notifier.cli.editing import edited_items
from notifier.cli.keeping import safe
from notifier.cli.start import new_installation, taxonomies, trying
from notifier.cli.webhooks import hook_commands

#: What a start loads, nearly as many objects, stays: to look through it for garbage, as Python does
#: at every 700, takes a tenth longer. Garbage that only this finds is rare in what follows.
OBJECTS_BETWEEN_COLLECTIONS = 100_000

app = typer.Typer(
    name="fieldfare",
    help="News feeds by topic, and one mail digest for every subscriber.",
    no_args_is_help=True,
    add_completion=False,
    # Frames around the help would take longer than all the rest of it.
    rich_markup_mode=None,
    pretty_exceptions_show_locals=False,
)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        print(f"fieldfare {version('fieldfare')}")
        raise typer.Exit


@app.callback()
def options(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            envvar="FIELDFARE_CONFIG",
            help="The settings file; ./fieldfare.toml where this is not given.",
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Log each step, not only each unit of work.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """Kept by the command line itself; `notifier.cli.invocation` reads them."""


for module in (
    new_installation,
    taxonomies,
    installation,
    trying,
    safe,
    parse,
    ingest,
    topic,
    edited_items,
    subscription,
    delivery,
    came_back,
    team,
    hook_commands,
):
    module.register(app)


def main() -> None:
    """Runs one command; exits 0, 1 (it failed, and standard error says why) or 2 (usage)."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    # What other packages are installed changes nothing that is checked here, so none is looked for.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        app()
    except Exception as error:
        if not _is_expected(error):
            raise
        print(f"fieldfare: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        # The system takes all memory back at once; Python would look through it for garbage first.
        gc.freeze()


def _is_expected(error: Exception) -> bool:
    """Whether it is of the outside world, so that a sentence says it all; not a bug of ours."""
    from config.settings import SettingsError
    from feeds.errors import FeedsError
    from notifier.errors import NotifierError

    return isinstance(error, SettingsError | FeedsError | NotifierError)
