"""The README says what is so: its tables are made from the settings and the corpus themselves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from config.manual import reference
from notifier.cli import app
from tests.accuracy import markdown

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize(("name", "made"), [("settings", reference), ("accuracy", markdown)])
def test_the_readme_says_what_is_so(
    name: str, made: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    """`pytest --regenerate` writes the tables anew."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    text = README.read_text("utf-8")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    wanted = f"{before}{begin}\n{made().rstrip()}\n\n{end}{after}"
    if request.config.getoption("--regenerate"):
        README.write_text(wanted, encoding="utf-8")
    else:
        assert text == wanted


def commands(group: typer.Typer, above: str = "") -> Iterator[str]:
    """Every command as people type it."""
    for command in group.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "")
        yield f"{above}{name}"
    for below in group.registered_groups:
        assert below.typer_instance is not None
        yield f"{above}{below.name}"
        yield from commands(below.typer_instance, f"{above}{below.name} ")


def test_the_readme_lists_every_command() -> None:
    """None is there that only its author knows."""
    text = README.read_text("utf-8")
    names = list(commands(app))
    assert len(names) == 23
    assert [name for name in names if f"`{name}" not in text] == []
