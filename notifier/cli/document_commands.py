"""Commands on documents: parse, ingest, quarantine, promote.

Knows how those are asked for and reported. Must never know how they are done.
"""

import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from config import clock
from feeds.draft import Document, Reason, Refused
from feeds.ingest.poll import Look
from feeds.ingest.report import IngestReport
from feeds.parse import understand
from feeds.storage import overview
from notifier.app import parts, sources
from notifier.cli import understood
from notifier.cli.invocation import invocation, stopping
from notifier.cli.output import (
    AsJson,
    DryRun,
    console,
    errors,
    progress,
    write_json,
    write_notes,
    write_table,
)


def register(app: typer.Typer) -> None:
    for command in (parse, ingest, quarantine, promote):
        app.command()(command)


def parse(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A file, or - for standard input.")],
    url: Annotated[str | None, typer.Option(help="The address the document came from.")] = None,
    media_type: Annotated[
        str | None, typer.Option(help="The Content-Type it came with, parameters included.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Read it as this source's settings say.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what would be understood of one document; nothing is stored."""
    settings = invocation(context).settings()
    if source and source not in {each.name for each in settings.sources}:
        raise typer.BadParameter(f"{source!r} is no source; `fieldfare sources` lists them")
    limit = settings.ingest.max_document_bytes
    body = _read(file, limit + 1)
    document = Document(
        source=source or "",
        name=file,
        body=body,
        fetched_at=clock.now(),
        url=url,
        media_type=media_type,
    )
    result = (
        Refused(reason=Reason.TOO_LARGE)
        if len(body) > limit
        else understand(document, parts.taxonomy(settings), sources.habits(settings, source or ""))
    )
    if as_json:
        write_json(understood.as_json(file, result))
    else:
        understood.show(result)


def _read(file: str, most: int) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(most)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error


def ingest(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE|PATH]...", help="Configured sources or paths; all sources if none."
        ),
    ] = None,
    backfill: Annotated[
        bool, typer.Option(help="An archive: all of it, published, but mailed to nobody.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="YEAR|DAY", help="How far back a backfill goes: 2001, 2001-09-11."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Pick up what is new or changed at the sources."""
    earliest = _day(since, backfill=backfill)
    with (
        stopping() as stop,
        invocation(context).opened(stop) as app,
        progress("ingest") as on_progress,
    ):
        report = app.ingest(
            sources or (),
            Look(
                backfill=backfill,
                since=earliest,
                dry_run=dry_run,
                stopping=stop,
                progress=on_progress,
            ),
        )
    if as_json:
        write_json(asdict(report))
    else:
        _show(report)
    if report.problems:
        raise typer.Exit(1)


def _day(text: str | None, *, backfill: bool) -> date | None:
    if text is None:
        return None
    if not backfill:
        raise typer.BadParameter("--since says how far back a --backfill goes")
    try:
        return date(int(text), 1, 1) if len(text) == len("2001") else date.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is neither a year such as 2001 nor a day such as 2001-09-11"
        raise typer.BadParameter(message) from error


def _show(report: IngestReport) -> None:
    console.print(
        f"{report.added} added, {report.revised} revised, {report.unchanged} unchanged, "
        f"{report.quarantined} quarantined, {report.waiting} waiting" + _also(report)
    )
    refused = [(refusal.document, refusal.reason) for refusal in report.quarantine]
    write_notes(refused, heading="in quarantine:")
    unknown = [(label.kind.value, label.text) for label in report.unknown_topics]
    write_notes(unknown, heading="topics nobody knows, kept with their items:")
    for problem in report.problems:
        errors.print(escape(problem), soft_wrap=True)


def _also(report: IngestReport) -> str:
    """What happens seldom, where it happened."""
    counts = {"withdrawn": report.withdrawn, "restored": report.restored}
    return "".join(f", {count} {word}" for word, count in counts.items() if count)


def quarantine(context: typer.Context, as_json: AsJson = False) -> None:
    """List the documents that were refused, each with the reason."""
    with invocation(context).opened() as app, app.database.reading() as connection:
        rows = overview.quarantine(connection)
    if as_json:
        write_json([asdict(row) for row in rows])
        return
    write_table(
        ("source", "document", "since", "reason"),
        [(row.source, row.document, row.since.date(), row.reason) for row in rows],
        empty="the quarantine is empty",
    )


def promote(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source, as `quarantine` names it.")],
    document: Annotated[str, typer.Argument(help="The document, as `quarantine` names it.")],
    as_json: AsJson = False,
) -> None:
    """Vouch for a document in quarantine: it is read as an item, now and from now on."""
    with invocation(context).opened() as app:
        report = app.gathering.promote(source, document)
    if as_json:
        write_json(asdict(report))
    else:
        _show(report)
    if report.quarantined:
        raise typer.Exit(1)
