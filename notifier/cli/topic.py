"""Commands on topics and what is published: publish, topics, map.

Knows how those are asked for and reported. Must never know how they are done.
"""

from typing import Annotated

import typer

from feeds.model import TopicKind
from notifier.cli.invocation import house_for, stopping
from notifier.cli.output import AsJson, DryRun, progress, write_report, write_rows

#: So long a daemon may publish meanwhile what an edit before this one changed.
PUBLISH_SECONDS = 30.0


def register(app: typer.Typer) -> None:
    for command in (publish, topics):
        app.command()(command)
    app.command("map")(map_)


def publish(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Rebuild every feed and page, not only what changed.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: name what is not as the store says.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Check, and mend what is not as the store says.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the feeds and pages that no longer show what the store holds, and tell hubs."""
    if check or repair:
        _check(context, repair=repair, as_json=as_json)
        return
    with (
        house_for(context, logs=True) as house,
        stopping() as stop,
        progress("publish") as on_progress,
    ):
        # What is wrong with settings is told to who runs this, and is no failure of a job.
        _ = house.site, house.bucket
        with house.journal.working("publish"):
            report = house.publish(everything=everything, stopping=stop, progress=on_progress)
        if house.settings.websub.hubs:
            house.announce(stop)
    written, unchanged = report.feeds_written, report.feeds_unchanged
    text = f"{written} feeds written, {unchanged} unchanged, {len(report.files)} files in all"
    write_report(report, text, as_json=as_json)


def _check(context: typer.Context, *, repair: bool, as_json: bool) -> None:
    """Exits 1 where something is not as the store says, and was not mended."""
    with (
        house_for(context, logs=True) as house,
        stopping() as stop,
        progress("check") as on_progress,
    ):
        found = house.check_published(repair=repair, stopping=stop, progress=on_progress)
    write_rows(
        found,
        ("file", "fault"),
        lambda row: (row.path, row.fault),
        as_json=as_json,
        empty="all that is published is as the store says",
    )
    if found and not repair:
        raise typer.Exit(1)


def topics(
    context: typer.Context,
    kind: Annotated[TopicKind | None, typer.Option(help="Only topics of this kind.")] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Names that items bear and nobody knows.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what one can follow, with the address of each feed."""
    from notifier.app import reports

    with house_for(context) as house:
        if unknown:
            write_rows(
                reports.unknown(house.database, house.taxonomy, kind),
                ("kind", "name", "items"),
                lambda row: (row.kind, row.label, row.items),
                as_json=as_json,
                empty="every name is known",
            )
            return
        rows = reports.topics(house.database, house.taxonomy, kind, house.settings.site.url)
    write_rows(
        rows,
        ("topic", "label", "items", "feed"),
        lambda row: (row.topic, row.label + " (closed)" * row.closed, row.items, row.feed),
        as_json=as_json,
        empty="the taxonomy holds no such topic",
    )


def map_(
    context: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(metavar="KIND:SLUG", help="The topic they stand for.")
    ] = None,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Names as documents print them.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="File anew under known names as well.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say what names stand for: what is stored is filed anew and published.

    Without names, what is stored is filed as the taxonomy's file has it by now.
    """
    from feeds.ingest import retag

    if topic and not names:
        raise typer.BadParameter("name what stands for it, as `topics --unknown` lists them")
    with house_for(context, logs=True) as house:
        report = retag.map_names(
            house.database,
            house.taxonomy,
            topic,
            names or (),
            now=house.clock(),
            publish=lambda: house.publish(wait_seconds=PUBLISH_SECONDS).feeds_written,
            everything=everything,
            dry_run=dry_run,
        )
    done = "would be filed anew" if dry_run else "filed anew"
    text = f"{report.items} items {done}, {report.feeds_written} feeds written"
    write_report(report, text, as_json=as_json)
