"""`fieldfare sources`: where the news comes from, and how each source does."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from feeds.standing import Standing, begun, failed, succeeded
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.taxonomy import Taxonomy
from notifier.cli import ingest, options
from notifier.storage import VERSIONS
from tests.builders import a_draft
from tests.items import store
from tests.logs import as_it_was

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://news.example.org/news"
SETTINGS = f"""
[[sources]]
name = "inbox"
path = "inbox"

[[sources]]
name = "news"
kind = "web"
url = "{URL}"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "secret.key").write_text("a" * 64)
    (tmp_path / "inbox").mkdir()
    path = tmp_path / "fieldfare.toml"
    path.write_text(f'secret_file = "secret.key"\nsite.authority = "example.org"\n{SETTINGS}')
    return path


def record(settings: Path, standing: Standing) -> None:
    database = Database.open(f"sqlite:///{settings.parent / 'fieldfare.db'}", VERSIONS)
    database.migrate()
    with database.writing() as connection:
        standings.record(connection, standing)
    database.close()


def told(settings: Path, *arguments: str) -> str:
    command = typer.Typer()
    command.callback()(options)
    ingest.register(command)
    with as_it_was():
        result = CliRunner().invoke(command, ["--config", str(settings), "sources", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_sources_are_listed_before_any_was_asked(settings: Path) -> None:
    rows = json.loads(told(settings, "--json"))
    assert [(row["name"], row["kind"], row["state"], row["items"]) for row in rows] == [
        ("inbox", "folder", None, 0),
        ("news", "web", None, 0),
    ]
    assert rows[0]["address"] == str(settings.parent / "inbox")
    assert rows[1]["address"] == URL


def test_a_failing_source_says_since_when_and_why(settings: Path) -> None:
    first = failed(begun(None, "news", URL, NOW), "no such host", NOW, NOW + timedelta(hours=2))
    record(settings, first)
    row = json.loads(told(settings, "--json"))[1]
    assert (row["state"], row["problem"], row["failures"]) == ("failing", "no such host", 1)
    assert (row["since"], row["next_look"]) == (
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T14:00:00+00:00",
    )
    shown = told(settings)
    assert "no such host" in shown
    assert "2026-03-01 12:00 UTC" in shown


def test_a_source_that_moved_says_where_to(settings: Path) -> None:
    new = "https://www.example.org/news"
    record(settings, succeeded(begun(None, "news", URL, NOW), NOW, NOW, moved_to=new))
    assert f"now at {new}" in told(settings)


def test_a_standing_at_another_address_is_not_this_source_s(settings: Path) -> None:
    elsewhere = begun(None, "news", "https://old.example.org/", NOW)
    record(settings, failed(elsewhere, "no such host", NOW, NOW))
    assert json.loads(told(settings, "--json"))[1]["state"] is None


def test_what_a_source_says_of_anothers_address_is_contested(
    settings: Path, osce: Taxonomy
) -> None:
    others = 'name = "others"\nkind = "web"\nurl = "https://others.test/feed"\n'
    settings.write_text(f"{settings.read_text()}[[sources]]\n{others}")
    database = Database.open(f"sqlite:///{settings.parent / 'fieldfare.db'}", VERSIONS)
    database.migrate()
    drafts = [a_draft(title=url, url=url) for url in (f"{URL}/1", "https://others.test/2")]
    for source in ("inbox", "news", "others"):
        store(database, osce, drafts, at=NOW, source=source)
    database.close()
    rows = json.loads(told(settings, "--json"))
    assert {row["name"]: (row["items"], row["contested"]) for row in rows} == {
        "inbox": (2, 0),
        "news": (2, 1),
        "others": (2, 1),
    }
