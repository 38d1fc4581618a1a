"""Commands on whole installations: backup.

Knows how each is asked for and reported. Must never know how it is done.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import settings_file, settings_for
from notifier.cli.output import AsJson, progress, write_json, write_line

if TYPE_CHECKING:
    from notifier.app.keeping.backup import BackupReport


def register(app: typer.Typer) -> None:
    app.command()(backup)


def backup(
    context: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Where it goes; in a folder it gets a name of now."),
    ],
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="In a folder: so many stay, the oldest are removed."),
    ] = None,
    without_secrets: Annotated[
        bool,
        typer.Option(
            "--without-secrets", help="Leave out secret.key, and other files with secrets."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Back up the store, settings and secrets as one file, while the daemon runs.

    It is read again before it has its name. It holds every address: who has it, has them.
    """
    from config.clock import clock
    from notifier.app.keeping.backup import back_up

    if keep and not target.is_dir():
        raise typer.BadParameter("name a folder that is there, or leave --keep out")
    with progress("backup") as on_progress:
        report = back_up(
            settings_for(context),
            settings_file(context),
            target,
            now=clock(),
            with_secrets=not without_secrets,
            most=keep,
            progress=on_progress,
        )
    if as_json:
        write_json(report)
    else:
        _tell(report)


def _tell(report: "BackupReport") -> None:
    held = sum(report.rows.values())
    shown = ("items", "subscribers", "deliveries")
    counts = ", ".join(f"{report.rows.get(name, 0)} {name}" for name in shown)
    write_line(f"wrote {report.file}: {report.bytes} bytes, {held} rows ({counts}), read again")
    if report.files:
        write_line(f"  with {', '.join(report.files)}")
    if report.left_out:
        write_line(f"  without {', '.join(report.left_out)}: keep these elsewhere")
    keys = " and what signs and opens their links" if report.has_secrets else ""
    write_line(f"  it holds every address{keys}: keep it where nobody else reads")
    for removed in report.removed:
        write_line(f"  removed {removed}")
