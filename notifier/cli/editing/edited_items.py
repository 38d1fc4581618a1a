"""Commands that change items: items correct, withdraw, restore, tell, merge and split.

Knows how those are asked for and reported. Must never know how they are done.
"""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.editing.shown_items import ItemName, history, items
from notifier.cli.invocation import By, content_of, house_for, person
from notifier.cli.output import AsJson, DryRun, write_line, write_report
from notifier.cli.topic import PUBLISH_SECONDS

if TYPE_CHECKING:
    from feeds.ingest.edit import Edited, Editor
    from notifier.app.house import House

_Reason = Annotated[str, typer.Option(help="Why; it stands in the history of the item.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(invoke_without_command=True)
    group.callback()(items)
    for command in (history, correct, withdraw, restore, tell, merge, split):
        group.command()(command)
    app.add_typer(group, name="items")


def correct(
    context: typer.Context,
    item: ItemName,
    title: Annotated[str | None, typer.Option(help="Its headline.")] = None,
    summary: Annotated[str | None, typer.Option(help="Its lead.")] = None,
    text: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file with its text, as plain text; - reads it."),
    ] = None,
    issued: Annotated[
        str | None, typer.Option(help="When it was issued: a day, or a time with its offset.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Its language, as a tag (BCP 47).")] = None,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="KIND:SLUG", help="A topic of its; again for more."),
    ] = None,
    no_topics: Annotated[
        list[str] | None,
        typer.Option("--no-topic", metavar="KIND:SLUG", help="One it is not of; again for more."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let its sources say it all again.")] = False,
    reason: _Reason = "",
    by: By = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say what an item is to say, whatever its sources say now or later; the rest is theirs.

    Feeds, pages and mails that leave from now on say it; what sources said stays in the history.
    """
    from feeds.ingest import edit

    members = {"title": title, "summary": summary, "issued": issued, "language": language}
    members["text"] = content_of(text).decode("utf-8", "replace") if text else None
    named = (topics or (), no_topics or ())
    if undo and any([*named, *members.values()]):
        raise typer.BadParameter("it gives all back: name nothing else", param_hint="--undo")
    with house_for(context, logs=True) as house:
        taxonomy = house.mapped_taxonomy()
        said = None if undo else edit.statement(taxonomy, item, members, *named)
        how = _how(house, by, reason, dry_run=dry_run)
        report = edit.correct(house.database, item, said, taxonomy=taxonomy, **how)
    _tell(report, "corrected" if report.changes else "as it was", dry_run=dry_run, as_json=as_json)


def withdraw(
    context: typer.Context,
    item: ItemName,
    reason: _Reason = "",
    by: By = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Show an item nowhere any more, whatever its sources show, and mail it to nobody."""
    from feeds.ingest import edit

    with house_for(context, logs=True) as house:
        how = _how(house, by, reason, dry_run=dry_run)
        report = edit.withdraw(house.database, item, **how)
    _tell(report, "withdrawn; `items restore` undoes it", dry_run=dry_run, as_json=as_json)


def restore(
    context: typer.Context,
    item: ItemName,
    reason: _Reason = "",
    by: By = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Show a withdrawn item again, whoever withdrew it."""
    from feeds.ingest import edit

    with house_for(context, logs=True) as house:
        how = _how(house, by, reason, dry_run=dry_run)
        report = edit.withdraw(house.database, item, back=True, **how)
    _tell(report, "shown", dry_run=dry_run, as_json=as_json)


def tell(
    context: typer.Context,
    item: ItemName,
    note: Annotated[str, typer.Option(help="What else to tell them, in your own words.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before they are told.")] = False,
    by: By = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Mail everybody who got an item what is true of it by now, once they are counted.

    Whoever left meanwhile, or must not be mailed, is told nothing; said twice, it is mailed once.
    """
    from notifier.notices import errata

    with house_for(context, logs=True) as house:
        at, who = house.clock(), person(by)
        found = errata.foreseen(house.database, item, note, who=who, at=at)
        text = "(withdrawn)" if found.now is None else found.now
        report = {"readers": found.readers, "told": found.erratum.told, "now": text, "queued": 0}
        if found.readers and not dry_run and _is_meant(report, is_sure=yes):
            report["queued"] = errata.tell(house.database, found.erratum)
    done = "{readers} got it as {told!r}, now {now!r}; {queued} are told"
    write_report(report, done.format(**report), as_json=as_json)


def _is_meant(report: dict[str, Any], *, is_sure: bool) -> bool:
    """Whether so many are to be mailed; raises BadParameter where nobody is there to say so."""
    if is_sure:
        return True
    if not sys.stdin.isatty():
        message = f"{report['readers']} readers would be mailed: say --yes"
        raise typer.BadParameter(message, param_hint="--yes")
    question = "{readers} readers got it as {told!r}; tell them that it is {now!r}?"
    return typer.confirm(question.format(**report))


def merge(
    context: typer.Context,
    item: ItemName,
    into: ItemName,
    third_party: Annotated[
        bool,
        typer.Option("--third-party", help="Even behind the words of who does not own its host."),
    ] = False,
    reason: _Reason = "",
    by: By = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Hide an item, as another one tells the same; nothing of it is lost."""
    from feeds.identity.ownership import NOBODYS
    from feeds.ingest import edit
    from notifier.app.sources import ownership

    with house_for(context, logs=True) as house:
        owners = NOBODYS if third_party else ownership(house.settings.sources)
        how = _how(house, by, reason or "it tells the same", dry_run=dry_run)
        report = edit.merge(house.database, item, into, ownership=owners, **how)
    done = f"merged into {report.into}; `items split` undoes it"
    _tell(report, done, dry_run=dry_run, as_json=as_json)


def split(
    context: typer.Context,
    item: ItemName,
    document: Annotated[
        str | None, typer.Argument(help="A copy of it, as `ingest` and `items history` name it.")
    ] = None,
    reason: _Reason = "",
    by: By = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Show a merged item again, by itself; one that is shown already stays so.

    With a document that was taken for a copy of the item, that becomes an item of its own.
    """
    from feeds.ingest import edit

    with house_for(context, logs=True) as house:
        how = _how(house, by, reason or "it tells something else", dry_run=dry_run)
        if document:
            publish = how.pop("publish")
            source = edit.set_apart(house.database, item, document, **how)
            if not dry_run:
                house.receiver.read_again(source, document)
            written = 0 if dry_run else publish()
            told = edit.Edited(item=document, feeds_written=written)
            _tell(told, "an item by itself", dry_run=dry_run, as_json=as_json)
            return
        report = edit.split(house.database, item, **how)
    _tell(report, "an item by itself", dry_run=dry_run, as_json=as_json)


def _how(house: "House", by: str | None, reason: str, *, dry_run: bool) -> dict[str, Any]:
    """Who decides it, when, and what makes it public."""
    return {
        "by": _editor(by, reason),
        "now": house.clock(),
        "publish": partial(_publish, house),
        "dry_run": dry_run,
    }


def _editor(by: str | None, reason: str) -> "Editor":
    """Who decides, and why: asked for where there is somebody to ask."""
    from feeds.ingest.edit import Editor

    if not reason and sys.stdin.isatty():
        reason = typer.prompt("Why? It stands in the history of the item")
    return Editor(who=person(by), reason=reason)


def _publish(house: "House") -> int:
    return house.publish(wait_seconds=PUBLISH_SECONDS).feeds_written


def _tell(report: "Edited", done: str, *, dry_run: bool, as_json: bool) -> None:
    write_report(report, f"{report.item} {'would be' if dry_run else 'is'} {done}", as_json=as_json)
    if not as_json:
        for name, (was, now) in report.changes.items():
            write_line(f"  {name}: {was!r} -> {now!r}")
