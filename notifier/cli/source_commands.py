"""The command on sources: where the news comes from, and how that does.

Knows how it is asked for and reported. Must never know how a source is asked.
"""

from dataclasses import asdict
from datetime import datetime

import typer

from notifier.app import origins
from notifier.app.origins import ToldSource
from notifier.cli.invocation import invocation
from notifier.cli.output import AsJson, write_json, write_table

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command()(sources)


def sources(context: typer.Context, as_json: AsJson = False) -> None:
    """List the sources, each with how it does, since when and why."""
    with invocation(context).opened() as app:
        rows = origins.sources(app)
    if as_json:
        write_json([asdict(row) for row in rows])
        return
    write_table(
        ("source", "kind", "address", "state", "since", "problem", "next look", "items"),
        [_row(row) for row in rows],
        empty="no sources; fieldfare.toml names them, one [[sources]] table each",
    )


def _row(row: ToldSource) -> tuple[object, ...]:
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
    )


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
