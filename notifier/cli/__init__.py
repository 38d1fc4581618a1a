"""The `fieldfare` command: words in, exit code and a report out.

Knows arguments, the composition root and how to print. Must never decide, query or send.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from config.settings import SettingsError
from feeds.errors import FeedsError
from notifier.cli import (
    daemon_commands,
    document_commands,
    item_commands,
    setup_commands,
    source_commands,
    subscriber_commands,
)
from notifier.cli.invocation import Invocation
from notifier.errors import NotifierError

app = typer.Typer(
    name="fieldfare",
    help="News feeds by topic, and one mail digest for every subscriber.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def options(
    context: typer.Context,
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
) -> None:
    context.obj = Invocation(config=config, verbose=verbose)


for room in (
    setup_commands,
    source_commands,
    document_commands,
    item_commands,
    subscriber_commands,
    daemon_commands,
):
    room.register(app)


def main() -> None:
    """Runs one command; exits 0, 1 (it failed, and standard error says why) or 2 (usage)."""
    try:
        app()
    except (SettingsError, FeedsError, NotifierError) as error:
        print(f"fieldfare: {error}", file=sys.stderr)
        sys.exit(1)
