"""Commands on documents, items and feeds: parse, ingest, publish, topics, items, quarantine.

Knows how those are asked for and reported. Must never know how they are done.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from config import clock
from feeds.ingest.parse import understand
from feeds.ingest.report import IngestReport
from feeds.model import Document, Draft, Label, Reason, Refused, TopicKind
from feeds.storage import overview
from notifier import assembly, listing
from notifier.cli.invocation import invocation, stopping
from notifier.cli.report import (
    AsJson,
    console,
    errors,
    progress,
    write_json,
    write_lines,
    write_notes,
    write_table,
)

Limit = Annotated[int, typer.Option("--limit", min=1, help="At most this many rows.")]


def register(app: typer.Typer) -> None:
    for command in (parse, ingest, publish, topics, items, quarantine):
        app.command()(command)


def parse(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A file, or - for standard input.")],
    url: Annotated[str | None, typer.Option(help="The address the document came from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what would be understood of one document; nothing is stored."""
    settings = invocation(context).settings()
    limit = settings.ingest.max_document_bytes
    body = _read(file, limit + 1)
    document = Document(source="", name=file, body=body, fetched_at=clock.now(), url=url)
    result = (
        Refused(reason=Reason.TOO_LARGE)
        if len(body) > limit
        else understand(document, assembly.taxonomy(settings))
    )
    refused = str(result) if isinstance(result, Refused) else None
    drafts = () if isinstance(result, Refused) else result.drafts
    form = None if isinstance(result, Refused) else result.form
    if as_json:
        shown = [_draft_json(draft) for draft in drafts]
        write_json({"document": file, "form": form, "refused": refused, "items": shown})
        return
    if refused:
        console.print(f"refused: {refused}")
    for draft in drafts:
        write_lines({"form": form, **_draft_json(draft)})


def _read(file: str, most: int) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(most)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error


def _draft_json(draft: Draft) -> dict[str, object]:
    issued = draft.issued
    return {
        "title": draft.title,
        "url": draft.url,
        "issued": issued.day.isoformat() if issued else None,
        "issued_from": issued.origin.value if issued else None,
        "dateline": draft.dateline,
        "summary": draft.summary,
        "body": draft.body,
        "language": draft.language,
        "content_type": draft.content_type.text if draft.content_type else None,
        "issuers": _labels(draft.issuers),
        "fields": _labels(draft.fields),
    }


def _labels(labels: Sequence[Label]) -> list[dict[str, str | None]]:
    return [{"label": label.text, "slug": label.slug} for label in labels]


def ingest(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE|PATH]...", help="Configured sources or paths; all sources if none."
        ),
    ] = None,
    backfill: Annotated[
        bool, typer.Option(help="An archive: published, but mailed to nobody.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Report what would happen, store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Pick up what is new or changed at the sources."""
    with (
        invocation(context).opened() as app,
        stopping() as stop,
        progress("ingest") as on_progress,
    ):
        report = app.ingest(
            sources or (),
            backfill=backfill,
            dry_run=dry_run,
            stopping=stop,
            progress=on_progress,
        )
    if as_json:
        write_json(asdict(report))
    else:
        _show(report)
    if report.problems:
        raise typer.Exit(1)


def _show(report: IngestReport) -> None:
    console.print(
        f"{report.added} added, {report.revised} revised, {report.unchanged} unchanged, "
        f"{report.quarantined} quarantined, {report.waiting} waiting"
    )
    refused = [(refusal.document, refusal.reason) for refusal in report.quarantine]
    write_notes(refused, heading="in quarantine:")
    unknown = [(label.kind.value, label.text) for label in report.unknown_topics]
    write_notes(unknown, heading="topics nobody knows, kept with their items:")
    for problem in report.problems:
        errors.print(escape(problem), soft_wrap=True)


def publish(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Rebuild every feed and page, not only what changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the feeds and pages that no longer show what the store holds."""
    with (
        invocation(context).opened() as app,
        stopping() as stop,
        progress("publish") as on_progress,
    ):
        report = app.publish(everything=everything, stopping=stop, progress=on_progress)
    if as_json:
        write_json(asdict(report))
        return
    console.print(
        f"{report.feeds_written} feeds written, {report.feeds_unchanged} unchanged, "
        f"{len(report.files)} files in all"
    )


def topics(
    context: typer.Context,
    kind: Annotated[TopicKind | None, typer.Option(help="Only topics of this kind.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what one can follow, with the address of each feed."""
    with invocation(context).opened() as app:
        rows = listing.topics(app, kind)
    if as_json:
        write_json([asdict(row) for row in rows])
        return
    write_table(
        ("topic", "label", "items", "feed"),
        [(row.topic, row.label + (" (closed)" if row.closed else ""), row.items, row.feed)
         for row in rows],
        empty="the taxonomy holds no such topic",
    )  # fmt: skip


def items(
    context: typer.Context,
    topic: Annotated[str | None, typer.Option(help="Only this topic, as KIND:SLUG.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the items, the latest first."""
    with invocation(context).opened() as app:
        followed = app.taxonomy.find(topic).ref if topic else None
        with app.database.reading() as connection:
            rows = overview.item_list(connection, followed, limit)
    if as_json:
        write_json([asdict(row) for row in rows])
        return
    write_table(
        ("number", "issued", "title", "topics"),
        [(row.number, row.issued, row.title, ", ".join(row.topics)) for row in rows],
        empty="no items yet; `fieldfare ingest` picks them up",
    )


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
