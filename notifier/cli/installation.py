"""Commands that prepare an installation, show its state and run it: config, migrate, status,
run, the daemon, and demo, everything in a folder of its own.

Knows where settings live and what a fresh folder needs. Must never touch items or mail.
"""

import gc
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import house_for, moment_for, settings_for
from notifier.cli.output import AsJson, write_json, write_line, write_lines, write_report

if TYPE_CHECKING:
    from notifier.app.reports import Status

#: How often Python looks for garbage by itself. A command looks less often; what stays does not.
_USUAL = gc.get_threshold()


def register(app: typer.Typer) -> None:
    for command in (config, migrate, status, run, demo):
        app.command()(command)


def config(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every setting in force, secrets masked, once they, taxonomy and templates are sound."""
    from config.settings import masked
    from notifier.app import mail_parts, parts

    settings = settings_for(context)
    parts.languages()
    parts.taxonomy(settings)
    mail_parts.templates(settings)
    shown = masked(settings)
    if as_json:
        write_json(shown)
    else:
        write_lines(dict(_flat("", shown)))


def _flat(prefix: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in _flat(f"{prefix}.{key}", each)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [pair for i, each in enumerate(value) for pair in _flat(f"{prefix}[{i}]", each)]
    if value is None or isinstance(value, list | tuple):
        value = ", ".join(map(str, value or ())) or "none"
    return [(prefix.removeprefix("."), value)]


def migrate(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the store to the schema of this version; run twice, it changes nothing."""
    from feeds.storage.database import Database
    from notifier.storage import VERSIONS

    database = Database.open(settings_for(context).store.url, VERSIONS)
    try:
        done = not database.is_current()
        database.migrate()
    finally:
        database.close()
    text = "the store was brought up to date" if done else "the store is up to date"
    write_report({"migrated": done}, text, as_json=as_json)


def status(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="yesterday|DAY|12h", help="Tell what was wrong since then, over or not."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is wrong, what the store holds, what waits and whether a daemon is running."""
    from notifier.app import nodes, parts, reports

    with house_for(context) as house:
        moment = moment_for(since, house) if since else None
        daemon = nodes.running(house.database, house.settings.daemon.node)
        # Where none runs, nobody else has looked.
        parts.watch(house).look_at_store()
        wrong = house.journal.since(moment) if moment else house.journal.lasting()
        report = reports.status(house, daemon=daemon, wrong=wrong)
    if as_json:
        write_json(report)
    else:
        _show(report, is_all=since is None)


def _show(report: "Status", *, is_all: bool) -> None:
    """What is wrong in sentences, and the rest as names and values."""
    from dataclasses import asdict

    from notifier.incidents.incident import worst_first

    for each in worst_first(report.incidents):
        write_line(f"{each.span}: {each.sentence}")
    if is_all:
        write_lines(dict(_flat("", asdict(report) | {"incidents": len(report.incidents)})))
    elif not report.incidents:
        write_line("nothing was wrong")


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
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Where pages, feeds and mails are served; 8025, or what the folder has by now.",
        ),
    ] = None,
    leave: Annotated[
        bool, typer.Option("--exit", help="End when everything is made, serve nothing.")
    ] = False,
) -> None:
    """Show the whole way on made-up news and two real documents, from file to feed and mailbox."""
    import sys

    from config import log
    from notifier.cli.demo import demonstration

    log.configure("auto", "warning")
    with demonstration.prepared(directory, port, served=not leave, say=write_line) as shown:
        for line in ("", *shown.guide(sys.argv[0], served=not leave)):
            write_line(line)
        if not leave:
            sys.stdout.flush()
            gc.set_threshold(*_USUAL)
            shown.serve(Event())
