"""Commands that show items: items, and items history.

Knows how those are asked for and reported. Must never know how an item is changed.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import house_for
from notifier.cli.output import AsJson, Limit, write_json, write_line, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.identity.correction import ItemStep
    from feeds.ingest.edit import ItemHistory

ItemName = Annotated[str, typer.Argument(help="An item, by its id or the address of its page.")]


def items(
    context: typer.Context,
    topic: Annotated[str | None, typer.Option(help="Only this topic, as KIND:SLUG.")] = None,
    hidden: Annotated[
        bool, typer.Option("--hidden", help="Those withdrawn or merged into another.")
    ] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the items, the latest first; correct, withdraw, merge and split them, and tell what was
    done to each.
    """
    from feeds.storage import overview
    from notifier.storage import matches

    if context.invoked_subcommand:
        return
    with house_for(context) as house:
        followed = house.taxonomy.find(topic).ref if topic else None
        hold = timedelta(minutes=house.settings.mail.hold_minutes)
        with house.database.reading() as connection:
            held = matches.held(connection, hold, house.clock())
            rows = overview.item_list(connection, followed, limit, held, hidden=hidden)
    until = ("mailed from",) if any(row.mailed_from for row in rows) else ()
    write_rows(
        rows,
        ("item", "issued", "title", "topics", *until),
        lambda row: (
            *(row.slug, row.issued, row.title, ", ".join(row.topics)),
            *(row.mailed_from and f"{row.mailed_from:%Y-%m-%d %H:%M}Z" for _ in until),
        ),
        as_json=as_json,
        empty="none is hidden" if hidden else "no such items; `fieldfare ingest` picks them up",
    )


def history(context: typer.Context, item: ItemName, as_json: AsJson = False) -> None:
    """Show what was done to an item, by whom and why, and in which digests it went out."""
    from feeds.ingest import edit
    from notifier.storage import digests

    with house_for(context) as house, house.database.reading() as connection:
        found = edit.history(connection, item, house.clock())
        mails = digests.tellings(connection, found.number)
    if as_json:
        write_json(asdict(found) | {"mails": [each._asdict() for each in mails]})
        return
    for line in _lines(found):
        write_line(line)
    for each in mails:
        write_line(f"{each.first_at:%Y-%m-%d %H:%M}Z  mailed to {each.readers} in {each.period}")


def _lines(found: "ItemHistory") -> "Iterator[str]":
    yield f"{found.slug}  {found.title}" + ("" if found.is_shown else "  (not shown)")
    for step in found.steps:
        yield from _step(step)
    if found.corrected:
        yield "its sources say, and what is shown:"
        yield from (f"  {name}: {was!r} -> {now!r}" for name, (was, now) in found.corrected.items())
    for source, document in found.copies:
        yield f"a copy of it: {document} of {source}; `items split` makes an item of it"


def _step(step: "ItemStep") -> "Iterator[str]":
    why = f": {step.reason}" if step.reason else ""
    yield f"{step.at:%Y-%m-%d %H:%M}Z  {step.deed} by {step.who}{why}"
    yield from (f"  {name}: {was!r} -> {now!r}" for name, (was, now) in step.changes.items())
