"""A backup comes back whole or not at all, and nothing that may have left leaves again unasked."""

import os
import signal
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import inspect, select

from feeds.errors import StoreError
from feeds.storage.copies import rows, sqlite_copy
from feeds.storage.database import Database, last_number
from feeds.taxonomy import Taxonomy
from notifier.account import Account, TeamRole, Way
from notifier.app import nodes
from notifier.app.keeping import NAMES, TABLES, backup, packed, restore
from notifier.app.keeping.backup import back_up
from notifier.app.keeping.restore import RestoreReport, released
from notifier.errors import BackupUnusable, DaemonRuns
from notifier.model import DeliveryState
from notifier.storage import VERSIONS, deliveries, senders
from notifier.storage.tables import coverage
from notifier.storage.team import accounts
from tests import outbox
from tests.builders import SEEN_AT, a_subscriber
from tests.command import LOADED
from tests.kept_safe import SECRET, configured, filled

#: What a restore itself changes, so that nothing leaves and no number is given out twice.
CHANGED = {"sessions", "constants", "counters", "deliveries", "transitions", "halts"}
LATER = SEEN_AT + timedelta(days=3)


@pytest.fixture
def saved(database: Database, database_url: str, few_topics: Taxonomy, tmp_path: Path) -> Path:
    """A backup, and a store that went on after it."""
    filled(database, few_topics)
    with database.writing() as connection:
        accounts.add(connection, Account(name="otto", role=TeamRole.OPERATOR), None)
        in_by = ("a hash", "otto", Way.PASSWORD)
        accounts.sign_in(connection, *in_by, now=SEEN_AT, until=LATER + timedelta(days=9))
    file = tmp_path / "backup.zip"
    back_up(configured(tmp_path, database_url), tmp_path / "fieldfare.toml", file, now=SEEN_AT)
    late = outbox.subscribe(database, a_subscriber(address="late@example.org", public_id="late"))
    outbox.add(database, late, "2026-11-25")
    return file


def restored(file: Path, folder: Path, **how: Any) -> RestoreReport:
    return restore.restore(
        file, folder / "fieldfare.toml", **{"replace": True, "now": LATER, **how}
    )


def held(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in TABLES
            if table.name not in CHANGED
        }


def test_a_store_is_as_it_was_and_sends_nothing_of_itself(
    database: Database, saved: Path, tmp_path: Path
) -> None:
    with database.reading() as connection:
        last = rows.last_ids(connection, TABLES)
        changes = last_number(connection, "changes")
    report = restored(saved, tmp_path)
    assert (report.held, report.rows["subscribers"]) == (4, 4)
    with database.reading() as connection:
        assert rows.counted(connection, ["subscribers"])["subscribers"] == 4
        assert senders.halted(connection)
        # Whoever was in by then may be of the team no more.
        assert accounts.known(connection, "otto")
        assert accounts.signed_in(connection, "a hash", LATER) is None
        assert last_number(connection, "changes") >= changes + 1_000_000
        [state] = {one.state for one in deliveries.latest(connection, 10)}
        assert state is DeliveryState.UNCERTAIN
    [one] = outbox.subscribe(database, a_subscriber(address="new@example.org", public_id="new"))
    outbox.add(database, [one], "2026-11-26")
    with database.reading() as connection:
        newest = rows.last_ids(connection, TABLES)
    assert newest["deliveries"] >= last["deliveries"] + 1_000_000
    assert newest["subscribers"] >= last["subscribers"] + 1_000_000


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_new_counts_as_told_or_is_mailed_by_a_persons_word(
    database: Database, saved: Path, tmp_path: Path
) -> None:
    """Once: what waits later is no matter of a restore."""
    restored(saved, tmp_path)
    with database.writing() as connection:
        assert released(connection, LATER, send=True) == 4
        assert released(connection, LATER, send=True) is None
        assert {one.state for one in deliveries.latest(connection, 10)} == {DeliveryState.QUEUED}
    restored(saved, tmp_path)
    with database.writing() as connection:
        assert released(connection, LATER, send=False) == 4
        assert {one.state for one in deliveries.latest(connection, 10)} == {DeliveryState.FAILED}
        [reached] = {*connection.scalars(select(coverage.c.cursor))}
        assert reached == last_number(connection, "changes")


def test_a_store_that_holds_something_stays_unless_it_is_to_be_replaced(
    database: Database, saved: Path, tmp_path: Path
) -> None:
    """And while a daemon works on it in any case."""
    before = held(database)
    with pytest.raises(BackupUnusable, match=r"holds something already \(.*--replace"):
        restored(saved, tmp_path, replace=False)
    nodes.beat(database, "one", "", Event())
    with nodes.alone(database, "one"), pytest.raises(DaemonRuns, match="stop that one first"):
        restored(saved, tmp_path)
    with database.writing() as connection:
        senders.leave(connection, "one")
    assert held(database) == before


def _killed_half_way(file: Path, folder: Path) -> None:
    told = iter(range(100))

    def kill(done: int, total: int | None) -> None:
        if done != total and folder.joinpath("loading").exists() and next(told) > 3:
            os.kill(os.getpid(), signal.SIGKILL)

    sqlite_copy._PAGES_AT_ONCE = 5
    check = backup.check

    def checked(*given: Any, **how: Any) -> None:
        check(*given, **how)
        folder.joinpath("loading").touch()

    backup.check = checked
    restored(file, folder, progress=kill)


def test_one_that_is_killed_half_way_leaves_the_old_store_in_force(
    database: Database, saved: Path, tmp_path: Path
) -> None:
    before = held(database)
    killed = LOADED.Process(target=_killed_half_way, args=(saved, tmp_path))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert (tmp_path / "loading").exists()
    assert held(database) == before
    assert [*tmp_path.glob(".fieldfare-*")]
    assert restored(saved, tmp_path).held == 4
    assert not [*tmp_path.glob(".fieldfare-*")]


def test_an_older_store_is_brought_to_todays_schema(
    database: Database, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "newer"
    newer.mkdir()
    for each in VERSIONS.glob("*.py"):
        (newer / each.name).write_text(each.read_text())
    (newer / "notifier_0003.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "revision, down_revision, branch_labels = 'notifier_0003', 'notifier_0002', None\n"
        "def upgrade():\n    op.add_column('mutes', sa.Column('why', sa.Text()))\n"
    )
    monkeypatch.setattr(restore, "VERSIONS", newer)
    restored(saved, tmp_path)
    with database.reading() as connection:
        assert "why" in {column["name"] for column in inspect(connection).get_columns("mutes")}
    monkeypatch.undo()
    with pytest.raises(StoreError, match="newer fieldfare"):
        restored(saved, tmp_path)


@pytest.fixture
def bare(tmp_path: Path, sqlite_template: Path, few_topics: Taxonomy) -> tuple[Path, Path]:
    """A backup of a folder, and another one with nothing in it."""
    there, bare = tmp_path / "there", tmp_path / "bare"
    there.mkdir()
    bare.mkdir()
    (there / "fieldfare.db").write_bytes(sqlite_template.read_bytes())
    database = Database.open(f"sqlite:///{there}/fieldfare.db", VERSIONS)
    filled(database, few_topics)
    settings = configured(there, "sqlite:///fieldfare.db")
    database.close()
    back_up(settings, there / "fieldfare.toml", tmp_path / "backup.zip", now=SEEN_AT)
    return tmp_path / "backup.zip", bare


def test_an_empty_folder_becomes_the_installation(bare: tuple[Path, Path]) -> None:
    file, folder = bare
    tried = restored(file, folder, dry_run=True)
    assert tried.rows["subscribers"] == 4
    assert [*folder.iterdir()] == []
    report = restored(file, folder, replace=False)
    assert tried.files == report.files
    assert {path.relative_to(folder).as_posix() for path in report.files} == {
        "fieldfare.toml",
        "secret.key",
        "mails/mail.css",
    }
    assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "fieldfare.db").stat().st_mode & 0o777 == 0o600
    assert not [*folder.glob(".*")]
    with pytest.raises(BackupUnusable, match="holds something already"):
        restored(file, folder, replace=False)


def _other(file: Path, name: str, **said: object) -> Path:
    """The same backup, but that its manifest says something else of a member; or lacks it."""
    manifest = packed.manifest_of(file)
    member = replace(manifest.members[name], **said) if said else None  # type: ignore[arg-type]
    members = {**manifest.members, name: member}
    other = file.with_name("other.zip")
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(other, "w") as made:
        for each in manifest.members:
            made.writestr(each, archive.read(each))
    packed.seal(other, replace(manifest, members={each: m for each, m in members.items() if m}))
    return other


def test_settings_that_hold_a_secret_are_their_owners_alone(bare: tuple[Path, Path]) -> None:
    file, folder = bare
    restored(_other(file, "fieldfare.toml", is_secret=True), folder)
    assert (folder / "fieldfare.toml").stat().st_mode & 0o777 == 0o600


def test_a_backup_that_somebody_made_up_puts_nothing_elsewhere(bare: tuple[Path, Path]) -> None:
    file, folder = bare
    with pytest.raises(BackupUnusable, match=r"would go to a/\.\./\.\./mail\.css: it is not ours"):
        restored(_other(file, "files/mail.templates/mail.css", place="a/../../mail.css"), folder)
    with pytest.raises(BackupUnusable, match=r"it holds no store \(store\.db\)"):
        restored(_other(file, "store.db"), folder)
    assert [*folder.iterdir()] == []


def test_another_secret_stays_unless_it_is_to_be_replaced(bare: tuple[Path, Path]) -> None:
    file, folder = bare
    (folder / "secret.key").write_text("another")
    with pytest.raises(BackupUnusable, match="another secret than its own"):
        restored(file, folder, replace=False)
    assert [path.name for path in folder.iterdir()] == ["secret.key"]
    restored(file, folder)
    assert (folder / "secret.key").read_text() == SECRET
    assert (folder / "secret.key.before").read_text() == "another"


def test_settings_that_are_there_stay(bare: tuple[Path, Path]) -> None:
    """They say where the store goes."""
    file, folder = bare
    text = 'secret_file = "secret.key"\n[store]\nurl = "sqlite:///other.db"\n'
    (folder / "fieldfare.toml").write_text(text)
    report = restored(file, folder, replace=False)
    assert report.stay == (folder / "fieldfare.toml",)
    assert (folder / "other.db").exists()
    (folder / "fieldfare.toml").write_text(f'secret = "{SECRET[::-1]}another"\n')
    with pytest.raises(BackupUnusable, match="the secret of the settings is another"):
        restored(file, folder, replace=False)
    text = text.replace("sqlite:///other.db", "postgresql://db.example.org/news")
    (folder / "fieldfare.toml").write_text(text)
    with pytest.raises(BackupUnusable, match="names another engine"):
        restored(file, folder)


def test_a_file_that_is_no_store_any_more_is_put_aside(bare: tuple[Path, Path]) -> None:
    file, folder = bare
    (folder / "fieldfare.db").write_bytes(b"no store" * 1000)
    with pytest.raises(BackupUnusable, match="--replace puts the backup there"):
        restored(file, folder, replace=False)
    restored(file, folder)
    assert (folder / "fieldfare.db.before").read_bytes() == b"no store" * 1000
    database = Database.existing(f"sqlite:///{folder}/fieldfare.db", VERSIONS)
    with database.writing() as connection:
        assert rows.counted(connection, NAMES)["subscribers"] == 4
    database.close()
