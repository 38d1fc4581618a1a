"""Commands on whole installations: backup, restore, move, store with check.

Knows how each is asked for and reported. Must never know how it is done.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import (
    DEFAULT_FILE,
    STORE_VARIABLE,
    settings_file,
    settings_for,
)
from notifier.cli.output import (
    AsJson,
    DryRun,
    progress,
    write_json,
    write_line,
    write_report,
    write_rows,
)

if TYPE_CHECKING:
    from notifier.app.keeping.backup import BackupReport
    from notifier.app.keeping.move import MoveReport
    from notifier.app.keeping.restore import RestoreReport


def register(app: typer.Typer) -> None:
    for command in (backup, restore, move):
        app.command()(command)
    kept = typer.Typer(help="Look the store through.", no_args_is_help=True)
    kept.command()(check)
    app.add_typer(kept, name="store")


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


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup, as `backup` writes it.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Put it in place of a store that holds something already."),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back: into an empty folder, or where the settings that are there say.

    Whole or not at all. Mail is paused then, as what waits in a backup may have been sent since.
    """
    from config.clock import clock
    from notifier.app.keeping.restore import restore as put_back

    with progress("restore") as on_progress:
        report = put_back(
            file,
            (settings_file(context) or DEFAULT_FILE).absolute(),
            replace=replace,
            now=clock(),
            dry_run=dry_run,
            progress=on_progress,
        )
    if as_json:
        write_json(report)
    else:
        _tell_restored(report)


def _tell_restored(report: "RestoreReport") -> None:
    at = f"{report.made_at:%Y-%m-%d %H:%M}Z"
    held, is_put = sum(report.rows.values()), bool(report.store)
    said = (
        f"{report.store} is as it was" if is_put else "the backup is sound, of the store as it was"
    )
    write_line(f"{said} at {at}: {held} rows")
    for path in report.files:
        write_line(f"  {'put back' if is_put else 'would put back'} {path}")
    for path in report.stay:
        write_line(f"  {path} {'stays' if is_put else 'would stay'}, and differs from the backup's")
    if not is_put:
        return
    write_line(_NEXT.format(at=at, held=report.held))


_NEXT = """\
Mail is paused: what is new since {at} may have gone out already, and {held} mails that waited then.
Next:
  1. `fieldfare ingest` takes in once more what came since; what was pushed, push again
  2. `fieldfare publish --check --repair` makes pages and feeds show it
  3. `fieldfare release --restored --drop` counts all of that as told: nobody is mailed twice; or
     `fieldfare release --restored` mails it, to some for a second time
Who subscribed since is lost, and who left or bounced since is back: tell whoever you know of.
An account of the team that was removed since is back, too (`fieldfare accounts`)."""


def move(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The other store, as store.url would name it; empty."),
    ] = None,
    back: Annotated[
        bool,
        typer.Option("--back", help="Take the store up again that was moved; the other is lost."),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Move all of the store into another one, of either engine, and compare them row by row.

    The daemon has to be stopped. What is stopped half-way goes on where it is said again.
    """
    from config.clock import clock
    from notifier.app.keeping import move as moving

    settings = settings_for(context)
    if (to is None) != back or (back and dry_run):
        raise typer.BadParameter("name either another store by --to, or --back alone")
    if to is None:
        held = moving.back(settings, clock())
        text = f"the store is in force again; {held} mails that waited are held, and mail is paused"
        write_report({"held": held}, text, as_json=as_json)
        return
    target = _meant(context, to)
    if dry_run:
        report = moving.rehearse(settings, target)
    else:
        with progress("move") as on_progress:
            report = moving.move(settings, target, progress=on_progress)
    if as_json:
        write_json(report)
    else:
        _tell_moved(report, to, is_done=not dry_run)


def _meant(context: typer.Context, to: str) -> str:
    """The other store's address, as settings would have it."""
    import os

    from config.settings import load

    environ = {name: text for name, text in os.environ.items() if STORE_VARIABLE not in name}
    return load(settings_file(context), environ | {STORE_VARIABLE: to}).store.url


def _tell_moved(report: "MoveReport", to: str, *, is_done: bool) -> None:
    from config.values import masked_url

    held = sum(report.rows.values())
    if not is_done:
        write_line(f"would move {held} rows from {report.source} to {report.target}")
    else:
        write_line(f"moved {held} rows to {report.target}, each compared")
    if report.moved_before:
        write_line(f"  {report.moved_before} of them {'by' if is_done else 'in'} a run before this")
    if is_done:
        write_line(_THEN.format(masked_url(to), report.source))


_THEN = """\
next: [store] url = "{}" in the settings, `fieldfare store check`, start the daemon. {} is not
opened any more: remove it once there is a backup"""


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Look the store through, while the daemon runs: what is wrong, and what to do.

    `publish --check` compares pages and feeds with it.
    """
    from notifier.app.keeping.store_check import check as looked_through

    report = looked_through(settings_for(context))
    if as_json:
        write_json(report)
    else:
        write_rows(
            report.faults,
            ("what", "rows", "one of them", "what to do"),
            lambda fault: (fault.what, fault.count, fault.example, fault.remedy),
            as_json=False,
            empty=f"{report.store} is sound: {report.rows} rows",
        )
    if report.faults:
        raise typer.Exit(1)
