"""How a command reports: JSON for programs, a table or lines for people.

Knows rich and JSON. Must never know what is being reported.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most this many rows.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Report what would happen, store nothing.")]

Row = TypeVar("Row")

#: Where nobody looks, nothing is cut: programs read these lines too.
_WIDTH_OF_A_FILE = 10_000

#: What rings a terminal's bell, moves its cursor, commands it or turns its writing direction:
#: documents are strangers.
_MOVES = dict.fromkeys(
    (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


def write_json(data: object, *, indent: int | None = 2) -> None:
    """One JSON document on standard output, on one line with ``indent`` None.

    Dates are ISO 8601, paths text, types their fields.
    """
    import json

    print(json.dumps(data, ensure_ascii=False, indent=indent, default=_plain))


def write_report(report: object, text: str, *, as_json: bool) -> None:
    """A report for programs, or what it comes to in a line for people."""
    if as_json:
        write_json(report)
    else:
        write_line(text)


def write_line(text: str) -> None:
    """A line for people on standard output."""
    print(text.translate(_MOVES))


def write_problem(text: str) -> None:
    """A line for people on standard error."""
    print(text.translate(_MOVES), file=sys.stderr)


def write_rows(
    rows: Sequence[Row],
    columns: Sequence[str],
    cells: Callable[[Row], Sequence[object]],
    *,
    as_json: bool,
    empty: str,
) -> None:
    """Rows for programs, or a table for people: the sentence ``empty`` where there are none."""
    if as_json:
        write_json(rows)
        return
    if not rows:
        write_line(empty)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        said = ("" if cell is None else str(cell).translate(_MOVES) for cell in cells(row))
        table.add_row(*map(escape, said))
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    Console(highlight=False, soft_wrap=True, width=width).print(table)


def write_lines(pairs: Mapping[str, object]) -> None:
    """One ``name  value`` a line, names padded to one width."""
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        text = str(value).translate(_MOVES)
        typer.echo(f"{typer.style(f'{name:<{width}}', bold=True)}  {text}")


def write_notes(rows: Sequence[tuple[str, str]], *, heading: str) -> None:
    """A heading and what stands under it, on standard error; silent where there is nothing."""
    if rows:
        write_problem(heading)
    for subject, text in rows:
        write_problem(f"  {subject}: {text}")


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A progress bar on a terminal, None elsewhere; called with (done, total or None)."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
