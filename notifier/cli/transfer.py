"""Commands on many subscribers at once: in from a list, and out as one.

Knows how those are asked for and reported. Must never know how they are done.
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import content_of, house_for
from notifier.cli.output import (
    AsJson,
    DryRun,
    progress,
    write_json,
    write_line,
    write_notes,
    write_report,
)
from notifier.cli.preferred import (
    At,
    Everything,
    Language,
    OftenAs,
    OnDays,
    Selections,
    Topics,
    Zone,
    days,
)
from notifier.cli.reader import known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notifier.subscribers.importing import ImportReport
    from notifier.subscribers.listed import ListColumn


class ListForm(StrEnum):
    """The forms a list is written in."""

    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(export)


ListFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, JSON, or an address a line; - reads it.")
]
ConsentedBy = Annotated[
    str, typer.Option(metavar="TEXT", help="Where they consented, kept with each of them.")
]
Vouched = Annotated[
    bool,
    typer.Option("--vouched", help="You vouch that all consented: nobody is asked to confirm."),
]
Headings = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=HEADING", help="Which column is which, as address=Mail."),
]


def import_(
    context: typer.Context,
    file: ListFile,
    consent: ConsentedBy,
    vouched: Vouched = False,
    column: Headings = None,
    topic: Topics = None,
    select: Selections = None,
    everything: Everything = False,
    frequency: OftenAs = None,
    at: At = None,
    on: OnDays = None,
    timezone: Zone = None,
    language: Language = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Subscribe everybody on a list, each of whom is asked to confirm unless you vouch for them.

    Options say what the list does not. Nobody who left, or must not be mailed, comes back; the same
    list once more changes nothing. Each line that is wrong is told, and the others are taken.
    """
    from notifier.app import lists
    from notifier.subscribers.listed import read_list
    from notifier.subscribers.preferences import Preferences

    otherwise = Preferences(
        topics=tuple(topic or ()),
        selections=tuple(select or ()),
        everything=everything,
        frequency=frequency,
        minute=at,
        weekdays=days(on),
        zone=timezone,
        language=language,
    )
    listed = read_list(content_of(file), _columns(column or ()))
    with house_for(context) as house, progress("import") as on_progress:
        importing = lists.importing(house, otherwise, source=consent, vouched=vouched)
        report = importing.take(listed.people, dry_run=dry_run, progress=on_progress)
    _tell(report, listed.unread, as_json=as_json)
    if report.faults:
        raise typer.Exit(1)


def _columns(given: "Sequence[str]") -> "Mapping[ListColumn, str]":
    from notifier.subscribers.listed import ListColumn

    columns = {}
    for each in given:
        name, equals, heading = each.partition("=")
        if name not in list(ListColumn) or not equals:
            known = ", ".join(ListColumn)
            raise typer.BadParameter(f"{each!r}: write NAME=HEADING, NAME being one of {known}")
        columns[ListColumn(name)] = heading
    return columns


def _tell(report: "ImportReport", unread: "Sequence[str]", *, as_json: bool) -> None:
    told = (
        (report.added, "subscribed"),
        (report.asked, "asked to confirm"),
        (report.changed, "given more than they had"),
        (report.unchanged, "as before"),
        *((count, f"left alone ({why})") for why, count in report.left_alone.items()),
        (len(report.faults), "not read"),
    )
    text = ", ".join(f"{count} {what}" for count, what in told if count)
    write_report(report, text or "nobody is on the list", as_json=as_json)
    if not as_json:
        columns = [("columns", ", ".join(unread))] if unread else []
        faults = [(f"line {each.line}", each.problem) for each in report.faults]
        write_notes([*columns, *faults], heading="not read:")


def export(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(help="Write all that is kept of this one, as JSON.")
    ] = None,
    form: Annotated[ListForm, typer.Option("--format", help="In which form.")] = ListForm.CSV,
) -> None:
    """Write everybody as a list, a line for each of their digests, which `import` reads again.

    Of one address it is what the law has its owner told: what they get, asked for, agreed to, were
    sent.
    """
    if address is not None:
        _write_own_data(context, address)
        return
    import csv

    from notifier.app import lists
    from notifier.subscribers.listed import in_a_cell

    with house_for(context) as house:
        rows = lists.everybody(house)
        if form is ListForm.JSON:
            write_json(list(rows))
            return
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(lists.LISTED)
        writer.writerows([in_a_cell(cell) for cell in row.values()] for row in rows)


def _write_own_data(context: typer.Context, address: str) -> None:
    from notifier.subscribers.own_data import own_data, spelt

    with house_for(context) as house:
        person = known(house, address)
        with house.database.reading() as connection:
            write_line(spelt(own_data(connection, person, house.keyed)))
