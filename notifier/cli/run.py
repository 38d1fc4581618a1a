"""Commands that stay: run, the daemon, and demo, everything in a folder of its own.

Knows what is started and what is said first. Must never know how the parts work.
"""

import gc
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from notifier.cli.invocation import house_for
from notifier.cli.output import write_line

#: How often Python looks for garbage by itself. A command looks less often; what stays does not.
_USUAL = gc.get_threshold()


def register(app: typer.Typer) -> None:
    for command in (run, demo):
        app.command()(command)


def run(context: typer.Context) -> None:
    """Run the daemon: ingest, publish, plan and send at their intervals, and serve.

    SIGTERM finishes the item in hand and ends. A second daemon on the same store is refused.
    """
    from notifier.app import daemon

    stopping = Event()
    with house_for(context, stopping, logs=True) as house:
        gc.set_threshold(*_USUAL)
        daemon.run(house, stopping)


def demo(
    directory: Annotated[Path, typer.Option(help="The folder everything is put into.")] = Path(
        "demo"
    ),
    port: Annotated[int, typer.Option(help="Where pages, feeds and mails are served.")] = 8025,
    leave: Annotated[
        bool, typer.Option("--exit", help="End when everything is made, serve nothing.")
    ] = False,
) -> None:
    """Show the whole way on two real documents, from file to feed and mailbox."""
    from config import log
    from notifier.cli import demonstration

    log.configure("auto", "warning")
    with demonstration.prepared(directory, port) as shown:
        for line in shown.guide(served=not leave):
            write_line(line)
        if not leave:
            gc.set_threshold(*_USUAL)
            shown.serve(Event())
