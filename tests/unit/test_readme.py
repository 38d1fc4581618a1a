"""The README says what is so: its table of settings is made from the settings themselves."""

from pathlib import Path

import pytest

from config.manual import reference
from notifier.cli import app

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- settings -->\n", "<!-- end of settings -->\n"


def test_the_readme_lists_every_setting(request: pytest.FixtureRequest) -> None:
    """`pytest --regenerate` writes the table anew."""
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n{reference().rstrip()}\n\n{END}{after}"
    if request.config.getoption("--regenerate"):
        README.write_text(wanted, encoding="utf-8")
    else:
        assert text == wanted


def test_the_readme_lists_every_command() -> None:
    text = README.read_text("utf-8")
    names = [command.callback.__name__ for command in app.registered_commands if command.callback]
    assert len(names) == 18
    assert [name for name in names if f"| `{name}" not in text] == []
