"""How a command reports: JSON for programs, a table or lines for people.

Knows rich and JSON. Must never know what is being reported.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Report what would happen, store nothing.")]

#: Where nobody looks, nothing is cut: programs read these lines too.
_WIDTH_OF_A_FILE = 10_000

console = Console(
    highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
)
errors = Console(stderr=True, highlight=False)


def write_json(data: object) -> None:
    """One JSON document on standard output; dates as ISO 8601, paths as text."""
    print(json.dumps(data, ensure_ascii=False, indent=2, default=_plain))


def write_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table for people, or the sentence ``empty`` where there is nothing to list."""
    if not rows:
        console.print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    console.print(table)


def write_lines(pairs: Mapping[str, object]) -> None:
    """One ``name  value`` a line, names padded to one width."""
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        console.print(f"[bold]{name:<{width}}[/]  {escape(str(value))}")


def write_notes(rows: Sequence[tuple[str, str]], *, heading: str) -> None:
    """A heading and what stands under it, on standard error; silent where there is nothing."""
    if rows:
        errors.print(heading)
    for subject, text in rows:
        errors.print(f"  {escape(subject)}: {escape(text)}", soft_wrap=True)


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on a terminal, nothing elsewhere; called with (done, total or None)."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain(value: object) -> Json:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
