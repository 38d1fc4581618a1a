"""Commands on what comes in: ingest, quarantine, promote, and the sources it comes from.

Knows how those are asked for and reported. Must never know how they are done.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import house_for, stopping
from notifier.cli.output import (
    AsJson,
    DryRun,
    progress,
    write_json,
    write_line,
    write_notes,
    write_problem,
    write_report,
    write_rows,
)

if TYPE_CHECKING:
    from feeds.ingest.report import IngestReport
    from notifier.app.reports import SourceRow


#: What follows of documents that were deleted, by the way.
_STAYS = (
    "documents are not there any more: their items stay, as their source is not `complete`;"
    " `fieldfare items withdraw` hides one"
)


_SourceName = Annotated[str, typer.Argument(help="The source, as `quarantine` names it.")]
_DocumentName = Annotated[str, typer.Argument(help="The document, as `quarantine` names it.")]


def register(app: typer.Typer) -> None:
    for command in (sources, ingest, reread, quarantine, promote, dismiss):
        app.command()(command)


def ingest(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE|PATH", help="Configured sources or paths; all sources if none."
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
    first_day = _day(since, backfill=backfill)
    with (
        stopping() as stop,
        house_for(context, stop, logs=True) as house,
        progress("ingest") as on_progress,
    ):
        report = house.ingest(
            sources or (),
            backfill=backfill,
            since=first_day,
            dry_run=dry_run,
            stopping=stop,
            progress=on_progress,
        )
    if as_json:
        write_json(report)
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


def _show(report: "IngestReport") -> None:
    write_line(
        f"{report.added} added, {report.revised} revised, {report.unchanged} unchanged, "
        f"{report.quarantined} quarantined, {report.waiting} waiting" + _also(report)
    )
    refused = [(refusal.document, refusal.reason) for refusal in report.quarantine]
    write_notes(refused, heading="in quarantine:")
    silent = [(each.document, f"{each.entries} entries") for each in report.dropped if each.entries]
    lost = [(each.document, f"{each.files} files") for each in report.dropped if each.files]
    for left in report.unread:
        write_problem(left)
    write_notes(silent, heading="dropped, as they say nothing:")
    write_notes(lost, heading="dropped, as their addresses lead nowhere:")
    copies = [
        (item.document, f"a copy of {item.slug} ({item.title}): {item.reason}")
        for item in report.items
        if item.outcome == "copy"
    ]
    write_notes(copies, heading="unchanged; `items split ITEM DOCUMENT` makes items of them:")
    if report.absent:
        write_problem(f"{report.absent} {_STAYS}")
    unknown = [(label.kind.value, label.text) for label in report.unknown_topics]
    write_notes(unknown, heading="topics nobody knows, kept with their items:")
    for problem in report.problems:
        write_problem(problem)


def _also(report: "IngestReport") -> str:
    """What happens seldom, where it happened."""
    counts = {
        "withdrawn": report.withdrawn,
        "restored": report.restored,
        "taken for copies": report.copies,
        "dropped": sum(each.entries for each in report.dropped),
        "contested": report.contested,
    }
    return "".join(f", {count} {word}" for word, count in counts.items() if count)


def reread(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Sources; all without one.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Read again what was kept and would be read otherwise by now, and tell what becomes different.

    That is so after an upgrade, and where the taxonomy or the settings of a source changed. A
    daemon does it by itself. Nobody is mailed about it.
    """
    from notifier.app.keeping.rereading import Rereading

    with (
        house_for(context, logs=True) as house,
        stopping() as stop,
        progress("reread") as on_progress,
    ):
        work = Rereading(house=house, stopping=stop, dry_run=dry_run, progress=on_progress)
        report = work.run(sources or ())
    if as_json:
        write_json(report)
        return
    would = "would be " if dry_run else ""
    write_line(f"{report.documents} documents {would}read again, {report.not_kept} cannot be")
    for item in report.ingested.items:
        write_line(f"{item.outcome} {item.slug}: {item.title}")
        for field, before, after in item.changes:
            write_line(f"  {field}: {before or 'nothing'} -> {after or 'nothing'}")
    _show(report.ingested)


def quarantine(context: typer.Context, as_json: AsJson = False) -> None:
    """List the documents that were refused, each with the reason."""
    from feeds.storage import overview

    with house_for(context) as house, house.database.reading() as connection:
        rows = overview.quarantine(connection)
    write_rows(
        rows,
        ("source", "document", "since", "reason"),
        lambda row: (row.source, row.document, row.since.date(), row.reason),
        as_json=as_json,
        empty="the quarantine is empty",
    )


def promote(
    context: typer.Context,
    source: _SourceName,
    document: _DocumentName,
    as_json: AsJson = False,
) -> None:
    """Vouch for a document in quarantine: it is read as an item, now and from now on."""
    with house_for(context, logs=True) as house:
        report = house.receiver.promote(source, document)
    if as_json:
        write_json(report)
    else:
        _show(report)
    if report.quarantined:
        raise typer.Exit(1)


def dismiss(
    context: typer.Context,
    source: _SourceName,
    document: _DocumentName,
    as_json: AsJson = False,
) -> None:
    """Say that a document in quarantine is none of yours: it is listed no more until it changes."""
    from feeds.storage import documents

    with house_for(context) as house, house.database.writing() as connection:
        done = documents.dismiss(connection, source, document)
    none = f"{source} holds no document {document!r} in quarantine"
    text = "it is listed again only when it changes" if done else none
    write_report({"dismissed": done}, text, as_json=as_json)
    if not done:
        raise typer.Exit(1)


def sources(context: typer.Context, as_json: AsJson = False) -> None:
    """List the sources, each with how it does, since when and why."""
    from notifier.app import reports

    with house_for(context) as house:
        rows = reports.sources(house.database, house.settings.sources)
    columns = "source, kind, address, state, since, problem, next look, items, contested"
    write_rows(
        rows,
        columns.split(", "),
        _cells,
        as_json=as_json,
        empty="no sources; fieldfare.toml names them, one [[sources]] table each",
    )


def _cells(row: "SourceRow") -> tuple[object, ...]:
    problem = row.problem or (f"now at {row.moved_to}" if row.moved_to else "")
    return (
        row.name,
        row.kind,
        row.address,
        row.state,
        _minute(row.since),
        problem,
        _minute(row.next_look),
        row.items,
        row.contested or "",
    )


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
