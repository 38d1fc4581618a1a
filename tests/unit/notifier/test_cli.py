"""What each command has to load before it does anything: only what it works with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import SettingsError
from notifier import cli
from tests.papers import contexts

pytestmark = pytest.mark.one_python

SEED = str(Path(__file__).parents[3] / "seeds" / "004_010ca814a890adf4.txt")

_TOLD = """
import json, sys
sys.argv = ["fieldfare", *sys.argv[1:]]
from notifier.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended
sys.stderr.write("\\n" + json.dumps(sorted(sys.modules)))
"""

#: What takes a tenth of a second or more, alone or with what it needs.
PARSERS = {"feedparser", "feeds.parse", "lxml", "selectolax"}
STORES = {"alembic", "sqlalchemy"}
ELSEWHERE = {
    "aiosmtplib",
    "apscheduler",
    "fastapi",
    "feedgen",
    "httpx2",
    "jinja2",
    "prometheus_client",
    "psycopg",
    "py3langid",
    "rich",
    "starlette",
    "structlog",
    "uvicorn",
}


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The modules that are there once a command has ended well, in a process of its own."""
    command = [sys.executable, "-c", _TOLD, "--config", str(folder / "fieldfare.toml"), *arguments]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return set(json.loads(done.stderr.rpartition("\n")[2]))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose store is made already."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "fieldfare.toml").write_text('site.authority = "example.org"')
    loaded(folder, "status")
    return folder


@pytest.mark.parametrize(
    ("arguments", "most", "strangers"),
    [
        (["--help"], 201, {"pydantic", "config.settings", *PARSERS, *STORES, *ELSEWHERE}),
        (["--version"], 250, {"pydantic", "config.settings", *PARSERS, *STORES, *ELSEWHERE}),
        (["status"], 511, {"alembic", *PARSERS, *ELSEWHERE}),
        (["unsubscribe", "a@example.org"], 492, {"alembic", *PARSERS, *ELSEWHERE}),
        (
            ["subscribe", "a@example.org", "--topic", "field:policing"],
            499,
            {"alembic", *PARSERS, *ELSEWHERE},
        ),
        (["parse", SEED], 394, {*(PARSERS - {"feeds.parse"}), *STORES, *ELSEWHERE}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_loads_what_it_works_with(
    installed: Path, arguments: list[str], most: int, strangers: set[str]
) -> None:
    """The whole house is a thousand modules, and a second of work for whoever asks for help.

    A Python newer than ours brings a few more of its own.
    """
    # Debian's Python looks for a program that reports crashes.
    modules = loaded(installed, *arguments) - {"sitecustomize"}
    assert strangers & modules == set()
    assert len(modules) <= most


def test_no_command_makes_a_store_where_no_settings_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the wrong folder each says where to go, if it is not told its usage, and leaves nothing
    there. Some work on no store, or begin with none.
    """
    monkeypatch.chdir(tmp_path)
    refused = 0
    for name, context in contexts():
        if name in {"init", "demo", "parse", "restore", "taxonomy new"}:
            continue
        needed = [each for each in context.command.params if each.required]
        given = ["1" if each.name == "delivery" else "a@example.org" for each in needed]
        done = CliRunner().invoke(cli.app, [*name.split(), *given])
        if done.exit_code != 2:
            assert isinstance(done.exception, SettingsError), (name, done.output)
            assert f"there is no fieldfare.toml in {tmp_path}" in str(done.exception)
            refused += 1
        assert [*tmp_path.iterdir()] == [], name
    assert refused > 30
